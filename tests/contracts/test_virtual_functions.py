"""Servers whose network cards are virtual functions of the host's, in memory and in a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs
import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body, settle
from tests.simulation.invariants import check

from cloudcore.model.errors import (
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.operations.session import CoreSession


class Town:
    """Two hosts on one wire, the second of which has a card with functions."""

    def __init__(self, *, sql: bool, functions: int = 2, recycle_s: int = 0) -> None:
        self.cloud = Cloud(hosts=2, leases=True, sql=sql, recycle_s=recycle_s)
        self.session = CoreSession(self.cloud.platform, CALLER)
        self.worker = self.cloud.worker()
        self.wire = self.cloud.row("networks", "n1").wire_id
        for n in range(functions):
            self.function(f"vf{n}", addr=f"0000:3b:02.{n}", wire_id=self.wire)

    def function(self, name: str, **values: Any) -> None:
        body = {"name": name, "host_id": "h2", "dev_type": "NIC", "model": "X710", **values}
        self.session.create("isolated_devices", body)

    def server(self, name: str, *nets: dict[str, Any], **more: Any) -> str:
        disks = [{"image_id": "i1", "size": 1024, "storage_id": "s-shared"}]
        wanted = list(nets) or [{"network": "n1", "sriov_device": {"model": "X710"}}]
        made = self.session.create("servers", server_body(name, disks=disks, nets=wanted, **more))
        self.settle()
        return str(made["id"])

    def settle(self) -> None:
        settle(self.cloud, self.worker)

    def given(self) -> dict[str, tuple[str, int]]:
        rows = self.cloud.rows("isolated_devices")
        return {row.name: (row.guest_id, row.network_index) for row in rows if row.guest_id}

    def cards(self, ident: str) -> list[Any]:
        rows = [row for row in self.cloud.rows("guestnetworks") if row.guest_id == ident]
        return sorted(rows, key=lambda row: row.index)

    def desc(self, ident: str) -> Any:
        host = self.cloud.row("servers", ident).host_id
        return self.cloud.machines[host].machine.domains[ident].desc


@pytest.fixture(params=["memory", "sqlite"])
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    made = Town(sql=request.param == "sqlite")
    yield made
    check(made.cloud)
    assert made.cloud.defects == []


def test_a_card_is_a_function_of_the_host_that_has_one(town: Town) -> None:
    plain, function = {"network": "n1"}, {"network": "n1", "sriov_device": {}}
    ident = town.server("a", plain, function, auto_start=True)
    server = town.cloud.row("servers", ident)
    assert (server.host_id, server.status) == ("h2", "running")
    assert [card.driver for card in town.cards(ident)] == ["virtio", "vfio-pci"]
    assert list(town.given().values()) == [(ident, 1)]
    first, second = town.desc(ident).nics
    assert (first.device, second.device[:11]) == ("", "0000:3b:02.")
    assert town.desc(ident).devices == ()
    town.session.delete("servers", ident)
    town.settle()
    assert town.given() == {}
    assert {row.network_index for row in town.cloud.rows("isolated_devices")} == {-1}
    assert town.cards(ident) == []


def test_it_is_refused_where_none_is_free_with_the_reason(town: Town) -> None:
    town.server("a", *[{"network": "n1", "sriov_device": {}}] * 2)
    with pytest.raises(InsufficientResourceError, match=r"host_isolated_device \(nic 0 \(NIC\): request: 1") as refused:
        town.server("b", {"network": "n1", "sriov_device": {}})
    assert "card 0 as an ordinary one" in str(refused.value.data["relaxations"])
    town.server("b", {"network": "n1"})


def test_functions_that_are_named_badly_are_refused_by_field(town: Town) -> None:
    town.function("gpu", dev_type="GPU-HPC", addr="0000:01:00.0")
    town.function("loose", addr="0000:3b:03.0")
    before = len(town.cloud.rows("servers"))
    for device, error, words in (
        ({"id": "nowhere"}, ResourceNotFoundError, "device nowhere not found"),
        ({"id": "gpu"}, InvalidInputError, "is of type GPU-HPC and not NIC"),
        ({"id": "loose"}, InvalidInputError, "is on no wire"),
    ):
        with pytest.raises(error, match=words) as refused:
            town.server("a", {"network": "n1", "sriov_device": device})
        assert refused.value.field == "nets.0.sriov_device.id"
    both = {"network": "n1", "sriov_device": {"id": "vf1"}}
    with pytest.raises(InvalidInputError, match="named twice"):
        town.server("a", both, both)
    for key, value in (("bw_limit", 10), ("driver", "e1000"), ("num_queues", 2)):
        with pytest.raises(NotSupportedError) as unsupported:
            town.server("a", {"network": "n1", "sriov_device": {}, key: value})
        assert unsupported.value.field == f"nets.0.{key}"
    assert len(town.cloud.rows("servers")) == before
    ident = town.server("a", both)
    assert town.given() == {"vf1": (ident, 0)}


def test_a_card_that_is_a_function_stays_as_it_was_made(town: Town) -> None:
    ident = town.server("a", auto_start=True)
    (card,) = town.cards(ident)
    named = {"mac": card.mac_addr}
    for action, body in (
        ("detachnetwork", named),
        ("change-ipaddr", {**named, "net_desc": "n1"}),
        ("change-bandwidth", {**named, "bandwidth": 10}),
        ("detach-isolated-device", {"device": next(iter(town.given()))}),
        ("attachnetwork", {"nets": [{"network": "n1", "sriov_device": {}}]}),
    ):
        with pytest.raises(NotSupportedError):
            town.session.perform("servers", ident, action, body)
    for action in ("live-migrate", "migrate"):
        with pytest.raises(InvalidStatusError):
            town.session.perform("servers", ident, action, {})
    with pytest.raises(InvalidStatusError, match="it has devices of its host"):
        town.session.perform("servers", ident, "live-migrate", {})
    assert town.cloud.row("servers", ident).status == "running"
    assert len(town.given()) == 1


def test_a_server_that_comes_back_from_the_bin_has_an_ordinary_card() -> None:
    town = Town(sql=False, recycle_s=3600)
    ident = town.server("a", auto_start=True)
    town.session.delete("servers", ident)
    town.settle()
    assert town.given() == {}
    other = town.server("b", *[{"network": "n1", "sriov_device": {}}] * 2)
    assert len(town.given()) == 2
    town.session.perform("servers", ident, "cancel-delete")
    town.session.perform("servers", ident, "start")
    town.settle()
    assert town.cloud.row("servers", ident).status == "running"
    assert [card.driver for card in town.cards(ident)] == ["virtio"]
    assert [nic.device for nic in town.desc(ident).nics] == [""]
    assert {guest for guest, _ in town.given().values()} == {other}
    check(town.cloud)


class Meeting:
    """A `UnitOfWork` before whose first writing unit something else happens."""

    def __init__(self, inner: Any, before: Callable[[], object]) -> None:
        self._inner, self._before = inner, [before]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def write(self, author: Any) -> Any:
        while self._before:
            self._before.pop()()
        return self._inner.write(author)


@pytest.mark.parametrize("left", [1, 2])
def test_who_decides_for_a_function_that_another_takes_decides_again(town: Town, left: int) -> None:
    for n in range(2 - left):
        town.server(f"first-{n}")
    disks = [{"image_id": "i1", "size": 1024, "storage_id": "s-shared"}]
    nets = [{"network": "n1", "sriov_device": {}}]
    other = server_body("other", disks=disks, nets=nets)
    uow = Meeting(town.cloud.platform.uow, lambda: town.session.create("servers", other))
    late = CoreSession(attrs.evolve(town.cloud.platform, uow=uow), CALLER)
    if left == 1:
        with pytest.raises(InsufficientResourceError, match="host_isolated_device"):
            late.create("servers", server_body("late", disks=disks, nets=nets))
    else:
        late.create("servers", server_body("late", disks=disks, nets=nets))
    town.settle()
    assert len({guest for guest, _ in town.given().values()}) == len(town.given()) == 2


@pytest.mark.parametrize("town", ["memory"], indirect=True)
def test_many_deciders_give_no_function_twice(town: Town) -> None:
    def make(name: str) -> bool:
        disks = [{"image_id": "i1", "size": 1024, "storage_id": "s-shared"}]
        nets = [{"network": "n1", "sriov_device": {}}]
        try:
            town.session.create("servers", server_body(name, disks=disks, nets=nets))
        except InsufficientResourceError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(make, "abcd")) == [False, False, True, True]
    town.settle()
    assert len({guest for guest, _ in town.given().values()}) == len(town.given()) == 2

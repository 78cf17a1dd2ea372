"""Whoever takes an address while somebody else does: it has one holder, whatever kind of holder each is, on every engine."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from tests.contracts.test_leaving_races import ENGINES, MEMORY_PASSWORD, WAIT_S, Halting, meet, store

from cloudcore.cloud import Cloud
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.operations.hosts import register_host
from cloudcore.operations.session import CoreSession
from cloudcore.ports.unit_of_work import UnitOfWork
from cloudcore.resources.compute.groupnetwork import GROUPNETWORKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.ranges import range_of
from cloudcore.resources.network.reservedip import RESERVEDIPS
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import SystemClock
from cloudcore_adapters.simulated import SimulatedHost

HOLDERS = (GUESTNETWORKS, GROUPNETWORKS, RESERVEDIPS, EIPS)
_NUMBERS = itertools.count(1)


@attrs.frozen(kw_only=True)
class Place:
    """A network of two addresses, of which servers and others get the last one first; and two who ask for them.

    halted: a session whose units stand still before they commit.
    """

    cloud: Cloud
    admin: CoreSession
    halted: CoreSession
    halting: Halting
    network: str
    last: str
    group: str

    def held(self) -> list[str]:
        """The addresses that somebody holds."""
        with self.cloud.platform.uow.read() as tx:
            rows = [row for kind in HOLDERS for row in tx.of(kind, PLATFORM).find(Query(where=self._here))]
        return [str(row.ip_addr) for row in rows]

    def check(self) -> None:
        """Every address that is held is one of the network, which is there, and has one holder."""
        found = self.held()
        assert [address for address, number in Counter(found).items() if number > 1] == []
        with self.cloud.platform.uow.read() as tx:
            network = tx.of(NETWORKS, PLATFORM).get(self.network)
        if network is None:
            assert found == []
        else:
            assert set(found) <= {str(address) for address in range_of(network).step_up()}

    @property
    def _here(self) -> Any:
        return eq("network_id", self.network)


@pytest.fixture(scope="module", params=ENGINES)
def cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    return furnished(store(request.param, request, tmp_path_factory.mktemp("store")))


def furnished(uow: UnitOfWork) -> Cloud:
    """A cloud with a host and an image."""
    # Whoever meets contention waits longer, all in all, than a unit stands still.
    platform = attrs.evolve(memory_platform(uow=uow), backoff=lambda _attempt: time.sleep(WAIT_S / 4))
    built = memory_cloud(platform)[0]
    register_host(platform, SimulatedHost(SystemClock(), deployment="memory").facts())
    admin: Any = built.login("sysadmin", MEMORY_PASSWORD, project="system")
    admin.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1024)])
    images = InlineEffects(performer=ImagePerformer(platform.image_store))

    def failed(_task: Any, error: Exception) -> None:
        raise error

    worker = built.worker(RoutedEffects({"image": images}), "races", failed)
    worker.run_all(worker.due())
    return built


@pytest.fixture
def place(cloud: Cloud) -> Place:
    return made(cloud)


def made(cloud: Cloud, kind: str = "guest") -> Place:
    admin: Any = cloud.login("sysadmin", MEMORY_PASSWORD, project="system")
    number = next(_NUMBERS)
    wire = admin.list("networks", {"filter": "name.equals('default')"}).items[0]["wire_id"]
    network = admin.create(
        "networks",
        {
            "name": f"narrow-{number}", "wire_id": wire, "guest_ip_start": f"10.55.{number}.2",
            "guest_ip_end": f"10.55.{number}.3", "guest_ip_mask": 24, "server_type": kind,
        },
    )  # fmt: skip
    halting = Halting(cloud.platform.uow)
    platform = attrs.evolve(cloud.platform, uow=halting)  # type: ignore[arg-type]
    return Place(
        cloud=cloud, admin=admin, halted=CoreSession(platform, admin.caller), halting=halting, network=network["id"],
        last=f"10.55.{number}.3", group=admin.create("instancegroups", {"name": f"group-{number}"})["id"],
    )  # fmt: skip


Taking = Callable[[Place, Any], Any]


def a_server(place: Place, session: Any) -> Any:
    body = {
        "vcpu_count": 1,
        "vmem_size": 64,
        "disks": [{"image_id": "tiny", "size": 64}],
        "nets": [{"network": place.network}],
    }
    return session.create("servers", {"name": f"server-{next(_NUMBERS)}", **body})


def a_reservation(place: Place, session: Any) -> Any:
    return session.perform("networks", place.network, "reserve-ip", {"ips": [place.last]})


def a_group(place: Place, session: Any) -> Any:
    return session.perform("instancegroups", place.group, "attachnetwork", {"network_id": place.network})


def a_public_address(place: Place, session: Any) -> Any:
    return session.create("eips", {"name": f"eip-{next(_NUMBERS)}", "network_id": place.network})


def a_deletion(place: Place, session: Any) -> Any:
    return session.delete("networks", place.network)


def a_narrower_range(place: Place, session: Any) -> Any:
    changes = {"guest_ip_end": place.last.removesuffix("3") + "2"}
    return session.update("networks", place.network, changes)


def a_division(place: Place, session: Any) -> Any:
    return session.perform("networks", place.network, "split", {"split_ip": place.last})


def a_union(place: Place, session: Any) -> Any:
    """It goes into a neighbour."""
    stem, number = place.last.removesuffix("3"), next(_NUMBERS)
    there = place.admin.get("networks", place.network)
    ends = {"guest_ip_start": f"{stem}4", "guest_ip_end": f"{stem}5", "guest_ip_mask": 24}
    beside = place.admin.create("networks", {"name": f"beside-{number}", "wire_id": there["wire_id"], **ends})
    return session.perform("networks", place.network, "merge", {"target": beside["id"]})


BESIDE_SERVERS: dict[str, Taking] = {
    "reservation": a_reservation,
    "group": a_group,
    "deletion": a_deletion,
    "range": a_narrower_range,
    "division": a_division,
    "union": a_union,
}


@pytest.mark.parametrize("name", BESIDE_SERVERS)
def test_a_server_that_is_being_made_has_its_address_for_itself(place: Place, name: str) -> None:
    def second() -> None:
        BESIDE_SERVERS[name](place, place.admin)

    came = meet(place, lambda: a_server(place, place.halted), place.halting, second)

    assert came == [True, name in ("group", "division", "union")]
    place.check()


@pytest.mark.parametrize("name", BESIDE_SERVERS)
def test_what_is_taken_out_of_a_network_meanwhile_no_server_gets(place: Place, name: str) -> None:
    def first() -> None:
        BESIDE_SERVERS[name](place, place.halted)

    came = meet(place, first, place.halting, lambda: a_server(place, place.admin))

    assert came == [True, name not in ("deletion", "union")]
    place.check()


@pytest.mark.parametrize("turned", [False, True])
def test_a_reservation_and_a_group_take_one_address_once(place: Place, turned: bool) -> None:
    both: list[Taking] = [a_reservation, a_group]
    first, second = reversed(both) if turned else both

    came = meet(place, lambda: first(place, place.halted), place.halting, lambda: second(place, place.admin))

    assert came == [True, not turned]
    place.check()


@pytest.mark.parametrize("turned", [False, True])
def test_a_reservation_and_a_public_address_take_one_address_once(cloud: Cloud, turned: bool) -> None:
    place = made(cloud, "eip")
    both: list[Taking] = [a_reservation, a_public_address]
    first, second = reversed(both) if turned else both

    came = meet(place, lambda: first(place, place.halted), place.halting, lambda: second(place, place.admin))

    assert came == [True, not turned]
    place.check()


def test_servers_are_made_side_by_side_in_one_network(place: Place) -> None:
    came = meet(place, lambda: a_server(place, place.halted), place.halting, lambda: a_server(place, place.admin))

    assert came == [True, True]
    assert len(place.held()) == 2
    place.check()

"""Disks of servers that move to another storage of their host."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check
from tests.unit.servers.world import World

from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    CloudcoreError,
    ConflictError,
    ForbiddenError,
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotEmptyError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.operations.run import writing
from cloudcore.operations.session import CoreSession
from cloudcore.resources.storage.storage import STORAGES
from cloudcore_apps.simulate.cloud import SHARED

OWN = [{"image_id": "i1", "size": 1024, "storage_id": "s-h1"}, {"size": 64, "format": "raw", "storage_id": "s-h1"}]


class Lab:
    """A server whose two disks lie on its own host, which also reaches a shared storage."""

    def __init__(self, *, on: bool = False) -> None:
        self.cloud = Cloud(hosts=2, leases=True)
        self.session = CoreSession(self.cloud.platform, CALLER)
        body = server_body("web", disks=OWN, prefer_host="h1", auto_start=on)
        self.ident = str(self.session.create("servers", body)["id"])
        self.cloud.settle()
        links = sorted(self.cloud.rows("guestdisks"), key=lambda link: link.index)
        self.root, self.data = [str(link.disk_id) for link in links]

    def do(self, action: str, **body: Any) -> Any:
        answer = self.session.perform("servers", self.ident, action, body)
        self.cloud.settle()
        return answer

    def claims(self) -> tuple[int, int]:
        rows = [self.cloud.row("storageclaims", ident) for ident in ("s-h1", "s-shared")]
        return (rows[0].size_mib, rows[1].size_mib if rows[1] is not None else 0)

    def volumes(self) -> set[tuple[str, str]]:
        return set(self.cloud.machines["h1"].machine.volumes)

    def change(self, **values: Any) -> None:
        def work(tx: Any) -> None:
            tx.of(STORAGES, PLATFORM).save(evolve(tx.of(STORAGES, PLATFORM).get("s-shared"), **values))

        writing(self.cloud.platform, CALLER, work)


def test_a_disk_moves_with_its_bytes_and_its_claim_and_the_server_goes_on() -> None:
    lab = Lab()
    machine = lab.cloud.machines["h1"].machine
    held = machine.volumes["/sim/storage", lab.data]
    machine.volumes["/sim/storage", lab.data] = attrs.evolve(held, data="kept")
    quota = lab.cloud.row("quotausages", "d1/p1")
    answer = lab.do("change-disk-storage", disk_id=lab.data, target_storage_id="shared")

    assert answer["status"] == "disk_change_storage"
    disk = lab.session.get("disks", lab.data)
    assert (disk["storage"], disk["status"], disk["access_path"].startswith(SHARED)) == ("shared", "ready", True)
    assert lab.volumes() == {("/sim/storage", lab.root), (SHARED, lab.data)}
    assert machine.volumes[SHARED, lab.data].data == "kept"
    assert lab.claims() == (1024, 64)
    assert lab.cloud.row("quotausages", "d1/p1") == quota
    assert lab.session.get("servers", lab.ident)["status"] == "ready"
    lab.do("start")
    assert lab.session.get("servers", lab.ident)["status"] == "running"
    check(lab.cloud)


def test_a_server_that_runs_goes_on_meanwhile() -> None:
    lab = Lab(on=True)
    lab.do("change-storage", target_storage_id="s-shared")
    machine = lab.cloud.machines["h1"].machine
    assert lab.volumes() == {(SHARED, lab.root), (SHARED, lab.data)}
    assert {disk.storage_path for disk in machine.domains[lab.ident].desc.disks} == {SHARED}
    assert machine.power_state(lab.ident) == "on"
    assert lab.session.get("servers", lab.ident)["status"] == "running"
    (task,) = [task for task in lab.cloud.rows("tasks") if task.flow == "server-change-storage"]
    assert "mirror" in [line["step"] for line in task.log]
    assert lab.claims() == (0, 1088)
    check(lab.cloud)


def test_a_guest_that_went_off_meanwhile_keeps_what_it_wrote() -> None:
    lab = Lab(on=True)
    machine = lab.cloud.machines["h1"].machine
    held = machine.volumes["/sim/storage", lab.data]
    machine.volumes["/sim/storage", lab.data] = attrs.evolve(held, data="kept")
    machine.set_power_state(lab.ident, "off")
    lab.do("change-disk-storage", disk_id=lab.data, target_storage_id="s-shared")
    assert machine.volumes[SHARED, lab.data].data == "kept"
    assert lab.volumes() == {("/sim/storage", lab.root), (SHARED, lab.data)}
    lab.do("syncstatus")
    check(lab.cloud)


def test_all_disks_move_together_and_those_that_are_there_stay() -> None:
    lab = Lab()
    lab.do("change-disk-storage", disk_id=lab.data, target_storage_id="s-shared")
    lab.do("change-storage", target_storage_id="s-shared")
    assert lab.volumes() == {(SHARED, lab.root), (SHARED, lab.data)}
    assert lab.claims() == (0, 1088)
    with pytest.raises(ConflictError, match="lie on storage shared already"):
        lab.do("change-storage", target_storage_id="s-shared")
    lab.do("change-storage", target_storage_id="s-h1")
    assert lab.claims() == (1088, 0)
    check(lab.cloud)


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        ({}, MissingParameterError, "target_storage_id"),
        ({"target_storage_id": "none"}, ResourceNotFoundError, "target_storage_id"),
        ({"target_storage_id": "s-h2"}, InvalidInputError, "target_storage_id"),
        ({"target_storage_id": "s-h1"}, ConflictError, "target_storage_id"),
        ({"target_storage_id": "s-shared", "disk_id": "none"}, ResourceNotFoundError, "disk"),
        ({"target_storage_id": "s-shared", "disk_id": ""}, MissingParameterError, "disk_id"),
        ({"target_storage_id": "s-shared", "keep_origin_disk": True}, NotSupportedError, "keep_origin_disk"),
    ],
    ids=str,
)
def test_bad_input_names_its_field_and_changes_nothing(body: Any, kind: type[CloudcoreError], field: str) -> None:
    lab = Lab()
    before = lab.claims(), lab.volumes()
    with pytest.raises(kind) as caught:
        lab.do("change-disk-storage", **{"disk_id": lab.data, **body})
    assert caught.value.field == field
    assert (lab.claims(), lab.volumes()) == before
    assert lab.session.get("servers", lab.ident)["status"] == "ready"
    check(lab.cloud)


def test_what_cannot_move_now_says_why() -> None:
    lab = Lab(on=True)
    wanted = {"disk_id": lab.data, "target_storage_id": "s-shared"}
    lab.do("suspend")
    with pytest.raises(InvalidStatusError, match="in status suspend"):
        lab.do("change-disk-storage", **wanted)
    lab.do("stop", is_force=True)
    lab.change(enabled=False)
    with pytest.raises(InvalidStatusError, match="disabled"):
        lab.do("change-disk-storage", **wanted)
    lab.change(enabled=True, is_sys_disk_store=False)
    with pytest.raises(InvalidInputError, match="no system disks"):
        lab.do("change-storage", target_storage_id="s-shared")
    lab.change(capacity=10, cmtbound=1.0)
    with pytest.raises(InsufficientResourceError) as caught:
        lab.do("change-disk-storage", **wanted)
    assert caught.value.data == {"size_mib": 64, "free_mib": 10}
    lab.change(capacity=100_000, is_sys_disk_store=True)
    lab.session.create("snapshots", {"name": "kept", "disk_id": lab.root})
    lab.cloud.settle()
    with pytest.raises(NotEmptyError, match="1 snapshots"):
        lab.do("change-disk-storage", disk_id=lab.root, target_storage_id="s-shared")
    lab.session.perform("disks", lab.data, "freeze", {})
    with pytest.raises(InvalidStatusError, match="frozen"):
        lab.do("change-disk-storage", **wanted)
    check(lab.cloud)


def test_it_takes_the_right_to_see_storages() -> None:
    world = World()
    world.server(world.alice, on=False)
    disk = world.alice.get("servers", "web")["disks_info"][0]["id"]
    storage = world.admin.list("storages").items[0]["name"]
    with pytest.raises(ForbiddenError) as caught:
        world.act(world.alice, "web", "change-disk-storage", disk_id=disk, target_storage_id=storage)
    assert caught.value.field == "target_storage_id"
    with pytest.raises(ResourceNotFoundError):
        world.act(world.bob, "web", "change-storage", target_storage_id=storage)

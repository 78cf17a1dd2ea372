"""What lies in the recycle bin or is frozen is neither used nor changed by a way round: its disk, its server, a policy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check_ledgers

from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidStatusError, ResourceBusyError
from cloudcore.model.query import PLATFORM
from cloudcore.operations.run import writing
from cloudcore.operations.session import CoreSession
from cloudcore.operations.snapshot_policies import drop_by_policy, keep_by_policy
from cloudcore.resources.infrastructure.host import HOSTS


class World:
    """A stopped server whose data disk stays when it goes, with a snapshot of each disk, and a recycle bin."""

    def __init__(self) -> None:
        self.cloud = Cloud(hosts=1, recycle_s=259_200)
        self.client = CoreSession(self.cloud.platform, CALLER)
        disks = [{"image_id": "i1", "size": 1024}, {"size": 64, "auto_delete": False}]
        self.server = str(self.client.create("servers", server_body("web", disks=disks))["id"])
        self.cloud.settle()
        links = {row.index: row.disk_id for row in self.cloud.rows("guestdisks")}
        self.system, self.data = links[0], links[1]

    def keep(self, disk: str, name: str) -> str:
        made = self.client.create("snapshots", {"name": name, "disk_id": disk})
        self.cloud.settle()
        return str(made["id"])

    def recycle(self) -> None:
        self.client.delete("servers", self.server, {"delete_snapshots": True})
        self.cloud.settle()
        assert self.cloud.row("servers", self.server).pending_deleted

    def freeze(self, plural: str, ident: str) -> None:
        self.client.perform(plural, ident, "freeze")

    def refused(self, what: str, work: Callable[[], Any]) -> None:
        before = (self.cloud.row("servers", self.server), self.cloud.rows("disks"), self.cloud.rows("snapshots"))
        with pytest.raises(InvalidStatusError, match=what):
            work()
        after = (self.cloud.row("servers", self.server), self.cloud.rows("disks"), self.cloud.rows("snapshots"))
        assert before == after


@pytest.fixture
def world() -> World:
    return World()


def test_disks_in_the_bin_are_not_snapshot(world: World) -> None:
    world.recycle()
    world.refused("recycle bin", lambda: world.client.create("snapshots", {"name": "late", "disk_id": world.system}))


def test_a_disk_that_stays_is_out_of_use_while_its_server_is_in_the_bin(world: World) -> None:
    kept = world.keep(world.data, "before")
    world.recycle()
    perform = world.client.perform
    world.refused("recycle bin", lambda: world.client.create("snapshots", {"name": "late", "disk_id": world.data}))
    world.refused("recycle bin", lambda: perform("disks", world.data, "disk-reset", {"snapshot_id": kept}))
    world.refused("recycle bin", lambda: perform("disks", world.data, "save", {"name": "late"}))


@pytest.mark.parametrize("action", ["clone", "snapshot-and-clone"])
def test_servers_in_the_bin_are_not_cloned(world: World, action: str) -> None:
    world.recycle()
    world.refused("recycle bin", lambda: world.client.perform("servers", world.server, action, {"name": "again"}))
    assert len(world.cloud.rows("servers")) == 1


def test_a_frozen_servers_disk_is_not_reset(world: World) -> None:
    kept = world.keep(world.data, "before")
    world.freeze("servers", world.server)
    world.refused("frozen", lambda: world.client.perform("disks", world.data, "disk-reset", {"snapshot_id": kept}))


def test_a_frozen_disk_is_not_changed_through_its_server(world: World) -> None:
    perform = world.client.perform
    perform("servers", world.server, "instance-snapshot", {"name": "whole"})
    world.cloud.settle()
    world.client.update("disks", world.data, {"auto_delete": True})
    world.freeze("disks", world.data)
    world.freeze("disks", world.system)
    world.refused(
        "frozen", lambda: perform("servers", world.server, "instance-snapshot-reset", {"instance_snapshot": "whole"})
    )
    for disk in (world.data, world.system):
        perform("disks", disk, "unfreeze")
    world.client.delete("instance_snapshots", "whole")
    world.cloud.settle()
    world.freeze("disks", world.data)
    world.freeze("disks", world.system)
    world.refused("frozen", lambda: perform("servers", world.server, "rebuild-root", {"image_id": "i1"}))
    world.refused("frozen", lambda: perform("servers", world.server, "detachdisk", {"disk_id": world.data}))


def test_a_server_is_not_deleted_with_a_frozen_disk(world: World) -> None:
    world.freeze("disks", world.system)
    world.refused("frozen", lambda: world.client.delete("servers", world.server))
    world.refused("frozen", lambda: world.client.delete("servers", world.server, {"override_pending_delete": True}))


def test_a_disk_is_not_put_into_the_bin_while_a_task_works_on_it(world: World) -> None:
    disk = str(world.client.create("disks", {"name": "alone", "size": 64})["id"])
    world.cloud.settle()
    world.client.perform("disks", disk, "save", {"name": "copy"})
    with pytest.raises(ResourceBusyError, match="image-save"):
        world.client.delete("disks", disk)
    assert not world.cloud.row("disks", disk).pending_deleted
    world.cloud.settle()


def test_what_is_out_of_use_keeps_its_snapshots(world: World) -> None:
    perform, delete = world.client.perform, world.client.delete
    kept = world.keep(world.data, "kept")
    perform("servers", world.server, "instance-snapshot", {"name": "whole"})
    world.cloud.settle()
    for plural, ident in (("servers", world.server), ("disks", world.data)):
        world.freeze(plural, ident)
        world.refused("frozen", lambda: delete("snapshots", kept))
        world.refused("frozen", lambda: delete("instance_snapshots", "whole"))
        perform(plural, ident, "unfreeze")
    part = next(row for row in world.cloud.rows("snapshots") if row.id != kept)
    world.freeze("snapshots", part.id)
    world.refused("frozen", lambda: delete("instance_snapshots", "whole"))
    perform("snapshots", part.id, "unfreeze")
    world.recycle()
    world.refused("recycle bin", lambda: delete("snapshots", kept))
    world.refused("recycle bin", lambda: delete("instance_snapshots", "whole"))


def test_a_detached_disk_that_goes_with_its_server_lies_in_the_bin_first(world: World) -> None:
    client = world.client
    for options, left in (({}, 1), ({"override_pending_delete": True}, 0)):
        client.perform("servers", world.server, "createdisk", {"disks": [{"size": 64}]})
        world.cloud.settle()
        disk = str(client.get("servers", world.server)["disks_info"][-1]["id"])
        client.perform("servers", world.server, "detachdisk", {"disk_id": disk, **options})
        world.cloud.settle()
        found = [row for row in world.cloud.rows("disks") if row.id == disk]
        assert [row.pending_deleted for row in found] == [True] * left
        assert check_ledgers(world.cloud) is None
        if left:
            client.perform("disks", disk, "cancel-delete")
            assert client.get("disks", disk)["status"] == "ready"


def test_a_policy_neither_touches_a_frozen_servers_disk_nor_drops_a_frozen_snapshot(world: World) -> None:
    client = world.client
    every = {"repeat_weekdays": list(range(1, 8)), "time_points": list(range(24))}
    client.create("snapshotpolicies", {"name": "daily", "type": "disk", "retention_days": 1, **every})
    client.perform("snapshotpolicies", "daily", "bind-disks", {"disks": [world.data]})
    refused: list[str] = []

    def turn() -> None:
        keep_by_policy(world.cloud.platform, lambda _ident, error: refused.append(type(error).__name__))
        world.cloud.settle()
        drop_by_policy(world.cloud.platform, lambda _ident, error: refused.append(type(error).__name__))
        world.cloud.settle()

    turn()
    (made,) = world.cloud.rows("snapshots")
    world.freeze("snapshots", made.id)
    world.freeze("servers", world.server)
    world.cloud.clock.advance(timedelta(days=2).total_seconds())
    turn()
    assert [row.id for row in world.cloud.rows("snapshots")] == [made.id]
    client.perform("snapshots", made.id, "unfreeze")
    client.perform("servers", world.server, "unfreeze")
    turn()
    assert made.id not in [row.id for row in world.cloud.rows("snapshots")]


def test_the_parts_of_what_is_out_of_use_are_not_changed(world: World) -> None:
    context = (("servers", world.server),)

    def move() -> Any:
        return world.client.update("guestdisks", world.data, {"index": 5}, context=context)

    world.freeze("servers", world.server)
    world.refused("frozen", move)
    world.client.perform("servers", world.server, "unfreeze")
    world.client.create("secgroups", {"name": "inner"})
    rule = {"secgroup": "inner", "direction": "in", "protocol": "tcp", "ports": "22", "action": "allow"}
    kept = world.client.create("secgrouprules", rule)["id"]
    world.freeze("secgroups", "inner")
    for work in (
        lambda: world.client.update("secgrouprules", kept, {"ports": "23"}),
        lambda: world.client.delete("secgrouprules", kept),
    ):
        world.refused("frozen", work)
    world.recycle()
    world.refused("recycle bin", move)


def test_a_protected_server_is_not_purged(world: World) -> None:
    world.client.update("servers", world.server, {"disable_delete": True})
    writing(world.cloud.platform, CALLER, lambda tx: tx.of(HOSTS, PLATFORM).save(_disabled(tx)))
    world.refused("locked", lambda: world.client.delete("servers", world.server, {"purge": True}))
    world.refused("locked", lambda: world.client.perform("servers", world.server, "purge"))
    world.client.update("servers", world.server, {"disable_delete": False})
    world.client.perform("servers", world.server, "purge")
    assert world.cloud.rows("servers") == []


def _disabled(tx: Any) -> Any:
    return evolve(tx.of(HOSTS, PLATFORM).get("h1"), enabled=False)


@pytest.mark.parametrize("turns", range(4))
def test_a_disk_that_is_told_to_go_while_its_server_goes_stays(world: World, turns: int) -> None:
    cloud = world.cloud
    worker = cloud.worker()
    world.client.delete("servers", world.server, {"override_pending_delete": True})
    for _ in range(turns):
        cloud.turn(worker)
        cloud.clock.advance(1)
    world.client.update("disks", world.data, {"auto_delete": True})
    cloud.settle(worker)
    assert cloud.row("servers", world.server) is None
    assert [row.id for row in cloud.rows("disks")] == [world.data]
    assert {key[1] for key in cloud.machines["h1"].machine.volumes} == {world.data}
    check_ledgers(cloud)

"""Disks of servers: attached, detached, made."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    ConflictError,
    ForbiddenError,
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    OutOfQuotaError,
    OutOfRangeError,
    ResourceBusyError,
    ResourceNotFoundError,
)
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.quota.quotausage import QUOTAUSAGES
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS


def held(world: World) -> tuple[Any, Any]:
    return (
        sorted((c.id, c.size_mib) for c in world.rows(STORAGECLAIMS)),
        sorted((q.id, q.count, q.cpu, q.memory, q.storage) for q in world.rows(QUOTAUSAGES)),
    )


def volumes(world: World, server: Any) -> list[str]:
    return [disk.volume_id for disk in world.guest(server["id"]).disks]


@pytest.mark.parametrize("on", [True, False], ids=["running", "stopped"])
def test_a_disk_goes_into_a_server_and_out_again(world: World, on: bool) -> None:
    server, disk = world.server(world.alice, on=on), world.disk(world.alice)
    before = held(world)

    after = world.act(world.alice, "web", "attachdisk", disk_id="data", boot_index=0)

    assert after["status"] == server["status"]
    assert [(d["id"], d["index"], d["boot_index"]) for d in after["disks_info"]][1:] == [(disk["id"], 1, 0)]
    assert volumes(world, server)[1:] == [disk["id"]]
    assert world.alice.get("disks", "data")["guest"] == "web"

    after = world.act(world.alice, "web", "detachdisk", disk_id="data", keep_disk=True)

    assert after["status"] == server["status"]
    assert len(after["disks_info"]) == len(volumes(world, server)) == 1
    assert (world.alice.get("disks", "data")["status"], held(world)) == ("ready", before)


def test_a_detached_disk_that_goes_with_its_server_is_deleted_unless_it_is_kept(world: World) -> None:
    world.server(world.alice)
    before = held(world)
    for keep, left in ((True, 1), (False, 0)):
        server = world.act(world.alice, "web", "createdisk", disks=[{"size": 64}])
        disk = server["disks_info"][1]["id"]
        world.act(world.alice, "web", "detachdisk", disk_id=disk, keep_disk=keep)
        assert len([d for d in world.rows(DISKS) if d.id == disk]) == left
        if keep:
            world.alice.delete("disks", disk)
            world.settle()
    assert held(world) == before
    assert [d.volume_id for d in world.host.machine.volumes.values()] == volumes(
        world, world.alice.get("servers", "web")
    )


def test_a_disk_made_on_its_own_outlives_a_detachment(world: World) -> None:
    world.server(world.alice)
    world.disk(world.alice)
    world.act(world.alice, "web", "attachdisk", disk_id="data")
    world.act(world.alice, "web", "detachdisk", disk_id="data")
    assert world.alice.get("disks", "data")["status"] == "ready"


def test_disks_are_made_on_the_servers_host_and_charged(world: World) -> None:
    server = world.server(world.alice)
    used = next(q.storage for q in world.rows(QUOTAUSAGES) if q.storage)

    after = world.act(
        world.alice, "web", "createdisk", disks=["64:auto_delete=false", {"size": "1g", "image_id": "tiny"}]
    )

    assert [(d["index"], d["size"], d["auto_delete"]) for d in after["disks_info"]] == [
        (0, 1024, True), (1, 64, False), (2, 1024, True),
    ]  # fmt: skip
    assert after["status"] == "running"
    assert len(volumes(world, server)) == 3
    assert next(q.storage for q in world.rows(QUOTAUSAGES) if q.storage) == used + 64 + 1024
    assert sum(c.size_mib for c in world.rows(STORAGECLAIMS)) == sum(d.disk_size for d in world.rows(DISKS))


def test_an_index_that_was_not_said_comes_as_0(world: World) -> None:
    world.server(world.alice)
    server = world.act(world.alice, "web", "createdisk", disks=[{"size": 64, "index": 0}, {"size": 32, "index": 0}])
    assert [(d["index"], d["size"]) for d in server["disks_info"]][1:] == [(1, 64), (2, 32)]


@pytest.mark.parametrize(
    ("disks", "error", "field"),
    [
        ([], MissingParameterError, "disks"),
        ([{"image_id": ""}], MissingParameterError, "disks.1.size"),
        ([{"size": 1 << 40}], OutOfRangeError, "disks.1.size"),
        ([{"size": 8, "index": 3}, {"size": 8, "index": 3}], InvalidInputError, "disks.3.index"),
        ([{"size": 8, "driver": "ide"}], InvalidStatusError, "driver"),
        ([{"size": 8, "image_id": "nothing"}], ResourceNotFoundError, "disks.1.image_id"),
        ([{"size": 8}] * 24, OutOfRangeError, "disks"),
        ([{"size": "60000g"}], InsufficientResourceError, "disks.1.size"),
        ([{"size": 8, "medium": "hybrid"}], InsufficientResourceError, "disks.1.size"),
    ],
)
def test_disks_that_cannot_be_made_change_nothing(world: World, disks: Any, error: Any, field: str) -> None:
    world.server(world.alice)
    before = held(world)
    with pytest.raises(error) as refused:
        world.act(world.alice, "web", "createdisk", disks=disks)
    assert refused.value.field == field
    assert (held(world), world.alice.get("servers", "web")["status"]) == (before, "running")
    assert len(world.rows(DISKS)) == 1


def test_disks_beyond_the_quota_are_refused(world: World) -> None:
    world.server(world.alice)
    project = world.alice.caller.project_id  # type: ignore[attr-defined]
    usage = next(q for q in world.rows(QUOTAUSAGES) if q.id.endswith(project))
    world.change(QUOTAUSAGES, usage.id, storage=(1 << 62))
    from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit

    limit = Quotalimit(id="limit", domain_id="default", tenant_id=project, storage=100)
    world.insert(QUOTALIMITS, limit)
    with pytest.raises(OutOfQuotaError):
        world.act(world.alice, "web", "createdisk", disks=[{"size": 8}])
    assert len(world.rows(DISKS)) == 1


def test_a_disk_of_another_tenant_is_not_found(world: World) -> None:
    world.server(world.alice)
    theirs = world.disk(world.bob, "theirs")
    for action in ("attachdisk", "detachdisk"):
        with pytest.raises(ResourceNotFoundError):
            world.act(world.alice, "web", action, disk_id=theirs["id"])
    with pytest.raises(ResourceNotFoundError):
        world.act(world.bob, "web", "attachdisk", disk_id=theirs["id"])
    with pytest.raises(InvalidInputError, match="different projects"):
        world.act(world.admin, world.alice.get("servers", "web")["id"], "attachdisk", disk_id=theirs["id"])


def test_a_disk_is_attached_once(world: World) -> None:
    world.server(world.alice)
    world.server(world.alice, "db")
    world.disk(world.alice)
    world.act(world.alice, "web", "attachdisk", disk_id="data")
    with pytest.raises(ConflictError):
        world.act(world.alice, "db", "attachdisk", disk_id="data")
    with pytest.raises(InvalidInputError, match="not attached to server db"):
        world.act(world.alice, "db", "detachdisk", disk_id="data")


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        ({}, MissingParameterError, "disk_id"),
        ({"disk_id": "nothing"}, ResourceNotFoundError, "disk"),
        ({"disk_id": "data", "driver": "floppy"}, InvalidInputError, "disk_drivers"),
        ({"disk_id": "data", "driver": "ide"}, InvalidStatusError, "driver"),
        ({"disk_id": "data", "cache": "all"}, InvalidInputError, "cache_modes"),
        ({"disk_id": "data", "boot_index": 128}, OutOfRangeError, "boot_index"),
        ({"disk_id": "data", "boot_index": "first"}, InvalidInputError, "boot_index"),
    ],
)
def test_an_attachment_that_is_wrong_changes_nothing(world: World, body: Any, error: Any, field: str) -> None:
    world.server(world.alice)
    world.disk(world.alice)
    with pytest.raises(error) as refused:
        world.act(world.alice, "web", "attachdisk", **body)
    assert refused.value.field == field
    after = world.alice.get("servers", "web")
    assert (after["status"], len(after["disks_info"])) == ("running", 1)


def test_the_system_disk_stays(world: World) -> None:
    server = world.server(world.alice)
    with pytest.raises(InvalidInputError, match="system disk"):
        world.act(world.alice, "web", "detachdisk", disk_id=server["disks_info"][0]["id"])


def test_a_busy_server_says_with_what(world: World) -> None:
    world.server(world.alice)
    world.disk(world.alice)
    world.alice.perform("servers", "web", "stop", {})
    with pytest.raises(ResourceBusyError, match="server-stop"):
        world.alice.perform("servers", "web", "attachdisk", {"disk_id": "data"})
    world.settle()


def test_a_failed_attachment_leaves_the_disk_free_and_the_server_usable(world: World) -> None:
    server, disk = world.server(world.alice), world.disk(world.alice)
    lost = world.host.machine.volumes.pop(next(k for k in world.host.machine.volumes if k[1] == disk["id"]))
    failed = world.act(world.alice, "web", "attachdisk", disk_id="data")
    assert (failed["status"], len(failed["disks_info"])) == ("attach_disk_fail", 1)
    assert disk["id"] in failed["status_reason"]
    world.host.machine.volumes[lost.storage_path, lost.volume_id] = lost
    assert world.act(world.alice, "web", "attachdisk", disk_id="data")["status"] == "running"
    assert len(volumes(world, server)) == 2


def test_who_may_not_change_the_server_attaches_nothing(world: World) -> None:
    world.server(world.alice)
    world.admin.create("users", {"name": "eve", "password": "Correct-Horse-Battery-9"})
    world.cloud.grant(world.admin, "alices", "users", "eve", "project_viewer", remove=False)
    eve = world.cloud.login("eve", "Correct-Horse-Battery-9", project="alices")
    world.disk(world.alice)
    with pytest.raises(ForbiddenError):
        eve.perform("servers", "web", "attachdisk", {"disk_id": "data"})
    assert [s.status for s in world.rows(SERVERS)] == ["running"]

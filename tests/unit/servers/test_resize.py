"""Disks that grow."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.test_disks import held
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    InsufficientResourceError,
    InvalidFormatError,
    InvalidInputError,
    MissingParameterError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS


def size_on_host(world: World, disk: str) -> int:
    return next(v.size_mib for v in world.host.machine.volumes.values() if v.volume_id == disk)


@pytest.mark.parametrize("on", [True, False], ids=["running", "stopped"])
@pytest.mark.parametrize("by_server", [True, False], ids=["server", "disk"])
def test_a_disk_of_a_server_grows(world: World, on: bool, by_server: bool) -> None:
    server = world.server(world.alice, on=on)
    disk = server["disks_info"][0]["id"]
    if by_server:
        begun = world.alice.perform("servers", "web", "resize-disk", {"disk_id": disk, "size": "3g"})
        assert begun["status"] == "start_resize_disk"
    else:
        world.alice.perform("disks", disk, "resize", {"size": "3072"})
    world.settle()
    after = world.alice.get("servers", "web")
    assert (after["status"], after["disks_info"][0]["size"], size_on_host(world, disk)) == (
        server["status"],
        3072,
        3072,
    )
    assert world.alice.get("disks", disk)["status"] == "ready"
    assert [claim.size_mib for claim in world.rows(STORAGECLAIMS)] == [3072]


def test_a_disk_that_no_server_uses_grows(world: World) -> None:
    disk = world.disk(world.alice)
    world.alice.perform("disks", "data", "resize", {"size": "1g"})
    world.settle()
    assert (world.alice.get("disks", "data")["disk_size"], size_on_host(world, disk["id"])) == (1024, 1024)
    world.alice.delete("disks", "data")
    world.settle()
    assert [claim.size_mib for claim in world.rows(STORAGECLAIMS)] == [0]


@pytest.mark.parametrize(
    ("size", "error"),
    [
        (None, MissingParameterError),
        ("", MissingParameterError),
        (-1, MissingParameterError),
        ("big", InvalidFormatError),
        (511, OutOfRangeError),
        (1 << 40, OutOfRangeError),
        ("30000g", InsufficientResourceError),
    ],
)
def test_a_size_that_cannot_be_changes_nothing(world: World, size: Any, error: Any) -> None:
    disk = world.disk(world.alice)
    before = held(world)
    with pytest.raises(error) as refused:
        world.alice.perform("disks", "data", "resize", {"size": size})
    assert refused.value.field == "size"
    assert (held(world), world.alice.get("disks", "data")["status"]) == (before, "ready")
    assert size_on_host(world, disk["id"]) == 512


def test_the_same_size_is_no_work(world: World) -> None:
    world.disk(world.alice)
    assert world.alice.perform("disks", "data", "resize", {"size": 512})["status"] == "ready"


def test_a_failed_growth_gives_back_what_it_took(world: World) -> None:
    server = world.server(world.alice)
    disk = server["disks_info"][0]["id"]
    before = held(world)
    lost = dict(world.host.machine.volumes)
    world.host.machine.volumes.clear()
    failed = world.act(world.alice, "web", "resize-disk", disk_id=disk, size="2g")
    assert (failed["status"], failed["disks_info"][0]["size"], held(world)) == ("resize_disk_fail", 1024, before)
    world.host.machine.volumes.update(lost)
    assert world.act(world.alice, "web", "resize-disk", disk_id=disk, size="2g")["status"] == "running"


def test_disks_of_others_do_not_grow(world: World) -> None:
    world.server(world.alice)
    theirs = world.disk(world.bob, "theirs")
    mine = world.disk(world.alice)
    with pytest.raises(ResourceNotFoundError):
        world.alice.perform("disks", theirs["id"], "resize", {"size": "1g"})
    with pytest.raises(ResourceNotFoundError):
        world.alice.perform("servers", "web", "resize-disk", {"disk_id": theirs["id"], "size": "1g"})
    with pytest.raises(InvalidInputError, match="not attached"):
        world.alice.perform("servers", "web", "resize-disk", {"disk_id": mine["id"], "size": "1g"})
    assert sorted(d.disk_size for d in world.rows(DISKS)) == [512, 512, 1024]

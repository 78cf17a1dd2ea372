"""Disks that were there before the server that is made with them."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from tests.unit.servers.test_disks import held, volumes
from tests.unit.servers.test_wishes import BODY, more_hosts
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    ConflictError,
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    NotSupportedError,
    ResourceNotFoundError,
)
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import SERVERS

WITH_DATA = ["tiny:1g", {"disk_id": "data", "driver": "scsi", "mountpoint": "/srv"}]


@pytest.fixture(scope="module")
def still() -> World:
    """A cloud in which nothing may come to be."""
    world = World()
    world.disk(world.alice)
    world.disk(world.alice, "spare")
    world.disk(world.bob, "bobs")
    world.alice.perform("disks", "spare", "freeze", {})
    return world


@pytest.mark.parametrize("sent", ["disk_id=data,driver=scsi", "disk=data:scsi", WITH_DATA[1]], ids=str)
def test_a_server_takes_a_disk_and_leaves_it_behind(world: World, sent: Any) -> None:
    disk = world.disk(world.alice)
    before = held(world)
    server = world.server(world.alice, disks=["tiny:1g", sent])
    assert [(d["index"], d["size"], d["driver"]) for d in server["disks_info"]] == [
        (0, 1024, "virtio"),
        (1, 512, "scsi"),
    ]
    assert volumes(world, server)[1] == disk["id"]
    assert world.alice.list("quotas").items[0]["usage.storage"] == 1024 + 512
    world.alice.delete("servers", "web", {"override_pending_delete": True})
    world.settle()
    assert (held(world), world.rows(SERVERS)) == (before, [])
    assert world.alice.get("disks", "data")["status"] == "ready"
    assert [d.volume_id for d in world.host.machine.volumes.values()] == [disk["id"]]


def test_a_create_that_fails_leaves_the_disk_as_it_was(world: World) -> None:
    disk = world.disk(world.alice)
    before = held(world)
    world.host.machine.facts = attrs.evolve(world.host.machine.facts, bridges=())
    ident = world.alice.create("servers", {**BODY, "disks": WITH_DATA})["id"]
    world.settle()
    assert world.alice.get("servers", ident)["status"] == "create_fail"
    assert (held(world), world.rows(GUESTDISKS)) == (before, [])
    assert [row.id for row in world.rows(DISKS)] == [disk["id"]]
    assert [d.volume_id for d in world.host.machine.volumes.values()] == [disk["id"]]
    assert world.alice.get("disks", "data")["status"] == "ready"


def test_it_goes_where_the_disk_is(world: World) -> None:
    more_hosts(world, 3)
    world.disk(world.alice, prefer_host_id=world.host_id)
    for place in range(4):
        wish = {**BODY, "name": f"web-{place}", "disks": WITH_DATA, "dry_run": True}
        assert world.alice.create("servers", wish)["host_id"] == world.host_id
    elsewhere = next(row["id"] for row in world.admin.list("hosts").items if row["id"] != world.host_id)
    wish = {**BODY, "disks": WITH_DATA, "prefer_host": elsewhere, "project": "alices"}
    with pytest.raises(InsufficientResourceError) as refused:
        world.admin.create("servers", wish)
    assert "disk data in reach" in str(refused.value.data)


def test_of_two_that_want_it_one_gets_it(world: World) -> None:
    world.disk(world.alice)
    world.alice.create("servers", {**BODY, "disks": WITH_DATA})
    with pytest.raises(ConflictError) as refused:
        world.alice.create("servers", {**BODY, "name": "late", "disks": WITH_DATA})
    assert refused.value.field == "disks.1.disk_id"
    world.settle()
    assert [row.name for row in world.rows(SERVERS)] == ["web"]


@pytest.mark.parametrize(
    ("disks", "error", "field"),
    [
        (["disk_id=data"], NotSupportedError, "disks.0.disk_id"),
        (["tiny:1g", "disk_id=nothing"], ResourceNotFoundError, "disks.1.disk_id"),
        (["tiny:1g", "disk_id=bobs"], ResourceNotFoundError, "disks.1.disk_id"),
        (["tiny:1g", "disk_id=spare"], InvalidStatusError, "disks.1.disk_id"),
        (["tiny:1g", "disk_id=data:10g"], InvalidInputError, "disks.1.size"),
        (["tiny:1g", {"disk_id": "data", "image_id": "tiny"}], InvalidInputError, "disks.1.image_id"),
    ],
)
def test_what_cannot_be_is_refused_and_makes_nothing(still: World, disks: Any, error: Any, field: str) -> None:
    with pytest.raises(error) as refused:
        still.alice.create("servers", {**BODY, "disks": disks})
    assert (refused.value.field, still.rows(SERVERS), still.rows(GUESTDISKS)) == (field, [], [])


def test_one_disk_is_not_for_several(still: World) -> None:
    with pytest.raises(InvalidInputError) as refused:
        still.alice.create_many("servers", {**BODY, "disks": WITH_DATA}, 2)
    assert (refused.value.field, still.rows(SERVERS)) == ("disks.1.disk_id", [])

"""The CD drive of servers: an image at create, put in and taken out later, shown, and kept in the cache while it is in."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.image import samples
from tests.unit.servers.test_wishes import BODY
from tests.unit.servers.world import World

from cloudcore.model.errors import CloudcoreError, InvalidStatusError, NotEmptyError, ResourceNotFoundError
from cloudcore.resources.compute.server import SERVERS


def iso(world: World, name: str = "rescue") -> str:
    """An image of the least that is a CD."""
    image = world.alice.upload(None, {"name": name, "disk_format": "iso", "protected": False}, [samples.iso()])
    world.settle()
    assert world.alice.get("images", image["id"])["status"] == "active"
    return str(image["id"])


@pytest.mark.parametrize("on", [True, False])
def test_an_image_comes_and_goes_while_a_server_is_on_or_off(world: World, on: bool) -> None:
    image = iso(world)
    made = world.server(world.alice, on=on)
    assert (made["cdrom_support"], made.get("cdrom", [])) == (True, [])
    assert world.alice.detail("servers", made["id"], "iso") == {}
    shown = world.act(world.alice, made["id"], "insertiso", image_id="rescue")
    assert shown["status"] == made["status"]
    (drive,) = shown["cdrom"]
    assert (drive["ordinal"], drive["name"], drive["boot_index"]) == (0, "rescue", -1)
    medium = world.guest(made["id"]).medium
    assert (medium.image_id, medium.boot_index) == (image, -1)
    assert (medium.storage_path, image) in world.host.machine.images
    told = world.alice.detail("servers", made["id"], "iso")
    assert (told["image_id"], told["name"], told["ordinal"]) == (image, "rescue", 0)
    other = iso(world, "other")
    world.act(world.alice, made["id"], "insertiso", image=other, cdrom_ordinal=0, boot_index=0)
    assert (world.guest(made["id"]).medium.image_id, world.guest(made["id"]).medium.boot_index) == (other, 0)
    shown = world.act(world.alice, made["id"], "ejectiso")
    assert (shown["status"], shown.get("cdrom", []), world.guest(made["id"]).medium) == (made["status"], [], None)
    assert world.act(world.alice, made["id"], "ejectiso")["status"] == made["status"]


def test_a_server_starts_from_a_cd_with_an_empty_disk(world: World) -> None:
    image = iso(world)
    made = world.server(world.alice, disks=["1g"], cdrom="rescue", cdrom_boot_index=0, on=False)
    assert made["cdrom"][0]["boot_index"] == 0
    guest = world.guest(made["id"])
    assert (guest.medium.image_id, guest.medium.boot_index) == (image, 0)
    world.act(world.alice, made["id"], "set-boot-index", cdroms={"0": 1}, disks={"0": 0})
    guest = world.guest(made["id"])
    assert (guest.medium.boot_index, guest.disks[0].boot_index) == (1, 0)


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("insertiso", {}, "image_id"),
        ("insertiso", {"image_id": "nobody's"}, None),
        ("insertiso", {"image_id": "tiny"}, "image_id"),
        ("insertiso", {"image_id": "rescue", "cdrom_ordinal": 1}, "cdrom_ordinal"),
        ("ejectiso", {"cdrom_ordinal": 1}, "cdrom_ordinal"),
        ("insertiso", {"image_id": "rescue", "boot_index": "first"}, "boot_index"),
        ("set-boot-index", {"cdroms": {"1": 0}}, "cdroms"),
        ("set-boot-index", {"cdroms": {"0": 0}, "disks": {"0": 0}}, "disks"),
    ],
)
def test_what_cannot_be_is_refused(world: World, action: str, body: Any, field: str | None) -> None:
    iso(world)
    made = world.server(world.alice)
    with pytest.raises(CloudcoreError) as refused:
        world.alice.perform("servers", made["id"], action, body)
    assert refused.value.field == field or field is None
    assert world.alice.get("servers", made["id"])["status"] == "running"


def test_a_system_is_made_of_no_cd_and_a_cd_is_no_disk(world: World) -> None:
    iso(world)
    for wish in ({"disks": ["rescue:1g"]}, {"cdrom": "tiny"}):
        with pytest.raises(InvalidStatusError):
            world.alice.create("servers", {**BODY, **wish})
    with pytest.raises(ResourceNotFoundError) as refused:
        world.bob.create("servers", {**BODY, "cdrom": "rescue"})
    assert refused.value.field == "cdrom"
    assert world.rows(SERVERS) == []


def test_a_cache_keeps_what_is_in_a_drive(world: World) -> None:
    image = iso(world)
    made = world.server(world.alice, cdrom=image)
    storage = made["disks_info"][0]["storage_id"]
    with pytest.raises(NotEmptyError):
        world.admin.perform("storages", storage, "uncache-image", {"image": image})
    world.act(world.alice, made["id"], "ejectiso")
    world.admin.perform("storages", storage, "uncache-image", {"image": image})
    world.settle()
    assert image not in [ident for _, ident in world.host.machine.images]

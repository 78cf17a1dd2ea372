"""The boot order of a server's disks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import InvalidInputError, InvalidStatusError, ResourceNotFoundError
from cloudcore.resources.compute.guestdisk import GUESTDISKS

DISKS = ["tiny:1g", {"size": 64}, {"size": 64}]


def places(world: World) -> list[int]:
    return [link.boot_index for link in sorted(world.rows(GUESTDISKS), key=lambda link: link.index)]


@pytest.mark.parametrize("on", [True, False], ids=["running", "stopped"])
@pytest.mark.parametrize("sent", [{"1": 0, "0": 1}, ["1:0", "0:1"], "1:0,0:1", {1: "0", 0: "1"}])
def test_disks_change_their_place_in_the_boot_order(world: World, sent: Any, on: bool) -> None:
    server = world.server(world.alice, disks=DISKS, on=on)
    after = world.act(world.alice, "web", "set-boot-index", disks=sent)
    assert after["status"] == server["status"]
    assert places(world) == [1, 0, -1]
    assert [d["boot_index"] for d in after["disks_info"]] == [1, 0, -1]
    assert [disk.boot_index for disk in world.guest(server["id"]).disks] == [1, 0, -1]
    world.act(world.alice, "web", "set-boot-index", disks={"1": -1})
    assert places(world) == [1, -1, -1]


def test_what_is_no_order_changes_nothing(world: World) -> None:
    world.server(world.alice, disks=DISKS)
    for sent in ({}, {"7": 0}, {"0": 0, "1": 0}, {"0": -2}, {"x": 1}, "0", ["0:1", "0:2"], {"0": 1000}):
        with pytest.raises(InvalidInputError) as refused:
            world.alice.perform("servers", "web", "set-boot-index", {"disks": sent})
        assert refused.value.field == "disks"
    with pytest.raises(ResourceNotFoundError):
        world.bob.perform("servers", "web", "set-boot-index", {"disks": {"0": 1}})
    frozen = world.alice.get("servers", "web")["disks_info"][1]["id"]
    world.alice.perform("disks", frozen, "freeze")
    with pytest.raises(InvalidStatusError):
        world.alice.perform("servers", "web", "set-boot-index", {"disks": {"1": 0}})
    assert places(world) == [-1, -1, -1]

"""Bounds of disks and cards: recorded, kept by the host at once, and taken back where the host refuses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import CloudcoreError, MissingParameterError, ResourceNotFoundError


@pytest.mark.parametrize("on", [True, False])
def test_disks_are_bounded_all_or_by_name(world: World, on: bool) -> None:
    made = world.server(world.alice, disks=["tiny:1g", "64M"], on=on)
    first, second = (disk["id"] for disk in made["disks_info"])
    shown = world.act(world.alice, made["id"], "io-throttle", iops=500, bps={second: 1 << 20})
    assert shown["status"] == made["status"]
    assert [(disk["iops"], disk["bps"]) for disk in shown["disks_info"]] == [(500, 0), (500, 1 << 20)]
    guest = world.guest(made["id"])
    assert [(disk.iops, disk.bytes_per_s) for disk in guest.disks] == [(500, 0), (500, 1 << 20)]
    world.act(world.alice, made["id"], "io-throttle", iops=["0=7", f"{first}=8"], bps="1=0")
    assert [(disk.iops, disk.bytes_per_s) for disk in world.guest(made["id"]).disks] == [(8, 0), (500, 0)]


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "bps"), ({"bps": -1}, "bps"), ({"iops": "fast"}, "iops"), ({"iops": {"nobody's": 1}}, "iops")],
)
def test_bounds_that_cannot_be_are_refused(world: World, body: Any, field: str) -> None:
    made = world.server(world.alice)
    with pytest.raises(CloudcoreError) as refused:
        world.alice.perform("servers", made["id"], "io-throttle", body)
    assert refused.value.field == field
    with pytest.raises(ResourceNotFoundError):
        world.bob.perform("servers", made["id"], "io-throttle", {"iops": 1})


def test_a_card_is_bounded_while_its_server_runs(world: World) -> None:
    made = world.server(world.alice)
    shown = world.act(world.alice, made["id"], "change-bandwidth", bandwidth="1g", mac=made["macs"])
    assert (shown["status"], shown["nics"][0]["bw_limit_mbps"]) == ("running", 1000)
    assert world.guest(made["id"]).nics[0].rx_mbps == 1000
    world.act(world.alice, made["id"], "change-bandwidth", rx_bw_limit=5, index=0)
    (card,) = world.guest(made["id"]).nics
    assert (card.rx_mbps, card.tx_mbps) == (5, 1000)
    with pytest.raises(MissingParameterError):
        world.alice.perform("servers", made["id"], "change-bandwidth", {"index": 0})


def test_a_suspended_server_takes_a_bound_up_later(world: World) -> None:
    made = world.server(world.alice)
    world.act(world.alice, made["id"], "suspend")
    assert world.act(world.alice, made["id"], "change-bandwidth", bandwidth=5, index=0)["status"] == "suspend"
    world.act(world.alice, made["id"], "resume")
    world.act(world.alice, made["id"], "restart")
    assert world.guest(made["id"]).nics[0].tx_mbps == 5

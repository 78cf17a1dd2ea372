"""Limits that servers meet: of what has no ledger, of what is narrowed to a place, and while something grows."""

from __future__ import annotations

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import OutOfQuotaError

BODY = {"vcpu_count": 1, "vmem_size": 256, "disks": ["tiny:1g"], "nets": ["default"]}


def _zone(world: World) -> str:
    return str(world.admin.list("hosts").items[0]["zone_id"])


def test_cards_are_limited_by_what_is_there(world: World) -> None:
    world.admin.perform("region_quotas", "projects", "alices", {"port": 1})
    world.server(world.alice, "a", on=False)
    with pytest.raises(OutOfQuotaError, match="project port: limit 1, used 1, requested 1"):
        world.alice.create("servers", {"name": "b", **BODY})
    with pytest.raises(OutOfQuotaError, match="project port"):
        world.alice.perform("servers", "a", "attachnetwork", {"nets": ["default"]})
    assert world.alice.list("region_quotas").items[0]["usage.port"] == 1
    world.alice.update("servers", "a", {"disable_delete": False})
    world.alice.delete("servers", "a")
    world.settle()
    assert world.alice.list("region_quotas").items[0]["usage.port"] == 0
    world.server(world.alice, "b", on=False)


def test_disks_are_limited_by_zone(world: World) -> None:
    zone = _zone(world)
    world.admin.perform("quotas", "projects", "alices", {"storage": 2048, "count": 5, "zone_id": zone})
    world.server(world.alice, "a", on=False)
    with pytest.raises(OutOfQuotaError, match=r"project storage \(zone_id .*\): limit 2048, used 1024, requested 2048"):
        world.alice.create("servers", {"name": "b", **BODY, "disks": ["tiny:2g"]})
    with pytest.raises(OutOfQuotaError, match="storage"):
        world.alice.create("disks", {"name": "d", "size": 1536})
    world.disk(world.alice, size=512)
    with pytest.raises(OutOfQuotaError, match="storage"):
        world.alice.perform("disks", "data", "resize", {"size": "1100M"})
    world.alice.perform("disks", "data", "resize", {"size": "1g"})
    world.settle()
    assert [row["usage.storage"] for row in world.alice.list("quotas").items] == [2048, 2048]


def test_what_is_still_growing_counts_against_a_narrowed_limit(world: World) -> None:
    for name in ("a", "b"):
        world.server(world.alice, name, on=False)
    world.admin.perform("quotas", "projects", "alices", {"cpu": 3, "hypervisor": "simulated"})
    kind = world.alice.get("servers", "a")["hypervisor"]
    world.admin.perform("quotas", "projects", "alices", {"cpu": 3, "hypervisor": kind})
    # Its row says one CPU until the host has done it.
    world.alice.perform("servers", "a", "change-config", {"vcpu_count": 2})
    with pytest.raises(OutOfQuotaError, match=r"cpu .*limit 3, used 3, requested 1"):
        world.alice.perform("servers", "b", "change-config", {"vcpu_count": 2})
    world.settle()
    with pytest.raises(OutOfQuotaError, match=r"cpu .*limit 3, used 3, requested 1"):
        world.alice.perform("servers", "b", "change-config", {"vcpu_count": 2})
    assert world.alice.get("servers", "b")["vcpu_count"] == 1


def test_a_batch_is_made_whole_or_not_at_all(world: World) -> None:
    world.admin.perform("quotas", "projects", "alices", {"count": 2})
    with pytest.raises(OutOfQuotaError, match="project count: limit 2, used 0, requested 3"):
        world.alice.create_many("servers", {"name": "web", **BODY}, 3)
    assert world.alice.list("servers").total == 0
    row = world.alice.list("quotas").items[0]
    assert (row["usage.count"], row["usage.cpu"], row["usage.storage"]) == (0, 0, 0)
    assert len(world.alice.create_many("servers", {"name": "web", **BODY}, 2)) == 2


def test_a_forecast_tells_limits_that_no_host_avoids(world: World) -> None:
    world.admin.perform("quotas", "projects", "alices", {"memory": 600})
    world.server(world.alice, "a", on=False)
    told = world.alice.perform_class("scheduler", "forecast", {**BODY, "name": "b", "count": 3})
    assert (told["can_create"], told["allow_count"]) == (False, 1)
    assert any("quota" in line for line in told["not_allow_reasons"]), told["not_allow_reasons"]
    room = world.alice.perform_class("scheduler", "capacity", {**BODY, "name": "b"})
    assert (room["total"], [one["filter_name"] for one in room["bounds"]]) == (1, ["quota"])
    # Who looks after the hosts asks for their room.
    assert world.admin.perform_class("scheduler", "capacity", {**BODY, "name": "b"})["total"] > 1

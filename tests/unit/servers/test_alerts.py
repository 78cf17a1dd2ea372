"""Alerts of quotas: once for each threshold on the way up, cleared below, in the commit that did it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import OutOfQuotaError, ResourceNotFoundError
from cloudcore.operations.quota_watch import watch_limits
from cloudcore.resources.quota.quotaalert import QUOTAALERTS

GROUP = "instancegroups"


def _alerts(world: World, session: Any = None) -> list[tuple[str, int, int, int]]:
    rows = (session or world.alice).list("quota_alerts").items
    return [(row["counter"], row["percent"], row["used"], row["bound"]) for row in rows]


def _events(world: World) -> list[str]:
    world.cloud.number_history()
    rows = world.admin.list("actions", {"obj_type": "quota_alert", "limit": 100}).items
    return [row["action"] for row in reversed(rows)]


def test_an_alert_fires_once_for_each_threshold_and_clears_below(world: World) -> None:
    world.admin.perform("quotas", "projects", "alices", {"group": 20})
    for number in range(15):
        world.alice.create(GROUP, {"name": f"g{number}"})
    assert _alerts(world) == []
    world.alice.create(GROUP, {"name": "g15"})
    assert _alerts(world) == [("group", 80, 16, 20)]
    for number in (16, 17):
        world.alice.create(GROUP, {"name": f"g{number}"})
    assert _events(world) == ["alert"]
    world.alice.create(GROUP, {"name": "g18"})
    assert _alerts(world) == [("group", 95, 19, 20)]
    world.alice.create(GROUP, {"name": "g19"})
    with pytest.raises(OutOfQuotaError):
        world.alice.create(GROUP, {"name": "g20"})
    assert _events(world) == ["alert", "alert"]
    for number in (19, 18):
        world.alice.delete(GROUP, f"g{number}")
    assert _alerts(world) == [("group", 80, 18, 20)]
    for number in (17, 16, 15):
        world.alice.delete(GROUP, f"g{number}")
    assert _alerts(world) == []
    assert _events(world) == ["alert", "alert", "ease", "clear"]


def test_limits_and_thresholds_that_change_fire_and_clear(world: World) -> None:
    for number in range(4):
        world.alice.create(GROUP, {"name": f"g{number}"})
    world.admin.perform("quotas", "projects", "alices", {"group": 5})
    assert _alerts(world) == [("group", 80, 4, 5)]
    world.admin.perform("quotas", "projects", "alices", {"alert_at": "90"})
    assert _alerts(world) == []
    world.admin.perform("quotas", "projects", "alices", {"alert_at": "50, 60"})
    assert _alerts(world) == [("group", 60, 4, 5)]
    world.admin.perform("quotas", "projects", "alices", {"group": 100})
    assert _alerts(world) == []
    world.admin.perform("quotas", "projects", "alices", {"group": 4, "alert_at": "-"})
    assert _alerts(world) == []
    # What the deployment says holds for who says nothing.
    world.admin.perform("quotas", "defaults", "projects", {"alert_at": "100"})
    world.admin.perform("quotas", "projects", "alices", {"alert_at": "default"})
    assert _alerts(world) == [("group", 100, 4, 4)]
    world.admin.perform("quotas", "projects", "alices", {"action": "reset"})
    assert _alerts(world) == []


def test_a_batch_that_is_refused_fires_nothing(world: World) -> None:
    world.admin.perform("quotas", "projects", "alices", {"group": 4})
    with pytest.raises(OutOfQuotaError):
        world.alice.create_many(GROUP, {"name": "g"}, 5)
    assert world.rows(QUOTAALERTS) == []
    world.alice.create_many(GROUP, {"name": "g"}, 4)
    assert _alerts(world) == [("group", 95, 4, 4)]


def test_who_sees_alerts(world: World) -> None:
    world.admin.perform("quotas", "projects", "alices", {"group": 1})
    world.alice.create(GROUP, {"name": "g"})
    (ident,) = [row["id"] for row in world.alice.list("quota_alerts").items]
    assert world.alice.get("quota_alerts", ident)["family"] == "quotas"
    assert _alerts(world, world.bob) == []
    with pytest.raises(ResourceNotFoundError):
        world.bob.get("quota_alerts", ident)
    assert _alerts(world, world.admin) == []
    assert [row["id"] for row in world.admin.list("quota_alerts", {"scope": "system"}).items] == [ident]


def test_alerts_go_with_their_project(world: World) -> None:
    world.admin.perform("quotas", "projects", "alices", {"group": 1})
    world.alice.create(GROUP, {"name": "g"})
    world.admin.perform("quotas", "domains", "default", {"group": 2, "alert_at": "50"})
    assert len(world.rows(QUOTAALERTS)) == 2
    world.alice.delete(GROUP, "g")
    assert world.rows(QUOTAALERTS) == []


def _counted(world: World) -> list[tuple[str, str, int, int, int]]:
    rows = world.alice.list("quota_alerts").items
    return [(row["counter"], row.get("keys", ""), row["percent"], row["used"], row["bound"]) for row in rows]


def _look(world: World) -> None:
    refused: list[str] = []
    watch_limits(world.cloud.platform, lambda ident, error: refused.append(f"{ident}: {error}"))
    assert refused == []


def test_limits_without_a_ledger_fire_when_something_is_made(world: World) -> None:
    world.admin.perform("region_quotas", "projects", "alices", {"port": 2, "alert_at": "50,100"})
    world.admin.perform("quotas", "projects", "alices", {"hypervisor": "kvm", "count": 4, "cpu": 100})
    world.server(world.alice, "a", on=False)
    assert _counted(world) == [("port", "", 50, 1, 2)]
    world.server(world.alice, "b", on=False)
    kvm = '{"hypervisor":"kvm"}'
    assert sorted(_counted(world)) == [("count", kvm, 50, 2, 4), ("port", "", 100, 2, 2)]
    _look(world)
    assert _events(world) == ["alert", "alert", "alert"], "looking again changes nothing"
    for name in "ab":
        world.alice.delete("servers", name, {"override_pending_delete": True})
        world.settle()
        _look(world)
    assert _counted(world) == []
    assert Counter(_events(world)) == {"alert": 3, "ease": 1, "clear": 2}


def test_limits_without_a_ledger_fire_and_clear_when_they_change(world: World) -> None:
    world.server(world.alice, "a", on=False)
    world.admin.perform("quotas", "projects", "alices", {"hypervisor": "kvm", "count": 1})
    assert _counted(world) == [("count", '{"hypervisor":"kvm"}', 95, 1, 1)]
    world.admin.perform("quotas", "projects", "alices", {"hypervisor": "kvm", "count": 2})
    assert _counted(world) == []
    world.admin.perform("quotas", "projects", "alices", {"hypervisor": "kvm", "count": 1})
    world.admin.perform("quotas", "projects", "alices", {"hypervisor": "kvm", "action": "delete"})
    assert _counted(world) == []

"""Snapshot policies: once for each time point, however many processes there are, and no longer than they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check_ledgers, check_tasks

from cloudcore.model.errors import CloudcoreError, InvalidInputError
from cloudcore.model.reading import format_time
from cloudcore.operations.session import CoreSession
from cloudcore.operations.snapshot_policies import drop_by_policy, keep_by_policy

HOURS = list(range(24))
DAYS = list(range(1, 8))
TABLE = {"retention_days": -1, "repeat_weekdays": DAYS, "time_points": HOURS}


class World:
    """A running server at ten past an hour, and the platform's duty."""

    def __init__(self) -> None:
        self.cloud = Cloud(hosts=1)
        self.client = CoreSession(self.cloud.platform, CALLER)
        self.client.create("servers", server_body("web", auto_start=True))
        self.cloud.settle()
        self.refused: list[tuple[str, str]] = []
        now = self.cloud.clock.now()
        following = now.replace(minute=10, second=0, microsecond=0) + timedelta(hours=1)
        self.cloud.clock.advance((following - now).total_seconds())

    @property
    def disk(self) -> str:
        return str(self.client.list("disks", {"disk_type": "sys"}).items[0]["id"])

    def policy(self, kind: str, bound: str, *, name: str = "daily", **values: Any) -> None:
        self.client.create("snapshotpolicies", {**TABLE, "name": name, "type": kind, **values})
        self.client.perform("snapshotpolicies", name, "bind-resources", {"resources": [{"type": kind, "id": bound}]})

    def turn(self, *, hours: float = 0.0) -> tuple[int, int]:
        """Some time later, the duty of a process; how many were begun and dropped."""
        self.cloud.clock.advance(hours * 3600)
        kept = keep_by_policy(self.cloud.platform, self._refuse)
        self.cloud.settle()
        dropped = drop_by_policy(self.cloud.platform, self._refuse)
        self.cloud.settle()
        return kept, dropped

    def names(self, plural: str = "snapshots") -> list[str]:
        return sorted(item["name"] for item in self.client.list(plural).items)

    def _refuse(self, ident: str, error: CloudcoreError) -> None:
        self.refused.append((ident, type(error).__name__))


@pytest.fixture
def world() -> World:
    return World()


def test_a_time_point_is_kept_once_and_removed_when_its_days_are_over(world: World) -> None:
    world.policy("disk", world.disk, retention_days=1)

    assert [world.turn()[0] for _ in range(3)] == [1, 0, 0]
    kept = world.client.list("snapshots").items[0]
    assert (kept["status"], kept["created_by"]) == ("ready", "auto")
    assert world.turn(hours=1) == (1, 0)
    assert world.turn(hours=22.9) == (1, 0)
    assert len(world.names()) == 3
    assert world.turn(hours=0.2)[1] == 1
    assert kept["name"] not in world.names()
    assert world.refused == []
    check_ledgers(world.cloud)
    check_tasks(world.cloud)


def test_what_was_made_by_hand_goes_when_its_maker_said(world: World) -> None:
    end = format_time(world.cloud.clock.now() + timedelta(hours=2))
    world.client.create("snapshots", {"name": "short", "disk_id": world.disk, "expired_at": end})
    world.cloud.settle()
    world.client.create("snapshots", {"name": "ever", "disk_id": world.disk, "expired_at": "0001-01-01T00:00:00Z"})
    world.cloud.settle()
    world.client.perform("servers", "web", "instance-snapshot", {"name": "whole", "expired_at": end})
    world.cloud.settle()

    assert world.client.get("snapshots", "short")["expired_at"] == end
    assert world.client.get("instance_snapshots", "whole")["expired_at"] == end
    assert world.client.get("snapshots", "ever").get("expired_at") is None
    assert world.turn(hours=1.9) == (0, 0)
    world.turn(hours=0.2)
    world.turn()
    assert world.client.list("instance_snapshots").items == []
    assert world.names() == ["ever"]
    check_ledgers(world.cloud)


@pytest.mark.parametrize("end", ["2001-01-01T00:00:00Z", "soon", 7])
def test_a_snapshot_has_no_end_that_is_none(world: World, end: Any) -> None:
    for ask in (
        lambda: world.client.create("snapshots", {"name": "x", "disk_id": world.disk, "expired_at": end}),
        lambda: world.client.perform("servers", "web", "instance-snapshot", {"name": "x", "expired_at": end}),
    ):
        with pytest.raises(InvalidInputError) as refused:
            ask()
        assert refused.value.field == "expired_at"
    assert world.names() == []


def test_policies_are_sorted_by_how_many_snapshots_there_are(world: World) -> None:
    world.policy("disk", world.disk, name="some")
    world.client.create("snapshotpolicies", {**TABLE, "name": "none"})
    world.policy("server", world.client.get("servers", "web")["id"], name="one")
    for number in range(2):
        world.client.create("snapshots", {"name": f"s{number}", "disk_id": world.disk})
        world.cloud.settle()
    world.client.perform("servers", "web", "instance-snapshot", {"name": "whole"})
    world.cloud.settle()

    for asked in ({"order_by_snapshot_count": "desc"}, {"order_by": "snapshot_count", "details": False}):
        assert [row["name"] for row in world.client.list("snapshotpolicies", asked).items] == ["some", "one", "none"]
    rows = world.client.list("snapshotpolicies", {"order_by_snapshot_count": "asc"}).items
    # Of the disk: two by hand, and the one that is part of the whole.
    assert [row["snapshot_count"] for row in rows] == [0, 1, 3]


def test_only_so_many_are_kept(world: World) -> None:
    world.policy("disk", world.disk, retention_count=2)
    world.client.create("snapshots", {"name": "by hand", "disk_id": world.disk})
    world.cloud.settle()

    for _ in range(4):
        world.turn(hours=1)

    names = world.names()
    assert len(names) == 3
    assert names[0] == "by hand"


def test_servers_are_kept_whole(world: World) -> None:
    server = world.client.get("servers", "web")["id"]
    world.policy("server", server, retention_count=1)

    assert world.turn() == (1, 0)
    assert world.turn(hours=1) == (1, 1)

    (kept,) = world.client.list("instance_snapshots").items
    assert (kept["status"], kept["created_by"], len(kept["snapshots"])) == ("ready", "auto", 2)
    assert len(world.names()) == 2
    check_ledgers(world.cloud)


def test_other_hours_and_days_are_left_out(world: World) -> None:
    now = world.cloud.clock.now().astimezone(UTC)
    other = [hour for hour in HOURS if hour != now.hour]
    world.policy("disk", world.disk, time_points=other, repeat_weekdays=[now.isoweekday()])

    assert world.turn() == (0, 0)

    world.client.update(
        "snapshotpolicies", "daily", {"time_points": HOURS, "repeat_weekdays": [now.isoweekday() % 7 + 1]}
    )
    assert world.turn() == (0, 0)
    assert world.names() == []


def test_what_is_busy_is_tried_again_within_the_hour(world: World) -> None:
    world.policy("disk", world.disk)
    world.client.perform("servers", "web", "stop", {"is_force": True})

    assert keep_by_policy(world.cloud.platform, world._refuse) == 0
    assert world.refused == [(world.disk, "ResourceBusyError")]
    world.cloud.settle()
    assert world.turn() == (1, 0)


def test_processes_that_meet_keep_a_time_point_once(world: World) -> None:
    world.policy("disk", world.disk)
    begun: list[int] = []

    def meet(where: str) -> None:
        if where.startswith("commit") and not begun:
            begun.append(0)
            begun[0] = keep_by_policy(world.cloud.platform, world._refuse)

    world.cloud.store.pause = meet
    first = keep_by_policy(world.cloud.platform, world._refuse)
    world.cloud.settle()

    assert begun
    assert first + sum(begun) == 1
    assert len(world.names()) == 1


def test_the_hour_is_that_of_utc() -> None:
    from cloudcore.resources.storage.snapshotpolicy import Snapshotpolicy, due

    policy = Snapshotpolicy(id="p", name="p", domain_id="d", tenant_id="t", repeat_weekdays=[7], time_points=[23])
    moment = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)
    assert due(policy, moment.isoweekday(), moment.hour)
    assert not due(policy, (moment + timedelta(minutes=1)).isoweekday(), 0)


def test_policies_are_bound_from_the_disks_side_too(world: World) -> None:
    body = {"retention_days": -1, "repeat_weekdays": DAYS, "time_points": HOURS}
    for name, kind in (("one", "disk"), ("two", "disk"), ("whole", "server")):
        world.client.create("snapshotpolicies", {**body, "name": name, "type": kind})

    def bound() -> list[str]:
        held = world.client.list("snapshotpolicydisks", {"disk_id": world.disk}).items
        return sorted(str(item["snapshotpolicy"]) for item in held)

    world.client.perform("disks", world.disk, "bind-snapshotpolicy", {"snapshotpolicy_id": "one"})
    world.client.perform("disks", world.disk, "bind-snapshotpolicy", {"snapshotpolicy_ids": ["one", "two"]})
    assert bound() == ["one", "two"]
    world.client.perform("disks", world.disk, "unbind-snapshotpolicy", {"snapshotpolicy_id": "one"})
    assert bound() == ["two"]
    world.client.perform("disks", world.disk, "set-snapshotpolicy", {"snapshotpolicy_ids": ["one"]})
    assert bound() == ["one"]
    with pytest.raises(InvalidInputError, match="not for disks"):
        world.client.perform("disks", world.disk, "set-snapshotpolicy", {"snapshotpolicy_ids": ["whole"]})
    world.client.perform("disks", world.disk, "set-snapshotpolicy")
    assert bound() == []
    world.client.perform("servers", "web", "bind-snapshotpolicy", {"snapshotpolicy_ids": ["whole"]})
    assert world.turn() == (1, 0)

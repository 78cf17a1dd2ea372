"""Usage day by day, from the history: peaks within a day, what came, went and changed hands, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidInputError, OutOfRangeError, ResourceNotFoundError
from cloudcore.model.history import HISTORY
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import format_time
from cloudcore.ports.unit_of_work import Author

GROUP = "instancegroups"


def shift(world: World, days: int) -> None:
    """Let everything so far have happened earlier."""
    store: Any = world.cloud.platform.uow
    with store.write(Author()) as tx:
        rows = tx.of(HISTORY, PLATFORM)
        old = rows.find()
        for row in old:
            rows.remove(row)
        tx.commit()
    with store.write(Author()) as tx:
        for row in old:
            tx.of(HISTORY, PLATFORM).add(evolve(row, recorded_at=row.recorded_at - timedelta(days=days)))
        tx.commit()


def test_each_day_has_its_peak_and_its_last(world: World) -> None:
    world.server(world.alice, "a", on=False)
    world.server(world.alice, "b", on=False)
    world.alice.delete("servers", "b")
    world.settle()
    shift(world, 1)
    world.act(world.alice, "a", "change-config", vcpu_count=3)
    for name in ("cpu", "count"):
        found = world.alice.list("quota_reports", {"name": name, "since": ago(world, 1)}).items
        told = [(row["peak"], row["last"]) for row in found]
        assert told == {"cpu": [(2, 1), (3, 3)], "count": [(2, 1), (1, 1)]}[name]
    assert world.alice.list("quota_reports", {"name": "cpu", "until": ago(world, 1)}).items[-1]["last"] == 1
    past = {"name": "cpu", "since": ago(world, 3), "until": ago(world, 2)}
    assert world.alice.list("quota_reports", past).items == []


def test_what_changed_hands_counts_for_each_in_turn(world: World) -> None:
    world.alice.create(GROUP, {"name": "g"})
    shift(world, 2)
    world.admin.perform(GROUP, _id(world), "change-owner", {"project": "bobs"})
    whose = {
        who: [(row["peak"], row["last"]) for row in session.list("quota_reports", {"name": "group"}).items]
        for who, session in (("alice", world.alice), ("bob", world.bob))
    }
    assert whose == {"alice": [(1, 1), (1, 1), (1, 0)], "bob": [(1, 1)]}
    rows = world.admin.list("quota_reports", {"domain": "default", "name": "group"}).items
    assert [row["peak"] for row in rows if "tenant_id" not in row] == [1, 1, 1]
    assert sorted({row["project"] for row in rows if "project" in row}) == ["alices", "bobs"]


def test_a_report_for_a_spreadsheet(world: World) -> None:
    world.alice.create(GROUP, {"name": "g"})
    rows = world.alice.list("quota_reports", {"export_keys": "day,name,peak"}).items
    assert [sorted(row) for row in rows] == [["day", "name", "peak"]] * len(rows)
    assert [row["peak"] for row in rows if row["name"] == "group"] == ["1"]


def test_who_may_see_whose(world: World) -> None:
    for params in ({"project": "alices"}, {"project": "nobodys"}):
        with pytest.raises(ResourceNotFoundError):
            world.bob.list("quota_reports", params)
    with pytest.raises(InvalidInputError):
        world.bob.list("quota_reports", {"since": "yesterday-ish"})
    with pytest.raises(InvalidInputError):
        world.bob.list("quota_reports", {"name": "teapots"})
    with pytest.raises(OutOfRangeError):
        world.bob.list("quota_reports", {"since": ago(world, 4000)})


def _id(world: World) -> str:
    return str(world.alice.list(GROUP).items[0]["id"])


def ago(world: World, days: int) -> str:
    return format_time(world.cloud.platform.clock.now() - timedelta(days=days))

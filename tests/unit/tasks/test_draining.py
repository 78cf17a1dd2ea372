"""Hosts that are emptied while they live: every server ends elsewhere, as it was, and runs on one host at most."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.cloud import CALLER
from tests.simulation.invariants import check
from tests.unit.tasks.test_host_down import DOWN_S, Town

from cloudcore.model.effects import Failed
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidStatusError
from cloudcore.model.query import PLATFORM
from cloudcore.operations.draining import AT_ONCE, COLD, LIVE, drain
from cloudcore.operations.run import writing
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.tasks.task import TaskState


@pytest.fixture
def town() -> Town:
    return Town()


def live(town: Town, seconds: int, *idents: str) -> None:
    """Let it live, with its duties; no server ever runs twice."""
    for _ in range(seconds):
        town.live(1)
        drain(town.cloud.platform)
        assert all(len(town.running_on(ident)) <= 1 for ident in idents)


def shut(town: Town, *hosts: str) -> None:
    """These hosts neither give nor take servers that run."""

    def work(tx: Any) -> None:
        for ident in hosts:
            tx.of(HOSTS, PLATFORM).save(evolve(tx.of(HOSTS, PLATFORM).get(ident), migrate_uri=""), action="register")

    writing(town.cloud.platform, CALLER, work)


def flows(town: Town) -> dict[str, str]:
    """By which flow each server moved last."""
    moves = [one for one in town.cloud.rows("tasks") if one.flow in (COLD, LIVE)]
    return {one.obj_id: one.flow for one in sorted(moves, key=lambda one: one.created_at)}


@pytest.mark.parametrize("is_live", [True, False], ids=["live", "cold"])
def test_every_server_moves_and_is_as_it_was(town: Town, is_live: bool) -> None:
    if not is_live:
        shut(town, "h1")
    on = [town.server(f"on{n}") for n in range(2)]
    off = town.server("off", on=False)
    own = town.server("own", shared=False)
    told = town.session.perform("hosts", "h1", "drain", {"force": True})
    assert [(line["id"], line["host_id"]) for line in told["moved"]] == [(one, "h2") for one in sorted([*on, off])]
    assert {line["id"]: line["is_live"] for line in told["moved"]} == {**dict.fromkeys(on, is_live), off: False}
    assert [line["id"] for line in told["stay"]] == [own]
    assert "is on a storage of its host alone" in told["stay"][0]["reason"]
    assert town.cloud.row("hosts", "h1").status == "maintaining"
    live(town, 90, *on, off, own)
    for ident in on:
        assert (town.get(ident).host_id, town.get(ident).status, town.running_on(ident)) == ("h2", "running", ["h2"])
        assert town.get(ident).status_reason == "moved off host h1"
    assert flows(town) == {**dict.fromkeys(on, LIVE if is_live else COLD), off: COLD}
    assert (town.get(off).host_id, town.get(off).status, town.running_on(off)) == ("h2", "ready", [])
    assert (town.get(own).host_id, town.get(own).status) == ("h1", "running")
    assert "storage of its host alone" in town.get(own).status_reason
    check(town.cloud)
    town.session.perform("hosts", "h1", "unmaintenance")
    assert drain(town.cloud.platform) == []
    assert town.cloud.row("hosts", "h1").status == "running"


def test_a_few_move_at_a_time(town: Town) -> None:
    idents = [town.server(f"s{n}") for n in range(AT_ONCE + 1)]
    town.session.perform("hosts", "h1", "drain", {"force": True})
    first = drain(town.cloud.platform)
    assert len(first) == AT_ONCE
    assert drain(town.cloud.platform) == []
    live(town, 60, *idents)
    assert {town.get(ident).host_id for ident in idents} == {"h2"}


def test_what_has_no_room_says_so_and_moves_when_there_is(town: Town) -> None:
    ident = town.server()
    town.session.perform("hosts", "h2", "maintenance")
    told = town.session.perform("hosts", "h1", "drain", {"force": True})
    assert told["moved"] == []
    assert "host_status" in told["stay"][0]["reason"]
    assert drain(town.cloud.platform) == []
    assert town.get(ident).status_reason.startswith("not moved: no host fits")
    town.session.perform("hosts", "h2", "unmaintenance")
    live(town, 30, ident)
    assert (town.get(ident).host_id, town.get(ident).status) == ("h2", "running")


def test_the_end_of_the_maintenance_ends_it(town: Town) -> None:
    ident = town.server()
    town.session.perform("hosts", "h1", "drain", {"force": True})
    town.session.perform("hosts", "h1", "unmaintenance")
    live(town, 20, ident)
    assert town.get(ident).host_id == "h1"


@pytest.mark.parametrize("flow", [LIVE, COLD])
def test_a_move_that_is_called_back_leaves_the_server_where_it_was_until_somebody_asks_again(
    town: Town, flow: str
) -> None:
    if flow == COLD:
        shut(town, "h2")
    ident = town.server()
    town.session.perform("hosts", "h1", "drain", {"force": True})
    assert drain(town.cloud.platform) == [ident]
    (task,) = [one for one in town.cloud.rows("tasks") if one.flow == flow]
    town.session.perform("tasks", task.id, "cancel")
    live(town, 30, ident)
    status = "running" if flow == LIVE else "migrate_failed"
    assert (town.get(ident).host_id, town.get(ident).status, town.running_on(ident)) == ("h1", status, ["h1"])
    assert town.get(ident).power_states == "on"
    check(town.cloud)
    town.session.perform("hosts", "h1", "drain", {"force": True})
    live(town, 30, ident)
    assert (town.get(ident).host_id, town.running_on(ident)) == ("h2", ["h2"])
    check(town.cloud)


@pytest.mark.parametrize("flow", [LIVE, COLD])
def test_what_was_called_back_moves_when_the_host_was_in_use_meanwhile_and_is_emptied_again(
    town: Town, flow: str
) -> None:
    if flow == COLD:
        shut(town, "h2")
    ident = town.server()
    town.session.perform("hosts", "h1", "drain", {"force": True})
    assert drain(town.cloud.platform) == [ident]
    (task,) = [one for one in town.cloud.rows("tasks") if one.flow == flow]
    town.session.perform("tasks", task.id, "cancel")
    live(town, 30, ident)
    town.session.perform("hosts", "h1", "unmaintenance")
    town.session.perform("hosts", "h1", "drain", {"force": True})
    live(town, 30, ident)
    assert (town.get(ident).host_id, town.running_on(ident)) == ("h2", ["h2"])


def test_a_server_that_is_off_moves_by_hand(town: Town) -> None:
    ident = town.server(on=False)
    town.session.perform("servers", ident, "migrate", {"prefer_host_id": "h2", "auto_start": True})
    live(town, 30, ident)
    assert (town.get(ident).host_id, town.running_on(ident)) == ("h2", ["h2"])
    own = town.server("own", on=False, shared=False)
    with pytest.raises(InvalidStatusError, match="storage of its host alone"):
        town.session.perform("servers", own, "migrate")


def test_where_a_server_has_moved_to_is_explained(town: Town) -> None:
    ident = town.server(on=False)
    made = town.session.perform_class("scheduler", "explain", {"ident": ident})["explanation"]
    assert (made["question"], [one["host_id"] for one in made["servers"]]) == ("create", ["h1"])
    town.session.perform("servers", ident, "migrate")
    live(town, 30, ident)
    moved = town.session.perform_class("scheduler", "explain", {"ident": ident})["explanation"]
    assert (moved["question"], [one["host_id"] for one in moved["servers"]]) == ("migrate", ["h2"])
    assert moved["replay"]["same"]


def test_a_host_that_is_down_is_not_drained(town: Town) -> None:
    town.server()
    town.cut()
    town.live(200)
    with pytest.raises(InvalidStatusError, match="evacuate it instead"):
        town.session.perform("hosts", "h1", "drain")


def test_a_plan_of_it_changes_nothing_until_it_is_applied(town: Town) -> None:
    ident = town.server()
    plan = town.session.perform("hosts", "h1", "drain", {"force": True}, {"plan": True})
    assert town.cloud.row("hosts", "h1").status == "running"
    assert drain(town.cloud.platform) == []
    answer = town.session.perform("plans", plan["id"], "apply")["answer"]
    assert [line["id"] for line in answer["moved"]] == [ident]
    assert drain(town.cloud.platform) == [ident]


def test_hosts_that_can_be_emptied_are_told_and_emptied(town: Town) -> None:
    assert town.session.perform_class("scheduler", "emptied", {}) == {"hosts": [], "moves": 0}
    first = town.server("first")
    assert town.session.perform_class("scheduler", "emptied", {})["hosts"] == [], "nothing else is in use"
    others = [town.server(f"other{n}", host="h2") for n in range(2)]
    told = town.session.perform_class("scheduler", "emptied", {})
    (host,) = told["hosts"]
    assert (host["id"], host["servers"], told["moves"]) == ("h1", 1, 1)
    assert [(move["id"], move["host_id"]) for move in host["moved"]] == [(first, "h2")]
    town.session.perform("hosts", host["id"], "drain", {"force": True})
    live(town, 60, first, *others)
    assert {town.get(ident).host_id for ident in (first, *others)} == {"h2"}
    assert town.session.perform_class("scheduler", "emptied", {})["hosts"] == []


def test_a_running_server_stops_only_where_no_host_takes_it_as_it_runs(town: Town) -> None:
    """One host is like its own and full, the other one is not: it is switched off, moves, and is on again."""
    town = Town(hosts=3)
    full = [town.server(f"full{n}", host="h2") for n in range(4)]
    ident = town.server()
    shut(town, "h3")
    told = town.session.perform("hosts", "h1", "drain", {"force": True})
    assert [(line["id"], line["host_id"], line["is_live"]) for line in told["moved"]] == [(ident, "h3", False)]
    live(town, 60, ident, *full)
    assert (town.get(ident).host_id, town.running_on(ident), flows(town)) == ("h3", ["h3"], {ident: COLD})
    check(town.cloud)


def test_a_host_to_which_it_can_run_on_is_taken_before_others(town: Town) -> None:
    town = Town(hosts=3)
    shut(town, "h2")
    ident = town.server()
    told = town.session.perform("hosts", "h1", "drain")
    assert [(line["id"], line["host_id"], line["is_live"]) for line in told["moved"]] == [(ident, "h3", True)]
    live(town, 20, ident)
    assert (town.get(ident).host_id, town.running_on(ident), flows(town)) == ("h3", ["h3"], {ident: LIVE})
    check(town.cloud)


@pytest.mark.parametrize("kind", ["guest-stop", "guest-delete"], ids=["off", "leave"])
def test_a_host_that_dies_while_its_server_is_switched_off_to_move_is_not_waited_for(town: Town, kind: str) -> None:
    shut(town, "h1")
    ident = town.server()
    town.cloud.machines["h1"]._delays[kind] = 600.0
    town.session.perform("hosts", "h1", "drain", {"force": True})
    live(town, 10, ident)
    assert town.get(ident).status == "migrating"
    town.cut()
    town.cloud.machines["h1"].crash(power=True)
    live(town, DOWN_S + 30, ident)
    assert (town.get(ident).host_id, town.get(ident).status, town.running_on(ident)) == ("h2", "running", ["h2"])
    (task,) = [one for one in town.cloud.rows("tasks") if one.flow == COLD]
    assert task.state is TaskState.COMPLETE
    town.cloud.machines["h1"].restart()
    town.heal()
    live(town, 30, ident)
    assert town.cloud.machines["h1"].machine.domains == {}
    check(town.cloud)


def test_a_move_that_fails_after_its_old_host_has_died_waits_for_nobody(town: Town) -> None:
    shut(town, "h1")
    ident = town.server()
    town.cloud.machines["h2"]._delays["guest-create"] = 90.0
    town.cloud.machines["h2"]._failures = lambda effect, _n: (
        Failed("no room for its folder") if effect.kind == "guest-create" else None
    )
    town.session.perform("hosts", "h1", "drain", {"force": True})
    live(town, 10, ident)
    town.cut()
    town.cloud.machines["h1"].crash(power=True)
    live(town, DOWN_S + 120, ident)
    assert (town.get(ident).host_id, town.get(ident).status) == ("h1", "migrate_failed")
    assert town.cloud.open_tasks() == []
    town.cloud.machines["h2"]._failures = None
    town.policy()
    live(town, DOWN_S + 120, ident)
    assert (town.get(ident).host_id, town.get(ident).status, town.running_on(ident)) == ("h2", "running", ["h2"])
    town.cloud.machines["h1"].restart()
    town.heal()
    live(town, 30, ident)
    assert town.cloud.machines["h1"].machine.domains == {}
    check(town.cloud)

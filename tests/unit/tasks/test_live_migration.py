"""Servers that go to another host while they run: what keeps them, what goes wrong on the way, and never two of one."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.cloud import server_body
from tests.simulation.invariants import check
from tests.unit.tasks.test_host_down import DOWN_S, Town

from cloudcore.model.effects import Failed
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    CloudcoreError,
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
    UnreachableError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.tasks.task import TaskState


@pytest.fixture
def town() -> Town:
    return Town()


def ask(town: Town, ident: str, **body: Any) -> None:
    town.session.perform("servers", ident, "live-migrate", body)


def task_of(town: Town) -> Any:
    return max((t for t in town.cloud.rows("tasks") if t.flow == "server-live-migrate"), key=lambda t: t.created_at)


def change_host(town: Town, ident: str, **changes: Any) -> None:
    with town.cloud.store.write(Author()) as tx:
        tx.of(HOSTS, PLATFORM).save(evolve(tx.of(HOSTS, PLATFORM).get(ident), **changes), action="update")
        tx.commit()


def never_twice(town: Town, ident: str, seconds: int) -> None:
    for _ in range(seconds):
        town.live(1)
        assert len(town.running_on(ident)) <= 1


def test_a_server_runs_on_elsewhere_and_its_claim_goes_with_it(town: Town) -> None:
    ident = town.server()
    ask(town, ident)
    assert town.get(ident).status == "start_migrate"
    assert [town.cloud.row("hostclaims", host).guests for host in ("h1", "h2")] == [1, 1]
    town.live(20)
    server = town.get(ident)
    assert (server.host_id, server.status, server.power_states) == ("h2", "running", "on")
    assert town.running_on(ident) == ["h2"]
    assert town.cloud.machines["h1"].machine.domains == {}
    assert task_of(town).state is TaskState.COMPLETE
    check(town.cloud)
    ask(town, ident, prefer_host_id="h1", max_bandwidth_mb=100, quickly_finish=True, skip_cpu_check=True)
    town.live(20)
    assert town.running_on(ident) == [town.get(ident).host_id] == ["h1"]
    check(town.cloud)


def test_it_is_planned_without_a_trace(town: Town) -> None:
    ident = town.server()
    plan = town.session.perform("servers", ident, "live-migrate", {}, {"plan": True})
    assert ("update", "server", ident) in [
        (one["action"], one["resource"], one["id"]) for one in plan["summary"]["changes"]
    ], plan["summary"]
    assert (town.get(ident).status, town.running_on(ident)) == ("running", ["h1"])
    town.session.perform("plans", plan["id"], "apply")
    town.live(20)
    assert town.running_on(ident) == ["h2"]


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        ({"prefer_host_id": "nowhere"}, ResourceNotFoundError, None),
        ({"prefer_host_id": "h1"}, InsufficientResourceError, None),
        ({"max_bandwidth_mb": 99}, OutOfRangeError, "max_bandwidth_mb"),
        ({"keep_dest_guest_on_failed": True}, NotSupportedError, "keep_dest_guest_on_failed"),
    ],
    ids=str,
)
def test_what_is_asked_for_in_vain_is_refused(town: Town, body: Any, error: type[CloudcoreError], field: Any) -> None:
    ident = town.server()
    with pytest.raises(error) as found:
        ask(town, ident, **body)
    assert found.value.field == field or field is None
    assert town.get(ident).status == "running"
    check(town.cloud)


def test_a_server_that_is_off_or_bound_to_its_host_is_refused_with_the_reason(town: Town) -> None:
    off = town.server("off", on=False)
    with pytest.raises(InvalidStatusError, match="does not run"):
        ask(town, off)
    local = town.server("local", shared=False)
    with pytest.raises(InvalidStatusError, match="storage of its host alone"):
        ask(town, local)
    town.session.create(
        "isolated_devices", {"name": "d", "host_id": "h1", "dev_type": "USB", "model": "k", "addr": "1:1"}
    )
    disks = [{"image_id": "i1", "size": 1024, "storage_id": "s-shared"}]
    body = server_body("held", disks=disks, isolated_devices=[{"id": "d"}], auto_start=True, prefer_host="h1")
    held = str(town.session.create("servers", body)["id"])
    town.cloud.settle(seconds=60)
    with pytest.raises(InvalidStatusError, match="devices of its host"):
        ask(town, held)


def test_hosts_without_a_way_in_or_with_another_processor_take_none(town: Town) -> None:
    ident = town.server()
    change_host(town, "h1", cpu_desc="good")
    change_host(town, "h2", cpu_desc="other")
    with pytest.raises(InsufficientResourceError, match="processor: good is wanted, host has other"):
        ask(town, ident)
    change_host(town, "h2", migrate_uri="")
    with pytest.raises(InsufficientResourceError, match="without tag a way in for servers that run"):
        ask(town, ident, skip_cpu_check=True)
    change_host(town, "h1", migrate_uri="")
    with pytest.raises(InvalidStatusError, match="neither gives nor takes"):
        ask(town, ident, skip_cpu_check=True)


def test_the_scheduler_is_asked_where_a_running_server_could_go(town: Town) -> None:
    def forecast(**more: Any) -> Any:
        body = {"vcpu_count": 1, "vmem_size": 256, "host_id": "h1", "live_migrate": True, **more}
        return town.session.perform_class("scheduler", "forecast", body)

    change_host(town, "h1", cpu_desc="good")
    change_host(town, "h2", cpu_desc="other")
    told = forecast()
    assert not told["can_create"]
    assert "processor: good is wanted, host has other" in str(told["filtered_candidates"])
    for wish in ({"skip_cpu_check": True}, {"cpu_mode": "qemu"}, {"cpu_desc": "other"}, {"live_migrate": False}):
        assert [one["host_id"] for one in forecast(**wish)["candidates"]] == ["h2"], wish
    assert not forecast(skip_cpu_check=True, host_mem_page_size=64)["can_create"]
    for wish, field in (({"host_id": ""}, "host_id"), ({"host_mem_page_size": "large"}, "host_mem_page_size")):
        with pytest.raises(InvalidInputError) as wrong:
            forecast(**wish)
        assert wrong.value.field == field
    with pytest.raises(NotSupportedError, match="target_host_kernel"):
        forecast(target_host_kernel="6.1")
    change_host(town, "h1", migrate_uri="")
    with pytest.raises(InvalidStatusError, match="neither gives nor takes"):
        forecast()


def test_another_processor_is_taken_by_who_says_so(town: Town) -> None:
    ident = town.server()
    change_host(town, "h1", cpu_desc="good")
    ask(town, ident, skip_cpu_check=True)
    town.live(20)
    assert town.running_on(ident) == ["h2"]


@pytest.mark.parametrize(("uri", "refused"), [("qemu+tcp://h2/system", True), ("qemu+tls://h2/system", False)])
def test_who_asks_for_an_encrypted_way_gets_one_or_none(town: Town, uri: str, refused: bool) -> None:
    ident = town.server()
    change_host(town, "h2", migrate_uri=uri)
    if refused:
        with pytest.raises(NotSupportedError, match="not encrypted"):
            ask(town, ident, enable_tls=True)
        check(town.cloud)
    else:
        ask(town, ident, enable_tls=True)
        assert task_of(town).params["uri"] == uri


def test_a_failure_leaves_it_running_where_it_was_with_the_reason(town: Town) -> None:
    ident = town.server()
    town.cloud.machines["h1"]._failures = lambda effect, _n: (
        Failed("memory changes too fast") if effect.kind == "guest-migrate" else None
    )
    ask(town, ident)
    never_twice(town, ident, 20)
    server = town.get(ident)
    assert (server.host_id, server.status, server.power_states) == ("h1", "running", "on")
    assert server.status_reason == "not moved: memory changes too fast"
    assert town.cloud.machines["h2"].machine.domains == {}
    check(town.cloud)


def test_a_move_is_called_back_until_the_record_follows(town: Town) -> None:
    ident = town.server()
    with pytest.raises(InvalidStatusError, match="not on its way"):
        town.session.perform("servers", ident, "cancel-live-migrate")
    town.cloud.machines["h1"]._delays.update({"guest-migrate": 60.0, "guest-delete": 60.0})
    ask(town, ident)
    town.live(10)
    town.session.perform("servers", ident, "cancel-live-migrate")
    never_twice(town, ident, 20)
    server = town.get(ident)
    assert (server.host_id, server.status, server.status_reason) == ("h1", "running", "not moved: cancelled")
    assert (task_of(town).state, town.running_on(ident)) == (TaskState.CANCELLED, ["h1"])
    check(town.cloud)
    ask(town, ident)
    never_twice(town, ident, 70)
    with pytest.raises(InvalidStatusError, match="has begun with leave"):
        town.session.perform("servers", ident, "cancel-live-migrate")
    never_twice(town, ident, 70)
    assert (town.get(ident).status, town.running_on(ident)) == ("running", ["h2"])
    check(town.cloud)


def test_the_death_of_the_next_host_leaves_it_running_where_it_was(town: Town) -> None:
    ident = town.server()
    town.cloud.machines["h1"]._delays["guest-migrate"] = 60.0
    ask(town, ident)
    town.live(10)
    assert town.get(ident).status == "live_migrating"
    town.cut("h2")
    town.cloud.machines["h2"].crash(power=True)
    never_twice(town, ident, DOWN_S + 120)
    server = town.get(ident)
    assert (server.host_id, server.status, town.running_on(ident)) == ("h1", "running", ["h1"])
    town.cloud.machines["h2"].restart()
    town.heal("h2")
    town.live(30)
    assert town.cloud.machines["h2"].machine.domains == {}
    check(town.cloud)


def test_the_death_of_its_host_on_the_way_has_it_started_elsewhere_by_policy(town: Town) -> None:
    town.policy()
    ident = town.server()
    town.cloud.machines["h1"]._delays["guest-migrate"] = 60.0
    ask(town, ident)
    town.live(10)
    town.cut("h1")
    never_twice(town, ident, 2 * DOWN_S + 120)
    server = town.get(ident)
    assert (server.host_id, server.status, town.running_on(ident)) == ("h2", "running", ["h2"])
    town.heal("h1")
    town.live(30)
    assert town.cloud.machines["h1"].machine.domains == {}
    check(town.cloud)


def test_the_death_of_its_old_host_after_the_way_does_not_bring_it_back(town: Town) -> None:
    ident = town.server()
    town.cloud.machines["h1"]._delays["guest-delete"] = 300.0
    ask(town, ident)
    town.live(10)
    assert (town.get(ident).host_id, town.running_on(ident)) == ("h2", ["h2"])
    town.cut("h1")
    never_twice(town, ident, DOWN_S + 120)
    server = town.get(ident)
    assert (server.host_id, server.status, town.running_on(ident)) == ("h2", "running", ["h2"])
    assert (task_of(town).state, task_of(town).results["leave"]) == (TaskState.COMPLETE, server.status_reason)
    assert server.status_reason == (
        "what is left of it on its old host, which is down, is removed before that host works again"
    )
    assert ident in town.cloud.machines["h1"].machine.domains
    town.heal("h1")
    town.live(30)
    assert town.cloud.machines["h1"].machine.domains == {}
    check(town.cloud)


def test_what_is_left_on_the_old_host_is_removed_however_often_that_fails(town: Town) -> None:
    ident = town.server()
    town.cloud.machines["h1"]._failures = lambda effect, tried: (
        Failed("the folder is in use") if effect.kind == "guest-delete" and tried <= 5 else None
    )
    ask(town, ident)
    never_twice(town, ident, 60)
    assert (town.get(ident).host_id, town.get(ident).status, town.running_on(ident)) == ("h2", "running", ["h2"])
    events = [entry["event"] for entry in task_of(town).log if entry["step"] == "leave"]
    assert (events.count("retry"), events[-1], task_of(town).state) == (5, "done", TaskState.COMPLETE)
    assert town.cloud.machines["h1"].machine.domains == {}
    check(town.cloud)


def test_a_guest_that_arrived_as_its_old_host_died_stays_where_it_runs(town: Town) -> None:
    ident = town.server()
    old = town.cloud.machines["h1"]
    perform = old._perform

    def torn(key: str) -> Any:
        outcome = perform(key)
        if old._effect(key).kind == "guest-migrate":
            # It is done, and nobody will ever hear of it from here.
            town.cut("h1")
            old.crash(power=True)
            raise UnreachableError("the host does not answer")
        return outcome

    old._perform = torn  # type: ignore[method-assign]
    ask(town, ident)
    never_twice(town, ident, DOWN_S + 60)
    server = town.get(ident)
    assert (server.host_id, server.status, town.running_on(ident)) == ("h2", "running", ["h2"])
    assert task_of(town).state is TaskState.COMPLETE
    old.restart()
    town.heal("h1")
    town.live(30)
    assert old.machine.domains == {}
    check(town.cloud)


def test_a_move_that_is_called_back_as_its_old_host_dies_ends_where_the_guest_runs(town: Town) -> None:
    ident = town.server()
    town.cloud.machines["h1"]._failures = lambda effect, _n: (
        Failed("the line broke") if effect.kind == "guest-migrate" else None
    )
    town.cloud.machines["h1"]._late_failures = 1.0
    town.cloud.machines["h2"]._delays["guest-migrate"] = 30.0
    ask(town, ident)
    town.live(10)
    assert (task_of(town).state, town.running_on(ident)) == (TaskState.UNWINDING, ["h2"])
    town.cut("h1")
    town.cloud.machines["h1"].crash(power=True)
    never_twice(town, ident, DOWN_S + 120)
    server = town.get(ident)
    assert (server.host_id, server.status, town.running_on(ident)) == ("h2", "running", ["h2"])
    assert server.status_reason == "moved, as its old host went down: the line broke"
    assert task_of(town).state is TaskState.FAILED
    town.cloud.machines["h1"].restart()
    town.heal("h1")
    town.live(30)
    assert town.cloud.machines["h1"].machine.domains == {}
    check(town.cloud)


def test_a_guest_that_comes_to_a_fenced_host_does_not_go_on_there(town: Town) -> None:
    town.policy("h2", "disable")
    ident = town.server()
    town.cloud.machines["h1"]._delays["guest-migrate"] = float(DOWN_S + 30)
    ask(town, ident)
    town.live(10)
    town.cut("h2")
    never_twice(town, ident, DOWN_S + 10)
    assert town.down == ["h2"]
    never_twice(town, ident, 60)
    assert (town.running_on(ident), town.get(ident).host_id, task_of(town).is_open) == ([], "h2", False)
    town.policy("h2")
    never_twice(town, ident, 60)
    assert (town.get(ident).host_id, town.running_on(ident)) == ("h1", ["h1"])
    town.heal("h2")
    town.live(30)
    check(town.cloud)

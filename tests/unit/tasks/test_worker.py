"""Workers share tasks, lose them, and take over from each other."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from cloudcore.model.effects import Done, Failed
from cloudcore.model.errors import Contention, InvalidInputError, UnreachableError
from cloudcore.model.query import PLATFORM
from cloudcore.tasks.aside import GIVEN_UP_S
from cloudcore.tasks.engine import LEASE_S
from cloudcore.tasks.task import TaskState
from cloudcore.tasks.worker import CANCEL_GRACE_S
from cloudcore_adapters.simulated import SimulatedHosts

from .toys import BOXES, MAKE, Bench, replaced


class Crash(BaseException):
    """A process is killed."""


def test_an_effect_that_takes_long_frees_its_worker_and_renews_its_lease() -> None:
    bench = Bench(delays={"volume-create": 40})
    ident = bench.make()
    worker = bench.worker()
    bench.turn(worker)

    for _ in range(20):
        bench.clock.advance(1)
        bench.turn(worker)
        assert worker.due() == []

    task = bench.task(ident)
    assert task.lease_owner == "w1"
    assert task.lease_until is not None
    assert task.lease_until > bench.clock.now()
    assert 20.0 <= task.progress <= 60.0


def test_a_task_that_is_held_is_not_to_be_had() -> None:
    bench = Bench(delays={"volume-create": 40})
    ident = bench.make()
    bench.turn(bench.worker("w1"))

    assert bench.worker("w2").due() == []
    assert bench.worker("w2").take(ident) is None


def test_another_worker_takes_over_when_the_lease_has_run_out_and_the_first_notices() -> None:
    bench = Bench(delays={"volume-create": 40})
    ident = bench.make()
    first, second = bench.worker("w1"), bench.worker("w2")
    mine = first.run(ident)
    assert mine is not None
    bench.clock.advance(LEASE_S + 1)

    theirs = second.run(ident)
    assert theirs is not None
    bench.clock.advance(60)

    assert first.turn(mine) is None
    assert bench.task(ident).lease_owner == "w2"
    bench.settle(second)
    assert bench.task(ident).state is TaskState.COMPLETE
    kinds = [entry["effect"]["kind"] for entry in bench.host.journal.values()]
    assert kinds == ["volume-create", "volume-create", "guest-create"]


def test_two_workers_that_take_at_once_do_the_work_once() -> None:
    bench = Bench()
    first, second = bench.worker("w1"), bench.worker("w2")
    ident = bench.make()
    assert first.due() == second.due() == [ident]

    first.run(ident)
    second.run(ident)

    assert bench.task(ident).state is TaskState.COMPLETE
    assert len(bench.host.journal) == 3


def test_a_worker_with_an_old_task_changes_nothing() -> None:
    bench = Bench(delays={"volume-create": 5})
    ident = bench.make()
    old = bench.worker("w1").run(ident)
    assert old is not None
    bench.settle(bench.worker("w2"))
    before = bench.task(ident)

    assert bench.worker("w1").turn(old) is None

    assert bench.task(ident).update_version == before.update_version
    assert len(bench.host.journal) == 3


def test_a_step_that_stumbles_over_what_another_worker_did_is_no_defect() -> None:
    def stumbling(ctx: Any, _results: Any) -> None:
        assert ctx.tx.of(BOXES, PLATFORM).get("b1").status == "making"

    bench = Bench(flows=replaced(MAKE, "volumes", done=stumbling), delays={"volume-create": 5})
    ident = bench.make()
    old = bench.worker("w1").run(ident)
    assert old is not None
    bench.settle(bench.worker("w2"))

    assert bench.worker("w1").turn(old) is None

    assert bench.task(ident).state is TaskState.COMPLETE
    assert bench.defects == []


@pytest.mark.parametrize("defect", [False, True])
def test_a_failure_after_contention_is_met_again_and_ends_the_task(defect: bool) -> None:
    calls: list[int] = []

    def stumbling(_ctx: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise Contention("busy")
        raise ZeroDivisionError if defect else InvalidInputError("refused")

    bench = Bench(flows=replaced(MAKE, "place", do=stumbling))
    ident = bench.make()

    bench.settle()

    assert bench.task(ident).state is TaskState.FAILED
    assert len(bench.defects) == int(defect)


@pytest.mark.parametrize("where", ["commit", "kept"], ids=["lost", "kept"])
def test_a_database_that_goes_away_as_a_failure_is_noted_is_no_defect(where: str) -> None:
    raised: list[int] = []

    def refusing(_ctx: Any) -> None:
        raised.append(1)
        raise InvalidInputError("refused")

    def pause(call: str) -> None:
        # Twice it is met, once for all functions together and once alone; then it is noted.
        if call == where and len(raised) == 2:
            raised.append(1)
            raise UnreachableError("the database went away; the outcome is unknown")

    bench = Bench(flows=replaced(MAKE, "place", do=refusing), pause=pause)
    ident = bench.make()

    bench.settle()

    assert (bench.task(ident).state, bench.task(ident).error) == (TaskState.FAILED, "refused")
    assert bench.defects == []
    assert len(raised) == (3 if where == "kept" else 5)


def test_an_effect_past_its_deadline_is_cancelled_and_the_step_taken_back() -> None:
    bench = Bench(delays={"volume-create": 10_000})
    ident = bench.make()
    began = bench.clock.now()

    bench.settle()

    task = bench.task(ident)
    assert (task.state, task.error) == (TaskState.FAILED, "cancelled")
    assert (bench.used(), bench.kinds()) == (0, [])
    assert (bench.clock.now() - began).total_seconds() < MAKE.steps[1].deadline_s + CANCEL_GRACE_S


def test_a_host_that_never_answers_is_given_up_and_what_it_did_is_taken_back_when_it_does() -> None:
    bench = Bench(delays={"volume-create": 5})
    ident = bench.make()
    worker = bench.worker()
    bench.turn(worker)
    bench.hosts.partition("h1")

    for _ in range(400):
        bench.clock.advance(1)
        bench.turn(worker)
    task = bench.task(ident)
    assert (task.state, task.error) == (TaskState.UNWINDING, "it did not answer within its deadline")
    bench.hosts.heal("h1")
    bench.settle(worker)

    assert bench.task(ident).state is TaskState.FAILED
    assert (bench.used(), bench.kinds()) == (0, [])


def test_a_short_partition_is_waited_out() -> None:
    bench = Bench(delays={"volume-create": 5})
    bench.hosts.partition("h1")
    ident = bench.make()
    worker = bench.worker()
    for _ in range(30):
        bench.turn(worker)
        bench.clock.advance(1)

    bench.hosts.heal("h1")
    bench.settle(worker)

    assert bench.task(ident).state is TaskState.COMPLETE


@pytest.mark.parametrize("lose_journal", [False, True])
@pytest.mark.parametrize("power", [False, True])
def test_a_crash_of_the_agent_is_survived(lose_journal: bool, power: bool) -> None:
    bench = Bench(delays={"volume-create": 5, "guest-create": 5})
    ident = bench.make()
    worker = bench.worker()
    for second in range(12):
        bench.turn(worker)
        bench.clock.advance(1)
        if second in (2, 8):
            bench.host.crash(power=power)
            bench.turn(worker)
            bench.host.restart(lose_journal=lose_journal)

    bench.settle(worker)

    assert bench.task(ident).state is TaskState.COMPLETE
    assert bench.kinds() == ["guest", "volume", "volume"]


def test_side_by_side_effects_end_before_the_step_is_taken_back() -> None:
    bench = Bench(delays={"volume-create": 30, "volume-delete": 5})
    ident = bench.make()
    worker = bench.worker()
    bench.turn(worker)
    first, second = bench.host.journal
    bench.host.cancel(first)

    bench.turn(worker)

    assert bench.task(ident).state is TaskState.RUNNING
    assert list(bench.host.journal) == [first, second]
    bench.turn(worker)
    assert bench.task(ident).state is TaskState.UNWINDING
    assert isinstance(bench.host.outcome(second), Failed)
    bench.settle(worker)
    assert bench.kinds() == []


def test_an_outcome_that_comes_after_the_step_was_given_up_is_ignored() -> None:
    bench = Bench(delays={"guest-create": 200})
    ident = bench.make()
    bench.settle()
    before = bench.task(ident)
    key = next(key for key, entry in bench.host.journal.items() if entry["effect"]["kind"] == "guest-create")

    bench.host.journal[key] = {**bench.host.journal[key], "outcome": {"done": {}}}
    bench.settle()

    assert bench.host.outcome(key) == Done({})
    assert bench.task(ident).log == before.log
    assert bench.kinds() == []


def test_a_flow_that_raises_contention_forever_is_tried_again_later_and_not_lost() -> None:
    calls: list[int] = []
    do = MAKE.steps[0].do

    def contended(ctx: Any) -> Any:
        calls.append(1)
        if len(calls) < 5:
            raise Contention("busy")
        return do(ctx)

    bench = Bench(flows=replaced(MAKE, "place", do=contended))
    ident = bench.make()

    bench.settle()

    assert bench.task(ident).state is TaskState.COMPLETE
    assert bench.used() == 1


def _crash_at(number: int, where: str) -> Any:
    seen = 0

    def pause(call: str) -> None:
        nonlocal seen
        if call == where:
            seen += 1
            if seen == number:
                raise Crash

    return pause


@pytest.mark.parametrize("failing", ["", "guest-create", "guest-start"])
@pytest.mark.parametrize("where", ["commit", "begin"])
@pytest.mark.parametrize("number", range(3, 12))
def test_a_worker_killed_at_any_unit_of_work_is_replaced(number: int, where: str, failing: str) -> None:
    bench = Bench(
        pause=_crash_at(number, where),
        failures=lambda effect, _attempt: Failed("no") if effect.kind == failing else None,
        delays={"volume-create": 1, "guest-create": 1},
    )
    ident = bench.make(start=True)

    for generation in range(3):
        try:
            bench.held.clear()
            bench.settle(bench.worker(f"w{generation}"))
            break
        except Crash:
            continue

    task = bench.task(ident)
    if failing:
        assert (task.state, bench.used(), bench.kinds()) == (TaskState.FAILED, 0, [])
    else:
        assert (task.state, bench.used()) == (TaskState.COMPLETE, 1)
        assert bench.kinds() == ["guest", "volume", "volume"]
        assert len(bench.host.journal) == 4


def test_effects_submitted_by_a_worker_that_died_are_asked_for_and_not_repeated() -> None:
    bench = Bench(delays={"volume-create": 30})
    ident = bench.make()
    bench.worker("w1").run(ident)
    bench.clock.advance(LEASE_S + 1)

    bench.settle(bench.worker("w2"))

    assert bench.task(ident).state is TaskState.COMPLETE
    assert len(bench.host.journal) == 3


def test_many_tasks_take_their_steps_in_one_commit_each_under_its_own_name() -> None:
    bench = Bench()
    idents = [bench.make(f"b{n}") for n in (1, 2, 3)]

    assert bench.worker().run_all(idents) == []

    assert [bench.task(ident).state for ident in idents] == [TaskState.COMPLETE] * 3
    records = [r for r in bench.store.rows["history"].values() if r.obj_type == "box" and r.action != "create"]
    assert len({r.transaction for r in records}) == 2, "one commit begins the effects of all three, one ends them"
    assert {(r.obj_id, r.actor["task_id"]) for r in records} == set(zip(("b1", "b2", "b3"), idents, strict=True))


def test_one_task_that_fails_among_many_fails_alone() -> None:
    bench = Bench(shelf=2)
    idents = [bench.make(f"b{n}") for n in (1, 2, 3)]

    bench.worker().run_all(idents)
    bench.settle()

    assert [bench.task(ident).state for ident in idents] == [TaskState.COMPLETE] * 2 + [TaskState.FAILED]
    assert bench.used() == 2
    assert bench.defects == []


def test_of_many_tasks_those_that_wait_are_given_back_and_can_be_turned() -> None:
    bench = Bench(delays={"guest-create": 5})
    idents = [bench.make(f"b{n}") for n in (1, 2)]
    worker = bench.worker()

    waiting = worker.run_all(idents)
    assert [task.id for task in waiting] == idents
    assert worker.run_all(idents) == []

    bench.clock.advance(6)
    assert [worker.turn(task) for task in waiting] == [None, None]
    assert [bench.task(ident).state for ident in idents] == [TaskState.COMPLETE] * 2


def test_effects_of_a_place_are_left_to_whoever_reaches_it() -> None:
    bench = Bench()
    heard: list[str] = []
    bench.store.listen(heard.append)
    ident = bench.make()
    far, near = bench.worker("far"), bench.worker("near")
    far = attrs.evolve(far, engine=attrs.evolve(far.engine, near=frozenset({"host:h2"})))
    near = attrs.evolve(near, engine=attrs.evolve(near.engine, near=frozenset({"host:h1"})))

    assert far.run(ident) is None
    assert bench.task(ident).place == "host:h1"
    assert bench.task(ident).lease_owner == ""
    assert (far.due(), far.take(ident), far.run_all([ident])) == ([], None, [])
    assert bench.host.journal == {}
    assert heard == ["host:h1"]

    assert near.due() == [ident]
    bench.settle(near)
    assert bench.task(ident).state is TaskState.COMPLETE


def test_what_nobody_has_done_long_after_its_deadline_is_given_up_by_anybody() -> None:
    bench = Bench()
    ident = bench.make()
    far = bench.worker("far")
    hosts = SimulatedHosts({})
    far = attrs.evolve(far, effects=hosts, engine=attrs.evolve(far.engine, near=frozenset({"host:h2"})))
    far.run(ident)
    deadline = bench.task(ident).deadline_at
    assert deadline is not None
    bench.clock.advance((deadline - bench.clock.now()).total_seconds() + GIVEN_UP_S)
    assert far.due() == []
    bench.clock.advance(1)
    assert far.due() == [ident]
    for _ in range(3):
        far.run(ident)
    assert bench.task(ident).state is not TaskState.RUNNING

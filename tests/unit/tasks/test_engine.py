"""Tasks run to their end or leave the world as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import pytest

from cloudcore.model.effects import Effect, Failed
from cloudcore.model.errors import DuplicateResourceError, InvalidInputError
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.tasks.engine import RETRY_S, recall
from cloudcore.tasks.task import LOG_LENGTH, TASKS, Task, TaskState

from .toys import DROP, MAKE, Bench, replaced

STARTED = ["guest", "volume", "volume"]


def fail(kind: str, *, times: int = 10**6, transient: bool = False) -> Any:
    def failures(effect: Effect, attempt: int) -> Failed | None:
        return Failed("no", transient=transient) if effect.kind == kind and attempt <= times else None

    return failures


def events(task: Task) -> list[tuple[str, str]]:
    return [(line["step"], line["event"]) for line in task.log]


def ended(bench: Bench, ident: str, state: TaskState) -> Task:
    task = bench.task(ident)
    assert task.state is state
    assert task.ended_at is not None
    assert (task.intents, task.exclusive, task.lease_owner, task.lease_until) == ([], None, "", None)
    return task


def test_a_flow_runs_to_its_end_in_order() -> None:
    bench = Bench()
    ident = bench.make(start=True)

    bench.settle()

    task = ended(bench, ident, TaskState.COMPLETE)
    done = [step for step, event in events(task) if event == "done"]
    assert done == ["place", "volumes", "guest", "start", "label"]
    assert task.results["volumes"] == [f"/sim/storage/volumes/b1-{x}/disk.qcow2" for x in "ab"]
    assert (bench.box().status, bench.used(), bench.kinds()) == ("ready", 1, STARTED)  # type: ignore[union-attr]
    assert bench.host.power_state("b1") == "on"
    assert task.progress == 100.0


def test_a_step_that_does_not_apply_is_passed_over_both_ways() -> None:
    bench = Bench(flows=replaced(MAKE, "label", do=_refuse))
    ident = bench.make(start=False)

    bench.settle()

    task = ended(bench, ident, TaskState.FAILED)
    assert "start" not in [step for step, _ in events(task)]
    assert bench.kinds() == []


def _refuse(_ctx: Any) -> None:
    raise InvalidInputError("refused")


@pytest.mark.parametrize("late", [0.0, 1.0], ids=["before", "after"])
@pytest.mark.parametrize("kind", ["volume-create", "guest-create", "guest-start"])
def test_failing_at_any_effect_leaves_the_world_as_before(kind: str, late: float) -> None:
    bench = Bench(failures=fail(kind), late_failures=late)
    ident = bench.make(start=True)

    bench.settle()

    task = ended(bench, ident, TaskState.FAILED)
    assert task.error == "no"
    assert (bench.used(), bench.kinds()) == (0, [])
    box = bench.box()
    assert box is not None
    assert (box.status, box.status_reason) == ("make_failed", "no")


@pytest.mark.parametrize("defect", [False, True], ids=["refusal", "defect"])
@pytest.mark.parametrize("part", ["do", "done"])
@pytest.mark.parametrize("step", [step.name for step in MAKE.steps])
def test_failing_in_any_function_leaves_the_world_as_before(step: str, part: str, defect: bool) -> None:
    def broken(_ctx: Any, _results: Sequence[Any] = ()) -> None:
        raise ZeroDivisionError("inner words") if defect else InvalidInputError("refused")

    bench = Bench(flows=replaced(MAKE, step, **{part: broken}))
    ident = bench.make(start=True)

    bench.settle()

    task = ended(bench, ident, TaskState.FAILED)
    assert task.error == ("internal error: ZeroDivisionError" if defect else "refused")
    assert [type(error) for error in bench.defects] == ([ZeroDivisionError] if defect else [])
    assert (bench.used(), bench.kinds()) == (0, [])


def test_a_full_shelf_refuses_and_takes_nothing() -> None:
    bench = Bench(shelf=0)
    ident = bench.make()

    bench.settle()

    assert ended(bench, ident, TaskState.FAILED).error == "the shelf is full"
    assert (bench.used(), bench.kinds()) == (0, [])


def test_a_transient_failure_is_tried_again_after_a_wait() -> None:
    bench = Bench(failures=fail("guest-create", times=2, transient=True))
    ident = bench.make()
    began = bench.clock.now()

    bench.settle()

    task = ended(bench, ident, TaskState.COMPLETE)
    assert events(task).count(("guest", "retry")) == 2
    assert (bench.clock.now() - began).total_seconds() == sum(RETRY_S[:2])


def test_a_task_that_waits_for_its_next_try_holds_no_lease() -> None:
    bench = Bench(failures=fail("guest-create", times=1, transient=True))
    ident = bench.make()
    worker = bench.worker()

    bench.turn(worker)

    task = bench.task(ident)
    assert (task.lease_owner, task.lease_until, task.attempt) == ("", None, 2)
    assert worker.due() == []
    assert worker.take(ident) is None


def test_tries_are_bounded() -> None:
    bench = Bench(failures=fail("guest-create", transient=True))
    ident = bench.make()

    bench.settle()

    task = ended(bench, ident, TaskState.FAILED)
    assert events(task).count(("guest", "retry")) == MAKE.steps[2].attempts - 1
    assert bench.kinds() == []


@pytest.mark.parametrize("transient", [True, False])
def test_taking_back_is_tried_until_it_works(transient: bool) -> None:
    def failures(effect: Effect, attempt: int) -> Failed | None:
        if effect.kind == "guest-create":
            return Failed("no")
        return Failed("stuck", transient=transient) if effect.kind == "volume-delete" and attempt < 20 else None

    bench = Bench(failures=failures)
    ident = bench.make()

    bench.settle()

    task = ended(bench, ident, TaskState.FAILED)
    assert task.error == "no"
    assert (bench.used(), bench.kinds()) == (0, [])
    assert len(task.log) <= LOG_LENGTH


def test_a_defect_in_taking_back_is_tried_again() -> None:
    calls: list[int] = []
    undo = MAKE.steps[0].undo

    def stumbling(ctx: Any) -> Any:
        calls.append(1)
        if len(calls) < 3:
            raise ZeroDivisionError
        return undo(ctx)

    flows = replaced(attrs.evolve(MAKE, fail=MAKE.fail), "place", undo=stumbling)
    bench = Bench(flows=flows, failures=fail("guest-create"))
    ident = bench.make()

    bench.settle()

    ended(bench, ident, TaskState.FAILED)
    assert (len(calls), bench.used()) == (3, 0)


def test_the_log_is_bounded_and_keeps_its_beginning() -> None:
    def failures(effect: Effect, attempt: int) -> Failed | None:
        if effect.kind == "guest-create":
            return Failed("no")
        return Failed("stuck") if effect.kind == "guest-delete" and attempt < 150 else None

    bench = Bench(failures=failures)
    ident = bench.make()

    bench.settle(seconds=20_000)

    task = ended(bench, ident, TaskState.FAILED)
    assert len(task.log) == LOG_LENGTH
    assert events(task)[0] == ("place", "done")


def test_one_object_has_one_long_operation_at_a_time() -> None:
    bench = Bench(delays={"volume-create": 5})
    bench.make()

    with pytest.raises(DuplicateResourceError):
        bench.drop()
    bench.settle()
    ident = bench.drop()
    bench.settle()

    ended(bench, ident, TaskState.COMPLETE)
    assert (bench.box(), bench.used(), bench.kinds()) == (None, 0, [])


def test_calling_back_ends_what_is_under_way_and_takes_back_what_was_done() -> None:
    bench = Bench(delays={"guest-create": 30})
    ident = bench.make()
    worker = bench.worker()
    bench.turn(worker)

    with bench.store.write(Author()) as tx:
        recall(tx, bench.task(ident))
        tx.commit()
    bench.settle(worker)

    assert ended(bench, ident, TaskState.CANCELLED).error == "cancelled"
    assert (bench.used(), bench.kinds()) == (0, [])


def test_the_changes_of_a_task_are_in_the_name_of_who_began_it() -> None:
    bench = Bench()
    ident = bench.make()

    bench.settle()

    records = [r for r in bench.store.rows["history"].values() if r.obj_type == "box" and r.action == "update"]
    assert records
    assert {(r.user_id, r.request_id, r.actor["task_id"]) for r in records} == {("u", "r1", ident)}


def test_fences_grow_from_commit_to_commit_and_from_task_to_task() -> None:
    bench = Bench()
    bench.make()
    bench.settle()
    bench.clock.advance(1)
    bench.drop()
    bench.settle()

    fences = [entry["fence"] for entry in bench.host.journal.values() if entry["effect"]["resource"] == "b1"]

    assert fences == sorted(set(fences))
    assert len(fences) == 2


def test_a_deadline_of_a_flow_is_the_sum_of_its_steps() -> None:
    assert sum(step.deadline_s * step.attempts for step in DROP.steps) == DROP.deadline_s


def test_a_task_is_found_by_its_object() -> None:
    bench = Bench()
    ident = bench.make()

    with bench.store.read() as tx:
        found = tx.of(TASKS, PLATFORM).get(ident)

    assert found is not None
    assert (found.obj_type, found.obj_id, found.obj_name, found.tenant_id) == ("box", "b1", "b1", "p")

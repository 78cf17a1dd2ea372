"""Steps that raise, forwards and backwards: the task ends within seconds, says why, and its object can go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest

from cloudcore.model.effects import Failed
from cloudcore.model.errors import InvalidInputError
from cloudcore.model.lifecycle import Lifecycle, Transition
from cloudcore.tasks.defect import BROKE, LEFT
from cloudcore.tasks.engine import LEASE_S
from cloudcore.tasks.flow import Flow
from cloudcore.tasks.task import TaskState
from cloudcore.tasks.worker import Worker

from .toys import BOXES, FLOWS, MAKE, Bench, BoxStatus, replaced


def raising(error: type[Exception]) -> Any:
    def function(*_args: Any) -> Any:
        raise error("on purpose")

    return function


def failing(flow: Flow, **functions: Any) -> Mapping[str, Flow]:
    return {**FLOWS, flow.name: attrs.evolve(flow, **functions)}


BOX_LIFECYCLE = Lifecycle(
    states=BoxStatus,
    initial=BoxStatus.START_MAKE,
    stable=(BoxStatus.READY,),
    transitions=(
        Transition(
            name="make",
            sources=(),
            through=(BoxStatus.START_MAKE, BoxStatus.MAKING),
            to=BoxStatus.READY,
            failed=BoxStatus.MAKE_FAILED,
            flow=MAKE.name,
            deadline_s=1,
        ),
    ),
)


class Knowing(Bench):
    """A bench whose workers know the lifecycle of boxes."""

    def worker(self, name: str = "w1") -> Worker:
        worker = super().worker(name)
        boxes = attrs.evolve(BOXES, lifecycle=BOX_LIFECYCLE)
        return attrs.evolve(worker, engine=attrs.evolve(worker.engine, resources=(boxes,)))


def events(bench: Bench, ident: str) -> list[tuple[str, str]]:
    return [(line["step"], line["event"]) for line in bench.task(ident).log]


@pytest.mark.parametrize("where", ["do", "done", "when"])
@pytest.mark.parametrize("step", [step.name for step in MAKE.steps])
def test_a_step_that_raises_is_taken_back_at_once(step: str, where: str) -> None:
    wrong = raising(KeyError)

    def forwards(ctx: Any) -> bool:
        return True if ctx.task.state is TaskState.UNWINDING else wrong()

    bench = Bench(flows=replaced(MAKE, step, **{where: forwards if where == "when" else wrong}))
    ident = bench.make(start=True)
    began = bench.clock.now()

    bench.settle()

    task = bench.task(ident)
    assert (task.state, task.error) == (TaskState.FAILED, "internal error: KeyError")
    assert (bench.clock.now() - began).total_seconds() < 1
    assert (bench.used(), bench.kinds(), bench.box().status) == (0, [], "make_failed")  # type: ignore[union-attr]
    assert len(bench.defects) == 1


def test_a_success_that_cannot_be_told_is_taken_back() -> None:
    bench = Bench(flows=failing(MAKE, succeed=raising(KeyError)))
    ident = bench.make()

    bench.settle()

    assert bench.task(ident).state is TaskState.FAILED
    assert (bench.used(), bench.kinds(), bench.box().status) == (0, [], "make_failed")  # type: ignore[union-attr]


@pytest.mark.parametrize(("error", "within_s"), [(KeyError, LEASE_S), (InvalidInputError, 300)])
def test_a_step_that_cannot_be_taken_back_is_left_with_a_word_and_those_before_are_not(
    error: type[Exception], within_s: float
) -> None:
    flows = replaced(MAKE, "volumes", undo=raising(error))
    bench = Bench(flows=flows, failures=lambda effect, _: Failed("no") if effect.kind == "guest-create" else None)
    ident = bench.make()
    began = bench.clock.now()

    bench.settle()

    task = bench.task(ident)
    assert task.state is TaskState.FAILED
    assert task.error.startswith("no; not taken back: volumes (")
    assert (bench.clock.now() - began).total_seconds() < within_s
    assert ("volumes", BROKE) in events(bench, ident)
    assert ("volumes", LEFT) in events(bench, ident)
    assert ("place", "undone") in events(bench, ident)
    assert (bench.used(), bench.kinds()) == (0, ["volume", "volume"])
    assert bench.box().status == "make_failed"  # type: ignore[union-attr]


def test_effects_that_fail_while_they_are_taken_back_are_tried_on_and_never_left() -> None:
    failed: list[str] = []

    def failures(effect: Any, _attempt: int) -> Failed | None:
        if effect.kind == "guest-create":
            return Failed("no")
        if effect.kind == "volume-delete" and len(failed) < 20:
            failed.append(effect.resource)
            return Failed("not now")
        return None

    bench = Bench(failures=failures)
    ident = bench.make()

    bench.settle()

    assert len(failed) == 20
    assert (bench.task(ident).error, bench.kinds()) == ("no", [])


def test_an_ending_that_raises_leaves_the_object_in_the_status_of_its_failure() -> None:
    bench = Knowing(flows=failing(replaced(MAKE, "label", do=raising(KeyError))[MAKE.name], fail=raising(KeyError)))
    ident = bench.make()

    bench.settle()

    task, box = bench.task(ident), bench.box()
    assert (task.state, task.exclusive) == (TaskState.FAILED, None)
    assert task.error == "internal error: KeyError; not taken back: its end (internal error: KeyError)"
    assert box is not None
    assert (box.status, box.status_reason) == ("make_failed", task.error)
    assert (bench.used(), bench.kinds()) == (0, [])


def test_a_port_that_raises_is_a_failed_effect() -> None:
    class Broken:
        submit = cancel = outcome = raising(ZeroDivisionError)

    bench = Bench()
    ident = bench.make()
    worker = attrs.evolve(bench.worker(), effects=Broken())
    for _ in range(60):
        bench.turn(worker)
        bench.clock.advance(1)
    assert bench.task(ident).state is TaskState.UNWINDING
    assert bench.task(ident).error == "internal error: ZeroDivisionError"

    bench.settle()

    assert (bench.task(ident).state, bench.used(), bench.kinds()) == (TaskState.FAILED, 0, [])
    assert any(isinstance(error, ZeroDivisionError) for error in bench.defects)

"""The threads that drive tasks, over a store in memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import attrs
import pytest

from cloudcore.cloud import TYPES
from cloudcore.model.effects import Done, Effect, Outcome, Running, Unknown
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.tasks.engine import Engine
from cloudcore.tasks.flow import Context, Flow, Step
from cloudcore.tasks.task import TASKS, Task, new_task
from cloudcore.tasks.worker import Worker
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_apps.runner import Chore, Runner


@attrs.frozen
class Subject:
    """What a task works on."""

    id: str


class Effects:
    """Effects that end when the test says so, or at once."""

    def __init__(self, *, at_once: bool) -> None:
        self.at_once = at_once
        self.asked = 0
        self.open: dict[str, bool] = {}

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        del effect, fence
        self.open.setdefault(key, not self.at_once)

    def outcome(self, key: str) -> Outcome:
        self.asked += 1
        if key not in self.open:
            return Unknown()
        return Running() if self.open[key] else Done()

    def cancel(self, key: str) -> None:
        del key

    def end(self) -> str:
        (key,) = [key for key, is_open in self.open.items() if is_open]
        self.open[key] = False
        return key


def _effect(ctx: Context) -> Effect:
    return Effect(kind="guest-start", target="host:1", resource=ctx.task.obj_id)


def _fail(ctx: Context, reason: str) -> None:
    del ctx, reason


FLOW = Flow(name="toy", obj_type="toy", steps=(Step(name="one", do=_effect), Step(name="two", do=_effect)), fail=_fail)


def _defect(ctx: Context) -> Effect:
    raise RuntimeError(ctx.task.id)


BAD = Flow(name="bad", obj_type="toy", steps=(Step(name="one", do=_defect),), fail=_fail)


class Rig:
    """A runner over a store and effects."""

    def __init__(self, effects: Effects, *chores: Chore) -> None:
        self.effects = effects
        self.store = MemoryStore(TYPES, SystemClock(), SystemIds())
        engine = Engine(flows={"toy": FLOW, "bad": BAD}, deployment="d", owner="test")
        self.runner = Runner(Worker(uow=self.store, effects=effects, engine=engine), chores)

    def begin(self, flow: str = "toy") -> str:
        """Commit a task."""
        with self.store.write(Author()) as tx:
            task = new_task(
                ident=tx.new_id(),
                flow=flow,
                flow_version=1,
                subject=Subject(tx.new_id()),
                obj_type="toy",
                params={},
                actor={},
                request_id="",
                now=tx.now,
            )
            tx.of(TASKS, PLATFORM).add(task)
            tx.commit()
        return task.id

    def task(self, ident: str) -> Task:
        """The task as it is stored."""
        with self.store.read() as tx:
            found = tx.of(TASKS, PLATFORM).get(ident)
        assert found is not None
        return found

    def ended(self, ident: str, within_s: float = 60) -> float:
        """Wait until it has ended; how long that took."""
        return until(lambda: not self.task(ident).is_open, within_s)


def until(ask: Callable[[], bool], within_s: float = 60) -> float:
    began = time.monotonic()
    while not ask():
        assert time.monotonic() - began < within_s, "it did not come about"
        time.sleep(0.001)
    return time.monotonic() - began


@pytest.fixture
def quick() -> Iterator[Rig]:
    rig = Rig(Effects(at_once=True))
    rig.runner.start()
    yield rig
    rig.runner.stop()


@pytest.fixture
def slow() -> Iterator[Rig]:
    rig = Rig(Effects(at_once=False))
    rig.runner.start()
    yield rig
    rig.runner.stop()


def test_a_task_that_was_begun_ends_without_a_wake(quick: Rig) -> None:
    quick.ended(quick.begin())


def test_a_wake_saves_the_wait_for_the_next_look(quick: Rig) -> None:
    time.sleep(0.05)
    taken = []
    for _ in range(5):
        ident = quick.begin()
        quick.runner.wake(ident)
        taken.append(quick.ended(ident))
    assert min(taken) < 0.2


def test_a_wake_for_any_commit_finds_the_task(quick: Rig) -> None:
    time.sleep(0.05)
    taken = []
    for _ in range(5):
        ident = quick.begin()
        quick.runner.wake()
        taken.append(quick.ended(ident))
    assert min(taken) < 0.2


def test_a_pushed_outcome_is_looked_at_at_once(slow: Rig) -> None:
    ident = slow.begin()
    slow.runner.wake(ident)
    taken = []
    for _ in range(2):
        until(lambda: any(slow.effects.open.values()))
        time.sleep(1.2)
        asked = slow.effects.asked
        slow.runner.hear(slow.effects.end())
        taken.append(until(lambda before=asked: slow.effects.asked > before))
    assert min(taken) < 0.3
    slow.ended(ident)
    until(lambda: slow.runner.held == 0)


def test_without_a_push_outcomes_are_asked_for_less_and_less(slow: Rig) -> None:
    ident = slow.begin()
    slow.runner.wake(ident)
    until(lambda: any(slow.effects.open.values()))
    time.sleep(2)
    assert slow.effects.asked < 15
    slow.effects.end()
    until(lambda: any(slow.effects.open.values()), within_s=20)
    slow.effects.end()
    slow.ended(ident)


def test_many_tasks_end_side_by_side(quick: Rig) -> None:
    idents = [quick.begin() for _ in range(60)]
    for ident in idents:
        quick.runner.wake(ident)
    for ident in idents:
        quick.ended(ident, within_s=60)
        assert quick.task(ident).state == "complete"


def test_a_defective_task_takes_none_of_its_fellows_with_it(quick: Rig) -> None:
    idents = [quick.begin("bad" if n == 5 else "toy") for n in range(12)]
    quick.runner.wake()
    for ident in idents:
        quick.ended(ident, within_s=60)
    assert [quick.task(ident).state for ident in idents].count("complete") == 11
    assert quick.task(idents[5]).state == "failed"


def test_a_push_for_a_task_of_nobody_is_ignored(quick: Rig) -> None:
    quick.runner.hear("no-such-task/one/d1/0")
    quick.runner.wake("no-such-task")
    quick.ended(quick.begin())
    until(lambda: quick.runner.held == 0)


def test_a_chore_that_fails_stops_no_other() -> None:
    done = threading.Event()
    rig = Rig(Effects(at_once=True), Chore("bad", lambda: 1 // 0, 0.01), Chore("good", done.set, 0.01))
    rig.runner.start()
    assert done.wait(60)
    rig.ended(rig.begin())
    rig.runner.stop()


def test_a_chore_comes_early_when_it_is_called() -> None:
    times: list[float] = []
    rig = Rig(Effects(at_once=True), Chore("rare", lambda: times.append(time.monotonic()), 3600))
    rig.runner.start()
    until(lambda: len(times) == 1)
    rig.runner.call("rare", 0.05)
    until(lambda: len(times) == 2)
    rig.runner.stop()


def test_stopping_leaves_waiting_tasks_to_the_next_start(slow: Rig) -> None:
    ident = slow.begin()
    slow.runner.wake(ident)
    until(lambda: any(slow.effects.open.values()))
    began = time.monotonic()
    slow.runner.stop()
    assert time.monotonic() - began < 12
    assert slow.task(ident).is_open

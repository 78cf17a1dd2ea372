"""The effect runner: journal, pool, fences, cancelling, restarts."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from cloudcore.model.effects import Done, Effect, Failed, Outcome, Running, Unknown
from cloudcore.model.errors import BackendError, ConflictError, InvalidInputError, OutOfRangeError, UnreachableError
from cloudcore.model.json import JsonObject
from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.agent.journal import FORMAT, Journal

NOTHING: dict[str, object] = {}


@attrs.define
class Scripted:
    """A performer whose effects do what their kind says; it records what it performs."""

    performed: list[str] = attrs.field(factory=list)
    at_once: int = 0
    most_at_once: int = 0
    gate: threading.Event = attrs.field(factory=threading.Event)
    began: threading.Semaphore = attrs.field(factory=lambda: threading.Semaphore(0))
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def perform(
        self, effect: Effect, fence: int, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> JsonObject:
        with self.lock:
            self.performed.append(f"{effect.resource}:{effect.kind}")
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.began.release()
        try:
            return self._act(effect, fence, progress, cancelled)
        finally:
            with self.lock:
                self.at_once -= 1

    def _act(
        self, effect: Effect, fence: int, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> JsonObject:
        match effect.kind:
            case "wait":
                progress(40.0)
                while not self.gate.wait(0.005):
                    if cancelled():
                        raise BackendError("cancelled")
                return {"fence": fence}
            case "break":
                raise BackendError("the disk said no", internal="sd 0:0:0:0")
            case "refuse":
                raise InvalidInputError("size is wrong", field="size")
            case "crash":
                raise ZeroDivisionError
            case "odd":
                return {"set": {1}}
        return {"echo": effect.args.get("echo")}


def effect(kind: str = "echo", resource: str = "r", **args: object) -> Effect:
    return Effect(kind=kind, target="host:one", resource=resource, args=dict(args))


def end(runner: EffectRunner, key: str) -> Outcome:
    deadline = time.monotonic() + 60
    while isinstance(outcome := runner.outcome(key), Running):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return outcome


@pytest.fixture
def performer() -> Scripted:
    return Scripted()


@pytest.fixture
def runner(performer: Scripted, tmp_path: Path) -> Iterator[EffectRunner]:
    runner = EffectRunner(performer, tmp_path / "journal", workers=3)
    yield runner
    performer.gate.set()
    assert runner.close(10)


def test_an_effect_is_done_with_the_performers_result(runner: EffectRunner) -> None:
    runner.submit(effect(echo=5), "k", 1)
    assert end(runner, "k") == Done({"echo": 5})


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("break", Failed("the disk said no", transient=True)),
        ("refuse", Failed("size is wrong", transient=False)),
        ("crash", Failed("internal error of the agent", transient=True)),
        ("odd", Failed("internal error of the agent", transient=False)),
    ],
)
def test_a_failure_says_whether_another_try_may_help(runner: EffectRunner, kind: str, failure: Failed) -> None:
    runner.submit(effect(kind), "k", 1)
    assert end(runner, "k") == failure


def test_progress_is_told_while_it_runs(runner: EffectRunner, performer: Scripted) -> None:
    runner.submit(effect("wait"), "k", 1)
    assert performer.began.acquire(timeout=60)
    deadline = time.monotonic() + 60
    while runner.outcome("k") != Running(40.0):
        assert time.monotonic() < deadline


def test_effects_of_one_resource_run_in_turn_and_others_side_by_side(runner: EffectRunner, performer: Scripted) -> None:
    for number in range(3):
        runner.submit(effect("wait", "same"), f"same{number}", 1)
    assert performer.began.acquire(timeout=60)
    assert not performer.began.acquire(timeout=0.1)
    runner.submit(effect("wait", "other"), "other", 1)
    assert performer.began.acquire(timeout=60)
    performer.gate.set()
    for key in ("same0", "same1", "same2", "other"):
        assert isinstance(end(runner, key), Done)
    assert performer.most_at_once == 2


def test_effects_of_one_resource_keep_their_order(runner: EffectRunner, performer: Scripted) -> None:
    for number in range(20):
        runner.submit(effect(f"kind{number}"), f"k{number}", 1)
    assert isinstance(end(runner, "k19"), Done)
    assert performer.performed == [f"r:kind{number}" for number in range(20)]


def test_no_more_than_the_workers_run_at_once(runner: EffectRunner, performer: Scripted) -> None:
    for number in range(10):
        runner.submit(effect("wait", f"r{number}"), f"k{number}", 1)
    for _ in range(3):
        assert performer.began.acquire(timeout=60)
    assert not performer.began.acquire(timeout=0.1)
    performer.gate.set()
    for number in range(10):
        end(runner, f"k{number}")
    assert performer.most_at_once == 3


def test_a_running_effect_that_is_cancelled_ends_early_and_is_not_tried_again(
    runner: EffectRunner, performer: Scripted
) -> None:
    runner.submit(effect("wait"), "k", 1)
    assert performer.began.acquire(timeout=60)
    runner.cancel("k")
    assert end(runner, "k") == Failed("cancelled", transient=False)


def test_a_waiting_effect_that_is_cancelled_never_begins(runner: EffectRunner, performer: Scripted) -> None:
    runner.submit(effect("wait"), "first", 1)
    runner.submit(effect("second"), "second", 1)
    runner.submit(effect("third"), "third", 1)
    runner.cancel("second")
    assert runner.outcome("second") == Failed("cancelled before it began")
    performer.gate.set()
    assert isinstance(end(runner, "third"), Done)
    assert performer.performed == ["r:wait", "r:third"]


def test_only_a_lower_fence_is_refused(runner: EffectRunner) -> None:
    runner.submit(effect(), "a", 5)
    runner.submit(effect(), "b", 5)
    runner.submit(effect(), "c", 4)
    runner.submit(effect(resource="other"), "d", 1)
    assert [type(end(runner, key)) for key in "abcd"] == [Done, Done, Failed, Done]


@pytest.mark.parametrize("key", ["", "k" * 513])
def test_a_key_out_of_bounds_is_refused(runner: EffectRunner, key: str) -> None:
    with pytest.raises(InvalidInputError):
        runner.submit(effect(), key, 1)


@pytest.mark.parametrize("workers", [0, 257])
def test_a_pool_out_of_bounds_is_refused(tmp_path: Path, workers: int) -> None:
    with pytest.raises(OutOfRangeError):
        EffectRunner(Scripted(), tmp_path, workers=workers)


def test_an_outcome_is_told_after_it_is_on_disk(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    seen = threading.Event()

    def listen(key: str) -> None:
        told.append((key, type(runner.outcome(key)).__name__))
        seen.set()
        raise RuntimeError("a listener's own fault")

    runner = EffectRunner(Scripted(), tmp_path, on_outcome=listen)
    runner.submit(effect(), "k", 3)
    assert seen.wait(60)
    runner.submit(effect(), "late", 2)
    assert runner.close()
    assert told == [("k", "Done"), ("late", "Failed")]


def test_closing_ends_what_runs_and_keeps_what_waits(tmp_path: Path) -> None:
    performer = Scripted()
    runner = EffectRunner(performer, tmp_path, workers=1)
    runner.submit(effect("wait"), "runs", 1)
    runner.submit(effect("waits"), "waits", 1)
    assert performer.began.acquire(timeout=60)
    assert not runner.close(0.05)
    with pytest.raises(UnreachableError):
        runner.submit(effect(), "more", 1)
    performer.gate.set()
    assert runner.close(5)
    with pytest.raises(UnreachableError):
        runner.outcome("runs")
    again = EffectRunner(performer, tmp_path)
    assert again.outcome("runs") == Done({"fence": 1})
    assert isinstance(end(again, "waits"), Done)
    assert performer.performed == ["r:wait", "r:waits"]
    assert again.close()


def test_a_restart_performs_open_effects_again_with_their_fence_order_and_cancelling(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number, key in enumerate(("a", "b", "c")):
        assert journal.add(key, effect("wait" if key == "b" else f"kind{number}"), 4, 0.0) is True
    journal.mark_cancelled("b")
    journal.close()
    performer = Scripted()
    runner = EffectRunner(performer, tmp_path)
    assert isinstance(end(runner, "a"), Done)
    assert end(runner, "b") == Failed("cancelled", transient=False)
    assert isinstance(end(runner, "c"), Done)
    runner.submit(effect(), "stale", 3)
    assert isinstance(end(runner, "stale"), Failed)
    assert performer.performed == ["r:kind0", "r:wait", "r:kind2"]
    assert runner.close()


def test_one_runner_holds_a_journal(runner: EffectRunner, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="another agent"):
        EffectRunner(Scripted(), tmp_path / "journal")


def test_old_outcomes_and_fences_are_forgotten_and_open_effects_kept(tmp_path: Path) -> None:
    time_now = [1000.0]
    performer = Scripted()
    runner = EffectRunner(performer, tmp_path, keep_s=100.0, now=lambda: time_now[0])
    runner.submit(effect(resource="old"), "old", 9)
    runner.submit(effect("wait", resource="open"), "open", 9)
    end(runner, "old")
    time_now[0] = 1101.0
    assert runner.prune() == 1
    assert runner.outcome("old") == Unknown()
    assert isinstance(runner.outcome("open"), Running)
    runner.submit(effect(resource="old"), "new", 1)
    assert isinstance(end(runner, "new"), Done)
    runner.submit(effect(resource="open"), "stale", 1)
    assert isinstance(end(runner, "stale"), Failed)
    performer.gate.set()
    assert runner.close()


def test_old_outcomes_go_by_themselves_after_an_hour(tmp_path: Path) -> None:
    time_now = [0.0]
    runner = EffectRunner(Scripted(), tmp_path, keep_s=10.0, now=lambda: time_now[0])
    runner.submit(effect(), "old", 1)
    end(runner, "old")
    time_now[0] = 4000.0
    runner.submit(effect(), "new", 1)
    end(runner, "new")
    deadline = time.monotonic() + 60
    while runner.outcome("old") != Unknown():
        assert time.monotonic() < deadline
    assert runner.close()


def test_a_journal_of_a_later_format_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with journal._write() as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    journal.close()
    with pytest.raises(BackendError, match="format"):
        Journal(tmp_path)


def test_a_journal_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "effects.sqlite").write_bytes(b"not a database, for sure" * 100)
    with pytest.raises(BackendError):
        Journal(tmp_path)


def test_a_finished_effect_keeps_its_first_outcome(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add("k", effect(), 1, 0.0)
    journal.finish("k", Done({"n": 1}), 1.0)
    journal.finish("k", Failed("late"), 2.0)
    assert journal.outcome("k") == Done({"n": 1})
    journal.close()
    journal.close()


def test_a_finished_effect_keeps_none_of_its_arguments(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    effect = Effect(kind="guest-set-password", target="host:h", resource="s1", args={"password": "Right-horse-42"})
    assert journal.add("k", effect, 1, 0.0) is True
    assert [entry.effect for entry in journal.open_entries()] == [effect]

    journal.finish("k", Done({}), 1.0)

    assert journal.outcome("k") == Done({})
    journal.close()
    with sqlite3.connect(tmp_path / "effects.sqlite") as db:
        assert [row[0] for row in db.execute("SELECT json_extract(effect, '$.args') FROM effects")] == ["{}"]
    assert not any(b"Right-horse-42" in path.read_bytes() for path in tmp_path.iterdir())

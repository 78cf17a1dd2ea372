"""The stage itself: one at a time, by the seed, and nothing is left behind."""

from __future__ import annotations

import pytest

from cloudcore_adapters.memory.world import ManualClock
from cloudcore_apps.simulate.crash import Crash
from cloudcore_apps.simulate.stage import Actor, Process, Stage


def play(seed: int) -> list[str]:
    stage = Stage(ManualClock(), seed)

    def work() -> None:
        for turn in range(5):
            stage.pause(f"turn {turn}")
            stage.sleep(stage.random.random())

    for name in "abc":
        stage.add(name, work)
    stage.run()
    return stage.log


def test_the_same_seed_gives_the_same_log_and_others_give_others() -> None:
    assert play(1) == play(1)
    assert len({tuple(play(seed)) for seed in range(10)}) == 10


def test_only_one_actor_runs_at_a_time() -> None:
    stage = Stage(ManualClock(), 0)
    running: list[str] = []

    def work(name: str) -> None:
        for _ in range(50):
            running.append(name)
            assert running == [name]
            running.remove(name)
            stage.pause("step")

    for name in "abcd":
        stage.add(name, lambda name=name: work(name))
    stage.run()

    assert len(stage.log) == 200


def test_sleepers_wake_in_the_order_of_time() -> None:
    stage = Stage(ManualClock(), 0)
    woken: list[float] = []

    def work(seconds: float) -> None:
        stage.sleep(seconds)
        woken.append(seconds)

    for seconds in (30.0, 10.0, 20.0):
        stage.add(str(seconds), lambda seconds=seconds: work(seconds))
    stage.run()

    assert woken == [10.0, 20.0, 30.0]
    assert stage.elapsed == 30.0


def test_a_crash_ends_an_actor_where_it_stands() -> None:
    def fault(_actor: Actor, where: str) -> None:
        if where == "second":
            raise Crash

    stage = Stage(ManualClock(), 0, fault)
    reached: list[str] = []

    def work() -> None:
        for where in ("first", "second", "third"):
            stage.pause(where)
            reached.append(where)

    stage.add("mortal", work)
    stage.run()

    assert reached == ["first"]
    assert stage.log[-1] == "0.000 mortal died"


def test_all_actors_of_a_process_die_with_it_and_others_do_not() -> None:
    stage, process, reached = Stage(ManualClock(), 0), Process("p"), []

    def work(name: str, within: Process | None) -> None:
        actor = stage.current
        assert actor is not None
        actor.enter(within)
        for turn in range(3):
            stage.sleep(10)
            reached.append((name, turn))

    def kill() -> None:
        stage.sleep(15)
        process.life += 1

    for name in ("a", "b"):
        stage.add(name, lambda name=name: work(name, process))
    stage.add("outside", lambda: work("outside", None))
    stage.add("killer", kill)
    stage.run()

    assert sorted(reached) == [("a", 0), ("b", 0), ("outside", 0), ("outside", 1), ("outside", 2)]


def test_a_fault_of_an_actor_is_raised_and_nobody_is_left() -> None:
    stage, cleaned = Stage(ManualClock(), 0), []

    def faulty() -> None:
        stage.sleep(5)
        raise ValueError("broken")

    def patient() -> None:
        try:
            while True:
                stage.sleep(1)
        except Crash:
            cleaned.append("once")
            stage.pause("cleaning up")
            raise

    actors = [stage.add("faulty", faulty), stage.add("patient", patient)]

    with pytest.raises(ValueError, match="broken"):
        stage.run()
    assert cleaned == ["once"]
    assert [bool(actor.greenlet) for actor in actors] == [False, False]


def test_a_run_that_does_not_end_is_stopped() -> None:
    stage = Stage(ManualClock(), 0)

    def forever() -> None:
        while True:
            stage.sleep(10)

    stage.add("forever", forever)

    with pytest.raises(AssertionError, match="still running"):
        stage.run(limit_s=100)

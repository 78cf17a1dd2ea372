"""What every flow must do: leave the world as it was when it fails, do the same when it is repeated, survive any crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import attrs
import pytest
from tests.contracts.flow_scenarios import SCENARIOS, Scenario, flow_of
from tests.simulation.cloud import Cloud
from tests.simulation.invariants import check_addresses, check_history, check_ledgers, check_tasks

from cloudcore.model.effects import Effect, Failed, Outcome, Unknown
from cloudcore.model.errors import InvalidInputError
from cloudcore.model.lifecycle import Transition
from cloudcore.tasks.flow import Flow
from cloudcore.tasks.flows import FLOWS
from cloudcore.tasks.task import Task, TaskState
from cloudcore.tasks.worker import Worker
from cloudcore_apps.simulate.crash import Crash

CACHES = ("cachedimages", "storagecachedimages")
LEDGERS = ("hostclaims", "nodeclaims", "storageclaims", "quotausages")
LOGS = ("tasks", "history", "schedulerdecisions")
MOST = 100


class Meddler:
    """An effect port that fails its n-th new effect, before or after the work, or does each effect twice."""

    def __init__(self, cloud: Cloud, *, fail_at: int = 0, late: bool = False, twice: bool = False) -> None:
        self._port = cloud.new_effects()
        self._fail_at = fail_at
        self._late = late
        self._twice = twice
        self.seen: list[str] = []
        self._failed: set[str] = set()

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        if key not in self.seen:
            self.seen.append(key)
            if len(self.seen) == self._fail_at:
                self._failed.add(key)
        if key not in self._failed or self._late:
            self._port.submit(effect, key, fence)
        if self._twice:
            self._port.submit(effect, f"{key}/again", fence)

    def outcome(self, key: str) -> Outcome:
        if key in self._failed:
            return Failed("the effect was made to fail")
        outcome = self._port.outcome(key)
        if not self._twice or isinstance(outcome, Unknown):
            return outcome
        assert self._port.outcome(f"{key}/again") == outcome
        return outcome

    def cancel(self, key: str) -> None:
        self._port.cancel(key)

    def failed(self, task_id: str) -> bool:
        """Whether an effect of this task was made to fail."""
        return any(key.startswith(f"{task_id}/") for key in self._failed)


class Run:
    """One flow in its world, from the state before its operation on. name: of the scenario."""

    def __init__(self, name: str, *, flows: dict[str, Flow] | None = None) -> None:
        self.scenario: Scenario = SCENARIOS[name]
        self.flow = flow_of(name)
        self.crash_at = 0
        self.pauses = 0
        self.armed = ""
        self.cloud = Cloud(
            flows={**FLOWS, **(flows or {})},
            pause=self._pause,
            hosts=2 if self.scenario.leases else 1,
            leases=self.scenario.leases,
            recycle_s=self.scenario.recycle_s,
        )
        self.existing = self.scenario.prepare(self.cloud)
        self.before = world(self.cloud)

    def start(self) -> str:
        """Begin the flow by its operation."""
        self.ident = self.scenario.start(self.cloud, self.existing)
        return self.ident

    def worker(self, port: Any = None) -> Worker:
        """A worker with meddled effects."""
        return attrs.evolve(self.cloud.worker(), effects=port or self.cloud.new_effects())

    def finish(self, port: Any = None) -> Task:
        """Drive it to its end, with new workers for those that die; answers the flow's last task."""
        for _ in range(MOST):
            try:
                self.cloud.held.clear()
                self.cloud.settle(self.worker(port))
                return self.task()
            except Crash:
                continue
        raise AssertionError("it crashed too often")

    def task(self) -> Task:
        """The last task of the flow."""
        found: list[Task] = [task for task in self.cloud.rows("tasks") if task.flow == self.flow]
        return max(found, key=lambda task: task.created_at)

    def status(self) -> str:
        """The object's status, or `gone`."""
        row = self.cloud.row(self.scenario.plural, self.ident)
        return "gone" if row is None else str(row.status)

    def crash(self, where: str, at: int) -> None:
        """From now on the process dies at the n-th pause of that name."""
        self.armed, self.crash_at, self.pauses = where, at, 0

    @property
    def crashed(self) -> bool:
        """Whether it did."""
        return self.pauses >= self.crash_at

    def _pause(self, where: str) -> None:
        if self.armed and where.startswith(self.armed):
            self.pauses += 1
            if self.pauses == self.crash_at:
                raise Crash


def world(cloud: Cloud, *, without: str = "", fresh: bool = False) -> dict[str, Any]:
    """All that is there but logs and caches, comparable between runs: no times, versions, renewals, empty ledgers.

    without: id of an object that is left out; fresh: it was not there before, so that its row is left out whole,
    otherwise only its status.
    """
    found: dict[str, Any] = {}
    for plural, rows in cloud.store.rows.items():
        for ident, row in rows.items():
            if plural in LOGS + CACHES:
                continue
            values = _plain(row)
            if plural in LEDGERS and not any(
                value for key, value in values.items() if key not in ("id", "host_id", "node")
            ):
                continue
            if ident == without:
                if fresh:
                    continue
                values = {k: v for k, v in values.items() if k not in ("status", "status_reason")}
            found[f"{plural}/{ident}"] = values
    for ident, machine in cloud.machines.items():
        things = [
            [f.kind.value, f.ident, f.power_state] for f in machine.machine.inventory() if f.kind.value != "image"
        ]
        things += [[v.volume_id, sorted(v.snapshots)] for v in machine.machine.volumes.values() if v.snapshots]
        found[f"host {ident}"] = things
    found["bytes"] = sorted(cloud.images._held)
    return json.loads(json.dumps(found, sort_keys=True, default=str))  # type: ignore[no-any-return]


def _plain(row: Any) -> dict[str, Any]:
    skipped = ("updated_at", "created_at", "update_version", "progress", "turn")
    return {k: v for k, v in row.__dict__.items() if k not in skipped and not isinstance(v, datetime)}


def left(run: Run) -> dict[str, Any]:
    """The world after a failure that took everything back."""
    return world(run.cloud, without=run.ident, fresh=not run.existing)


def expected(run: Run) -> dict[str, Any]:
    """The world before, seen in the same way."""
    found = dict(run.before)
    if run.existing:
        key = f"{run.scenario.plural}/{run.ident}"
        if key in found:
            found[key] = {k: v for k, v in found[key].items() if k not in ("status", "status_reason")}
    return found


def transitions(run: Run) -> list[Transition]:
    """The ways that the object's lifecycle has for this flow."""
    lifecycle = run.cloud.platform.types[run.scenario.plural].lifecycle
    assert lifecycle is not None
    return [transition for transition in lifecycle.transitions if transition.flow == run.flow]


def check_failed(run: Run, task: Task) -> None:
    """A failure: said so, nothing is held, and a user can go on from there."""
    assert task.state is TaskState.FAILED
    check_tasks(run.cloud)
    check_ledgers(run.cloud)
    check_addresses(run.cloud)
    check_history(run.cloud)
    failures = {str(s) for t in transitions(run) for s in (t.failed, *t.also_failed)}
    assert run.status() in failures
    again = run.scenario.again or run.scenario.start
    known = {one.id for one in run.cloud.rows("tasks")}
    again(run.cloud, run.ident)
    run.cloud.settle()
    check_tasks(run.cloud)
    begun = [one for one in run.cloud.rows("tasks") if one.id not in known]
    assert begun or run.status() == "gone"
    assert [(one.flow, one.error) for one in begun if one.state is not TaskState.COMPLETE] == []


@cache
def succeeded(name: str) -> tuple[str, dict[str, Any], int]:
    """The end of an undisturbed run: status, world, number of effects."""
    run = Run(name)
    run.start()
    port = Meddler(run.cloud)
    task = run.finish(port)
    assert task.state is TaskState.COMPLETE, task.error
    assert run.cloud.defects == []
    return run.status(), world(run.cloud), len(port.seen)


def parts() -> Iterator[Any]:
    for name, flow in FLOWS.items():
        for step in flow.steps:
            for part in ("do", "done"):
                yield pytest.param(name, step.name, part, id=f"{name}-{step.name}-{part}")


def test_every_flow_has_a_scenario() -> None:
    assert sorted(FLOWS) == sorted({flow_of(name) for name in SCENARIOS})
    assert all(name == flow.name for name, flow in FLOWS.items())


@pytest.mark.parametrize("name", FLOWS)
def test_names_of_steps_are_unique(name: str) -> None:
    names = [step.name for step in FLOWS[name].steps]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_flow_ends_in_the_status_of_its_lifecycle(name: str) -> None:
    run = Run(name)
    run.start()
    task = run.finish()

    ends = {"gone" if s is None else str(s) for t in transitions(run) for s in (t.to, *t.also_to)}
    assert task.state is TaskState.COMPLETE
    assert run.status() in ends
    check_tasks(run.cloud)
    check_ledgers(run.cloud)
    check_history(run.cloud)


@pytest.mark.parametrize(("name", "step", "part"), list(parts()))
def test_failing_in_any_function_leaves_nothing_behind(name: str, step: str, part: str) -> None:
    def refuse(*_args: Any) -> None:
        raise InvalidInputError("refused here")

    flow = FLOWS[name]
    steps = tuple(attrs.evolve(s, **{part: refuse}) if s.name == step else s for s in flow.steps)
    reached = 0
    for scenario in (s for s in SCENARIOS if flow_of(s) == name):
        run = Run(scenario, flows={name: attrs.evolve(flow, steps=steps)})
        run.start()

        task = run.finish()

        if not task.error:
            continue  # this scenario does not take the step
        reached += 1
        assert task.error == "refused here"
        if run.scenario.takes_back:
            assert left(run) == expected(run)
        else:
            check_ledgers(run.cloud)
    assert reached, "no scenario takes the step"


def goes_on(name: str, task: Task) -> bool:
    """Whether it was past its point of no return, from which it is tried until it is done."""
    no_return = FLOWS[flow_of(name)].no_return
    return any((entry["step"], entry["event"]) == (no_return, "retry") for entry in task.log)


def last_that_is_taken_back(name: str) -> int:
    """The number of the last effect that ends the task when it fails."""
    _, _, effects = succeeded(name)
    for number in range(effects, 1, -1):
        run = Run(name)
        run.start()
        if not goes_on(name, run.finish(Meddler(run.cloud, fail_at=number, late=True))):
            return number
    return 1


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_failing_at_any_effect_leaves_nothing_behind(name: str, late: bool) -> None:
    _, _, effects = succeeded(name)
    assert effects > 0
    for number in range(1, effects + 1):
        run = Run(name)
        run.start()

        meddler = Meddler(run.cloud, fail_at=number, late=late)
        task = run.finish(meddler)

        if not meddler.failed(task.id):  # it failed for what this one waited for
            assert task.state is TaskState.COMPLETE
            continue
        if goes_on(name, task):
            assert (task.state, world(run.cloud)) == (TaskState.COMPLETE, succeeded(name)[1])
            continue
        assert task.error == "the effect was made to fail"
        if run.scenario.takes_back:
            assert left(run) == expected(run), number
        check_failed(run, task)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_effect_twice_is_the_same_as_once(name: str) -> None:
    status, end, _ = succeeded(name)
    run = Run(name)
    run.start()

    task = run.finish(Meddler(run.cloud, twice=True))

    assert task.state is TaskState.COMPLETE
    assert (run.status(), world(run.cloud)) == (status, end)


@pytest.mark.parametrize(
    "where",
    [
        "commit",
        "submitted",
        *(pytest.param(where, marks=pytest.mark.slow) for where in ("begin", "submit ", "outcome")),
    ],
)
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_anywhere_leads_to_the_same_end(name: str, where: str) -> None:
    status, end, _ = succeeded(name)
    for number in range(1, MOST):
        run = Run(name)
        run.start()
        run.crash(where, number)

        task = run.finish()

        assert task.state is TaskState.COMPLETE
        assert (run.status(), world(run.cloud)) == (status, end), number
        assert run.cloud.defects == []
        if not run.crashed:
            break
    assert number > 1


@pytest.mark.parametrize("where", ["commit", pytest.param("submit ", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_crash_anywhere_on_the_way_back_leads_to_the_same_end(name: str, where: str) -> None:
    last = last_that_is_taken_back(name)
    for number in range(1, MOST):
        run = Run(name)
        run.start()
        run.crash(where, number)

        task = run.finish(Meddler(run.cloud, fail_at=last, late=True))

        assert task.state is TaskState.FAILED
        if run.scenario.takes_back:
            assert left(run) == expected(run), number
        crashed = run.crashed
        run.armed = ""
        check_failed(run, task)
        if not crashed:
            break
    assert number > 1

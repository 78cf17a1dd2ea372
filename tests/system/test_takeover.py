"""Processes of their own on one PostgreSQL: one is killed or frozen, the other takes over within the lease."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import attrs
import pytest
from tests.perf.steps_bench import HELD, Place, Stamping, _heard, _worker, opened

from cloudcore.tasks.engine import LEASE_S
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.task import Task
from cloudcore_adapters.sql.engine import IDLE_TIMEOUT_MS
from cloudcore_adapters.sql.migrations import migrate

STEPS_S = 20
"""So long the steps themselves may take."""

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


@pytest.fixture
def place(fresh_postgres_url: str) -> Iterator[Place]:
    found = opened(fresh_postgres_url)
    migrate(found.uow.engine)
    yield found
    found.uow.close()


def ended_within(place: Place, seconds: float) -> float:
    began = time.monotonic()
    while place.left():
        assert time.monotonic() < began + seconds, "nobody took over in time"
        time.sleep(0.02)
    return time.monotonic() - began


def changed(old: Task, new: Task) -> dict[str, tuple[object, object]]:
    names = [field.name for field in attrs.fields(Task)]
    return {n: (getattr(old, n), getattr(new, n)) for n in names if getattr(old, n) != getattr(new, n)}


def test_what_a_killed_process_held_is_taken_over_within_the_lease_and_a_second(place: Place) -> None:
    first = _worker(str(place.uow.engine.url.render_as_string(hide_password=False)), "first", "hold")
    try:
        _heard(first)
        idents = place.begin(HELD)
        while place.held_by("first") < len(idents):
            time.sleep(0.05)
    finally:
        first.send_signal(signal.SIGKILL)
        first.communicate()
    with place.working("second", InlineEffects(performer=Stamping())):
        ended_within(place, LEASE_S + 1)


def test_a_process_that_wakes_after_its_lease_changes_nothing(place: Place) -> None:
    """It held tasks, was frozen, and they were done by another: it must notice, and work on with what is new.

    It may be frozen within a unit of work, whose locks keep the other out until the database ends the unit; and the other has
    all steps of all tasks to take, on a machine that may be busy.
    """
    stamping = Stamping()
    first = _worker(str(place.uow.engine.url.render_as_string(hide_password=False)), "first", "stamp-slowly")
    try:
        _heard(first)
        idents = place.begin(HELD)
        while place.held_by("first") < len(idents):
            time.sleep(0.05)
        first.send_signal(signal.SIGSTOP)
        with place.working("second", InlineEffects(performer=stamping)):
            ended_within(place, LEASE_S + IDLE_TIMEOUT_MS / 1000 + STEPS_S)
        assert set(stamping.at) == set(idents)
        before = place.journals(idents)
        first.send_signal(signal.SIGCONT)
        time.sleep(3)
        assert [changed(*pair) for pair in zip(before, place.journals(idents), strict=True)] == [{}] * HELD
        place.begin(1)
        ended_within(place, 30)
    finally:
        first.kill()
        first.communicate()

"""The threads that drive tasks, number the history, and say that hosts are alive."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import attrs

from cloudcore.model.errors import CloudcoreError
from cloudcore.tasks.task import Task
from cloudcore.tasks.worker import MOST_TOGETHER, Worker

DUE_EVERY_S = 0.5
FIRST_LOOK_S = 0.05
LONGEST_LOOK_S = 1.0
GATHER_S = 0.004
"""Requests that commit within this time have their tasks looked for, and taken further, together."""
FOREIGN_S = 0.01
"""So long whoever begins a task has to take it before others do."""
NUMBER_AFTER_S = 0.09
NUMBER_EVERY_S = 1.0
MOST_DUE = 500
DUE = "due"
HISTORY = "history"
DRAIN_S = 5.0
_REST_S = 5.0

_log = logging.getLogger(__name__)


@attrs.define
class _Job:
    """One task in this process; guarded by the runner's condition.

    task: as it was last seen; None before it is taken. due: when to look at it, monotonic. pushed: somebody called for it
    while it was being looked at.
    """

    task: Task | None
    due: float
    wait: float = FIRST_LOOK_S
    busy: bool = False
    pushed: bool = False


@attrs.define
class Chore:
    """Something done again and again, by one thread for all chores: `every_s` after it last ended, or when called for."""

    name: str
    work: Callable[[], object]
    every_s: float
    due: float = 0.0


class Runner:
    """Drives a worker's tasks with a few threads."""

    def __init__(self, worker: Worker, chores: Sequence[Chore] = (), *, threads: int = 3) -> None:
        """chores: done besides, each in its rhythm; what one raises is logged and it comes again later."""
        self._worker = worker
        self._changed = threading.Condition()
        self._jobs: dict[str, _Job] = {}
        self._closing = False
        self._chores = [Chore(DUE, self._find_due, DUE_EVERY_S), *chores]
        self._chores_changed = threading.Condition()
        self._threads = [threading.Thread(target=self._drive, name=f"tasks-{n}", daemon=True) for n in range(threads)]
        self._threads.append(threading.Thread(target=self._do_chores, name="chores", daemon=True))

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def wake(self, task_id: str = "") -> None:
        """A task was begun: take it at once. Without an id: something was committed that may have begun one."""
        self.call(HISTORY, NUMBER_AFTER_S)
        if not task_id:
            self.call(DUE, GATHER_S)
            return
        self._add(task_id)

    def _add(self, task_id: str) -> None:
        with self._changed:
            job = self._jobs.setdefault(task_id, _Job(None, time.monotonic()))
            job.pushed, job.due = True, min(job.due, time.monotonic())
            self._changed.notify()

    def told(self, topic: str) -> None:
        """Somebody has announced work, here or in another process: at a place, or anywhere, where he may take it himself."""
        if not topic:
            self.call(DUE, FOREIGN_S)
        elif self._worker.engine.near is None or topic in self._worker.engine.near:
            self.call(DUE, 0.0)

    def hear(self, key: str) -> None:
        """An effect has ended: look at its task at once."""
        with self._changed:
            job = self._jobs.get(key.partition("/")[0])
            if job is not None:
                job.pushed = True
                job.due = time.monotonic()
                self._changed.notify()

    def call(self, chore: str, within_s: float) -> None:
        """Do a chore within this time even if its turn comes later."""
        with self._chores_changed:
            for each in self._chores:
                due = time.monotonic() + within_s
                if each.name == chore and each.due > due:
                    each.due = due
                    self._chores_changed.notify()

    @property
    def held(self) -> int:
        """How many tasks this process drives just now."""
        with self._changed:
            return len(self._jobs)

    def stop(self, drain_s: float = DRAIN_S) -> None:
        """Finish what is being looked at, at most for this time; tasks that wait for the world are taken up by the next start."""
        deadline = time.monotonic() + drain_s
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        with self._chores_changed:
            self._chores_changed.notify_all()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    def _drive(self) -> None:
        while picked := self._pick():
            if len(picked) == 1 or not self._together(picked):
                for ident, job in picked.items():
                    self._alone(ident, job)
            self.call(HISTORY, NUMBER_AFTER_S)

    def _together(self, picked: Mapping[str, _Job]) -> bool:
        """Take many tasks further with one commit for what they do next; False when that did not succeed."""
        fresh = [ident for ident, job in picked.items() if job.task is None]
        held = [job.task for job in picked.values() if job.task is not None]
        try:
            waiting = [*self._worker.run_all(fresh), *self._worker.turn_all(held)]
        except Exception:  # noqa: BLE001 - see below
            # Each by itself meets its own failure, and is logged.
            return False
        following = {task.id: task for task in waiting}
        for ident, job in picked.items():
            self._settle(ident, job, following.get(ident))
        return True

    def _alone(self, ident: str, job: _Job) -> None:
        try:
            following = self._worker.run(ident) if job.task is None else self._worker.turn(job.task)
        except CloudcoreError as error:
            _log.warning("task %s: %s [%s]", ident, error, error.internal)
            self._put_off(ident, job)
        except Exception:  # noqa: BLE001 - see below
            # One broken task must not end the thread that drives the others.
            _log.exception("task %s", ident)
            self._put_off(ident, job)
        else:
            self._settle(ident, job, following)

    def _pick(self) -> Mapping[str, _Job]:
        """What is due, the longest waiting first, at most so many as are advanced together; empty when it is over."""
        with self._changed:
            while not self._closing:
                free = sorted((job.due, ident) for ident, job in self._jobs.items() if not job.busy)
                now = time.monotonic()
                due = [ident for when, ident in free if when <= now][:MOST_TOGETHER]
                for ident in due:
                    self._jobs[ident].busy, self._jobs[ident].pushed = True, False
                if due:
                    return {ident: self._jobs[ident] for ident in due}
                self._changed.wait(free[0][0] - now if free else None)
            return {}

    def _settle(self, ident: str, job: _Job, following: Task | None) -> None:
        with self._changed:
            job.busy = False
            if following is None:
                # A push that came meanwhile can only be of effects that are settled by now.
                del self._jobs[ident]
                return
            moved = job.task is None or following.update_version != job.task.update_version
            job.task = following
            job.wait = FIRST_LOOK_S if moved else min(job.wait * 1.6, LONGEST_LOOK_S)
            job.due = time.monotonic() + (0.0 if moved or job.pushed else job.wait)
            self._changed.notify()

    def _put_off(self, ident: str, job: _Job) -> None:
        """Forget a task that failed us; it is found again when its lease is over."""
        with self._changed:
            job.busy = False
            self._jobs.pop(ident, None)

    def _find_due(self) -> None:
        for ident in self._worker.due(MOST_DUE):
            self._add(ident)

    def _do_chores(self) -> None:
        while True:
            with self._chores_changed:
                chore = min(self._chores, key=lambda each: each.due)
                wait = chore.due - time.monotonic()
                if self._closing:
                    return
                if wait > 0:
                    self._chores_changed.wait(wait)
                    continue
                chore.due = time.monotonic() + chore.every_s
            try:
                chore.work()
            except CloudcoreError as error:
                _log.warning("%s: %s [%s]", chore.name, error, error.internal)
                chore.due = time.monotonic() + _REST_S
            except Exception:  # noqa: BLE001 - see below
                # The other chores must go on.
                _log.exception("%s", chore.name)
                chore.due = time.monotonic() + _REST_S

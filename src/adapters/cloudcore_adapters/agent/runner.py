"""Performs journalled effects in a bounded pool of threads."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import attrs

from cloudcore.model.effects import Done, Effect, Failed, Outcome, Running, outdated
from cloudcore.model.errors import (
    BackendError,
    CloudcoreError,
    Contention,
    InvalidInputError,
    OutdatedError,
    OutOfRangeError,
    UnreachableError,
)
from cloudcore.ports.effects import Performer
from cloudcore_adapters.agent.journal import Entry, Journal

DAY_S = 86400.0
_PRUNE_EVERY_S = 3600.0
_log = logging.getLogger(__name__)


@attrs.define
class _Job:
    """One open effect in memory; guarded by the runner's lock."""

    entry: Entry
    cancelled: threading.Event
    progress: float = 0.0
    running: bool = False


class EffectRunner:
    """An effect port in process around one performer.

    Effects of one resource are performed one after the other, in the order of submission; those of different resources side by
    side. What was submitted is on disk before `submit` returns; a runner that opens the journal of a killed one performs its open
    effects again.
    """

    def __init__(
        self,
        performer: Performer,
        journal: Path,
        *,
        workers: int = 4,
        on_outcome: Callable[[str], None] | None = None,
        keep_s: float = 30 * DAY_S,
        now: Callable[[], float] = time.time,
        barred: bool = False,
    ) -> None:
        """Open the journal and go on with what is open in it.

        journal: a folder of this runner's own.
        workers: how many effects run at once, 1 to 256.
        on_outcome: called with the key from a worker's thread after an outcome is on disk; a hint, not a guarantee: who missed
            it asks `outcome`.
        keep_s: how long finished effects, and fences of resources without effects, are remembered.
        now: seconds since the epoch.
        barred: perform nothing until `admit`, as after `bar`.

        Raises:
            ConflictError: another runner holds the journal.
        """
        if not 1 <= workers <= 256:
            raise OutOfRangeError("workers must be between 1 and 256", field="workers")
        self._performer = performer
        self._on_outcome = on_outcome
        self._keep_s = keep_s
        self._now = now
        self._journal = Journal(journal)
        self._changed = threading.Condition()
        self._jobs: dict[str, _Job] = {}
        self._queues: dict[str, deque[_Job]] = {}
        self._ready: deque[str] = deque()
        self._closing = False
        self._barred = barred
        self._floor = 0
        self._pruned = now()
        self._journal.prune(self._pruned - keep_s)
        for entry in self._journal.open_entries():
            self._enqueue(entry)
        self._threads = [threading.Thread(target=self._work, name=f"effects-{n}", daemon=True) for n in range(workers)]
        for thread in self._threads:
            thread.start()

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """See `EffectPort.submit`; additionally raises InvalidInputError for an empty or overlong key."""
        if not 0 < len(key) <= 512:
            raise InvalidInputError("an effect's key has 1 to 512 characters", field="key")
        with self._changed:
            if self._closing:
                raise UnreachableError("the agent is closing")
            if self._barred:
                raise UnreachableError("the host has no lease")
            added = self._journal.add(key, effect, fence, self._now())
            if added is True:
                self._enqueue(Entry(key, effect, fence, cancelled=False))
                self._changed.notify()
                if fence < self._floor:
                    self._give_up(self._jobs[key], "the host was fenced since this was asked for")
                    added = Failed("")
        if isinstance(added, Failed):
            self._tell(key)

    def outcome(self, key: str) -> Outcome:
        """See `EffectPort.outcome`."""
        with self._changed:
            if (job := self._jobs.get(key)) is not None:
                if self._barred and not job.running:
                    raise UnreachableError("the host has no lease")
                return Running(job.progress)
        return self._journal.outcome(key)

    def cancel(self, key: str) -> None:
        """See `EffectPort.cancel`; an effect that has not begun fails at once, a finished or unknown one is left alone."""
        with self._changed:
            job = self._jobs.get(key)
            if job is None:
                return
            self._journal.mark_cancelled(key)
            job.cancelled.set()
            if job.running:
                return
            self._journal.finish(key, Failed("cancelled before it began"), self._now())
            self._forget(job)
        self._tell(key)

    def bar(self) -> None:
        """Begin nothing more, and take nothing, until `admit`; what has begun is asked to end early."""
        with self._changed:
            self._barred = True
            for job in self._jobs.values():
                if job.running:
                    job.cancelled.set()

    def admit(self, floor: int = 0) -> None:
        """Go on; effects with a fence below the floor fail when they are submitted."""
        with self._changed:
            self._barred, self._floor = False, max(self._floor, floor)
            self._changed.notify_all()

    def abandon(self) -> None:
        """Let what was submitted and has not begun end as failed: it was asked for before the host was fenced."""
        with self._changed:
            waiting = [job for job in self._jobs.values() if not job.running]
            for job in waiting:
                self._give_up(job, "the host was fenced meanwhile")
        for job in waiting:
            self._tell(job.entry.key)

    def _give_up(self, job: _Job, reason: str) -> None:
        self._journal.finish(job.entry.key, Failed(reason, transient=True), self._now())
        self._forget(job)

    def prune(self) -> int:
        """Forget finished effects older than `keep_s`; also done hourly by itself. Answers how many."""
        return self._journal.prune(self._now() - self._keep_s)

    def close(self, timeout_s: float = 60.0) -> bool:
        """Take no more effects, wait for those that have begun, and let go of the journal.

        Effects that have not begun stay journalled for the next start. Answers False, with the journal still held, when some
        were not done within the time.
        """
        deadline = time.monotonic() + timeout_s
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            return False
        self._journal.close()
        return True

    def _enqueue(self, entry: Entry) -> None:
        job = _Job(entry, threading.Event())
        if entry.cancelled:
            job.cancelled.set()
        self._jobs[entry.key] = job
        queue = self._queues.setdefault(entry.effect.resource, deque())
        queue.append(job)
        if len(queue) == 1:
            self._ready.append(entry.effect.resource)

    def _forget(self, job: _Job) -> None:
        resource = job.entry.effect.resource
        queue = self._queues[resource]
        first = queue[0] is job
        queue.remove(job)
        del self._jobs[job.entry.key]
        if not queue:
            del self._queues[resource]
            if not job.running:
                self._ready.remove(resource)
        elif first and job.running:
            self._ready.append(resource)
            self._changed.notify()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            outcome = self._perform(job)
            if not self._record(job.entry.key, outcome):
                return
            with self._changed:
                self._forget(job)
            self._tell(job.entry.key)
            self._prune_hourly()

    def _next(self) -> _Job | None:
        with self._changed:
            while not self._closing:
                if self._ready and not self._barred:
                    job = self._queues[self._ready.popleft()][0]
                    job.running = True
                    return job
                self._changed.wait()
            return None

    def _perform(self, job: _Job) -> Done | Failed:
        entry = job.entry

        def progress(percent: float) -> None:
            job.progress = min(100.0, max(0.0, percent))

        what = f"{entry.effect.kind} {entry.key} of request {entry.effect.request_id or 'none'}"
        try:
            _log.info("performing %s", what)
            result = self._performer.perform(entry.effect, entry.fence, progress, job.cancelled.is_set)
        except OutdatedError as e:
            _log.warning("%s refused: %s", what, e)
            return outdated(e.fence, e.newest)
        except (BackendError, Contention) as e:
            _log.warning("%s failed: %s [%s]", what, e, e.internal)
            return Failed(str(e), transient=not job.cancelled.is_set())
        except CloudcoreError as e:
            _log.warning("%s refused: %s [%s]", what, e, e.internal)
            return Failed(str(e))
        except Exception:  # noqa: BLE001 - a fault of the performer must not end the worker
            _log.exception("%s broke", what)
            return Failed("internal error of the agent", transient=True)
        _log.info("performed %s", what)
        return Done(result)

    def _record(self, key: str, outcome: Done | Failed) -> bool:
        """Write the outcome down, however long the disk needs; False when the journal is gone, which leaves the effect open."""
        while True:
            try:
                self._journal.finish(key, outcome, self._now())
            except UnreachableError as e:
                _log.error("outcome of %s not recorded: %s", key, e.internal)
                if self._closing:
                    return False
                time.sleep(1.0)
            except (TypeError, ValueError) as e:  # a result that is not JSON
                outcome = Failed("internal error of the agent")
                _log.error("outcome of %s cannot be written: %s", key, e)
            else:
                return True

    def _tell(self, key: str) -> None:
        if self._on_outcome is None:
            return
        try:
            self._on_outcome(key)
        except Exception:  # noqa: BLE001 - the listener's fault is not the effect's
            _log.exception("the listener for outcomes failed on %s", key)

    def _prune_hourly(self) -> None:
        with self._changed:
            due = self._now() - self._pruned > _PRUNE_EVERY_S
            if due:
                self._pruned = self._now()
        if due:
            try:
                self.prune()
            except UnreachableError as e:
                _log.warning("old effects were not pruned: %s", e.internal)

"""Where the synchronous core runs: bounded threads, and bounded numbers of transfers."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from anyio import CapacityLimiter

from cloudcore.model.errors import TooManyRequestsError

T = TypeVar("T")

TIDE_EVERY_S = 0.1
IDLE_S = 10.0


class _Job:
    """Work on its way to a thread, and its result on the way back."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Any]) -> None:
        self.result: asyncio.Future[Any] | None = loop.create_future()
        self.over: asyncio.Future[None] | None = None
        self.is_told = False
        self._loop = loop
        self._work = work

    def do(self) -> tuple[Any, BaseException | None]:
        """In the thread: what the work gives, or what it raises."""
        try:
            return self._work(), None
        except BaseException as error:  # noqa: BLE001 - raised where the result is waited for
            return None, error

    def tell(self, result: Any, error: BaseException | None) -> None:
        """In the thread: say it to the event loop, unless that has ended, and with it whoever waited."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._take, result, error)

    def _take(self, result: Any, error: BaseException | None) -> None:
        self.is_told = True
        if self.over is not None:
            self.over.set_result(None)
        if self.result is None or self.result.done():
            return
        if isinstance(error, StopIteration):
            error = RuntimeError("the work ended an iteration that is not its own")
        if error is None:
            self.result.set_result(result)
        else:
            self.result.set_exception(error)


class Workers:
    """At most `size` threads at once; at most `waiting` requests wait for one.

    What has begun is waited for, also by whoever is cancelled meanwhile. A thread that was idle for `idle_s` ends.
    """

    def __init__(self, size: int, waiting: int, *, idle_s: float = IDLE_S) -> None:
        self._size = size
        self._idle_s = idle_s
        self._waiting = waiting
        self._lock = threading.Lock()
        self._threads = 0
        self._idle: list[SimpleQueue[_Job]] = []
        self._backlog: deque[_Job] = deque()

    def state(self) -> Mapping[str, int]:
        """How many threads there may be, how many work, how many requests wait."""
        with self._lock:
            active, waiting = self._threads - len(self._idle), len(self._backlog)
        return {"max": self._size, "active": active, "waiting": waiting}

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Run `work(*args)` in a thread and give its result.

        Raises:
            TooManyRequestsError: too many others wait already.
        """
        job = _Job(asyncio.get_running_loop(), partial(work, *args))
        self._submit(job)
        assert job.result is not None
        try:
            found: T = await job.result
        except asyncio.CancelledError:
            # The result may have come since: who is woken by one can still be cancelled before he runs.
            if not job.is_told and not self._withdrawn(job):
                job.over = asyncio.get_running_loop().create_future()
                with anyio.CancelScope(shield=True):
                    await job.over
            raise
        finally:
            job.result = None  # what it raised refers to the frames that refer to this
        return found

    def _submit(self, job: _Job) -> None:
        with self._lock:
            if self._idle:
                # The one that worked last: what it needs is still in the processor's cache.
                self._idle.pop().put(job)
                return
            if self._threads == self._size:
                if len(self._backlog) >= self._waiting:
                    raise _too_many()
                self._backlog.append(job)
                return
            self._threads += 1
        threading.Thread(target=self._live, args=(job,), name="rest-worker", daemon=True).start()

    def _withdrawn(self, job: _Job) -> bool:
        """Take back what has not begun; whether that was so."""
        with self._lock:
            waits = job in self._backlog
            if waits:
                self._backlog.remove(job)
        return waits

    def _live(self, first: _Job) -> None:
        """The life of a thread."""
        job: _Job | None = first
        del first
        box: SimpleQueue[_Job] = SimpleQueue()
        while job is not None:
            told = job.do()
            with self._lock:
                following = self._backlog.popleft() if self._backlog else None
                if following is None:
                    self._idle.append(box)
            # Only now: whoever hears it may ask again at once, and finds a thread.
            job.tell(*told)
            del job, told
            job = following or self._rest(box)
            del following

    def _rest(self, box: SimpleQueue[_Job]) -> _Job | None:
        """The next work, or None when there was none for long enough."""
        try:
            return box.get(timeout=self._idle_s)
        except Empty:
            with self._lock:
                if box in self._idle:
                    self._idle.remove(box)
                    self._threads -= 1
                    return None
        return box.get()


class BridgedWorkers:
    """The same for work that calls back into the event loop while it runs (`anyio.from_thread`)."""

    def __init__(self, size: int, waiting: int) -> None:
        self._limiter = CapacityLimiter(size)
        self._waiting = waiting

    def state(self) -> Mapping[str, int]:
        """See `Workers.state`."""
        told = self._limiter.statistics()
        return {"max": int(told.total_tokens), "active": told.borrowed_tokens, "waiting": told.tasks_waiting}

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """See `Workers.run`."""
        if self._limiter.available_tokens <= 0 and self._limiter.statistics().tasks_waiting >= self._waiting:
            raise _too_many()
        return await anyio.to_thread.run_sync(work, *args, limiter=self._limiter)


def _too_many() -> TooManyRequestsError:
    return TooManyRequestsError("too many requests wait already", data={"retry_after": 1})


class Tide:
    """How far the history has come; asked at most every tenth of a second, however many wait for it."""

    def __init__(self, workers: Workers, ask: Callable[[], int]) -> None:
        self._workers = workers
        self._ask = ask
        self._lock = anyio.Lock()
        self._asked_at = -1.0
        self._position = 0

    async def position(self) -> int:
        """The position of the newest record."""
        async with self._lock:
            if anyio.current_time() - self._asked_at >= TIDE_EVERY_S:
                self._position = await self._workers.run(self._ask)
                self._asked_at = anyio.current_time()
            return self._position


class Slots:
    """How many transfers run, in total and for each caller. Used from the event loop only, so it needs no lock."""

    def __init__(self, total: int, per_caller: int) -> None:
        self._total = total
        self._per_caller = per_caller
        self._held: dict[str, int] = {}

    @contextmanager
    def hold(self, caller: str) -> Iterator[None]:
        """Hold one slot for the caller.

        Raises:
            TooManyRequestsError: none is free.
        """
        own = self._held.get(caller, 0)
        if own >= self._per_caller or sum(self._held.values()) >= self._total:
            raise TooManyRequestsError("too many of these are under way", data={"retry_after": 5})
        self._held[caller] = own + 1
        try:
            yield
        finally:
            left = self._held[caller] - 1
            if left:
                self._held[caller] = left
            else:
                del self._held[caller]

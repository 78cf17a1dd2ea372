"""Where the synchronous core runs: bounded threads, and bounded numbers of transfers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio import CapacityLimiter

from cloudcore.model.errors import TooManyRequestsError

T = TypeVar("T")

TIDE_EVERY_S = 0.1


class Workers:
    """At most `size` threads at once; at most `waiting` requests wait for one."""

    def __init__(self, size: int, waiting: int) -> None:
        self._limiter = CapacityLimiter(size)
        self._waiting = waiting

    def state(self) -> Mapping[str, int]:
        """How many threads there may be, how many work, how many requests wait."""
        told = self._limiter.statistics()
        return {"max": int(told.total_tokens), "active": told.borrowed_tokens, "waiting": told.tasks_waiting}

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Run `work(*args)` in a thread and give its result.

        Raises:
            TooManyRequestsError: too many others wait already.
        """
        if self._limiter.available_tokens <= 0 and self._limiter.statistics().tasks_waiting >= self._waiting:
            raise TooManyRequestsError("too many requests wait already", data={"retry_after": 1})
        return await anyio.to_thread.run_sync(work, *args, limiter=self._limiter)


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

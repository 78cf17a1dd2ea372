"""Threads that run the core: so many, so many waiting, and none left behind."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref

import anyio
import pytest

from cloudcore.model.errors import TooManyRequestsError
from cloudcore_adapters.rest.workers import Workers


class Held:
    """Work that goes on until it may end."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun: list[object] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def work(self, what: object) -> object:
        with self._lock:
            self.begun.append(what)
            self._now += 1
            self.most = max(self.most, self._now)
        self.go_on.wait(10)
        with self._lock:
            self._now -= 1
        return what


async def until(condition) -> None:
    with anyio.fail_after(10):
        while not condition():  # noqa: ASYNC110 - it is threads that change it
            await asyncio.sleep(0.005)


def test_as_many_at_once_as_there_may_be_and_the_others_in_turn():
    async def main() -> None:
        held, workers = Held(), Workers(2, 3)
        tasks = [asyncio.create_task(workers.run(held.work, n)) for n in range(5)]
        await until(lambda: len(held.begun) == 2)
        assert workers.state() == {"max": 2, "active": 2, "waiting": 3}
        with pytest.raises(TooManyRequestsError):
            await workers.run(held.work, 5)
        held.go_on.set()
        assert await asyncio.gather(*tasks) == [0, 1, 2, 3, 4]
        assert sorted(held.begun[2:]) == [2, 3, 4]
        assert held.most == 2
        assert workers.state() == {"max": 2, "active": 0, "waiting": 0}

    asyncio.run(main())


def test_whoever_has_an_answer_finds_a_thread():
    async def main() -> None:
        workers = Workers(1, 0)
        for n in range(2000):
            assert await workers.run(lambda n=n: n) == n

    asyncio.run(main())


def test_what_is_raised_comes_back_and_is_not_kept():
    seen: list[weakref.ref[Exception]] = []

    class Odd(Exception):  # noqa: N818 - of no kind
        def __init__(self, text: str) -> None:
            super().__init__(text)
            seen.append(weakref.ref(self))

    async def main() -> None:
        workers = Workers(1, 1)

        def fail() -> None:
            raise Odd("no")

        gc.disable()
        try:
            try:
                await workers.run(fail)
            except Odd as error:
                assert str(error) == "no"  # noqa: PT017 - pytest.raises would keep it
            assert await workers.run(lambda: 7) == 7
            assert seen[0]() is None
        finally:
            gc.enable()
        with pytest.raises(RuntimeError, match="iteration"):
            await workers.run(lambda: next(iter(())))

    asyncio.run(main())


def test_cancelled_before_it_began_it_never_begins():
    async def main() -> None:
        held, workers = Held(), Workers(1, 1)
        first = asyncio.create_task(workers.run(held.work, 1))
        await until(lambda: held.begun == [1])
        second = asyncio.create_task(workers.run(held.work, 2))
        await until(lambda: workers.state()["waiting"] == 1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        held.go_on.set()
        assert await first == 1
        assert await workers.run(lambda: 3) == 3
        assert held.begun == [1]

    asyncio.run(main())


def test_cancelled_while_it_works_it_is_waited_for():
    async def main() -> None:
        held, workers = Held(), Workers(1, 0)
        ended: list[bool] = []

        async def limited() -> None:
            with anyio.move_on_after(0.02):
                try:
                    await workers.run(held.work, 1)
                finally:
                    ended.append(held.go_on.is_set())

        task = asyncio.create_task(limited())
        await until(lambda: held.begun == [1])
        await asyncio.sleep(0.1)
        assert not ended
        held.go_on.set()
        await task
        assert ended == [True]

    asyncio.run(main())


def sit_out(workers: Workers) -> None:
    """Wait in the loop's own thread until the work is done: its result comes in the loop's next turn."""
    while workers.state()["active"]:
        time.sleep(0.01)
    time.sleep(0.05)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("is_first", [False, True], ids=["behind the result", "before the result"])
def test_cancelled_while_the_result_is_on_its_way_it_ends(is_first, fails, caplog):
    def work() -> None:
        if fails:
            raise ValueError

    async def main() -> None:
        loop, workers = asyncio.get_running_loop(), Workers(1, 0)
        task = asyncio.create_task(workers.run(work))
        await asyncio.sleep(0)
        sit_out(workers)
        if is_first:
            task.cancel()
        else:
            loop.call_soon(task.cancel)
        done, _ = await asyncio.wait([task], timeout=5)
        assert done == {task}
        assert task.cancelled()

    asyncio.run(main())
    gc.collect()
    assert "never retrieved" not in caplog.text


def test_idle_threads_end():
    async def main() -> None:
        held, workers = Held(), Workers(3, 0, idle_s=0.05)
        held.go_on.set()
        before = {t for t in threading.enumerate() if t.name == "rest-worker"}
        await asyncio.gather(*(workers.run(held.work, n) for n in range(3)))
        mine = {t for t in threading.enumerate() if t.name == "rest-worker"} - before
        await until(lambda: not any(thread.is_alive() for thread in mine))
        assert await workers.run(held.work, 4) == 4

    asyncio.run(main())

"""How many steps of long operations are taken in a second, each durable when its effect begins: on SQLite by one process,
also beside 100,000 tasks that have ended, and on PostgreSQL by two processes; and how soon another one takes a new task up.

A step is one effect that is done at once: its result and the next intent are committed before the next effect begins.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from tests.contracts.postgres import server

from cloudcore.cloud import TYPES
from cloudcore.model.effects import Effect
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, one_of
from cloudcore.ports.unit_of_work import Author
from cloudcore.tasks.engine import Engine
from cloudcore.tasks.flow import Context, Flow, Step
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.task import OPEN, TASKS, Task
from cloudcore.tasks.worker import Worker
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.migrations import migrate
from cloudcore_apps.pacing import collect_rarely
from cloudcore_apps.runner import Runner

STEPS = 10
TASKS_AT_ONCE = 200
ENDED = 100_000
ROOT = Path(__file__).parents[2]
ROUNDS = 3


class Instant:
    """Performs every effect by doing nothing."""

    def perform(
        self, effect: Effect, fence: int, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> JsonObject:
        del effect, fence, progress, cancelled
        return {"size_mib": 10}


def _ask(context: Context) -> Effect:
    args = {"volume_id": context.task.obj_id, "storage_path": "/srv/volumes", "format": "qcow2", "size_mib": 10}
    return Effect(kind="volume-resize", target="host:h", resource=context.task.obj_id, args=args)


def _nothing(_context: Context, _reason: str) -> None:
    return None


FLOW = Flow(
    name="walk", obj_type="disk", steps=tuple(Step(name=f"step-{n}", do=_ask) for n in range(STEPS)), fail=_nothing
)


@attrs.frozen
class Place:
    """A database with tasks in it."""

    uow: SqlUnitOfWork

    def begin(self, count: int) -> None:
        """Insert tasks that are due."""
        with self.uow.write(Author()) as tx:
            for _ in range(count):
                ident = tx.new_id()
                due = tx.now - timedelta(seconds=1)
                task = Task(id=ident, flow=FLOW.name, obj_type="disk", obj_id=ident, exclusive=ident, wake_at=due)
                tx.of(TASKS, PLATFORM).add(task)
            tx.commit()

    def work(self, owner: str) -> None:
        """Take tasks further until none is open."""
        effects = InlineEffects(performer=Instant())
        engine = Engine(flows={FLOW.name: FLOW}, deployment="bench", owner=owner)
        worker = Worker(uow=self.uow, effects=effects, engine=engine)
        runner = Runner(worker)
        runner.start()
        while self.left():
            time.sleep(0.02)
        runner.stop()

    def left(self) -> int:
        """How many tasks have not ended."""
        with self.uow.read() as tx:
            return tx.of(TASKS, PLATFORM).count(one_of("state", OPEN))

    def remember(self, count: int) -> None:
        """Fill the table with tasks that have ended."""
        table = self.uow.metadata.tables[TASKS.table]
        codec = Codec(TASKS, table, None)
        long_ago = datetime(2026, 1, 1, tzinfo=UTC)
        log = [{"at": long_ago.isoformat(), "step": f"step-{n // 2}", "event": "begin", "text": ""} for n in range(20)]
        task = Task(id="", flow=FLOW.name, obj_type="disk", obj_id="", state=TASKS_ENDED, log=log, wake_at=long_ago)
        times = {"created_at": long_ago, "updated_at": long_ago, "ended_at": long_ago}
        row = codec.encode(attrs.evolve(task, **times))
        with self.uow.engine.begin() as connection:
            for start in range(0, count, 5000):
                batch = [{**row, "id": f"old-{n}", "obj_id": f"d-{n}"} for n in range(start, start + 5000)]
                connection.execute(sa.insert(table), batch)


TASKS_ENDED: Any = "complete"


def opened(url: str) -> Place:
    """The database at an address."""
    return Place(SqlUnitOfWork(url, TYPES, SystemIds(), clock=SystemClock(), sealer=None))


@contextmanager
def sqlite() -> Iterator[Place]:
    """A fresh SQLite file, with `synchronous=FULL`."""
    with tempfile.TemporaryDirectory(prefix="cloudcore-steps-") as folder:
        place = opened(f"sqlite:///{folder}/cloud.sqlite")
        migrate(place.uow.engine)
        try:
            yield place
        finally:
            place.uow.close()


def benchmarks() -> dict[str, dict[str, object]]:
    """Figures by name."""
    collect_rarely()
    with sqlite() as place:
        few, few_computing = _rate(place)
        place.remember(ENDED)
        many, many_computing = _rate(place)
    return {
        "steps_per_s": {"value": few, "unit": "1/s"},
        "steps_per_cpu_s": {"value": few_computing, "unit": "1/s"},
        "steps_history_ratio": {"value": few_computing / many_computing, "unit": "ratio"},
        "steps_per_s_beside_100000": {"value": many, "unit": "1/s"},
        "steps_per_s_postgres": {"value": _postgres_rate(), "unit": "1/s"},
    }


def _rate(place: Place) -> tuple[float, float]:
    """Steps for each second, and for each second of computing: the best of some rounds."""
    best, computing = 0.0, 0.0
    for _ in range(ROUNDS):
        place.begin(TASKS_AT_ONCE)
        began, computed = time.perf_counter(), time.process_time()
        place.work("bench")
        best = max(best, TASKS_AT_ONCE * STEPS / (time.perf_counter() - began))
        computing = max(computing, TASKS_AT_ONCE * STEPS / (time.process_time() - computed))
    return best, computing


def _postgres_rate() -> float:
    """Steps for each second of two processes, from the first to the last commit."""
    with server(fsync=True) as url:
        place = opened(url)
        migrate(place.uow.engine)
        best = 0.0
        for _ in range(ROUNDS):
            place.begin(TASKS_AT_ONCE)
            workers = [_worker(url, f"w{n}") for n in range(2)]
            for worker in workers:
                _heard(worker)
            began = time.time()
            for worker in workers:
                _tell(worker)
            for worker in workers:
                if worker.wait(120) != 0:
                    raise RuntimeError("a worker failed")
            with place.uow.read() as tx:
                ended = max(row["ended_at"] for row in tx.of(TASKS, PLATFORM).totals(by=("ended_at",)))
            best = max(best, TASKS_AT_ONCE * STEPS / (ended.timestamp() - began))
        place.uow.close()
    return best


def _worker(url: str, owner: str) -> subprocess.Popen[str]:
    """A worker in a process of its own; it says when it is ready, and waits for a word."""
    command = [sys.executable, "-m", "tests.perf.steps_bench", url, owner]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _heard(worker: subprocess.Popen[str]) -> None:
    if worker.stdout is None or worker.stdout.readline() != "ready\n":
        raise RuntimeError("a worker failed")


def _tell(worker: subprocess.Popen[str]) -> None:
    if worker.stdin is not None:
        worker.stdin.write("go\n")
        worker.stdin.flush()


def main(url: str, owner: str) -> None:
    """One worker."""
    collect_rarely()
    place = opened(url)
    place.left()
    print("ready", flush=True)
    sys.stdin.readline()
    place.work(owner)
    place.uow.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

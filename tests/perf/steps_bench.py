"""How many steps of long operations are taken in a second, each durable when its effect begins: on SQLite by one process,
also beside 100,000 tasks that have ended, and on PostgreSQL by two processes; how soon another process takes up what is
ready, and what a killed one held.

A step is one effect that is done at once: its result and the next intent are committed before the next effect begins.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from tests.contracts.postgres import server

from cloudcore.cloud import TYPES
from cloudcore.model.effects import Done, Effect, Outcome, Running, Unknown
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, both, eq, one_of
from cloudcore.ports.effects import EffectPort
from cloudcore.ports.unit_of_work import Author
from cloudcore.tasks.engine import LEASE_S, Engine
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
READY = 400
"""Tasks of which half are begun and half handed over, one each `READY_EVERY_S`."""
READY_EVERY_S = 0.02
HELD = 20
HERE = "host:h"


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


class Stamping:
    """Notes when effects are performed, by what they are about."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}

    def perform(
        self, effect: Effect, fence: int, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> JsonObject:
        del fence, progress, cancelled
        self.at.setdefault(effect.resource, time.time())
        return {"size_mib": 10}


class Endless:
    """Effects that never end, or do so after some seconds."""

    def __init__(self, lasting_s: float = 1e9) -> None:
        self._lasting_s = lasting_s
        self._since: dict[str, float] = {}

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """Take it."""
        del effect, fence
        self._since.setdefault(key, time.monotonic())

    def outcome(self, key: str) -> Outcome:
        """It is under way, or over."""
        since = self._since.get(key)
        if since is None:
            return Unknown()
        return Running() if time.monotonic() < since + self._lasting_s else Done({"size_mib": 10})

    def cancel(self, key: str) -> None:
        """Go on."""


FLOW = Flow(
    name="walk", obj_type="disk", steps=tuple(Step(name=f"step-{n}", do=_ask) for n in range(STEPS)), fail=_nothing
)


@attrs.frozen
class Place:
    """A database with tasks in it."""

    uow: SqlUnitOfWork

    def begin(self, count: int) -> Sequence[str]:
        """Insert tasks that are due; their ids."""
        idents: list[str] = []
        with self.uow.write(Author()) as tx:
            tx.announce("")
            for _ in range(count):
                ident = tx.new_id()
                due = tx.now - timedelta(seconds=1)
                task = Task(id=ident, flow=FLOW.name, obj_type="disk", obj_id=ident, exclusive=ident, wake_at=due)
                idents.append(tx.of(TASKS, PLATFORM).add(task).id)
            tx.commit()
        return idents

    def work(self, owner: str) -> None:
        """Take tasks further until none is open."""
        with self.working(owner, InlineEffects(performer=Instant())):
            while self.left():
                time.sleep(0.02)

    @contextmanager
    def working(self, owner: str, effects: EffectPort) -> Iterator[Worker]:
        """Take tasks further meanwhile, as a process that is the agent of the host does."""
        worker = Worker(uow=self.uow, effects=effects, engine=_engine(owner, (HERE,)))
        runner = Runner(worker)
        end = self.uow.listen(runner.told)
        runner.start()
        yield worker
        end()
        runner.stop()

    def left(self) -> int:
        """How many tasks have not ended."""
        with self.uow.read() as tx:
            return tx.of(TASKS, PLATFORM).count(one_of("state", OPEN))

    def held_by(self, owner: str) -> int:
        """How many open tasks a worker holds."""
        with self.uow.read() as tx:
            return tx.of(TASKS, PLATFORM).count(both(one_of("state", OPEN), eq("lease_owner", owner)))

    def journals(self, idents: Sequence[str]) -> Sequence[Task]:
        """The tasks as they stand."""
        with self.uow.read() as tx:
            return [task for ident in idents if (task := tx.of(TASKS, PLATFORM).get(ident)) is not None]

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


def _engine(owner: str, near: Collection[str]) -> Engine:
    return Engine(flows={FLOW.name: FLOW}, deployment="bench", owner=owner, near=near)


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
        "pickup_p99_ms": {"value": _pickup_ms(), "unit": "ms"},
        "takeover_s": {"value": _takeover_s(), "unit": "s"},
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


def _pickup_ms() -> float:
    """From the commit that makes a step ready to the beginning of its effect in another process: of 100, the second worst."""
    with server(fsync=True) as url:
        place = opened(url)
        migrate(place.uow.engine)
        begins = Worker(uow=place.uow, effects=Endless(), engine=_engine("begins", ()))
        other = _worker(url, "other", "stamp")
        _heard(other)
        ready: dict[str, float] = {}
        for number in range(READY):
            (ident,) = place.begin(1)
            if number % 2:
                begins.run(ident)
            ready[ident] = time.time()
            time.sleep(READY_EVERY_S)
        while place.left():
            time.sleep(0.05)
        _tell(other)
        at = json.loads(other.communicate(timeout=60)[0])
        place.uow.close()
    waits = sorted(at[ident] - when for ident, when in ready.items())
    return 1000 * waits[len(waits) * 99 // 100 - 1]


def _takeover_s() -> float:
    """From the SIGKILL of a process to the end of the last of the tasks that it held, which another one takes over."""
    with server(fsync=True) as url:
        place = opened(url)
        migrate(place.uow.engine)
        first = _worker(url, "first", "hold")
        _heard(first)
        idents = place.begin(HELD)
        while place.held_by("first") < len(idents):
            time.sleep(0.05)
        with place.working("second", InlineEffects(performer=Instant())):
            time.sleep(LEASE_S)  # the first has renewed its leases
            first.kill()
            killed = time.perf_counter()
            first.communicate()
            while place.left():
                time.sleep(0.02)
            taken = time.perf_counter() - killed
        place.uow.close()
    return taken


def _worker(url: str, owner: str, how: str = "work") -> subprocess.Popen[str]:
    """A worker in a process of its own; it says when it is ready, and waits for a word."""
    command = [sys.executable, "-m", "tests.perf.steps_bench", url, owner, how]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _heard(worker: subprocess.Popen[str]) -> None:
    if worker.stdout is None or worker.stdout.readline() != "ready\n":
        raise RuntimeError("a worker failed")


def _tell(worker: subprocess.Popen[str]) -> None:
    if worker.stdin is not None:
        worker.stdin.write("go\n")
        worker.stdin.flush()


def main(url: str, owner: str, how: str) -> None:
    """One worker: it works until nothing is left, notes when it did what until it is told to end, or just holds tasks."""
    collect_rarely()
    place = opened(url)
    place.left()
    stamping = Stamping()
    lasting: dict[str, EffectPort] = {"hold": Endless(), "stamp-slowly": Endless(lasting_s=1.5)}
    effects = lasting.get(how) or InlineEffects(performer=stamping)
    if how == "work":
        print("ready", flush=True)
        sys.stdin.readline()
        place.work(owner)
    else:
        with place.working(owner, effects):
            time.sleep(0.5)
            print("ready", flush=True)
            sys.stdin.readline()
        print(json.dumps(stamping.at))
    place.uow.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

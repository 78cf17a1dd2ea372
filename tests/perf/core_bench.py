"""How long the core takes in process, on a SQLite file that commits durably.

create: from the request to a running server on one of 100 simulated hosts that answer at once, with validation, policy,
quota and history. list20: a page of 20 among 10,000 servers, whose rows are copies of a real one's.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy import event

from cloudcore.cloud import TYPES, Cloud
from cloudcore.model.json import JsonObject
from cloudcore.operations.hosts import register_host
from cloudcore.ports.session import Session
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore.tasks.worker import Worker
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.simulated import SimulatedHost
from cloudcore_adapters.simulated.router import SimulatedHosts
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_adapters.sql.migrations import migrate

HOSTS = 100
SERVERS = 10_000
REPEATS = 15
ROUNDS = 3


@attrs.frozen(kw_only=True)
class Bench:
    """A cloud, somebody who uses it, and what drives its tasks."""

    session: Session
    worker: Worker
    uow: SqlUnitOfWork

    def create(self, name: str) -> JsonObject:
        """Make a server and see it run."""
        body: Mapping[str, Any] = {
            "name": name,
            "vmem_size": "256M",
            "vcpu_count": 1,
            "disks": ["tiny:1g"],
            "nets": ["default"],
            "auto_start": True,
            "disable_delete": False,
        }
        made = self.session.create("servers", body)
        self.drive()
        return made

    def drive(self) -> None:
        """Do all that is due."""
        for ident in self.worker.due():
            self.worker.run(ident)


def bench_at(folder: Path) -> Bench:
    """A cloud of `HOSTS` hosts with an image and one running server."""
    clock, ids = SystemClock(), SystemIds()
    uow = SqlUnitOfWork(f"sqlite:///{folder}/cloud.sqlite", TYPES, ids, clock=clock, sealer=None)
    migrate(uow.engine)
    cloud, password = memory_cloud(memory_platform(clock=clock, ids=ids, uow=uow))
    session = cloud.login("sysadmin", password, project="system")
    bench = Bench(session=session, worker=_worker(cloud, clock, ids), uow=uow)
    session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    bench.drive()
    made = bench.create("first")
    status = session.get("servers", made["id"])["status"]
    if status != "running":
        raise RuntimeError(f"the first server is {status}")
    return bench


def _worker(cloud: Cloud, clock: SystemClock, ids: SystemIds) -> Worker:
    hosts = {}
    for n in range(HOSTS):
        host = SimulatedHost(clock, deployment="memory")
        facts = attrs.evolve(host.facts(), uuid=ids.new_id(), hostname=f"host-{n}")
        hosts[register_host(cloud.platform, facts)] = host
    images = InlineEffects(performer=ImagePerformer(cloud.platform.image_store))

    def failed(_task: Any, error: Exception) -> None:
        raise error

    return cloud.worker(RoutedEffects({"host": SimulatedHosts(hosts), "image": images}), "bench", failed)


def fill(uow: SqlUnitOfWork, count: int) -> None:
    """Copies of the first server with its disk and card, so that there are `count` more."""
    tables = uow.metadata.tables
    with uow.engine.begin() as connection:
        for name, changed in _COPIED.items():
            table = tables[name]
            row = connection.execute(sa.select(table).order_by(table.c.created_at).limit(1)).mappings().one()
            copies = [{**row, **changed(n)} for n in range(count)]
            connection.execute(sa.insert(table), copies)


_COPIED: Mapping[str, Callable[[int], Mapping[str, Any]]] = {
    "compute_servers": lambda n: {"id": f"server-{n}", "name": f"copy-{n}", "created_at": n},
    "compute_disks": lambda n: {"id": f"disk-{n}", "name": f"copy-{n}", "created_at": n},
    "compute_guestdisks": lambda n: {"id": f"link-{n}", "guest_id": f"server-{n}", "disk_id": f"disk-{n}"},
    "compute_guestnetworks": lambda n: {
        "id": f"card-{n}",
        "guest_id": f"server-{n}",
        "mac_addr": f"00:22:{n >> 16:02x}:{n >> 8 & 255:02x}:00:{n & 255:02x}",
        "ip_addr": f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}",
    },
}


@contextmanager
def _statements(engine: sa.Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        seen.append(text)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _figures(name: str, bench: Bench, work: Callable[[int], object]) -> dict[str, dict[str, Any]]:
    """The best of several rounds' medians in milliseconds, and the number of statements, BEGIN included."""
    work(-1)
    medians = []
    for turn in range(ROUNDS):
        times = []
        for n in range(REPEATS):
            begun = time.perf_counter()
            work(turn * REPEATS + n)
            times.append(time.perf_counter() - begun)
        medians.append(statistics.median(times))
    with _statements(bench.uow.engine) as seen:
        work(ROUNDS * REPEATS)
    return {
        f"{name}_ms": {"value": min(medians) * 1000, "unit": "ms"},
        f"{name}_statements": {"value": len(seen), "unit": "statements"},
    }


def _listing(bench: Bench, params: Mapping[str, str]) -> Callable[[int], object]:
    return lambda _n: bench.session.list("servers", params)


def benchmarks() -> dict[str, dict[str, Any]]:
    """Figures by name."""
    with tempfile.TemporaryDirectory() as folder:
        bench = bench_at(Path(folder))
        figures = _figures("create", bench, lambda n: bench.create(f"web-{n}"))
        fill(bench.uow, SERVERS)
        lists: Mapping[str, Mapping[str, str]] = {
            "list20": {"limit": "20", "details": "false"},
            "list20_details": {"limit": "20"},
            "search20": {"limit": "20", "details": "false", "search": "copy-77"},
        }
        for name, params in lists.items():
            figures |= _figures(name, bench, _listing(bench, params))
        bench.uow.close()
    return figures

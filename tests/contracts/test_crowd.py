"""Many clients at once fill a cloud to its limits: nothing is given twice, nothing beyond a limit, on every database."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.contracts.storage_suite import again
from tests.simulation import invariants

from cloudcore.cloud import Cloud
from cloudcore.model.errors import OutOfQuotaError, ResourceBusyError
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.operations.hosts import register_host
from cloudcore.operations.platform import Platform
from cloudcore.operations.types import TYPES
from cloudcore.ports.clock import Clock
from cloudcore.ports.session import Session
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.simulated import SimulatedHost
from cloudcore_adapters.simulated.router import SimulatedHosts
from cloudcore_adapters.sql import SqlUnitOfWork, open_engine
from cloudcore_adapters.sql.migrations import migrate

HOSTS = 20
CLIENTS = 10
_TYPES = {resource.plural: resource for resource in TYPES}
MEMORY_MIB = 256
"""Of each server."""


@attrs.define
class Town:
    """A cloud in a database, its hosts, and threads that drive its tasks; what the invariants look at."""

    platform: Platform
    session: Session
    uow: SqlUnitOfWork | MemoryStore
    defects: list[Exception]
    ended: threading.Event
    threads: list[threading.Thread] = attrs.field(factory=list)

    @property
    def clock(self) -> Clock:
        """As the platform tells it."""
        return self.platform.clock

    def rows(self, plural: str) -> Sequence[Any]:
        """All of a type."""
        with self.uow.read() as tx:
            return tx.of(_TYPES[plural], PLATFORM).find()

    def row(self, plural: str, ident: str) -> Any:
        """One of a type, or None."""
        with self.uow.read() as tx:
            return tx.of(_TYPES[plural], PLATFORM).get(ident)

    def open_tasks(self) -> list[Any]:
        """Tasks that have not ended."""
        return [task for task in self.rows("tasks") if task.is_open]

    def settle(self, within_s: float) -> None:
        """Wait until no task is open."""
        deadline = time.monotonic() + within_s
        while late := self.open_tasks():
            assert time.monotonic() < deadline, [task.flow for task in late]
            time.sleep(0.1)


DATABASES = ("memory", "sqlite", "postgresql", "mariadb")


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "memory":
        return ""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'cloud.sqlite'}"
    return str(request.getfixturevalue("fresh_postgres_url" if request.param == "postgresql" else "fresh_mariadb_url"))


@pytest.fixture
def build(database: str) -> Iterator[Any]:
    uow = _storage(database)
    towns: list[Town] = []

    def made(places: int) -> Town:
        towns.append(_town(uow, places))
        return towns[0]

    yield made
    for town in towns:
        town.ended.set()
        for thread in town.threads:
            thread.join(20)
    if isinstance(uow, SqlUnitOfWork):
        uow.close()


def _storage(database: str) -> SqlUnitOfWork | MemoryStore:
    if not database:
        return MemoryStore(TYPES, SystemClock(), SystemIds())
    uow = SqlUnitOfWork(open_engine(database), TYPES, SystemIds(), clock=SystemClock(), sealer=None)
    migrate(uow.engine)
    return uow


def _town(uow: SqlUnitOfWork | MemoryStore, places: int) -> Town:
    """places: how many servers fit on each host."""
    clock, ids = SystemClock(), SystemIds()
    cloud, password = memory_cloud(memory_platform(clock=clock, ids=ids, uow=uow))
    hosts = {}
    for n in range(HOSTS):
        host = SimulatedHost(clock, deployment="memory")
        facts = attrs.evolve(
            host.facts(), uuid=ids.new_id(), hostname=f"host-{n}", memory_mib=places * MEMORY_MIB, cpu_count=64
        )
        hosts[register_host(cloud.platform, facts)] = host
    session = cloud.login("sysadmin", password, project="system")
    town = Town(cloud.platform, session, uow, [], threading.Event())
    images = InlineEffects(performer=ImagePerformer(cloud.platform.image_store))
    _drive(cloud, town, RoutedEffects({"host": SimulatedHosts(hosts), "image": images}))
    session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    town.settle(60)
    return town


def _drive(cloud: Cloud, town: Town, effects: RoutedEffects) -> None:
    """Two workers in threads, as two processes would have them."""

    def work(owner: str) -> None:
        worker = cloud.worker(effects, owner, lambda _task, error: town.defects.append(error))
        while not town.ended.is_set():
            due = again(worker.due)
            for ident in due if owner == "a" else reversed(due):
                again(lambda ident=ident: worker.run(ident))
            if not due:
                time.sleep(0.02)

    for owner in ("a", "b"):
        town.threads.append(threading.Thread(target=work, args=(owner,), daemon=True))
        town.threads[-1].start()


def _create(session: Session, name: str) -> str:
    """What became of a request: `made`, or `refused` for its quota. A busy platform is asked again, as clients do."""
    body: Mapping[str, Any] = {
        "name": name,
        "vmem_size": MEMORY_MIB,
        "vcpu_count": 1,
        "disks": ["tiny:1g"],
        "nets": ["default"],
        "auto_start": True,
    }
    for _ in range(20):
        try:
            session.create("servers", body)
        except ResourceBusyError:
            time.sleep(0.05)
        except OutOfQuotaError:
            return "refused"
        else:
            return "made"
    return "busy"


def _limit(town: Town, servers: int) -> None:
    with town.uow.write(Author()) as tx:
        (project,) = tx.of(_TYPES["projects"], PLATFORM).find(Query(where=eq("name", "system")))
        tx.of(QUOTALIMITS, PLATFORM).add(
            Quotalimit(id="limit", domain_id=project.domain_id, tenant_id=project.id, count=servers)
        )
        tx.commit()


def crowds() -> Iterator[Any]:
    """A small crowd on every database, bigger ones among the system tests, big ones on all in the long runs."""
    big = {("sqlite", 200), ("postgresql", 100)}
    for wanted in (16, 100, 200):
        for database in DATABASES:
            marks = [] if wanted == 16 else [pytest.mark.system]
            if marks and (database, wanted) not in big:
                marks.append(pytest.mark.slow)
            if wanted != 100 or (database, wanted) in big:
                yield pytest.param(database, wanted, marks=marks)


@pytest.mark.parametrize(("database", "wanted"), list(crowds()), indirect=["database"])
def test_a_crowd_gets_exactly_what_there_is(build: Any, wanted: int) -> None:
    town: Town = build(wanted // HOSTS + 1)
    _limit(town, wanted)
    begun = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(lambda n: _create(town.session, f"web-{n}"), range(wanted + CLIENTS)))
    town.settle(wanted + 120)
    print(f"{wanted} servers in {time.monotonic() - begun:.1f} s on {type(town.uow).__name__}")
    assert (answers.count("made"), answers.count("refused")) == (wanted, CLIENTS)
    servers = town.rows("servers")
    assert [server.status for server in servers] == ["running"] * wanted
    assert len({nic.ip_addr for nic in town.rows("guestnetworks")}) == wanted
    for check in (
        invariants.check_tasks,
        invariants.check_ledgers,
        invariants.check_addresses,
        invariants.check_orphans,
    ):
        check(town)  # type: ignore[arg-type]
    assert town.defects == []

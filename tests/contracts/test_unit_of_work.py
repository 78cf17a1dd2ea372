"""Every storage engine keeps the storage contract."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts import storage_history_suite, storage_suite
from tests.contracts.storage_suite import AUTHOR, REGISTERED, Storage, check_every_type
from tests.contracts.storage_types import ITEMS, SHELVES, TYPES, item, shelf
from tests.effort import examples

from cloudcore.model.errors import Contention, InvalidFormatError, MissingParameterError, OutOfRangeError
from cloudcore.model.query import EVERYTHING, Query
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import Bounds, SqlUnitOfWork, open_engine

ENGINES = ("memory", "memory-interleaved", "sqlite", "sqlite-memory", "postgresql", "mariadb")
SERVERS = {"postgresql": "postgres_url", "mariadb": "mariadb_url"}
"""The fixture that gives an address, by kind."""
ALL_TYPES = (*TYPES, *(r for r in REGISTERED if r not in TYPES))


class ReversingSealer:
    """A stand-in for encryption: what is stored differs each time and opens only in its own place."""

    def __init__(self) -> None:
        self._count = 0

    def seal(self, plain: bytes, context: str) -> str:
        self._count += 1
        return f"{self._count}|{context}|{plain[::-1].hex()}"

    def open(self, sealed: str, context: str) -> bytes:
        _, place, text = sealed.split("|")
        assert place == context
        return bytes.fromhex(text)[::-1]

    def needs_reseal(self, sealed: str) -> bool:
        return not sealed


def sql_storage(engine: sa.Engine, *, parallel: bool) -> tuple[SqlUnitOfWork, Storage]:
    uow = SqlUnitOfWork(engine, TYPES, SystemIds(), clock=SystemClock(), sealer=ReversingSealer())
    with engine.begin() as connection:
        uow.metadata.drop_all(connection)
        uow.metadata.create_all(connection)
    return uow, Storage(uow=uow, parallel=parallel, engine=engine)


@pytest.fixture(params=ENGINES)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    kind = request.param
    if kind.startswith("memory"):
        interleave = kind != "memory"
        yield Storage(
            uow=MemoryStore(ALL_TYPES, SystemClock(), SystemIds(), interleave=interleave), parallel=interleave
        )
        return
    if kind in SERVERS:
        url = request.getfixturevalue(SERVERS[kind])
    else:
        url = f"sqlite:///{tmp_path / 'cloud.db'}" if kind == "sqlite" else "sqlite://"
    uow, found = sql_storage(open_engine(url), parallel=kind in SERVERS)
    yield found
    uow.close()


class TestUnits(storage_suite.UnitContract): ...


class TestRepositories(storage_suite.RepositoryContract): ...


class TestHistory(storage_history_suite.HistoryContract): ...


class TestConcurrency(storage_history_suite.ConcurrencyContract): ...


@pytest.fixture(scope="module", params=("sqlite-memory", *SERVERS))
def registered(request: pytest.FixtureRequest) -> Iterator[Storage]:
    """A database with the tables of every registered type, for all of them."""
    url = request.getfixturevalue(SERVERS[request.param]) if request.param in SERVERS else "sqlite://"
    uow = SqlUnitOfWork(open_engine(url), ALL_TYPES, SystemIds(), clock=SystemClock(), sealer=ReversingSealer())
    uow.metadata.create_all(uow.engine)
    yield Storage(uow=uow, parallel=True, engine=uow.engine)
    uow.metadata.drop_all(uow.engine)
    uow.close()


@pytest.mark.parametrize("resource", REGISTERED, ids=lambda r: r.plural)
@settings(max_examples=examples(3), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_registered_type_comes_back(registered: Storage, resource: object, data: st.DataObject) -> None:
    check_every_type(registered, data, resource)


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Iterator[tuple[Path, Storage]]:
    path = tmp_path / "cloud.db"
    uow, found = sql_storage(open_engine(f"sqlite:///{path}"), parallel=False)
    yield path, found
    uow.close()


class TestSql:
    """What only a database can get wrong."""

    @pytest.mark.parametrize(
        ("values", "error"),
        [
            ({"note": "a\x00b"}, InvalidFormatError),
            ({"note": "\ud800"}, InvalidFormatError),
            ({"note": "x" * 201}, OutOfRangeError),
            ({"size": 2**63}, OutOfRangeError),
            ({"weight": float("nan")}, OutOfRangeError),
            ({"weight": float("inf")}, OutOfRangeError),
            ({"labels": {"k": "\x00"}}, InvalidFormatError),
            ({"labels": {"k": object()}}, InvalidFormatError),
            ({"labels": {1: 2}}, InvalidFormatError),
            ({"broken": "yes"}, InvalidFormatError),
            ({"name": None}, MissingParameterError),
            ({"seen_at": "now"}, InvalidFormatError),
        ],
    )
    def test_what_no_engine_can_store_is_refused(
        self, sqlite_file: tuple[Path, Storage], values: dict[str, object], error: type[Exception]
    ) -> None:
        with sqlite_file[1].uow.write(AUTHOR) as tx, pytest.raises(error) as caught:
            tx.of(ITEMS, EVERYTHING).add(item("a", **values))
        assert caught.value.field == next(iter(values))  # type: ignore[attr-defined]

    def test_text_that_looks_like_an_escaped_nul_is_kept(self, sqlite_file: tuple[Path, Storage]) -> None:
        sqlite_file[1].put(ITEMS, item("a", labels={"k": "\\u0000"}))
        assert sqlite_file[1].get(ITEMS, "a").labels == {"k": "\\u0000"}

    def test_sealed_fields_are_not_stored_in_the_clear(self, sqlite_file: tuple[Path, Storage]) -> None:
        path, storage = sqlite_file
        storage.put(ITEMS, item("a", pin="open sesame"), item("b"))
        engine = storage.engine
        assert engine is not None
        with engine.connect() as connection:
            kept = dict(connection.execute(sa.text("SELECT id, pin FROM test_items")).all())
        assert kept == {"a": "1|test_items.pin:a|" + b"open sesame"[::-1].hex(), "b": ""}
        assert b"open sesame" not in path.read_bytes() + path.with_name("cloud.db-wal").read_bytes()

    @pytest.mark.parametrize("committed", [False, True])
    def test_a_killed_process_leaves_all_or_nothing(self, sqlite_file: tuple[Path, Storage], committed: bool) -> None:
        path, storage = sqlite_file
        code = KILLED.format(
            path=path, root=Path(__file__).resolve().parents[2], end="tx.commit()" if committed else "pass"
        )
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "written\n"
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        assert len(storage.find(SHELVES, Query())) == (50 if committed else 0)
        assert len(storage.history("s7")) == (1 if committed else 0)
        storage.put(SHELVES, shelf("after"))

    def test_a_file_that_another_process_writes_to_is_contention(self, sqlite_file: tuple[Path, Storage]) -> None:
        path, storage = sqlite_file
        engine = open_engine(f"sqlite:///{path}", Bounds(lock_timeout_ms=50))
        other = SqlUnitOfWork(engine, TYPES, SystemIds(), clock=SystemClock(), sealer=None)
        with storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).add(shelf("a"))
            with pytest.raises(Contention), other.write(AUTHOR):
                raise AssertionError("two writers")
            with other.read() as reader:
                assert reader.of(SHELVES, EVERYTHING).count() == 0
            tx.commit()
        with other.read() as reader:
            assert reader.of(SHELVES, EVERYTHING).count() == 1
        other.close()

    def test_sqlite_is_as_durable_as_it_claims(self, sqlite_file: tuple[Path, Storage]) -> None:
        engine = sqlite_file[1].engine
        assert engine is not None
        with engine.connect() as connection:
            pragmas = [connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous")]
        assert pragmas == ["wal", 2]

    def test_a_reader_of_sqlite_keeps_its_snapshot_while_others_write(self, sqlite_file: tuple[Path, Storage]) -> None:
        storage = sqlite_file[1]
        with storage.uow.read() as tx:
            assert tx.of(SHELVES, EVERYTHING).count() == 0
            writer = threading.Thread(target=storage.put, args=(SHELVES, shelf("a")))
            writer.start()
            writer.join(20)
            assert tx.of(SHELVES, EVERYTHING).count() == 0
        assert storage.get(SHELVES, "a") is not None


KILLED = """
import sys, time
sys.path.insert(0, "{root}")
from cloudcore.model.query import EVERYTHING
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork
from tests.contracts.storage_suite import AUTHOR
from tests.contracts.storage_types import SHELVES, TYPES, shelf

uow = SqlUnitOfWork("sqlite:///{path}", TYPES, SystemIds(), clock=SystemClock(), sealer=None)
with uow.write(AUTHOR) as tx:
    for i in range(50):
        tx.of(SHELVES, EVERYTHING).add(shelf(f"s{{i}}"))
    {end}
    print("written", flush=True)
    time.sleep(60)
"""

"""What only a database server can get wrong: it goes away, it makes units wait, it lets them meet."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest
import sqlalchemy as sa
from tests.contracts import mariadb
from tests.contracts.storage_suite import AUTHOR, Storage
from tests.contracts.storage_types import SHELVES, TYPES, shelf
from tests.contracts.test_unit_of_work import SERVERS, sql_storage

from cloudcore.model.entity import evolve
from cloudcore.model.errors import Contention
from cloudcore.model.query import EVERYTHING, Order, Query, eq
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import Bounds, SqlUnitOfWork, open_engine


@attrs.frozen
class Kind:
    """How one kind of server is handled from outside.

    at: the same address in another folder.
    others: the statement that lists the connections but the asking one.
    kill: the statement that ends one.
    """

    at: Callable[[sa.URL, Path], sa.URL]
    others: str
    kill: str


KINDS = {
    "postgresql": Kind(
        lambda url, folder: url.update_query_dict({"host": str(folder)}),
        "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        "SELECT pg_terminate_backend({})",
    ),
    "mysql": Kind(
        lambda url, folder: url.update_query_dict({"unix_socket": str(folder / mariadb.SOCKET)}),
        "SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND user = 'root'",
        "KILL {}",
    ),
}


@pytest.fixture(params=SERVERS)
def url(request: pytest.FixtureRequest) -> sa.URL:
    return sa.make_url(request.getfixturevalue(SERVERS[request.param]))


@pytest.fixture
def storage(url: sa.URL) -> Iterator[Storage]:
    uow, found = sql_storage(open_engine(url), parallel=True)
    yield found
    uow.close()


def _socket(url: sa.URL) -> Path:
    if "unix_socket" in url.query:
        return Path(str(url.query["unix_socket"]))
    return Path(str(url.query["host"])) / ".s.PGSQL.5432"


class TestServers:
    """A server that goes away, and snapshots."""

    def test_a_lost_connection_is_contention_and_the_next_unit_works(self, storage: Storage) -> None:
        assert storage.engine is not None
        with pytest.raises(Contention), storage.uow.write(AUTHOR) as tx:
            rows = tx.of(SHELVES, EVERYTHING)
            rows.add(shelf("a"))
            with cut_off(storage.engine):
                rows.count()
        assert storage.get(SHELVES, "a") is None
        storage.put(SHELVES, shelf("a"))

    def test_a_connection_lost_before_the_commit_keeps_nothing(self, storage: Storage) -> None:
        assert storage.engine is not None
        with pytest.raises(Contention), storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).add(shelf("a"))
            with cut_off(storage.engine):
                tx.commit()
        assert storage.get(SHELVES, "a") is None

    def test_a_commit_whose_answer_is_lost_is_found_to_be_kept(
        self, storage: Storage, url: sa.URL, tmp_path: Path
    ) -> None:
        here = KINDS[url.get_backend_name()].at(url, tmp_path)
        with deaf_after_commit(_socket(url), _socket(here)):
            engine = open_engine(here)
            uow = SqlUnitOfWork(engine, TYPES, SystemIds(), clock=SystemClock(), sealer=None)
            with uow.write(AUTHOR) as tx:
                tx.of(SHELVES, EVERYTHING).add(shelf("a"))
                tx.commit()
            uow.close()
        assert storage.get(SHELVES, "a") is not None
        assert len(storage.history("a")) == 1

    def test_waiting_too_long_is_contention(self, storage: Storage, url: sa.URL) -> None:
        storage.put(SHELVES, shelf("a"))
        bounds = Bounds(lock_timeout_ms=50, connection_timeout_ms=50, pool_size=1, max_overflow=0)
        other = SqlUnitOfWork(open_engine(url, bounds), TYPES, SystemIds(), clock=SystemClock(), sealer=None)
        with storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).adjust("a", {"used": 1})
            with pytest.raises(Contention), other.write(AUTHOR) as late:
                late.of(SHELVES, EVERYTHING).adjust("a", {"used": 1})
            with other.read(), pytest.raises(Contention), other.read():
                raise AssertionError("there is one connection only")
        other.close()

    def test_a_deadlock_is_contention_for_one_of_two(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"), shelf("b"))
        meet = threading.Barrier(2)
        results: list[str] = []

        def cross(first: str, second: str) -> None:
            try:
                with storage.uow.write(AUTHOR) as tx:
                    rows = tx.of(SHELVES, EVERYTHING)
                    rows.adjust(first, {"used": 1})
                    meet.wait(20)
                    rows.adjust(second, {"used": 1})
                    tx.commit()
                results.append("kept")
            except Contention:
                results.append("contention")

        threads = [threading.Thread(target=cross, args=pair) for pair in (("a", "b"), ("b", "a"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(results) == ["contention", "kept"]

    def test_a_unit_that_met_contention_can_not_be_kept(self, storage: Storage, url: sa.URL) -> None:
        """MariaDB undoes the whole unit at a deadlock and would go on with a new one."""
        storage.put(SHELVES, shelf("a"))
        bounds = Bounds(lock_timeout_ms=50)
        other = SqlUnitOfWork(open_engine(url, bounds), TYPES, SystemIds(), clock=SystemClock(), sealer=None)
        with storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).adjust("a", {"used": 1})
            with other.write(AUTHOR) as late:
                rows = late.of(SHELVES, EVERYTHING)
                rows.add(shelf("b"))
                with pytest.raises(Contention):
                    rows.adjust("a", {"used": 1})
                for further in (rows.count, lambda: rows.add(shelf("c")), late.commit):
                    with pytest.raises(Contention):
                        further()
        other.close()
        assert storage.get(SHELVES, "b") is None

    def test_long_texts_keep_their_order(self, storage: Storage) -> None:
        """MariaDB orders by the first 1024 bytes of a text unless it is told otherwise."""
        names = [end + "é" for end in ("a", "B", "b", "a ")]
        storage.put(SHELVES, *(shelf(f"s{n}", description="😀" * 1000 + name) for n, name in enumerate(names)))
        found = storage.find(SHELVES, Query(order=(Order("description"),)))
        assert [row.description[1000:] for row in found] == sorted(names)

    def test_texts_that_differ_in_spaces_at_their_end_are_two(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a", name="x"), shelf("b", name="x "))
        assert [row.id for row in storage.find(SHELVES, Query(where=eq("name", "x")))] == ["a"]

    def test_a_read_unit_keeps_its_snapshot(self, storage: Storage) -> None:
        with storage.uow.read() as tx:
            assert tx.of(SHELVES, EVERYTHING).count() == 0
            storage.put(SHELVES, shelf("a"))
            assert tx.of(SHELVES, EVERYTHING).count() == 0

    def test_a_save_of_an_old_version_conflicts_although_it_was_read_here(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))
        with storage.uow.write(AUTHOR) as tx:
            row = tx.of(SHELVES, EVERYTHING).get("a")
            assert row is not None
            with storage.uow.write(AUTHOR) as other:
                other.of(SHELVES, EVERYTHING).save(evolve(row, description="theirs"))
                other.commit()
            with pytest.raises(Contention):
                tx.of(SHELVES, EVERYTHING).save(evolve(row, description="ours"))

    def test_adjusted_numbers_survive_a_save_from_before(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a", used=5))
        with storage.uow.write(AUTHOR) as tx:
            row = tx.of(SHELVES, EVERYTHING).get("a")
            assert row is not None
            with storage.uow.write(AUTHOR) as other:
                assert other.of(SHELVES, EVERYTHING).adjust("a", {"used": 2})
                other.commit()
            tx.of(SHELVES, EVERYTHING).save(evolve(row, description="x"))
            tx.commit()
        assert storage.get(SHELVES, "a").used == 7

    def test_an_absent_server_is_contention(self, url: sa.URL, tmp_path: Path) -> None:
        engine = open_engine(KINDS[url.get_backend_name()].at(url, tmp_path))
        uow = SqlUnitOfWork(engine, TYPES, SystemIds(), clock=SystemClock(), sealer=None)
        with pytest.raises(Contention), uow.read():
            raise AssertionError("there is no server")


@contextmanager
def cut_off(engine: sa.Engine) -> Iterator[None]:
    """The server has ended all connections but this helper's own."""
    kind = KINDS["postgresql" if engine.dialect.name == "postgresql" else "mysql"]
    with engine.connect() as other:
        for (number,) in other.exec_driver_sql(kind.others).all():
            other.exec_driver_sql(kind.kill.format(number))
        yield


@contextmanager
def deaf_after_commit(server: Path, here: Path) -> Iterator[None]:
    """A relay to the server that passes on the first COMMIT after an INSERT, drops the answer and hangs up; later ones get through."""
    wrote, lost = threading.Event(), threading.Event()

    def relay(client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as upstream:
            upstream.connect(str(server))
            while True:
                ready, _, _ = select.select([client, upstream], [], [], 20)
                for source, target in ((client, upstream), (upstream, client)):
                    if source not in ready:
                        continue
                    data = source.recv(65536)
                    if not data:
                        return
                    target.sendall(data)
                    if source is client and b"INSERT" in data:
                        wrote.set()
                    if (
                        source is client
                        and wrote.is_set()
                        and data.rstrip(b"\x00").endswith(b"COMMIT")
                        and not lost.is_set()
                    ):
                        lost.set()
                        upstream.recv(65536)
                        return

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(here))
        listener.listen()

        def accept() -> None:
            for _ in range(2):
                threading.Thread(target=relay, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield
    assert lost.is_set()

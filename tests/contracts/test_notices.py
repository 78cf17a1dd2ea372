"""What a commit announces is heard by whoever listens: at once, also in other processes where the database can tell them."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

from cloudcore.cloud import TYPES
from cloudcore.ports.unit_of_work import Author, UnitOfWork
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork

HEARD_S = 20.0
Open = Callable[[str], UnitOfWork]


@attrs.frozen
class Ear:
    """What was heard, in order."""

    heard: queue.Queue[str] = attrs.field(factory=queue.Queue)

    def __call__(self, topic: str) -> None:
        self.heard.put(topic)

    def next(self) -> str:
        return self.heard.get(timeout=HEARD_S)


def memory(_url: str) -> UnitOfWork:
    return MemoryStore(TYPES, SystemClock(), SystemIds())


def sql(url: str) -> UnitOfWork:
    return SqlUnitOfWork(url, TYPES, SystemIds(), clock=SystemClock(), sealer=None)


def announce(uow: UnitOfWork, *topics: str, keep: bool = True) -> None:
    with uow.write(Author()) as tx:
        for topic in topics:
            tx.announce(topic)
        if keep:
            tx.commit()


@pytest.fixture(params=("memory", "sqlite", "postgresql"))
def uow(request: pytest.FixtureRequest) -> Iterator[UnitOfWork]:
    if request.param == "memory":
        yield memory("")
        return
    opened: Any = sql("sqlite://" if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    yield opened
    opened.close()


@pytest.fixture
def two(postgres_url: str) -> Iterator[tuple[Any, Any]]:
    """As two processes have it."""
    both: tuple[Any, Any] = (sql(postgres_url), sql(postgres_url))
    yield both
    for each in both:
        each.close()


def listening(uow: UnitOfWork) -> tuple[Ear, Callable[[], None]]:
    ear = Ear()
    end = uow.listen(ear)
    if isinstance(uow, SqlUnitOfWork) and uow.engine.dialect.name == "postgresql":
        assert ear.next() == ""
    return ear, end


def test_what_is_committed_is_heard_once_and_the_rest_never(uow: UnitOfWork) -> None:
    ear, end = listening(uow)
    announce(uow, "lost", keep=False)
    announce(uow, "host:1", "host:2", "host:1")
    announce(uow, "")
    assert [ear.next() for _ in range(3)] == ["host:1", "host:2", ""]
    end()
    announce(uow, "late")
    assert ear.heard.empty()


def test_another_process_hears_it(two: tuple[Any, Any]) -> None:
    one, other = two
    ear, _ = listening(other)
    announce(one, "lost", keep=False)
    announce(one, "host:1", "")
    assert [ear.next(), ear.next()] == ["host:1", ""]


def test_after_a_cut_connection_everything_is_to_be_looked_at_and_it_hears_again(two: tuple[Any, Any]) -> None:
    one, other = two
    ear, _ = listening(other)
    with one.engine.connect() as connection:
        cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query = 'SELECT 1'"
        assert connection.execute(sa.text(cut)).scalar_one() >= 1
    assert ear.next() == ""
    announce(one, "host:1")
    assert ear.next() == "host:1"

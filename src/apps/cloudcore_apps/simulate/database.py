"""The storage of real deployments in a simulated life: SQL on SQLite in memory, one whole unit of work after another.

No actor goes on while another has a unit open, as SQLite lets one write at a time. Within a unit a process may die and a
statement may be refused all the same. What the units have committed is read back, so that lives see what SQL made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from cloudcore.model.errors import BackendError
from cloudcore.model.history import HISTORY
from cloudcore.model.query import PLATFORM, Expr, Query, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.clock import Clock
from cloudcore.ports.ids import IdSource
from cloudcore.ports.unit_of_work import Adjustment, Author, Repository, Transaction
from cloudcore_adapters.sql import SqlUnitOfWork

Rows = dict[str, dict[str, Any]]


class Database:
    """Tables in memory and what reads and writes them, which takes long to make: lives use it one after another."""

    def __init__(self, resources: Sequence[Resource[Any]]) -> None:
        self._clock: Clock
        self._ids: IdSource
        self.drawn = ""
        self.uow = SqlUnitOfWork("sqlite://", resources, self, clock=self, sealer=None)
        self.uow.metadata.create_all(self.uow.engine)

    def begin(self, clock: Clock, ids: IdSource) -> None:
        """Be empty, and take time and ids from there."""
        self._clock, self._ids = clock, ids
        with self.uow.engine.begin() as connection:
            for table in self.uow.metadata.tables.values():
                connection.execute(sa.delete(table))

    # Clock and ids of whoever has it.

    def now(self) -> datetime:
        """See `Clock.now`."""
        return self._clock.now()

    def new_id(self) -> str:
        """See `IdSource.new_id`."""
        self.drawn = self._ids.new_id()
        return self.drawn

    def random_bytes(self, count: int) -> bytes:
        """See `IdSource.random_bytes`."""
        return self._ids.random_bytes(count)


_IDLE: list[Database] = []


class SqlStore:
    """A unit-of-work port over a database of its own.

    pause: called before and after units, where others may go on. within: called in a unit, where nobody may.
    on_commit: told of the rows that each commit wrote, by type and id; None for one that it removed.
    rows: what is committed, by type and id. is_busy: whether a unit is open.
    """

    def __init__(self, resources: Sequence[Resource[Any]], clock: Clock, ids: IdSource) -> None:
        self.resources = {resource.plural: resource for resource in resources}
        self.rows: Rows = {plural: {} for plural in self.resources}
        self.pause: Callable[[str], None] = lambda _where: None
        self.within: Callable[[str], None] = lambda _where: None
        self.on_commit: Callable[[Mapping[str, Mapping[str, Any]]], None] = lambda _rows: None
        self.is_busy = False
        self._database = _IDLE.pop() if _IDLE else Database(resources)
        self._database.begin(clock, ids)

    @property
    def engine(self) -> sa.Engine:
        """The database itself, for whoever does surgery on it: `rows` know nothing of that."""
        return self._database.uow.engine

    def close(self) -> None:
        """Leave the database to others; `rows` stay as they are."""
        _IDLE.append(self._database)

    def revision(self, *, without: Collection[str] = ()) -> int:
        """See `UnitOfWork.revision`."""
        return self._database.uow.revision(without=without)

    def written(self, plural: str, since: int | None) -> tuple[int, Mapping[str, int] | None]:
        """See `UnitOfWork.written`."""
        return self._database.uow.written(plural, since)

    def listen(self, hear: Callable[[str], None]) -> Callable[[], None]:
        """See `UnitOfWork.listen`."""
        return self._database.uow.listen(hear)

    def read(self) -> AbstractContextManager[SqlTransaction]:
        """See `UnitOfWork.read`."""
        return self._unit(self._database.uow.read())

    def write(self, author: Author) -> AbstractContextManager[SqlTransaction]:
        """See `UnitOfWork.write`."""
        return self._unit(self._database.uow.write(author))

    def stored(self) -> Rows:
        """All rows as the database has them."""
        with self._database.uow.read() as tx:
            return {
                plural: {row.id: row for row in tx.of(resource, PLATFORM).find(Query())}
                for plural, resource in self.resources.items()
            }

    @contextmanager
    def _unit(self, opened: AbstractContextManager[Transaction]) -> Iterator[SqlTransaction]:
        self.pause("begin")
        if self.is_busy:
            raise BackendError("a unit of work is opened within another")
        tx: SqlTransaction | None = None
        self.is_busy = True
        try:
            with opened as inner:
                tx = SqlTransaction(self, inner, self._database)
                yield tx
        finally:
            self.is_busy = False
            if tx is not None and tx.is_kept:
                self._read_back(tx)
        self.pause("end")

    def _read_back(self, unit: SqlTransaction) -> None:
        written: Rows = {}
        with self._database.uow.read() as tx:
            for plural, idents in unit.touched.items():
                found = tx.of(self.resources[plural], PLATFORM).find(Query(where=one_of("id", idents)))
                written[plural] = {**dict.fromkeys(idents), **{row.id: row for row in found}}
            records = tx.of(HISTORY, PLATFORM).find(Query(where=eq("transaction", unit.transaction)))
        if records:
            written.setdefault(HISTORY.plural, {}).update({row.id: row for row in records})
        for plural, rows in written.items():
            for ident, row in rows.items():
                if row is None:
                    self.rows[plural].pop(ident, None)
                else:
                    self.rows[plural][ident] = row
        self.on_commit(written)


class SqlTransaction:
    """One unit of work, which notes what it writes.

    touched: ids by type. transaction: the id under which the history has it; empty where it has nothing.
    """

    def __init__(self, store: SqlStore, inner: Transaction, database: Database) -> None:
        self._store, self._inner, self._database = store, inner, database
        self.touched: dict[str, dict[str, None]] = {}
        self.transaction = ""
        self.is_kept = False

    @property
    def now(self) -> datetime:
        """See `Transaction.now`."""
        return self._inner.now

    @property
    def author(self) -> Author:
        """See `Transaction.author`."""
        return self._inner.author

    def of(self, resource: Resource[Any], scope: Expr) -> Repository[Any]:
        """See `Transaction.of`."""
        return SqlRows(self, resource.plural, self._inner.of(resource, scope))

    def adjust(self, wanted: Sequence[Adjustment]) -> Sequence[bool]:
        """See `Transaction.adjust`."""
        for one in wanted:
            self.within(f"adjust {one.resource.plural}")
        done = self._inner.adjust(wanted)
        for one, is_adjusted in zip(wanted, done, strict=True):
            if is_adjusted:
                self.touch(one.resource.plural, one.ident)
        return done

    def record(self, fact: Any) -> None:
        """See `Transaction.record`."""
        self._inner.record(fact)

    def act_as(self, author: Author) -> None:
        """See `Transaction.act_as`."""
        self._inner.act_as(author)

    def announce(self, topic: str) -> None:
        """See `Transaction.announce`."""
        self._inner.announce(topic)

    def new_id(self) -> str:
        """See `Transaction.new_id`."""
        return self._inner.new_id()

    def commit(self) -> None:
        """See `Transaction.commit`."""
        self.within("commit")
        self._database.drawn = ""
        self._inner.commit()
        self.is_kept, self.transaction = True, self._database.drawn
        self.within("kept")

    def within(self, where: str) -> None:
        """Let befall this unit what may."""
        self._store.within(where)

    def touch(self, plural: str, *idents: str) -> None:
        """Remember that these rows are written."""
        self.touched.setdefault(plural, {}).update(dict.fromkeys(idents))


class SqlRows:
    """The rows of one type in a unit; see `Repository`."""

    def __init__(self, unit: SqlTransaction, plural: str, inner: Repository[Any]) -> None:
        self._unit, self._plural, self._inner = unit, plural, inner

    def get(self, ident: str, *, steady: bool = False) -> Any:
        """See `Repository.get`."""
        self._unit.within(f"get {self._plural}")
        return self._inner.get(ident, steady=steady)

    def find(self, query: Query = Query()) -> Sequence[Any]:  # noqa: B008 - frozen
        """See `Repository.find`."""
        self._unit.within(f"find {self._plural}")
        return self._inner.find(query)

    def columns(self, names: Sequence[str], query: Query = Query()) -> Sequence[tuple[Any, ...]]:  # noqa: B008 - frozen
        """See `Repository.columns`."""
        self._unit.within(f"find {self._plural}")
        return self._inner.columns(names, query)

    def parts(self, names: Sequence[str], query: Query = Query()) -> Any:  # noqa: B008 - frozen
        """See `Repository.parts`."""
        self._unit.within(f"find {self._plural}")
        return self._inner.parts(names, query)

    def count(self, where: Expr = PLATFORM) -> int:
        """See `Repository.count`."""
        self._unit.within(f"count {self._plural}")
        return self._inner.count(where)

    def totals(
        self, where: Expr = PLATFORM, *, sums: Sequence[str] = (), by: Sequence[str] = ()
    ) -> Sequence[Mapping[str, Any]]:
        """See `Repository.totals`."""
        self._unit.within(f"totals {self._plural}")
        return self._inner.totals(where, sums=sums, by=by)

    def add(self, entity: Any, *, action: str = "create") -> Any:
        """See `Repository.add`."""
        self._write("add", entity.id)
        return self._inner.add(entity, action=action)

    def save(self, entity: Any, **options: Any) -> Any:
        """See `Repository.save`."""
        self._write("save", entity.id)
        return self._inner.save(entity, **options)

    def remove(self, entity: Any, *, action: str = "delete") -> None:
        """See `Repository.remove`."""
        self._write("remove", entity.id)
        self._inner.remove(entity, action=action)

    def touch(self, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """See `Repository.touch`."""
        wanted = list(changes)
        self._write("touch", *(ident for ident, _ in wanted))
        self._inner.touch(wanted)

    def adjust(self, ident: str, deltas: Mapping[str, int], *, limits: Mapping[str, int] | None = None) -> bool:
        """See `Repository.adjust`."""
        self._unit.within(f"adjust {self._plural}")
        is_adjusted = self._inner.adjust(ident, deltas, limits=limits)
        # Whoever holds what another directory knows adjusts nothing: no row of that id was ever there to be removed.
        if is_adjusted:
            self._unit.touch(self._plural, ident)
        return is_adjusted

    def _write(self, call: str, *idents: str) -> None:
        self._unit.within(f"{call} {self._plural}")
        self._unit.touch(self._plural, *idents)

"""Units of work in SQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from cloudcore.model.entity import Entity, evolve
from cloudcore.model.errors import BackendError, Contention
from cloudcore.model.history import HISTORY, Fact, HistoryRecord, fact_record, record_of
from cloudcore.model.query import PLATFORM, Expr
from cloudcore.model.resource import Resource
from cloudcore.model.trail import Trail
from cloudcore.ports.clock import Clock
from cloudcore.ports.ids import IdSource
from cloudcore.ports.sealer import Sealer
from cloudcore.ports.unit_of_work import Adjustment, Author, Repository
from cloudcore_adapters.sql.adjusting import add_all
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.compile import Compiler
from cloudcore_adapters.sql.dialects import dialect_of
from cloudcore_adapters.sql.doubt import was_kept
from cloudcore_adapters.sql.engine import TURN_TIMEOUT_S, in_memory, open_engine
from cloudcore_adapters.sql.failures import translated
from cloudcore_adapters.sql.flushing import Flusher, Log, unflushed
from cloudcore_adapters.sql.lowering import Lowering
from cloudcore_adapters.sql.notices import Notices, ServerNotices
from cloudcore_adapters.sql.repository import SqlRepository
from cloudcore_adapters.sql.tables import metadata_for
from cloudcore_adapters.sql.unit import Change, Unit

E = TypeVar("E", bound=Entity)


class SqlUnitOfWork:
    """A unit-of-work port over one database; safe to use from several threads.

    The tables must be there: see `cloudcore_adapters.sql.migrations.migrate`.
    """

    def __init__(
        self,
        database: str | sa.Engine,
        resources: Sequence[Resource[Any]],
        ids: IdSource,
        *,
        clock: Clock,
        sealer: Sealer | None,
    ) -> None:
        """Take the resource types, HISTORY among them.

        database: a URL, or an engine from `open_engine`.
        clock: the time of SQLite units; a database server has its own.
        sealer: None stores sealed fields in the clear, which is for tests.

        Raises:
            ValueError: HISTORY is missing, or two types share a table.
            NotSupportedError: another kind of database.
        """
        if HISTORY.plural not in {r.plural for r in resources}:
            raise ValueError("the history must be among the resource types")
        self.engine = open_engine(database) if isinstance(database, str) else database
        self.metadata = metadata_for(resources)
        self._ids = ids
        self._clock = clock
        tables = self.metadata.tables
        codecs = {r.plural: Codec(r, tables[r.table], sealer) for r in resources}
        dialect = dialect_of(self.engine)
        self._compiler = Compiler(Lowering(codecs, dialect), dialect, self.engine.dialect)
        self._writing = self.engine.execution_options(**dialect.writing)
        self._reading = self.engine.execution_options(**dialect.reading)
        self._turn = threading.Lock()
        self._noting = threading.Lock()
        self._revisions: dict[str, int] = {}
        self._latest = 0
        self._trail = Trail()
        self._asked: dict[frozenset[str], tuple[int, int]] = {}
        self._shared = in_memory(self.engine)
        grouped = dialect.single_writer and not self._shared
        self._notices = ServerNotices(self.engine) if dialect.notifies else Notices()
        self._flusher = Flusher(Log(str(self.engine.url.database)).flush) if grouped else None

    def read(self) -> AbstractContextManager[SqlTransaction]:
        """A snapshot that takes no write lock."""
        return self._unit(Author(), self._reading, writable=False)

    def write(self, author: Author) -> AbstractContextManager[SqlTransaction]:
        """A unit that may write."""
        return self._unit(author, self._writing, writable=True)

    def revision(self, *, without: Collection[str] = ()) -> int:
        """Another number after each commit that changed rows of a type not named here."""
        key, latest = frozenset(without), self._latest
        found = self._asked.get(key)
        if found is None or found[0] != latest:
            told = max((tick for plural, tick in list(self._revisions.items()) if plural not in key), default=0)
            found = self._asked[key] = (latest, told)
        return found[1]

    def listen(self, hear: Callable[[str], None]) -> Callable[[], None]:
        """See `UnitOfWork.listen`: PostgreSQL tells the other processes too, the others this one only."""
        return self._notices.listen(hear)

    def written(self, plural: str, since: int | None) -> tuple[int, Mapping[str, int] | None]:
        """The ids of rows of a type that commits of this process have written since a number."""
        with self._noting:
            return self._trail.since(plural, since)

    def _noted(self, unit: Unit) -> None:
        # A number drawn earlier and noted later would hide behind the newest one.
        with self._noting:
            tick = self._latest + 1
            self._revisions.update({change[0].plural: tick for change in unit.changes if not isinstance(change, Fact)})
            self._latest = tick
            self._trail.note(unit.written)

    def close(self) -> None:
        """Close all connections that no unit holds, and tell listeners no more."""
        self._notices.close()
        self.engine.dispose()

    @contextmanager
    def _unit(self, author: Author, engine: sa.Engine, *, writable: bool) -> Iterator[SqlTransaction]:
        kept = False
        try:
            with self._queued(writable=writable), self._opened(engine, writable=writable) as unit:
                try:
                    yield SqlTransaction(unit, author, self._ids, self._noted, self._notices)
                finally:
                    kept, unit.is_open = unit.is_kept, False
        finally:
            # The next one writes meanwhile.
            if kept and self._flusher is not None:
                self._flusher.wait()

    @contextmanager
    def _opened(self, engine: sa.Engine, *, writable: bool) -> Iterator[Unit]:
        with translated():
            connection = engine.connect()
        try:
            with unflushed(connection) if writable and self._flusher is not None else nullcontext():
                try:
                    with translated():
                        connection.begin()
                    yield Unit(
                        connection=connection,
                        engine=self.engine,
                        compiler=self._compiler,
                        clock=self._clock,
                        writable=writable,
                    )
                finally:
                    if (transaction := connection.get_transaction()) is not None:
                        transaction.close()
        finally:
            connection.close()

    @contextmanager
    def _queued(self, *, writable: bool) -> Iterator[None]:
        """Where only one may write, the writers of this process wait in a queue instead of asking again and again."""
        dialect = self._compiler.dialect
        if not (self._shared or (writable and dialect.single_writer)):
            yield
            return
        if not self._turn.acquire(timeout=TURN_TIMEOUT_S):
            raise Contention("the database is busy", internal="no turn to write")
        try:
            yield
        finally:
            self._turn.release()


class SqlTransaction:
    """One unit of work."""

    def __init__(
        self,
        unit: Unit,
        author: Author,
        ids: IdSource,
        kept: Callable[[Unit], None],
        notices: Notices,
    ) -> None:
        """kept: told of a unit that was committed."""
        self._kept = kept
        self._notices = notices
        self._unit = unit
        self._authors = [(0, author)]
        self._ids = ids
        self._whole: dict[str, SqlRepository[Any]] = {}

    @property
    def now(self) -> datetime:
        """The database's clock, read once."""
        return self._unit.now

    @property
    def author(self) -> Author:
        """Whose the unit is just now."""
        return self._authors[-1][1]

    def of(self, resource: Resource[E], scope: Expr) -> Repository[E]:
        """The rows of a type within a scope."""
        self._unit.check_open()
        if scope is not PLATFORM:
            return SqlRepository(self._unit, self._unit.compiler.source(resource.plural), scope)
        return self._whole_of(resource)

    def _whole_of(self, resource: Resource[E]) -> SqlRepository[E]:
        found = self._whole.get(resource.plural)
        if found is None:
            found = SqlRepository(self._unit, self._unit.compiler.source(resource.plural), PLATFORM)
            self._whole[resource.plural] = found
        return found

    def adjust(self, wanted: Sequence[Adjustment]) -> Sequence[bool]:
        """Do what is wanted of rows in one go."""
        unit = self._unit
        unit.check_writable()
        sent = [self._whole_of(one.resource).adjusting(one.ident, one.deltas, one.limits, one.given) for one in wanted]
        found = iter(add_all(unit, [each for each in sent if each is not None]))
        done = [each is not None and next(found) for each in sent]
        for one, adjusted in zip(wanted, done, strict=True):
            unit.counted(one.resource.plural, one.ident, adjusted=adjusted)
        return done

    def record(self, fact: Fact) -> None:
        """Remember a fact with this unit's commit."""
        self._unit.check_writable()
        self._unit.changes.append(fact)

    def act_as(self, author: Author) -> None:
        """What this unit changes from now on is this one's."""
        self._authors.append((len(self._unit.changes), author))

    def announce(self, topic: str) -> None:
        """Let listeners know with this unit's commit."""
        self._unit.check_writable()
        self._unit.announced[topic] = None

    def new_id(self) -> str:
        """A fresh id."""
        ident = self._ids.new_id()
        self._unit.drawn.add(ident)
        return ident

    def commit(self) -> None:
        """Keep everything; it is on disk when the block that the unit is open for has ended.

        Raises:
            Contention: nothing is kept.
            UnreachableError: the server went away while it committed, and can't be asked whether it did.
        """
        unit = self._unit
        unit.check_writable()
        records = self._append_history()
        self._notices.send(unit)
        transaction = unit.connection.get_transaction()
        if transaction is None:
            raise BackendError("the unit of work has no transaction")
        unit.is_open = False
        try:
            with translated():
                transaction.commit()
        except Contention:
            history = unit.compiler.codecs[HISTORY.plural].table
            if not records or not was_kept(unit.connection.engine, history, records[0]):
                raise
        finally:
            self._kept(unit)
        unit.is_kept = True
        self._notices.sent(unit)

    def _append_history(self) -> Sequence[Mapping[str, Any]]:
        unit = self._unit
        if not unit.changes:
            return ()
        codec = unit.compiler.codecs[HISTORY.plural]
        transaction, now = self.new_id(), unit.now
        records = (self._record(change, transaction, ordinal) for ordinal, change in enumerate(unit.changes))
        rows = [codec.encode(evolve(record, created_at=now, updated_at=now)) for record in records]
        statement = unit.compiler.insertion(codec)
        unit.run_each(statement, [tuple(row.values()) for row in rows])
        return rows

    def _record(self, change: Change | Fact, transaction: str, ordinal: int) -> HistoryRecord:
        author = next(author for since, author in reversed(self._authors) if since <= ordinal)
        if isinstance(change, Fact):
            return fact_record(
                change,
                actor=author.actor,
                at=self._unit.now,
                transaction=transaction,
                ordinal=ordinal,
                request_id=author.request_id,
            )
        resource, old, new, action = change
        return record_of(
            resource,
            old,
            new,
            action=action,
            actor=author.actor,
            at=self._unit.now,
            transaction=transaction,
            ordinal=ordinal,
            request_id=author.request_id,
        )

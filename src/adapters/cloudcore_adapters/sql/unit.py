"""What the repositories of one unit of work share: its connection, its time, the rows it has read, what it changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn, TypeAlias

import attrs
import sqlalchemy as sa
from sqlalchemy import exc

from cloudcore.model.entity import Entity
from cloudcore.model.errors import BackendError, Contention
from cloudcore.model.history import Fact
from cloudcore.model.resource import Resource
from cloudcore.ports.clock import Clock
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.compile import Compiler, Prepared
from cloudcore_adapters.sql.driver import Driver, Row
from cloudcore_adapters.sql.failures import translated
from cloudcore_adapters.sql.values import from_micros

Change: TypeAlias = tuple[Resource[Any], Entity | None, Entity | None, str]

LONGEST_REMEMBERED = 512
"""Answers with more rows are not kept in the unit."""


class TakenError(Exception):
    """The database refused a row as a double (or for another constraint); never leaves this package."""


@attrs.define(kw_only=True, eq=False)
class Unit:
    """One open transaction. Not for use by two threads.

    engine: that statements are listened for at.
    seen: the rows this unit has read, by plural and id, as they were when last read: what a save starts from.
    is_kept: whether it was committed.
    changes: what the history will say, in order.
    written: the rows that were added, saved, removed or adjusted, by plural and id, in order.
    announced: the topics that listeners hear of with the commit.
    drawn: the ids that were drawn for this unit.
    spoilt: the contention that a statement met. MariaDB has forgotten all that this unit wrote before a deadlock, and
        would begin anew: nothing more is asked of it, and nothing is kept.

    What this unit would read again is kept as long as nobody can have changed it. In a snapshot that is to its end, and
    so it is where one unit writes at a time, but for its own writes. Else a statement that writes may have waited for
    another unit, whose rows are to be seen from then on: it ends what was kept, except the rows that are locked by us.
    """

    connection: sa.Connection
    engine: sa.Engine
    compiler: Compiler
    clock: Clock
    writable: bool
    is_open: bool = True
    is_kept: bool = False
    seen: dict[tuple[str, str], Row] = attrs.field(factory=dict)
    changes: list[Change | Fact] = attrs.field(factory=list)
    written: list[tuple[str, str]] = attrs.field(factory=list)
    announced: dict[str, None] = attrs.field(factory=dict)
    spoilt: Contention | None = None
    _current: dict[tuple[str, str], Row] = attrs.field(factory=dict)
    _own: dict[tuple[str, str], Row] = attrs.field(factory=dict)
    drawn: set[str] = attrs.field(factory=set)
    _born: dict[str, set[str]] = attrs.field(factory=dict)
    _answers: dict[str, dict[Hashable, list[Row]]] = attrs.field(factory=dict)
    _entities: dict[int, tuple[Row, Any]] = attrs.field(factory=dict)
    _grown: dict[int, tuple[Row, Callable[[], Entity]]] = attrs.field(factory=dict)
    _now: datetime | None = None
    _driver: Driver = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._driver = Driver(self.connection, self.engine)

    @property
    def now(self) -> datetime:
        """The database's time, asked once: when it is first needed."""
        if self._now is None:
            statement = self.compiler.dialect.clock
            if statement is None:
                self._now = self.clock.now()
            else:
                ((micros,),) = self.rows(Prepared(statement, None, {}), ())
                self._now = from_micros(micros)
        return self._now

    # What is known without asking.

    @property
    def knows_rows(self) -> bool:
        """Whether any rows are known: in a unit that reads pages of some columns none is."""
        return bool(self._current)

    def known(self, plural: str, ident: str) -> Row | None:
        """The row as the database would give it, if that is known."""
        return self._current.get((plural, ident))

    def answer(self, plural: str, question: Hashable) -> list[Row] | None:
        """What the database would answer to the same question again, if that is known."""
        return self._answers.get(plural, {}).get(question)

    def referring(self, plural: str, place: int, idents: Sequence[Any]) -> list[Row] | None:
        """The rows whose value at this place is one of these, by their id, if that is known: ids that were drawn for this
        unit nobody else has heard of, so that all rows that hold one are its own.
        """
        if not idents or not self.drawn.issuperset(idents):
            return None
        rows = [self._own.get((plural, ident)) for ident in sorted(self._born.get(plural, ()))]
        found = [row for row in rows if row is not None]
        return [row for row in found if row[place] in idents] if len(found) == len(rows) else None

    def inserted(self, plural: str, ident: str, row: Row) -> None:
        """Note a row that this unit has inserted."""
        self._born.setdefault(plural, set()).add(ident)
        self.wrote(plural, ident, row)

    def read(self, plural: str, rows: Sequence[Row], place: int) -> None:
        """Note rows that were just read. place: where their id stands."""
        if self.writable or len(rows) <= LONGEST_REMEMBERED:
            found = {(plural, row[place]): row for row in rows}
            self.seen.update(found)
            self._current.update(found)

    def answered(self, plural: str, question: Hashable, rows: list[Row]) -> None:
        """Note the answer to a question about rows of this type only."""
        if len(rows) <= LONGEST_REMEMBERED:
            self._answers.setdefault(plural, {})[question] = rows

    def entities(self, codec: Codec[Any], rows: Sequence[Row]) -> list[Any]:
        """The entities of whole rows; each row that this unit has kept is converted once."""
        known = self._entities
        if len(rows) == 1 and (found := known.get(id(rows[0]))) is not None:
            return [found[1]]
        for row in rows:
            if (grown := self._grown.pop(id(row), None)) is not None:
                known[id(row)] = (row, grown[1]())
        fresh = [row for row in rows if id(row) not in known]
        if len(fresh) == len(rows) > LONGEST_REMEMBERED:
            return codec.decode_all(rows)
        for row, made in zip(fresh, codec.decode_all(fresh), strict=True):
            # The row is kept beside what was made of it, so that no other can have its identity.
            known[id(row)] = (row, made)
        return [known[id(row)][1] for row in rows]

    def became(self, row: Row, make: Callable[[], Entity]) -> None:
        """Note how to tell what a row would be converted to."""
        self._grown[id(row)] = (row, make)

    def owned(self, plural: str, ident: str) -> Row | None:
        """A row that this unit has written or locked, and nobody else can have changed since."""
        return self._own.get((plural, ident))

    def locked(self, plural: str, ident: str, row: Row) -> None:
        """Note a row that this unit has read, and keeps others from changing. It may have waited for them."""
        self._answers.clear()
        self._own[plural, ident] = row
        self._current = dict(self._own)

    def counted(self, plural: str, ident: str, *, adjusted: bool) -> None:
        """Note a row whose numbers were adjusted, or were not because of a limit."""
        if adjusted:
            self.written.append((plural, ident))
        self.wrote(plural, ident, None)

    def changed(self, resource: Resource[Any], old: Entity | None, new: Entity | None, action: str) -> None:
        """Note what a commit is to tell of a row that was added, saved or removed."""
        if (row := new or old) is not None:
            self.written.append((resource.plural, row.id))
        if resource.recorded:
            self.changes.append((resource, old, new, action))

    def wrote(self, plural: str, ident: str, row: Row | None) -> None:
        """Forget what a statement that wrote a row may have changed. row: as it now is; None when that is not known."""
        key = (plural, ident)
        if self.compiler.dialect.single_writer:
            self._answers.pop(plural, None)
        else:
            self._answers.clear()
            self._current = dict(self._own)
        if row is None:
            self._current.pop(key, None)
            self._own.pop(key, None)
        else:
            self.seen[key] = self._current[key] = self._own[key] = row

    # Statements.

    def run(self, statement: Prepared, values: Sequence[Any]) -> int:
        """Execute one statement; gives the number of rows that it changed.

        Raises:
            Contention, BackendError: see `failures`.
        """
        self.check_open()
        try:
            return self._driver.change(statement.text, statement.bound(values))
        except Exception as error:  # noqa: BLE001 - it is raised as what it means
            self._refuse(error)

    def run_each(self, statement: Prepared, rows: Sequence[Sequence[Any]]) -> None:
        """Execute one statement with each of these lists of values; errors as for `run`."""
        with self._asking():
            self._driver.change_each(statement.text, [statement.bound(values) for values in rows])

    def rows(self, statement: Prepared, values: Sequence[Any]) -> list[Row]:
        """All rows of a look-up as the driver gives them: `Codec` does the conversions, once."""
        self.check_open()
        try:
            return self._driver.select(statement.text, statement.bound(values))
        except Exception as error:  # noqa: BLE001 - it is raised as what it means
            self._refuse(error)

    def ask(self, statement: sa.Select[Any]) -> sa.CursorResult[Any]:
        """Execute a look-up that is too rare to be prepared; errors as for `run`."""
        with self._asking():
            return self.connection.execute(statement)

    def insert(self, statement: Prepared, values: Sequence[Any]) -> None:
        """Insert one row; errors as for `run_unless_taken`."""
        if self.compiler.dialect.insert_or_skip is None:
            self.run_unless_taken(statement, values)
        elif self.run(statement, values) != 1:
            raise TakenError(statement.text)

    def run_unless_taken(self, statement: Prepared, values: Sequence[Any]) -> int:
        """Execute one statement that may hurt a unique constraint; if it does, the unit can go on.

        Raises:
            TakenError: a constraint is hurt.
            Contention, BackendError: see `failures`.
        """
        self.check_open()
        bound = statement.bound(values)
        try:
            if not self.compiler.dialect.statement_aborts:
                return self._driver.change(statement.text, bound)
            with self.connection.begin_nested():
                return self._driver.change(statement.text, bound)
        except exc.IntegrityError as error:
            raise TakenError(str(error.orig)) from error
        except Exception as error:  # noqa: BLE001 - it is raised as what it means
            self._refuse(error)

    def check_open(self) -> None:
        """Refuse to use a unit that has ended, or that met contention."""
        if self.spoilt is not None:
            raise Contention("the database is busy or briefly away", internal=self.spoilt.internal)
        if not self.is_open:
            raise BackendError("the platform used a unit of work after its end")

    def check_writable(self) -> None:
        """Refuse to write through a unit that only reads, or that has ended."""
        self.check_open()
        if not self.writable:
            raise BackendError("the platform tried to write in a read unit")

    def _refuse(self, error: Exception) -> NoReturn:
        """Raise what a statement's failure means to the core."""
        with self._asking():
            raise error

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self.check_open()
        try:
            with translated():
                yield
        except Contention as error:
            self.spoilt = error
            raise

"""The rows of one type in SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from cloudcore.model.columns import Parts
from cloudcore.model.entity import Entity, evolve
from cloudcore.model.errors import Contention
from cloudcore.model.query import EVERYTHING, PLATFORM, Compare, Expr, In, Op, Query
from cloudcore.model.resource import Resource
from cloudcore_adapters.sql.adjusting import Addition, add_all, adding, bounds_of
from cloudcore_adapters.sql.compile import LONGEST_KEPT, Prepared, Slots, Source
from cloudcore_adapters.sql.counting import counting_shown, is_of_shown, total_of
from cloudcore_adapters.sql.driver import Row
from cloudcore_adapters.sql.lowering import Shape, Values
from cloudcore_adapters.sql.paging import arranged, page_shape
from cloudcore_adapters.sql.tables import may_be_null
from cloudcore_adapters.sql.uniqueness import taken
from cloudcore_adapters.sql.unit import TakenError, Unit
from cloudcore_adapters.sql.values import UNSTORABLE, decoder, to_micros

E = TypeVar("E", bound=Entity)
_ALL = Query()
_NONE: Mapping[str, Any] = MappingProxyType({})
_ANY: Shape = ("and",)


class SqlRepository(Generic[E]):
    """The rows of one type that a scope lets through."""

    def __init__(self, unit: Unit, source: Source, scope: Expr) -> None:
        self._unit = unit
        self._source = source
        self._codec = source.codec
        self._table = source.codec.table
        self._plural = source.codec.resource.plural
        self._lifted = Values()
        self._scope = _ANY if scope is PLATFORM else unit.compiler.lowering.shape(source.codec, scope, self._lifted)

    def get(self, ident: str, *, steady: bool = False) -> E | None:
        """The row with this id."""
        unit = self._unit
        if steady:
            unit.check_writable()
        locks = steady and not unit.compiler.dialect.single_writer
        row = None
        if self._scope == _ANY:
            row = unit.owned(self._plural, ident) if locks else unit.known(self._plural, ident)
        if row is None:
            row = self._row(ident, locks=locks)
        return None if row is None else self._entity(row)

    def find(self, query: Query = _ALL) -> Sequence[E]:
        """The rows that satisfy the query, in its order."""
        rows = self._known(query)
        return self._unit.entities(self._codec, self._found(query) if rows is None else rows)

    def columns(self, names: Sequence[str], query: Query = _ALL) -> Sequence[tuple[Any, ...]]:
        """Only these fields of the rows that `find` gives."""
        whole = self._whole(names, query)
        if whole is not None:
            return [tuple(getattr(row, name) for name in names) for row in whole]
        return self._codec.decode_columns(names, self._columns(names, query))

    def parts(self, names: Sequence[str], query: Query = _ALL) -> Parts[E]:
        """The rows that `find` gives, with these fields only."""
        whole = self._whole(names, query)
        if whole is not None:
            columns = {name: [getattr(row, name) for row in whole] for name in names}
            return Parts(self._codec.resource.entity, columns, len(whole))
        return self._codec.decode_parts(names, self._columns(names, query))

    def _whole(self, names: Sequence[str], query: Query) -> Sequence[E] | None:
        """Whole rows, where they are known already, or where reading some columns alone is not enough."""
        if not self._codec.fields.keys() >= set(names):
            for name in names:
                self._source.field(name)
        known = self._known(query)
        if known is not None:
            return self._unit.entities(self._codec, known)
        return self.find(query) if not names or not set(self._codec.sealed).isdisjoint(names) else None

    def _columns(self, names: Sequence[str], query: Query) -> list[Row]:
        shape, values = self._lowered(query.where)
        page = page_shape(query, self._unit.compiler.lowering, self._codec, values)
        statement = self._statement(("columns", tuple(names), shape, page), values, self._finding(shape, page, names))
        return self._unit.rows(statement, values.found)

    def count(self, where: Expr = EVERYTHING) -> int:
        """How many rows satisfy the expression."""
        shape, values = self._lowered(where)
        hidden = self._unit.compiler.dialect.hidden
        if hidden is not None and is_of_shown((self._scope, shape), values.found):
            shown = self._statement(("count shown", shape), Values(), counting_shown(self._table, hidden))
            return int(self._unit.rows(shown, ())[0][0])
        everything = sa.select(sa.func.count()).select_from(self._table)
        statement = self._statement(("count", shape), values, lambda slots: self._where(everything, shape, slots))
        return int(self._unit.rows(statement, values.found)[0][0])

    def totals(
        self, where: Expr = EVERYTHING, *, sums: Sequence[str] = (), by: Sequence[str] = ()
    ) -> Sequence[Mapping[str, Any]]:
        """One row for each distinct value of `by`."""
        shape, values = self._lowered(where)

        def build(slots: Slots) -> sa.Select[Any]:
            groups = [self._source.column(name) for name in by]
            added = [sa.func.coalesce(sa.func.sum(self._source.column(name)), 0) for name in sums]
            select = sa.select(*groups, sa.func.count(), *added).select_from(self._table)
            statement = self._where(select, shape, slots)
            low = self._unit.compiler.dialect.nulls_low
            for name, column in zip(by, groups, strict=True):
                plain = low or not may_be_null(self._source.field(name))
                statement = statement.group_by(column).order_by(column if plain else column.asc().nulls_first())
            return statement

        statement = self._statement(("totals", shape, tuple(sums), tuple(by)), values, build)
        readers = [decoder(self._source.field(name)) for name in by]
        return [total_of(row, by, readers, sums) for row in self._unit.rows(statement, values.found)]

    def add(self, entity: E, *, action: str = "create") -> E:
        """Insert."""
        unit, codec = self._unit, self._codec
        unit.check_writable()
        now = unit.now
        stored = evolve(entity, created_at=entity.created_at or now, updated_at=now, update_version=0)
        values = codec.encode(stored)
        sent = codec.seal(stored.id, dict(values)) if codec.sealed else values
        self._insert(sent, values)
        unit.inserted(self._plural, stored.id, tuple(sent.values()))
        self._changed(None, stored, action)
        return stored

    def save(
        self, entity: E, *, action: str = "update", old: E | None = None, volatile: Mapping[str, Any] = _NONE
    ) -> E:
        """Write the changed fields if the stored version is still the entity's."""
        unit, codec = self._unit, self._codec
        unit.check_writable()
        if old is not None and old.update_version == entity.update_version and not codec.sealed:
            row = None
            changed = codec.differing(old, entity)
        else:
            row = self._base(entity)
            old = self._entity(row)
            changed = codec.changes(row, old, entity)
        if not changed:
            self._base(entity)
            if self._scope != _ANY and self._row(entity.id) is None:
                raise self._moved(entity)
            if sent := codec.encode_volatile(volatile):
                self._update(old, old.update_version, sent, {})
                unit.wrote(self._plural, old.id, None)
            return evolve(old, **volatile)
        kept = {n: getattr(old, n) for n in codec.volatile} | dict(volatile)
        times = {"created_at": entity.created_at or old.created_at, "updated_at": unit.now}
        stored = evolve(entity, update_version=old.update_version + 1, **times, **kept)
        sent = codec.seal(entity.id, dict(changed)) | codec.encode_volatile(volatile)
        sent |= {"updated_at": to_micros(unit.now), "update_version": stored.update_version}
        self._update(stored, old.update_version, sent, changed)
        self._replaced(row, entity.id, sent)
        self._changed(old, stored, action)
        return stored

    def remove(self, entity: E, *, action: str = "delete") -> None:
        """Delete the row if the stored version is still the entity's."""
        unit = self._unit
        unit.check_writable()
        old = self._entity(self._base(entity))
        statement = self._statement(("delete",), self._lifted, lambda s: self._at(sa.delete(self._table), s))
        removed = unit.run(statement, [*self._lifted.found, old.id, old.update_version]) == 1
        unit.wrote(self._plural, old.id, None)
        if not removed:
            raise self._moved(entity)
        unit.seen.pop(self._key(old.id), None)
        self._changed(old, None, action)

    def touch(self, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Set volatile fields of rows by id."""
        self._unit.check_writable()
        batches: dict[tuple[str, ...], list[list[Any]]] = {}
        touched: list[str] = []
        for ident, values in changes:
            sent = self._codec.encode_volatile(values)
            if sent and not UNSTORABLE.search(ident):
                batches.setdefault(tuple(sent), []).append([*self._lifted.found, ident, *sent.values()])
                touched.append(ident)
        for names, rows in batches.items():
            statement = self._statement(("touch", names), self._lifted, self._setting(names))
            self._unit.run_each(statement, rows)
        for ident in touched:
            self._unit.wrote(self._plural, ident, None)

    def adjust(self, ident: str, deltas: Mapping[str, int], *, limits: Mapping[str, int] | None = None) -> bool:
        """Add to numbers of a row in one conditional statement."""
        self._unit.check_writable()
        if not deltas or UNSTORABLE.search(ident):
            return self._row(ident) is not None
        sent = self.adjusting(ident, deltas, limits or _NONE)
        if sent is None:
            return False
        (adjusted,) = add_all(self._unit, [sent])
        self._unit.counted(self._plural, ident, adjusted=adjusted)
        return adjusted

    def adjusting(
        self,
        ident: str,
        deltas: Mapping[str, int],
        limits: Mapping[str, int],
        given: Sequence[tuple[Resource[Any], str, int]] = (),
    ) -> Addition | None:
        """The statement of `adjust`, with its values; None where it could do nothing."""
        numbers = bounds_of(self._source, deltas, limits)
        if numbers is None or UNSTORABLE.search(ident):
            return None
        compiler, names = self._unit.compiler, tuple(deltas)
        others = [resource.plural for resource, _, _ in given]
        tables = [compiler.source(plural).codec.table for plural in others]
        known = [value for _, *values in given for value in values]
        return Addition(
            (self._plural, self._scope, "adjust", names, *others),
            adding(self._table, self._by_id, names, tables),
            [*self._lifted.found, ident, *numbers, *known],
        )

    # Look-ups.

    def _known(self, query: Query) -> list[Row] | None:
        """The rows of certain ids, or that refer to some, when all of them are known without asking."""
        where = query.where
        if isinstance(where, In):
            wanted = where.values
        elif isinstance(where, Compare) and where.op is Op.EQ:
            wanted = (where.value,)
        else:
            return None
        if self._scope != _ANY or not query.is_whole:
            return None
        if where.field != "id":
            place = self._codec.texts.get(where.field)
            return None if place is None else self._unit.referring(self._plural, place, wanted)
        if not query.is_ordered or not self._unit.knows_rows:
            return None
        if not all(isinstance(ident, str) for ident in wanted):
            return None
        rows = []
        for ident in sorted(set(wanted)):
            row = self._unit.known(self._plural, ident)
            if row is None:
                return None
            rows.append(row)
        return rows

    def _found(self, query: Query) -> list[Row]:
        unit, codec = self._unit, self._codec
        question: Shape | None = (self._scope, *self._lifted.found, query)
        try:
            known = unit.answer(self._plural, question)
        except TypeError:  # something in it can't be a key
            question, known = None, None
        if known is not None:
            return known
        shape, values = self._lowered(query.where)
        page = page_shape(query, unit.compiler.lowering, codec, values)
        statement = self._statement(("find", shape, page), values, self._finding(shape, page))
        rows = unit.rows(statement, values.found)
        unit.read(self._plural, rows, codec.id_place)
        if question is not None and not values.crosses and len(values.found) <= LONGEST_KEPT:
            unit.answered(self._plural, question, rows)
        return rows

    def _row(self, ident: str, *, locks: bool = False) -> Row | None:
        if UNSTORABLE.search(ident):
            return None

        def build(slots: Slots) -> sa.Select[Any]:
            found: sa.Select[Any] = self._by_id(self._codec.select, slots)
            return found.with_for_update(read=True) if locks else found

        statement = self._statement(("get", locks), self._lifted, build)
        found = self._unit.rows(statement, [*self._lifted.found, ident])
        self._unit.read(self._plural, found, self._codec.id_place)
        if locks and found:
            self._unit.locked(self._plural, ident, found[0])
        return found[0] if found else None

    def _entity(self, row: Row) -> E:
        found: E = self._unit.entities(self._codec, (row,))[0]
        return found

    def _replaced(self, row: Row | None, ident: str, sent: Mapping[str, Any]) -> None:
        """Note what a row has become, whose entity is known; None when the row was not read."""
        codec = self._codec
        after = None if row is None else codec.replaced(row, sent)
        if row is not None and after is not None and not codec.sealed:
            old = self._entity(row)
            self._unit.became(after, lambda: codec.grown(old, sent))
        self._unit.wrote(self._plural, ident, after)

    def _base(self, entity: E) -> Row:
        """The stored row that a change starts from: as this unit read it, else read now."""
        row = self._unit.seen.get(self._key(entity.id))
        if row is None:
            row = self._row(entity.id)
        if row is None or row[self._codec.version_place] != entity.update_version:
            raise self._moved(entity)
        return row

    # Statements. Their values are those of the scope, then of the condition, then others.

    def _statement(self, kind: tuple[Any, ...], values: Values, build: Callable[[Slots], Any]) -> Prepared:
        return self._unit.compiler.statement((self._plural, self._scope, *kind), len(values.found), build)

    def _lowered(self, where: Expr) -> tuple[Shape, Values]:
        """The shape of a condition; the values of the scope and of it."""
        values = Values(list(self._lifted.found), self._lifted.crosses)
        return self._unit.compiler.lowering.shape(self._codec, where, values), values

    def _scoped(self, statement: Any, slots: Slots) -> Any:
        if self._scope == _ANY:
            return statement
        return statement.where(self._unit.compiler.clause(self._source, self._scope, slots))

    def _where(self, statement: sa.Select[Any], shape: Shape, slots: Slots) -> sa.Select[Any]:
        scoped: sa.Select[Any] = self._scoped(statement, slots)
        return scoped if shape == _ANY else scoped.where(self._unit.compiler.clause(self._source, shape, slots))

    def _finding(self, shape: Shape, page: Shape, names: Sequence[str] = ()) -> Callable[[Slots], sa.Select[Any]]:
        """Builds a look-up of all fields, or of these."""
        compiler = self._unit.compiler

        def build(slots: Slots) -> sa.Select[Any]:
            select = sa.select(*(self._source.column(name) for name in names)) if names else self._codec.select
            return arranged(self._where(select, shape, slots), page, self._source, slots, compiler)

        return build

    def _by_id(self, statement: Any, slots: Slots) -> Any:
        column = self._table.c.id
        return self._scoped(statement, slots).where(column == slots.next(column.type))

    def _at(self, statement: Any, slots: Slots) -> Any:
        column = self._table.c.update_version
        return self._by_id(statement, slots).where(column == slots.next(column.type))

    def _setting(self, names: Sequence[str]) -> Callable[[Slots], Any]:
        columns = self._table.c

        def build(slots: Slots) -> Any:
            statement = self._by_id(sa.update(self._table), slots)
            return statement.values({name: slots.next(columns[name].type) for name in names})

        return build

    def _insert(self, sent: dict[str, Any], plain: dict[str, Any]) -> None:
        unit = self._unit
        try:
            unit.insert(unit.compiler.insertion(self._codec), tuple(sent.values()))
        except TakenError as error:
            unit.wrote(self._plural, plain["id"], None)
            raise taken(unit, self._source, plain, inserting=True) from error

    def _update(self, entity: E, version: int, sent: dict[str, Any], changed: Mapping[str, Any]) -> None:
        unit, columns = self._unit, self._table.c

        def build(slots: Slots) -> Any:
            statement = self._at(sa.update(self._table), slots)
            return statement.values({name: slots.next(columns[name].type) for name in sent})

        statement = self._statement(("update", tuple(sent)), self._lifted, build)
        names = {n for group in self._codec.resource.unique for n in group}
        run = unit.run_unless_taken if names & changed.keys() else unit.run
        try:
            updated = run(statement, [*self._lifted.found, entity.id, version, *sent.values()])
        except TakenError as error:
            unit.wrote(self._plural, entity.id, None)
            raise taken(unit, self._source, self._codec.encode(entity), inserting=False) from error
        if updated != 1:
            unit.wrote(self._plural, entity.id, None)
            raise self._moved(entity)

    # Bookkeeping.

    def _key(self, ident: str) -> tuple[str, str]:
        return (self._plural, ident)

    def _changed(self, old: E | None, new: E | None, action: str) -> None:
        self._unit.changed(self._codec.resource, old, new, action)

    def _moved(self, entity: E) -> Contention:
        what = f"{self._codec.resource.singular} {entity.id}"
        return Contention("the object has changed meanwhile", internal=what)

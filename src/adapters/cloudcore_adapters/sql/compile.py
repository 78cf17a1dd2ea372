"""Shapes to SQL, with the two-valued meaning that `cloudcore.model.query.matches` defines, each compiled once.

A clause may come out as NULL only where a row lacks the field; WHERE, AND and OR treat that as false, and NOT is the one
place that has to say so.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, cast

import attrs
import sqlalchemy as sa
from sqlalchemy.engine import Dialect as Engine
from sqlalchemy.sql.compiler import SQLCompiler

from cloudcore.model.query import Like
from cloudcore.model.resource import Field
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.dialects import Dialect
from cloudcore_adapters.sql.lowering import MANY, Lowering, Shape, field_of

Clause = sa.ColumnElement[Any]

MOST_PREPARED = 2000
"""So many statements are kept; when there are more, all are dropped and made again as they are needed."""

LONGEST_KEPT = 1000
"""Statements with more parameters are made each time: nobody asks the same again."""

_TEXT = sa.String()
_LENGTH = sa.Integer()


@attrs.frozen
class Source:
    """The rows that a clause is about: a table, or an alias of it, with the type's conversions."""

    codec: Codec[Any]
    rows: sa.FromClause

    def field(self, name: str) -> Field:
        """The field of that name.

        Raises:
            InvalidInputError: the type has none.
        """
        return field_of(self.codec, name)

    def column(self, name: str) -> Clause:
        """The column of a field; errors as for `field`."""
        self.field(name)
        return cast("Clause", self.rows.c[name])


@attrs.define
class Slots:
    """Hands out the parameters of one statement, in the order in which its values are sent."""

    taken: int = 0

    def next(self, kind: sa.types.TypeEngine[Any]) -> sa.BindParameter[Any]:
        """The parameter for the next value."""
        slot = sa.bindparam(slot_name(self.taken), type_=kind)
        self.taken += 1
        return slot


def slot_name(place: int) -> str:
    """The name of the parameter for the value at this place."""
    return f"p{place}"


@attrs.frozen
class Prepared:
    """A statement in the engine's own words.

    order: for engines that take parameters by place, where each comes from: the place of a value, or -1 for the constant
        beside it; None for those that take them by name.
    constants: parameters that are the same each time, by name.
    """

    text: str
    order: tuple[tuple[int, Any], ...] | None
    constants: Mapping[str, Any]
    _in_order: bool = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        in_order = self.order is not None and all(place == n for n, (place, _) in enumerate(self.order))
        object.__setattr__(self, "_in_order", in_order)

    def bound(self, values: Sequence[Any]) -> Any:
        """The parameters as the driver takes them."""
        if self._in_order and self.order is not None:
            # A condition that nothing satisfies takes the values behind it out of the statement.
            return tuple(values[: len(self.order)])
        if self.order is not None:
            return tuple([values[place] if place >= 0 else constant for place, constant in self.order])
        return {**self.constants, **{slot_name(place): value for place, value in enumerate(values)}}


@attrs.frozen
class Compiler:
    """Statements over the tables of one database.

    prepared: those made so far, by what they do and their shapes; they depend on nothing but the types.
    """

    lowering: Lowering
    dialect: Dialect
    engine: Engine
    prepared: dict[Hashable, Prepared] = attrs.field(factory=dict)
    _sources: dict[str, Source] = attrs.field(factory=dict, init=False)

    @property
    def codecs(self) -> Mapping[str, Codec[Any]]:
        """The conversions of each type, by plural."""
        return self.lowering.codecs

    def source(self, plural: str) -> Source:
        """The table of a type.

        Raises:
            InvalidInputError: there is no such type.
        """
        found = self._sources.get(plural)
        if found is None:
            codec = self.lowering.codec(plural)
            found = self._sources[plural] = Source(codec, codec.table)
        return found

    def statement(self, key: Hashable, count: int, build: Callable[[Slots], Any]) -> Prepared:
        """The statement with this key, built if it has not been yet. count: how many values it takes."""
        found = self.prepared.get(key)
        if found is None:
            slots = Slots()
            built = build(slots)
            found = self._compiled(built.compile(dialect=self.engine), slots.taken)
            if count <= LONGEST_KEPT:
                if len(self.prepared) >= MOST_PREPARED:
                    self.prepared.clear()
                self.prepared[key] = found
        return found

    def insertion(self, codec: Codec[Any]) -> Prepared:
        """The statement that inserts one row of a type; it takes the values in the order of the codec's names."""

        def build(slots: Slots) -> sa.Insert:
            table, skipping = codec.table, self.dialect.insert_or_skip
            made = sa.insert(table) if skipping is None else skipping(table)
            return made.values({name: slots.next(table.c[name].type) for name in codec.names})

        return self.statement(("insert", codec.resource.plural), len(codec.names), build)

    @staticmethod
    def _compiled(made: SQLCompiler, taken: int) -> Prepared:
        places = {slot_name(place): place for place in range(taken)}
        constants = {name: value for name, value in made.params.items() if name not in places}
        order = None
        if made.positiontup is not None:
            order = tuple((places.get(name, -1), constants.get(name)) for name in made.positiontup)
        return Prepared(made.string, order, constants)

    def clause(self, source: Source, shape: Shape, slots: Slots) -> Clause:
        """The clause that is true for the rows that satisfy the expression of this shape."""
        match shape:
            case ("and", *parts):
                return _joined(sa.and_, sa.true(), [self.clause(source, p, slots) for p in parts])
            case ("or", *parts):
                return _joined(sa.or_, sa.false(), [self.clause(source, p, slots) for p in parts])
            case ("not", part):
                return sa.not_(sa.func.coalesce(self.clause(source, part, slots), sa.false()))
            case ("exists", plural, foreign, local, where):
                return self._exists(source, plural, foreign, local, where, slots)
            case ("never",):
                return sa.false()
            case _:
                kind, name, *rest = shape
                return self._leaf(kind, source.column(name), rest, slots)

    def _leaf(self, kind: str, column: Clause, rest: Sequence[Any], slots: Slots) -> Clause:
        match kind, rest:
            case "absent", []:
                return column.is_(None)
            case "present", []:
                return column.is_not(None)
            case "op", [op]:
                compared: Clause = getattr(column, f"__{op}__")(slots.next(column.type))
                return compared
            case "in", [length]:
                return column.in_([slots.next(column.type) for _ in range(length)])
            case "among", []:
                return self.dialect.among(column, slots.next)
            case "match", [how]:
                return self._match(column, how, slots)
            case "key", [count]:
                return self.dialect.has_key(column, slots.next(_TEXT), [slots.next(_TEXT) for _ in range(count)])
            case "key_like", [other]:
                return self.dialect.has_key_like(column, slots.next(_LENGTH), slots.next(_TEXT), other)
            case _:
                raise AssertionError(f"no such condition: {kind}")

    def _exists(self, source: Source, plural: str, foreign: str, local: str, where: Shape, slots: Slots) -> Clause:
        return sa.exists(self._tied(sa.literal(1), source, (plural, foreign, local), where, slots))

    def counting(self, source: Source, plural: str, foreign: str, local: str, where: Shape, slots: Slots) -> Clause:
        """How many rows of another type are tied to a row by these two fields and satisfy the expression."""
        return self._tied(sa.func.count(), source, (plural, foreign, local), where, slots).scalar_subquery()

    def _tied(
        self, what: Clause, source: Source, tie: tuple[str, str, str], where: Shape, slots: Slots
    ) -> sa.Select[Any]:
        plural, foreign, local = tie
        other = self.source(plural)
        inner = Source(other.codec, other.rows.alias())
        joined = inner.column(foreign) == source.column(local)
        found = sa.select(what).select_from(inner.rows).where(joined, self.clause(inner, where, slots))
        return found.correlate_except(inner.rows)

    def _match(self, column: Clause, how: str, slots: Slots) -> Clause:
        folded = self.dialect.fold(column)
        if how == Like.CONTAINS:
            return self.dialect.position(folded, slots.next(_TEXT)) > 0
        if how == Like.LIKE:
            return folded.like(slots.next(_TEXT), escape="\\")
        length = slots.next(_LENGTH)
        part = sa.func.substr(folded, 1, length) if how == Like.STARTSWITH else self.dialect.tail(folded, length)
        return part == slots.next(_TEXT)


def _joined(join: Callable[..., Clause], neutral: Clause, parts: Sequence[Clause]) -> Clause:
    """All parts in one clause. A long row of them becomes groups: SQLite counts each part as one level of nesting."""
    while len(parts) > MANY:
        groups = [join(neutral, *parts[i : i + MANY]) for i in range(0, len(parts), MANY)]
        parts = [sa.func.coalesce(group, sa.false()) for group in groups]
    return join(neutral, *parts)

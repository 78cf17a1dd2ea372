"""Orders and markers in SQL. Absent values come first ascending and last descending, ties go by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.query import Order, Query
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.compile import Clause, Compiler, Slots, Source
from cloudcore_adapters.sql.lowering import Lowering, Shape, Values, field_of
from cloudcore_adapters.sql.tables import may_be_null
from cloudcore_adapters.sql.values import UNSTORABLE

_NUMBER = sa.BigInteger()
_TEXT = sa.String()


_ID = Order("id")
_BY_ID: Shape = (("value", (), "id", False), False, False)
"""The shape of the order that ends all others."""


@attrs.frozen
class _Key:
    column: Clause
    descending: bool
    nullable: bool
    value: sa.BindParameter[Any] | None


def page_shape(query: Query, lowering: Lowering, codec: Codec[Any], values: Values) -> Shape:
    """The shape of a query's order, marker, offset and limit; their values are added to `values`.

    Raises:
        InvalidInputError: an order by a field that has none, a marker of another shape, a negative limit or offset.
    """
    if not query.is_ordered and query.is_whole:
        return (False, False, False)
    if not query.order and query.after is None and query.offset == 0 and (query.limit is None or query.limit >= 0):
        if query.limit is not None:
            values.found.append(query.limit)
        return (False, query.limit is not None, False, _BY_ID)
    order = (*query.order, _ID)
    marker = query.after if query.after is not None else (None,) * len(order)
    if len(marker) != len(order):
        raise InvalidInputError(f"the marker must have {len(order)} values", field="paging_marker")
    keys: dict[Order, Shape] = {}
    for key, value in zip(order, marker, strict=True):
        same = attrs.evolve(key, descending=False) if key.descending else key
        if same not in keys:
            what = _what(key, lowering, codec, values)
            stored = _marked(key, lowering, codec, value)
            if stored is not None:
                values.found.append(stored)
            keys[same] = (what, key.descending, stored is not None)
        if same == _ID:
            break
    if query.offset < 0 or (query.limit is not None and query.limit < 0):
        raise InvalidInputError("limit and offset may not be negative", field="limit")
    values.found.extend(number for number in (query.limit, query.offset or None) if number is not None)
    return (query.after is not None, query.limit is not None, query.offset > 0, *keys.values())


def _what(key: Order, lowering: Lowering, codec: Codec[Any], values: Values) -> Shape:
    """The shape of what rows are sorted by."""
    if key.counted is not None:
        return ("count", *lowering.shape(codec, key.counted, values)[1:])
    end = _end(key, lowering, codec)
    kind = field_of(end, key.field).kind
    if (kind is dict) != (key.key != "") or kind is list or key.field in end.sealed:
        raise InvalidInputError(f"{key.field} has no order", field=key.field)
    if key.key:
        if UNSTORABLE.search(key.key):
            raise InvalidInputError(f"no key is called {key.key!a}", field=key.field)
        values.found.append(key.key)
    if key.via:
        values.crosses = True
        if kind is bool:
            raise InvalidInputError(f"{key.field} has no least value", field=key.field)
    steps = tuple((step.plural, step.local, step.foreign) for step in key.via)
    return ("number" if key.number and steps else "value", steps, key.field, key.key != "")


def _end(key: Order, lowering: Lowering, codec: Codec[Any]) -> Codec[Any]:
    """The type at the end of the key's steps, each of whose fields is there."""
    for step in key.via:
        field_of(codec, step.local)
        codec = lowering.codec(step.plural)
        field_of(codec, step.foreign)
    return codec


def _marked(key: Order, lowering: Lowering, codec: Codec[Any], value: Any) -> Any:
    """The stored form of a marker's value; None where the row has none."""
    if value is None:
        return None
    counts = key.counted is not None or key.number
    if counts or key.key:
        fits = isinstance(value, int) if counts else isinstance(value, str)
        if not fits or (isinstance(value, str) and UNSTORABLE.search(value)):
            raise InvalidInputError("no row has this marker", field="paging_marker")
        return value
    return _end(key, lowering, codec).encode_value(key.field, value)


def arranged(select: sa.Select[Any], shape: Shape, source: Source, slots: Slots, compiler: Compiler) -> sa.Select[Any]:
    """The statement with the order, marker, offset and limit of that shape."""
    after, limited, shifted, *ordered = shape
    keys = [_key(compiler, source, slots, *key) for key in ordered]
    select = select.order_by(*(_ordered(k, nulls_low=compiler.dialect.nulls_low) for k in keys))
    if after:
        select = select.where(_after(keys))
    if limited:
        select = select.limit(slots.next(_NUMBER))
    return select.offset(slots.next(_NUMBER)) if shifted else select


def _key(compiler: Compiler, source: Source, slots: Slots, what: Shape, descending: bool, marked: bool) -> _Key:
    match what:
        case ("count", plural, foreign, local, where):
            column: Clause = compiler.counting(source, plural, foreign, local, where, slots)
            kind: sa.types.TypeEngine[Any] = _NUMBER
            nullable = False
        case ("number", steps, name, member):
            column, _ = _value(compiler, source, steps, name, slots, member=member, number=True)
            kind, nullable = _NUMBER, False
        case ("value", steps, name, member):
            column, kind = _value(compiler, source, steps, name, slots, member=member)
            nullable = member or bool(steps) or may_be_null(source.field(name))
        case _:
            raise AssertionError(f"no such order: {what}")
    return _Key(column, descending, nullable, slots.next(kind) if marked else None)


def _value(
    compiler: Compiler,
    source: Source,
    steps: Sequence[tuple[str, str, str]],
    name: str,
    slots: Slots,
    *,
    member: bool,
    number: bool = False,
) -> tuple[Clause, sa.types.TypeEngine[Any]]:
    here, ties, rows = source, [], []
    for plural, local, foreign in steps:
        before, other = here, compiler.source(plural)
        here = Source(other.codec, other.rows.alias())
        rows.append(here.rows)
        ties.append(here.column(foreign) == before.column(local))
    column = here.column(name)
    kind = _TEXT if member else column.type
    value = compiler.dialect.member(column, slots.next(_TEXT)) if member else column
    if not rows:
        return value, kind
    what: Clause = sa.func.count(value.distinct()) if number else sa.func.min(value)
    least = sa.select(what).select_from(*rows).where(*ties)
    return least.correlate_except(*rows).scalar_subquery(), kind


def _ordered(key: _Key, *, nulls_low: bool) -> Clause:
    clause = key.column.desc() if key.descending else key.column.asc()
    if key.nullable and not nulls_low:
        return clause.nulls_last() if key.descending else clause.nulls_first()
    return clause


def _after(keys: Sequence[_Key]) -> Clause:
    marks = [k.value for k in keys if k.value is not None]
    if len(marks) == len(keys) and not any(k.nullable for k in keys) and len({k.descending for k in keys}) == 1:
        mine, other = sa.tuple_(*(k.column for k in keys)), sa.tuple_(*marks)
        return mine < other if keys[0].descending else mine > other
    ways = []
    for place, key in enumerate(keys):
        same = [k.column == k.value if k.value is not None else k.column.is_(None) for k in keys[:place]]
        ways.append(sa.and_(*same, _beyond(key)))
    first = keys[0]
    if first.value is None or first.nullable:
        return sa.or_(*ways)
    # It follows from the rest, and lets the engine begin in the middle of the index instead of at its end.
    reached = first.column <= first.value if first.descending else first.column >= first.value
    return sa.and_(reached, sa.or_(*ways))


def _beyond(key: _Key) -> Clause:
    if key.value is None:
        return sa.false() if key.descending else key.column.is_not(None)
    beyond: Clause = key.column < key.value if key.descending else key.column > key.value
    return sa.or_(beyond, key.column.is_(None)) if key.descending and key.nullable else beyond

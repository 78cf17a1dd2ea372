"""Orders and markers in SQL. Absent values come first ascending and last descending, ties go by id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.query import Order, Query
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.compile import Clause, Slots, Source
from cloudcore_adapters.sql.lowering import Shape, Values, field_of
from cloudcore_adapters.sql.tables import may_be_null

_NUMBER = sa.BigInteger()


@attrs.frozen
class _Key:
    column: Clause
    descending: bool
    nullable: bool
    value: sa.BindParameter[Any] | None


def page_shape(query: Query, codec: Codec[Any], values: Values) -> Shape:
    """The shape of a query's order, marker, offset and limit; their values are added to `values`.

    Raises:
        InvalidInputError: an order by a field that has none, a marker of another shape, a negative limit or offset.
    """
    order = (*query.order, Order("id"))
    marker = query.after if query.after is not None else (None,) * len(order)
    if len(marker) != len(order):
        raise InvalidInputError(f"the marker must have {len(order)} values", field="paging_marker")
    keys: dict[str, tuple[str, bool, bool]] = {}
    for key, value in zip(order, marker, strict=True):
        field = field_of(codec, key.field)
        if field.kind in (dict, list) or key.field in codec.sealed:
            raise InvalidInputError(f"{key.field} has no order", field=key.field)
        stored = codec.encode_value(key.field, value) if value is not None else None
        if key.field not in keys:
            keys[key.field] = (key.field, key.descending, stored is not None)
            if stored is not None:
                values.found.append(stored)
        if key.field == "id":
            break
    if query.offset < 0 or (query.limit is not None and query.limit < 0):
        raise InvalidInputError("limit and offset may not be negative", field="limit")
    values.found.extend(number for number in (query.limit, query.offset or None) if number is not None)
    return (query.after is not None, query.limit is not None, query.offset > 0, *keys.values())


def arranged(select: sa.Select[Any], shape: Shape, source: Source, slots: Slots, *, nulls_low: bool) -> sa.Select[Any]:
    """The statement with the order, marker, offset and limit of that shape."""
    after, limited, shifted, *ordered = shape
    keys = [_key(source, slots, *key) for key in ordered]
    select = select.order_by(*(_ordered(k, nulls_low=nulls_low) for k in keys))
    if after:
        select = select.where(_after(keys))
    if limited:
        select = select.limit(slots.next(_NUMBER))
    return select.offset(slots.next(_NUMBER)) if shifted else select


def _key(source: Source, slots: Slots, name: str, descending: bool, marked: bool) -> _Key:
    column = source.column(name)
    value = slots.next(column.type) if marked else None
    return _Key(column, descending, may_be_null(source.field(name)), value)


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
    return sa.or_(*ways)


def _beyond(key: _Key) -> Clause:
    if key.value is None:
        return sa.false() if key.descending else key.column.is_not(None)
    beyond: Clause = key.column < key.value if key.descending else key.column > key.value
    return sa.or_(beyond, key.column.is_(None)) if key.descending and key.nullable else beyond

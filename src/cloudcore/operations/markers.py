"""Markers: where a page ended, as a text that only this list understands.

It holds what the last row was sorted by, so that the next page begins behind it even when that row is gone by then.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.query import PLATFORM, Order, Query, both, eq, one_of, plain_value
from cloudcore.model.reading import format_time, read_time
from cloudcore.model.resource import Resource, field_map
from cloudcore.operations.orders import Types
from cloudcore.ports.unit_of_work import Transaction

LONGEST = 16_384
"""Characters in a marker."""


def marker_after(tx: Transaction, types: Types, order: Sequence[Order], row: Any) -> str:
    """The marker that begins the page after this row."""
    values = [_value(tx, types, key, row) for key in order]
    held = [format_time(v) if isinstance(v, datetime) else v for v in (*values, row.id)]
    text = json.dumps([_signature(order), *held], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_marker(types: Types, resource: Resource[Any], order: Sequence[Order], text: str) -> tuple[Any, ...]:
    """What the last row of the earlier page was sorted by.

    Raises:
        InvalidInputError: it is no marker of a list in this order.
    """
    if len(text) > LONGEST:
        raise _wrong()
    try:
        padded = text + "=" * (-len(text) % 4)
        held: Any = json.loads(base64.b64decode(padded.encode(), altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeError, ValueError, RecursionError) as error:
        raise _wrong() from error
    values = cast("list[Any]", held) if isinstance(held, list) else []
    keys = (*order, Order("id"))
    if len(values) != len(keys) + 1 or values[0] != _signature(order):
        raise _wrong()
    return tuple(_read(_kind(types, resource, key), value) for key, value in zip(keys, values[1:], strict=True))


def starting_field(order: Order) -> str:
    """The row's own field that a sort key starts from."""
    if order.counted is not None:
        return order.counted.local
    return order.via[0].local if order.via else order.field


def _wrong() -> InvalidInputError:
    return InvalidInputError(
        "paging_marker must be the next_marker of an earlier page of the same list", field="paging_marker"
    )


def _signature(order: Sequence[Order]) -> str:
    return hashlib.sha256(repr(tuple(order)).encode()).hexdigest()[:8]


def _kind(types: Types, resource: Resource[Any], key: Order) -> type:
    if key.counted is not None or key.number:
        return int
    entity = types[key.via[-1].plural].entity if key.via else resource.entity
    return str if key.key else field_map(entity)[key.field].kind


def _read(kind: type, value: Any) -> Any:
    if value is None:
        return None
    if kind is datetime:
        return read_time(value, "paging_marker")
    fits = isinstance(value, int) and not isinstance(value, bool) if kind is int else isinstance(value, kind)
    if not fits:
        raise _wrong()
    return value


def _value(tx: Transaction, types: Types, key: Order, row: Any) -> Any:
    """What the row is sorted by, as `order_value` has it, with one statement for each step."""
    if key.counted is not None:
        here, tie = getattr(row, key.counted.local), key.counted
        where = both(eq(tie.foreign, here), tie.where)
        return 0 if here is None else tx.of(types[tie.plural], PLATFORM).count(where)
    reached = [row]
    for step in key.via:
        wanted = [value for one in reached if (value := getattr(one, step.local)) is not None]
        reached = list(tx.of(types[step.plural], PLATFORM).find(Query(where=one_of(step.foreign, wanted))))
    values = {value for one in reached if (value := plain_value(key, one)) is not None}
    return len(values) if key.number else min(values, default=None)

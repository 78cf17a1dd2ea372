"""What a list is sorted by: columns, a tag, names of what rows refer to, and the keys that a type declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import attrs

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import Order, Via
from cloudcore.model.resource import Resource, field_map
from cloudcore.operations.filters import OWNERS, column, filterable, is_column
from cloudcore.operations.parameter import texts
from cloudcore.operations.refs import IDENTITY, path_of

Types = Mapping[str, Resource[Any]]

MOST = 8
"""Sort keys of one list."""

PREFIX = "order_by_"
_COLUMNS = ("order_by", "sort_by")


def orders_of(types: Types, resource: Resource[Any], params: JsonMapping) -> tuple[Order, ...]:
    """Read order_by, order, order_by_tag and `order_by_…`; ties go by time, name and id, in the same direction.

    That all of them have one direction lets an engine walk an index alone, and begin behind a marker in its middle.

    Raises:
        InvalidInputError: there is no such sort key, or there are too many.
    """
    descending = str(params.get("paging_order") or params.get("order") or "desc").lower() != "asc"
    found: dict[Order, Order] = {}
    for name, value in _asked(params):
        down = descending if name in ("order_by", "order_by_tag") else _down(value)
        for order in _orders(types, resource, name, value):
            found.setdefault(order, attrs.evolve(order, descending=down))
    if len(found) > MOST:
        raise InvalidInputError(f"order_by: more than {MOST} sort keys", field="order_by")
    ties = _ties(resource, descending=descending)
    if not found:
        return ties
    return (*found.values(), *(tie for tie in ties if Order(tie.field) not in found))


def worked_out_of(resource: Resource[Any], params: JsonMapping) -> tuple[tuple[str, bool], ...]:
    """Of what is asked, the keys of details that a list is sorted by first, each with whether it falls."""
    descending = str(params.get("order") or "desc").lower() != "asc"
    found: dict[str, bool] = {}
    for name, value in _asked(params):
        word = str(value) if name == "order_by" else name.removeprefix(PREFIX)
        if word in resource.worked_out:
            found.setdefault(resource.worked_out[word], descending if name == "order_by" else _down(value))
    return tuple(found.items())


@cache
def _ties(resource: Resource[Any], *, descending: bool) -> tuple[Order, ...]:
    known = {f.name for f in filterable(resource)}
    return tuple(Order(name, descending) for name in ("created_at", "name", "id") if name in known)


def _asked(params: JsonMapping) -> Iterator[tuple[str, Any]]:
    # Sizes of servers are asked for by `sort_by`, which means the same.
    yield from (("order_by", name) for key in _COLUMNS for name in texts(params.get(key)) if name)
    yield from ((key, value) for key, value in params.items() if key.startswith(PREFIX) and value not in (None, ""))


def _down(value: Any) -> bool:
    return str(value).lower() == "desc"


def _orders(types: Types, resource: Resource[Any], name: str, value: Any) -> tuple[Order, ...]:
    if name == "order_by":
        return _by_name(types, resource, str(value))
    if name == "order_by_tag":
        named = "metadata" in field_map(resource.entity)
        return tuple(Order("metadata", key=tag) for tag in texts(value) if tag) if named else ()
    declared = dict(resource.orders).get(name.removeprefix(PREFIX))
    found = declared or related(types, resource, name.removeprefix(PREFIX))
    # Sort keys that a type does not have are parameters that nobody knows.
    return (found,) if found is not None else ()


def _by_name(types: Types, resource: Resource[Any], name: str) -> tuple[Order, ...]:
    order = dict(resource.orders).get(name) or (None if _is_column(resource, name) else related(types, resource, name))
    if order is not None:
        return (order,)
    if name in resource.worked_out:
        return ()
    if name in OWNERS and not (name in field_map(resource.entity) or is_column(resource, name)):
        return ()
    field = column(resource, name, "order_by")
    return (Order(field.name),) if field is not None else ()


def _is_column(resource: Resource[Any], name: str) -> bool:
    return name in resource.documented or any(name == f.name for f in filterable(resource))


def related(types: Types, resource: Resource[Any], word: str) -> Order | None:
    """The order by the name of what rows refer to, directly or over other types; None where they do not."""
    path = path_of(types, resource, word)
    steps = tuple(Via(f.ref.target, f.name) for f in path or () if f.ref is not None)
    if not steps or (steps[-1].plural in IDENTITY and resource.service != "identity"):
        return None
    return Order("name", via=steps) if "name" in field_map(types[steps[-1].plural].entity) else None

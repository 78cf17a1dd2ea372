"""List parameters, as every client sends them, to one query."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import attrs

from cloudcore.model.entity import ProjectOwned
from cloudcore.model.errors import InvalidInputError
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import (
    EVERYTHING,
    NOTHING,
    And,
    Compare,
    Expr,
    IsNull,
    Like,
    Match,
    Not,
    Op,
    Or,
    Order,
    both,
    either,
    eq,
    one_of,
)
from cloudcore.model.reading import read_bool, read_int
from cloudcore.model.resource import Field, Resource, Show, field_map, fields_of
from cloudcore.model.wire import read_value

_Builder = Callable[[Field, Sequence[str]], Expr]

DEFAULT_LIMIT = 2048
MAX_FILTERS = 64
MAX_ARGS = 2048

_CONTROL = frozenset({"scope", "limit", "offset", "order", "search", "details", "field", "filter", "admin", "system"})
"""Parameters that steer a list and are no columns, even where a type has a column of that name."""

_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,63})\.([a-z]{2,16})\((.*)\)", re.ASCII | re.DOTALL)
_ARG = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s,:'"]+)""", re.DOTALL)


@attrs.frozen(kw_only=True)
class Paging:
    """Which part of a list is wanted. limit is at least 1."""

    limit: int
    offset: int = 0
    limited: bool = True
    order: tuple[Order, ...] = ()
    details: bool = True
    fields: tuple[str, ...] = ()


def paging_of(resource: Resource[Any], params: JsonMapping) -> Paging:
    """Read limit, offset, order, details and field.

    Raises:
        InvalidInputError: a number is no number, or an order column does not exist.
    """
    limit = _number(params, "limit")
    everything = "force_no_paging" in params and _flag(params, "force_no_paging")
    return Paging(
        limit=min(limit, DEFAULT_LIMIT) if limit > 0 else DEFAULT_LIMIT,
        offset=max(_number(params, "offset"), 0),
        limited=not everything,
        order=_order(resource, params),
        details=_flag(params, "details", default=True),
        fields=tuple(texts(params.get("field"))),
    )


def filters_of(resource: Resource[Any], params: JsonMapping) -> Expr:
    """Everything that narrows a list and needs no other type: columns, search, filter, recycle bin.

    Raises:
        InvalidInputError: a filter that does not parse, or names a column that the type does not have.
    """
    parts = [
        _column(field, params[field.name])
        for field in filterable(resource)
        if field.name in params and field.ref is None and field.name not in _CONTROL
    ]
    if "filter" in params:
        conditions = [_condition(resource, text) for text in texts(params["filter"])[:MAX_FILTERS]]
        parts.append(Or(tuple(conditions)) if _flag(params, "filter_any") else And(tuple(conditions)))
    if params.get("search"):
        parts.append(_search(resource, texts(params["search"])))
    if issubclass(resource.entity, ProjectOwned):
        parts.append(_recycled(params))
        if "system" not in params or not _flag(params, "system"):
            parts.append(eq("is_system", False))
    return both(*parts) if parts else EVERYTHING


def filterable(resource: Resource[Any]) -> tuple[Field, ...]:
    """The fields that a caller may filter and order by: those that may be seen."""
    entity: Any = resource.entity
    return _filterable(entity)


@cache
def _filterable(entity: Any) -> tuple[Field, ...]:
    def may(field: Field) -> bool:
        hidden = field.spec.secret or field.spec.sealed or field.spec.show is Show.NEVER
        return not hidden and field.kind not in (dict, list)

    return tuple(field for field in fields_of(entity) if may(field))


def texts(value: Any) -> list[str]:
    """One text or a list of texts as a list; other values as their text, absent ones as an empty list."""
    if value is None:
        return []
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [str(item) for item in items if item is not None][:MAX_ARGS]


def _number(params: JsonMapping, name: str) -> int:
    value = params.get(name)
    if value in (None, ""):
        return 0
    return read_int(value, name, -(2**31), 2**31)


def _flag(params: JsonMapping, name: str, *, default: bool = False) -> bool:
    value = params.get(name)
    if value is None or value == "":
        # A key without a value counts as present.
        return default or name in params
    return read_bool(value, name)


def _order(resource: Resource[Any], params: JsonMapping) -> tuple[Order, ...]:
    known = {f.name for f in filterable(resource)}
    descending = str(params.get("order") or "desc").lower() != "asc"
    wanted = [name for name in texts(params.get("order_by")) if name]
    for name in wanted:
        if name not in known:
            raise InvalidInputError(f"order_by: {resource.plural} have no column {name[:64]!r}", field="order_by")
    ties = [n for n in ("created_at", "name") if n in known and n not in wanted]
    return tuple(Order(name, descending) for name in (*wanted, *ties))


def _column(field: Field, value: Any) -> Expr:
    sent = cast("list[Any]", value) if isinstance(value, list) else [value]
    values = [read_value(field, item) for item in sent[:MAX_ARGS]]
    if field.name == "name" and len(values) == 1:
        return either(eq("name", values[0]), eq("id", values[0]))
    return eq(field.name, values[0]) if len(values) == 1 else one_of(field.name, values)


def _search(resource: Resource[Any], wanted: Sequence[str]) -> Expr:
    names = [f.name for f in fields_of(resource.entity) if f.spec.search]
    return Or(tuple(Match(name, Like.CONTAINS, text) for text in wanted if text for name in names))


def _recycled(params: JsonMapping) -> Expr:
    wanted = str(params.get("pending_delete", "")).lower()
    if wanted in ("all", "any"):
        return EVERYTHING
    return eq("pending_deleted", wanted in ("true", "1", "yes", "on"))


def _condition(resource: Resource[Any], text: str) -> Expr:
    call = _CALL.fullmatch(text.strip())
    if call is None:
        raise InvalidInputError(f"filter {text[:80]!r} is not of the form column.operator(values)", field="filter")
    name, op, inside = call.groups()
    field = field_map(resource.entity).get(_COLUMN_ALIASES.get(name, name))
    if field is None or field not in tuple(filterable(resource)):
        raise InvalidInputError(f"filter: {resource.plural} have no column {name!r}", field="filter")
    build = _OPERATORS.get(op)
    if build is None:
        raise InvalidInputError(
            f"filter: no operator {op!r}; there are {', '.join(sorted(_OPERATORS))}", field="filter"
        )
    return build(field, _arguments(inside))


def _arguments(inside: str) -> list[str]:
    found = [a if a or not (b or c) else b or c for a, b, c in _ARG.findall(inside)]
    return [re.sub(r"\\(.)", r"\1", item) for item in found][:MAX_ARGS]


def _values(field: Field, args: Sequence[str]) -> tuple[Any, ...]:
    if not args:
        raise InvalidInputError(f"filter on {field.name} needs a value", field="filter")
    return tuple(read_value(field, arg) for arg in args)


def _in(field: Field, args: Sequence[str]) -> Expr:
    return one_of(field.name, _values(field, args)) if args else NOTHING


def _text(how: Like) -> _Builder:
    def build(field: Field, args: Sequence[str]) -> Expr:
        if field.kind is not str:
            raise InvalidInputError(f"filter: {field.name} is not a text", field="filter")
        return Or(tuple(Match(field.name, how, arg) for arg in args))

    return build


def _compare(op: Op) -> _Builder:
    def build(field: Field, args: Sequence[str]) -> Expr:
        return Compare(field.name, op, _values(field, args)[0])

    return build


def _not(build: _Builder) -> _Builder:
    def negated(field: Field, args: Sequence[str]) -> Expr:
        return Not(build(field, args))

    return negated


def _null(field: Field, _args: Sequence[str]) -> Expr:
    return IsNull(field.name)


def _null_or_empty(field: Field, args: Sequence[str]) -> Expr:
    return either(IsNull(field.name), _empty(field, args))


def _between(field: Field, args: Sequence[str]) -> Expr:
    values = _values(field, args)
    if len(values) != 2:
        raise InvalidInputError("filter: between takes two values", field="filter")
    return And((Compare(field.name, Op.GE, values[0]), Compare(field.name, Op.LE, values[1])))


def _empty(field: Field, _args: Sequence[str]) -> Expr:
    return eq(field.name, "") if field.kind is str else IsNull(field.name)


_OPERATORS: Mapping[str, _Builder] = {
    "equals": _in,
    "notequals": _not(_in),
    "in": _in,
    "notin": _not(_in),
    "between": _between,
    "ge": _compare(Op.GE),
    "gt": _compare(Op.GT),
    "le": _compare(Op.LE),
    "lt": _compare(Op.LT),
    "like": _text(Like.LIKE),
    "contains": _text(Like.CONTAINS),
    "startswith": _text(Like.STARTSWITH),
    "endswith": _text(Like.ENDSWITH),
    "isnull": _null,
    "isnotnull": _not(_null),
    "isempty": _empty,
    "isnotempty": _not(_empty),
    "isnullorempty": _null_or_empty,
}

_COLUMN_ALIASES = {"project_id": "tenant_id", "project": "tenant_id", "tenant": "tenant_id"}

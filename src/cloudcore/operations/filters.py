r"""Conditions on the columns of a type, as clients write them: `status.in(running, ready)`, `@name__contains=web`.

Arguments are divided by comma, blank or colon; what stands in quotes is taken whole, `\'` and `\"` within are quotes.
A column that the wire documents and that is not stored is absent from every row; a column that is neither is refused, and
so are hidden ones: what may not be seen may not be guessed by asking.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from types import SimpleNamespace
from typing import Any

import attrs

from cloudcore.model.entity import Named
from cloudcore.model.errors import InvalidInputError, OutOfRangeError
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
    both,
    either,
    eq,
    matches,
    one_of,
)
from cloudcore.model.reading import read_bool, read_float, read_int, read_str, read_time
from cloudcore.model.resource import Field, Resource, Show, fields_of
from cloudcore.model.spec import Spec
from cloudcore.model.units import MAX_INT
from cloudcore.operations.parameter import listed

_Builder = Callable[[Field, Sequence[Any]], Expr]

MAX_FILTERS = 64
MAX_ARGS = 2048
MAX_TEXT = 65_536
"""Characters in one filter."""

_CALL = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,63})\.([A-Za-z]{2,16})\((.*)\)", re.ASCII | re.DOTALL)
_JOINT = re.compile(
    r"([A-Za-z_][A-Za-z0-9_-]{0,63})\.([A-Za-z_][A-Za-z0-9_]{0,63})\(([A-Za-z_][A-Za-z0-9_]{0,63})\)\.(.*)",
    re.ASCII | re.DOTALL,
)
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""", re.DOTALL)
_ESCAPED = re.compile(r"\\(['\"\\])")
_BARE = {True: re.compile(r"[^\s,]+"), False: re.compile(r"[^\s,:]+")}
_GAP = {True: re.compile(r"[\s,]*"), False: re.compile(r"[\s,:]*")}


@attrs.frozen
class JointFilter:
    """A condition on another type's rows: those whose `foreign` field equals our `local` one."""

    plural: str
    foreign: str
    local: str
    condition: str


def filterable(resource: Resource[Any]) -> tuple[Field, ...]:
    """The fields that a caller may filter and order by: those that may be seen."""
    entity: Any = resource.entity
    return _filterable(entity)


@cache
def _filterable(entity: Any) -> tuple[Field, ...]:
    return tuple(field for field in fields_of(entity) if _may(field))


def _may(field: Field) -> bool:
    hidden = field.spec.secret or field.spec.sealed or field.spec.show is Show.NEVER
    return not hidden and field.kind not in (dict, list)


def column(resource: Resource[Any], name: str, parameter: str) -> Field | None:
    """The field that a caller means; None for a documented column that is not stored.

    Raises:
        InvalidInputError: there is no such column, or it may not be seen.
    """
    found = _columns(resource).get(name)
    if found is None and name not in _documented(resource):
        raise InvalidInputError(f"{parameter}: {resource.plural} have no column {name[:64]!r}", field=parameter)
    return found


def is_column(resource: Resource[Any], name: str) -> bool:
    """Whether rows of a type are known by this column, under its own name or another one."""
    return name in _columns(resource)


@cache
def _columns(resource: Resource[Any]) -> Mapping[str, Field]:
    fields = filterable(resource)
    aliases = {alias: f for f in fields for alias in (*f.spec.alias, *_ALIASES.get(f.name, ()))}
    return {**aliases, **{f.name: f for f in fields}}


@cache
def _documented(resource: Resource[Any]) -> frozenset[str]:
    common = ("deleted", "deleted_at", *(("is_emulated",) if issubclass(resource.entity, Named) else ()))
    return frozenset((*common, *resource.documented)) - {f.name for f in fields_of(resource.entity)}


_ALIASES: Mapping[str, tuple[str, ...]] = {
    "tenant_id": ("project_id", "project", "tenant"),
    "domain_id": ("project_domain_id", "project_domain", "domain"),
    "owner_id": ("user_id", "user", "owner"),
}
OWNERS = frozenset({*_ALIASES, *(alias for aliases in _ALIASES.values() for alias in aliases)})
"""The words for whom a row belongs to. What is sorted by one that a type has not is sorted by nothing."""


def condition(resource: Resource[Any], text: str, parameter: str = "filter") -> Expr:
    """Read `column.operator(values)`.

    Raises:
        InvalidInputError: it does not parse, the column or the operator does not exist, or a value is of another type.
    """
    call = _CALL.fullmatch(text.strip()) if len(text) <= MAX_TEXT else None
    if call is None:
        raise InvalidInputError(
            f"{parameter} {text[:80]!r} is not of the form column.operator(values)", field=parameter
        )
    name, op, inside = call.groups()
    field = column(resource, name, parameter)
    build = OPERATORS.get(op.lower())
    if build is None:
        known = ", ".join(sorted(OPERATORS))
        raise InvalidInputError(f"{parameter}: no operator {op!r}; there are {known}", field=parameter)
    return _built(build, name, field, arguments(inside, parameter, times=field is not None and field.kind is datetime))


def joint_filter(text: str) -> JointFilter:
    """Read `table.foreign(local).column.operator(values)`.

    Raises:
        InvalidInputError: it does not parse.
    """
    found = _JOINT.fullmatch(text.strip()) if len(text) <= MAX_TEXT else None
    if found is None:
        wanted = "table.foreign(local).column.operator(values)"
        raise InvalidInputError(f"joint_filter {text[:80]!r} is not of the form {wanted}", field="joint_filter")
    return JointFilter(*found.groups())


def at_columns(resource: Resource[Any], params: JsonMapping) -> Expr:
    """All of the `@column` and `@column__operator` parameters, and `column__operator`, as OpenStack's clients write it.

    Raises:
        InvalidInputError: as for `condition`.
    """
    return both(*(_at_column(resource, key, params[key]) for key in params if _is_condition(key)))


def _is_condition(key: str) -> bool:
    name, _, suffix = key.rpartition("__")
    return (key.startswith("@") and len(key) > 1) or bool(name and suffix in _SUFFIXES)


def _at_column(resource: Resource[Any], key: str, value: Any) -> Expr:
    name, _, suffix = key.removeprefix("@").rpartition("__")
    known = _SUFFIXES.get(suffix)
    if not name or known is None:
        name, known = key.removeprefix("@"), "equals"
    field = column(resource, name, key[:66])
    if known in _ARGLESS:
        found = _built(OPERATORS[known], name, field, [])
        return found if value in (None, "") or read_bool(value, key[:66]) else Not(found)
    values: list[Any] = ["" if v is None else v for v in listed(value)]
    return _built(OPERATORS[known], name, field, values)


def plain_column(resource: Resource[Any], name: str, value: Any) -> Expr:
    """A column as a parameter of its own: one of these values; empty ones ask for nothing."""
    field = column(resource, name, name)
    values: list[Any] = [v for v in listed(value) if v != ""]
    if field is not None and field.kind is bool:
        # A flag without a value counts as set.
        values = [True if v is None else v for v in values]
    values = [v for v in values if v is not None]
    if not values:
        return EVERYTHING
    found = _built(_in, name, field, values)
    if name == "name" and len(values) == 1:
        return either(found, eq("id", str(values[0])))
    return found


def plain_names(resource: Resource[Any]) -> tuple[str, ...]:
    """The columns that are parameters of their own.

    Not references, which are named by id or name, nor what the type reads in a way of its own.
    """
    return tuple(dict.fromkeys(_plain(resource)))


@cache
def _plain(resource: Resource[Any]) -> tuple[str, ...]:
    control = _CONTROL.union(one.name for one in resource.filters)
    own = tuple(name for name, f in _columns(resource).items() if f.ref is None and name not in control)
    return (*own, *(name for name in resource.documented if name not in _CONTROL))


_CONTROL = frozenset({"scope", "limit", "offset", "order", "search", "details", "field", "filter", "admin", "system"})
"""Parameters that steer a list and are no columns, even where a type has a column of that name."""


def arguments(inside: str, parameter: str = "filter", *, times: bool = False) -> list[str]:
    """The values between the parentheses. times: they are moments, within which a colon divides nothing.

    Raises:
        InvalidInputError: a quote is not closed.
        OutOfRangeError: there are more than `MAX_ARGS`.
    """
    found: list[str] = []
    place = 0
    while True:
        gap = _GAP[times].match(inside, place)
        place = gap.end() if gap is not None else place
        if place >= len(inside):
            return found
        if len(found) >= MAX_ARGS:
            raise OutOfRangeError(f"{parameter}: more than {MAX_ARGS} values", field=parameter)
        quoted = inside[place] in "'\""
        match = (_QUOTED if quoted else _BARE[times]).match(inside, place)
        if match is None:
            raise InvalidInputError(f"{parameter}: a quote is not closed in {inside[:80]!r}", field=parameter)
        found.append(_ESCAPED.sub(r"\1", match[1] or match[2] or "") if quoted else match[0])
        place = match.end()


def _built(build: _Builder, name: str, field: Field | None, values: Sequence[Any]) -> Expr:
    if field is not None:
        return build(field, values)
    if name in _SAME:
        asked = build(attrs.evolve(_UNSTORED, name=name, kind=bool), values)
        return EVERYTHING if matches(asked, SimpleNamespace(**{name: _SAME[name]}), _no_rows) else NOTHING
    return _absent(build(attrs.evolve(_UNSTORED, name=name), values))


_SAME = {"deleted": False, "is_emulated": False}
"""What is stored nowhere and the same of every row."""


def _no_rows(_plural: str) -> Iterable[Any]:
    return ()


_UNSTORED = Field(
    name="", kind=str, enum=None, nullable=True, has_default=True, default=None, spec=Spec("Not stored"), ref=None
)


def _absent(expr: Expr) -> Expr:
    """The same condition, of rows that all lack the column."""
    match expr:
        case And(parts):
            return And(tuple(_absent(p) for p in parts))
        case Or(parts):
            return Or(tuple(_absent(p) for p in parts))
        case Not(part):
            return Not(_absent(part))
        case _:
            return EVERYTHING if isinstance(expr, IsNull) else NOTHING


def operand(field: Field, value: Any) -> Any:
    """A value to compare a field with: of its type, but not held to its limits and choices.

    Raises:
        InvalidInputError: names the field and says what is wrong.
    """
    if field.enum is not None:
        text = read_str(value, field.name, MAX_TEXT)
        return next((m for m in field.enum if str(m.value).lower() == text.lower()), text)
    return _OPERANDS[field.kind](value, field.name)


_OPERANDS: Mapping[type, Callable[[Any, str], Any]] = {
    str: lambda value, name: read_str(value, name, MAX_TEXT, allow_newlines=True),
    int: lambda value, name: read_int(value, name, -MAX_INT - 1),
    float: read_float,
    bool: read_bool,
    datetime: read_time,
}


def _values(field: Field, args: Sequence[Any]) -> tuple[Any, ...]:
    if not args:
        raise InvalidInputError(f"filter on {field.name} needs a value", field="filter")
    return tuple(operand(field, arg) for arg in args)


def _in(field: Field, args: Sequence[Any]) -> Expr:
    if not args:
        return NOTHING
    values = _values(field, args)
    return eq(field.name, values[0]) if len(values) == 1 else one_of(field.name, values)


def _text(how: Like) -> _Builder:
    def build(field: Field, args: Sequence[Any]) -> Expr:
        if field.kind is not str:
            raise InvalidInputError(f"filter: {field.name} is not a text", field="filter")
        return Or(tuple(Match(field.name, how, str(operand(field, arg))) for arg in args))

    return build


def _compare(op: Op) -> _Builder:
    def build(field: Field, args: Sequence[Any]) -> Expr:
        return Compare(field.name, op, _values(field, args)[0])

    return build


def _not(build: _Builder) -> _Builder:
    def negated(field: Field, args: Sequence[Any]) -> Expr:
        return Not(build(field, args))

    return negated


def _null(field: Field, _args: Sequence[Any]) -> Expr:
    return IsNull(field.name)


def _null_or_empty(field: Field, args: Sequence[Any]) -> Expr:
    return either(IsNull(field.name), _empty(field, args))


def _between(field: Field, args: Sequence[Any]) -> Expr:
    values = _values(field, args)
    if len(values) != 2:
        raise InvalidInputError("filter: between takes two values", field="filter")
    return And((Compare(field.name, Op.GE, values[0]), Compare(field.name, Op.LE, values[1])))


def _empty(field: Field, _args: Sequence[Any]) -> Expr:
    return eq(field.name, "") if field.kind is str else IsNull(field.name)


OPERATORS: Mapping[str, _Builder] = {
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
    "isnotempty": _not(_null_or_empty),
    "isnullorempty": _null_or_empty,
}

_ARGLESS = frozenset(name for name in OPERATORS if name.startswith("is"))

_SUFFIXES: Mapping[str, str] = {
    **{name: name for name in OPERATORS},
    **{f"i{name}": name for name in ("contains", "startswith", "endswith")},
    "exact": "equals",
    "ne": "notequals",
    "gte": "ge",
    "lte": "le",
    "null": "isnull",
    "notnull": "isnotnull",
    "empty": "isempty",
    "notempty": "isnotempty",
}
"""What may stand after the two underscores: all texts are matched without regard to ASCII case anyway."""

"""One query language for REST, CLI, SQL and memory.

Two-valued: a comparison with an absent value is false, and `Not` of it is true, on every engine.
Text compares by code point; contains, startswith, endswith and like fold ASCII case only. Absent sorts first ascending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeAlias, cast

import attrs


class Op(StrEnum):
    """A comparison."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


class Like(StrEnum):
    """A text match; `LIKE` takes the SQL wildcards % and _, with backslash as the escape."""

    CONTAINS = "contains"
    STARTSWITH = "startswith"
    ENDSWITH = "endswith"
    LIKE = "like"


@attrs.frozen
class Compare:
    """`field op value`; the value is never None."""

    field: str
    op: Op
    value: Any


@attrs.frozen
class In:
    """The field's value is one of these."""

    field: str
    values: tuple[Any, ...]


@attrs.frozen
class Match:
    """The field's text matches."""

    field: str
    how: Like
    text: str


@attrs.frozen
class IsNull:
    """The field has no value."""

    field: str


@attrs.frozen
class Contains:
    """A JSON object field holds the key, with one of the values (empty: any)."""

    field: str
    key: str
    values: tuple[str, ...] = ()


@attrs.frozen
class HasKey:
    """A JSON object field holds a key that begins with the text; with `other`, one that does not."""

    field: str
    prefix: str = ""
    other: bool = False


@attrs.frozen
class Exists:
    """Another type has a row whose `foreign` field equals our `local` field and that satisfies `where`."""

    plural: str
    foreign: str
    local: str
    where: Expr


@attrs.frozen
class And:
    """All parts hold; of no parts, true."""

    parts: tuple[Expr, ...] = ()


@attrs.frozen
class Or:
    """One part holds; of no parts, false."""

    parts: tuple[Expr, ...] = ()


@attrs.frozen
class Not:
    """The part does not hold."""

    part: Expr


Expr: TypeAlias = Compare | In | Match | IsNull | Contains | HasKey | Exists | And | Or | Not

EVERYTHING = And()
NOTHING = Or()
PLATFORM: Expr = EVERYTHING
"""The scope of the platform's own work (flows, hooks that guard invariants). Requests of callers never use it."""


@attrs.frozen
class Via:
    """A step from a row to those of another type whose `foreign` field equals its `local` one."""

    plural: str
    local: str
    foreign: str = "id"


@attrs.frozen
class Sum:
    """A number field added up under a key of an answer, over the rows themselves or those that the steps lead to."""

    key: str
    field: str
    via: tuple[Via, ...] = ()


@attrs.frozen
class Order:
    """One sort key: a field, or a value that is worked out for the row.

    key: the text under this key of a JSON object field; absent where it is no text.
    via: the least value of the field among the rows that these steps lead to; absent where there are none.
    number: instead of the least value, how many different ones there are.
    counted: how many such rows there are; the others are unused.
    """

    field: str
    descending: bool = False
    key: str = ""
    via: tuple[Via, ...] = ()
    number: bool = False
    counted: Exists | None = None


@attrs.frozen(kw_only=True)
class Query:
    """Which rows, in what order, how many. limit None: all of them (only for the platform's own use).

    order: the adapters append `id` so that every order is total.
    after: values of the order's fields (and the id) of the last row of the previous page.
    is_ordered: false: the rows are all wanted and may come in any order, which spares sorting them.
    """

    where: Expr = EVERYTHING
    order: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    after: tuple[Any, ...] | None = None
    is_ordered: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether all rows that satisfy the condition are wanted, in no order but the usual."""
        return not self.order and self.limit is None and self.offset == 0 and self.after is None


def eq(field: str, value: Any) -> Expr:
    """The field equals the value; absent when the value is None."""
    return IsNull(field) if value is None else Compare(field, Op.EQ, value)


def one_of(field: str, values: Iterable[Any]) -> Expr:
    """The field equals one of the values; their order is kept, doubles dropped."""
    return In(field, tuple(dict.fromkeys(values)))


def both(*parts: Expr) -> Expr:
    """All of these, with `EVERYTHING` dropped and nested `And` flattened."""
    flat: list[Expr] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else (part,))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def either(*parts: Expr) -> Expr:
    """One of these."""
    return parts[0] if len(parts) == 1 else Or(parts)


Rows: TypeAlias = Callable[[str], Iterable[Any]]
"""All visible rows of a type, by plural; what `matches` needs for `Exists`."""


Test: TypeAlias = Callable[[Any], bool]
"""Whether a row satisfies an expression."""


def matches(expr: Expr, row: Any, rows: Rows) -> bool:
    """Whether the row satisfies the expression: the reference semantics of every engine."""
    return tester(expr, rows)(row)


def tester(expr: Expr, rows: Rows) -> Test:
    """What `matches` says of each of many rows: the expression is read once."""
    match expr:
        case And(parts):
            return _all_of([tester(part, rows) for part in parts])
        case Or(parts):
            return _one_of_these([tester(part, rows) for part in parts])
        case Not(part):
            test = tester(part, rows)
            return lambda row: not test(row)
        case Exists(plural, foreign, local, where):
            test = tester(where, rows)

            def exists(row: Any) -> bool:
                here = getattr(row, local)
                return here is not None and any(getattr(r, foreign) == here and test(r) for r in rows(plural))

            return exists
        case _:
            return _leaf(expr)


def _all_of(tests: Sequence[Test]) -> Test:
    if not tests:
        return lambda _row: True
    if len(tests) == 1:
        return tests[0]

    def test_all(row: Any) -> bool:
        # A plain loop: this runs for every row of every question to storage in memory.
        for test in tests:  # noqa: SIM110
            if not test(row):
                return False
        return True

    return test_all


def _one_of_these(tests: Sequence[Test]) -> Test:
    def test_one(row: Any) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(row):
                return True
        return False

    return test_one


def order_value(order: Order, row: Any, rows: Rows) -> Any:
    """What a row is sorted by: the reference semantics of every engine."""
    if order.counted is not None:
        here = getattr(row, order.counted.local)
        found = [] if here is None else [r for r in rows(order.counted.plural) if _tied(r, order.counted, here)]
        return sum(matches(order.counted.where, r, rows) for r in found)
    reached = [row]
    for step in order.via:
        wanted = {value for one in reached if (value := getattr(one, step.local)) is not None}
        reached = [other for other in rows(step.plural) if getattr(other, step.foreign) in wanted]
    values = {value for one in reached if (value := plain_value(order, one)) is not None}
    if order.number:
        return len(values)
    return min(values, default=None)


def plain_value(order: Order, row: Any) -> Any:
    """What a row has under the order's field and key."""
    value = getattr(row, order.field)
    if not order.key:
        return value
    text = cast("Mapping[str, Any]", value).get(order.key) if isinstance(value, Mapping) else None
    return text if isinstance(text, str) else None


def _tied(row: Any, counted: Exists, here: Any) -> bool:
    return bool(getattr(row, counted.foreign) == here)


def _leaf(expr: Compare | In | Match | IsNull | Contains | HasKey) -> Test:
    field = expr.field
    match expr:
        case IsNull():
            return lambda row: getattr(row, field) is None
        case Compare(_, Op.EQ, other):
            # A value is never None, so that an absent one is unequal.
            return lambda row: bool(getattr(row, field) == other)
        case Compare(_, op, other):
            compare = _OPS[op]
            return lambda row: (value := getattr(row, field)) is not None and bool(compare(value, other))
        case In(_, values):
            return lambda row: (value := getattr(row, field)) is not None and value in values
        case _:
            return lambda row: (value := getattr(row, field)) is not None and _inside(expr, value)


def _inside(expr: Match | Contains | HasKey, value: Any) -> bool:
    match expr:
        case Contains(_, key, values):
            return key in value and (not values or value[key] in values)
        case HasKey(_, prefix, other):
            keys = cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else ()
            return any(key.startswith(prefix) != other for key in keys)
        case Match(_, how, text):
            return _MATCH[how](fold(value), fold(text))


_OPS: Mapping[Op, Callable[[Any, Any], Any]] = {
    Op.EQ: lambda a, b: a == b,
    Op.NE: lambda a, b: a != b,
    Op.LT: lambda a, b: a < b,
    Op.LE: lambda a, b: a <= b,
    Op.GT: lambda a, b: a > b,
    Op.GE: lambda a, b: a >= b,
}

_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def fold(text: str) -> str:
    """ASCII letters in lower case; every other character as it is."""
    return text.translate(_FOLD)


def like_tokens(pattern: str) -> Sequence[str | None]:
    """A LIKE pattern as literal characters, `None` for %, and "" for _ ."""
    tokens: list[str | None] = []
    escaped = False
    for char in pattern:
        if escaped:
            tokens.append(char)
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            tokens.append(None if char == "%" else "" if char == "_" else char)
    return tokens


def _like(value: str, pattern: str) -> bool:
    # Greedy with one point to go back to: linear in practice, never exponential.
    tokens = like_tokens(pattern)
    v = t = 0
    star, mark = -1, 0
    while v < len(value):
        if t < len(tokens) and tokens[t] is not None and tokens[t] in ("", value[v]):
            v, t = v + 1, t + 1
        elif t < len(tokens) and tokens[t] is None:
            star, mark, t = t, v, t + 1
        elif star >= 0:
            mark += 1
            v, t = mark, star + 1
        else:
            return False
    return all(token is None for token in tokens[t:])


_MATCH: Mapping[Like, Callable[[str, str], bool]] = {
    Like.CONTAINS: lambda value, text: text in value,
    Like.STARTSWITH: lambda value, text: value.startswith(text),
    Like.ENDSWITH: lambda value, text: value.endswith(text),
    Like.LIKE: _like,
}


def sort_key(value: Any) -> tuple[bool, Any]:
    """A key under which absent comes first."""
    return (value is not None, value if value is not None else 0)

"""Query expressions to shapes: what a statement looks like, apart from the values in it.

A shape is nested tuples of words, field names and numbers, so that it can be a key. Everything that depends on a value is
decided here: values that no stored row can equal (a NUL, a number beyond 64 bits) never reach the database.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import attrs

from cloudcore.model.errors import InvalidFormatError, InvalidInputError
from cloudcore.model.query import (
    And,
    Compare,
    Contains,
    Exists,
    Expr,
    HasKey,
    In,
    IsNull,
    Like,
    Match,
    Not,
    Op,
    Or,
    fold,
    like_tokens,
)
from cloudcore.model.resource import Field
from cloudcore_adapters.sql.codec import Codec
from cloudcore_adapters.sql.dialects import Dialect
from cloudcore_adapters.sql.values import MAX_INT, MIN_INT, UNSTORABLE

Shape: TypeAlias = tuple[Any, ...]

LONGEST_PATTERN = 10_000
"""Characters in a LIKE pattern."""

MANY = 200
"""From this length on a list of values is one parameter, and a row of conditions is grouped."""

NEVER: Shape = ("never",)


@attrs.define
class Values:
    """The values that were lifted out of an expression, in the order in which its clause takes them.

    crosses: whether the expression looks at rows of other types too.
    """

    found: list[Any] = attrs.field(factory=list)
    crosses: bool = False


@attrs.frozen
class Lowering:
    """Takes expressions over the types of one database apart. codecs: by plural."""

    codecs: Mapping[str, Codec[Any]]
    dialect: Dialect

    def codec(self, plural: str) -> Codec[Any]:
        """The conversions of a type.

        Raises:
            InvalidInputError: there is no such type.
        """
        found = self.codecs.get(plural)
        if found is None:
            raise InvalidInputError(f"there is no resource type {plural!r}")
        return found

    def shape(self, codec: Codec[Any], expr: Expr, values: Values) -> Shape:
        """The shape of an expression; its values are added to `values`.

        Raises:
            InvalidInputError: a field that the type lacks, or a value of another type than the field's.
        """
        match expr:
            case Compare(name, op, value):
                return _compare(codec, name, op, value, values)
            case And(parts):
                return ("and", *[self.shape(codec, p, values) for p in parts])
            case Or(parts):
                return ("or", *(self.shape(codec, p, values) for p in parts))
            case Not(part):
                return ("not", self.shape(codec, part, values))
            case Exists():
                return self._exists(codec, expr, values)
            case IsNull(name):
                return ("absent", field_of(codec, name).name)
            case In(name, wanted):
                return self._in(codec, name, wanted, values)
            case Match(name, how, text):
                return _match(codec, name, how, text, values)
            case Contains(name, key, wanted):
                return _contains(codec, name, key, wanted, values)
            case HasKey(name, prefix, other):
                return _has_key(codec, name, prefix, values, other=other)

    def _exists(self, codec: Codec[Any], expr: Exists, values: Values) -> Shape:
        other = self.codec(expr.plural)
        foreign, local = field_of(other, expr.foreign).name, field_of(codec, expr.local).name
        values.crosses = True
        return ("exists", expr.plural, foreign, local, self.shape(other, expr.where, values))

    def _in(self, codec: Codec[Any], name: str, wanted: Sequence[Any], values: Values) -> Shape:
        stored = _plain_texts(codec, name, wanted)
        for value in wanted if not stored else ():
            if value is None:
                continue
            form = _storable(codec, _comparable(codec, name, value), value)
            if form is not None:
                stored.append(form)
        if not stored:
            return NEVER
        if len(stored) >= MANY:
            values.found.append(self.dialect.many(stored))
            return ("among", name)
        # Lists of like lengths share a statement: the last value stands in for those that lack.
        length = 1 << (len(stored) - 1).bit_length()
        values.found.extend(stored)
        values.found.extend(stored[-1:] * (length - len(stored)))
        return ("in", name, length)


_TEXTS = {str}


def _plain_texts(codec: Codec[Any], name: str, wanted: Sequence[Any]) -> list[Any]:
    """The stored forms of values that are texts and nothing else, which most are; nothing where one isn't."""
    if name in codec.sealed or field_of(codec, name).kind is not str or {*map(type, wanted)} != _TEXTS:
        return []
    return [] if UNSTORABLE.search("".join(wanted)) else list(wanted)


def field_of(codec: Codec[Any], name: str) -> Field:
    """The field of that name.

    Raises:
        InvalidInputError: the type has none.
    """
    found = codec.fields.get(name)
    if found is None:
        raise InvalidInputError(f"{codec.resource.singular} has no field {name!r}", field=name)
    return found


def like_pattern(name: str, text: str) -> str:
    """The same pattern in the form that every engine reads alike: each escape escapes something.

    Raises:
        InvalidInputError: it is longer than `LONGEST_PATTERN`.
    """
    parts = []
    for symbol in like_tokens(text):
        if symbol is None:
            parts.append("%")
        elif symbol == "":
            parts.append("_")
        else:
            parts.append("\\" + symbol if symbol in "%_\\" else symbol)
    pattern = "".join(parts)
    if len(pattern) > LONGEST_PATTERN:
        raise InvalidInputError(f"the pattern for {name} is longer than {LONGEST_PATTERN} characters", field=name)
    return pattern


_ACCEPTED: Mapping[type, tuple[type, ...]] = {
    str: (str,),
    int: (int, float),
    float: (int, float),
    bool: (bool, int),
    datetime: (datetime,),
    dict: (dict,),
    list: (list, tuple),
}


def _comparable(codec: Codec[Any], name: str, value: Any) -> Field:
    """The field, when the value may be compared with it."""
    field = field_of(codec, name)
    if not isinstance(value, _ACCEPTED[field.kind]) or (isinstance(value, float) and math.isnan(value)):
        raise InvalidFormatError(f"{name} can't be compared with {type(value).__name__}", field=name)
    if name in codec.sealed and value != "":
        raise InvalidInputError(f"{name} is encrypted and can't be searched", field=name)
    return field


def _compare(codec: Codec[Any], name: str, op: Op, value: Any, values: Values) -> Shape:
    field = _comparable(codec, name, value)
    if field.kind is str:
        return _compare_text(name, op, str(value), values)
    if field.kind in (int, float):
        return _compare_number(field, op, value, values)
    if field.kind in (dict, list) and op not in (Op.EQ, Op.NE):
        raise InvalidInputError(f"{name} has no order", field=name)
    return _taking(name, op, codec.encode_value(name, value), values)


def _taking(name: str, op: Op, value: Any, values: Values) -> Shape:
    values.found.append(value)
    return ("op", name, op.value)


def _never(name: str, op: Op) -> Shape:
    """The comparison with a value that no row can hold."""
    return ("present", name) if op is Op.NE else NEVER


def _compare_text(name: str, op: Op, text: str, values: Values) -> Shape:
    bad = UNSTORABLE.search(text)
    if bad is None:
        return _taking(name, op, text, values)
    if op in (Op.EQ, Op.NE):
        return _never(name, op)
    # No stored text holds the bad character, so a neighbour that can be sent divides the rows alike.
    head, below = text[: bad.start()], op in (Op.LT, Op.LE)
    if bad.group() == "\x00":
        return _taking(name, Op.LE if below else Op.GT, head, values)
    return _taking(name, Op.LT if below else Op.GE, head + "\ue000", values)


def _compare_number(field: Field, op: Op, value: float, values: Values) -> Shape:
    name = field.name
    if math.isinf(value) or (field.kind is int and not MIN_INT <= value <= MAX_INT):
        if op in (Op.EQ, Op.NE):
            return _never(name, op)
        above = value > 0
        return ("present", name) if above == (op in (Op.LT, Op.LE)) else NEVER
    if field.kind is float:
        return _taking(name, op, float(value), values)
    whole = math.floor(value)
    if whole == value:
        return _taking(name, op, whole, values)
    if op in (Op.EQ, Op.NE):
        return _never(name, op)
    return _taking(name, Op.LE if op in (Op.LT, Op.LE) else Op.GT, whole, values)


def _storable(codec: Codec[Any], field: Field, value: Any) -> Any:
    """The stored form of a value to look for; None when no row can hold it."""
    if field.kind is str:
        return None if UNSTORABLE.search(value) else str(value)
    if field.kind is int:
        whole = not math.isinf(value) and math.floor(value) == value
        return int(value) if whole and MIN_INT <= value <= MAX_INT else None
    if field.kind is float:
        return None if math.isinf(value) else float(value)
    return codec.encode_value(field.name, bool(value) if field.kind is bool else value)


def _match(codec: Codec[Any], name: str, how: Like, text: str, values: Values) -> Shape:
    if _comparable(codec, name, text).kind is not str:
        raise InvalidInputError(f"{name} is not a text", field=name)
    wanted = fold(text)
    if UNSTORABLE.search(wanted):
        return NEVER
    if not wanted and how is not Like.LIKE:
        return ("present", name)
    if how is Like.LIKE:
        values.found.append(like_pattern(name, wanted))
    elif how is Like.CONTAINS:
        values.found.append(wanted)
    else:
        values.found.extend((len(wanted), wanted))
    return ("match", name, how.value)


def _contains(codec: Codec[Any], name: str, key: str, texts: Sequence[str], values: Values) -> Shape:
    kind = field_of(codec, name).kind
    if kind not in (dict, list) or (kind is list and texts):
        raise InvalidInputError(f"{name} holds no keys", field=name)
    wanted = [v for v in texts if not UNSTORABLE.search(v)]
    if UNSTORABLE.search(key) or (texts and not wanted):
        return NEVER
    values.found.extend((key, *wanted))
    return ("key", name, len(wanted))


def _has_key(codec: Codec[Any], name: str, prefix: str, values: Values, *, other: bool) -> Shape:
    if field_of(codec, name).kind is not dict:
        raise InvalidInputError(f"{name} holds no keys", field=name)
    if UNSTORABLE.search(prefix):
        # No stored key begins with it: every key is another one.
        return _has_key(codec, name, "", values, other=False) if other else NEVER
    values.found.extend((len(prefix), prefix))
    return ("key_like", name, other)

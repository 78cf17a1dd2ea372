"""Field values as they are stored, and back.

Stored forms: text as it is, numbers of 64 bits, times as microseconds since 1970 UTC, JSON as canonical text (keys
sorted, no spaces), enum members as their text. What no engine could store and give back is refused here, alike for all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any

import orjson

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.model.json import UNREADABLE, UnreadableList, UnreadableObject
from cloudcore.model.resource import Field

MIN_INT, MAX_INT = -(2**63), 2**63 - 1

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that not every engine stores: NUL, and halves of surrogate pairs."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")

Convert = Callable[[Any], Any]


def canonical(value: Any) -> str:
    """JSON text that is the same for equal values.

    Raises:
        TypeError: the value is no JSON.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def to_micros(value: datetime) -> int:
    """Whole microseconds since 1970 UTC of an aware time."""
    return (value - _EPOCH) // _MICROSECOND


def from_micros(value: int) -> datetime:
    """The time again, in UTC."""
    return _EPOCH + timedelta(0, 0, value)


def encoder(field: Field) -> Convert:
    """The function that turns a value of this field (never None) into its stored form.

    It raises InvalidFormatError or OutOfRangeError with the field's name when it can't be stored.
    """
    if field.kind is str:
        return _text_encoder(field)
    return partial(_ENCODERS[field.kind], field)


def decoder(field: Field) -> Convert | None:
    """The function from the stored form (never None) to the value; None when they are the same."""
    if field.enum is not None:
        return _enum_reader(field.enum)
    if field.kind in (dict, list):
        return partial(_lenient, field.kind) if field.spec.lenient else orjson.loads
    if field.kind is bool:
        return bool
    return from_micros if field.kind is datetime else None


def column_reader(field: Field, *, nullable: bool) -> Callable[[Sequence[Any]], Sequence[Any]] | None:
    """The function from stored forms of a column to values; None when they are the same."""
    convert = decoder(field)
    if convert is None:
        return None
    if convert is from_micros:
        return _read_times
    if nullable:
        return lambda column: [None if value is None else convert(value) for value in column]
    return lambda column: list(map(convert, column))


def _lenient(kind: type, text: Any) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if type(value) is kind:
        return value
    return UnreadableObject(str(text)) if kind is dict else UnreadableList(str(text))


def _read_times(column: Sequence[int | None]) -> list[datetime | None]:
    different = set(column)
    if len(different) * 2 > len(column):
        return [None if value is None else _EPOCH + timedelta(0, 0, value) for value in column]
    # Often nobody has the time, or all have one: it is made once, and what is written of it too.
    made = {value: None if value is None else from_micros(value) for value in different}
    return [made[value] for value in column]


def _enum_reader(enum: type[Enum]) -> Convert:
    known = {member.value: member for member in enum}
    # A text that a newer release wrote stays a text.
    return lambda value: known.get(value, value)


def _text_encoder(field: Field) -> Convert:
    width = field.spec.width

    def encode(value: Any) -> str:
        # Most texts are short and of ASCII: they need no search.
        if type(value) is str and len(value) <= width and value.isascii() and "\x00" not in value:
            return value
        return _text(field, value)

    return encode


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidFormatError(f"{field.name} must be a text", field=field.name)
    plain = str(value.value) if isinstance(value, Enum) else value
    if len(plain) > field.spec.width:
        raise OutOfRangeError(f"{field.name} is longer than {field.spec.width} characters", field=field.name)
    if UNSTORABLE.search(plain):
        raise InvalidFormatError(f"{field.name} holds a NUL or a lone surrogate", field=field.name)
    return plain


def _integer(field: Field, value: Any) -> int:
    if not isinstance(value, int):
        raise InvalidFormatError(f"{field.name} must be a whole number", field=field.name)
    if not MIN_INT <= value <= MAX_INT:
        raise OutOfRangeError(f"{field.name} does not fit into 64 bits", field=field.name)
    return int(value)


def _number(field: Field, value: Any) -> float:
    if not isinstance(value, (int, float)):
        raise InvalidFormatError(f"{field.name} must be a number", field=field.name)
    try:
        number = float(value)
    except OverflowError as error:
        raise OutOfRangeError(f"{field.name} is too large", field=field.name) from error
    if not math.isfinite(number):
        raise OutOfRangeError(f"{field.name} must be finite", field=field.name)
    return number


def _truth(field: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidFormatError(f"{field.name} must be true or false", field=field.name)
    return value


def _moment(field: Field, value: Any) -> int:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidFormatError(f"{field.name} must be a time with its zone", field=field.name)
    return to_micros(value)


def _json(field: Field, value: Any) -> str:
    if isinstance(value, UNREADABLE):
        return value.text
    try:
        text = canonical(value)
    except TypeError as error:
        raise InvalidFormatError(
            f"{field.name} can't be written as JSON", field=field.name, internal=str(error)
        ) from error
    if "\\u0000" in text and _ESCAPED_NUL.search(text):
        raise InvalidFormatError(f"{field.name} holds a NUL", field=field.name)
    return text


_ENCODERS: dict[type, Callable[[Field, Any], Any]] = {
    str: _text,
    int: _integer,
    float: _number,
    bool: _truth,
    datetime: _moment,
    dict: _json,
    list: _json,
}

"""Permissive readers of what callers send: numbers and booleans as text, one text for a list, many forms of time.

A reader accepts every form that a client of the wire is known to send, returns the declared Python type and refuses the
rest with an `InvalidInputError` that names the field. Digits are ASCII digits; NaN, infinities, control characters and
lone surrogates are never accepted.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import cast

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.model.json import Json, JsonMapping, JsonObject
from cloudcore.model.units import MAX_INT

MAX_QUERY_DEPTH = 6
MAX_QUERY_PAIRS = 2000
MAX_QUERY_INDEX = 2048
MAX_QUERY_KEY = 256

_INT = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_TRUE = ("true", "on", "yes", "1")
_FALSE = ("false", "off", "no", "0")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)

_ZONE = r"(?P<zone>Z|z|UTC|GMT|UT|[+-][0-9]{2}:?[0-9]{2})?"
_TIMES = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
        r"(?:[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)? ?"
        + _ZONE
        + r")?",
        r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})T?"
        r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?P<second>[0-9]{2})" + _ZONE,
        r"(?:[A-Za-z]{3}, ?)?(?P<day>[0-9]{1,2})[ -](?P<name>[A-Za-z]{3})[ -](?P<year>[0-9]{4})"
        r" (?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))? ?" + _ZONE,
    )
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_int(value: Json, field: str, minimum: int = 0, maximum: int = MAX_INT) -> int:
    """Read `4`, `"4"` or `4.0` as a whole number between two bounds, both inclusive.

    Raises:
        InvalidFormatError: not a whole number; booleans are not numbers.
        OutOfRangeError: outside the bounds.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        number = value
    elif (isinstance(value, float) and value.is_integer() and abs(value) < 2**53) or (
        isinstance(value, str) and _INT.fullmatch(value.strip(" "))
    ):
        number = int(value)
    else:
        raise InvalidFormatError(f"{field}: {_show(value)} is not a whole number", field=field)
    if not minimum <= number <= maximum:
        raise OutOfRangeError(f"{field}: must be between {minimum} and {maximum}", field=field)
    return number


def read_float(value: Json, field: str, minimum: float = -math.inf, maximum: float = math.inf) -> float:
    """Read `1.5`, `"1.5"` or `2` as a finite number between two bounds, both inclusive.

    Raises:
        InvalidFormatError: not a finite number.
        OutOfRangeError: outside the bounds.
    """
    if (isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_INT) or (
        isinstance(value, str) and _FLOAT.fullmatch(value.strip(" "))
    ):
        number = float(value)
    else:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidFormatError(f"{field}: {_show(value)} is not a number", field=field)
    if not minimum <= number <= maximum:
        raise OutOfRangeError(f"{field}: must be between {minimum} and {maximum}", field=field)
    return number


def read_bool(value: Json, field: str) -> bool:
    """Read a boolean, 0 or 1, or one of true/on/yes/1 and false/off/no/0 in any case.

    Raises:
        InvalidFormatError: anything else.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return value == 1
    if isinstance(value, str) and value.isascii():
        word = value.strip(" ").lower()
        if word in _TRUE:
            return True
        if word in _FALSE:
            return False
    raise InvalidFormatError(f"{field}: {_show(value)} is not a boolean", field=field)


def read_flag(values: JsonMapping, name: str) -> bool:
    """Read a boolean that may be absent: false where there is none, null, or an empty text.

    Raises:
        InvalidFormatError: anything else that is no boolean.
    """
    value = values.get(name)
    return value not in (None, "") and read_bool(value, name)


def said(values: JsonMapping, *names: str, otherwise: Json = "") -> Json:
    """What was sent under the first of these names that says something; clients send null, an empty text or 0 for nothing.

    An empty list, an empty object and false are no such values: whoever reads a text refuses them.
    """
    for name in names:
        value = values.get(name)
        if value not in (None, "", 0) or isinstance(value, bool):
            return value
    return otherwise


def read_str(value: Json, field: str, max_length: int = 256, *, allow_newlines: bool = False) -> str:
    """Read a text of at most `max_length` code points; a whole number is taken as its decimal text.

    Control characters, line and paragraph separators, noncharacters and lone surrogates are refused;
    `allow_newlines` admits tab, line feed and carriage return.

    Raises:
        InvalidFormatError: not a text, or one with forbidden characters.
        OutOfRangeError: too long.
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_INT:
        value = str(value)
    if not isinstance(value, str):
        raise InvalidFormatError(f"{field}: {_show(value)} is not a text", field=field)
    if len(value) > max_length:
        raise OutOfRangeError(f"{field}: longer than {max_length} characters", field=field)
    for char in value:
        if _is_forbidden(char) and not (allow_newlines and char in "\t\n\r"):
            raise InvalidFormatError(f"{field}: contains the character U+{ord(char):04X}", field=field)
    return value


def read_text(values: JsonMapping, name: str, max_length: int = 256) -> str:
    """Read a text of several lines that may be absent: empty where there is none, or null. Raises as `read_str`."""
    value = values.get(name)
    return "" if value is None else read_str(value, name, max_length, allow_newlines=True)


def read_object_text(text: str, field: str, wanted: str) -> JsonObject:
    """The object that a text is the JSON of. wanted: what a refusal says that the field must be.

    Raises:
        InvalidFormatError: it is none.
    """
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidFormatError(f"{field} must be {wanted}", field=field) from error
    if not isinstance(found, dict):
        raise InvalidFormatError(f"{field} must be {wanted}", field=field)
    return cast("JsonObject", found)


def read_list_of_str(value: Json, field: str, max_items: int = 2048, max_length: int = 256) -> list[str]:
    """Read a list of texts; one bare text is a list of one, null an empty list.

    Raises:
        InvalidFormatError: not a list, or an item that is not a text.
        OutOfRangeError: too many items, or one too long.
    """
    if value is None:
        return []
    if isinstance(value, str):
        return [read_str(value, field, max_length)]
    if not isinstance(value, list | tuple):
        raise InvalidFormatError(f"{field}: {_show(value)} is not a list", field=field)
    items = cast("Sequence[Json]", value)
    if len(items) > max_items:
        raise OutOfRangeError(f"{field}: more than {max_items} items", field=field)
    return [read_str(item, f"{field}.{index}", max_length) for index, item in enumerate(items)]


def read_time(value: Json, field: str) -> datetime:
    """Read a time as UTC: ISO 8601, RFC 3339, compact, RFC 1123 or RFC 2822; no zone means UTC.

    Digits beyond microseconds are cut off.

    Raises:
        InvalidFormatError: none of these forms, or no such day or time.
    """
    text = value.strip(" ") if isinstance(value, str) and len(value) <= 64 else ""
    for pattern in _TIMES:
        match = pattern.fullmatch(text)
        if match is not None:
            try:
                return _time_of(match.groupdict()).astimezone(UTC)
            except (ValueError, OverflowError) as error:
                raise InvalidFormatError(f"{field}: {_show(value)} is not a time", field=field) from error
    raise InvalidFormatError(f"{field}: {_show(value)} is not a time", field=field)


def format_time(moment: datetime) -> str:
    """An aware time as the wire has it: `YYYY-MM-DDTHH:MM:SS.ffffffZ`, in UTC.

    Raises:
        ValueError: the time has no zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a time without a zone has no wire form")
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # A page of a list has thousands of times: put together from parts it takes a third of what isoformat does.
    day, hour = _day(moment.toordinal()), _MINUTES[moment.hour]
    return f"{day}T{hour[moment.minute]}:{_TWO[moment.second]}.{moment.microsecond:06d}Z"


def format_times(column: Sequence[datetime | None]) -> Sequence[str | None]:
    """As `format_time`, each different object once: a page often has one time, or none, in all of its rows."""
    different = {id(moment): moment for moment in column}
    if len(different) * 2 > len(column):
        return [None if moment is None else format_time(moment) for moment in column]
    texts = {place: None if moment is None else format_time(moment) for place, moment in different.items()}
    return [texts[id(moment)] for moment in column]


_TWO = tuple(f"{number:02d}" for number in range(60))
_MINUTES = tuple(tuple(f"{hour}:{minute}" for minute in _TWO) for hour in _TWO[:24])


@lru_cache(maxsize=4096)
def _day(ordinal: int) -> str:
    return date.fromordinal(ordinal).isoformat()


def parse_query(pairs: Sequence[tuple[str, str | None]]) -> JsonObject:
    """Build the tree that the decoded pairs of a query string mean.

    A repeated key is a list, a dotted key a nested object, whole numbers as components are list positions
    (dense, from 0, at most 2,048), a key without a value is null. Values stay texts.

    Raises:
        InvalidFormatError: a key that is empty, or that is a value here and an object there, or a list with gaps.
        OutOfRangeError: more than 2,000 pairs, deeper than 6 components, an index or a key that is too large.
    """
    if len(pairs) > MAX_QUERY_PAIRS:
        raise OutOfRangeError(f"more than {MAX_QUERY_PAIRS} query parameters")
    root = _Branch()
    for key, value in pairs:
        _plant(root, key, value)
    return {name: _grown(child, name) for name, child in root.items()}


class _Leaf(list[str | None]):
    """The values given for one key, in order."""


class _Branch(dict[str, "_Branch | _Leaf"]):
    """What lies under one dotted prefix, in order of appearance."""


def _plant(root: _Branch, key: str, value: str | None) -> None:
    parts = _components(key)
    if value is not None and _has_surrogate(value):
        raise InvalidFormatError(f"query parameter {key} is not valid Unicode", field=key)
    node = root
    for part in parts[:-1]:
        child = node.setdefault(part, _Branch())
        if not isinstance(child, _Branch):
            raise InvalidFormatError(f"query parameter {key} is both a value and an object", field=key)
        node = child
    leaf = node.setdefault(parts[-1], _Leaf())
    if not isinstance(leaf, _Leaf):
        raise InvalidFormatError(f"query parameter {key} is both a value and an object", field=key)
    leaf.append(value)


def _components(key: str) -> list[str]:
    if len(key) > MAX_QUERY_KEY:
        raise OutOfRangeError(f"a query parameter's name is longer than {MAX_QUERY_KEY} characters")
    if any(_is_forbidden(char) for char in key):
        raise InvalidFormatError("a query parameter's name contains a control character")
    parts = key.split(".")
    if not all(parts):
        raise InvalidFormatError(f"query parameter {key!r} has an empty component", field=key)
    if len(parts) > MAX_QUERY_DEPTH:
        raise OutOfRangeError(f"query parameter {key} is deeper than {MAX_QUERY_DEPTH}", field=key)
    return parts


def _grown(node: _Branch | _Leaf, path: str) -> Json:
    if isinstance(node, _Leaf):
        return node[0] if len(node) == 1 else list(node)
    numbers = [name for name in node if _INDEX.fullmatch(name)]
    if not numbers:
        return {name: _grown(child, f"{path}.{name}") for name, child in node.items()}
    positions = sorted(int(name) for name in numbers)
    if positions[-1] > MAX_QUERY_INDEX:
        raise OutOfRangeError(f"query parameter {path}: a position is beyond {MAX_QUERY_INDEX}", field=path)
    if len(numbers) != len(node) or positions != list(range(len(positions))):
        raise InvalidFormatError(f"query parameter {path}: positions must be 0, 1, 2 … without gaps", field=path)
    return [_grown(node[str(position)], f"{path}.{position}") for position in positions]


def _time_of(parts: dict[str, str | None]) -> datetime:
    name = parts.get("name")
    month = _MONTHS.index(name.lower()) + 1 if name is not None else int(parts["month"] or 0)
    fraction = (parts.get("fraction") or "")[:6].ljust(6, "0")
    return datetime(
        int(parts["year"] or 0),
        month,
        int(parts["day"] or 0),
        int(parts.get("hour") or 0),
        int(parts.get("minute") or 0),
        int(parts.get("second") or 0),
        int(fraction),
        tzinfo=_zone_of(parts.get("zone")),
    )


def _zone_of(text: str | None) -> timezone:
    if text is None or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if minutes > 59:
        raise ValueError("no such offset")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _is_forbidden(char: str) -> bool:
    point = ord(char)
    if 0x20 <= point < 0x7F:
        return False
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") or point & 0xFFFE == 0xFFFE


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def _show(value: Json) -> str:
    """A value in an error text: short, printable ASCII."""
    if isinstance(value, str | int | float | bool) or value is None:
        if isinstance(value, int) and abs(value) > MAX_INT:
            return "the number"
        return ascii(value[:40] if isinstance(value, str) else value)
    return "the value"

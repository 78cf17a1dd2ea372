"""Reading JSON that a stranger sent: each reader answers a typed value or an error that names the field."""

from __future__ import annotations

from typing import TypeGuard, cast

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.model.json import Json, JsonMapping

MAX_TEXT = 256


def as_object(value: Json, field: str) -> JsonMapping:
    """The value as a JSON object; absent (None) is an empty one.

    Raises:
        InvalidFormatError: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidFormatError(f"{field} must be an object", field=field)
    return cast("JsonMapping", value)


def as_list(value: Json, field: str, *, limit: int = 64) -> list[Json]:
    """The value as a list of at most `limit` items; absent (None) is an empty one.

    Raises:
        InvalidFormatError: it is no list.
        OutOfRangeError: it is too long.
    """
    if value is None:
        return []
    if not _is_list(value):
        raise InvalidFormatError(f"{field} must be a list", field=field)
    if len(value) > limit:
        raise OutOfRangeError(f"{field} must not have more than {limit} items", field=field)
    return value


def as_text(value: Json, field: str, *, limit: int = MAX_TEXT, clean: bool = True) -> str:
    """The value as text of at most `limit` characters; absent (None) is empty.

    clean: refuse control characters, so that the text can stand in a log line or a header; passwords are not cleaned.

    Raises:
        InvalidFormatError: it is no text, has a lone surrogate, or has a control character.
        OutOfRangeError: it is too long.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidFormatError(f"{field} must be a text", field=field)
    if len(value) > limit:
        raise OutOfRangeError(f"{field} must not be longer than {limit} characters", field=field)
    for character in value:
        code = ord(character)
        if 0xD800 <= code <= 0xDFFF or (clean and (code < 0x20 or 0x7F <= code < 0xA0)):
            raise InvalidFormatError(f"{field} has a character that is not allowed: U+{code:04X}", field=field)
    return value


def as_texts(value: Json, field: str, *, limit: int = 64) -> tuple[str, ...]:
    """The value as a list of texts; one bare text counts as a list of one.

    Raises:
        InvalidFormatError: it is something else.
        OutOfRangeError: it is too long.
    """
    items: list[Json] = [value] if isinstance(value, str) else as_list(value, field, limit=limit)
    return tuple(as_text(item, f"{field}.{position}") for position, item in enumerate(items))


def _is_list(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list)

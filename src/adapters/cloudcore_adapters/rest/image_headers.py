"""An image's attributes as `X-Image-Meta-*` headers, both ways.

Written: the first letter behind the prefix in upper case, underscores kept (`X-Image-Meta-Disk_format`), values in
printable ASCII with everything else, `%` and `+` percent-encoded. Read: dashes count as underscores, a `+` as sent is a
blank, `%xx` is decoded until nothing changes, as clients encode once, twice or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.model.json import Json, JsonMapping, JsonObject
from cloudcore_adapters.rest.request import Call, read_object
from cloudcore_adapters.rest.responses import Headers, render

PREFIX = "X-Image-Meta-"
PROPERTY = "X-Image-Meta-Property-"
MAX_ATTRIBUTES = 256
MAX_VALUE = 8192

_OBJECTS = ("metadata", "project_metadata")
_NAME = re.compile(r"[A-Za-z0-9_.!#$&'*^`|~-]{1,128}", re.ASCII)
_SAFE = " !\"#$&'()*,-./:;<=>?@[\\]^_`{|}~"
_ROUNDS = 5


def image_headers(image: JsonMapping) -> Headers:
    """The headers that show an image, by name. Names that no header can have are left out."""
    return tuple(sorted(_written(image)))


def _written(image: JsonMapping) -> Iterator[tuple[str, str]]:
    for name, value in image.items():
        if name == "properties" and isinstance(value, dict):
            yield from _each(PROPERTY, value)
        else:
            yield from _each(PREFIX, {name: value})


def _each(prefix: str, values: JsonMapping) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if value is not None and value not in ("", [], {}) and _NAME.fullmatch(name):
            yield prefix + name[0].upper() + name[1:].lower(), quote(_text(value), safe=_SAFE)


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return render(value).decode() if isinstance(value, dict | list) else str(value)


def attributes_of(call: Call) -> JsonObject:
    """The attributes that a request's headers name; properties stand in an object of their own.

    Raises:
        InvalidFormatError: a value is not UTF-8 or, where it must be, no JSON object.
        OutOfRangeError: too many, or one too long.
    """
    found: JsonObject = {}
    properties: JsonObject = {}
    for name, value in call.headers.items():
        if name.startswith(PROPERTY.lower()):
            properties[_key(name, PROPERTY)] = _value(name, value)
        elif name.startswith(PREFIX.lower()):
            key = _key(name, PREFIX)
            text = _value(name, value)
            found[key] = _object(key, text, call.limits.json_depth) if key in _OBJECTS else text
    if len(found) + len(properties) > MAX_ATTRIBUTES:
        raise OutOfRangeError(f"more than {MAX_ATTRIBUTES} attributes in the headers")
    if properties:
        found["properties"] = properties
    return found


def _key(name: str, prefix: str) -> str:
    key = name[len(prefix) :].replace("-", "_")
    if not key:
        raise InvalidFormatError(f"the header {name} names no attribute", field=name)
    return key


def _value(name: str, value: bytes) -> str:
    if len(value) > MAX_VALUE:
        raise OutOfRangeError(f"the header {name} is longer than {MAX_VALUE} bytes", field=name)
    try:
        text = value.decode("utf-8")
        text = text.replace("+", " ")
        for _ in range(_ROUNDS):
            text = unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidFormatError(f"the header {name} is not UTF-8", field=name) from error
    return text


def _object(key: str, text: str, depth: int) -> dict[str, Any]:
    try:
        return read_object(text.encode(), depth=depth)
    except InvalidFormatError as error:
        raise InvalidFormatError(f"{key} must be a JSON object", field=key) from error

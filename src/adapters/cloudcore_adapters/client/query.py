"""Parameters as a query string: `key.0=a&key.1=b` for lists, `a.b=c` for objects, a bare key for null."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from cloudcore.model.errors import InvalidInputError
from cloudcore.model.json import JsonMapping

MAX_DEPTH = 8


def query_string(params: JsonMapping) -> str:
    """The parameters in their order; empty without any.

    Raises:
        InvalidInputError: nested deeper than eight levels, or not JSON.
    """
    pairs = (pair for key, value in params.items() for pair in _pairs(str(key), value, 1))
    return "&".join(
        quote(key, safe="@") if value is None else f"{quote(key, safe='@')}={quote(value)}" for key, value in pairs
    )


def _pairs(key: str, value: Any, depth: int) -> Iterator[tuple[str, str | None]]:
    if depth > MAX_DEPTH:
        raise InvalidInputError(f"{key} is nested too deeply", field=key)
    if value is None:
        yield key, None
    elif isinstance(value, bool):
        yield key, "true" if value else "false"
    elif isinstance(value, str | int | float):
        if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
            raise InvalidInputError(f"{key} is no Unicode text", field=key)
        yield key, str(value)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _pairs(f"{key}.{name}", part, depth + 1)
    elif isinstance(value, list | tuple):
        for position, part in enumerate(value):
            yield from _pairs(f"{key}.{position}", part, depth + 1)
    else:
        raise InvalidInputError(f"{key} has a value of type {type(value).__name__}", field=key)

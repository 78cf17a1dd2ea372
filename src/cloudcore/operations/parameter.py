"""Parameters of a list as plain values."""

from __future__ import annotations

from typing import Any, cast

from cloudcore.model.errors import OutOfRangeError
from cloudcore.model.json import JsonMapping
from cloudcore.model.reading import read_bool, read_int

MOST = 2048
"""Values of one parameter."""


def texts(value: Any) -> list[str]:
    """One text or a list of texts as a list; other values as their text, absent ones as an empty list.

    Raises:
        OutOfRangeError: there are more than `MOST`.
    """
    return [str(item) for item in listed(value) if item is not None]


def listed(value: Any) -> list[Any]:
    """One value or a list of them as a list.

    Raises:
        OutOfRangeError: there are more than `MOST`.
    """
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    if len(items) > MOST:
        raise OutOfRangeError(f"a parameter has more than {MOST} values")
    return items


def number(params: JsonMapping, name: str) -> int:
    """A whole number; 0 where there is none.

    Raises:
        InvalidInputError: it is no number.
    """
    value = params.get(name)
    if value in (None, ""):
        return 0
    return read_int(value, name, -(2**31), 2**31)


def flag(params: JsonMapping, name: str, *, default: bool = False) -> bool:
    """A truth value; a parameter without a value counts as true.

    Raises:
        InvalidInputError: it is none.
    """
    value = params.get(name)
    if value is None or value == "":
        return default or name in params
    return read_bool(value, name)

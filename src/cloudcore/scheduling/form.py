"""Plain values of the scheduler as JSON and back: rows of an inventory, requests and all that they are made of.

Written by the declaration of each class, so that a new field needs nothing here. What is as by default is left out. Reading
is strict: every complaint names the place, such as `hosts[3].cpu_count`, and what is wrong with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs

from cloudcore.model.errors import DuplicateResourceError, InvalidInputError
from cloudcore.model.json import Json, JsonObject
from cloudcore.scheduling.rows import Labels

MOST_TEXT = 1024
"""Characters of one text."""
MOST_LINES = 1_000_000
"""Elements of one list."""

_AS_IT_IS = frozenset({str, int, float, bool, NoneType})

T = TypeVar("T")


def written(value: Any) -> JsonObject:
    """An instance of an attrs class as JSON: only the fields that are not as by default."""
    names, held, defaults = _getters(_kind(value))
    return {
        name: one if type(one) in _AS_IT_IS else _plain(one)
        for name, one, default in zip(names, held(value), defaults, strict=True)
        if one is not default and one != default
    }


def read(kind: type[T], value: Json, place: str) -> T:
    """The instance of an attrs class that JSON describes.

    Raises:
        InvalidInputError: names the place and the reason, also where the class itself refuses a value.
    """
    if not isinstance(value, dict):
        raise _wrong(place, "must be an object")
    sent = cast("JsonObject", value)
    made: Any = kind
    known = {field: (of, default) for field, of, default in _fields(made)}
    for name in sent:
        if name not in known:
            raise _wrong(_under(place, str(name)[:64]), "is not known")
    values: dict[str, Any] = {}
    for name, (of, default) in known.items():
        if name in sent:
            values[name] = _read(of, sent[name], _under(place, name))
        elif default is attrs.NOTHING:
            raise _wrong(_under(place, name), "is missing")
    try:
        return kind(**values)
    except (InvalidInputError, DuplicateResourceError) as error:
        where = _under(place, error.field) if error.field else place
        raise InvalidInputError(f"{where}: {error}", field=where) from error


def read_lines(kind: type[T], value: Json, place: str, most: int = MOST_LINES) -> tuple[T, ...]:
    """Instances of an attrs class from a list of JSON objects.

    Raises:
        InvalidInputError: as `read`; or there are more than `most`.
    """
    return tuple(read(kind, one, f"{place}[{number}]") for number, one in enumerate(elements(value, place, most)))


def elements(value: Json, place: str, most: int = MOST_LINES) -> list[Json]:
    """A list of JSON values.

    Raises:
        InvalidInputError: it is none, or longer than `most`.
    """
    if not isinstance(value, list):
        raise _wrong(place, "must be a list")
    found = cast("list[Json]", value)
    if len(found) > most:
        raise _wrong(place, f"has more than {most:,} elements")
    return found


def text(value: Json, place: str) -> str:
    """A text.

    Raises:
        InvalidInputError: it is none, or longer than `MOST_TEXT`.
    """
    if not isinstance(value, str):
        raise _wrong(place, "must be a text")
    if len(value) > MOST_TEXT:
        raise _wrong(place, f"is longer than {MOST_TEXT} characters")
    return value


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any, Any], ...]:
    """Name, type and default of each field; NOTHING for one that has to be there."""
    hints = get_type_hints(kind)
    return tuple((field.name, hints[field.name], _default(field)) for field in attrs.fields(kind) if field.init)


@cache
def _getters(kind: Any) -> tuple[tuple[str, ...], attrgetter[Any], tuple[Any, ...]]:
    """Names of the fields, what gets them all at once, and their defaults."""
    fields = _fields(kind)
    names = tuple(name for name, _, _ in fields)
    return names, attrgetter(*names), tuple(default for _, _, default in fields)


def _kind(value: object) -> Any:
    return type(value)


def _default(field: attrs.Attribute[Any]) -> Any:
    default: Any = field.default
    return default.factory() if isinstance(default, attrs.Factory) else default  # type: ignore[arg-type]


def _plain(value: Any) -> Json:
    if attrs.has(_kind(value)):
        return written(value)
    if isinstance(value, frozenset):
        return sorted(cast("frozenset[str]", value))
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, int]", value))
    if isinstance(value, tuple):
        return [_plain(one) for one in cast("tuple[Any, ...]", value)]
    return value


def _read(kind: Any, value: Json, place: str) -> Any:
    if kind == Labels:
        return _pairs(value, place)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return None if value is None else _read(_present(kind), value, place)
    if origin is tuple:
        return tuple(_read(get_args(kind)[0], one, f"{place}[{n}]") for n, one in enumerate(elements(value, place)))
    if origin is frozenset:
        return frozenset(text(one, f"{place}[{n}]") for n, one in enumerate(elements(value, place)))
    if origin is not None and issubclass(origin, Mapping):
        return {text(key, place): _whole(one, _under(place, key)) for key, one in _object(value, place).items()}
    if attrs.has(kind):
        return read(kind, value, place)
    return _SIMPLE[kind](value, place)


def _present(kind: Any) -> Any:
    return next(one for one in get_args(kind) if one is not NoneType)


def _pairs(value: Json, place: str) -> Labels:
    return tuple(
        (text(pair[0], f"{place}[{n}][0]"), text(pair[1], f"{place}[{n}][1]"))
        for n, pair in enumerate(pairs_of(value, place))
    )


def pairs_of(value: Json, place: str) -> Iterable[list[Json]]:
    """The pairs of a list of lists of two.

    Raises:
        InvalidInputError: one is something else.
    """
    for number, one in enumerate(elements(value, place)):
        if not isinstance(one, list) or len(cast("list[Json]", one)) != 2:
            raise _wrong(f"{place}[{number}]", "must be a list of two")
        yield cast("list[Json]", one)


def _object(value: Json, place: str) -> JsonObject:
    if not isinstance(value, dict):
        raise _wrong(place, "must be an object")
    return cast("JsonObject", value)


def _whole(value: Json, place: str) -> int:
    if type(value) is not int or not -(1 << 62) < value < 1 << 62:
        raise _wrong(place, "must be a whole number")
    return value


def _number(value: Json, place: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise _wrong(place, "must be a number")
    return float(value)


def _flag(value: Json, place: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(place, "must be true or false")
    return value


_SIMPLE: Mapping[Any, Any] = {str: text, int: _whole, float: _number, bool: _flag}


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _wrong(place: str, reason: str) -> InvalidInputError:
    return InvalidInputError(f"{place or 'this'} {reason}", field=place or None)

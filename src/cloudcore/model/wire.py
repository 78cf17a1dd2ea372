"""Entity ↔ JSON as the wire has it.

Written: absent values, empty texts, lists and objects are left out; false and 0 stay, and null where the field says so. Times are UTC with six digits.
Read: numbers and booleans may come as text, sizes as `2g`; unknown keys, and keys that the caller may not send, are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from math import inf
from typing import Any, cast

from cloudcore.model.columns import ABSENT, Columns, Parts
from cloudcore.model.errors import InvalidInputError, MissingParameterError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import format_times, read_bool, read_float, read_int, read_list_of_str, read_str, read_time
from cloudcore.model.resource import Field, Resource, Show, fields_of
from cloudcore.model.units import Unit, parse_bytes

MAX_JSON_DEPTH = 16
MAX_JSON_ITEMS = 4096
_SIZES = {Unit.BYTE: 1, Unit.KIB: 1 << 10, Unit.MIB: 1 << 20, Unit.GIB: 1 << 30}


def page_to_wire(
    resource: Resource[Any], page: Parts[Any], *, detail: bool = True, only: frozenset[str] | None = None
) -> Columns:
    """A page as a client gets it, without what `details` adds.

    detail: with the fields that lists without details leave out. only: just these fields; the page may lack the others.
    """
    written = Columns(len(page))
    for name, write, number, null in _writers(resource.entity, detail, only):
        column = page.columns[name]
        if null:
            full = True
        elif number:
            full = None not in column
        else:
            full = all(column)
            if not full and not any(column):
                continue
        if full:
            written.put(name, column if write is None else write(column))
        elif number:
            written.put(name, [ABSENT if value is None else value for value in column], holed=True)
        else:
            values = column if write is None else write(column)
            shown = [new if old else ABSENT for old, new in zip(column, values, strict=True)]
            written.put(name, shown, holed=True)
    return written


def read_create(resource: Resource[Any], body: JsonMapping, *, admin: bool) -> JsonObject:
    """The values of the fields that a caller may send when creating; references are left for the caller to resolve.

    admin: the caller has domain scope or wider and may send the fields that need it.

    Raises:
        InvalidInputError: names the field that is wrong.
        MissingParameterError: a required field is absent.
    """
    draft: JsonObject = {}
    for field in fields_of(resource.entity):
        if field.ref is not None or not field.spec.create or (field.spec.admin and not admin):
            continue
        found, value = sent(field, body)
        if found and not (value == "" and says_nothing(field)):
            draft[field.name] = read_value(field, value)
        elif field.spec.required:
            raise MissingParameterError(f"{field.name} is missing", field=field.name)
    return draft


def says_nothing(field: Field) -> bool:
    """Whether an empty text can be no value of the field: clients send one for a number or a choice that was not said."""
    if field.kind is not str:
        return field.kind is not object
    return field.enum is not None or (field.spec.choices is not None and "" not in field.spec.choices)


def read_update(resource: Resource[Any], body: JsonMapping, *, admin: bool) -> JsonObject:
    """The values of the fields that a caller may change and has sent.

    Raises:
        InvalidInputError: names the field that is wrong.
    """
    changes: JsonObject = {}
    for field in fields_of(resource.entity):
        if field.ref is not None or not field.spec.update or (field.spec.admin and not admin):
            continue
        found, value = sent(field, body)
        if found and not (value == "" and says_nothing(field)):
            changes[field.name] = read_value(field, value)
    return changes


def sent(field: Field, body: JsonMapping) -> tuple[bool, Any]:
    """Whether the caller sent the field, under its name or an alias, and its value."""
    for name in (field.name, *field.spec.alias):
        if name in body:
            return True, body[name]
    return False, None


def read_value(field: Field, value: Any) -> Any:
    """One value of a field, from JSON or from a query string, within the field's limits.

    Raises:
        InvalidInputError: names the field and says what is wrong.
    """
    if value is None:
        return _absent(field)
    spec = field.spec
    if field.enum is not None or spec.choices is not None:
        text = read_str(value, field.name, spec.width)
        allowed = spec.choices or tuple(str(m.value) for m in field.enum or ())
        match = next((c for c in allowed if c.lower() == text.lower()), None)
        if match is None:
            raise InvalidInputError(f"{field.name} must be one of {', '.join(allowed)}", field=field.name)
        return field.enum(match) if field.enum is not None else match
    return _READERS[field.kind](field, value)


def _absent(field: Field) -> Any:
    if field.nullable:
        return None
    if field.has_default:
        return field.default
    raise InvalidInputError(f"{field.name} must not be null", field=field.name)


def _read_int(field: Field, value: Any) -> int:
    low = field.spec.minimum if field.spec.minimum is not None else 0
    unit = _SIZES.get(field.spec.unit) if field.spec.unit is not None else None
    if unit is not None and isinstance(value, str) and value[-1:].isalpha():
        value = -(-parse_bytes(value, field=field.name) // unit)
    return read_int(value, field.name, low, *(() if field.spec.maximum is None else (field.spec.maximum,)))


def _read_float(field: Field, value: Any) -> float:
    spec = field.spec
    low, high = (limit if limit is not None else inf * sign for limit, sign in ((spec.minimum, -1), (spec.maximum, 1)))
    return read_float(value, field.name, low, high)


def _read_str(field: Field, value: Any) -> str:
    if field.spec.unit is not None and not isinstance(value, str):
        return str(read_int(value, field.name, -1))
    text = read_str(value, field.name, field.spec.width, allow_newlines=field.spec.multiline)
    if field.spec.unit is not None:
        parse_bytes(text, field=field.name)
    return text


def _read_object(field: Field, value: Any) -> JsonObject:
    if not isinstance(value, dict):
        raise InvalidInputError(f"{field.name} must be an object", field=field.name)
    check_json(value, field.name)
    return cast("JsonObject", value)


def _read_any(field: Field, value: Any) -> Any:
    if isinstance(value, bool | float):
        raise InvalidInputError(f"{field.name} must be a text, an object, or a list of these", field=field.name)
    check_json(value, field.name)
    return value


def _read_list(field: Field, value: Any) -> list[Any]:
    if field.spec.of is str:
        return list(read_list_of_str(value, field.name))
    if field.spec.of is dict:
        items = cast("list[Any]", value if isinstance(value, list) else [value])
        if any(not isinstance(item, dict) for item in items):
            raise InvalidInputError(f"{field.name} must be a list of objects", field=field.name)
        check_json(items, field.name)
        return items
    if isinstance(value, list):
        check_json(value, field.name)
        return cast("list[Any]", value)
    return list(read_list_of_str(value, field.name))


_READERS: Mapping[type, Callable[[Field, Any], Any]] = {
    int: _read_int,
    float: _read_float,
    bool: lambda field, value: read_bool(value, field.name),
    str: _read_str,
    datetime: lambda field, value: read_time(value, field.name),
    dict: _read_object,
    list: _read_list,
    object: _read_any,
}


def check_json(value: Any, field: str) -> None:
    """Refuse JSON that is too deep, too large, or holds numbers and texts that no storage takes.

    Raises:
        InvalidInputError: names the field.
    """
    stack: list[tuple[Any, int]] = [(value, 1)]
    seen = 0
    while stack:
        item, depth = stack.pop()
        seen += 1
        if depth > MAX_JSON_DEPTH or seen > MAX_JSON_ITEMS:
            raise InvalidInputError(f"{field} is nested too deeply or has too many items", field=field)
        if isinstance(item, dict):
            stack.extend((part, depth + 1) for pair in cast("JsonObject", item).items() for part in pair)
        elif isinstance(item, list):
            stack.extend((part, depth + 1) for part in cast("list[Any]", item))
        elif isinstance(item, str):
            read_str(item, field, 65_536, allow_newlines=True)
        elif isinstance(item, int) and not isinstance(item, bool):
            read_int(item, field, -(2**63))
        elif isinstance(item, float):
            read_float(item, field)


_Write = Callable[[Sequence[Any]], Sequence[Any]]
_Writer = tuple[str, _Write | None, bool, bool]
"""Name, conversion of a column, and whether it is of numbers or truth values, whose 0 and false are written, and whether null is."""


def written_fields(entity: type[Any], *, detail: bool = True) -> tuple[str, ...]:
    """The fields that `page_to_wire` writes."""
    return tuple(name for name, *_ in _writers(entity, detail))


@cache
def _compiled(entity: Any, detail: bool, only: frozenset[str] | None) -> Sequence[_Writer]:
    shown = (Show.LIST, Show.DETAIL) if detail else (Show.LIST,)
    return tuple(
        (f.name, _writer(f), f.kind in (bool, int, float), f.spec.null)
        for f in fields_of(entity)
        if f.spec.show in shown and not f.spec.secret and not f.spec.sealed and (only is None or f.name in only)
    )


def _writers(entity: type[Any], detail: bool, only: frozenset[str] | None = None) -> Sequence[_Writer]:
    key: Any = entity
    return _compiled(key, detail, only)


def _writer(field: Field) -> _Write | None:
    if field.kind is datetime:
        return format_times
    if field.enum is not None:
        return _texts
    return _tags if field.name == "metadata" else None


def _texts(column: Sequence[Any]) -> Sequence[Any]:
    return [str(value) if value else value for value in column]


def _tags(column: Sequence[Any]) -> Sequence[Any]:
    return [public_tags(value) if value else value for value in column]


def public_tags(tags: JsonMapping) -> JsonObject:
    """The tags that a caller may see: without the platform's own."""
    if "__" not in "".join(tags):
        return dict(tags)
    return {k: v for k, v in tags.items() if k[:2] != "__"}

"""Tags: text under prefixed keys. `user:` are the owner's, `__` the platform's own."""

from __future__ import annotations

from typing import Any, cast

from cloudcore.model.errors import InvalidInputError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import EVERYTHING, Contains, Expr, Not, both, either
from cloudcore.model.reading import read_str
from cloudcore.model.resource import Resource, field_map

MAX_TAGS = 20
MAX_KEY = 64
MAX_VALUE = 65_535
REMOVE = ("none", "null")


def tags_sent(body: JsonMapping) -> JsonObject:
    """The tags of a create or update body (`__meta__`).

    Raises:
        InvalidInputError: they are no object of texts, or claim one of the platform's own keys.
        OutOfRangeError: there are more than `MAX_TAGS`.
    """
    sent = body.get("__meta__")
    if sent is None:
        return {}
    return read_tags(sent, "__meta__", most=MAX_TAGS)


def read_tags(sent: Any, field: str, *, prefix: str = "", most: int = 1024) -> JsonObject:
    """Read an object of tags; `prefix` is put before each key.

    Raises:
        InvalidInputError, OutOfRangeError: as for `tags_sent`.
    """
    if not isinstance(sent, dict):
        raise InvalidInputError(f"{field} must be an object of texts", field=field)
    given = cast("JsonObject", sent)
    if len(given) > most:
        raise OutOfRangeError(f"{field} has more than {most} tags", field=field)
    tags: JsonObject = {}
    for name, value in given.items():
        key = read_str(f"{prefix}{name}", field, MAX_KEY)
        if key.startswith("__"):
            raise InvalidInputError(f"{field}: {key} is the platform's own", field=field)
        tags[key] = read_str("" if value is None else value, f"{field}.{key}", MAX_VALUE, allow_newlines=True)
    return tags


def merged(old: JsonMapping, new: JsonMapping) -> JsonObject:
    """Old tags with new values; the texts none and null remove a tag."""
    out = {**old, **new}
    for key, value in new.items():
        if str(value).lower() in REMOVE:
            out.pop(key)
    return out


def tag_filters(resource: Resource[Any], params: JsonMapping) -> Expr:
    """Rows with the tags of `tags`, `obj_tags` and without those of `no_tags`, `no_obj_tags`."""
    if "metadata" not in field_map(resource.entity):
        return EVERYTHING
    parts: list[Expr] = []
    for name, negative in (("tags", False), ("no_tags", True)):
        if params.get(name):
            wanted = _set(params[name], name)
            parts.append(Not(wanted) if negative else wanted)
    for name, negative in (("obj_tags", False), ("no_obj_tags", True)):
        if params.get(name):
            sets: list[Any] = params[name] if isinstance(params[name], list) else [params[name]]
            any_of = either(*(_set(one, name) for one in sets))
            parts.append(Not(any_of) if negative else any_of)
    return both(*parts) if parts else EVERYTHING


def _set(sent: Any, field: str) -> Expr:
    keys: dict[str, list[str]] = {}
    items = cast("list[Any]", sent) if isinstance(sent, list) else [sent]
    for item in items:
        tag = cast("JsonObject", item) if isinstance(item, dict) else {}
        if not isinstance(tag.get("key"), str):
            raise InvalidInputError(f"{field} must be a list of key and value", field=field)
        value = tag.get("value")
        keys.setdefault(tag["key"], []).append("" if value is None else str(value))
    return both(*(Contains("metadata", key, () if "" in values else tuple(values)) for key, values in keys.items()))

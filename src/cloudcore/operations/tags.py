"""Tags: text under prefixed keys. `user:` are the owner's, `__` the platform's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, cast

from cloudcore.model.errors import InvalidInputError, NotSupportedError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import EVERYTHING, NOTHING, Contains, Expr, HasKey, Not, both, either, one_of
from cloudcore.model.reading import read_str
from cloudcore.model.resource import Resource, field_map
from cloudcore.operations.parameter import flag, texts
from cloudcore.operations.platform import Platform

MAX_TAGS = 20
MAX_KEY = 64
MAX_VALUE = 65_535
MOST_KEPT = 1024
MOST_TEXT = 1 << 20
"""Characters in all tags of one thing."""
REMOVE = ("none", "null")
CLASS = "cls:"
"""Tags that say of which class something is: servers go to hosts of the class of their project and image."""
PREFIXES = {"user_meta": "user:", "cloud_meta": "ext:", "sys_meta": "sys:"}
"""Kinds of tags, by the parameter that asks for them."""
MAX_SETS = 32
MAX_TAGS_ASKED = 256
ABSENT = "___no_value__"
"""As the value of a tag that is asked for: the key must not be there."""


def tags_sent(body: JsonMapping) -> JsonObject:
    """The tags of a create or update body (`__meta__`).

    Raises:
        InvalidInputError: they are no object of texts, or claim one of the platform's own keys.
        OutOfRangeError: there are more than `MAX_TAGS`.
    """
    sent = body.get("__meta__")
    if sent in (None, ""):
        return {}
    return read_tags(sent, "__meta__", most=MAX_TAGS)


def first_tags(body: JsonMapping) -> JsonObject:
    """The tags of a thing that is made; raises as `tags_sent`."""
    return merged({}, tags_sent(body))


def read_tags(sent: Any, field: str, *, prefix: str = "", most: int = 1024) -> JsonObject:
    """Read an object of tags; `prefix` is put before each key. A value that is no text is kept as JSON.

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
        tags[key] = read_str(_text(value), f"{field}.{key}", MAX_VALUE, allow_newlines=True)
    return tags


def _text(value: Any) -> Any:
    """A tag is text: of a number, a truth value, a list or an object its JSON, which for null is a text that removes."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def merged(old: JsonMapping, new: JsonMapping) -> JsonObject:
    """Old tags with new values; the texts none and null remove a tag.

    Raises:
        OutOfRangeError: they become too many, or too long in all.
    """
    out = {**old, **new}
    for key, value in new.items():
        if str(value).lower() in REMOVE:
            out.pop(key)
    if len(out) > max(MOST_KEPT, len(old)):
        raise OutOfRangeError(f"there would be more than {MOST_KEPT} tags", field="metadata")
    if _length(out) > max(MOST_TEXT, _length(old)):
        raise OutOfRangeError(f"the tags would have more than {MOST_TEXT} characters in all", field="metadata")
    return out


def _length(tags: JsonMapping) -> int:
    return sum(len(key) + len(str(value)) for key, value in tags.items())


def tag_filters(platform: Platform, resource: Resource[Any], params: JsonMapping) -> Expr:
    """Rows with or without certain tags, or whose project or domain has them.

    `tags` is one set: its keys AND-ed, several values of a key OR-ed, no value for any. `obj_tags`, `project_tags` and
    `domain_tags` are lists of sets, OR-ed; the `no_` forms give the other rows.

    Raises:
        InvalidInputError: a set is no list of key and value.
        NotSupportedError: it asks for an organisation, or for the tags of owners that rows of the type have not.
    """
    if params.get("project_organizations"):
        raise NotSupportedError("organisations are not supported", field="project_organizations")
    parts = [*_owner_tags(platform, resource, params)]
    if "metadata" in field_map(resource.entity):
        for name in ("tags", "obj_tags"):
            for key, negative in ((name, False), (f"no_{name}", True)):
                if params.get(key):
                    sets = [_set(params[key], key)] if name == "tags" else sets_of(params[key], key)
                    wanted = either(*(tagged(one) for one in sets))
                    parts.append(Not(wanted) if negative else wanted)
        parts += _existence(params)
    elif any(params.get(name) for name in ("tags", "obj_tags")) or any(_wants_tags(params)):
        # Rows without tags have none of these.
        parts.append(NOTHING)
    return both(*parts) if parts else EVERYTHING


TagSet: TypeAlias = Mapping[str, tuple[str, ...]]
"""Keys that must be there, each with the values that will do; of none, any."""


def tagged(wanted: TagSet) -> Expr:
    """Rows that have all of a set's keys."""
    return both(*(_has(key, values) for key, values in wanted.items()))


def _has(key: str, values: tuple[str, ...]) -> Expr:
    if ABSENT not in values:
        return Contains("metadata", key, () if "" in values else values)
    others = tuple(v for v in values if v != ABSENT)
    lacking = Not(Contains("metadata", key))
    return either(lacking, Contains("metadata", key, others)) if others else lacking


def sets_of(sent: Any, field: str) -> list[TagSet]:
    """Read a list of tag sets; a single one may stand without the list.

    Raises:
        InvalidInputError, OutOfRangeError: they are none, or too many.
    """
    items = cast("list[Any]", sent) if isinstance(sent, list) else [sent]
    if items and all(isinstance(item, dict) and "key" in item for item in items):
        items = [items]
    if len(items) > MAX_SETS:
        raise OutOfRangeError(f"{field} has more than {MAX_SETS} sets", field=field)
    return [_set(item, field) for item in items]


def _set(sent: Any, field: str) -> TagSet:
    keys: dict[str, list[str]] = {}
    items = cast("list[Any]", sent) if isinstance(sent, list) else [sent]
    if len(items) > MAX_TAGS_ASKED:
        raise OutOfRangeError(f"{field} has more than {MAX_TAGS_ASKED} tags", field=field)
    for item in items:
        tag = cast("JsonObject", item) if isinstance(item, dict) else {}
        key = tag.get("key")
        if not isinstance(key, str) or not key or key.startswith("__"):
            raise InvalidInputError(f"{field} must be a list of key and value", field=field)
        keys.setdefault(key, []).extend(texts(tag.get("value")) or [""])
    return {key: tuple(values) for key, values in keys.items()}


def _owner_tags(platform: Platform, resource: Resource[Any], params: JsonMapping) -> Iterator[Expr]:
    """Rows of the projects and domains with certain tags: identity is asked which those are."""
    names = field_map(resource.entity)
    for name, plural, column in _OWNERS:
        for key, negative in ((name, False), (f"no_{name}", True)):
            if params.get(key) and column not in names:
                raise NotSupportedError(f"{key}: {resource.plural} belong to none of {plural}", field=key)
            if params.get(key):
                idents = platform.directory.tagged(plural, tuple(sets_of(params[key], key)))
                wanted = one_of(column, idents)
                yield Not(wanted) if negative else wanted


_OWNERS = (("project_tags", "projects", "tenant_id"), ("domain_tags", "domains", "domain_id"))


def _wants_tags(params: JsonMapping) -> Iterator[bool]:
    yield from (flag(params, key) != turned for key, _, turned in _KINDS if key in params)
    yield from (bool(params.get(key)) and isinstance(params[key], dict | list) for key in PREFIXES)


def _existence(params: JsonMapping) -> Iterator[Expr]:
    """`with_user_meta` and its kin: whether a row has tags of a kind at all; and the older `user_meta.KEY=VALUE`."""
    for key, wanted, turned in _KINDS:
        if key in params:
            yield wanted if flag(params, key) != turned else Not(wanted)
    for key, prefix in PREFIXES.items():
        if isinstance(params.get(key), dict):
            sent = cast("JsonObject", params[key])
            yield tagged({f"{prefix}{k}": tuple(texts(v)) or ("",) for k, v in sent.items()})
        elif params.get(key) and isinstance(params[key], list):
            yield tagged({f"{prefix}{k}": v for k, v in _set(params[key], key).items()})


_ANY = HasKey("metadata", "__", other=True)
_KINDS: tuple[tuple[str, Expr, bool], ...] = (
    ("with_user_meta", HasKey("metadata", "user:"), False),
    ("without_user_meta", HasKey("metadata", "user:"), True),
    ("with_cloud_meta", HasKey("metadata", "ext:"), False),
    ("with_any_meta", _ANY, False),
)
"""Parameter, the rows that have such tags, and whether it asks for the others."""

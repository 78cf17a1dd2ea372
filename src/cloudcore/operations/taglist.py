"""All tags, as rows of their own: `GET /metadatas`, whatever the types that carry them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import ForbiddenError, ResourceNotFoundError, SpecNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.query import Contains, Expr, HasKey, Query, both, either, one_of
from cloudcore.model.resource import Resource, field_map
from cloudcore.operations.access import reach
from cloudcore.operations.listing import DEFAULT_LIMIT
from cloudcore.operations.parameter import flag, number, texts
from cloudcore.operations.platform import Platform
from cloudcore.operations.statistics import pairs_of, tree_of
from cloudcore.operations.tags import PREFIXES
from cloudcore.ports.unit_of_work import Transaction

TAGS = "metadatas"


def list_tags(platform: Platform, tx: Transaction, caller: Caller, params: JsonMapping) -> Listing:
    """A page of the tags of what the caller may list, by type, id and key; one statement for each type.

    `resources` names the types, by keyword or plural; `key`, `value`, `obj_id`, `prefix_key` and the kinds of tags narrow.

    Raises:
        ResourceNotFoundError: there is no such type.
        ForbiddenError: the caller may not list a type that he names.
    """
    limit = number(params, "limit")
    limit, offset = min(limit, DEFAULT_LIMIT) if limit > 0 else DEFAULT_LIMIT, max(number(params, "offset"), 0)
    rows = [row for resource in _types(platform, params) for row in _rows(platform, tx, caller, resource, params)]
    page = rows[offset : offset + limit]
    return Listing(items=page, total=len(rows) if page else 0, limit=limit if page else 0, offset=offset if page else 0)


def tag_property(platform: Platform, tx: Transaction, caller: Caller, name: str, params: JsonMapping) -> Any:
    """Tags of all types that the caller may list, with the number of things that have them, as a list of its own with
    `data` and `total`, or of their values one below the other; what narrows the list narrows these.

    Raises:
        SpecNotFoundError: there is no such property.
        ResourceNotFoundError, ForbiddenError: as for `list_tags`.
    """
    told = {"tag-value-pairs": pairs_of, "tag-value-tree": tree_of}.get(name)
    if told is None:
        raise SpecNotFoundError(f"{TAGS} have no property {name[:64]}")
    held: dict[str, dict[str, str]] = {}
    for resource in _types(platform, params):
        for row in _rows(platform, tx, caller, resource, params, keys_too=name == "tag-value-pairs"):
            held.setdefault(row["id"], {})[row["key"]] = row["value"]
    found = told(params, [(tags, 1) for tags in held.values()])
    return found if told is tree_of else {"data": found, "total": len(found)}


def _types(platform: Platform, params: JsonMapping) -> list[Resource[Any]]:
    tagged = [r for r in platform.resources if r.service != "internal" and "metadata" in field_map(r.entity)]
    known = {name: r for r in tagged for name in (r.singular, r.plural)}
    wanted = [text for key in ("resources", "obj_type") for text in texts(params.get(key)) if text]
    for name in wanted:
        if name not in known:
            raise ResourceNotFoundError(f"there is no resource type {name[:64]} with tags", field="resources")
    return sorted(
        {known[name].plural: known[name] for name in wanted or known}.values(), key=lambda resource: resource.singular
    )


def _rows(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    params: JsonMapping,
    *,
    keys_too: bool = True,
) -> Iterator[JsonObject]:
    """keys_too: `key` narrows."""
    try:
        where = reach(platform, caller, resource, "list").where
    except ForbiddenError:
        if any(texts(params.get(key)) for key in ("resources", "obj_type")):
            raise
        return
    prefixes, values = _prefixes(params), set(texts(params.get("value")))
    keys = set(texts(params.get("key"))) if keys_too else set[str]()
    query = Query(where=_having(prefixes, keys, params))
    for ident, tags in sorted(tx.of(resource, where).columns(("id", "metadata"), query)):
        for key in sorted(tags):
            kept = not key.startswith("__") and (not prefixes or key.startswith(prefixes))
            if kept and (not keys or key in keys) and (not values or tags[key] in values):
                yield {
                    "id": f"{resource.singular}::{ident}", "obj_type": resource.singular, "obj_id": ident,
                    "key": key, "value": tags[key],
                }  # fmt: skip


def _prefixes(params: JsonMapping) -> tuple[str, ...]:
    asked = [prefix for name, prefix in PREFIXES.items() if name in params and flag(params, name)]
    return tuple(text for text in (*texts(params.get("prefix_key")), *asked) if text)


def _having(prefixes: tuple[str, ...], keys: set[str], params: JsonMapping) -> Expr:
    """The rows that can have such tags at all."""
    parts: list[Expr] = [either(*(HasKey("metadata", p) for p in prefixes)) if prefixes else HasKey("metadata")]
    if keys:
        parts.append(either(*(Contains("metadata", key) for key in sorted(keys))))
    if idents := [text for text in texts(params.get("obj_id")) if text]:
        parts.append(one_of("id", idents))
    return both(*parts)

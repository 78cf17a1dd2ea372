"""What can be asked of a whole collection: distinct values, numbers by status and owner, tags in use.

List filters apply to all of it: only rows that the caller may list are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import ProjectOwned
from cloudcore.model.errors import InvalidInputError, SpecNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Exists, Expr, Query, Sum, both, one_of
from cloudcore.model.reading import format_time
from cloudcore.model.resource import Field, Resource, field_map
from cloudcore.operations.access import reach
from cloudcore.operations.filters import column
from cloudcore.operations.parameter import flag, texts
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import IDENTITY, path_of
from cloudcore.operations.selection import selection
from cloudcore.operations.tags import ABSENT, PREFIXES
from cloudcore.ports.unit_of_work import Transaction

MOST_FIELDS = 16
"""Columns, or keys of tags, in one question."""


@attrs.frozen(kw_only=True)
class Question:
    """One question about a collection. where: the rows that it is about."""

    platform: Platform
    tx: Transaction
    caller: Caller
    resource: Resource[Any]
    params: JsonMapping
    where: Expr

    def count_by(self, *names: str) -> Sequence[Mapping[str, Any]]:
        """The rows by distinct values of these fields, each with `count`."""
        return self.tx.of(self.resource, self.where).totals(by=names)

    def names(self, key: str) -> list[str]:
        """The texts of a parameter, not too many.

        Raises:
            InvalidInputError: there are more than `MOST_FIELDS`.
        """
        return _names(self.params, key)


def ask(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], name: str, params: JsonMapping
) -> Any:
    """A property that every collection has.

    Raises:
        SpecNotFoundError: there is none of this name, or this type has no such thing.
    """
    answer = PROPERTIES.get(name)
    if answer is None:
        raise SpecNotFoundError(f"{resource.plural} have no property {name[:64]}")
    where = selection(platform, tx, caller, resource, params)
    return answer(Question(platform=platform, tx=tx, caller=caller, resource=resource, params=params, where=where))


def _need(asked: Question, name: str) -> None:
    if name not in field_map(asked.resource.entity):
        raise SpecNotFoundError(f"{asked.resource.plural} have no {name}")


def _statistics(asked: Question) -> JsonObject:
    _need(asked, "status")
    recycled = issubclass(asked.resource.entity, ProjectOwned)
    found: dict[str, JsonObject] = {}
    for row in asked.count_by("status", *(("pending_deleted",) if recycled else ())):
        entry: JsonObject = {"status": row["status"], "total_count": 0, "pending_deleted_count": 0}
        entry = found.setdefault(row["status"], entry)
        entry["total_count"] += row["count"]
        entry["pending_deleted_count"] += row["count"] if row.get("pending_deleted") else 0
    sums = {"total_cpu_count": 0, "total_mem_size_mb": 0, "total_disk_size_mb": 0}
    sums.update({one.key: _sum(asked, one) for one in asked.resource.sums})
    return {"status_info": list(found.values()), **sums}


def _sum(asked: Question, one: Sum) -> int:
    plural, where = asked.resource.plural, asked.where
    for step in one.via:
        where = Exists(plural, step.local, step.foreign, where)
        plural = step.plural
    (row,) = asked.tx.of(asked.platform.types[plural], where).totals(sums=(one.field,))
    return int(row[one.field])


def _distinct_field(asked: Question) -> JsonObject:
    names = [*asked.names("field"), *asked.names("extra_field")]
    return {name: _values(asked, name) for name in dict.fromkeys(names)}


def _values(asked: Question, name: str) -> list[Any]:
    path = path_of(asked.platform.types, asked.resource, name)
    if path is not None and name not in field_map(asked.resource.entity):
        return _referred(asked, path)
    field = column(asked.resource, name, "field")
    if field is None:
        return []
    return [_plain(row[field.name]) for row in asked.count_by(field.name) if row[field.name] not in (None, "")]


def _referred(asked: Question, path: Sequence[Field]) -> list[str]:
    """The names of what the rows refer to, by a chain of references."""
    target = path[-1].ref
    assert target is not None
    idents = _reached(asked, path)
    if target.target in IDENTITY:
        ask = asked.platform.directory
        named = ask.projects(idents) if target.target == "projects" else ask.domains(idents)
        return sorted({one.name for one in named.values()})
    rows = asked.tx.of(asked.platform.types[target.target], PLATFORM).columns(("name",), _of(idents))
    return sorted({name for (name,) in rows if name})


def _reached(asked: Question, path: Sequence[Field]) -> list[str]:
    """The ids at the end of a chain of references, one statement for each step."""
    idents = [row[path[0].name] for row in asked.count_by(path[0].name) if row[path[0].name]]
    for before, field in pairwise(path):
        assert before.ref is not None
        rows = asked.tx.of(asked.platform.types[before.ref.target], PLATFORM).columns((field.name,), _of(idents))
        idents = list(dict.fromkeys(ident for (ident,) in rows if ident))
    return idents


def _of(idents: Sequence[str]) -> Query:
    return Query(where=one_of("id", idents))


def _distinct_fields(asked: Question) -> JsonObject:
    fields = [field for name in asked.names("field") if (field := column(asked.resource, name, "field")) is not None]
    extra, wanted = asked.names("extra_field"), str(asked.params.get("extra_resource") or "")
    answer: JsonObject = {"fields": _combined(asked.count_by(*(f.name for f in fields))) if fields else []}
    if not wanted:
        answer["extra_fields"] = []
        return answer
    path = path_of(asked.platform.types, asked.resource, wanted)
    if path is None or path[-1].ref is None or path[-1].ref.target in IDENTITY:
        raise InvalidInputError(
            f"extra_resource: {asked.resource.plural} refer to no {wanted[:64]}", field="extra_resource"
        )
    other = asked.platform.types[path[-1].ref.target]
    columns = [field for name in extra if (field := column(other, name, "extra_field")) is not None]
    where = one_of("id", _reached(asked, path))
    if not {field.name for field in columns} <= {"id", "name", *path[-1].ref.show}:
        # Beyond what the rows' own details show of it.
        where = both(where, reach(asked.platform, asked.caller, other, "list").where)
    repository = asked.tx.of(other, where)
    answer["extra_fields"] = _combined(repository.totals(by=[f.name for f in columns])) if columns else []
    return answer


def _combined(rows: Iterable[Mapping[str, Any]]) -> list[JsonObject]:
    return [{k: _plain(v) for k, v in row.items() if k != "count" and v is not None} for row in rows]


def _plain(value: Any) -> Any:
    return format_time(value) if isinstance(value, datetime) else value


def _by_owner(column_name: str, plural: str) -> Callable[[Question], list[JsonObject]]:
    def answer(asked: Question) -> list[JsonObject]:
        _need(asked, column_name)
        counts: Counter[str] = Counter()
        for row in asked.count_by(column_name):
            counts[row[column_name] or ""] += row["count"]
        ask = asked.platform.directory
        named = ask.projects(counts) if plural == "projects" else ask.domains(counts)
        rows = [(named[i].name if i in named else "", i, count) for i, count in counts.items()]
        return [{"id": i, "name": name, "count": count} for name, i, count in sorted(rows)]

    return answer


def _tags_in_use(asked: Question, owner: str, plural: str) -> list[tuple[JsonMapping, int]]:
    """Sets of tags with the number of rows that have them; those of the rows' owners where one is named."""
    if not owner:
        _need(asked, "metadata")
        rows = asked.tx.of(asked.resource, asked.where).columns(("metadata",))
        return [(tags or {}, 1) for (tags,) in rows]
    _need(asked, owner)
    counts = {row[owner]: row["count"] for row in asked.count_by(owner)}
    tags = asked.platform.directory.tags_of(plural, tuple(counts))
    return [(tags.get(ident, {}), count) for ident, count in counts.items()]


def _pairs(owner: str = "", plural: str = "") -> Callable[[Question], list[JsonObject]]:
    def answer(asked: Question) -> list[JsonObject]:
        return pairs_of(asked.params, _tags_in_use(asked, owner, plural))

    return answer


def pairs_of(params: JsonMapping, held: Iterable[tuple[JsonMapping, int]]) -> list[JsonObject]:
    """Each tag with the number of things that have it.

    held: sets of tags, each with how many have it. params: `key_only`, `order_by_tag_key`, the kinds of tags.
    """
    keys_only = "key_only" in params and flag(params, "key_only")
    counts: Counter[tuple[str, str]] = Counter()
    for tags, number in held:
        for key, value in tags.items():
            if _wanted(params, key):
                counts[key, "" if keys_only else str(value)] += number
    descending = str(params.get("order_by_tag_key") or "").lower() == "desc"
    return [{"key": k, "value": v, "count": n} for (k, v), n in sorted(counts.items(), reverse=descending)]


def _wanted(params: JsonMapping, key: str) -> bool:
    """The platform's own keys are nobody's; of the others, those of the kinds that are asked for."""
    asked = tuple(
        prefix for name, prefix in PREFIXES.items() if isinstance(params.get(name), str | bool) and flag(params, name)
    )
    return not key.startswith("__") and (not asked or key.startswith(asked))


def _tree(owner: str = "", plural: str = "") -> Callable[[Question], Any]:
    def answer(asked: Question) -> Any:
        return tree_of(asked.params, _tags_in_use(asked, owner, plural))

    return answer


def tree_of(params: JsonMapping, held: Iterable[tuple[JsonMapping, int]]) -> Any:
    """Numbers by the values of the tags that `key` names, one below the other; as a flat list with `show_map`.

    Raises:
        InvalidInputError: there are more than `MOST_FIELDS` keys.
    """
    keys = [key for key in _names(params, "key") if not key.startswith("__")]
    counts: Counter[tuple[str, ...]] = Counter()
    for tags, number in held:
        counts[tuple(str(tags.get(key) or ABSENT) for key in keys)] += number
    if "show_map" in params and flag(params, "show_map"):
        return [{"count": n, **{f"value{i}": v for i, v in enumerate(values)}} for values, n in sorted(counts.items())]
    return _node("", "", keys, sorted(counts.items()))


def _names(params: JsonMapping, key: str) -> list[str]:
    found = list(dict.fromkeys(text for text in texts(params.get(key)) if text))
    if len(found) > MOST_FIELDS:
        raise InvalidInputError(f"{key}: more than {MOST_FIELDS} of them", field=key)
    return found


def _node(key: str, value: str, keys: Sequence[str], counts: Sequence[tuple[tuple[str, ...], int]]) -> JsonObject:
    node: JsonObject = {"key": key, "value": value, "count": sum(n for _, n in counts), "children": []}
    if keys:
        for first in dict.fromkeys(values[0] for values, _ in counts):
            below = [(values[1:], n) for values, n in counts if values[0] == first]
            node["children"].append(_node(keys[0], first, keys[1:], below))
    return node


PROPERTIES: Mapping[str, Callable[[Question], Any]] = MappingProxyType(
    {
        "statistics": _statistics,
        "distinct-field": _distinct_field,
        "distinct-fields": _distinct_fields,
        "project-statistics": _by_owner("tenant_id", "projects"),
        "domain-statistics": _by_owner("domain_id", "domains"),
        "tag-value-pairs": _pairs(),
        "tag-value-tree": _tree(),
        "project-tag-value-pairs": _pairs("tenant_id", "projects"),
        "project-tag-value-tree": _tree("tenant_id", "projects"),
        "domain-tag-value-pairs": _pairs("domain_id", "domains"),
        "domain-tag-value-tree": _tree("domain_id", "domains"),
    }
)
"""What every collection can be asked, by the word in the URL."""

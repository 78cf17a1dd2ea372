"""Rows as a client gets them: own fields, what references show, names from the directory, what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from cloudcore.model.entity import External, Named, Sharable
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.resource import Resource, field_map, fields_of
from cloudcore.model.wire import page_to_wire, written_fields
from cloudcore.operations.clouds import OF_NO_CLOUD, is_of_clouds
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import Rows
from cloudcore.operations.sharing import shown_to
from cloudcore.ports.directory import Directory
from cloudcore.ports.directory import Named as Owner
from cloudcore.ports.unit_of_work import Transaction


def page_fields(resource: Resource[Any], *, details: bool) -> tuple[str, ...]:
    """What a page of a list is read of: what is written, or for details everything that need not be opened."""
    if not details:
        return tuple(dict.fromkeys(("id", *written_fields(resource.entity, detail=False))))
    return tuple(f.name for f in fields_of(resource.entity) if not f.spec.sealed or f.name in resource.opens)


def plain_rows(_platform: Platform, _tx: Transaction, resource: Resource[Any], rows: Sequence[Any]) -> list[JsonObject]:
    """The rows' own fields only."""
    return _completed(resource, page_to_wire(resource, rows, detail=False))


def detail_rows(platform: Platform, tx: Transaction, resource: Resource[Any], rows: Sequence[Any]) -> list[JsonObject]:
    """The rows with all details, in a fixed number of statements."""
    if not rows:
        return []
    items = _completed(resource, page_to_wire(resource, rows))
    for item, extra in zip(items, Rows(tx, platform.types).details(resource, rows), strict=True):
        item.update(extra)
    if resource.details is not None:
        for item, extra in zip(items, resource.details(tx, rows), strict=True):
            item.update(extra)
    if issubclass(resource.entity, Sharable):
        for item, extra in zip(items, shown_to(platform, tx, resource, rows), strict=True):
            item.update(extra)
    if is_of_clouds(resource):
        for item in items:
            for name, own in OF_NO_CLOUD:
                item.setdefault(name, own)
    owners = _Owners(platform, resource, rows)
    for item, row in zip(items, rows, strict=True):
        owners.add_to(item, row)
        item.update(permits(row))
    return items


def selected(item: JsonObject, fields: tuple[str, ...]) -> JsonObject:
    """Only these keys; all of them when none is named."""
    return {name: item[name] for name in fields if name in item} if fields else item


class _Owners:
    """Names of the projects, domains and users that a page's rows belong to: one look-up each."""

    def __init__(self, platform: Platform, resource: Resource[Any], rows: Sequence[Any]) -> None:
        names = field_map(resource.entity)
        ask = platform.directory
        nobody: Mapping[str, Owner] = {}
        projects = ask.projects(_ids(rows, "tenant_id")) if "tenant_id" in names else nobody
        domains = _domains(ask, projects, _ids(rows, "domain_id")) if "domain_id" in names else nobody
        users = ask.users(_ids(rows, "owner_id")) if "owner_id" in names else nobody
        self._parts: tuple[tuple[str, Mapping[str, JsonObject]], ...] = (
            ("tenant_id", {i: {"project": p.name, "tenant": p.name} for i, p in projects.items()}),
            ("domain_id", {i: {"project_domain": d.name, "domain": d.name} for i, d in domains.items()}),
            ("owner_id", {i: {"owner_name": u.name} for i, u in users.items()}),
        )

    def add_to(self, item: JsonObject, row: Any) -> None:
        """Put the names beside the ids."""
        for name, known in self._parts:
            if known and (names := known.get(getattr(row, name))) is not None:
                item.update(names)


def _domains(ask: Directory, projects: Mapping[str, Owner], wanted: list[str]) -> Mapping[str, Owner]:
    """The domains by id; projects have said the names of theirs already."""
    known = {project.domain_id: project for project in projects.values() if project.domain_name}
    found = {
        i: Owner(id=i, name=known[i].domain_name, domain_id=i, domain_name=known[i].domain_name)
        for i in wanted
        if i in known
    }
    return {**found, **ask.domains([i for i in wanted if i not in found])}


def _ids(rows: Sequence[Any], name: str) -> list[str]:
    return list(dict.fromkeys(value for row in rows if (value := getattr(row, name))))


def _completed(resource: Resource[Any], items: list[JsonObject]) -> list[JsonObject]:
    """With what the wire says of every row beside what is stored."""
    constant, external = constants_of(resource), issubclass(resource.entity, External)
    for item in items:
        item.update(constant)
        if "tenant_id" in item:
            item["project_id"] = item["tenant_id"]
        if external:
            item.setdefault("source", "local")
            if "created_at" in item:
                item.setdefault("imported_at", item["created_at"])
    return items


@cache
def constants_of(resource: Resource[Any]) -> JsonMapping:
    """What is the same of every row that is there: none is deleted, and none is emulated unless its type says so."""
    emulated = issubclass(resource.entity, Named) and "is_emulated" not in field_map(resource.entity)
    return {"deleted": False, **({"is_emulated": False} if emulated else {})}


def permits(row: Any) -> JsonMapping:
    """Whether a row may be deleted and changed, and why not."""
    frozen = getattr(row, "freezed", False)
    if frozen or getattr(row, "disable_delete", False) or getattr(row, "protected", False):
        reason = "it is frozen" if frozen else "deletion is switched off (disable_delete)"
        why = {"code": 400, "class": "InvalidStatusError", "details": reason}
        return {"can_delete": False, "delete_fail_reason": why, "can_update": not frozen}
    return {"can_delete": True, "can_update": True}

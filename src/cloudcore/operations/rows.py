"""Rows as a client gets them: own fields, what references show, names from the directory, what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudcore.model.entity import Sharable
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.resource import Resource, field_map
from cloudcore.model.wire import to_wire
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import Rows
from cloudcore.operations.sharing import shown_to
from cloudcore.ports.directory import Directory, Named
from cloudcore.ports.unit_of_work import Transaction


def plain_rows(_platform: Platform, _tx: Transaction, resource: Resource[Any], rows: Sequence[Any]) -> list[JsonObject]:
    """The rows' own fields only."""
    return [_aliased(to_wire(resource, row, detail=False)) for row in rows]


def detail_rows(platform: Platform, tx: Transaction, resource: Resource[Any], rows: Sequence[Any]) -> list[JsonObject]:
    """The rows with all details, in a fixed number of statements."""
    if not rows:
        return []
    items = [to_wire(resource, row) for row in rows]
    for item, extra in zip(items, Rows(tx, platform.types).details(resource, rows), strict=True):
        item.update(extra)
    if resource.details is not None:
        for item, extra in zip(items, resource.details(tx, rows), strict=True):
            item.update(extra)
    if issubclass(resource.entity, Sharable):
        for item, extra in zip(items, shown_to(platform, tx, resource, rows), strict=True):
            item.update(extra)
    owners = _Owners(platform, resource, rows)
    for item, row in zip(items, rows, strict=True):
        owners.add_to(item, row)
        item.update(_permits(row))
        _aliased(item)
    return items


def selected(item: JsonObject, fields: tuple[str, ...]) -> JsonObject:
    """Only these keys; all of them when none is named."""
    return {name: item[name] for name in fields if name in item} if fields else item


class _Owners:
    """Names of the projects, domains and users that a page's rows belong to: one look-up each."""

    def __init__(self, platform: Platform, resource: Resource[Any], rows: Sequence[Any]) -> None:
        names = field_map(resource.entity)
        ask = platform.directory
        nobody: Mapping[str, Named] = {}
        self.projects = ask.projects(_ids(rows, "tenant_id")) if "tenant_id" in names else nobody
        self.domains = self._domains(ask, _ids(rows, "domain_id")) if "domain_id" in names else nobody
        self.users = ask.users(_ids(rows, "owner_id")) if "owner_id" in names else nobody

    def _domains(self, ask: Directory, wanted: list[str]) -> Mapping[str, Named]:
        """The domains by id; projects have said the names of theirs already."""
        known = {project.domain_id: project for project in self.projects.values() if project.domain_name}
        found = {
            i: Named(id=i, name=known[i].domain_name, domain_id=i, domain_name=known[i].domain_name)
            for i in wanted
            if i in known
        }
        return {**found, **ask.domains([i for i in wanted if i not in found])}

    def add_to(self, item: JsonObject, row: Any) -> None:
        """Put the names beside the ids."""
        project = self.projects.get(getattr(row, "tenant_id", ""))
        if project is not None:
            item.update(project=project.name, tenant=project.name)
        domain = self.domains.get(getattr(row, "domain_id", ""))
        if domain is not None:
            item.update(project_domain=domain.name, domain=domain.name)
        user = self.users.get(getattr(row, "owner_id", ""))
        if user is not None:
            item["owner_name"] = user.name


def _ids(rows: Sequence[Any], name: str) -> list[str]:
    return list(dict.fromkeys(value for row in rows if (value := getattr(row, name))))


def _aliased(item: JsonObject) -> JsonObject:
    if "tenant_id" in item:
        item["project_id"] = item["tenant_id"]
    return item


def _permits(row: Any) -> JsonMapping:
    frozen = getattr(row, "freezed", False)
    if frozen or getattr(row, "disable_delete", False) or getattr(row, "protected", False):
        reason = "it is frozen" if frozen else "deletion is switched off (disable_delete)"
        why = {"code": 400, "class": "InvalidStatusError", "details": reason}
        return {"can_delete": False, "delete_fail_reason": why, "can_update": not frozen}
    return {"can_delete": True, "can_update": True}

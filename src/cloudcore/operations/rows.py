"""Rows as a client gets them: own fields, what references show, names from the directory, what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from cloudcore.model.columns import ABSENT, Columns, Parts, parts_of
from cloudcore.model.entity import External, Named, Sharable
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import format_time
from cloudcore.model.resource import Resource, field_map, fields_of
from cloudcore.model.wire import page_to_wire, written_fields
from cloudcore.operations.clouds import OF_NO_CLOUD, is_of_clouds
from cloudcore.operations.permits import put_permits, put_used
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


def plain_columns(resource: Resource[Any], page: Parts[Any]) -> Columns:
    """The rows' own fields only."""
    shown = page_to_wire(resource, page, detail=False)
    _complete(resource, shown)
    return shown


def detail_columns(platform: Platform, tx: Transaction, resource: Resource[Any], page: Parts[Any]) -> Columns:
    """The rows with all details, in a fixed number of statements."""
    shown = page_to_wire(resource, page)
    if not page:
        return shown
    _complete(resource, shown)
    Rows(tx, platform.types).add_to(shown, resource, page)
    if resource.details is not None:
        shown.put_all(resource.details(tx, page))
    if issubclass(resource.entity, Sharable):
        shown.put_rows(shown_to(platform, tx, resource, page))
    if is_of_clouds(resource):
        for key, value in OF_NO_CLOUD:
            shown.fill(key, value)
    _put_owners(platform, resource, page, shown)
    _put_end(platform, page, shown)
    put_permits(resource, shown, page)
    return shown


def detail_rows(
    platform: Platform, tx: Transaction, resource: Resource[Any], rows: Sequence[Any], *, used: bool = False
) -> list[JsonObject]:
    """The same for rows that are whole, or a part of each, row by row. used: say too what keeps them from being deleted."""
    page = parts_of(resource.entity, rows, page_fields(resource, details=True))
    shown = detail_columns(platform, tx, resource, page)
    if used:
        put_used(platform, tx, resource, shown, page)
    return shown.rows()


def selected(item: JsonObject, fields: tuple[str, ...]) -> JsonObject:
    """Only these keys; all of them when none is named."""
    return {name: item[name] for name in fields if name in item} if fields else item


def _put_owners(platform: Platform, resource: Resource[Any], page: Parts[Any], shown: Columns) -> None:
    """The names of the projects, domains and users that the rows belong to: one look-up each."""
    names = field_map(resource.entity)
    ask = platform.directory
    projects: Mapping[str, Owner] = {}
    if "tenant_id" in names:
        idents = page.columns["tenant_id"]
        projects = ask.projects(_different(idents))
        _put_names(shown, ("project", "tenant"), idents, projects)
    if "domain_id" in names:
        idents = page.columns["domain_id"]
        _put_names(shown, ("project_domain", "domain"), idents, _domains(ask, projects, _different(idents)))
    if "owner_id" in names:
        idents = page.columns["owner_id"]
        _put_names(shown, ("owner_name",), idents, ask.users(_different(idents)))


def _put_end(platform: Platform, page: Parts[Any], shown: Columns) -> None:
    """When what is in the recycle bin is deleted for good; not where a deployment has no bin any more."""
    since = page.columns.get("pending_deleted_at", ())
    if platform.settings.recycle_s > 0 and any(since):
        stay = timedelta(seconds=platform.settings.recycle_s)
        ends = [ABSENT if at is None else format_time(at + stay) for at in since]
        shown.put("auto_delete_at", ends, holed=ABSENT in ends)


def _put_names(shown: Columns, keys: Sequence[str], idents: Sequence[Any], known: Mapping[str, Owner]) -> None:
    names = {ident: named.name for ident, named in known.items()}
    for key in keys if names else ():
        shown.put_of(key, idents, names)


def _domains(ask: Directory, projects: Mapping[str, Owner], wanted: list[str]) -> Mapping[str, Owner]:
    """The domains by id; projects have said the names of theirs already."""
    known = {project.domain_id: project for project in projects.values() if project.domain_name}
    found = {
        i: Owner(id=i, name=known[i].domain_name, domain_id=i, domain_name=known[i].domain_name)
        for i in wanted
        if i in known
    }
    return {**found, **ask.domains([i for i in wanted if i not in found])}


def _different(idents: Sequence[Any]) -> list[str]:
    return [ident for ident in dict.fromkeys(idents) if ident]


def _complete(resource: Resource[Any], shown: Columns) -> None:
    """Set what the wire says of every row beside what is stored."""
    for key, value in _constants(resource).items():
        shown.put_same(key, value)
    shown.copy("project_id", "tenant_id")
    if issubclass(resource.entity, External):
        shown.fill("source", "local")
        shown.fill_from("imported_at", "created_at")


@cache
def _constants(resource: Resource[Any]) -> JsonMapping:
    """What is the same of every row that is there: none is deleted, and none is emulated unless its type says so."""
    emulated = issubclass(resource.entity, Named) and "is_emulated" not in field_map(resource.entity)
    return {"deleted": False, **({"is_emulated": False} if emulated else {})}

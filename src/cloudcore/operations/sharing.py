"""Showing a resource to others: to everybody, to domains, or to single projects."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import ProjectOwned, Sharable, UserOwned, evolve
from cloudcore.model.errors import ForbiddenError, InvalidInputError, OutOfRangeError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.reading import read_flag, read_list_of_str, read_str, said
from cloudcore.model.resource import Resource
from cloudcore.operations.access import widest
from cloudcore.operations.platform import Platform
from cloudcore.operations.staying import keep_known
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.infrastructure.sharedresource import SHAREDRESOURCES, Sharedresource

MOST_TARGETS = 200
SCOPES = ("project", "domain", "system")


@attrs.frozen(kw_only=True)
class _Targets:
    """With whom: a scope, and the single projects or domains of it; none for all of the scope."""

    scope: str
    ids: tuple[str, ...] = ()


def share(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], row: Any, body: JsonMapping
) -> None:
    """Show a row to single projects, to domains, or to everybody; what was shared before is replaced.

    Raises:
        InvalidInputError: the scope does not suit the type or the targets.
        ResourceNotFoundError: a target is not there.
        ForbiddenError: the caller may not share that widely.
    """
    granted = widest(platform, caller, resource, "perform", "public")
    everywhere = granted is not None and granted.scope.covers(Scope.SYSTEM)
    wanted = _wanted(platform, row, body, "" if everywhere else caller.scope_domain_id)
    need(platform, caller, resource, "public", _privilege(row, wanted, platform))
    _replace(tx, resource, row, wanted)
    changes = {"is_public": True, "public_scope": wanted.scope, "public_src": "local"}
    tx.of(resource, PLATFORM).save(evolve(row, **changes), action="public")


def share_new(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], row: Any, body: JsonMapping
) -> Any:
    """Show a new row to others where the body that made it says so; the row as it is then.

    `is_public` alone is everybody, as the wire has it. A `public_scope` that leaves it with its owner asks for nothing.

    Raises:
        ForbiddenError: the caller may not share that widely.
    """
    if not issubclass(resource.entity, Sharable) or row.is_public:
        return row
    scope = read_str(said(body, "public_scope"), "public_scope", 16).lower()
    if scope not in ("", "none", *SCOPES):
        raise InvalidInputError(f"public_scope must be one of none, {', '.join(SCOPES)}", field="public_scope")
    if not scope and read_flag(body, "is_public"):
        scope = "system"
    if scope != "system" and not (scope == "domain" and issubclass(resource.entity, ProjectOwned)):
        return row
    share(platform, tx, caller, resource, row, {"scope": scope})
    return tx.of(resource, PLATFORM).get(row.id)


def unshare(platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], row: Any) -> None:
    """Show a row to nobody but its owner."""
    held = {"system": Scope.SYSTEM, "domain": Scope.DOMAIN}.get(row.public_scope, Scope.PROJECT)
    need(platform, caller, resource, "private", held)
    forget(tx, resource, [row.id])
    changes = {"is_public": False, "public_scope": "none", "public_src": "local"}
    tx.of(resource, PLATFORM).save(evolve(row, **changes), action="private")


def forget(tx: Transaction, resource: Resource[Any], idents: Sequence[str]) -> None:
    """Drop with whom rows were shared."""
    repository = tx.of(SHAREDRESOURCES, PLATFORM)
    for shown in repository.find(Query(where=_of(resource, idents))):
        repository.remove(shown)


def shown_to(platform: Platform, tx: Transaction, resource: Resource[Any], rows: Sequence[Any]) -> Sequence[JsonObject]:
    """`shared_projects` and `shared_domains` of each row, with names; one statement and one look-up each."""
    found: list[JsonObject] = [{} for _ in rows]
    some = [r.id for r in rows if r.is_public and r.public_scope in ("project", "domain")]
    if not some:
        return found
    shown = tx.of(SHAREDRESOURCES, PLATFORM).find(Query(where=_of(resource, some)))
    for kind, names in (
        ("project", platform.directory.projects(_ids(shown, "project"))),
        ("domain", platform.directory.domains(_ids(shown, "domain"))),
    ):
        for item, row in zip(found, rows, strict=True):
            mine = [s.target_id for s in shown if s.resource_id == row.id and s.target_type == kind]
            if mine:
                item[f"shared_{kind}s"] = [{"id": i, "name": names[i].name if i in names else ""} for i in mine]
    return found


def targets_by_row(tx: Transaction, resource: Resource[Any], kind: str) -> dict[str, tuple[str, ...]]:
    """Row id → the single projects or domains that it is shared with, of all rows of a type."""
    where = both(eq("resource_type", resource.plural), eq("target_type", kind))
    found: dict[str, tuple[str, ...]] = {}
    for ident, target in tx.of(SHAREDRESOURCES, PLATFORM).columns(("resource_id", "target_id"), Query(where=where)):
        found[ident] = (*found.get(ident, ()), target)
    return found


def need(platform: Platform, caller: Caller, resource: Resource[Any], action: str, scope: Scope) -> None:
    """Refuse a caller who has the action at a narrower scope only.

    Raises:
        ForbiddenError: he has.
    """
    granted = widest(platform, caller, resource, "perform", action)
    if granted is None or not granted.scope.covers(scope):
        raise ForbiddenError(f"{action} to this scope needs {scope} privilege", field="scope")


def _wanted(platform: Platform, row: Any, body: JsonMapping, only: str) -> _Targets:
    projects = read_list_of_str(body.get("shared_project_ids") or body.get("shared_projects"), "shared_project_ids")
    domains = read_list_of_str(body.get("shared_domain_ids") or body.get("shared_domains"), "shared_domain_ids")
    of_project = isinstance(row, ProjectOwned | UserOwned)
    default = "project" if projects else "domain" if domains else "system"
    scope = read_str(body.get("scope") or default, "scope", 16).lower()
    if scope not in SCOPES:
        raise InvalidInputError(f"scope must be one of {', '.join(SCOPES)}", field="scope")
    for name, sent, suits in (("project", projects, "project"), ("domain", domains, "domain")):
        if sent and scope != suits:
            raise InvalidInputError(f"shared_{name}_ids needs scope {suits}", field="scope")
    if max(len(projects), len(domains)) > MOST_TARGETS:
        raise OutOfRangeError(f"at most {MOST_TARGETS} projects or domains", field=f"shared_{scope}_ids")
    if scope == "project" and (not projects or not isinstance(row, ProjectOwned)):
        raise InvalidInputError("sharing with projects needs shared_project_ids", field="shared_project_ids")
    if scope == "domain" and not domains and not of_project:
        raise InvalidInputError("sharing with domains needs shared_domain_ids", field="shared_domain_ids")
    return _Targets(scope=scope, ids=_resolved(platform, scope, [*projects, *domains], only))


def _resolved(platform: Platform, kind: str, idents: Collection[str], only: str) -> tuple[str, ...]:
    """Ids of what is named. only: the domain beyond which the caller sees nothing; empty for none."""
    found: list[str] = []
    for ident in idents:
        ask = platform.directory
        named = ask.find_project(ident, None) if kind == "project" else ask.find_domain(ident)
        if named is None or (only and named.domain_id != only):
            raise ResourceNotFoundError(f"{kind} {ident[:128]} not found", field=f"shared_{kind}_ids")
        found.append(named.id)
    return tuple(dict.fromkeys(found))


def _privilege(row: Any, wanted: _Targets, platform: Platform) -> Scope:
    if wanted.scope == "system":
        return Scope.SYSTEM
    own = getattr(row, "domain_id", "")
    if wanted.scope == "domain":
        return Scope.DOMAIN if all(i == own for i in wanted.ids) else Scope.SYSTEM
    inside = all(p.domain_id == own for p in platform.directory.projects(wanted.ids).values())
    return Scope.DOMAIN if inside else Scope.SYSTEM


def _replace(tx: Transaction, resource: Resource[Any], row: Any, wanted: _Targets) -> None:
    forget(tx, resource, [row.id])
    for ident in wanted.ids:
        keep_known(tx, DOMAINS if wanted.scope == "domain" else PROJECTS, ident)
        shown = Sharedresource(
            id=tx.new_id(),
            resource_type=resource.plural,
            resource_id=row.id,
            target_type=wanted.scope,
            target_id=ident,
        )
        tx.of(SHAREDRESOURCES, PLATFORM).add(shown)


def _of(resource: Resource[Any], idents: Sequence[str]) -> Any:
    return both(one_of("resource_id", idents), eq("resource_type", resource.plural))


def _ids(shown: Sequence[Any], kind: str) -> list[str]:
    return list(dict.fromkeys(s.target_id for s in shown if s.target_type == kind))

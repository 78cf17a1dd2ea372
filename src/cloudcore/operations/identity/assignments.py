"""Who has which role where, as clients list it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from cloudcore.auth.bindings import BoundPolicy, active, policy_names
from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import evolve
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.listing import Listing
from cloudcore.model.query import EVERYTHING, NOTHING, PLATFORM, Exists, Expr, Not, Query, both, either, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations.access import widest
from cloudcore.operations.identity.grants import actors_of, projects_below, system_project
from cloudcore.operations.parameter import flag, number, texts
from cloudcore.operations.platform import Platform
from cloudcore.operations.policies import bound
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.assignment import (
    ASSIGNMENTS,
    BELOW_PROJECT,
    IN_DOMAIN,
    IN_PROJECT,
    IN_SYSTEM,
    INHERITED,
    TYPES,
)
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.group import GROUPS, members_of
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.identity.role import ROLES
from cloudcore.resources.identity.user import USERS

INHERITED_TO = "OS-INHERIT:inherited_to"
_HANDED_ON = (*INHERITED, *BELOW_PROJECT)
_FILTERS: Sequence[tuple[tuple[str, ...], str, Resource[Any], str, tuple[str, ...]]] = (
    (("group", "id"), "groups", GROUPS, "actor_id", ()),
    (("role", "id"), "roles", ROLES, "role_id", ()),
    (("scope", "project", "id"), "projects", PROJECTS, "target_id", (*IN_PROJECT, *BELOW_PROJECT)),
    (("scope", "domain", "id"), "domains", DOMAINS, "target_id", (*IN_DOMAIN, *INHERITED)),
)
"""Where a filter stands in the query, its plural, what it names, the field that holds that, and in which assignments."""


def list_assignments(platform: Platform, tx: Transaction, caller: Caller, params: JsonMapping) -> Listing:
    """Role assignments that the caller may see, filtered by user, group, role, project and domain; ids or names.

    `effective` puts a group's users in its place, `include_policies` adds the policies that each role carries there.
    Accounts of the platform itself are left out unless they are named, `include_system` asks for them, or it is the
    system that is asked about.

    Raises:
        InvalidInputError: a flag or number is none.
    """
    users = _idents(tx, USERS, _wanted(params, ("user", "id"), "users"))
    effective = flag(params, "effective")
    where = both(
        _visible(platform, tx, caller),
        _filters(tx, params, effective=effective),
        _of_users(tx, users, effective=effective),
    )
    if users is None and not flag(params, "include_system") and not _of_system(params):
        where = both(where, Not(Exists("users", "id", "actor_id", eq("is_system_account", True))))
    limit, offset = max(number(params, "limit"), 0), max(number(params, "offset"), 0)
    repository = tx.of(ASSIGNMENTS, PLATFORM)
    rows: Sequence[Any]
    if effective:
        wanted = _idents(tx, PROJECTS, _wanted(params, ("scope", "project", "id"), "projects"))
        everybody = _expanded(tx, repository.find(Query(where=where)), wanted)
        rows = [row for row in everybody if users is None or row.actor_id in users]
        total, rows = len(rows), rows[offset : offset + limit] if limit else rows[offset:]
    else:
        rows = repository.find(Query(where=where, limit=limit or None, offset=offset))
        total = repository.count(where) if limit or offset else len(rows)
    bodies = _bodies(tx, rows)
    if flag(params, "include_policies"):
        _add_policies(platform, tx, bodies)
    return Listing(items=bodies, total=total, limit=limit, offset=offset)


def assignments_of(platform: Platform, tx: Transaction, user_id: str) -> list[JsonObject]:
    """The assignments of one user, also those that he has by his groups, with names and policies.

    Those in projects come first, then those in domains and in the system: clients take the first for where he belongs.
    """
    held = tx.of(ASSIGNMENTS, PLATFORM).find(Query(where=one_of("actor_id", actors_of(tx, user_id))))
    own = [row for row in _expanded(tx, held) if row.actor_id == user_id]
    bodies = _bodies(tx, sorted(own, key=lambda row: TYPES.index(row.type)))
    _add_policies(platform, tx, bodies)
    return bodies


def _visible(platform: Platform, tx: Transaction, caller: Caller) -> Expr:
    """Everything, those in the caller's domain, or the caller's own and those of his groups."""
    granted = widest(platform, caller, PROJECTS, "list")
    if granted is not None and granted.scope.covers(Scope.SYSTEM):
        return EVERYTHING
    own = one_of("actor_id", actors_of(tx, caller.user_id))
    if granted is None or granted.scope is not Scope.DOMAIN:
        return own
    home = caller.scope_domain_id
    return either(own, eq("target_id", home), Exists("projects", "id", "target_id", eq("domain_id", home)))


def _filters(tx: Transaction, params: JsonMapping, *, effective: bool) -> Expr:
    parts: list[Expr] = []
    for path, plural, resource, field, types in _FILTERS:
        idents = _idents(tx, resource, _wanted(params, path, plural))
        if idents is not None:
            own = tuple(kind for kind in types if kind not in _HANDED_ON) if effective else types
            part = both(one_of(field, idents), one_of("type", own) if own else EVERYTHING)
            parts.append(either(part, _above("id", idents)) if effective and resource is PROJECTS else part)
    domains = _idents(tx, DOMAINS, texts(params.get("project_domain_id")) or texts(params.get("project_domains")))
    if domains is not None:
        inside = Exists("projects", "id", "target_id", one_of("domain_id", domains))
        parts.append(either(inside, _above("domain_id", domains)) if effective else inside)
    scope = cast("JsonObject", params["scope"]) if isinstance(params.get("scope"), dict) else {}
    if _of_system(params):
        parts.append(one_of("type", IN_SYSTEM))
    if scope.get(INHERITED_TO):
        parts.append(one_of("type", _HANDED_ON) if scope[INHERITED_TO] == "projects" else NOTHING)
    return both(*parts)


def _of_system(params: JsonMapping) -> bool:
    scope = params.get("scope")
    return isinstance(scope, dict) and bool(cast("JsonObject", scope).get("system"))


def _above(field: str, idents: Sequence[str]) -> Expr:
    """Assignments that projects inherit: those with such an id or domain."""
    below = Exists("projects", "domain_id", "target_id", one_of(field, idents))
    return both(one_of("type", INHERITED), below)


def _of_users(tx: Transaction, users: Sequence[str] | None, *, effective: bool) -> Expr:
    if users is None:
        return EVERYTHING
    return one_of("actor_id", [actor for user in users for actor in actors_of(tx, user)] if effective else users)


def _wanted(params: JsonMapping, path: tuple[str, ...], plural: str) -> list[str]:
    value: Any = params
    for name in path:
        value = cast("JsonObject", value).get(name) if isinstance(value, dict) else None
    return texts(value) or texts(params.get(plural)) or texts(params.get(".".join(path)))


def _idents(tx: Transaction, resource: Resource[Any], sent: Sequence[str]) -> list[str] | None:
    """Ids of what is named by id or name; None where nothing was asked for."""
    wanted = [text for text in sent if text]
    if not wanted:
        return None
    where = either(one_of("id", wanted), one_of("name", wanted))
    return [row[0] for row in tx.of(resource, PLATFORM).columns(("id",), Query(where=where))]


def _expanded(tx: Transaction, rows: Sequence[Any], wanted: Sequence[str] | None = None) -> list[Any]:
    """The assignments of users, and in place of those of groups one for each user who is in it; each once.

    In place of those that projects inherit there is one for each project; with `wanted` for these alone. Below a project
    there are none.
    """
    found: dict[tuple[str, ...], Any] = {}
    for row in _inherited_below(tx, rows, wanted):
        kind = row.type.replace("Group", "User")
        for user in [row.actor_id] if row.type == kind else members_of(tx, row.actor_id):
            found.setdefault((user, row.target_id, row.role_id), evolve(row, type=kind, actor_id=user))
    return list(found.values())


def _inherited_below(tx: Transaction, rows: Sequence[Any], wanted: Sequence[str] | None) -> list[Any]:
    below = projects_below(tx, [row.target_id for row in rows if row.type in INHERITED])
    found: list[Any] = []
    for row in rows:
        if row.type in BELOW_PROJECT:
            continue
        if row.type not in INHERITED:
            found.append(row)
            continue
        kind = row.type.replace("DomainInherited", "Project")
        there = [ident for ident in below.get(row.target_id, ()) if wanted is None or ident in wanted]
        found += [evolve(row, type=kind, target_id=ident) for ident in there]
    return found


def _add_policies(platform: Platform, tx: Transaction, bodies: Sequence[JsonObject]) -> None:
    """Add the names of the policies that each role carries where it is given, from any address."""
    roles = list(dict.fromkeys(str(body["role"]["id"]) for body in bodies))
    bindings = [bound(b) for b in platform.directory.bindings(roles)] if roles else []
    project_of_system = system_project(tx) if any("system" in body["scope"] for body in bodies) else None
    system = "" if project_of_system is None else str(project_of_system.id)
    for body in bodies:
        scope = body["scope"]
        project = system if "system" in scope else str(scope.get("project", {}).get("id", ""))
        body["policies"] = policy_names(_carried(platform, bindings, str(body["role"]["id"]), project))


def _carried(
    platform: Platform, bindings: Sequence[BoundPolicy], role_id: str, project_id: str
) -> Sequence[BoundPolicy]:
    now = platform.clock.now()
    held = active(bindings, role_ids=(role_id,), project_id=project_id, ip="", now=now)
    return [one for one in held if one.role_id]


def _bodies(tx: Transaction, rows: Sequence[Any]) -> list[JsonObject]:
    """The assignments with names; those of which a side is gone are left out."""
    users = _rows(tx, USERS, [r.actor_id for r in rows if r.type.startswith("User")])
    groups = _rows(tx, GROUPS, [r.actor_id for r in rows if r.type.startswith("Group")])
    roles = _rows(tx, ROLES, [r.role_id for r in rows])
    projects = _rows(tx, PROJECTS, [r.target_id for r in rows if r.type in (*IN_PROJECT, *BELOW_PROJECT)])
    owned = (*users.values(), *groups.values(), *projects.values(), *roles.values())
    targets = [r.target_id for r in rows if r.type in (*IN_DOMAIN, *INHERITED)]
    domains = _rows(tx, DOMAINS, list(dict.fromkeys([*targets, *(row.domain_id for row in owned)])))

    def named(row: Any) -> JsonObject:
        domain = domains.get(row.domain_id)
        return {"id": row.id, "name": row.name, "domain": {"id": row.domain_id, "name": domain.name if domain else ""}}

    bodies: list[JsonObject] = []
    for row in rows:
        actor, role = users.get(row.actor_id) or groups.get(row.actor_id), roles.get(row.role_id)
        project, domain = projects.get(row.target_id), domains.get(row.target_id)
        if actor is None or role is None or (project is None and domain is None and row.type not in IN_SYSTEM):
            continue
        kind = "user" if row.type.startswith("User") else "group"
        scope: JsonObject = {"domain": {"id": domain.id, "name": domain.name}} if domain else {}
        if project is not None:
            scope = {"project": named(project)}
        if row.type in IN_SYSTEM:
            scope = {"system": {"all": True}}
        if row.type in _HANDED_ON:
            scope[INHERITED_TO] = "projects"
        bodies.append({"scope": scope, kind: named(actor), "role": named(role)})
    return bodies


def _rows(tx: Transaction, resource: Resource[Any], idents: Sequence[str]) -> Mapping[str, Any]:
    return {row.id: row for row in tx.of(resource, PLATFORM).find(Query(where=one_of("id", idents)))} if idents else {}

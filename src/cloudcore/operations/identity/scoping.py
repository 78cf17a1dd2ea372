"""The scope of a login: where it leads, and which roles somebody has there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.request import ScopeRef
from cloudcore.auth.tokens import TokenScope
from cloudcore.model.errors import UnauthorizedError
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.operations.identity.directory import find_domain
from cloudcore.operations.identity.grants import actors_of, system_project
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.assignment import ASSIGNMENTS, IN_DOMAIN, IN_SYSTEM, SYSTEM, held_in
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.identity.role import ROLES


@attrs.frozen(kw_only=True)
class Scoped:
    """Where a token leads. ident: of the project or domain, of the system its project; domain_id: the project's, or the
    domain itself.
    """

    kind: TokenScope
    ident: str = ""
    domain_id: str = ""
    role_ids: tuple[str, ...] = ()


def scope_of(tx: Transaction, user: Any, wanted: ScopeRef, *, to_default: bool = False) -> Scoped:
    """The scope that a user asked for, with his roles in it.

    to_default: no scope leads to the user's default project, if he has a role there.

    Raises:
        UnauthorizedError: he has no role there.
    """
    if wanted.system:
        return _system_scope(tx, user)
    if wanted.project_id or wanted.project_name:
        return _project_scope(tx, user, wanted)
    if wanted.domain_id or wanted.domain_name:
        return _domain_scope(tx, user, wanted)
    if to_default and user.default_project_id:
        try:
            return _project_scope(tx, user, ScopeRef(project_id=user.default_project_id))
        except UnauthorizedError:
            return Scoped(kind=TokenScope.UNSCOPED)
    return Scoped(kind=TokenScope.UNSCOPED)


def _project_scope(tx: Transaction, user: Any, wanted: ScopeRef) -> Scoped:
    where = eq("id", wanted.project_id) if wanted.project_id else eq("name", wanted.project_name)
    domain = wanted.domain_id or wanted.domain_name
    if domain and not wanted.project_id:
        owner = find_domain(tx, domain)
        where = both(where, eq("domain_id", owner.id if owner is not None else ""))
    candidates = tx.of(PROJECTS, PLATFORM).find(Query(where=where, limit=20))
    held = [(project, roles) for project in candidates if (roles := roles_in(tx, user.id, project.id, "project"))]
    if len(held) != 1 or not held[0][0].enabled or not _in_force(tx, held[0][0].domain_id):
        # Whether the project exists is none of the business of somebody without a role in it.
        raise UnauthorizedError("the user has no role in this project", field="auth.scope.project")
    project, roles = held[0]
    return Scoped(kind=TokenScope.PROJECT, ident=project.id, domain_id=project.domain_id, role_ids=roles)


def _in_force(tx: Transaction, domain_id: str) -> bool:
    domain = tx.of(DOMAINS, PLATFORM).get(domain_id)
    return domain is not None and domain.enabled


def _domain_scope(tx: Transaction, user: Any, wanted: ScopeRef) -> Scoped:
    domain = find_domain(tx, wanted.domain_id or wanted.domain_name)
    stored = tx.of(DOMAINS, PLATFORM).get(domain.id) if domain is not None else None
    roles = roles_in(tx, user.id, stored.id, "domain") if stored is not None else ()
    if stored is None or not roles or not stored.enabled:
        raise UnauthorizedError("the user has no role in this domain", field="auth.scope.domain")
    return Scoped(kind=TokenScope.DOMAIN, ident=stored.id, domain_id=stored.id, role_ids=roles)


def _system_scope(tx: Transaction, user: Any) -> Scoped:
    project = system_project(tx)
    roles = roles_in(tx, user.id, SYSTEM, "system")
    if project is None or not project.enabled or not roles:
        raise UnauthorizedError("the user has no role in the system", field="auth.scope.system")
    return Scoped(kind=TokenScope.SYSTEM, ident=project.id, role_ids=roles)


def roles_in(tx: Transaction, user_id: str, target_id: str, kind: str) -> tuple[str, ...]:
    """Ids of the roles that a user has in a project, a domain or the system, himself or by a group, in a stable order."""
    in_domain = both(eq("target_id", target_id), one_of("type", IN_DOMAIN))
    there = {"project": held_in(target_id), "domain": in_domain, "system": one_of("type", IN_SYSTEM)}[kind]
    where = both(one_of("actor_id", actors_of(tx, user_id)), there)
    return tuple(dict.fromkeys(sorted(a.role_id for a in tx.of(ASSIGNMENTS, PLATFORM).find(Query(where=where)))))


def roles_of(tx: Transaction, idents: Sequence[str]) -> list[Any]:
    """The roles with these ids."""
    return list(tx.of(ROLES, PLATFORM).find(Query(where=one_of("id", idents)))) if idents else []

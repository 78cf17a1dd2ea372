"""Roles of users and groups in projects, in domains and in the system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from cloudcore.auth.bindings import BoundPolicy
from cloudcore.auth.caller import Caller, require_known
from cloudcore.auth.containment import first_excess
from cloudcore.auth.defaults import bootstrap_bindings
from cloudcore.auth.revocation import Watermark
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import ForbiddenError, InvalidInputError
from cloudcore.model.query import PLATFORM, Expr, Query, both, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations.access import fetch, reach, widest
from cloudcore.operations.identity.revocations import revoke
from cloudcore.operations.platform import Platform
from cloudcore.operations.policies import bound
from cloudcore.operations.staying import keep_known
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.assignment import (
    ASSIGNMENTS,
    BELOW_PROJECT,
    IN_PROJECT,
    IN_SYSTEM,
    INHERITED,
    SYSTEM,
    Assignment,
)
from cloudcore.resources.identity.domain import DEFAULT_DOMAIN, DOMAINS
from cloudcore.resources.identity.group import GROUPS, groups_of, members_of
from cloudcore.resources.identity.project import PROJECTS, SYSTEM_PROJECT
from cloudcore.resources.identity.role import ROLES
from cloudcore.resources.identity.user import USERS

ANYWHERE = "*"
"""In place of a project's id: in every project."""
Named: TypeAlias = tuple[str, str]
"""The plural of a type, and an id or name of it."""
THE_SYSTEM: Named = (SYSTEM, "all")
"""The whole system as a place."""


def grant(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    place: Named,
    actor: Named,
    role: str,
    *,
    inherited: bool = False,
) -> None:
    """Give a user or group a role in a project, a domain or the system; giving it twice changes nothing.

    place: projects or domains with an id or name, or `THE_SYSTEM`; actor: users or groups with an id or name.
    inherited: in all projects below the domain or project that `place` names, instead of in itself.

    Raises:
        ForbiddenError: the role can do more than the caller.
    """
    given = _given(platform, tx, caller, place, actor, role, inherited=inherited)
    check_not_stronger(platform, tx, caller, given)
    if not tx.of(ASSIGNMENTS, PLATFORM).find(Query(where=_like(given), limit=1)):
        if place[0] != SYSTEM:
            keep_known(tx, PLACES[place[0]], given.target_id)
        keep_known(tx, ACTORS[actor[0]], given.actor_id)
        tx.of(ASSIGNMENTS, PLATFORM).add(given, action="grant")


def ungrant(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    place: Named,
    actor: Named,
    role: str,
    *,
    inherited: bool = False,
) -> None:
    """Take such a role away; tokens of the users who had it are void from now on. Parameters as for `grant`."""
    given = _given(platform, tx, caller, place, actor, role, inherited=inherited)
    for row in tx.of(ASSIGNMENTS, PLATFORM).find(Query(where=_like(given))):
        tx.of(ASSIGNMENTS, PLATFORM).remove(row, action="revoke")
        for user in [row.actor_id] if actor[0] == "users" else members_of(tx, row.actor_id):
            revoke(tx, Watermark.USER, user)


MEMBERS_OF_THE_SYSTEM = ("identity", "system", "perform", "join")
"""What whoever gives roles in the system must be allowed, at scope system."""
PLACES: Mapping[str, Resource[Any]] = {"projects": PROJECTS, "domains": DOMAINS}
ACTORS: Mapping[str, Resource[Any]] = {"users": USERS, "groups": GROUPS}


def actors_of(tx: Transaction, user_id: str) -> list[str]:
    """Whose roles a user has: his own and those of his groups."""
    return [user_id, *groups_of(tx, user_id)]


def targets_of(tx: Transaction, user_id: str, kinds: Sequence[str]) -> list[str]:
    """Ids of the projects or domains in which a user has a role, himself or by a group; `kinds` of assignments."""
    where = both(one_of("actor_id", actors_of(tx, user_id)), one_of("type", kinds))
    found = [a.target_id for a in tx.of(ASSIGNMENTS, PLATFORM).find(Query(where=where))]
    if IN_PROJECT[0] in kinds:
        found += [project for project, _ in _inherited(tx, user_id)]
    return list(dict.fromkeys(found))


def roles_by_project(tx: Transaction, user_id: str) -> list[tuple[str, str]]:
    """(project id, role id) of each role that a user has in a project, himself or by a group."""
    where = both(one_of("actor_id", actors_of(tx, user_id)), one_of("type", IN_PROJECT))
    direct = [(row.target_id, row.role_id) for row in tx.of(ASSIGNMENTS, PLATFORM).find(Query(where=where))]
    return [*direct, *_inherited(tx, user_id)]


def _inherited(tx: Transaction, user_id: str) -> list[tuple[str, str]]:
    """(project id, role id) of each role that a user inherits from domains."""
    where = both(one_of("actor_id", actors_of(tx, user_id)), one_of("type", INHERITED))
    rows = tx.of(ASSIGNMENTS, PLATFORM).find(Query(where=where))
    below = projects_below(tx, [row.target_id for row in rows])
    return [(project, row.role_id) for row in rows for project in below.get(row.target_id, ())]


def projects_below(tx: Transaction, domains: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """By domain, the ids of its projects."""
    found: dict[str, list[str]] = {}
    if domains:
        query = Query(where=one_of("domain_id", list(dict.fromkeys(domains))))
        for ident, home in tx.of(PROJECTS, PLATFORM).columns(("id", "domain_id"), query):
            found.setdefault(home, []).append(ident)
    return found


def system_project(tx: Transaction) -> Any:
    """The project in which roles carry what they carry in the system; None where it is gone."""
    where = both(eq("name", SYSTEM_PROJECT), eq("domain_id", DEFAULT_DOMAIN))
    return next(iter(tx.of(PROJECTS, PLATFORM).find(Query(where=where, limit=1))), None)


def _given(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    place: Named,
    actor: Named,
    role: str,
    *,
    inherited: bool,
) -> Assignment:
    """The assignment that is meant, if the caller may give and take such ones."""
    target = _system(platform, caller) if place[0] == SYSTEM else _target(platform, tx, caller, place)
    if inherited and place[0] == SYSTEM:
        raise InvalidInputError("a role in the system is not inherited", field="inherited")
    held_by = fetch(platform, tx, caller, ACTORS[actor[0]], actor[1])
    kind = f"{ACTORS[actor[0]].singular.capitalize()}{place[0].removesuffix('s').capitalize()}"
    return Assignment(
        id=tx.new_id(),
        type=f"{kind}Inherited" if inherited else kind,
        actor_id=held_by.id,
        target_id=target,
        role_id=fetch(platform, tx, caller, ROLES, role).id,
    )


def _target(platform: Platform, tx: Transaction, caller: Caller, place: Named) -> str:
    where = PLACES[place[0]]
    reach(platform, caller, where, "perform", "join")
    target = fetch(platform, tx, caller, where, place[1])
    granted = widest(platform, caller, where, "perform", "join")
    if granted is None or tx.of(where, granted.where).get(target.id) is None:
        raise ForbiddenError(f"not enough privilege to change the members of this {where.singular}")
    return str(target.id)


def _system(platform: Platform, caller: Caller) -> str:
    """Roles in the system are given by whoever may do that everywhere, without a limit to certain tags."""
    require_known(caller)
    if not caller.is_platform:
        decision = platform.policies.policy_set(caller).allowed(Scope.SYSTEM, *MEMBERS_OF_THE_SYSTEM)
        if not decision.allowed or decision.limits:
            raise ForbiddenError(f"not enough privilege to do {' '.join(MEMBERS_OF_THE_SYSTEM)}")
    return SYSTEM


def _place_of(tx: Transaction, row: Any) -> str:
    """Where an assignment is in force, as far as policies are bound to projects."""
    if row.type in IN_SYSTEM:
        project = system_project(tx)
        return project.id if project is not None else ""
    return ANYWHERE if row.type in (*INHERITED, *BELOW_PROJECT) else str(row.target_id)


def check_not_stronger(platform: Platform, tx: Transaction, caller: Caller, given: Any) -> None:
    """Refuse to hand out an assignment whose role allows, there, more than the caller may do himself.

    Raises:
        ForbiddenError: it does.
    """
    check_contained(platform, caller, policies_carried(platform, given.role_id, _place_of(tx, given)))


def check_user_not_stronger(platform: Platform, tx: Transaction, caller: Caller, user_id: str) -> None:
    """Refuse to make what logs in as a user who may do more than the caller, by his roles or his groups'.

    Whoever may make users manages accounts without having their rights: for him it is enough that they reach no further.

    Raises:
        ForbiddenError: he may.
    """
    making = widest(platform, caller, USERS, "create")
    manages = making is not None and making.scope.covers(Scope.DOMAIN)
    for row in tx.of(ASSIGNMENTS, PLATFORM).find(Query(where=one_of("actor_id", actors_of(tx, user_id)))):
        carried = policies_carried(platform, row.role_id, _place_of(tx, row))
        if manages:
            _check_reach(platform, caller, [policy.scope for policy in carried])
        else:
            check_contained(platform, caller, carried)


def check_user_not_wider(platform: Platform, tx: Transaction, caller: Caller, user_id: str) -> None:
    """Refuse to make what logs in as a user whose roles, or those of his groups, allow anything that the caller may not do.

    Raises:
        ForbiddenError: they do.
    """
    for row in tx.of(ASSIGNMENTS, PLATFORM).find(Query(where=one_of("actor_id", actors_of(tx, user_id)))):
        check_contained(platform, caller, policies_carried(platform, row.role_id, _place_of(tx, row)))


def check_contained(platform: Platform, caller: Caller, policies: Sequence[BoundPolicy]) -> None:
    """Refuse to hand out policies that allow more than the caller may do himself.

    The first administrator hands out everything: without him a deployment that lost its policies would stay without.

    Raises:
        ForbiddenError: one does; says what.
    """
    if caller.is_platform or bootstrap_bindings(caller):
        return
    mine = platform.policies.policy_set(caller)
    for policy in policies:
        excess = first_excess(mine, policy)
        if excess is not None:
            raise ForbiddenError(
                f"policy {policy.name} can do more than you can: {excess} at {policy.scope} scope", field="role"
            )


def _check_reach(platform: Platform, caller: Caller, scopes: Sequence[Scope]) -> None:
    reached = None if caller.is_platform else platform.policies.policy_set(caller).reach
    if not caller.is_platform and any(reached is None or not reached.covers(scope) for scope in scopes):
        raise ForbiddenError("the user can do more than you can", field="role")


def policies_carried(platform: Platform, role_id: str, project_id: str) -> list[BoundPolicy]:
    """The policies of one role in one project, wherever from and whenever they hold."""
    return [
        bound(b)
        for b in platform.directory.bindings([role_id])
        if b.role_id and (project_id == ANYWHERE or b.project_id in ("", project_id))
    ]


def _like(given: Assignment) -> Expr:
    return both(*(eq(name, getattr(given, name)) for name in ("type", "actor_id", "target_id", "role_id")))

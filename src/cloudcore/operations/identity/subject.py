"""Somebody whose rights are asked about: the caller himself, another user somewhere, or whoever has certain roles."""

from __future__ import annotations

from typing import Any

import attrs

from cloudcore.auth.caller import GUEST, Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import ForbiddenError
from cloudcore.model.json import JsonMapping
from cloudcore.model.reading import read_flag, read_list_of_str, read_str, said
from cloudcore.operations.access import fetch
from cloudcore.operations.identity.grants import system_project
from cloudcore.operations.identity.scoping import roles_in, roles_of
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.assignment import SYSTEM
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.identity.role import ROLES
from cloudcore.resources.identity.user import USERS

MOST_ROLES = 64


def subject_of(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> Caller:
    """Who is asked about: `user` (in `project`, in `domain`, in the `system`, or nowhere), or whoever has `roles` there.

    Without either the caller as he is. `login_ip` is the address that he would come from.

    Raises:
        ResourceNotFoundError: one of them is not there, or not for the caller.
        ForbiddenError: he may not ask about others.
    """
    ip = read_str(said(body, "login_ip", "ip"), "login_ip", 64)
    user, roles = _text(body, "user"), _texts(body, "roles", "role", "role_id")
    project, domain = _text(body, "project"), _text(body, "domain")
    wide = read_flag(body, "system") and not (project or domain)
    if not (user or roles or project or domain or wide):
        return attrs.evolve(caller, client_ip=ip or caller.client_ip)
    found: Any = fetch(platform, tx, caller, USERS, user) if user else None
    wanted = [fetch(platform, tx, caller, ROLES, ident) for ident in roles]
    place: Any = fetch(platform, tx, caller, PROJECTS, project) if project else None
    home: Any = fetch(platform, tx, caller, DOMAINS, domain) if domain and not project else None
    of_system = system_project(tx) if wide else None
    _may_ask(platform, caller, [row.domain_id for row in (found, place) if row is not None], wide=wide)
    if not roles:
        who = found.id if found is not None else caller.user_id
        wanted = roles_of(tx, _held(tx, who, place, home, wide=wide))
    return Caller(
        user_id=found.id if found is not None else caller.user_id,
        user_name=found.name if found is not None else caller.user_name,
        user_domain_id=found.domain_id if found is not None else caller.user_domain_id,
        project_id=place.id if place is not None else "",
        project_name=place.name if place is not None else "",
        project_domain_id=place.domain_id if place is not None else "",
        domain_id=home.id if home is not None else "",
        domain_name=home.name if home is not None else "",
        system_id=of_system.id if of_system is not None else "",
        roles=tuple(role.name for role in wanted),
        role_ids=tuple(role.id for role in wanted),
        client_ip=ip,
    )


def guest_from(body: JsonMapping) -> Caller:
    """Somebody who has not logged in, from an address."""
    return attrs.evolve(GUEST, client_ip=read_str(said(body, "login_ip"), "login_ip", 64))


def _held(tx: Transaction, user_id: str, place: Any, home: Any, *, wide: bool) -> tuple[str, ...]:
    if place is not None:
        return roles_in(tx, user_id, place.id, "project")
    if home is not None:
        return roles_in(tx, user_id, home.id, "domain")
    return roles_in(tx, user_id, SYSTEM, "system") if wide else ()


def _may_ask(platform: Platform, caller: Caller, domains: list[str], *, wide: bool) -> None:
    """Whoever may check policies everywhere asks about all, in a domain about those in it."""
    if caller.is_platform:
        return
    decision = platform.policies.policy_set(caller).allowed(
        Scope.DOMAIN, "identity", "tokens", "perform", "check_policies"
    )
    inside = not wide and bool(caller.scope_domain_id) and all(domain == caller.scope_domain_id for domain in domains)
    if not decision.allowed or not (decision.scope is Scope.SYSTEM or inside):
        raise ForbiddenError("not enough privilege to do identity tokens perform check_policies")


def _text(body: JsonMapping, name: str) -> str:
    return read_str(said(body, name, f"{name}_id"), name, 128)


def _texts(body: JsonMapping, *names: str) -> list[str]:
    for name in names:
        if body.get(name):
            sent = body[name]
            return read_list_of_str([sent] if isinstance(sent, str) else sent, name, max_items=MOST_ROLES)
    return []

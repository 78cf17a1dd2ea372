"""Joining and leaving: users in groups, users and groups in projects, policies on roles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from cloudcore.auth.bindings import parse_networks
from cloudcore.auth.caller import Caller
from cloudcore.auth.revocation import Watermark
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidInputError, MissingParameterError, OutOfRangeError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.reading import read_flag, read_list_of_str, read_str, read_time
from cloudcore.operations.access import fetch, fetch_for
from cloudcore.operations.generic import delete_row
from cloudcore.operations.identity.grants import (
    THE_SYSTEM,
    Named,
    check_contained,
    check_not_stronger,
    grant,
    ungrant,
)
from cloudcore.operations.identity.policies import unbound
from cloudcore.operations.identity.revocations import revoke
from cloudcore.operations.platform import Platform
from cloudcore.operations.staying import keep_known, steady
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.assignment import ASSIGNMENTS
from cloudcore.resources.identity.group import GROUPS, MEMBERSHIPS, Membership, members_of
from cloudcore.resources.identity.policy import POLICIES
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.identity.role import ROLES
from cloudcore.resources.identity.rolepolicy import ROLEPOLICIES, RolePolicy
from cloudcore.resources.identity.user import USERS

MOST = 200
MOST_POLICIES = 64
Kind = Literal["users", "groups"]


def add_users(platform: Platform, tx: Transaction, caller: Caller, group: Any, body: JsonMapping) -> None:
    """Put users into a group.

    Raises:
        ForbiddenError: the group has a role that can do more than the caller.
    """
    users = [fetch(platform, tx, caller, USERS, ident).id for ident in _texts(body, "user_ids", "users")]
    _check_roles(platform, tx, caller, group.id)
    repository = tx.of(MEMBERSHIPS, PLATFORM)
    held = {row[0] for row in repository.columns(("user_id",), Query(where=eq("group_id", group.id)))}
    for user in dict.fromkeys(users):
        if user not in held:
            repository.add(Membership(id=tx.new_id(), group_id=group.id, user_id=user))


def remove_users(platform: Platform, tx: Transaction, caller: Caller, group: Any, body: JsonMapping) -> None:
    """Take users out of a group; their tokens are void, for the group's roles may be among theirs."""
    users = [fetch(platform, tx, caller, USERS, ident).id for ident in _texts(body, "user_ids", "users")]
    repository = tx.of(MEMBERSHIPS, PLATFORM)
    for row in repository.find(Query(where=both(eq("group_id", group.id), one_of("user_id", users)))):
        repository.remove(row)
        revoke(tx, Watermark.USER, row.user_id)


def delete_group(platform: Platform, tx: Transaction, caller: Caller, ident: str, _options: JsonMapping) -> JsonObject:
    """Delete a group with its roles and memberships; the tokens of its members are void."""
    group = fetch(platform, tx, caller, GROUPS, ident)
    members = members_of(tx, group.id)
    answer = delete_row(platform, tx, caller, GROUPS, group.id)
    for user in members:
        revoke(tx, Watermark.USER, user)
    return answer


def _check_roles(platform: Platform, tx: Transaction, caller: Caller, group_id: str) -> None:
    for row in tx.of(ASSIGNMENTS, PLATFORM).find(Query(where=eq("actor_id", group_id))):
        check_not_stronger(platform, tx, caller, row)


def join(kind: Kind, platform: Platform, tx: Transaction, caller: Caller, actor: Any, body: JsonMapping) -> None:
    """Give a user or group each of the roles in each of the projects."""
    for project in _texts(body, "projects"):
        for role in _texts(body, "roles"):
            grant(platform, tx, caller, ("projects", project), (kind, actor.id), role)


def leave(kind: Kind, platform: Platform, tx: Transaction, caller: Caller, actor: Any, body: JsonMapping) -> None:
    """Take roles in projects from a user or group."""
    for pair in _pairs(body, "project_roles", "project"):
        ungrant(platform, tx, caller, ("projects", pair[0]), (kind, actor.id), pair[1])


def grant_role(kind: Kind, platform: Platform, tx: Transaction, caller: Caller, actor: Any, body: JsonMapping) -> None:
    """Give a user or group one role in a project, a domain or the system, or in all projects below one of the former.

    Raises:
        InvalidInputError: not exactly one place is named.
        ForbiddenError: the role can do more there than the caller, or he may not give roles there.
    """
    place, inherited = _place(body)
    grant(platform, tx, caller, place, (kind, actor.id), _text(body, "role"), inherited=inherited)


def withdraw_role(
    kind: Kind, platform: Platform, tx: Transaction, caller: Caller, actor: Any, body: JsonMapping
) -> None:
    """Take such a role away."""
    place, inherited = _place(body)
    ungrant(platform, tx, caller, place, (kind, actor.id), _text(body, "role"), inherited=inherited)


def _place(body: JsonMapping) -> tuple[Named, bool]:
    named: list[Named] = [
        (f"{kind}s", read_str(body.get(kind) or body[f"{kind}_id"], kind, 128))
        for kind in ("project", "domain")
        if body.get(kind) or body.get(f"{kind}_id")
    ]
    if read_flag(body, "system"):
        named.append(THE_SYSTEM)
    if len(named) != 1:
        raise InvalidInputError("name one place: a project, a domain or the system", field="project")
    return named[0], read_flag(body, "inherited")


def project_join(platform: Platform, tx: Transaction, caller: Caller, project: Any, body: JsonMapping) -> None:
    """Give users and groups each of the roles in a project."""
    roles = _texts(body, "roles")
    kinds: tuple[Kind, ...] = ("users", "groups")
    if not any(body.get(kind) for kind in kinds):
        raise MissingParameterError("users or groups is missing", field="users")
    for kind in kinds:
        for actor in _texts(body, kind) if body.get(kind) else ():
            for role in roles:
                grant(platform, tx, caller, ("projects", project.id), (kind, actor), role)


def project_leave(platform: Platform, tx: Transaction, caller: Caller, project: Any, body: JsonMapping) -> None:
    """Take roles in a project from users and groups."""
    for name, key, kind in (("user_roles", "user", "users"), ("group_roles", "group", "groups")):
        for actor, role in _pairs(body, name, key) if body.get(name) else ():
            ungrant(platform, tx, caller, ("projects", project.id), (kind, actor), role)


def set_admin(platform: Platform, tx: Transaction, caller: Caller, project: Any, body: JsonMapping) -> None:
    """Say who is in charge of a project."""
    user = fetch(platform, tx, caller, USERS, _text(body, "user_id"))
    tx.of(PROJECTS, PLATFORM).save(evolve(project, admin_id=user.id), action="set-admin")


def add_policy(platform: Platform, tx: Transaction, caller: Caller, role: Any, body: JsonMapping) -> None:
    """Let a role carry a policy.

    Raises:
        ForbiddenError: the policy reaches further than the caller.
    """
    _bind(platform, tx, caller, role.id, body)


def remove_policy(platform: Platform, tx: Transaction, caller: Caller, role: Any, body: JsonMapping) -> None:
    """Take a policy from a role.

    Raises:
        ResourceNotFoundError: the role does not carry it.
    """
    policy = fetch(platform, tx, caller, POLICIES, _text(body, "policy_id"))
    where = both(
        eq("role_id", role.id), eq("policy_id", policy.id), eq("project_id", _project(platform, tx, caller, body))
    )
    found = tx.of(ROLEPOLICIES, PLATFORM).find(Query(where=where))
    if not found:
        raise ResourceNotFoundError(f"the role does not carry policy {policy.name}", field="policy_id")
    for row in found:
        tx.of(ROLEPOLICIES, PLATFORM).remove(row)


def set_policies(platform: Platform, tx: Transaction, caller: Caller, role: Any, body: JsonMapping) -> None:
    """Say which policies a role carries: all of them (`replace`), or some more (`update`)."""
    action = read_str(body.get("action") or "update", "action", 16)
    if action not in ("replace", "update"):
        raise InvalidInputError("action must be replace or update", field="action")
    wanted = _objects(body, "policies")
    if len(wanted) > MOST_POLICIES:
        raise OutOfRangeError(f"a role carries at most {MOST_POLICIES} policies", field="policies")
    if action == "replace":
        for row in tx.of(ROLEPOLICIES, PLATFORM).find(Query(where=eq("role_id", role.id))):
            tx.of(ROLEPOLICIES, PLATFORM).remove(row)
    for one in wanted:
        _bind(platform, tx, caller, role.id, one)


def bind_role(platform: Platform, tx: Transaction, caller: Caller, policy: Any, body: JsonMapping) -> None:
    """Let a role carry a policy, said of the policy."""
    role = fetch_for(platform, tx, caller, ROLES, _text(body, "role_id"), "perform", "add-policy")
    _bind(platform, tx, caller, role.id, {**body, "policy_id": policy.id})


def _bind(platform: Platform, tx: Transaction, caller: Caller, role_id: str, body: JsonMapping) -> None:
    policy = fetch(platform, tx, caller, POLICIES, _text(body, "policy_id"))
    check_contained(platform, caller, [unbound(policy)])
    ips = read_list_of_str(body.get("ips"), "ips", max_items=64)
    parse_networks(ips)
    values: JsonObject = {
        "ips": ips,
        "valid_since": read_time(body["valid_since"], "valid_since") if body.get("valid_since") else None,
        "valid_until": read_time(body["valid_until"], "valid_until") if body.get("valid_until") else None,
    }
    project = _project(platform, tx, caller, body)
    repository = tx.of(ROLEPOLICIES, PLATFORM)
    where = both(eq("role_id", role_id), eq("policy_id", policy.id), eq("project_id", project))
    found = repository.find(Query(where=where, limit=1))
    if found:
        repository.save(evolve(found[0], **values))
    else:
        steady(tx, ROLES, role_id)
        steady(tx, POLICIES, policy.id)
        if project:
            keep_known(tx, PROJECTS, project)
        repository.add(RolePolicy(id=tx.new_id(), role_id=role_id, policy_id=policy.id, project_id=project, **values))


def _project(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> str:
    sent = body.get("project_id") or body.get("project")
    return fetch(platform, tx, caller, PROJECTS, read_str(sent, "project_id", 128)).id if sent else ""


def _text(body: JsonMapping, name: str) -> str:
    sent = body.get(name) or body.get(name.removesuffix("_id"))
    if not sent:
        raise MissingParameterError(f"{name} is missing", field=name)
    return read_str(sent, name, 128)


def _texts(body: JsonMapping, *names: str) -> list[str]:
    for name in names:
        if body.get(name):
            return read_list_of_str(body[name], name, max_items=MOST)
    raise MissingParameterError(f"{names[0]} is missing", field=names[0])


def _objects(body: JsonMapping, name: str) -> Sequence[JsonObject]:
    sent = body.get(name)
    items = cast("list[Any]", sent) if isinstance(sent, list) else [sent] if sent else []
    if len(items) > MOST or any(not isinstance(item, dict) for item in items):
        raise InvalidInputError(f"{name} must be a list of at most {MOST} objects", field=name)
    return cast("list[JsonObject]", items)


def _pairs(body: JsonMapping, name: str, key: str) -> list[tuple[str, str]]:
    found = [(_text(item, key), _text(item, "role")) for item in _objects(body, name)]
    if not found:
        raise MissingParameterError(f"{name} is missing", field=name)
    return found

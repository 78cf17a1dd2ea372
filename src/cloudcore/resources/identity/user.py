"""Users: people and programs that log in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from cloudcore.model.entity import DomainOwned, entity
from cloudcore.model.errors import ForbiddenError
from cloudcore.model.filter import ListFilter, over
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Exists, Expr, Query, Via, either, one_of
from cloudcore.model.reading import format_time
from cloudcore.model.resource import Action, Level, OnDelete, Ref, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity import assignment, credential, group
from cloudcore.resources.identity.actions import DISABLE, ENABLE, GRANT, JOIN_PROJECTS, LEAVE_PROJECTS, WITHDRAW
from cloudcore.resources.identity.filters import USER_FILTERS
from cloudcore.resources.identity.password import EXPIRED, PASSWORDS


@entity
class User(DomainOwned):
    """Somebody who logs in. The password is kept elsewhere."""

    displayname: Annotated[str, Spec("Name for people", create=True, update=True, width=128)] = ""
    email: Annotated[str, Spec("Mail address", create=True, update=True, width=255)] = ""
    mobile: Annotated[str, Spec("Telephone number", create=True, update=True, width=20)] = ""
    enabled: Annotated[bool, Spec("May log in", create=True, update=True)] = True
    is_system_account: Annotated[bool, Spec("Account of the platform itself", create=True, admin=True)] = False
    allow_web_console: Annotated[bool, Spec("May use the web console", create=True, update=True)] = True
    enable_mfa: Annotated[bool, Spec("Asks for a second factor", create=True, update=True)] = False
    lang: Annotated[str, Spec("Language", create=True, update=True, width=8)] = ""
    expired_at: Annotated[datetime | None, Spec("When the account ends", create=True, update=True)] = None
    default_project_id: Annotated[
        str | None,
        Spec("Project of a login of OpenStack's clients that names no scope", create=True, update=True, width=64),
        Ref("projects", on_delete=OnDelete.CLEAR, context=False),
    ] = None
    last_active_at: Annotated[datetime | None, Spec("Last login", volatile=True)] = None
    last_login_ip: Annotated[str, Spec("Address of the last login", width=64, volatile=True)] = ""
    last_login_source: Annotated[str, Spec("Client of the last login", width=36, volatile=True)] = ""


def _details(tx: Transaction, page: Sequence[User]) -> Sequence[dict[str, Any]]:
    idents = [user.id for user in page]
    projects = assignment.target_counts(tx, idents)
    groups = _numbers(tx, group.MEMBERSHIPS, "user_id", idents)
    secrets = _numbers(tx, credential.CREDENTIALS, "owner_id", idents)
    passwords = {p.user_id: p for p in tx.of(PASSWORDS, PLATFORM).find(Query(where=one_of("user_id", idents)))}
    now = tx.now
    return [
        {
            **_password(passwords.get(i), now),
            "project_count": projects.get(i, 0),
            "group_count": groups.get(i, 0),
            "credential_count": secrets.get(i, 0),
            "is_local": True,
        }
        for i in idents
    ]


def _password(held: Any, now: datetime) -> JsonObject:
    if held is None:
        return {}
    hint = EXPIRED if held.expires_at is not None and held.expires_at <= now else held.reset_hint
    found: JsonObject = {
        "failed_auth_count": held.failed_count,
        "failed_auth_at": held.failed_at,
        "password_expires_at": held.expires_at,
        "password_reset_hint": hint or None,
        "need_reset_password": bool(hint),
    }
    return {key: format_time(v) if isinstance(v, datetime) else v for key, v in found.items() if v is not None}


def _numbers(tx: Transaction, resource: Resource[Any], field: str, idents: Sequence[str]) -> Mapping[str, int]:
    rows = tx.of(resource, PLATFORM).totals(one_of(field, idents), by=(field,))
    return {row[field]: int(row["count"]) for row in rows}


def _in_project(project_id: str) -> Expr:
    """The users who have a role in a project, themselves or by a group."""
    there = assignment.held_in(project_id)
    grouped = Exists("assignments", "actor_id", "group_id", there)
    return either(Exists("assignments", "actor_id", "id", there), Exists("memberships", "user_id", "id", grouped))


def _check_update(_tx: Transaction, _caller: Any, user: User, changes: JsonObject) -> JsonObject:
    if user.is_system_account and changes.get("enabled") is False:
        raise ForbiddenError("a system account cannot be disabled", field="enabled")
    return changes


def _check_delete(_tx: Transaction, _caller: Any, user: User) -> None:
    if user.is_system_account:
        raise ForbiddenError("a system account cannot be deleted")


_HELD: Sequence[Sequence[Via]] = (
    (Via("assignments", "id", "actor_id"),),
    (Via("memberships", "id", "user_id"), Via("assignments", "group_id", "actor_id")),
)
"""From a user to what he has roles in, himself and by his groups."""


def _in_projects(_tx: Any, projects: Sequence[str]) -> Expr:
    return either(*(over(steps, one_of("target_id", projects)) for steps in _HELD))


def _in_domains(_tx: Any, domains: Sequence[str]) -> Expr:
    """With a role in one of the domains, or in a project of it."""
    own = (over(steps, one_of("target_id", domains)) for steps in _HELD)
    below = (over((*steps, Via("projects", "target_id")), one_of("domain_id", domains)) for steps in _HELD)
    return either(*own, *below)


USERS = Resource(
    entity=User,
    service="identity",
    area="identity",
    singular="user",
    plural="users",
    doc="People and programs that log in.",
    level=Level.DOMAIN,
    columns=("id", "name", "project_domain", "enabled", "email", "displayname"),
    filters=(
        *USER_FILTERS,
        ListFilter(
            name="role_assignment_project",
            doc="Project in which they have a role",
            target="projects",
            where=_in_projects,
        ),
        ListFilter(
            name="role_assignment_domain",
            doc="Domain in which, or in a project of which, they have a role",
            target="domains",
            where=_in_domains,
        ),
    ),
    unique=(("name", "domain_id"),),
    actions=(
        ENABLE,
        DISABLE,
        JOIN_PROJECTS,
        LEAVE_PROJECTS,
        GRANT,
        WITHDRAW,
        Action(
            name="password",
            doc="Change one's own password; every token of the user is void.",
            params=(
                param("original_password", "The present one", width=1024, secret=True, required=True),
                param("password", "The new one", width=1024, secret=True, required=True),
            ),
        ),
        Action(
            name="reset-credentials",
            doc="Remove second factors.",
            params=(param("type", "Type of credential; absent: totp", width=32),),
        ),
    ),
    details=_details,
    in_project=_in_project,
    check_update=_check_update,
    check_delete=_check_delete,
    extra_params=(
        param("password", "Password of the user", width=1024, secret=True),
        param("skip_password_complexity_check", "Accept a weak one", bool),
    ),
    counts_as="identity_user",
)

"""Users: their passwords, and what must be void when they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.revocation import Watermark
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.resource import Resource
from cloudcore.operations.access import fetch
from cloudcore.operations.creating import insert
from cloudcore.operations.generic import update_row
from cloudcore.operations.identity.passwords import forget_failures, may_set_password, set_password
from cloudcore.operations.identity.revocations import revoke
from cloudcore.operations.identity.second_factor import check_proved
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.session import Context
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.credential import TOTP
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.identity.user import USERS


def create_user(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make a user, with a password if one is sent.

    Raises:
        WeakPasswordError: it is below the rules.
    """
    stored = insert(platform, tx, caller, USERS, body)
    if body.get("password"):
        set_password(platform, tx, caller, stored, body)
    return detail_rows(platform, tx, USERS, [stored])[0]


def update_user(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, body: JsonMapping, context: Context = ()
) -> JsonObject:
    """Change a user; a new password, a disabled account or an earlier end voids every token issued so far."""
    own = fetch(platform, tx, caller, USERS, ident)
    if own.enable_mfa and body.get("enable_mfa") is not None:
        check_proved(tx, caller, own.id, TOTP)
    if body.get("password"):
        may_set_password(platform, tx, caller, own)
        set_password(platform, tx, caller, own, body)
        revoke(tx, Watermark.USER, own.id)
        if set(body) <= {"password", "skip_password_complexity_check"}:
            return detail_rows(platform, tx, USERS, [own])[0]
    answer = update_row(platform, tx, caller, USERS, ident, body, context)
    now = fetch(platform, tx, caller, USERS, own.id)
    sooner = now.expired_at is not None and (own.expired_at is None or now.expired_at < own.expired_at)
    if (own.enabled and not now.enabled) or sooner:
        revoke(tx, Watermark.USER, own.id)
    if body.get("enabled") is not None and now.enabled:
        forget_failures(tx, own.id)
    return answer


def switch(
    enabled: bool, plural: str, platform: Platform, tx: Transaction, caller: Caller, row: Any, _body: JsonMapping
) -> None:
    """The actions enable and disable, of users, projects and domains."""
    UPDATES[plural](platform, tx, caller, row.id, {"enabled": enabled})


def update_owner(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    resource: Resource[Any],
    ident: str,
    body: JsonMapping,
    context: Context,
) -> JsonObject:
    """Change a project or a domain; disabling it voids the tokens that are scoped to it."""
    own = fetch(platform, tx, caller, resource, ident)
    answer = update_row(platform, tx, caller, resource, ident, body, context)
    if answer.get("enabled") is False and own.enabled:
        revoke(tx, Watermark.DOMAIN if resource is DOMAINS else Watermark.PROJECT, own.id)
    return answer


def update_project(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, body: JsonMapping, context: Context = ()
) -> JsonObject:
    """Change a project."""
    return update_owner(platform, tx, caller, PROJECTS, ident, body, context)


def update_domain(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, body: JsonMapping, context: Context = ()
) -> JsonObject:
    """Change a domain."""
    return update_owner(platform, tx, caller, DOMAINS, ident, body, context)


UPDATES: Mapping[str, Callable[..., JsonObject]] = MappingProxyType(
    {"users": update_user, "projects": update_project, "domains": update_domain}
)

"""Application credentials: making and removing them, and what they stand for in a login.

One is never stronger than what made it: its roles are among those of the token, in the token's project, and it makes no
access key, and no other one unless it is unrestricted. Then those end no later than itself.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any, cast

from cloudcore.auth.caller import Caller, check_own
from cloudcore.auth.request import AuthRequest, ScopeRef, login_refused
from cloudcore.model.errors import (
    ForbiddenError,
    InvalidInputError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.model.reading import read_flag, read_str, read_time, said
from cloudcore.operations.access import fetch_for
from cloudcore.operations.creating import insert
from cloudcore.operations.generic import delete_row
from cloudcore.operations.identity.credentials import void
from cloudcore.operations.identity.scoping import Scoped, scope_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.applicationcredential import APPLICATION_CREDENTIALS

MAX_PER_USER = 64
MIN_SECRET = 16


def create_application_credential(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Keep some of the caller's roles in his project under a secret; the answer is the only one that shows it.

    Raises:
        ForbiddenError: the caller is in no project, came by an access key, or by a restricted one of these.
        NotSupportedError: there are access rules.
        OutOfRangeError: the caller has too many, or the secret is too short.
    """
    parent = _maker(tx, caller)
    if body.get("access_rules"):
        raise NotSupportedError("access rules are not offered: give fewer roles", field="access_rules")
    if not caller.project_id:
        raise ForbiddenError("an application credential is for one project: log in to it first")
    owned = tx.of(APPLICATION_CREDENTIALS, PLATFORM).count(eq("owner_id", caller.user_id))
    if owned >= MAX_PER_USER:
        raise OutOfRangeError(f"a user has at most {MAX_PER_USER} application credentials", field="name")
    read_str(said(body, "name"), "name", 128)
    secret = _secret(platform, body)
    given: JsonObject = {
        "id": tx.new_id().replace("-", ""),
        "owner_id": caller.user_id,
        "project_id": caller.project_id,
        "role_ids": _roles(caller, body.get("roles")),
        "unrestricted": read_flag(body, "unrestricted"),
        "expires_at": _end(tx, body.get("expires_at"), parent),
        "secret": platform.hasher.hash(secret),
    }
    kept = {key: body[key] for key in ("name", "description") if body.get(key)}
    stored = insert(platform, tx, caller, APPLICATION_CREDENTIALS, kept, given=given)
    return {**detail_rows(platform, tx, APPLICATION_CREDENTIALS, [stored])[0], "secret": secret}


def delete_application_credential(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, _options: JsonMapping
) -> JsonObject:
    """Remove one; what was logged in by it is void."""
    own = fetch_for(platform, tx, caller, APPLICATION_CREDENTIALS, ident, "delete")
    if own.owner_id == caller.user_id:
        _maker(tx, caller)
    answer = delete_row(platform, tx, caller, APPLICATION_CREDENTIALS, own.id)
    void(tx, own.id)
    return answer


def find_application_credential(tx: Transaction, request: AuthRequest, user: Any) -> Any:
    """The stored one that a login names, by id, or by name and user; None for none. user: of the name, or None."""
    repository = tx.of(APPLICATION_CREDENTIALS, PLATFORM)
    if request.credential_id:
        return repository.get(request.credential_id)
    if user is None:
        return None
    where = both(eq("owner_id", user.id), eq("name", request.credential_name))
    return next(iter(repository.find(Query(where=where, limit=1))), None)


def scope_by(tx: Transaction, user: Any, credential_id: str) -> Scoped:
    """Where an application credential leads, with its roles and no others.

    Raises:
        InvalidCredentialError: it is gone or over, or its user has not all of the roles any more.
    """
    held = tx.of(APPLICATION_CREDENTIALS, PLATFORM).get(credential_id)
    if held is None or held.owner_id != user.id or (held.expires_at is not None and held.expires_at <= tx.now):
        raise login_refused("the application credential is gone or over")
    there = scope_of(tx, user, ScopeRef(project_id=held.project_id))
    if not held.role_ids or not set(held.role_ids) <= set(there.role_ids):
        raise login_refused("the user has not all roles of the application credential any more")
    return Scoped(kind=there.kind, ident=there.ident, domain_id=there.domain_id, role_ids=tuple(held.role_ids))


def _maker(tx: Transaction, caller: Caller) -> Any:
    """The application credential that the caller came by; None for none.

    Raises:
        ForbiddenError: it may not make or remove others.
    """
    check_own(caller)
    if caller.access_key:
        raise ForbiddenError("an access key manages no application credentials: log in by password")
    if not caller.application_credential:
        return None
    held = tx.of(APPLICATION_CREDENTIALS, PLATFORM).get(caller.application_credential)
    if held is None or not held.unrestricted:
        raise ForbiddenError("a restricted application credential manages no others: log in by password")
    return held


def _secret(platform: Platform, body: JsonMapping) -> str:
    sent = body.get("secret")
    if sent in (None, ""):
        return base64.urlsafe_b64encode(platform.ids.random_bytes(48)).decode().rstrip("=")
    secret = read_str(sent, "secret", 1024)
    if len(secret) < MIN_SECRET:
        raise OutOfRangeError(f"secret must have at least {MIN_SECRET} characters", field="secret")
    return secret


def _roles(caller: Caller, sent: Any) -> list[str]:
    """Ids of the wanted roles, all of them the caller's at this moment; without any all that he has."""
    if not sent:
        return list(caller.role_ids)
    if not isinstance(sent, list):
        raise InvalidInputError("roles must be a list of objects with id or name", field="roles")
    known = dict(zip(caller.roles, caller.role_ids, strict=False))
    found: list[str] = []
    for place, one in enumerate(cast("list[Any]", sent)):
        named = cast("dict[str, Any]", one) if isinstance(one, dict) else {"id": one}
        value: Any = named.get("id") or named.get("name")
        text = read_str(value or "", f"roles.{place}", 128)
        ident = text if text in caller.role_ids else known.get(text, "")
        if not ident:
            raise ResourceNotFoundError(f"you have no role {text} in this project", field=f"roles.{place}")
        found.append(ident)
    return list(dict.fromkeys(found))


def _end(tx: Transaction, sent: Any, parent: Any) -> datetime | None:
    limit: datetime | None = parent.expires_at if parent is not None else None
    if sent is None:
        return limit
    end = read_time(sent, "expires_at")
    if end <= tx.now:
        raise OutOfRangeError("expires_at is over", field="expires_at")
    if limit is not None and end > limit:
        raise OutOfRangeError("expires_at is later than that of the credential you came by", field="expires_at")
    return end

"""The accounts that logins are about, and what the history keeps of logins."""

from __future__ import annotations

from typing import Any

import attrs

from cloudcore.auth.caller import GUEST
from cloudcore.auth.request import AuthRequest, login_refused
from cloudcore.model.history import Fact
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.operations.identity.directory import find_domain
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.password import PASSWORDS
from cloudcore.resources.identity.user import USERS


def find_account(tx: Transaction, request: AuthRequest) -> tuple[Any, Any]:
    """The user of a login and his password; None for each that is not there, and for both where his domain is disabled."""
    users = tx.of(USERS, PLATFORM)
    if request.user_id:
        user = users.get(request.user_id)
    else:
        where = eq("name", request.user_name)
        domain = request.user_domain_id or request.user_domain_name
        if domain:
            owner = find_domain(tx, domain)
            where = both(where, eq("domain_id", owner.id if owner is not None else ""))
        found = users.find(Query(where=where, limit=2))
        user = found[0] if len(found) == 1 else None
    if user is None:
        return None, None
    home = tx.of(DOMAINS, PLATFORM).get(user.domain_id)
    if home is None or not home.enabled:
        return None, None
    stored = tx.of(PASSWORDS, PLATFORM).find(Query(where=eq("user_id", user.id), limit=1))
    return user, stored[0] if stored else None


def enabled_user(tx: Transaction, user_id: str) -> Any:
    """The user, who may log in as far as he and his domain are not disabled.

    Raises:
        InvalidCredentialError: one of them is, or is gone.
    """
    user = tx.of(USERS, PLATFORM).get(user_id)
    home = tx.of(DOMAINS, PLATFORM).get(user.domain_id) if user is not None else None
    if user is None or not user.enabled or home is None or not home.enabled:
        raise login_refused("the user or his domain is gone or disabled")
    return user


def account_in_force(tx: Transaction, user_id: str) -> Any:
    """As `enabled_user`, and his account has not come to its end."""
    user = enabled_user(tx, user_id)
    if user.expired_at is not None and user.expired_at <= tx.now:
        raise login_refused("account has expired")
    return user


def note_refusal(platform: Platform, request: AuthRequest, peer: str, request_id: str, why: str) -> None:
    """Keep in the history that a login was refused."""
    fact = login_fact(request, None, peer, success=False, why=why)
    writing(platform, attrs.evolve(GUEST, request_id=request_id), lambda tx: tx.record(fact))


def login_fact(request: AuthRequest, user: Any, peer: str, *, success: bool, why: str) -> Fact:
    """What the history keeps of a login; why: what spoke against it."""
    return Fact(
        action="login",
        obj_type="user",
        obj_id=user.id if user is not None else "",
        obj_name=user.name if user is not None else request.user_name[:128],
        owner_domain_id=user.domain_id if user is not None else "",
        success=success,
        service="identity",
        notes={"source": request.source, "ip": peer, "reason": why} if why else {"source": request.source, "ip": peer},
    )

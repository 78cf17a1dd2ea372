"""Acting as somebody else: an administrator's token becomes one of another user in one project.

It says whose it was, ends and is voided with the token that it came of, leads nowhere else, and is refused where something
would outlive it. It never allows what the administrator himself may not do.
"""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.request import ASSUME, AuthRequest, ScopeRef
from cloudcore.auth.scopes import Scope
from cloudcore.auth.tokens import MAX_ANCESTORS, TokenPayload, TokenScope, expiry
from cloudcore.model.errors import InvalidCredentialError, ResourceNotFoundError, UnauthorizedError
from cloudcore.operations.identity.accounts import account_in_force, find_account
from cloudcore.operations.identity.grants import check_contained, policies_carried
from cloudcore.operations.identity.scoping import Scoped, scope_of
from cloudcore.operations.identity.tokens import caller_of
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction

ASSUMING = ("identity", "tokens", "perform", "assume")
MANAGING = ("identity", "users", "create")
"""What it takes, in the wanted project's domain or the system: the right, and to be one who manages accounts.

Owners and editors have all rights in their projects, editors of domains most of a domain's; none of them is meant to act as
his fellows.
"""


def check_stays(parent: TokenPayload) -> None:
    """Refuse to derive another token from one by which somebody acts as another.

    Raises:
        UnauthorizedError: the token is such a one.
    """
    if parent.assumed_by:
        raise UnauthorizedError(
            "whoever acts as somebody else does so in one project alone: ask for the other one by assume",
            field="auth.scope",
        )


def assumed(
    platform: Platform, tx: Transaction, request: AuthRequest, parent: TokenPayload, audit_id: str, peer: str
) -> tuple[Any, TokenPayload]:
    """The user who is acted as, and what the token says. parent: the administrator's token, verified and not revoked.

    Raises:
        UnauthorizedError: the administrator may not, or the user has no role in the project.
        ResourceNotFoundError: there is no such user; told only to whoever may act as anybody.
        InvalidCredentialError: the user may not log in.
    """
    check_stays(parent)
    caller = caller_of(tx, parent, peer=peer, request_id="")
    if caller.access_key or caller.application_credential or caller.lacks_second_factor:
        raise UnauthorizedError("to act as somebody else takes a login by password with all its factors")
    user, _ = find_account(tx, request)
    scope = _scope(tx, user, request.scope)
    if user is None or scope is None:
        _check_right(platform, caller, Scope.SYSTEM)
        if user is None:
            raise ResourceNotFoundError("there is no such user", field="auth.identity.assume.user")
        raise UnauthorizedError("the user has no role in this project", field="auth.scope.project")
    own = user.id == caller.user_id
    if not own:
        _check_right(platform, caller, _needed(caller, scope))
        for role_id in scope.role_ids:
            check_contained(platform, caller, policies_carried(platform, role_id, scope.ident))
    account_in_force(tx, user.id)
    if len(parent.ancestors) >= MAX_ANCESTORS:
        raise InvalidCredentialError("this token was derived too often; log in again")
    ends = [parent.expires_at, *([user.expired_at] if user.expired_at is not None else [])]
    return user, TokenPayload(
        user_id=user.id,
        user_domain_id=user.domain_id,
        scope=TokenScope.PROJECT,
        scope_id=scope.ident,
        scope_domain_id=scope.domain_id,
        role_ids=scope.role_ids,
        methods=(ASSUME, *(parent.methods if own else ())),
        issued_at=tx.now,
        expires_at=expiry(tx.now, user_expires_at=min(ends)),
        audit_id=audit_id,
        ancestors=(parent.audit_id, *parent.ancestors),
        assumed_by="" if own else caller.user_id,
        source=request.source,
        ip=peer,
    )


def _scope(tx: Transaction, user: Any, wanted: ScopeRef) -> Scoped | None:
    if user is None:
        return None
    try:
        return scope_of(tx, user, wanted)
    except UnauthorizedError:
        return None  # told apart only for whoever may know


def _needed(caller: Caller, scope: Scoped) -> Scope:
    return Scope.DOMAIN if scope.domain_id == caller.scope_domain_id else Scope.SYSTEM


def _check_right(platform: Platform, caller: Caller, scope: Scope) -> None:
    held = platform.policies.policy_set(caller)
    if not all(held.allowed(scope, *right).allowed for right in (ASSUMING, MANAGING)):
        # The scope stays untold: it would tell where the user or the project is.
        raise UnauthorizedError("not enough privilege to act as somebody else", internal=f"needed at {scope} scope")

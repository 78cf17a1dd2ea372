"""Passwords: set by administrators, changed by their owners, with their history and what they void."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller, check_own
from cloudcore.auth.passwords import check_password, expires_at
from cloudcore.auth.request import PASSWORD, AuthRequest
from cloudcore.auth.revocation import Watermark
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ForbiddenError, InvalidInputError, MissingParameterError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.model.reading import read_flag
from cloudcore.operations.access import widest
from cloudcore.operations.identity.grants import check_user_not_stronger
from cloudcore.operations.identity.login import by_password
from cloudcore.operations.identity.revocations import revoke
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.password import ADMIN_RESET, PASSWORDS, Password
from cloudcore.resources.identity.user import USERS

MOST_REMEMBERED = 24


def set_password(platform: Platform, tx: Transaction, caller: Caller, user: Any, body: JsonMapping) -> None:
    """Hash and keep a user's new password, as an administrator; earlier failures are forgotten.

    Raises:
        WeakPasswordError: it is below the rules, and the caller may not or did not ask to pass them over.
    """
    password = _text(body, "password")
    stored = _stored(tx, user.id)
    skip = read_flag(body, "skip_password_complexity_check")
    granted = widest(platform, caller, USERS, "update")
    passed_over = skip and granted is not None and granted.scope.covers(Scope.DOMAIN)
    if not passed_over:
        _check(platform, user, password, _earlier(stored))
    _keep(platform, tx, user, stored, platform.hasher.hash(password), hint=ADMIN_RESET if passed_over else "")


def may_set_password(platform: Platform, tx: Transaction, caller: Caller, user: Any) -> None:
    """Refuse to set a password, also one's own, without the right to change users: who only knows a token proves nothing.

    Raises:
        ForbiddenError: the caller has no right to, or the user has a role that can do more than he.
    """
    granted = widest(platform, caller, USERS, "update")
    own = caller.user_id == user.id
    if granted is None or not granted.scope.covers(Scope.DOMAIN):
        whose = "your own password this way: the present one is asked for at users/ID/password" if own else ""
        raise ForbiddenError(f"not enough privilege to set {whose or 'the password of another user'}", field="password")
    if own:
        check_own(caller)
        return
    if granted.scope is Scope.DOMAIN and user.domain_id != caller.scope_domain_id:
        raise ForbiddenError("not enough privilege to set the password of another user", field="password")
    check_user_not_stronger(platform, tx, caller, user.id)


def change_own(platform: Platform, caller: Caller, ident: str, body: JsonMapping) -> JsonObject:
    """Change the password of whoever knows the present one, also one that has expired; every token is void.

    Needs no token: the present password is the proof, under the rules, the lock and the answers of a login.

    Raises:
        InvalidCredentialError: the present password or the user is wrong, or the account may not log in.
        WeakPasswordError: the new one is below the rules.
    """
    original, password = _text(body, "original_password"), _text(body, "password")
    asked = AuthRequest(method=PASSWORD, user_id=ident, password=original)
    proof = by_password(platform, asked, caller.client_ip, caller.request_id, expired_too=True)

    def look(tx: Transaction) -> tuple[Any, Sequence[str]]:
        user = proof.user_of(tx)
        return user, _earlier(_stored(tx, user.id))

    user, earlier = reading(platform, look)
    if password == original:
        raise InvalidInputError("the new password must differ from the present one", field="password")
    _check(platform, user, password, earlier)
    hashed = platform.hasher.hash(password)

    def work(tx: Transaction) -> None:
        owner = proof.user_of(tx)
        _keep(platform, tx, owner, _stored(tx, owner.id), hashed, hint="")
        revoke(tx, Watermark.USER, owner.id)

    author = attrs.evolve(caller, user_id=user.id, user_name=user.name, is_guest=False)
    writing(platform, author, work)
    return {"id": user.id, "name": user.name}


def forget_failures(tx: Transaction, user_id: str) -> None:
    """Let a locked user try again at once."""
    stored = _stored(tx, user_id)
    if stored is not None and (stored.failed_count or stored.locked_until):
        changed = evolve(stored, failed_count=0, failed_at=None, locked_until=None)
        tx.of(PASSWORDS, PLATFORM).save(changed, action="unlock")


def _check(platform: Platform, user: Any, password: str, earlier: Sequence[str]) -> None:
    rules = platform.settings.password_rules
    check_password(password, rules, user_name=user.name, history=earlier, hasher=platform.hasher)


def _keep(platform: Platform, tx: Transaction, user: Any, stored: Any, hashed: str, *, hint: str) -> None:
    rules = platform.settings.password_rules
    values: JsonObject = {
        "hash": hashed,
        "earlier": list(_earlier(stored)[: min(rules.unique_history, MOST_REMEMBERED)]),
        "expires_at": expires_at(tx.now, rules, is_system_account=user.is_system_account),
        "reset_hint": hint,
    }
    repository = tx.of(PASSWORDS, PLATFORM)
    if stored is None:
        repository.add(Password(id=tx.new_id(), user_id=user.id, **values))
    else:
        changed = evolve(stored, failed_count=0, failed_at=None, locked_until=None, **values)
        repository.save(changed, action="set-password")


def _stored(tx: Transaction, user_id: str) -> Any:
    found = tx.of(PASSWORDS, PLATFORM).find(Query(where=eq("user_id", user_id), limit=1))
    return found[0] if found else None


def _earlier(stored: Any) -> Sequence[str]:
    """Hashes of the present password and those before it, newest first."""
    return () if stored is None else (stored.hash, *stored.earlier)


def _text(body: JsonMapping, name: str) -> str:
    sent = body.get(name)
    if sent in (None, ""):
        raise MissingParameterError(f"{name} is missing", field=name)
    if not isinstance(sent, str):
        raise InvalidInputError(f"{name} must be a text", field=name)
    return sent

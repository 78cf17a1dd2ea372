"""From a password or a token to a token.

An unknown user, a wrong password, a locked or a disabled account all get the same answer after the same work.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import attrs

from cloudcore.auth.accesskey import Signed, read_signed
from cloudcore.auth.caller import GUEST
from cloudcore.auth.passwords import Attempts, after_failure, after_success, check_lock
from cloudcore.auth.request import (
    AKSK,
    APPLICATION_CREDENTIAL,
    ASSUME,
    PASSWORD,
    TOKEN,
    TOTP,
    AuthRequest,
    ScopeRef,
    login_refused,
)
from cloudcore.auth.signedrequest import SignedRequest, signed_of
from cloudcore.auth.tokens import TokenPayload, TokenScope, encode, expiry, rescope
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    CloudcoreError,
    ForbiddenError,
    InvalidCredentialError,
    NotSupportedError,
    UnauthorizedError,
)
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.operations.identity.accounts import (
    account_in_force,
    enabled_user,
    find_account,
    login_fact,
    note_refusal,
)
from cloudcore.operations.identity.application_credentials import find_application_credential, scope_by
from cloudcore.operations.identity.assuming import assumed, check_stays
from cloudcore.operations.identity.credentials import KeyHolder, holder_of, use_signature
from cloudcore.operations.identity.revocations import issued_in
from cloudcore.operations.identity.scoping import Scoped, scope_of
from cloudcore.operations.identity.second_factor import prove_passcode
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.credential import CREDENTIALS
from cloudcore.resources.identity.password import PASSWORDS
from cloudcore.resources.identity.user import USERS

T = TypeVar("T")


@attrs.frozen(kw_only=True)
class Issued:
    """A fresh token. text is the secret; payload says what it stands for."""

    text: str = attrs.field(repr=False)
    payload: TokenPayload


def login(platform: Platform, request: AuthRequest, peer: str, parent: TokenPayload | None, request_id: str) -> Issued:
    """Check the credential and issue a token for the wanted scope.

    parent: what the request's token says, verified and not revoked, for the token method.

    Raises:
        InvalidCredentialError: the password or user is wrong, or the account may not log in.
        UnauthorizedError: the user has no role in the wanted scope.
        NotSupportedError: the method is not offered.
    """
    if request.method == PASSWORD:
        proof = by_password(platform, request, peer, request_id)
    elif request.method == AKSK:
        proof = _by_access_key(platform, request, peer, request_id)
    elif request.method == APPLICATION_CREDENTIAL:
        proof = _by_application_credential(platform, request, peer, request_id)
    elif request.method == ASSUME and parent is not None:
        return _by_assuming(platform, request, peer, parent, request_id)
    elif request.method == TOKEN and parent is not None:
        check_stays(parent)
        proof = Proof(user_of=lambda tx: enabled_user(tx, parent.user_id), scope=request.scope)
    else:
        raise NotSupportedError(
            f"login by {request.method} is not offered; offered are password, token, aksk and application_credential"
        )
    if request.passcode:
        prove_passcode(platform, request, reading(platform, proof.user_of), peer, request_id)
    audit_id = platform.ids.new_id().replace("-", "")
    payload = reading(platform, lambda tx: _issue(tx, proof, request, parent, audit_id, peer))
    return Issued(text=encode(payload, platform.signer), payload=payload)


def _by_assuming(platform: Platform, request: AuthRequest, peer: str, parent: TokenPayload, request_id: str) -> Issued:
    audit_id = platform.ids.new_id().replace("-", "")

    def work(tx: Transaction) -> TokenPayload:
        user, payload = assumed(platform, tx, request, parent, audit_id, peer)
        tx.record(login_fact(request, user, peer, success=True, why=f"as {user.name} acts user {parent.user_id}"))
        return attrs.evolve(payload, issued_at=issued_in(tx, payload, parent))

    try:
        payload = writing(platform, attrs.evolve(GUEST, user_id=parent.user_id, request_id=request_id), work)
    except (UnauthorizedError, ForbiddenError) as error:
        note_refusal(platform, request, peer, request_id, f"user {parent.user_id} may not act as this one: {error}")
        raise
    return Issued(text=encode(payload, platform.signer), payload=payload)


@attrs.frozen(kw_only=True)
class Proof:
    """A credential that was right a moment ago.

    user_of: the user it stands for, by another snapshot; raises when the credential is no longer in force there.
    ancestors: what voids the token with itself.
    credential_id: the application credential, which says the scope.
    """

    user_of: Callable[[Transaction], Any]
    scope: ScopeRef
    expires_at: datetime | None = None
    ancestors: tuple[str, ...] = ()
    credential_id: str = ""


def _issue(
    tx: Transaction, proof: Proof, request: AuthRequest, parent: TokenPayload | None, audit_id: str, peer: str
) -> TokenPayload:
    """The token's content, all of it by one snapshot: what is taken away after it voids the token."""
    user = proof.user_of(tx)
    bound_to_key = parent is not None and bool(parent.access_key)
    default = request.to_default and not request.unscoped and not bound_to_key
    if parent is not None and parent.application_credential:
        raise UnauthorizedError(
            "a token of an application credential has its scope and takes no other", field="auth.scope"
        )
    if proof.credential_id:
        scope = scope_by(tx, user, proof.credential_id)
    else:
        scope = scope_of(tx, user, proof.scope, to_default=default)
    if parent is not None:
        _check_key(tx, parent, scope)
        payload = rescope(
            parent,
            scope=scope.kind,
            scope_id=scope.ident,
            scope_domain_id=scope.domain_id,
            role_ids=scope.role_ids,
            audit_id=audit_id,
            issued_at=tx.now,
        )
    else:
        ends = [end for end in (proof.expires_at, user.expired_at) if end is not None]
        payload = TokenPayload(
            user_id=user.id,
            user_domain_id=user.domain_id,
            scope=scope.kind,
            scope_id=scope.ident,
            scope_domain_id=scope.domain_id,
            role_ids=scope.role_ids,
            methods=(request.method,),
            issued_at=tx.now,
            expires_at=expiry(tx.now, user_expires_at=min(ends) if ends else None),
            audit_id=audit_id,
            ancestors=proof.ancestors,
            source=request.source,
            ip=peer,
        )
    methods = dict.fromkeys((TOTP, *payload.methods) if request.passcode else payload.methods)
    return attrs.evolve(payload, methods=tuple(methods), issued_at=issued_in(tx, payload, parent))


def _check_key(tx: Transaction, parent: TokenPayload, scope: Scoped) -> None:
    """Refuse to leave the project of the access key that a token was had by: the key was given for that one alone."""
    key = tx.of(CREDENTIALS, PLATFORM).get(parent.access_key) if parent.access_key else None
    elsewhere = key is not None and bool(key.project_id) and scope.ident not in ("", key.project_id)
    if key is not None and (elsewhere or scope.kind is TokenScope.SYSTEM):
        raise UnauthorizedError("the token's access key is for one project alone", field="auth.scope")


def _by_access_key(platform: Platform, request: AuthRequest, peer: str, request_id: str) -> Proof:
    now = platform.clock.now()
    signed = read_signed(request.access_key)

    def work(tx: Transaction) -> KeyHolder:
        holder = holder_of(tx, signed, now)
        use_signature(tx, signed, "login", peer, once=False)
        seen = {"last_active_at": now, "last_login_ip": peer, "last_login_source": request.source}
        tx.of(USERS, PLATFORM).touch([(holder.user.id, seen)])
        tx.record(login_fact(request, holder.user, peer, success=True, why=""))
        return holder

    return _proof(signed, _noted(platform, request, peer, request_id, work), now)


def _by_application_credential(platform: Platform, request: AuthRequest, peer: str, request_id: str) -> Proof:
    held = reading(platform, lambda tx: find_application_credential(tx, request, _named(tx, request)))
    if held is None:
        platform.hasher.dummy_verify(request.password)
        note_refusal(platform, request, peer, request_id, "unknown application credential")
        raise login_refused("unknown application credential")
    right = platform.hasher.verify(request.password, held.secret)

    def work(tx: Transaction) -> Any:
        if not right:
            raise login_refused("wrong secret of an application credential")
        user = account_in_force(tx, held.owner_id)
        scope_by(tx, user, held.id)
        seen = {"last_active_at": tx.now, "last_login_ip": peer, "last_login_source": request.source}
        tx.of(USERS, PLATFORM).touch([(user.id, seen)])
        tx.record(login_fact(request, user, peer, success=True, why=""))
        return user

    _noted(platform, request, peer, request_id, work)
    return Proof(
        user_of=lambda tx: account_in_force(tx, held.owner_id),
        scope=request.scope,
        expires_at=held.expires_at,
        ancestors=(held.id,),
        credential_id=held.id,
    )


def _named(tx: Transaction, request: AuthRequest) -> Any:
    return find_account(tx, request)[0] if request.credential_name else None


def signed_payload(platform: Platform, request: SignedRequest, peer: str, request_id: str) -> TokenPayload:
    """What a token would say that the signer of this request got now, for this request alone.

    Raises:
        InvalidCredentialError: the signature is not right, not in force, or was used before.
        UnauthorizedError: the key's user has no role in its project.
    """
    now = platform.clock.now()
    login_of = AuthRequest(method=AKSK)
    reads = request.method in ("GET", "HEAD")
    audit_id = platform.ids.new_id().replace("-", "")

    def work(tx: Transaction) -> TokenPayload:
        signed = signed_of(request)
        holder = holder_of(tx, signed, now)
        use_signature(tx, signed, "request", peer, once=not reads)
        return _issue(tx, _proof(signed, holder, now), login_of, None, audit_id, peer)

    return _noted(platform, login_of, peer, request_id, work)


def _noted(platform: Platform, request: AuthRequest, peer: str, request_id: str, work: Callable[[Transaction], T]) -> T:
    """Do it in a unit; a refusal is noted in the history."""
    try:
        return writing(platform, attrs.evolve(GUEST, request_id=request_id), work)
    except InvalidCredentialError as error:
        note_refusal(platform, request, peer, request_id, error.internal or "refused access key")
        raise


def _proof(signed: Signed, holder: KeyHolder, now: datetime) -> Proof:
    return Proof(
        user_of=lambda tx: holder_of(tx, signed, now).user,
        scope=holder.scope,
        expires_at=holder.expires_at,
        ancestors=(holder.credential_id,),
    )


def by_password(
    platform: Platform, request: AuthRequest, peer: str, request_id: str, *, expired_too: bool = False
) -> Proof:
    """Prove a user by his password, in the same time and with the same answer whatever is wrong with it.

    expired_too: also by one that has to be changed.

    Raises:
        InvalidCredentialError: there is no such user, the password is wrong, or the account may not log in.
    """
    user, stored = reading(platform, lambda tx: find_account(tx, request))
    now = platform.clock.now()
    if user is None or stored is None:
        platform.hasher.dummy_verify(request.password)
        note_refusal(platform, request, peer, request_id, "unknown user")
        raise login_refused("unknown user")
    attempts = Attempts(failed_count=stored.failed_count, failed_at=stored.failed_at, locked_until=stored.locked_until)
    right = platform.hasher.verify(request.password, stored.hash)
    problem = _problem(user, attempts, right=right, now=now)
    if problem:
        _count(platform, user, request, peer, request_id, problem, wrong=not right)
        raise login_refused(problem)
    if not expired_too and stored.expires_at is not None and stored.expires_at <= now:
        _count(platform, user, request, peer, request_id, "password has expired", wrong=False)
        raise InvalidCredentialError(
            "the password has expired: change it by POST /v3/users/{id}/password", data={"user_id": user.id}
        )
    fresh = platform.hasher.hash(request.password) if platform.hasher.needs_rehash(stored.hash) else stored.hash
    _succeeded(platform, user, request, peer, request_id, (stored.hash, fresh))

    def user_of(tx: Transaction) -> Any:
        _unchanged(platform, tx, user, request, (stored.hash, fresh))
        return enabled_user(tx, user.id)

    return Proof(user_of=user_of, scope=request.scope)


def _unchanged(platform: Platform, tx: Transaction, user: Any, request: AuthRequest, hashes: tuple[str, str]) -> Any:
    """The stored password, if it still is the one of the request; another login may have hashed it anew."""
    stored = tx.of(PASSWORDS, PLATFORM).find(Query(where=eq("user_id", user.id), limit=1))
    if not stored or not (stored[0].hash in hashes or platform.hasher.verify(request.password, stored[0].hash)):
        raise login_refused("the password was changed meanwhile")
    return stored[0]


def _problem(user: Any, attempts: Attempts, *, right: bool, now: Any) -> str:
    try:
        check_lock(attempts, now)
    except CloudcoreError:
        return "account is locked"
    if not right:
        return "wrong password"
    if not user.enabled:
        return "account is disabled"
    return "account has expired" if user.expired_at is not None and user.expired_at <= now else ""


def _count(
    platform: Platform, user: Any, request: AuthRequest, peer: str, request_id: str, why: str, *, wrong: bool
) -> None:
    def work(tx: Transaction) -> None:
        (stored,) = tx.of(PASSWORDS, PLATFORM).find(Query(where=eq("user_id", user.id)))
        if wrong:
            attempts = Attempts(
                failed_count=stored.failed_count, failed_at=stored.failed_at, locked_until=stored.locked_until
            )
            failed = after_failure(attempts, tx.now, platform.settings.lock_rules)
            changed = evolve(
                stored, failed_count=failed.failed_count, failed_at=failed.failed_at, locked_until=failed.locked_until
            )
            tx.of(PASSWORDS, PLATFORM).save(changed)
        tx.record(login_fact(request, user, peer, success=False, why=why))

    writing(platform, attrs.evolve(GUEST, request_id=request_id), work)


def _succeeded(
    platform: Platform, user: Any, request: AuthRequest, peer: str, request_id: str, hashes: tuple[str, str]
) -> None:
    """Forget the failures. hashes: the one that the password was verified by, and the one to keep."""

    def work(tx: Transaction) -> None:
        stored = _unchanged(platform, tx, user, request, hashes)
        clean = after_success(Attempts(failed_count=stored.failed_count))
        changes: dict[str, Any] = {
            "failed_count": clean.failed_count,
            "failed_at": clean.failed_at,
            "locked_until": clean.locked_until,
            "hash": hashes[1] if stored.hash in hashes else stored.hash,
        }
        tx.of(PASSWORDS, PLATFORM).save(evolve(stored, **changes))
        tx.of(USERS, PLATFORM).touch(
            [(user.id, {"last_active_at": tx.now, "last_login_ip": peer, "last_login_source": request.source})]
        )
        tx.record(login_fact(request, user, peer, success=True, why=""))

    writing(
        platform, attrs.evolve(GUEST, user_id=user.id, user_name=user.name, is_guest=False, request_id=request_id), work
    )

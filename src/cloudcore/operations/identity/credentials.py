"""Making credentials, and logging in by access key."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import attrs

from cloudcore.auth.accesskey import MIN_SECRET, WINDOW, Signed, is_right
from cloudcore.auth.caller import Caller, check_own
from cloudcore.auth.request import ScopeRef, login_refused
from cloudcore.auth.revocation import Watermark
from cloudcore.auth.scopes import Scope
from cloudcore.auth.totp import MIN_SECRET_BYTES, new_secret, read_secret
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    ForbiddenError,
    InvalidCredentialError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.model.reading import read_int, read_object_text, read_str, said
from cloudcore.operations.access import fetch, fetch_for, reach, widest
from cloudcore.operations.creating import insert
from cloudcore.operations.generic import delete_row, update_row
from cloudcore.operations.idempotency import Use, spend
from cloudcore.operations.identity.grants import check_user_not_wider, targets_of
from cloudcore.operations.identity.revocations import revoke
from cloudcore.operations.identity.second_factor import check_proved, recovery_blob
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.session import Context
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.assignment import IN_PROJECT
from cloudcore.resources.identity.credential import AKSK, CREDENTIALS, RECOVERY, TOTP, TYPES
from cloudcore.resources.identity.domain import DOMAINS
from cloudcore.resources.identity.project import PROJECTS
from cloudcore.resources.identity.user import USERS

MAX_PER_USER = 64
MAX_BLOB = 8192
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_NEEDED = {AKSK: "secret", "oidc": "secret", "enc_key": "key"}


def create_credential(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Keep a secret; the answer is the only one that shows it.

    Raises:
        OutOfRangeError: the user has too many.
        ForbiddenError: the user is somebody whose credentials the caller may not make, or has a role that can do more than
            the caller.
    """
    check_own(caller)
    kind = read_str(said(body, "type"), "type", 32)
    if not _WORD.fullmatch(kind):
        raise InvalidInputError(f"type must be one of {', '.join(TYPES)} or another word", field="type")
    if kind == AKSK and caller.access_key:
        raise ForbiddenError("an access key makes no other one: log in by password", field="type")
    if caller.application_credential:
        # A key would have all roles of its user, and no end.
        raise ForbiddenError("an application credential makes no credentials: log in by password", field="type")
    owner = _owner(platform, tx, caller, body)
    check_proved(tx, caller, owner, kind)
    where = both(eq("owner_id", owner), eq("type", kind))
    if tx.of(CREDENTIALS, PLATFORM).count(where) >= MAX_PER_USER:
        raise OutOfRangeError(f"a user has at most {MAX_PER_USER} credentials of a type", field="type")
    blob, expired_at = _blob(platform, kind, body.get("blob"))
    given: JsonObject = {
        "id": tx.new_id().replace("-", ""),
        "owner_id": owner,
        "project_id": _project(platform, tx, caller, owner, body),
        "blob": blob,
        "expired_at": expired_at,
    }
    stored = insert(platform, tx, caller, CREDENTIALS, {"name": f"{kind}-{given['id'][:8]}", **body}, given=given)
    return {**detail_rows(platform, tx, CREDENTIALS, [stored])[0], "blob": blob}


def update_credential(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, body: JsonMapping, context: Context = ()
) -> JsonObject:
    """Change a credential; what was logged in by one that is switched off is void.

    Only a text that has no form is changed; what logs in is made anew, and what it is of stays.

    Raises:
        NotSupportedError: its secret, type, user or project would be another.
    """
    own = fetch_for(platform, tx, caller, CREDENTIALS, ident, "update")
    check_proved(tx, caller, own.owner_id, own.type)
    told = {"type": own.type, "user_id": own.owner_id, "project_id": own.project_id}
    for name, value in told.items():
        if body.get(name) not in (None, "", value):
            raise NotSupportedError(f"{name} of a credential is not changed: make another one", field=name)
    if body.get("blob") not in (None, ""):
        if own.type in TYPES:
            raise NotSupportedError("the secret of a credential is not changed: make another one", field="blob")
        tx.of(CREDENTIALS, PLATFORM).save(evolve(own, blob=_blob(platform, own.type, body["blob"])[0]))
    answer = update_row(platform, tx, caller, CREDENTIALS, own.id, body, context)
    if own.enabled and answer.get("enabled") is False:
        void(tx, own.id)
    return answer


def delete_credential(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, _options: JsonMapping
) -> JsonObject:
    """Remove a credential; what was logged in by it is void."""
    own = fetch_for(platform, tx, caller, CREDENTIALS, ident, "delete")
    check_proved(tx, caller, own.owner_id, own.type)
    answer = delete_row(platform, tx, caller, CREDENTIALS, ident)
    void(tx, str(answer["id"]))
    return answer


def void(tx: Transaction, credential_id: str) -> None:
    """Void every token that was had by a credential: it is among their ancestors."""
    revoke(tx, Watermark.CREDENTIAL, credential_id)


@attrs.frozen(kw_only=True)
class KeyHolder:
    """Whom an access key stands for: a user in a project, until the key or the user ends."""

    user: Any
    credential_id: str
    scope: ScopeRef
    expires_at: datetime | None
    key_expires_at: datetime | None


def use_signature(tx: Transaction, signed: Signed, purpose: str, peer: str, *, once: bool) -> None:
    """Note that a signature was used. It serves the purpose and the address that it first came for and from alone.

    once: and that one time; otherwise it may be repeated while it is in force, as two clients that log in within one
        second do.

    Raises:
        InvalidCredentialError: it was used before.
    """
    use = spend(tx, f"signature {signed.access_key} {signed.signature}", f"{purpose} {peer}", signed.date + 2 * WINDOW)
    if use is Use.OTHERWISE or (use is Use.AGAIN and once):
        raise InvalidCredentialError("this signature has been used: sign the request anew", internal=purpose)


def holder_of(tx: Transaction, signed: Signed, now: datetime) -> KeyHolder:
    """Whom a signature stands for.

    Raises:
        InvalidCredentialError: the key, its signature or its user is not in force; which of them is not told.
    """
    held = tx.of(CREDENTIALS, PLATFORM).get(signed.access_key)
    secret = str(_object(held.blob).get("secret") or "") if held is not None and held.type == AKSK else ""
    right = is_right(signed, secret or "-" * MIN_SECRET, now)
    if held is None or not secret or not right:
        raise login_refused("unknown access key or wrong signature")
    user = tx.of(USERS, PLATFORM).get(held.owner_id)
    home = tx.of(DOMAINS, PLATFORM).get(user.domain_id) if user is not None else None
    ended = [end for end in (held.expired_at, user.expired_at if user is not None else None) if end is not None]
    if not held.enabled or user is None or not user.enabled or home is None or not home.enabled or _over(ended, now):
        raise login_refused("access key or its user is disabled or has expired")
    return KeyHolder(
        user=user,
        key_expires_at=held.expired_at,
        credential_id=held.id,
        scope=ScopeRef(project_id=held.project_id or ""),
        expires_at=min(ended) if ended else None,
    )


def reset_credentials(_platform: Platform, tx: Transaction, caller: Caller, user: Any, body: JsonMapping) -> None:
    """Remove a user's credentials of a type, second factors unless another is named."""
    kind = read_str(said(body, "type", otherwise=TOTP), "type", 32)
    check_proved(tx, caller, user.id, kind)
    repository = tx.of(CREDENTIALS, PLATFORM)
    for held in repository.find(Query(where=both(eq("owner_id", user.id), eq("type", kind)))):
        repository.remove(held)
        void(tx, held.id)


def _over(ends: list[datetime], now: datetime) -> bool:
    return any(end <= now for end in ends)


def _owner(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> str:
    sent = read_str(said(body, "user_id", "user"), "user_id", 128)
    if not sent:
        return caller.user_id
    user = fetch(platform, tx, caller, USERS, sent)
    granted = reach(platform, caller, CREDENTIALS, "create").scope
    within = granted.covers(Scope.SYSTEM) or (granted.covers(Scope.DOMAIN) and user.domain_id == caller.scope_domain_id)
    if user.id == caller.user_id:
        return user.id
    if not within:
        raise ForbiddenError("not enough privilege to make credentials of others", field="user_id")
    check_user_not_wider(platform, tx, caller, user.id)
    return user.id


def _project(platform: Platform, tx: Transaction, caller: Caller, owner: str, body: JsonMapping) -> str | None:
    """The project of a new credential: one of its user's, or one that the caller sees.

    Whether the user has a role there is asked at each login.
    """
    sent = read_str(said(body, "project_id", "project"), "project_id", 128)
    if sent in ("", "default"):
        return (caller.project_id or None) if owner == caller.user_id else None
    project = platform.directory.find_project(sent, None)
    if project is None or (
        project.id not in (caller.project_id, *targets_of(tx, owner, IN_PROJECT))
        and not _sees(platform, tx, caller, project.id)
    ):
        raise ResourceNotFoundError(f"project {sent} not found", field="project_id")
    return project.id


def _sees(platform: Platform, tx: Transaction, caller: Caller, project_id: str) -> bool:
    seen = widest(platform, caller, PROJECTS, "get")
    return seen is not None and tx.of(PROJECTS, seen.where).get(project_id) is not None


def _blob(platform: Platform, kind: str, sent: Any) -> tuple[str, datetime | None]:
    """The text to keep, and until when it is in force."""
    if kind == AKSK and sent in (None, ""):
        secret = base64.urlsafe_b64encode(platform.ids.random_bytes(32)).decode()
        return json.dumps({"expire": 0, "secret": secret}), None
    if kind == TOTP:
        return json.dumps(_factor(platform, sent)), None
    if sent in (None, ""):
        raise MissingParameterError("blob is missing", field="blob")
    told = json.dumps(sent) if isinstance(sent, dict | list) else sent
    text = read_str(told, "blob", MAX_BLOB, allow_newlines=True)
    if kind not in TYPES:
        return text, None
    if kind == RECOVERY and text.lstrip().startswith("["):
        return recovery_blob(text), None
    values = _object(text)
    needed = _NEEDED.get(kind)
    if needed is not None and not (isinstance(values.get(needed), str) and values[needed]):
        raise InvalidInputError(f"blob must be a JSON object with {needed}", field="blob")
    if kind == AKSK and len(values["secret"]) < MIN_SECRET:
        raise OutOfRangeError(f"blob.secret must have at least {MIN_SECRET} characters", field="blob")
    expire = read_int(said(values, "expire", otherwise=0), "blob.expire", 0, 253_402_300_799)
    return text, datetime.fromtimestamp(expire, UTC) if expire else None


def _factor(platform: Platform, sent: Any) -> JsonObject:
    """What is kept of a second factor: its secret as base32. Nothing sent: one is made.

    OpenStack's clients send it in base32; those of the wire any text, in an object.
    """
    if sent in (None, ""):
        return {"totp": new_secret(platform.ids.random_bytes)}
    told = json.dumps(sent) if isinstance(sent, dict | list) else sent
    text = read_str(told, "blob", MAX_BLOB, allow_newlines=True)
    if not text.lstrip().startswith("{"):
        read_secret(text)
        return {"totp": text}
    secret = _object(text).get("totp")
    if not isinstance(secret, str) or len(secret.encode()) < MIN_SECRET_BYTES:
        raise InvalidInputError(f"blob must be an object with totp, of at least {MIN_SECRET_BYTES} bytes", field="blob")
    return {"totp": base64.b32encode(secret.encode()).decode().rstrip("=")}


def _object(text: str) -> JsonObject:
    return read_object_text(text, "blob", "the text of a JSON object")

"""The same request under the same key gets the same answer and happens once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from enum import Enum

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import ConflictError, Contention, DuplicateResourceError, OutOfRangeError
from cloudcore.model.json import Json, JsonObject
from cloudcore.model.query import PLATFORM, Compare, Op, Query
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.audit.idempotency import IDEMPOTENCIES, Idempotency

PARAMETER = "__idempotency_key__"
"""The parameter in which an edge hands over what it read from the `Idempotency-Key` header."""

KEPT = timedelta(hours=24)
MAX_KEY = 255
CLEAN_AT_ONCE = 20


def remembered(tx: Transaction, caller: Caller, key: str, asked: Json) -> Sequence[JsonObject] | None:
    """What was answered to the same request under this key, or None.

    Raises:
        ConflictError: the key was used for another request.
        OutOfRangeError: the key is too long.
    """
    if len(key) > MAX_KEY:
        raise OutOfRangeError(f"Idempotency-Key has more than {MAX_KEY} characters", field="Idempotency-Key")
    found = tx.of(IDEMPOTENCIES, PLATFORM).get(_ident(caller, key))
    if found is None or found.expires_at <= tx.now:
        return None
    if found.fingerprint != _fingerprint(asked):
        raise ConflictError("this Idempotency-Key was used for another request", field="Idempotency-Key")
    return found.answer


def once(
    tx: Transaction,
    caller: Caller,
    key: str,
    asked: Json,
    work: Callable[[], Sequence[JsonObject]],
    *,
    secrets: Collection[str] = (),
) -> Sequence[JsonObject]:
    """The remembered answer, or that of the work, which is then remembered in the same commit.

    secrets: keys of the answer that only the first one shows: they are not kept.

    Raises:
        ConflictError: the key was used for another request.
        Contention: the same request is under way elsewhere.
    """
    known = remembered(tx, caller, key, asked)
    if known is not None:
        return known
    answer = list(work())
    kept: list[JsonObject] = [{name: row[name] for name in row if name not in secrets} for row in answer]
    notes = tx.of(IDEMPOTENCIES, PLATFORM)
    _clean(tx)
    try:
        notes.add(
            Idempotency(id=_ident(caller, key), fingerprint=_fingerprint(asked), answer=kept, expires_at=tx.now + KEPT)
        )
    except DuplicateResourceError as error:
        raise Contention("the same request is under way", internal=str(error)) from error
    return answer


class Use(Enum):
    """How often something that counts once has been used."""

    FIRST = "first"
    AGAIN = "again"
    OTHERWISE = "otherwise"


def spend(tx: Transaction, thing: str, by: str, until: datetime) -> Use:
    """Note that something was used, and by what: for the first time, again by the same, or by something else before.

    until: when the note is no longer needed.

    Raises:
        Contention: it is being used elsewhere.
    """
    notes = tx.of(IDEMPOTENCIES, PLATFORM)
    ident, fingerprint = hashlib.sha256(f"\0{thing}".encode()).hexdigest(), _fingerprint(by)
    found = notes.get(ident)
    if found is not None:
        return Use.AGAIN if found.fingerprint == fingerprint else Use.OTHERWISE
    _clean(tx)
    try:
        notes.add(Idempotency(id=ident, fingerprint=fingerprint, expires_at=until))
    except DuplicateResourceError as error:
        raise Contention("the same is being used", internal=str(error)) from error
    return Use.FIRST


def _clean(tx: Transaction) -> None:
    notes = tx.of(IDEMPOTENCIES, PLATFORM)
    for old in notes.find(Query(where=Compare("expires_at", Op.LE, tx.now), limit=CLEAN_AT_ONCE)):
        notes.remove(old)


def _ident(caller: Caller, key: str) -> str:
    who = f"{caller.user_id}/{caller.project_id}/{caller.domain_id or caller.system_id}"
    return hashlib.sha256(f"{who}\0{key}".encode()).hexdigest()


def _fingerprint(asked: Json) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()

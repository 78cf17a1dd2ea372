"""A second factor: passcodes by time, and the questions whose answers stand in for a lost one.

The secret is a credential of type `totp`; beside it lie which passcode was taken last and how many have failed, so that
one passcode is good once, and guesses are bounded for the user whatever sessions and processes they come by.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import attrs

from cloudcore.auth.caller import GUEST, Caller, check_own
from cloudcore.auth.passwords import Attempts, LockRules, after_failure, check_lock
from cloudcore.auth.request import AuthRequest
from cloudcore.auth.totp import key_uri, matching_step, new_secret, read_secret
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    ConflictError,
    ForbiddenError,
    InvalidCredentialError,
    InvalidInputError,
    ResourceNotFoundError,
)
from cloudcore.model.history import Fact
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.model.reading import read_str
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.identity.credential import CREDENTIALS, RECOVERY, TOTP, Credential
from cloudcore.resources.identity.user import USERS

RULES = LockRules(failures=5, first_lock=timedelta(minutes=5), longest_lock=timedelta(hours=24))
"""Six digits are guessed sooner than a password: after five failures in a row it is locked, longer each time."""
ISSUER = "cloudcore"
MOST_QUESTIONS = 10
GUARDED = (TOTP, RECOVERY)


def prove_passcode(platform: Platform, request: AuthRequest, user: Any, peer: str, request_id: str) -> None:
    """Take a passcode of a user who has proved himself otherwise; it is good once.

    Raises:
        InvalidCredentialError: it is wrong, was used before, or the user has no second factor.
        TooManyRequestsError: too many have failed; `data["retry_after"]` in seconds.
    """

    def work(tx: Transaction) -> bool:
        held = factor_of(tx, user.id)
        if held is None:
            return False
        kept = _object(held.blob)
        check_lock(_attempts(kept), tx.now)
        secret = read_secret(str(kept["totp"]))
        step = matching_step(secret, request.passcode, tx.now, after=int(kept.get("step") or 0))
        _keep(tx, held, {**_after(kept, tx.now, right=step is not None), **({"step": step} if step else {})})
        why = {} if step is not None else {"reason": "wrong passcode"}
        notes: JsonObject = {"source": request.source, "ip": peer, **why}
        tx.record(_fact(user, "passcode", notes, success=step is not None))
        return step is not None

    author = attrs.evolve(GUEST, user_id=user.id, user_name=user.name, is_guest=False, request_id=request_id)
    if not writing(platform, author, work):
        raise InvalidCredentialError("the passcode is wrong", internal="wrong or used passcode, or no second factor")


def factor_of(tx: Transaction, user_id: str) -> Credential | None:
    """The credential that a user's passcodes come from; None without one in force."""
    where = both(eq("owner_id", user_id), both(eq("type", TOTP), eq("enabled", True)))
    found = tx.of(CREDENTIALS, PLATFORM).find(Query(where=where))
    return min(found, key=lambda row: (row.created_at, row.id)) if found else None


@attrs.frozen(kw_only=True)
class FactorState:
    """How somebody stands to his second factor. wanted: he is asked for it; made: he has one."""

    wanted: bool
    made: bool


def state_of(platform: Platform, caller: Caller) -> FactorState:
    """How the caller stands to his second factor."""

    def look(tx: Transaction) -> FactorState:
        user = tx.of(USERS, PLATFORM).get(caller.user_id)
        made = factor_of(tx, caller.user_id) is not None
        return FactorState(wanted=user is not None and user.enable_mfa, made=made)

    return reading(platform, look)


def begin_factor(platform: Platform, caller: Caller) -> JsonObject:
    """Make the caller's second factor; `secret` and `uri`, which are told once.

    Raises:
        ConflictError: he has one.
    """

    def work(tx: Transaction) -> JsonObject:
        if factor_of(tx, caller.user_id) is not None:
            raise ConflictError("there is a second factor: reset it by the answers to your questions")
        return _make(platform, tx, caller)

    return writing(platform, caller, work)


def reset_factor(platform: Platform, caller: Caller, answers: Any) -> JsonObject:
    """Make another second factor for whoever answers all of his questions.

    answers: a list of objects with `question` and `answer`.

    Raises:
        ResourceNotFoundError: he has no questions.
        InvalidInputError: an answer is wrong or missing; which one is not told.
        TooManyRequestsError: too many have failed.
    """
    given = dict(_questions(answers))

    def work(tx: Transaction) -> JsonObject | None:
        held = _recovery(tx, caller.user_id)
        if held is None:
            raise ResourceNotFoundError("there are no questions: ask an administrator to remove the second factor")
        kept = _object(held.blob)
        check_lock(_attempts(kept), tx.now)
        wanted = [(str(one["question"]), str(one["answer"])) for one in cast("list[JsonObject]", kept["questions"])]
        right = [hmac.compare_digest(_plain(given.get(q, "")), _plain(answer)) for q, answer in wanted]
        _keep(tx, held, _after(kept, tx.now, right=all(right)))
        if not all(right):
            tx.record(_fact(tx.of(USERS, PLATFORM).get(caller.user_id), "recover-factor", {}, success=False))
            return None
        old = factor_of(tx, caller.user_id)
        if old is not None:
            tx.of(CREDENTIALS, PLATFORM).remove(old)
        return _make(platform, tx, caller)

    made = writing(platform, caller, work)
    if made is None:
        raise InvalidInputError("an answer is wrong", field="answer")
    return made


def set_questions(platform: Platform, caller: Caller, questions: Any) -> None:
    """Keep questions and answers for the day that the second factor is lost, instead of those that there were.

    Raises:
        InvalidInputError: there are none, or they are malformed.
        ForbiddenError: the caller has not proved his second factor.
    """
    pairs = [{"question": question, "answer": answer} for question, answer in _questions(questions)]

    def work(tx: Transaction) -> None:
        check_proved(tx, caller, caller.user_id, RECOVERY)
        old = _recovery(tx, caller.user_id)
        if old is not None:
            tx.of(CREDENTIALS, PLATFORM).remove(old)
        _add(tx, caller, RECOVERY, {"questions": pairs})

    writing(platform, caller, work)


def questions_of(platform: Platform, caller: Caller) -> list[str]:
    """The caller's questions.

    Raises:
        ResourceNotFoundError: he has none.
    """
    held = reading(platform, lambda tx: _recovery(tx, caller.user_id))
    if held is None:
        raise ResourceNotFoundError("there are no questions")
    return [str(one["question"]) for one in cast("list[JsonObject]", _object(held.blob)["questions"])]


def recovery_blob(text: str) -> str:
    """What is kept of questions and answers that come as the text of a JSON list.

    Raises:
        InvalidInputError: there are none, or they are malformed.
    """
    try:
        sent: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("blob must be the text of a JSON list or object", field="blob") from error
    return json.dumps({"questions": [{"question": q, "answer": a} for q, a in _questions(sent)]})


def check_proved(tx: Transaction, caller: Caller, owner_id: str, kind: str) -> None:
    """Refuse to touch one's own second factor, or the questions in its place, by the password alone.

    Raises:
        ForbiddenError: the caller is asked for passcodes, has a second factor, and his token was had without.
    """
    mine = kind in GUARDED and owner_id == caller.user_id
    if mine and caller.lacks_second_factor and factor_of(tx, owner_id) is not None:
        raise ForbiddenError("log in with your second factor first")


def _make(platform: Platform, tx: Transaction, caller: Caller) -> JsonObject:
    secret = new_secret(platform.ids.random_bytes)
    _add(tx, caller, TOTP, {"totp": secret, "timestamp": int(tx.now.timestamp())})
    issuer = f"{ISSUER}.{caller.user_domain_name}" if caller.user_domain_name else ISSUER
    return {"secret": secret, "uri": key_uri(secret, issuer=issuer, account=caller.user_name)}


def _add(tx: Transaction, caller: Caller, kind: str, blob: JsonObject) -> None:
    check_own(caller)
    ident = tx.new_id().replace("-", "")
    made = Credential(id=ident, name=f"{kind}-{ident[:8]}", type=kind, owner_id=caller.user_id, blob=json.dumps(blob))
    tx.of(CREDENTIALS, PLATFORM).add(made)


def _recovery(tx: Transaction, user_id: str) -> Credential | None:
    where = both(eq("owner_id", user_id), eq("type", RECOVERY))
    found = [row for row in tx.of(CREDENTIALS, PLATFORM).find(Query(where=where)) if _object(row.blob).get("questions")]
    return max(found, key=lambda row: (row.created_at, row.id)) if found else None


def _questions(sent: Any) -> Sequence[tuple[str, str]]:
    items: list[Any] = cast("list[Any]", sent) if isinstance(sent, list) else []
    if not 1 <= len(items) <= MOST_QUESTIONS or not all(isinstance(item, dict) for item in items):
        raise InvalidInputError(
            f"send a list of 1 to {MOST_QUESTIONS} objects of question and answer", field="question"
        )
    pairs = [
        (read_str(item.get("question") or "", "question", 256), read_str(item.get("answer") or "", "answer", 256))
        for item in items
    ]
    if not all(question and _plain(answer) for question, answer in pairs) or len(dict(pairs)) < len(pairs):
        raise InvalidInputError("each question stands once, and has an answer", field="question")
    return pairs


def _plain(answer: str) -> bytes:
    """An answer as it is compared: case and blanks around it do not matter."""
    return answer.strip().casefold().encode("utf-8", "replace")


def _object(blob: str) -> JsonObject:
    found: Any = json.loads(blob or "{}")
    return cast("JsonObject", found) if isinstance(found, dict) else {}


def _attempts(kept: JsonObject) -> Attempts:
    def moment(name: str) -> datetime | None:
        return datetime.fromtimestamp(kept[name], UTC) if kept.get(name) else None

    return Attempts(
        failed_count=int(kept.get("failed") or 0), failed_at=moment("failed_at"), locked_until=moment("locked_until")
    )


def _after(kept: JsonObject, now: datetime, *, right: bool) -> JsonObject:
    """What is kept after one attempt."""
    rest = {name: value for name, value in kept.items() if name not in ("failed", "failed_at", "locked_until")}
    if right:
        return rest
    failed = after_failure(_attempts(kept), now, RULES)
    times = {"failed_at": failed.failed_at, "locked_until": failed.locked_until}
    return {**rest, "failed": failed.failed_count, **{k: v.timestamp() for k, v in times.items() if v is not None}}


def _keep(tx: Transaction, held: Credential, kept: JsonObject) -> None:
    tx.of(CREDENTIALS, PLATFORM).save(evolve(held, blob=json.dumps(kept)), action="passcode")


def _fact(user: Any, action: str, notes: JsonObject, *, success: bool) -> Fact:
    return Fact(
        action=action,
        obj_type="user",
        obj_id=user.id,
        obj_name=user.name,
        owner_domain_id=user.domain_id,
        success=success,
        service="identity",
        notes=notes,
    )

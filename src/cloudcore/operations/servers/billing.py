"""Until when a server is wanted: terms that are paid in advance, and the time at which one that is paid by use goes.

Nothing is charged here. What is paid in advance cannot be deleted before its term ends, and is renewed if that was asked
for; what is to be released is deleted at its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidInputError, InvalidStatusError, MissingParameterError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.reading import read_flag, read_str, read_time, said
from cloudcore.model.term import read_term
from cloudcore.operations.access import reach
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS

PREPAID, POSTPAID = "prepaid", "postpaid"


def read_terms(body: JsonMapping, now: datetime) -> JsonObject:
    """The terms in a create body: `billing_type`, `duration` (or `billing_cycle`), `auto_renew`, `release_at`.

    Raises:
        MissingParameterError: it is paid in advance, and nothing says for how long.
        InvalidInputError: a value is none, or goes with the other way to pay only.
    """
    kind = read_str(said(body, "billing_type", otherwise=POSTPAID), "billing_type", 36)
    if kind not in (PREPAID, POSTPAID):
        raise InvalidInputError(f"billing_type must be {POSTPAID} or {PREPAID}", field="billing_type")
    name = next((key for key in ("duration", "billing_cycle") if body.get(key) not in (None, "")), "")
    renew = read_flag(body, "auto_renew")
    if kind == PREPAID:
        if not name:
            raise MissingParameterError("duration is missing: say for how long it is paid", field="duration")
        if body.get("release_at") not in (None, ""):
            raise InvalidInputError("release_at is of servers that are paid by use", field="release_at")
        cycle, end = read_term(body[name], name, now)
        return {"billing_type": kind, "billing_cycle": cycle, "expired_at": end, "auto_renew": renew}
    if renew:
        raise InvalidInputError("auto_renew is of servers that are paid in advance", field="auto_renew")
    end_at = _release(body, name, now)
    return {"billing_type": kind, **({"release_at": end_at} if end_at is not None else {})}


def expire(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Say when a server that is paid by use is deleted: after `duration`, or at `release_at` (or `expire_time`).

    Raises:
        InvalidStatusError: it is paid in advance.
        MissingParameterError: no time is sent.
        InvalidInputError: the time is none, or past.
    """
    _need(server, POSTPAID)
    sent = {**body, "release_at": body.get("release_at") or body.get("expire_time")}
    end = _release(sent, "duration" if body.get("duration") not in (None, "") else "", tx.now)
    if end is None:
        raise MissingParameterError("duration is missing, or release_at", field="duration")
    _save(platform, tx, caller, evolve(server, release_at=end), "postpaid-expire")


def cancel_expire(platform: Platform, tx: Transaction, caller: Caller, server: Any, _body: JsonMapping) -> None:
    """Keep a server that was to be released.

    Raises:
        InvalidStatusError: it is paid in advance.
    """
    _need(server, POSTPAID)
    _save(platform, tx, caller, evolve(server, release_at=None), "cancel-expire")


def renew(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Add a term to one that is paid in advance: behind its end, or from now on where that is past.

    Raises:
        InvalidStatusError: it is paid by use.
        InvalidInputError: the term is none.
    """
    _need(server, PREPAID)
    start = max(server.expired_at or tx.now, tx.now)
    cycle, end = read_term(body.get("duration"), "duration", start)
    _save(platform, tx, caller, evolve(server, billing_cycle=cycle, expired_at=end), "renew")


def set_auto_renew(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Say whether the term is renewed at its end, and by which term.

    Raises:
        InvalidStatusError: it is paid by use.
        InvalidInputError: the term is none.
    """
    _need(server, PREPAID)
    changes: JsonObject = {"auto_renew": read_flag(body, "auto_renew")}
    if body.get("duration") not in (None, ""):
        changes["billing_cycle"], _ = read_term(body["duration"], "duration", tx.now)
    _save(platform, tx, caller, evolve(server, **changes), "set-auto-renew")


def change_type(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Have it paid the other way from now on; in advance needs a `duration`.

    Raises:
        MissingParameterError, InvalidInputError: as for `read_terms`.
    """
    terms = read_terms({"billing_type": body.get("billing_type"), "duration": body.get("duration")}, tx.now)
    if terms["billing_type"] == server.billing_type:
        return
    none: JsonObject = {"billing_cycle": "", "expired_at": None, "auto_renew": False, "release_at": None}
    _save(platform, tx, caller, evolve(server, **{**none, **terms}), "change-billing-type")


def _release(body: Mapping[str, Any], name: str, now: datetime) -> datetime | None:
    """When it is to go; name: the key of the term, empty where there is none."""
    at = body.get("release_at")
    if at in (None, ""):
        return read_term(body[name], name, now)[1] if name else None
    if name:
        raise InvalidInputError(f"release_at and {name} say the same: send one of them", field="release_at")
    moment = read_time(at, "release_at")
    if moment <= now:
        raise InvalidInputError("release_at must lie ahead", field="release_at")
    return moment


def _need(server: Any, kind: str) -> None:
    if server.billing_type != kind:
        raise InvalidStatusError(f"server {server.name} is {server.billing_type}, not {kind}", field="billing_type")


def _save(platform: Platform, tx: Transaction, caller: Caller, changed: Any, action: str) -> None:
    where = reach(platform, caller, SERVERS, "perform", action).where
    tx.of(SERVERS, where).save(changed, action=action.replace("-", "_"))

"""Making plans, and doing what they say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import CloudcoreError, ConflictError, NotSupportedError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Compare, Op, Query
from cloudcore.model.resource import Field, field_map
from cloudcore.operations.access import fetch_for
from cloudcore.operations.kept_columns import KeptColumns
from cloudcore.operations.plans.call import PARAMETER, Call, Kind, read_call, without
from cloudcore.operations.plans.draws import DrawnKeys, Draws
from cloudcore.operations.plans.telling import tell
from cloudcore.operations.plans.watch import BY_STORAGE, Row, Seen, WatchedUnits, Write
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.run import reading, writing
from cloudcore.operations.table import ALONE
from cloudcore.ports.session import Session
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.audit.decision import SCHEDULERDECISIONS
from cloudcore.resources.audit.plan import APPLIED, OPEN, PLANS, Plan
from cloudcore.resources.audit.tasknotice import TASKNOTICES

KEPT = timedelta(hours=1)
CLEAN_AT_ONCE = 20
MOST_ROWS = 10_000
"""Rows that a call may read and still be planned."""
_OF_CALLS = (TASKNOTICES, SCHEDULERDECISIONS)
"""Types whose rows tell of a call: whom to notify, what was seen on the way."""
_OF_REQUESTS = frozenset({"request_id", "actor"})
"""What tells of the request and not of what it does."""

Sessions = Callable[[Platform, str], Session]
"""The caller's view of a platform, in a request with that id."""


def make_plan(platform: Platform, caller: Caller, call: Call, sessions: Sessions, *, unkept: str) -> JsonObject:
    """Work out what a call would do, and keep that as a plan for an hour.

    unkept: a parameter of the call that is not part of the plan.

    Raises:
        NotSupportedError: the call is one that can't be taken back.
        Others: those of the call; what would be refused has no plan.
    """
    if call.plural == PLANS.plural or (call.verb is Kind.PERFORM and (call.plural, call.action) in ALONE):
        raise NotSupportedError(
            f"there are no plans of {call.plural} {call.action or call.verb.value}", field=PARAMETER
        )
    call = attrs.evolve(call, params=without(call.params, PARAMETER, unkept))
    text, seed = call.text(), platform.ids.random_bytes(32)
    trial = _Trial(platform, caller, call, seed)
    trial.run(sessions)

    def keep(tx: Transaction) -> JsonObject:
        _clean(tx)
        plan = tx.of(PLANS, PLATFORM).add(trial.plan(tx, text))
        return detail_rows(platform, tx, PLANS, [plan])[0]

    return writing(platform, caller, keep)


def apply_plan(platform: Platform, caller: Caller, ident: str, sessions: Sessions) -> JsonObject:
    """Do what a plan says: `answer` is that of the call. Its tasks and history name the request that made the plan.

    Raises:
        ConflictError: something that it was made of has changed, or would come out otherwise; it was applied; it is too old.
        ResourceNotFoundError: there is no such plan, or it is another's.
        Others: those of the call.
    """
    plan = reading(platform, lambda tx: _fetched(platform, tx, caller, ident))
    if (plan.project_id, plan.scope_domain_id) != (caller.project_id, caller.scope_domain_id):
        raise ConflictError("this plan was made in another project or domain: log in to that one", field="id")
    call, draws = read_call(plan.request), Draws(bytes.fromhex(plan.seed))
    keys = DrawnKeys(platform.key_generator, [(public, private) for public, private in json.loads(plan.keys)])
    now = _Application(platform, plan)
    units = WatchedUnits(platform.uow, draws, keys, now.settle)
    watched = attrs.evolve(
        platform, uow=units, ids=draws, key_generator=keys, columns=KeptColumns(), notes_refusals=False
    )
    answer = call.run(sessions(watched, plan.request_id))
    if not now.is_kept:
        writing(platform, caller, lambda tx: _close(tx, plan.id))
    return {"id": plan.id, "name": plan.name, "state": APPLIED, "answer": answer}


class _Trial:
    """One call, done and taken back."""

    def __init__(self, platform: Platform, caller: Caller, call: Call, seed: bytes) -> None:
        self._platform = platform
        self._caller = caller
        self._call = call
        self._seed = seed
        self._keys = DrawnKeys(platform.key_generator)
        self._seen: Seen | None = None
        self._summary: JsonObject = {}

    def run(self, sessions: Sessions) -> None:
        """Do it, and look at it before it is taken back."""
        draws = Draws(self._seed)
        units = WatchedUnits(self._platform.uow, draws, self._keys, self._settle)
        watched = attrs.evolve(
            self._platform,
            uow=units,
            ids=draws,
            key_generator=self._keys,
            wake=_nobody,
            columns=KeptColumns(),
            notes_refusals=False,
        )
        try:
            self._call.run(sessions(watched, self._caller.request_id))
        except CloudcoreError:
            # What it looks for after its commit is not there: that was taken back.
            if self._seen is None:
                raise

    def plan(self, tx: Transaction, text: str) -> Plan:
        """What was seen, as it is kept."""
        seen = self._seen or Seen()
        if len(seen.reads) > MOST_ROWS:
            raise NotSupportedError(f"this call reads more than {MOST_ROWS:,} rows: too many for a plan")
        call, caller = self._call, self._caller
        return Plan(
            id=tx.new_id(),
            name=call.title,
            owner_id=caller.user_id,
            project_id=caller.project_id,
            scope_domain_id=caller.scope_domain_id,
            call=call.verb.value,
            resource=call.plural,
            request_id=caller.request_id,
            summary=self._summary,
            expires_at=tx.now + KEPT,
            request=text,
            seed=self._seed.hex(),
            keys=json.dumps(self._keys.made),
            world=[[plural, ident, version] for (plural, ident), version in seen.reads.items()],
            outcome=outcome_of(seen.writes),
        )

    def _settle(self, tx: Transaction, seen: Seen) -> bool:
        if self._seen is not None:
            raise NotSupportedError("this is done in several commits, of which there are no plans", field=PARAMETER)
        self._seen = seen
        self._summary = tell(self._platform, tx, self._caller, self._call, seen.writes)
        return False


class _Application:
    """The same call again, kept only if the world and what comes out are those of the plan."""

    def __init__(self, platform: Platform, plan: Plan) -> None:
        self._platform = platform
        self._plan = plan
        self.is_kept = False

    def settle(self, tx: Transaction, seen: Seen) -> bool:
        """Refuse the commit, or close the plan in it.

        Raises:
            ConflictError: something has changed, or comes out otherwise.
        """
        if self.is_kept:
            raise NotSupportedError("this is done in several commits, of which there are no plans")
        for plural, ident, version in self._plan.world:
            if self._version(tx, seen, (plural, ident)) != version:
                raise _stale(f"{self._singular(plural)} {ident} has changed since the plan was made", plural, ident)
        planned = [tuple(line) for line in self._plan.outcome]
        found = [tuple(line) for line in outcome_of(seen.writes)]
        if planned != found:
            differing = next(
                (one for one, other in zip(found, planned, strict=False) if one != other), ("", "", "", "")
            )
            _, plural, ident, _ = differing
            raise _stale("what would be done is no longer what the plan says", str(plural), str(ident))
        _close(tx, self._plan.id)
        self.is_kept = True
        return True

    def _version(self, tx: Transaction, seen: Seen, key: Row) -> int | None:
        if key in seen.reads:
            return seen.reads[key]
        resource = self._platform.types.get(key[0])
        row = tx.of(resource, PLATFORM).get(key[1]) if resource is not None else None
        return row.update_version if row is not None else None

    def _singular(self, plural: str) -> str:
        resource = self._platform.types.get(plural)
        return resource.singular if resource is not None else plural


def outcome_of(writes: Sequence[Write]) -> list[list[str]]:
    """`[kind, plural, id, hash]` of each row that was written, in order: the same for the same call in the same world.

    Left out are times, secrets (which have salts) and what tells of the request, such as whom to notify.
    """
    lines: list[list[str]] = []
    for write in (one for one in writes if one.resource not in _OF_CALLS):
        fields = field_map(write.resource.entity)
        values = {k: _plain(v) for k, v in write.after.items() if k in fields and _counts(fields[k], v)}
        told = json.dumps([values, dict(write.deltas)], sort_keys=True, default=str)
        lines.append([write.kind, write.resource.plural, write.ident, hashlib.sha256(told.encode()).hexdigest()[:32]])
    return lines


def _counts(field: Field, value: Any) -> bool:
    spec = field.spec
    hidden = spec.secret or spec.sealed or spec.volatile or field.name in BY_STORAGE or field.name in _OF_REQUESTS
    return not hidden and not isinstance(value, datetime)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def _fetched(platform: Platform, tx: Transaction, caller: Caller, ident: str) -> Plan:
    plan = fetch_for(platform, tx, caller, PLANS, ident, "perform", "apply")
    _check_open(plan, tx.now)
    return plan


def _close(tx: Transaction, ident: str) -> None:
    """Mark the plan as applied, in the commit that does what it says: so that it is done once."""
    plans = tx.of(PLANS, PLATFORM)
    plan = plans.get(ident)
    if plan is None:
        raise ConflictError("this plan is gone", field="id")
    _check_open(plan, tx.now)
    plans.save(evolve(plan, state=APPLIED, applied_at=tx.now), action="apply")


def _check_open(plan: Plan, now: datetime) -> None:
    if plan.state != OPEN:
        raise ConflictError("this plan has been applied", field="id")
    if plan.expires_at <= now:
        raise ConflictError("this plan is too old: make another one", field="id")


def _clean(tx: Transaction) -> None:
    plans = tx.of(PLANS, PLATFORM)
    for old in plans.find(Query(where=Compare("expires_at", Op.LE, tx.now), limit=CLEAN_AT_ONCE)):
        plans.remove(old)


def _stale(reason: str, plural: str, ident: str) -> ConflictError:
    return ConflictError(f"{reason}: make another plan", field="id", data={"resource": plural, "id": ident})


def _nobody(_task: str) -> None:
    return None

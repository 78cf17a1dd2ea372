"""Making servers: one decision, and for up to two hundred of them one commit with claims, quota, addresses, rows and tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import count as count_from

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    CloudcoreError,
    InsufficientResourceError,
    InvalidInputError,
    OutOfQuotaError,
    OutOfRangeError,
)
from cloudcore.model.json import Json, JsonMapping, JsonObject
from cloudcore.model.reading import read_flag, read_int, said
from cloudcore.operations.allowances import with_allowances
from cloudcore.operations.creating import under_parents
from cloudcore.operations.crowds import crowded
from cloudcore.operations.deciding import refused, spare_at
from cloudcore.operations.decisions import keep_refusal
from cloudcore.operations.foresight import bring_times, with_foresight
from cloudcore.operations.idempotency import once, remembered
from cloudcore.operations.occupants import occupants_of
from cloudcore.operations.out_of_quota import but_for_quota, retold
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.pools import bring_project, bring_up_to_date, find_place, has_narrowed, settle
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.run import again, reading, try_once, would_be, write_once
from cloudcore.operations.servers.devices import device_rows
from cloudcore.operations.servers.input import Wanted, read_wanted
from cloudcore.operations.servers.inserting import charge_rows, insert_rows
from cloudcore.operations.veil import veiled_refusal
from cloudcore.operations.watermark import mark
from cloudcore.ports.session import Context
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ledger import usage_of
from cloudcore.quotas.limits import limits_of
from cloudcore.resources.compute.server import SERVERS
from cloudcore.scheduling import Answer, Decision, schedule
from cloudcore.scheduling.claims import with_devices
from cloudcore.scheduling.pipeline import ALTERNATIVES

MOST_IN_ONE_UNIT = 200
LOOKS = 3
"""So many times the process's own columns are asked; then it is read what there is."""
_SHOWN = ("count", "cpu", "memory", "storage")
"""Of the quota in a preview."""


def create_servers(
    platform: Platform,
    caller: Caller,
    body: JsonMapping,
    count: int,
    *,
    key: str = "",
    asked: Json = None,
    context: Context = (),
) -> Sequence[JsonObject]:
    """Make `count` servers from one body, all or none; each begins its own long operation.

    With `dry_run` all of it is taken back: the answer is what would have been made, where, and what of the quota it takes.

    key: under which the same request is answered as before and happens once; empty for none. asked: the request, where it
        is another one than to make servers of this body.

    Raises:
        InsufficientResourceError: they don't fit; explains why and what would help.
        InvalidInputError: the body says another count, too.
        OutOfQuotaError: a limit would be exceeded.
        DuplicateNameError: the name is taken.
        Others of `read_wanted`.
    """
    _check_count(body, count)
    dry = read_flag(body, "dry_run") or read_flag(body, "suggestion")
    if context:
        body = reading(platform, lambda tx: _under(platform, tx, caller, body, context))
    request: Json = asked or ["create", "servers", count, body]
    tries = count_from(1)

    def attempt() -> Sequence[JsonObject]:
        known = reading(platform, lambda tx: remembered(tx, caller, key, request)) if key else None
        if known is not None:
            return known
        look = next(tries)
        wanted, pooled = _read(platform, caller, body, count, look=look)
        decision = _decide(platform, wanted, spare=spare_at(look), pooled=pooled, claim=not dry)
        told: InsufficientResourceError | None = None
        if decision.refusal is not None:
            told = _refused(platform, caller, wanted, decision, keep=not dry)
            beside = but_for_quota(_whole_story(decision))
            if beside is None:
                raise told
            decision = beside
        if dry:
            return try_once(platform, caller, lambda tx: _preview(platform, tx, caller, wanted, decision))

        def insert(tx: Transaction) -> Sequence[JsonObject]:
            def make() -> Sequence[JsonObject]:
                return _insert(platform, tx, caller, wanted, decision)

            return once(tx, caller, key, request, make) if key else make()

        try:
            return _committed(platform, caller, wanted, decision, insert)
        except OutOfQuotaError as error:
            raise _out_of_quota(platform, caller, wanted, error, told, again=look <= LOOKS) from error

    return again(platform, attempt)


def _check_count(body: JsonMapping, count: int) -> None:
    if not 1 <= count <= MOST_IN_ONE_UNIT:
        raise OutOfRangeError(f"count must be between 1 and {MOST_IN_ONE_UNIT}", field="count")
    if read_int(said(body, "count", otherwise=1), "count", 1, MOST_IN_ONE_UNIT) not in (1, count):
        raise InvalidInputError("count says how many beside the server, and not only in it", field="count")


def _committed(
    platform: Platform,
    caller: Caller,
    wanted: Wanted,
    decision: Decision | Answer,
    insert: Callable[[Transaction], Sequence[JsonObject]],
) -> Sequence[JsonObject]:
    is_kept = False
    try:
        made = write_once(platform, caller, insert)
        is_kept = True
    finally:
        if isinstance(decision, Answer):
            settle(platform, wanted.request, decision, is_kept=is_kept)
    return made


def insert_servers(
    platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, count: int
) -> Sequence[JsonObject]:
    """Make servers in a unit that has made what they are made of; the decision is taken inside it, for nobody else sees that.

    Raises:
        Those of `create_servers`.
    """
    wanted = read_wanted(platform, tx, caller, body, count)
    decision = _decide_now(platform, tx, wanted)
    beside = decision if decision.refusal is None else but_for_quota(decision)
    if beside is None:
        raise veiled_refusal(platform, tx, caller, _explained(platform, tx, caller, decision))
    return _insert(platform, tx, caller, wanted, beside)


def _read(platform: Platform, caller: Caller, body: JsonMapping, count: int, *, look: int) -> tuple[Wanted, bool]:
    """What is wanted, and whether the process's own columns are there to decide by: at the first looks they are brought up to
    date, and from then on it is read what there is.
    """
    seen, pooled = mark(platform), look <= LOOKS

    def read(tx: Transaction) -> tuple[Wanted, bool]:
        wanted = read_wanted(platform, tx, caller, body, count)
        if not pooled or wanted.request.has_devices:
            return wanted, False  # no column is kept of devices, which others take all the time
        bring_up_to_date(platform, tx, wanted.request.host_type, seen, doubted=look > 1)
        bring_project(platform, tx, wanted.request)
        request = bring_times(platform, tx, wanted.request, wanted.draft)
        if look > 1 or has_narrowed(platform, request):
            request = with_allowances(tx, request, extra_cpus=_extra(wanted))
        return attrs.evolve(wanted, request=request), True

    return reading(platform, read)


def _decide(platform: Platform, wanted: Wanted, *, spare: int, pooled: bool, claim: bool) -> Decision | Answer:
    """By kept columns, which may place, for admission says whether they are right; only ones that are read now refuse."""
    if pooled:
        answer = find_place(platform, wanted.request, spare=spare, claim=claim)
        if answer is not None:
            return answer
    return reading(platform, lambda tx: _decide_now(platform, tx, wanted, max(spare, ALTERNATIVES)))


def _decide_now(
    platform: Platform, tx: Transaction, wanted: Wanted, spare: int = ALTERNATIVES, *, everywhere: bool = False
) -> Decision:
    request = with_allowances(tx, wanted.request, extra_cpus=_extra(wanted), everywhere=everywhere)
    inventory = inventory_of(tx, platform.settings, host_type=request.host_type, networks=_networks(wanted))
    inventory = crowded(tx, inventory, request.project_id)
    inventory, request = with_foresight(platform, tx, inventory, request, wanted.draft)
    if request.has_devices:
        inventory = with_devices(inventory, device_rows(tx))
    return schedule(inventory, request, spare=spare)


def _extra(wanted: Wanted) -> int:
    return int(wanted.draft.get("extra_cpu_count") or 0)


def _explained(platform: Platform, tx: Transaction, caller: Caller, decision: Decision) -> InsufficientResourceError:
    assert decision.refusal is not None
    return refused(decision, decision.refusal, occupants_of(platform, tx, caller, decision.request))


def _refused(
    platform: Platform, caller: Caller, wanted: Wanted, decided: Decision | Answer, *, keep: bool
) -> InsufficientResourceError:
    """Why they don't fit, with the names that the caller may read; the decision is kept."""
    decision = _whole_story(decided)
    assert decision is not None
    error = reading(platform, lambda tx: _explained(platform, tx, caller, decision))
    if keep:
        name = wanted.name or wanted.generate_name
        keep_refusal(platform, caller, decision, wanted.request, name=name, told=error.data)
    return reading(platform, lambda tx: veiled_refusal(platform, tx, caller, error))


def _out_of_quota(
    platform: Platform,
    caller: Caller,
    wanted: Wanted,
    error: OutOfQuotaError,
    told: InsufficientResourceError | None,
    *,
    again: bool,
) -> CloudcoreError:
    found = retold(error, told, again=again)
    if told is None and isinstance(found, OutOfQuotaError):
        return reading(platform, partial(_with_limits, platform, caller, wanted, found))
    return found


def _with_limits(
    platform: Platform, caller: Caller, wanted: Wanted, error: OutOfQuotaError, tx: Transaction
) -> CloudcoreError:
    """An error of limits that no choice of a host avoids, with what would help against them and everything else."""
    decision = _decide_now(platform, tx, wanted, everywhere=True)
    if decision.refusal is None:
        return error
    return retold(error, veiled_refusal(platform, tx, caller, refused(decision, decision.refusal)), again=False)


def _whole_story(decided: Decision | Answer) -> Decision | None:
    return decided if isinstance(decided, Decision) else decided.decision


def _networks(wanted: Wanted) -> Sequence[str] | None:
    """The networks that matter: those that are named for every card, or all of them."""
    named = [nic.network_id for nic in wanted.request.nets]
    return named if all(named) else None


def _preview(
    platform: Platform, tx: Transaction, caller: Caller, wanted: Wanted, decision: Decision | Answer
) -> Sequence[JsonObject]:
    made = _insert(platform, tx, caller, wanted, decision)
    domain, project = wanted.owner["domain_id"], wanted.owner["tenant_id"]
    used, limits = usage_of(tx, domain, project), limits_of(tx, domain, (project,), _SHOWN)[project].whole
    quota = {key: {"used": used[key], "limit": limits[key]} for key in _SHOWN}
    return [{**would_be(row), "quota": quota} for row in made]


def _insert(
    platform: Platform, tx: Transaction, caller: Caller, wanted: Wanted, decision: Decision | Answer
) -> list[JsonObject]:
    made = insert_rows(platform, tx, caller, wanted, decision)
    charge_rows(tx, [(wanted, made)])
    return detail_rows(platform, tx, SERVERS, made)


def _under(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, context: Context) -> JsonMapping:
    """The body of a server that is made under something; a host is the one that it is wanted on."""
    named = under_parents(platform, tx, caller, SERVERS, {}, context)
    return {**body, **named, **({"prefer_host": named["host_id"]} if "host_id" in named else {})}

"""Past decisions of the scheduler, told again: why it went there, why it was refused, and what would become of it now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import Expr, Not, Order, Query, both, eq
from cloudcore.model.reading import format_time, read_bool, read_int
from cloudcore.operations.access import widest
from cloudcore.operations.allowances import with_allowances
from cloudcore.operations.decisions import of_server, told_of
from cloudcore.operations.history import visible
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import find_one
from cloudcore.operations.servers.bonds import bonds_now
from cloudcore.operations.servers.devices import device_rows
from cloudcore.operations.veil import hosts_shown, veil
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.audit.decision import SCHEDULERDECISIONS, SchedulerDecision
from cloudcore.resources.compute.server import SERVERS
from cloudcore.scheduling import Inventory, Request, relaxations, schedule
from cloudcore.scheduling.claims import with_devices
from cloudcore.scheduling.forecast import explanation, forecast
from cloudcore.scheduling.replay import Standing, compared, read_seen, replay

MOST_LISTED = 5000
SUGGESTION = "test"
MAX_RELAXED_HOSTS = 2000


def history_list(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """A page of the decisions that the caller may know of, newest first.

    body: limit, offset; all: suggestions too; is_suggestion: only those; failed: only those that found no place.
    """
    limit = read_int(body.get("limit") or 20, "limit", 1, MOST_LISTED)
    offset = read_int(body.get("offset") or 0, "offset", 0, 2**31)
    everything = read_bool(body.get("all") or False, "all")
    where = visible(platform, caller, {})
    if read_bool(body.get("is_suggestion") or False, "is_suggestion"):
        where = both(where, eq("question", SUGGESTION))
    elif not everything:
        where = both(where, Not(eq("question", SUGGESTION)))
    if read_bool(body.get("failed") or False, "failed"):
        where = both(where, eq("success", False))
    repository = tx.of(SCHEDULERDECISIONS, where)
    order = (Order("created_at", descending=True), Order("id", descending=True))
    found = [_line(row) for row in repository.find(Query(order=order, limit=limit, offset=offset))]
    # Clients read either word.
    return {"data": found, "history": found, "total": repository.count(), "limit": limit, "offset": offset}


def history_detail(platform: Platform, tx: Transaction, caller: Caller, ident: str) -> JsonObject:
    """One decision, by its id or the name of its question: what was wanted, and what became of it.

    Raises:
        ResourceNotFoundError: there is none, or not for the caller.
    """
    row = _decision(platform, tx, caller, ident)
    seen = read_seen(row.seen)
    output = forecast(replay(seen).decision, session_id=row.session_id)
    if row.told:
        output["not_allow_reasons"] = _reasons(row)
    output |= {"can_create": row.success, "allow_count": row.fitting}
    shown = hosts_shown(platform, tx, caller)
    return {"history": {**_line(row), "input": told_of(seen.request), "output": veil(output, shown)}}


def explain(platform: Platform, tx: Transaction, caller: Caller, ident: str) -> JsonObject:
    """Why a decision came out as it did: by its id, the name of its question, or a server that was made by it.

    `candidates` are the hosts that mattered, the best first, with what each weigher gave them or the filter that removed
    them; `filters` how many hosts each filter removed; `relaxations` what would have helped; `now` what today's hosts say.

    Raises:
        ResourceNotFoundError: there is none, or not for the caller.
    """
    row = _decision(platform, tx, caller, ident)
    seen = read_seen(row.seen)
    made = replay(seen)
    shown = hosts_shown(platform, tx, caller)
    counts = {host: seen.chosen.count(host) for host in seen.chosen}
    candidates = [_candidate(one, counts) for one in compared(seen.rows.build(), seen.request)]
    then: JsonObject = {"candidates": candidates, "filters": row.told.get("filters", [])}
    answer: JsonObject = {
        **_line(row),
        "question": row.question,
        "summary": row.summary or _gone_to(row),
        "request": told_of(seen.request),
        "hosts": seen.hosts,
        "servers": _servers(row, shown),
        "relaxations": row.told.get("relaxations", []),
        "replay": {"same": made.same, "kept_hosts": len(seen.rows.hosts), "whole": seen.is_whole},
        **veil(then, shown),
        "now": veil(_now(platform, tx, seen.request), shown),
    }
    return {"explanation": answer}


def _decision(platform: Platform, tx: Transaction, caller: Caller, ident: str) -> SchedulerDecision:
    where = visible(platform, caller, {})
    # A server that has moved is explained by its last move, and by the decision that made it otherwise.
    kept = _newest(tx, ident, where) or tx.of(SCHEDULERDECISIONS, where).get(ident)
    found = kept or _of_server(platform, tx, caller, ident, where)
    if found is None:
        raise ResourceNotFoundError(f"no decision {ident} is kept")
    return found


def _newest(tx: Transaction, session: str, where: Expr) -> SchedulerDecision | None:
    query = Query(where=eq("session_id", session), order=(Order("created_at", descending=True),), limit=1)
    return next(iter(tx.of(SCHEDULERDECISIONS, where).find(query)), None)


def _of_server(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, where: Expr
) -> SchedulerDecision | None:
    """That by which a server is where it is, by its name or id; of one that is gone by its id, as long as it is kept."""
    granted = widest(platform, caller, SERVERS, "list")
    server_id = ident
    if granted is not None:
        try:
            server_id = find_one(tx, SERVERS, ident, granted.where).id
        except ResourceNotFoundError:
            server_id = ident
    return _newest(tx, server_id, where) or of_server(tx, server_id, where)


def _line(row: SchedulerDecision) -> JsonObject:
    return {
        "id": row.id,
        "session_id": row.session_id,
        "time": format_time(row.created_at) if row.created_at is not None else "",
        "status": "ok" if row.success else "fail",
        "count": row.count,
        "guests": row.name,
        "is_suggestion": row.question == SUGGESTION,
        "user": row.user_name,
    }


def _reasons(row: SchedulerDecision) -> list[str]:
    filters: Sequence[JsonObject] = row.told.get("filters", [])
    lines = [
        f"{one['removed']} host filter by {one['filter_name']}: {one['text']}" for one in filters if one["removed"]
    ]
    return lines or [row.summary]


def _gone_to(row: SchedulerDecision) -> str:
    return f"{row.fitting} of {row.count} found a place"


def _servers(row: SchedulerDecision, shown: Any) -> list[JsonObject]:
    return [{"id": server, "host_id": host if shown is None or host in shown else ""} for server, host in row.placed]


def _candidate(one: Standing, counts: JsonMapping) -> JsonObject:
    return {
        "host_id": one.host_id,
        "name": one.host_name,
        "count": counts.get(one.host_id, 0),
        "score": one.score,
        "weighers": dict(one.parts),
        "filter_name": one.refused_by,
        "reason": one.reason,
    }


def _now(platform: Platform, tx: Transaction, request: Request) -> JsonObject:
    """The same request on the hosts as they are: nothing is claimed."""
    request = bonds_now(tx, request)
    # What a server that moves counts for, it counts for already.
    request = with_allowances(tx, request) if not request.present_host else attrs.evolve(request, allowances=())
    inventory = today(platform, tx, request)
    decision = schedule(inventory, request)
    answer: JsonObject = {
        "can_create": decision.refusal is None,
        "hosts": len(inventory.hosts),
        "allow_count": decision.fitting,
        "candidates": [{"host_id": one.host_id, "name": one.host_name} for one in decision.placements],
        "summary": "",
        "filters": [],
        "relaxations": [],
    }
    if decision.refusal is None:
        return answer
    small = len(inventory.hosts) <= MAX_RELAXED_HOSTS
    told = explanation(decision.refusal, relaxations(inventory, request) if small else ())
    return answer | {name: told[name] for name in ("summary", "filters", "relaxations")}


def today(platform: Platform, tx: Transaction, request: Request) -> Inventory:
    """All hosts that a request could go to, with what is claimed of them now."""
    inventory = inventory_of(tx, platform.settings, host_type=request.host_type, networks=None)
    return with_devices(inventory, device_rows(tx)) if request.has_devices else inventory

"""The scheduler as a service: what would be chosen, and why not. It decides and claims nothing."""

from __future__ import annotations

from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import ActionNotFoundError, InsufficientResourceError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import read_int
from cloudcore.operations.access import reach
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading
from cloudcore.operations.servers.input import read_wanted
from cloudcore.operations.veil import hosts_shown, veil
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.scheduling import Decision, schedule
from cloudcore.scheduling.forecast import candidates, explanation, forecast

SCHEDULER = "scheduler"
"""The word under which a session asks it (`perform_class`)."""

MAX_COUNT = 5000


def ask_scheduler(platform: Platform, caller: Caller, question: str, body: JsonMapping) -> JsonObject:
    """Answer `schedule`, `test`, `forecast` (of a server's create body, with `count`) or `candidate-list`.

    Hosts that the caller may not list stand in the answers without id and name.

    Raises:
        InsufficientResourceError: `schedule` finds no place for all.
        ActionNotFoundError: there is no such question.
        InvalidInputError and others: as for making a server.
    """
    if question == "candidate-list":
        return reading(platform, lambda tx: _hosts(platform, tx, caller, body))
    if question not in ("schedule", "test", "forecast"):
        raise ActionNotFoundError(f"the scheduler has no action {question[:64]}")
    decision = reading(platform, lambda tx: _decide(platform, tx, caller, body))
    shown = reading(platform, lambda tx: hosts_shown(platform, tx, caller))
    if question == "forecast":
        return veil(forecast(decision, session_id=caller.request_id), shown)
    if question == "test":
        rows = [*decision.placements, *decision.alternatives]
        data = [{"id": p.host_id, "name": p.host_name, "data": {"score": p.score}} for p in rows]
        return veil({"data": data, "total": len(data), "limit": len(data), "offset": 0}, shown)
    if decision.refusal is not None:
        raise InsufficientResourceError(decision.refusal.summary(), data=veil(explanation(decision.refusal), shown))
    return veil({"candidates": candidates(decision, session_id=caller.request_id)}, shown)


def _decide(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> Decision:
    sent: Any = body.get("scheduler")
    inner = cast("JsonObject", sent) if isinstance(sent, dict) else {}
    asked: JsonObject = {**inner, **body}
    count = read_int(asked.get("count") or 1, "count", 1, MAX_COUNT)
    wanted = read_wanted(platform, tx, caller, asked, count)
    inventory = inventory_of(tx, platform.settings, host_type=wanted.request.host_type, networks=None)
    return schedule(inventory, wanted.request)


def _hosts(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    rows = tx.of(HOSTS, reach(platform, caller, HOSTS, "list").where).find()
    claims = {claim.id: claim for claim in tx.of(HOSTCLAIMS, PLATFORM).find()}
    limit = read_int(body.get("limit") or 20, "limit", 1, MAX_COUNT)
    offset = read_int(body.get("offset") or 0, "offset", 0, 2**31)
    page = rows[offset : offset + limit]
    data = [_candidate(platform, host, claims.get(host.id)) for host in page]
    return {"data": data, "total": len(rows), "limit": limit, "offset": offset}


def _candidate(platform: Platform, host: Any, claim: Any) -> JsonObject:
    settings = platform.settings
    cpu_bound = host.cpu_cmtbound if host.cpu_cmtbound is not None else settings.cpu_overcommit
    memory_bound = host.mem_cmtbound if host.mem_cmtbound is not None else settings.memory_overcommit
    cpu, memory = int(host.cpu_count * cpu_bound), int(host.mem_size * memory_bound)
    used_cpu, used_memory = (claim.vcpus, claim.memory_mib) if claim is not None else (0, 0)
    return {
        "id": host.id,
        "name": host.name,
        # The wire spells the key so.
        "cpu": {"free": cpu - used_cpu - host.cpu_reserved, "reserverd": host.cpu_reserved, "total": cpu},
        "mem": {"free": memory - used_memory - host.mem_reserved, "reserverd": host.mem_reserved, "total": memory},
        "status": host.status,
        "host_status": str(host.host_status),
        "enable_status": "enable" if host.enabled else "disable",
        "host_type": host.host_type,
        "pending_usage": {},
    }

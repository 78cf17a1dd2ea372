"""Servers to another host while theirs lives: decided and claimed in one commit; a task moves them, off and on again."""

from __future__ import annotations

from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InsufficientResourceError, InvalidStatusError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.operations.allowances import for_move
from cloudcore.operations.begin import check_idle, start_transition
from cloudcore.operations.deciding import decide, seats
from cloudcore.operations.decisions import keep
from cloudcore.operations.occupants import occupants_of
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.room import limits_for
from cloudcore.operations.servers.media import EMPTY, medium_of
from cloudcore.operations.servers.moving import described
from cloudcore.operations.shares import claim_share
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ledger import check_move
from cloudcore.resources.audit.decision import MOVED
from cloudcore.resources.compute.server import SERVERS, PowerState
from cloudcore.resources.infrastructure.host import HOSTS, AgentStatus
from cloudcore.scheduling import Request
from cloudcore.tasks.task import TASKS, Task

MOVE = "move"


def move(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    server: Any,
    *,
    prefer: str = "",
    force: bool = False,
    start: bool = False,
    turn: int = 0,
    reason: str = "",
) -> str:
    """Begin to move a server off a host that lives; the id of the new host. Nothing is written when it raises.

    prefer: only to this host. force: cut the power where it does not switch off. start: also where it was off.
    turn: kept with the task, for whoever began it.

    Raises:
        InvalidStatusError: its status does not allow it, its host does not answer, or something of it is on that host alone.
        InsufficientResourceError: no host that reaches its storages and networks has room for it; says why.
        OutOfQuotaError: others have just taken what a limit left where it goes.
    """
    lifecycle = SERVERS.lifecycle
    assert lifecycle is not None
    check_idle(tx, SERVERS, server)
    lifecycle.start(MOVE, server.status, what=f"server {server.name}")
    source = check_source(tx, server)
    (guest,) = described(platform, tx, [server])
    if guest.stuck:
        raise InvalidStatusError(f"server {server.name} can't move: {guest.stuck}", field="host_id")
    target, pins = claimed_host(platform, tx, caller, server, attrs.evolve(guest.request, prefer_host=prefer))
    params: JsonObject = {
        "source": source.id,
        "target": target,
        "was_on": server.power_states == PowerState.ON,
        "auto_start": start,
        "is_force": force,
        "turn": turn,
        "reason": reason,
        "drive": dict(EMPTY),
        "before": medium_of(server),
        "pins": pins,
        "pins_before": server.cpu_numa_pin,
    }
    start_transition(platform, tx, caller, SERVERS, server, MOVE, params)
    check_move(tx, server, source.id, target)
    return target


def check_source(tx: Transaction, server: Any) -> Any:
    """The host of a server, from which it can move: it answers.

    Raises:
        InvalidStatusError: there is none, or it does not.
    """
    source = tx.of(HOSTS, PLATFORM).get(server.host_id) if server.host_id else None
    if source is None:
        raise InvalidStatusError(f"server {server.name} is on no host", field="host_id")
    if source.host_status != AgentStatus.ONLINE:
        raise InvalidStatusError(f"host {source.name} does not answer", field="host_id")
    return source


def under_way(tx: Transaction, server: Any, flow: str) -> Task | None:
    """The open task of a flow that works on a server."""
    mine = both(both(eq("obj_id", server.id), eq("flow", flow)), eq("ended_at", None))
    found = tx.of(TASKS, PLATFORM).find(Query(where=mine, limit=1))
    return found[0] if found else None


def claimed_host(
    platform: Platform, tx: Transaction, caller: Caller, server: Any, request: Request
) -> tuple[str, list[JsonObject]]:
    """The host that was chosen and whose share was taken, and what the server has of its NUMA nodes; the decision is kept under
    the id of the server.

    Raises:
        InsufficientResourceError: none fits, or others took the places meanwhile.
    """
    inventory = inventory_of(tx, platform.settings, host_type=request.host_type, networks=[])
    request = for_move(tx, server, request)
    decision = decide(inventory, request, lambda: occupants_of(platform, tx, caller, request))
    for placement in seats(decision):
        host = tx.of(HOSTS, PLATFORM).get(placement.host_id)
        if host is None:
            continue
        limits = limits_for(tx, host, platform.settings, has_devices=False)
        pins = claim_share(tx, platform.settings, host, request, limits=limits, extra=int(server.extra_cpu_count))
        if pins is not None:
            placed = [(server.id, host.id)]
            keep(tx, caller, decision, request, question=MOVED, session=server.id, name=server.name, placed=placed)
            return str(host.id), pins
    raise InsufficientResourceError("the places were taken by others meanwhile", field="host_id")

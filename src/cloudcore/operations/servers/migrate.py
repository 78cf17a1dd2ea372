"""Servers to another host, when theirs is down: decided, claimed and moved in one commit; a task makes the guest there.

A server moves only while it is certain that its host runs nothing of it any more: that host's lease was taken away, and
either the host fences itself or somebody has said that it is off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InsufficientResourceError, InvalidStatusError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.model.reading import read_bool, read_str
from cloudcore.operations.access import fetch
from cloudcore.operations.allowances import for_move
from cloudcore.operations.begin import check_idle, start_transition
from cloudcore.operations.deciding import decide, seats
from cloudcore.operations.host_leases import lease_of
from cloudcore.operations.occupants import occupants_of
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.room import limits_for
from cloudcore.operations.servers.devices import devices_of
from cloudcore.operations.servers.media import EMPTY
from cloudcore.operations.servers.moving import described
from cloudcore.operations.servers.relocate import move
from cloudcore.operations.shares import claim_share
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import release_host
from cloudcore.quotas.ledger import check_move
from cloudcore.resources.compute.server import SERVERS, PowerState
from cloudcore.resources.compute.server.lifecycle import SAVED
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.scheduling import Request
from cloudcore.tasks.fenced import while_fenced

MOVE = "migrate"


def migrate(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to move a server that is off to another host; with `rescue_mode` to start it on another than its own, which is down.

    body: rescue_mode, prefer_host_id, auto_start.

    Raises:
        InvalidStatusError: it is on, and its host is not down; its host is not down and fenced, or has a disk that no other host reaches; says what helps.
        InsufficientResourceError: no host has room for it; says why.
        OutOfQuotaError: others have just taken what a limit left where it goes.
    """
    wanted = read_str(body.get("prefer_host_id") or "", "prefer_host_id", 128)
    prefer = str(fetch(platform, tx, caller, HOSTS, wanted).id) if wanted else ""
    start = read_bool(body.get("auto_start") or False, "auto_start")
    if read_bool(body.get("rescue_mode") or False, "rescue_mode"):
        rescue(platform, tx, caller, server, prefer=prefer, start=start)
        return
    if server.power_states != PowerState.OFF:
        raise InvalidStatusError(f"server {server.name} is on: it moves while it is off", field="status")
    move(platform, tx, caller, server, prefer=prefer, start=start)


def rescue(
    platform: Platform, tx: Transaction, caller: Caller, server: Any, *, prefer: str = "", start: bool = False
) -> str:
    """As `migrate`, for whoever needs no permission; the id of the new host. Nothing is written when it raises.

    start: also where it was off.
    """
    lifecycle = SERVERS.lifecycle
    assert lifecycle is not None
    check_idle(tx, SERVERS, server)
    if server.status in SAVED:
        raise InvalidStatusError("its memory is kept on its host: stop it by force first", field="status")
    lifecycle.start(MOVE, server.status, what=f"server {server.name}")
    old = tx.of(HOSTS, PLATFORM).get(server.host_id) if server.host_id else None
    if old is None:
        raise InvalidStatusError(f"server {server.name} is on no host", field="host_id")
    if devices_of(tx, server):
        raise InvalidStatusError(
            f"server {server.name} has devices of host {old.name}: it cannot move", field="host_id"
        )
    _check_fenced(tx, old)
    target, pins = _claimed(platform, tx, caller, server, _request(platform, tx, server, old, prefer))
    release_host(tx, old.id, vcpus=_vcpus(server), memory_mib=server.vmem_size, pins=server.cpu_numa_pin)
    was_on = server.power_states == PowerState.ON
    params = {"source": old.id, "auto_start": start or was_on, "reason": f"moved from host {old.name}, which was down"}
    # What was in the drive lay on the other host.
    moved = evolve(server, host_id=target, cpu_numa_pin=pins, **EMPTY)
    start_transition(platform, tx, caller, SERVERS, moved, MOVE, params)
    check_move(tx, server, old.id, target)
    return target


def _check_fenced(tx: Transaction, host: Any) -> None:
    if while_fenced(tx, host.id):
        return
    if lease_of(tx, host.id).held:
        raise InvalidStatusError(f"host {host.name} is not down: it has its lease", field="host_id")
    raise InvalidStatusError(
        f"host {host.name} does not answer, but may still run its guests: switch it off, "
        "then `host-evacuate --fenced`, or wait until it is back",
        field="host_id",
    )


def _request(platform: Platform, tx: Transaction, server: Any, old: Any, prefer: str) -> Request:
    """Where the server may go: to hosts that reach all its storages, whose space is taken already, and its networks."""
    (guest,) = described(platform, tx, [server])
    if guest.stuck:
        raise InvalidStatusError(f"{guest.stuck}: the server is there again when host {old.name} is", field="host_id")
    return attrs.evolve(guest.request, prefer_host=prefer)


def _claimed(
    platform: Platform, tx: Transaction, caller: Caller, server: Any, request: Request
) -> tuple[str, list[JsonObject]]:
    """The host that was chosen and whose share was taken, and what the server has of its NUMA nodes."""
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
            return str(host.id), pins
    raise InsufficientResourceError("the places were taken by others meanwhile", field="host_id")


def _vcpus(server: Any) -> int:
    return int(server.vcpu_count + server.extra_cpu_count)


def servers_to_move(tx: Transaction, host_id: str) -> Sequence[Any]:
    """Servers that the host would run now: those that were on, the oldest first."""
    rows = tx.of(SERVERS, PLATFORM).find(Query(where=eq("host_id", host_id)))
    running = [row for row in rows if row.power_states == PowerState.ON and not row.pending_deleted]
    return sorted(running, key=lambda row: (row.created_at, row.id))


__all__ = ["MOVE", "migrate", "rescue", "servers_to_move"]

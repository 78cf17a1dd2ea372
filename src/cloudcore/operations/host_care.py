"""What an operator does to hosts: maintenance, asking how their servers are, hearing from their agents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import CloudcoreError, InvalidStatusError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.model.reading import read_bool
from cloudcore.operations.begin import start_transition
from cloudcore.operations.host_leases import lease_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.migrate import rescue, servers_to_move
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.host import HOSTS, HostStatus
from cloudcore.resources.infrastructure.host.care import ON_DRAIN
from cloudcore.tasks.fenced import while_fenced

MOST = 50
"""So many servers are seen to in one unit; asking again goes on with the others."""


def begin_maintenance(platform: Platform, tx: Transaction, caller: Caller, host: Any, body: JsonMapping) -> JsonObject:
    """Place nothing on a host any more, and empty it as far as that can be done; again goes on with what is left.

    body: stop: its servers that are on are stopped. Those of a host that is down and certainly off start elsewhere. The
    answer has the host's details, and names the servers that move, those that stop, and those that go on, with the reason.
    """
    if not host.is_maintenance:
        changed = evolve(host, is_maintenance=True, status=HostStatus.MAINTAINING.value)
        tx.of(HOSTS, PLATFORM).save(changed, action="maintenance")
    stop = read_bool(body.get("stop") or False, "stop")
    is_off = while_fenced(tx, host.id)
    found: dict[str, list[JsonObject]] = {"moved": [], "stopping": [], "stay": []}
    on = servers_to_move(tx, host.id)
    for server in on[:MOST]:
        line: JsonObject = {"id": server.id, "name": server.name}
        try:
            if is_off:
                found["moved"].append({**line, "host_id": rescue(platform, tx, caller, server)})
            elif stop:
                start_transition(platform, tx, caller, SERVERS, server, "stop", {})
                found["stopping"].append(line)
            else:
                found["stay"].append({**line, "reason": "it is on: say stop, or move it"})
        except CloudcoreError as error:
            found["stay"].append({**line, "reason": str(error)})
    return {"id": host.id, "name": host.name, "status": HostStatus.MAINTAINING.value, **found, "left": len(on[MOST:])}


def end_maintenance(_platform: Platform, tx: Transaction, _caller: Caller, host: Any, _body: JsonMapping) -> None:
    """Let servers be placed on a host again, and no more of them move away. Those that were stopped stay stopped.

    Raises:
        InvalidStatusError: it is not under maintenance.
    """
    if not host.is_maintenance:
        raise InvalidStatusError(f"host {host.name} is not under maintenance", field="is_maintenance")
    tags = {name: value for name, value in host.metadata.items() if name != ON_DRAIN}
    changed = evolve(host, is_maintenance=False, status=HostStatus.RUNNING.value, metadata=tags)
    tx.of(HOSTS, PLATFORM).save(changed, action="unmaintenance")


def sync_servers(platform: Platform, tx: Transaction, caller: Caller, host: Any, _body: JsonMapping) -> JsonObject:
    """Begin to ask the host how its servers are, those first that have not changed for longest: at most `MOST`.

    The answer names those that are asked for, and the others with the reason.

    Raises:
        InvalidStatusError: the host is down: nobody would answer.
    """
    if not lease_of(tx, host.id).held:
        raise InvalidStatusError(f"host {host.name} is down", field="host_status")
    rows = tx.of(SERVERS, PLATFORM).find(Query(where=both(eq("host_id", host.id), eq("pending_deleted", False))))
    ordered: Sequence[Any] = sorted(rows, key=lambda row: (row.updated_at, row.id))
    asked: list[JsonObject] = []
    passed: list[JsonObject] = []
    for server in ordered[:MOST]:
        line: JsonObject = {"id": server.id, "name": server.name}
        try:
            start_transition(platform, tx, caller, SERVERS, server, "syncstatus", {})
            asked.append(line)
        except CloudcoreError as error:
            passed.append({**line, "reason": str(error)})
    return {"id": host.id, "name": host.name, "asked": asked, "passed": passed, "left": len(ordered[MOST:])}


def hear(_platform: Platform, tx: Transaction, _caller: Caller, host: Any, _body: JsonMapping) -> JsonObject:
    """Note that somebody who speaks for the host was heard. Whether it is alive is said by its lease alone."""
    tx.of(HOSTS, PLATFORM).touch([(host.id, {"last_ping_at": tx.now})])
    return {"id": host.id, "name": host.name, "status": host.status, "host_status": str(host.host_status)}

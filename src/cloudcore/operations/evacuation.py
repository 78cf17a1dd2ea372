"""Servers of hosts that are down: moved by policy, or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller, platform_caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import CloudcoreError, InvalidInputError, NotSupportedError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.reading import read_bool
from cloudcore.operations.host_leases import confirm_fenced
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.operations.servers.migrate import rescue, servers_to_move
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.hostlease import HOSTLEASES
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.host.policy import ON_HOST_DOWN, WORDS, moves_guests

MOST = 50
"""So many servers are moved in one unit by hand."""


def set_policy(_platform: Platform, tx: Transaction, _caller: Caller, host: Any, body: JsonMapping) -> None:
    """Say whether a host's servers are started elsewhere when it goes down.

    Raises:
        InvalidInputError: something else than `enable` or `disable`.
        NotSupportedError: for a host that is shut down in order: move its servers first.
    """
    for name in ("auto_migrate_on_host_down", "auto_migrate_on_host_shutdown"):
        if body.get(name, "disable") not in WORDS:
            raise InvalidInputError(f"{name} must be enable or disable", field=name)
    if body.get("auto_migrate_on_host_shutdown") == "enable":
        raise NotSupportedError("servers are not moved when a host is shut down", field="auto_migrate_on_host_shutdown")
    if "auto_migrate_on_host_down" in body:
        tags = {**host.metadata, ON_HOST_DOWN: str(body["auto_migrate_on_host_down"])}
        tx.of(HOSTS, PLATFORM).save(evolve(host, metadata=tags), action="set_policy")


def evacuate_host(platform: Platform, tx: Transaction, caller: Caller, host: Any, body: JsonMapping) -> JsonObject:
    """Begin to start the servers of a host that is down elsewhere: at most `MOST`, of those that were on.

    body: fenced: somebody vouches that the host is off. The answer names the servers that move with their new hosts,
    and the others with the reason.

    Raises:
        InvalidStatusError: the host is not down.
    """
    if read_bool(body.get("fenced") or False, "fenced"):
        confirm_fenced(tx, host)
    moved: list[JsonObject] = []
    stay: list[JsonObject] = []
    for server in servers_to_move(tx, host.id)[:MOST]:
        line: JsonObject = {"id": server.id, "name": server.name}
        try:
            moved.append({**line, "host_id": rescue(platform, tx, caller, server)})
        except CloudcoreError as error:
            stay.append({**line, "reason": str(error), "relaxations": error.data.get("relaxations", [])})
    return {"id": host.id, "name": host.name, "moved": moved, "stay": stay}


def evacuate(platform: Platform) -> Sequence[str]:
    """Begin to move the servers of all hosts that are down, fenced, and whose policy it is; ids of those that move.

    What cannot move says why in its `status_reason`. Each is moved in a unit of its own.
    """
    wanted = reading(platform, _candidates)
    return [ident for ident in wanted if _moved(platform, ident)]


def _candidates(tx: Transaction) -> list[str]:
    where = both(eq("held", 0), eq("fenced", 1))
    idents = [row[0] for row in tx.of(HOSTLEASES, PLATFORM).columns(("id",), Query(where=where))]
    hosts = tx.of(HOSTS, PLATFORM).find(Query(where=one_of("id", idents))) if idents else ()
    return [server.id for host in hosts if moves_guests(host) for server in servers_to_move(tx, host.id)]


def _moved(platform: Platform, ident: str) -> bool:
    caller = platform_caller("evacuation")

    def move(tx: Transaction) -> bool:
        server = tx.of(SERVERS, PLATFORM).get(ident)
        if server is None:
            return False
        rescue(platform, tx, caller, server)
        return True

    try:
        return writing(platform, caller, move)
    except CloudcoreError as error:
        reason = f"not moved: {error}"[:1000]
    writing(platform, caller, lambda tx: note_reason(tx, ident, reason))
    return False


def note_reason(tx: Transaction, ident: str, reason: str) -> None:
    """Say with a server why it does not move, unless it is in the middle of something."""
    server = tx.of(SERVERS, PLATFORM).get(ident)
    lifecycle = SERVERS.lifecycle
    if server is None or lifecycle is None or server.status in lifecycle.transitional():
        return
    if server.status_reason != reason:
        tx.of(SERVERS, PLATFORM).save(evolve(server, status_reason=reason), action="evacuate")

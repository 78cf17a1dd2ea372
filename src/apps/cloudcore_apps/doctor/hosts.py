"""Hosts that are down: since when nobody may use them, what waits for them, and what happens next."""

from __future__ import annotations

from collections.abc import Iterator

from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.operations.servers.migrate import servers_to_move
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.hostlease import HOSTLEASES
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.host.policy import moves_guests
from cloudcore_apps.doctor.trouble import Trouble


def down(tx: Transaction) -> Iterator[Trouble]:
    """Each host whose lease was taken away; a person has to bring it back, and nothing here is put right by itself."""
    idents = [row[0] for row in tx.of(HOSTLEASES, PLATFORM).columns(("id",), Query(where=eq("held", 0)))]
    leases = {row.id: row for row in tx.of(HOSTLEASES, PLATFORM).find(Query(where=one_of("id", idents)))}
    for host in tx.of(HOSTS, PLATFORM).find(Query(where=one_of("id", idents))):
        waiting = tx.of(SERVERS, PLATFORM).count(both(eq("host_id", host.id), eq("pending_deleted", False)))
        running = len(servers_to_move(tx, host.id))
        if not leases[host.id].fenced:
            following = "it may still run them, so that nothing is moved until it is back or `host-evacuate --fenced`"
        elif moves_guests(host):
            following = "those whose disks others reach are started elsewhere by its policy, the others when it is back"
        else:
            following = "they stay there until it is back, or `host-evacuate` starts elsewhere those that can be"
        since = f"{host.last_ping_at:%Y-%m-%d %H:%M:%S} UTC" if host.last_ping_at is not None else "an unknown time"
        yield Trouble(
            "hosts",
            f"host {host.name} has not renewed its lease since {since}; {waiting} servers are on it, of which {running} "
            f"were on: {following}.",
            None,
        )

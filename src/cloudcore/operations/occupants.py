"""Servers whose end would make room for another: those of the project that it is for, as far as the caller sees them."""

from __future__ import annotations

from cloudcore.auth.caller import Caller
from cloudcore.model.query import Not, Order, Query, both, eq
from cloudcore.operations.access import widest
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS
from cloudcore.scheduling import Occupant, Request

MOST_OFFERED = 500
_COLUMNS = ("id", "name", "host_id", "vcpu_count", "extra_cpu_count", "vmem_size")


def occupants_of(platform: Platform, tx: Transaction, caller: Caller, request: Request) -> tuple[Occupant, ...]:
    """The project's servers on hosts, the smallest first. Deleted ones hold nothing, also while they can be recovered."""
    granted = widest(platform, caller, SERVERS, "list")
    if granted is None or not request.project_id:
        return ()
    mine = both(
        granted.where, eq("tenant_id", request.project_id), eq("pending_deleted", False), Not(eq("host_id", ""))
    )
    query = Query(where=mine, order=(Order("vmem_size"), Order("id")), limit=MOST_OFFERED)
    return tuple(
        Occupant(id=ident, name=name, host_id=host or "", vcpus=cpus + (more or 0), memory_mib=memory)
        for ident, name, host, cpus, more, memory in tx.of(SERVERS, granted.where).columns(_COLUMNS, query)
    )

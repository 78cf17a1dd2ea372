"""Keep hosts on whose NUMA nodes a server fits, where they keep guests on nodes."""

from __future__ import annotations

from cloudcore.scheduling import nodes
from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Verdict

REASON = "its NUMA nodes have no room"


def numa(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Part the server among as few nodes as will do; hosts that keep no guest on nodes take it anywhere."""
    if not inventory.hosts.has_nodes:
        return Verdict(alive)
    capacity = nodes.room(request, inventory)
    return Verdict(alive & (capacity > 0), capacity)


def probe(request: Request, inventory: Inventory, row: int) -> int:
    """The same for one host."""
    return nodes.room_on(request, row, inventory) if inventory.hosts.has_nodes else UNLIMITED


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name what is wanted, and what each node of the first of the hosts has free."""
    there = nodes.free_on(int(rows[0]), inventory)
    free = ", ".join(f"node {ident}: {cpus} CPUs and {memory} MiB" for ident, cpus, memory in there)
    ways = f" on {request.numa_nodes} nodes" if request.numa_nodes else ""
    return f"request: {request.vcpus} CPUs and {request.memory_mib} MiB{ways} in equal parts, free on {free}"


NUMA = Filter(name="host_numa", reason=REASON, apply=numa, explain=explain, probe=probe)

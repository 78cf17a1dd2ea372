"""Keep hosts with enough free memory, overcommit and reserve counted."""

from __future__ import annotations

from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Verdict, shortage

REASON = "not enough free memory"


def memory(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require the memory of one server to be free."""
    wanted = request.memory_mib
    if not wanted:
        return Verdict(alive)
    free = inventory.hosts.memory_for(request)
    return Verdict(alive & (free >= wanted), free // wanted)


def probe(request: Request, inventory: Inventory, row: int) -> int:
    """The same for one host."""
    return inventory.hosts.memory_on(row, request) // request.memory_mib if request.memory_mib else UNLIMITED


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the wanted amount and the free one."""
    return shortage(request.memory_mib, inventory.hosts.memory_for(request), rows, "MiB")


MEMORY = Filter(name="host_memory", reason=REASON, apply=memory, explain=explain, probe=probe)

"""Keep a server that is to move off the host that it is on."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "the server is there already"


def migrate(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Take away the present host, where the request names one."""
    gone = refuse(request, inventory)
    if not gone:
        return Verdict(alive)
    kept = alive.copy()
    kept[gone] = False
    return Verdict(kept)


def refuse(request: Request, inventory: Inventory) -> list[int]:
    """The present host."""
    row = inventory.hosts.index.get(request.present_host) if request.present_host else None
    return [] if row is None else [row]


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Say that it is the host that the server is on."""
    del request, inventory, rows
    return "it is the host that the server is on"


MIGRATE = Filter(
    name="host_migrate", reason=REASON, apply=migrate, explain=explain, reads=Reads.PARTICULAR, refuse=refuse
)

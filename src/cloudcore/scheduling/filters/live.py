"""Keep hosts on which a server can go on that is moved while it runs."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, Coded, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "a running server cannot go on there"


def live(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require the processor, microcode, kernel and page size that the server runs on, as far as they are named."""
    kept = alive
    for _, column, wanted in _needs(request, inventory):
        kept = kept & column.equals(wanted)
    return Verdict(kept)


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name everything in which the first of the hosts differs."""
    row = int(rows[0])
    return ", ".join(
        f"{name}: {wanted} is wanted, host has {column[row] or 'an unknown one'}"
        for name, column, wanted in _needs(request, inventory)
        if column[row] != wanted
    )


def _needs(request: Request, inventory: Inventory) -> list[tuple[str, Coded, str]]:
    hosts, move = inventory.hosts, request.live
    if move is None:
        return []
    needs = [
        ("processor", hosts.cpu_desc, move.cpu_desc),
        ("microcode", hosts.cpu_microcode, move.cpu_microcode),
        ("kernel", hosts.kernel, move.kernel),
        ("page size", hosts.page_size_kb, str(move.page_size_kb) if move.page_size_kb else ""),
    ]
    return [need for need in needs if need[2]]


LIVE = Filter(name="host_migrate_live", reason=REASON, apply=live, explain=explain, reads=Reads.FIXED)

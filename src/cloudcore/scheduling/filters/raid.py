"""Keep machines whose drives become the arrays that are wanted, and hold the disks."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.raid import drives_in, why_not
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.tables import MACHINE
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "its drives don't do"


def raid(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """For machines only: lay out the drives; machines with the same drives are judged once."""
    if request.host_type != MACHINE or not (request.disks or request.raid):
        return Verdict(alive)
    hosts, disks = inventory.hosts, _sizes(request)
    question = ("raid", request.raid, disks)
    return Verdict(
        alive
        & hosts.memo.recall(
            question, lambda: hosts.drives.where(lambda line: not why_not(drives_in(line), request.raid, disks))
        )
    )


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Say what keeps the drives of the first of the machines from it."""
    return why_not(drives_in(inventory.hosts.drives[int(rows[0])]), request.raid, _sizes(request))


def _sizes(request: Request) -> tuple[int, ...]:
    return tuple(disk.size_mib for disk in request.disks)


RAID = Filter(name="baremetal_storage", reason=REASON, apply=raid, explain=explain, reads=Reads.FIXED)

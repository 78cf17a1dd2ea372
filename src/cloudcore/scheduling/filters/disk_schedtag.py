"""Keep hosts with a storage for each disk that has the tags which the disk requires, and none that it excludes."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import DiskRequest, Request
from cloudcore.scheduling.tables import MACHINE
from cloudcore.scheduling.tagged import STORAGES, meeting, unmet
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "scheduling tags of storages forbid it"


def disk_schedtag(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Apply the hard tags of each disk, whatever room there is."""
    kept = alive
    for disk in _tagged(request):
        kept = kept & np.any(_meets(disk, inventory)[inventory.storage_slots], axis=1)
    return Verdict(kept)


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the first disk for which the first of the hosts has no storage, and the tag."""
    held: list[int] = [
        slot for slot in inventory.storage_slots[int(rows[0])].tolist() if slot < len(inventory.storages.ids)
    ]
    for disk in _tagged(request):
        if not _meets(disk, inventory)[held].any():
            tag = unmet(disk.marks, STORAGES, [inventory.storages.ids[slot] for slot in held])
            return f"disk {disk.index}: no storage of the host will do: {tag or 'tags contradict each other there'}"
    return "no storage of the host will do for a disk"


def _tagged(request: Request) -> list[DiskRequest]:
    if request.host_type == MACHINE:
        return []
    return [disk for disk in request.disks if disk.marks and not disk.storage_id and any(m.is_hard for m in disk.marks)]


def _meets(disk: DiskRequest, inventory: Inventory) -> BoolArray:
    """By storage, with a last entry for what fills up slots."""
    return np.append(meeting(disk.marks, STORAGES, inventory.storages.index), False)


DISK_SCHEDTAG = Filter(name="disk_schedtag", reason=REASON, apply=disk_schedtag, explain=explain, reads=Reads.FIXED)

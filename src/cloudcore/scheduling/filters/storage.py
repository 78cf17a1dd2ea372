"""Keep hosts on whose storages all disks of a server fit together."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling import disks
from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.tables import MACHINE
from cloudcore.scheduling.verdict import Filter, Verdict

REASON = "not enough room for the disks"


def storage(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Pack the disks onto suitable storages of each host; capacity is exact for one disk, else a bound.

    Machines that are given out as a whole have drives instead.
    """
    if not request.disks or request.host_type == MACHINE:
        return Verdict(alive)
    wanted, free, slots = disks.Wanted.of(request, inventory), inventory.storages.free_mib, inventory.storage_slots
    if np.count_nonzero(alive) * 2 > len(alive):
        shelves, left = disks.Shelves.of(wanted, inventory), disks.laden(free, slots)
        capacity = disks.room(wanted, shelves, left, len(slots))
        return Verdict(disks.fits(wanted, shelves, left, capacity, slots) & alive, capacity)
    rows = np.flatnonzero(alive)
    slots = slots[rows]
    shelves, left = disks.Shelves.on(wanted, slots), disks.laden(free, slots)
    capacity, kept = np.zeros(len(alive), dtype=np.int64), np.zeros_like(alive)
    some = disks.room(wanted, shelves, left, len(slots))
    capacity[rows], kept[rows] = some, disks.fits(wanted, shelves, left, some, slots)
    return Verdict(kept, capacity)


def probe(request: Request, inventory: Inventory, row: int) -> int:
    """The same for one host."""
    if not request.disks or request.host_type == MACHINE:
        return UNLIMITED
    storages = inventory.storages
    slots = [slot for slot in inventory.storage_slots[row].tolist() if slot < len(storages.ids)]
    return disks.room_on(disks.Wanted.of(request, inventory), storages.free_mib[slots].tolist(), slots)


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the first disk that fits on no storage of any of the hosts, or all sizes when only their sum is too much."""
    slots = inventory.storage_slots[rows]
    free = np.append(inventory.storages.free_mib, 0)
    at_most = "free" if len(rows) == 1 else "free at most"
    for disk in request.disks:
        suits = np.append(disks.suitable(disk, inventory), False)[slots]
        most = int(np.where(suits, free[slots], 0).max(initial=0))
        if not suits.any():
            return f"disk {disk.index}: no storage of the host suits{_wish(disk.backend, disk.medium, disk.storage_id)}"
        if most < disk.size_mib:
            return f"disk {disk.index}: request: {disk.size_mib} MiB, {at_most}: {most} MiB"
    sizes = " + ".join(str(disk.size_mib) for disk in request.disks)
    total = int(free[slots].sum(axis=1).max())
    return f"request: {sizes} MiB do not fit together, {at_most}: {total} MiB in {slots.shape[1]} or fewer storages"


def _wish(*words: str) -> str:
    given = [word for word in words if word]
    return f" ({', '.join(given)})" if given else ""


STORAGE = Filter(name="host_storage", reason=REASON, apply=storage, explain=explain, probe=probe)

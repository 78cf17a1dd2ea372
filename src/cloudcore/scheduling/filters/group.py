"""Keep hosts on which each group of the request may have one server more."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request, Room
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "its group has enough servers there"


def group(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Bound how many servers of a batch a host takes by what its groups leave there."""
    if not request.rooms:
        return Verdict(alive)
    left = np.minimum.reduce([_left(room, inventory) for room in request.rooms])
    return Verdict(alive & (left > 0), left)


def refuse(request: Request, inventory: Inventory) -> list[int]:
    """The hosts on which one of the groups has as many servers as it may."""
    index = inventory.hosts.index
    full = {host for room in request.rooms for host, number in room.present.items() if number >= room.most}
    return [index[host] for host in sorted(full) if host in index]


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name each group that has as many servers as it may on the first of the hosts."""
    full = [room for room in request.rooms if _left(room, inventory)[int(rows[0])] <= 0]
    return ", ".join(f"group {room.name}: at most {room.most} on one host" for room in full)


def _left(room: Room, inventory: Inventory) -> IntArray:
    left = np.full(len(inventory.hosts), room.most, dtype=np.int64)
    for host, number in room.present.items():
        row = inventory.hosts.index.get(host)
        if row is not None:
            left[row] -= number
    return left


GROUP = Filter(name="host_group", reason=REASON, apply=group, explain=explain, reads=Reads.PARTICULAR, refuse=refuse)

"""Keep hosts on which the limits of the project, and of its domain, allow one server more."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling import allowance as rooms
from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "out of quota"


def quota(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Bound how many servers of a batch a host takes by what limits leave in its region and zone, where any do."""
    if not request.allowances:
        return Verdict(alive)
    bound = np.full(len(inventory.hosts), UNLIMITED, dtype=np.int64)
    for one in request.allowances:
        np.minimum(bound, rooms.left(one, request, inventory), out=bound, where=rooms.there(one, inventory.hosts))
    return Verdict(alive & (bound > 0), bound)


def refuse(request: Request, inventory: Inventory) -> IntArray | list[int]:
    """The hosts of regions and zones that are full."""
    full = [rooms.there(one, inventory.hosts) for one in request.allowances if rooms.left(one, request, inventory) <= 0]
    return np.flatnonzero(np.logical_or.reduce(full)) if full else []


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name each limit that leaves too little on one of the hosts, with what one server takes and what is left."""
    return "; ".join(
        f"{one.name} {counter}: request: {each[counter]}, left: {free}"
        for one in request.allowances
        if rooms.there(one, inventory.hosts)[rows].any()
        for each in (rooms.takes(one, request, inventory),)
        for counter, free in one.free.items()
        if each.get(counter, 0) > free
    )


QUOTA = Filter(name="quota", reason=REASON, apply=quota, explain=explain, reads=Reads.PARTICULAR, refuse=refuse)

"""Keep hosts that are given out the way the request wants: shared, dedicated or prepaid."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Verdict

REASON = "resource type does not match"
_WHOLE_HOST = frozenset({"prepaid", "prepaid_recycle"})


def resource_type(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require the same type; a prepaid host takes one server and only while it is empty."""
    hosts = inventory.hosts
    kept = alive & hosts.resource_type.equals(request.resource_type)
    if request.resource_type not in _WHOLE_HOST:
        return Verdict(kept)
    return Verdict(kept & (hosts.guests == 0), np.ones(len(hosts), dtype=np.int64))


def probe(request: Request, inventory: Inventory, row: int) -> int:
    """The same for one host."""
    hosts = inventory.hosts
    if hosts.resource_type[row] != request.resource_type:
        return 0
    if request.resource_type not in _WHOLE_HOST:
        return UNLIMITED
    return 0 if hosts.guests[row] else 1


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the wanted type and that of the first of the hosts, or the guests that occupy it."""
    row = int(rows[0])
    have = inventory.hosts.resource_type[row]
    if have == request.resource_type:
        return f"{have} host already has {int(inventory.hosts.guests[row])} guests"
    return f"request: {request.resource_type}, host: {have}"


RESOURCE_TYPE = Filter(name="resource_type", reason=REASON, apply=resource_type, explain=explain, probe=probe)

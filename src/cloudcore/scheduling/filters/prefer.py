"""Keep hosts in the preferred region, zones, manager, on the preferred wire, or the preferred host alone.

"Preferred" is the wire's word; it means required.
"""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "not where the request wants it"


def prefer(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Apply every preference that the request has."""
    kept = alive
    for _, mask in _preferences(request, inventory):
        kept = kept & mask
    return Verdict(kept)


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name each preference that the first of the hosts does not meet."""
    return ", ".join(text for text, mask in _preferences(request, inventory) if not mask[int(rows[0])])


def _preferences(request: Request, inventory: Inventory) -> list[tuple[str, BoolArray]]:
    hosts = inventory.hosts
    found: list[tuple[str, BoolArray]] = []
    if request.prefer_host:
        found.append((f"not host {request.prefer_host}", _row_mask(hosts.index.get(request.prefer_host), len(hosts))))
    if request.prefer_zone:
        found.append((f"not in zone {request.prefer_zone}", hosts.zone.equals(request.prefer_zone)))
    if request.prefer_zones:
        text = f"not in zones {', '.join(request.prefer_zones)}"
        found.append((text, hosts.zone.among(request.prefer_zones)))
    if request.prefer_region:
        found.append((f"not in region {request.prefer_region}", hosts.region.equals(request.prefer_region)))
    if request.prefer_manager:
        found.append((f"not of manager {request.prefer_manager}", hosts.manager.equals(request.prefer_manager)))
    if request.prefer_wire:
        wire = inventory.wires.get(request.prefer_wire, -1)
        on_wire: BoolArray = np.any(inventory.wire_slots == wire, axis=1)
        found.append((f"not on wire {request.prefer_wire}", on_wire))
    return found


def _row_mask(row: int | None, size: int) -> BoolArray:
    mask = np.zeros(size, dtype=np.bool_)
    if row is not None:
        mask[row] = True
    return mask


PREFER = Filter(name="host_prefer", reason=REASON, apply=prefer, explain=explain, reads=Reads.FIXED)

"""Prefer hosts whose free devices have little more memory than is wanted, so that large ones are left for those who need them."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling import devices
from cloudcore.scheduling.columns import FloatArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.nics import Group
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.weighers.weigher import Weigher


def device(request: Request, inventory: Inventory, rows: IntArray, _capacity: IntArray) -> FloatArray:
    """Score the wanted share of the mean memory of the free devices that suit, averaged over kinds of devices; 0 without any."""
    wanted = _wanted(request, inventory)
    scores = np.zeros(len(rows))
    if not wanted:
        return scores
    known, slots = inventory.devices, inventory.device_slots[rows]
    real = slots < len(known.ids)
    for group, least in wanted:
        offered = group.suits & known.free
        held = offered.take(slots, mode="clip") & real
        memory = np.where(held, known.memory_mib.take(slots, mode="clip"), 0).sum(axis=1)
        number = np.count_nonzero(held, axis=1)
        scores += np.where(memory > 0, least * number / np.maximum(memory, 1), 0.0)
    return scores / len(wanted)


def probe(request: Request, inventory: Inventory, row: int, _capacity: int) -> float:
    """The same for one host."""
    wanted = _wanted(request, inventory)
    if not wanted:
        return 0.0
    free, memory_mib = devices.free_on(row, inventory), inventory.devices.memory_mib
    total = 0.0
    for group, least in wanted:
        suiting = [int(memory_mib[each]) for each in free if group.flags[each]]
        memory = sum(suiting)
        total += least * len(suiting) / memory if memory else 0.0
    return total / len(wanted)


def _wanted(request: Request, inventory: Inventory) -> list[tuple[Group, int]]:
    """The kinds of devices of which some memory is wanted, and how much."""
    if not any(one.memory_mib for one in request.passed):
        return []
    groups = devices.groups(request, inventory)
    return [(each, least) for each in groups if (least := request.passed[each.positions[0]].memory_mib)]


DEVICE = Weigher(name="device", weight=1.0, score=device, probe=probe)

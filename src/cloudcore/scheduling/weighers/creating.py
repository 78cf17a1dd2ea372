"""Prefer hosts that are not busy creating guests."""

from __future__ import annotations

from cloudcore.scheduling.columns import FloatArray, IntArray, picked
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.weighers.weigher import Weigher


def creating(_request: Request, inventory: Inventory, rows: IntArray, _capacity: IntArray) -> FloatArray:
    """Score 1 without a guest in creation, 1/2 with one, 1/3 with two, and so on."""
    return picked(inventory.hosts.calm, rows)


def probe(_request: Request, inventory: Inventory, row: int, _capacity: int) -> float:
    """The same for one host."""
    return 1.0 / (1.0 + int(inventory.hosts.creating[row]))


CREATING = Weigher(name="creating", weight=1.0, score=creating, probe=probe, packs=False)

"""Prefer hosts that are not busy creating guests."""

from __future__ import annotations

from cloudcore.scheduling.columns import FloatArray, IntArray, picked
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.weighers.weigher import Weigher


def creating(_request: Request, inventory: Inventory, rows: IntArray, _capacity: IntArray) -> FloatArray:
    """Score 1 without a guest in creation, 1/2 with one, 1/3 with two, and so on."""
    return picked(inventory.hosts.calm, rows)


CREATING = Weigher(name="creating", weight=1.0, score=creating)

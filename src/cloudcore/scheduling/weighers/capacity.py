"""Prefer hosts on which many more of these servers would fit."""

from __future__ import annotations

from cloudcore.scheduling.columns import FloatArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.weighers.weigher import Weigher


def capacity(_request: Request, _inventory: Inventory, _rows: IntArray, fits: IntArray) -> FloatArray:
    """Score the capacity of each host relative to the largest."""
    return fits / max(int(fits.max(initial=0)), 1)


CAPACITY = Weigher(name="capacity", weight=1.0, score=capacity)

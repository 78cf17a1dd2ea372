"""Prefer hosts on which many more of these servers would fit."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import FloatArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.weighers.weigher import MUCH, Weigher

_SCORES: FloatArray = 1.0 - 1.0 / (1.0 + np.arange(MUCH + 1, dtype=np.float64))


def capacity(_request: Request, _inventory: Inventory, _rows: IntArray, fits: IntArray) -> FloatArray:
    """Score 0 for none, 1/2 for one, 2/3 for two, and so on, up to `MUCH`."""
    return _SCORES.take(fits, mode="clip")


def probe(_request: Request, _inventory: Inventory, _row: int, fits: int) -> float:
    """The same for one host."""
    return 1.0 - 1.0 / (1.0 + min(max(fits, 0), MUCH))


CAPACITY = Weigher(name="capacity", weight=1.0, score=capacity, probe=probe, packs=False)

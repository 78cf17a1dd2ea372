"""Prefer hosts with little load."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import FloatArray, IntArray, picked
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.weighers.weigher import Weigher


def spread(request: Request, inventory: Inventory, rows: IntArray, _capacity: IntArray) -> FloatArray:
    """Score the mean of the free shares of CPU and memory that would be left with one server more."""
    hosts = inventory.hosts
    cpu = _left(*hosts.cpu_shares, request.vcpus)
    memory = _left(*hosts.mem_shares, request.memory_mib)
    return picked((cpu + memory) / 2, rows)


def _left(free: FloatArray, one: FloatArray, amount: int) -> FloatArray:
    left = free - one * amount
    np.maximum(left, 0.0, out=left)
    return np.minimum(left, 1.0, out=left)


SPREAD = Weigher(name="spread", weight=2.0, score=spread)

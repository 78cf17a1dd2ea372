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


def probe(request: Request, inventory: Inventory, row: int, _capacity: int) -> float:
    """The same for one host."""
    hosts = inventory.hosts
    cpu_one = 1.0 / max(int(hosts.cpu_total[row]), 1)
    memory_one = 1.0 / max(int(hosts.mem_total_mib[row]), 1)
    cpu = int(hosts.cpu_free[row]) * cpu_one - cpu_one * request.vcpus
    memory = int(hosts.mem_free_mib[row]) * memory_one - memory_one * request.memory_mib
    return (min(max(cpu, 0.0), 1.0) + min(max(memory, 0.0), 1.0)) / 2


def _left(free: FloatArray, one: FloatArray, amount: int) -> FloatArray:
    left = free - one * amount
    np.maximum(left, 0.0, out=left)
    return np.minimum(left, 1.0, out=left)


SPREAD = Weigher(name="spread", weight=2.0, score=spread, probe=probe, packs=False)

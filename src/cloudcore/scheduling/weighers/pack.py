"""Fill hosts that pack: the one that is fullest with one server more, and by CPU as by memory."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import FloatArray, IntArray, picked
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.weighers.weigher import Weigher


def pack(request: Request, inventory: Inventory, rows: IntArray, _capacity: IntArray) -> FloatArray:
    """Score 1 less the mean of the free shares of CPU and memory that would be left with one server more."""
    hosts = inventory.hosts
    cpu = _left(*hosts.cpu_shares, request.vcpus)
    memory = _left(*hosts.mem_shares, request.memory_mib)
    return picked(1.0 - (cpu + memory) / 2, rows)


def probe(request: Request, inventory: Inventory, row: int, _capacity: int) -> float:
    """The same for one host."""
    hosts = inventory.hosts
    cpu_one = 1.0 / max(int(hosts.cpu_total[row]), 1)
    memory_one = 1.0 / max(int(hosts.mem_total_mib[row]), 1)
    cpu = int(hosts.cpu_free[row]) * cpu_one - cpu_one * request.vcpus
    memory = int(hosts.mem_free_mib[row]) * memory_one - memory_one * request.memory_mib
    return 1.0 - (min(max(cpu, 0.0), 1.0) + min(max(memory, 0.0), 1.0)) / 2


def _left(free: FloatArray, one: FloatArray, amount: int) -> FloatArray:
    left = free - one * amount
    np.maximum(left, 0.0, out=left)
    return np.minimum(left, 1.0, out=left)


PACK = Weigher(name="pack", weight=5.0, score=pack, probe=probe, packs=True)

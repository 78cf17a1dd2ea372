"""Fill hosts that pack: an empty one last, else the fullest, and rather one whose CPU and memory run out together."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import FloatArray, IntArray, picked
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.weighers.weigher import Weigher


def pack(request: Request, inventory: Inventory, rows: IntArray, _capacity: IntArray) -> FloatArray:
    """Score at least 1/2 for a host in use and at most 1/2 for an empty one; in between, the less is left the better.

    What is left with one server more: the free shares of CPU and memory, and by how much these two come to differ more than
    they did before. A difference is what one of them can't use for lack of the other.
    """
    hosts = inventory.hosts
    cpu_before, memory_before = _left(*hosts.cpu_shares, 0), _left(*hosts.mem_shares, 0)
    cpu, memory = _left(*hosts.cpu_shares, request.vcpus), _left(*hosts.mem_shares, request.memory_mib)
    uneven = np.abs(cpu - memory) - np.abs(cpu_before - memory_before)
    scores: FloatArray = ((3.0 - (cpu + memory) - uneven) / 4 + (hosts.guests > 0)) / 2
    return picked(scores, rows)


def probe(request: Request, inventory: Inventory, row: int, _capacity: int) -> float:
    """The same for one host."""
    hosts = inventory.hosts
    cpu_one = 1.0 / max(int(hosts.cpu_total[row]), 1)
    memory_one = 1.0 / max(int(hosts.mem_total_mib[row]), 1)
    cpu_free, memory_free = int(hosts.cpu_free[row]) * cpu_one, int(hosts.mem_free_mib[row]) * memory_one
    cpu, memory = _share(cpu_free - cpu_one * request.vcpus), _share(memory_free - memory_one * request.memory_mib)
    uneven = abs(cpu - memory) - abs(_share(cpu_free) - _share(memory_free))
    return ((3.0 - (cpu + memory) - uneven) / 4 + (int(hosts.guests[row]) > 0)) / 2


def _share(amount: float) -> float:
    return min(max(amount, 0.0), 1.0)


def _left(free: FloatArray, one: FloatArray, amount: int) -> FloatArray:
    left = free - one * amount
    np.maximum(left, 0.0, out=left)
    return np.minimum(left, 1.0, out=left)


PACK = Weigher(name="pack", weight=5.0, score=pack, probe=probe, packs=True)

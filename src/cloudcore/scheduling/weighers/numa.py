"""Prefer hosts on which a server needs few NUMA nodes."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling import nodes
from cloudcore.scheduling.columns import FloatArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.weighers.weigher import Weigher


def numa(request: Request, inventory: Inventory, rows: IntArray, _capacity: IntArray) -> FloatArray:
    """Score 1 for one node, 1/2 for two, and so on; 0 where guests are not kept on nodes."""
    if not inventory.hosts.has_nodes:
        return np.zeros(len(rows))
    needed = nodes.fewest(request, inventory, rows)
    return np.where(needed > 0, 1.0 / np.maximum(needed, 1), 0.0)


def probe(request: Request, inventory: Inventory, row: int, _capacity: int) -> float:
    """The same for one host."""
    if not inventory.hosts.has_nodes:
        return 0.0
    chosen = nodes.choose(request, nodes.free_on(row, inventory), inventory.hosts.node_ids.shape[1])
    return 1.0 / len(chosen) if chosen else 0.0


NUMA = Weigher(name="numa", weight=1.0, score=numa, probe=probe)

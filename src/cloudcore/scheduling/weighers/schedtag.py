"""Prefer hosts with the tags that are preferred and without those that are avoided."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import FloatArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Reads
from cloudcore.scheduling.weighers.weigher import Weigher


def schedtag(request: Request, inventory: Inventory, rows: IntArray, _capacity: IntArray) -> FloatArray:
    """Score 1 with all preferred tags and no avoided one, 0 with the opposite, by weight in between."""
    soft = [mark for mark in request.marks if mark.strategy in ("prefer", "avoid") and mark.weight > 0]
    scores = np.zeros(len(rows))
    for mark in soft:
        has = inventory.hosts.marked(mark).take(rows)
        scores += mark.weight * (has if mark.strategy == "prefer" else ~has)
    total = sum(mark.weight for mark in soft)
    return scores / total if total else scores


SCHEDTAG = Weigher(name="schedtag", weight=10.0, score=schedtag, reads=Reads.FIXED)

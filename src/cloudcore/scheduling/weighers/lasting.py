"""Of hosts that pack, prefer those that stay in use as long as the server does anyway, so that the others become empty."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import FloatArray, IntArray, picked
from cloudcore.scheduling.horizon import HOURS
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Reads
from cloudcore.scheduling.weighers.weigher import Weigher


def lasting(request: Request, inventory: Inventory, rows: IntArray, _capacity: IntArray) -> FloatArray:
    """Score the share of the server's expected time in which the host would be in use without it; 0 where nothing is known."""
    leaving, scores = inventory.hosts.leaving, np.zeros(len(rows))
    if not request.stays or not leaving.shape[1]:
        return scores
    for place, share in enumerate(_shares(request)):
        # One after the other, so that a host has the same score beside whichever others it is judged.
        if share:
            scores += share * (1.0 - picked(leaving[:, place], rows))
    return scores


def _shares(request: Request) -> list[float]:
    """Of the hours that the server is expected to stay, the share that falls to each of `horizon.HORIZON`."""
    hours = [stay * hour for stay, hour in zip(request.stays, HOURS, strict=True)]
    total = sum(hours)
    return [each / total if total else 0.0 for each in hours]


LASTING = Weigher(name="lasting", weight=2.5, score=lasting, reads=Reads.PARTICULAR, packs=True)

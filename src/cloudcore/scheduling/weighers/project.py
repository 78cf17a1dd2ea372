"""Keep the servers of one project apart."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import FloatArray, IntArray, picked
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.weighers.weigher import Weigher


def project(request: Request, inventory: Inventory, rows: IntArray, _capacity: IntArray) -> FloatArray:
    """Score 1 without a guest of the project, 1/2 with one, 1/3 with two, and so on."""
    scores = np.ones(len(inventory.hosts))
    held, guests = inventory.hosts.crowd(request.project_id)
    scores[held] = 1.0 / (1.0 + guests)
    return picked(scores, rows)


def probe(request: Request, inventory: Inventory, row: int, _capacity: int) -> float:
    """The same for one host."""
    return 1.0 / (1.0 + inventory.hosts.guests_of(request.project_id, row))


PROJECT = Weigher(name="project", weight=1.0, score=project, probe=probe, packs=False)

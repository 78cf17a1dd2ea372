"""What a weigher is: a function over columns that says how good each host is, and how much that counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from cloudcore.scheduling.columns import FloatArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Reads

Score: TypeAlias = Callable[[Request, Inventory, IntArray, IntArray], FloatArray]
"""(request, inventory, rows, capacity of these rows) → one number from 0 (worst) to 1 (best) per row. Pure.

Looks at every host for itself alone, so that one host's change leaves the scores of others. capacity: by all filters but
those that read what is particular to the request; it may be taken as `MUCH` where it is more.
"""

MUCH = 16
"""So many servers more are as good as any number."""


Probe: TypeAlias = Callable[[Request, Inventory, int, int], float]
"""(request, inventory, row, capacity of the row) → the same number as `Score`, for one host and without columns."""


@attrs.frozen(kw_only=True)
class Weigher:
    """One weigher. A negative weight turns its preference around; 0 switches it off."""

    name: str
    weight: float
    score: Score
    reads: Reads = Reads.MOVING
    probe: Probe | None = None

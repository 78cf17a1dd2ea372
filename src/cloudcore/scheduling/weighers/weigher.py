"""What a weigher is: a function over columns that says how good each host is, and how much that counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import attrs
import numpy as np

from cloudcore.scheduling.columns import BoolArray, FloatArray, IntArray
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
    """One weigher. A negative weight turns its preference around; 0 switches it off.

    packs: whether it counts for hosts that pack, or for those that don't; None: for all. What reads nothing that moves
        counts for all, for a host may change its ways.
    """

    name: str
    weight: float
    score: Score
    reads: Reads = Reads.MOVING
    probe: Probe | None = None
    packs: bool | None = None

    def __attrs_post_init__(self) -> None:
        if self.packs is not None and self.reads is Reads.FIXED:
            raise ValueError(f"weigher {self.name} reads what is fixed and counts for all hosts")


def counting(weighers: Iterable[Weigher], packs: BoolArray) -> Iterator[tuple[Weigher, BoolArray | None]]:
    """The weighers that count for some hosts, each with those that it counts for; None: for all of them.

    packs: which of the hosts pack.
    """
    packing = int(np.count_nonzero(packs))
    for one in weighers:
        if not one.weight:
            continue
        if one.packs is None or packing == (len(packs) if one.packs else 0):
            yield one, None
        elif packing != (0 if one.packs else len(packs)):
            yield one, packs if one.packs else ~packs

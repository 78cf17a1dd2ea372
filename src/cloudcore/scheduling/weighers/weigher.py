"""What a weigher is: a function over columns that says how good each host is, and how much that counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from cloudcore.scheduling.columns import FloatArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request

Score: TypeAlias = Callable[[Request, Inventory, IntArray, IntArray], FloatArray]
"""(request, inventory, rows, capacity of these rows) → one number from 0 (worst) to 1 (best) per row. Pure."""


@attrs.frozen(kw_only=True)
class Weigher:
    """One weigher. A negative weight turns its preference around; 0 switches it off."""

    name: str
    weight: float
    score: Score

"""How much a test does that could go on for ever: little in the fast set, much in `nox -s all`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

PROFILE = os.environ.get("CLOUDCORE_HYPOTHESIS", "fast")
_TIMES = {"fast": 1, "explore": 4, "long": 10}


def examples(fast: int) -> int:
    """How many examples hypothesis tries, where the fast set tries this many."""
    return fast * _TIMES[PROFILE]


def some(values: Sequence[T], turn: int, count: int = 1) -> Sequence[T]:
    """So many of the values in the fast set, others at each turn, so that many turns use all; all of them elsewhere."""
    if PROFILE != "fast":
        return values
    return [values[(turn * count + number) % len(values)] for number in range(count)]

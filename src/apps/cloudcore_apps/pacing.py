"""How long to wait before trying again, and how often to look for unreachable objects."""

from __future__ import annotations

import gc
import random
import time

FIRST_S = 0.002
LONGEST_S = 0.25
YOUNG_OBJECTS = 50_000
"""So many more objects than before are looked through for cycles."""


def back_off(attempt: int) -> None:
    """Sleep before try `attempt` + 1: about twice as long each time, between half and the whole of it, at most 0.25 s."""
    time.sleep(min(LONGEST_S, FIRST_S * 2 ** min(attempt, 16)) * random.uniform(0.5, 1.0))  # noqa: S311 - no secret


def collect_rarely() -> None:
    """Let the search for unreachable cycles run seldom in this process, and pass over what has been loaded by now.

    An answer with a thousand rows is tens of thousands of objects, none of them in a cycle: searching while they are made
    took a quarter of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)

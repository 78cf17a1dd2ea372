"""How long to wait before trying again."""

from __future__ import annotations

import random
import time

FIRST_S = 0.002
LONGEST_S = 0.25


def back_off(attempt: int) -> None:
    """Sleep before try `attempt` + 1: about twice as long each time, between half and the whole of it, at most 0.25 s."""
    time.sleep(min(LONGEST_S, FIRST_S * 2 ** min(attempt, 16)) * random.uniform(0.5, 1.0))  # noqa: S311 - no secret

"""How much a test does that could go on for ever: little in the fast set, much in `nox -s all`."""

from __future__ import annotations

import os

PROFILE = os.environ.get("CLOUDCORE_HYPOTHESIS", "fast")
_TIMES = {"fast": 1, "explore": 4, "long": 10}


def examples(fast: int) -> int:
    """How many examples hypothesis tries, where the fast set tries this many."""
    return fast * _TIMES[PROFILE]

"""The clock of a simulated cloud."""

from __future__ import annotations

from datetime import datetime, timedelta

from cloudcore_adapters.memory.world import ManualClock

_TICK = timedelta(microseconds=1)


class TickingClock(ManualClock):
    """Stands until it is moved, but for a microsecond at each look: no two commits have one time."""

    def now(self) -> datetime:
        """The present of this clock."""
        self._now += _TICK
        return self._now

    def __init__(self) -> None:
        """elapsed_s: how far it was moved on; nobody who sets the clock changes that."""
        super().__init__()
        self.elapsed_s = 0.0

    def advance(self, seconds: float) -> None:
        """Move on."""
        super().advance(seconds)
        self.elapsed_s += seconds

    def jump(self, seconds: float) -> None:
        """Be set forwards or back by somebody."""
        self._now += timedelta(seconds=seconds)

"""The port of time."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time."""

    def now(self) -> datetime:
        """The present, aware, in UTC, to the microsecond."""
        ...

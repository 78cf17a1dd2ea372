"""How long a connection waits for the other side. One timer a connection, which a request does not touch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Patience:
    """Gives a connection up on which nothing has come for too long.

    step_s: how often it looks at most. waits: whether it is the other side whose turn it is.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, step_s: float, waits: Callable[[], bool], give_up: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._step_s = step_s
        self._waits = waits
        self._give_up = give_up
        self._since = 0.0
        self._patience_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, patience_s: float) -> None:
        """Begin to look."""
        self.wait(patience_s)
        self._timer = self._loop.call_later(min(self._step_s, patience_s), self._look)

    def wait(self, patience_s: float) -> None:
        """From now on the other side may take so long."""
        self._since, self._patience_s = self._loop.time(), patience_s

    def end(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _look(self) -> None:
        left = self._since + self._patience_s - self._loop.time() if self._waits() else self._step_s
        if left <= 0:
            self._give_up()
        else:
            self._timer = self._loop.call_later(min(left, self._step_s), self._look)

"""The lease of a host: who may run its guests, and until when.

An agent renews its host's lease again and again. One that could not do so for `TERM_S`, by its own clock that nobody sets,
stops what another host could run as well (it fences itself), and performs nothing more. The control plane takes a lease
away when it has seen no renewal for `TERM_S + GRACE_S`, by a clock of the same kind: nobody's wall clock decides.
"""

from __future__ import annotations

from collections.abc import Collection

import attrs

TERM_S = 30.0
"""So long an agent may go on after it has asked for the renewal that succeeded last."""
GRACE_S = 20.0
"""How much longer the control plane waits: time for the agent to stop guests, and for clocks that run unequally fast."""
RENEW_S = 10.0
"""How often leases are renewed, and looked at."""


@attrs.define
class Tenure:
    """What an agent knows of its lease. Times are seconds of its own clock that only goes forwards.

    until: when it ends; None before the first renewal. floor: effects with an older fence are from before a fencing.
    barred: nothing is performed, and nothing is taken.
    """

    until: float | None = None
    floor: int = 0
    barred: bool = True

    def renewed(self, asked_at: float, floor: int = 0) -> bool:
        """The renewal that was asked for then has succeeded; whether it was barred until now."""
        was, self.barred = self.barred, False
        self.until, self.floor = asked_at + TERM_S, max(self.floor, floor)
        return was

    def over(self, now: float) -> bool:
        """Whether the lease has ended."""
        return self.until is not None and now >= self.until


@attrs.frozen(kw_only=True)
class Return:
    """How a host whose lease was taken away may come back.

    turn: of the lease when this was read. stale: guests that it must remove first: they are elsewhere, or gone.
    floor: effects with an older fence are refused from now on.
    """

    turn: int
    stale: Collection[str]
    floor: int

"""The questions that a host answers. Changes go through the effect port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cloudcore.model.host import Facts, Found


class Hypervisor(Protocol):
    """Read-only questions to one host; each answers within seconds or raises UnreachableError."""

    def facts(self) -> Facts:
        """What the host is and has; constant for one start of the agent."""
        ...

    def power_state(self, guest_id: str) -> str:
        """One of `on`, `off`, `saved`, `paused`, `crashed`, `missing`."""
        ...

    def inventory(self) -> Sequence[Found]:
        """Everything on the host that carries a mark of any deployment: guests, volumes, cached images."""
        ...

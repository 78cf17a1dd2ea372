"""The port of fencing: a host that stops by itself what others may take over."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Fencing(Protocol):
    """The part of a host's agent that keeps its lease (`cloudcore.model.lease`).

    It goes on while the agent does not answer. What it stops is what another host could start: guests with a disk on a
    storage that is not the host's own.
    """

    @property
    def fences(self) -> bool:
        """Whether it stops guests by itself when its lease ends, however its agent fares."""
        ...

    def renewed(self, asked_at: float, floor: int = 0) -> None:
        """A renewal that was asked for at this time of the host's own clock has succeeded: effects are taken again."""
        ...

    def fence(self) -> None:
        """Stop what others may take over, and perform nothing until the next renewal. Twice is once."""
        ...

    def drop(self, guests: Collection[str]) -> None:
        """Remove these guests, which are ours and belong elsewhere by now; their volumes stay. Only while it is fenced.

        What it was asked for before ends as failed.
        """
        ...

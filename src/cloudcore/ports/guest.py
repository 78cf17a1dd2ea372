"""The port of questions to running guests."""

from __future__ import annotations

from typing import Protocol


class Guests(Protocol):
    """Read-only questions to the guests of one host; each answers within seconds or raises UnreachableError."""

    def screenshot(self, guest_id: str) -> bytes:
        """What the guest's screen shows, as PNG.

        Raises:
            ResourceNotFoundError: the host has no such guest, or it is not running.
            NotSupportedError: this hypervisor has no screens.
        """
        ...

    def ping_agent(self, guest_id: str) -> bool:
        """Whether the guest's agent answers.

        Raises:
            ResourceNotFoundError: the host has no such guest, or it is not running.
        """
        ...

"""The port of questions to running guests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol


class Guests(Protocol):
    """Questions to the guests of one host, and keys for them; each answers within seconds or raises UnreachableError."""

    def screenshot(self, guest_id: str) -> bytes:
        """What the guest's screen shows, as PNG.

        Raises:
            ResourceNotFoundError: the host has no such guest, or it is not running.
            NotSupportedError: this hypervisor has no screens.
        """
        ...

    def press_keys(self, guest_id: str, keys: Sequence[int], hold_ms: int) -> None:
        """Press keys of the guest's keyboard together and let them go again.

        keys: by the numbers of Linux, at most 16. A call that is repeated presses them once more.

        Raises:
            ResourceNotFoundError: the host has no such guest, or it is not running.
            NotSupportedError: this hypervisor has no keyboards.
        """
        ...

    def ask_agent(self, guest_id: str, question: str) -> Any:
        """What the guest's agent answers to one of `AGENT_QUESTIONS`; guests say what they like, it is not to be trusted.

        Raises:
            ResourceNotFoundError: the host has no such guest, or it is not running.
            BackendError: the agent does not answer, or does not know the question.
        """
        ...

"""The port of guest consoles."""

from __future__ import annotations

from typing import Protocol


class ConsoleStream(Protocol):
    """A two-way stream of bytes to a guest's serial console; one reader, one writer."""

    def read(self, timeout_s: float) -> bytes | None:
        """The next bytes; empty after `timeout_s` without any; None when the stream has ended."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes to the guest."""
        ...

    def close(self) -> None:
        """End the stream; the guest goes on."""
        ...


class Consoles(Protocol):
    """Opens consoles of the guests of one host."""

    def open_serial(self, guest_id: str) -> ConsoleStream:
        """Attach to the serial console; a second attachment takes over from the first.

        Raises:
            ResourceNotFoundError: the host has no such guest, or it is not running.
            NotSupportedError: this hypervisor has no serial consoles.
        """
        ...

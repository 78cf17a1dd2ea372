"""The serial console of a simulated guest: a login prompt that echoes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_LONGEST_UNREAD = 1 << 16
_POLL_S = 0.05


class SimulatedConsole:
    """One attachment. It ends when it is closed, when another takes over, or when the guest is no longer on."""

    def __init__(self, hostname: str, is_on: Callable[[], bool]) -> None:
        self._prompt = f"{hostname} login: ".encode()
        self._is_on = is_on
        self._unread = bytearray(b"\r\nsimulated guest, serial console\r\n\r\n" + self._prompt)
        self._typed = False
        self._closed = False
        self._changed = threading.Condition()

    def read(self, timeout_s: float) -> bytes | None:
        """See `ConsoleStream.read`."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not self._unread:
                left = deadline - time.monotonic()
                if self._closed or not self._is_on():
                    return None
                if left <= 0:
                    return b""
                self._changed.wait(min(left, _POLL_S))
            data, self._unread = bytes(self._unread), bytearray()
            return data

    def write(self, data: bytes) -> None:
        """See `ConsoleStream.write`. What nobody reads is lost beyond 64 KiB, as on a serial line."""
        with self._changed:
            if self._closed or not self._is_on():
                return
            for byte in data:
                self._unread += self._answer(byte)
            del self._unread[:-_LONGEST_UNREAD]
            self._changed.notify_all()

    def close(self) -> None:
        """See `ConsoleStream.close`."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _answer(self, byte: int) -> bytes:
        if byte not in b"\r\n":
            self._typed = True
            return bytes([byte])
        refusal = b"\r\nLogin incorrect\r\n" if self._typed else b"\r\n"
        self._typed = False
        return refusal + self._prompt

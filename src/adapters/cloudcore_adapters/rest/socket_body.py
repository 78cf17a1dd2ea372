"""The rest of a large body, read by a worker thread straight from the socket.

A body that goes through the event loop is copied five times and waits for the loop and for the thread in turn; one
that a thread takes from the socket is copied once. The connection ends with the answer to such a request.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterator

import attrs

from cloudcore_adapters.rest.errors import RequestTimeoutError

LOOK_MS = 500
"""How often a thread that waits looks whether the connection is still there."""


@attrs.define(kw_only=True)
class SocketBody:
    """Bytes of a body that nobody has read yet.

    socket: a descriptor of its own, which does not block. left: how many bytes are still to come.
    is_closing: whether the server has given the connection up; may be asked in any thread.
    """

    socket: socket.socket
    left: int
    is_closing: Callable[[], bool]

    def pieces(self, size: int, idle_seconds: float) -> Iterator[bytes]:
        """All of them, at most `size` at a time. Blocks its thread; closes the descriptor at the end.

        Raises:
            ConnectionError: the sender went away.
            RequestTimeoutError: nothing came for `idle_seconds`.
        """
        with self.socket:
            while self.left:
                piece = self._next(min(size, self.left), idle_seconds)
                self.left -= len(piece)
                yield piece

    def _next(self, size: int, idle_seconds: float) -> bytes:
        patience = 0.0
        while True:
            try:
                piece = self.socket.recv(size)
            except BlockingIOError:
                now = time.monotonic()
                patience = patience or now + idle_seconds
                if now >= patience:
                    raise RequestTimeoutError(f"no byte came for {idle_seconds:g} s") from None
                self._wait(min(LOOK_MS, (patience - now) * 1000))
                continue
            if not piece:
                raise ConnectionAbortedError("the request ended before its body was complete")
            return piece

    def _wait(self, milliseconds: float) -> None:
        if self.is_closing():
            raise ConnectionAbortedError("the server closed the connection")
        waiting = select.poll()
        waiting.register(self.socket, select.POLLIN)
        waiting.poll(milliseconds)

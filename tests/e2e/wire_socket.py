"""A small WebSocket client for tests."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import wsproto
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)


class RefusedError(Exception):
    """The handshake was answered with a status of HTTP."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status} {body!r}")
        self.status = status
        self.body = body


class WireSocket:
    """One connection; `closed` is the code and reason once the other side has closed it."""

    def __init__(
        self, url: str, headers: Sequence[tuple[str, str]] = (), subprotocols: Sequence[str] = (), timeout_s: float = 15
    ) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self.closed: tuple[int, str] | None = None
        self._sock = socket.create_connection((parts.hostname, parts.port or 80), timeout_s)
        self._wire = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        extra = [(name.encode(), value.encode()) for name, value in headers]
        self._send(Request(host=parts.netloc, target=target, extra_headers=extra, subprotocols=list(subprotocols)))
        self._pending: list[Any] = []
        self.subprotocol = self._shake_hands()

    def send(self, data: bytes | str) -> None:
        """Send one frame, binary for bytes."""
        self._send(BytesMessage(data=data) if isinstance(data, bytes) else TextMessage(data=data))

    def read_until(self, wanted: bytes) -> bytes:
        """Read until these bytes have come."""
        held = b""
        while wanted not in held:
            event = self._next()
            assert not isinstance(event, CloseConnection), (self.closed, held)
            held += bytes(event.data) if isinstance(event, BytesMessage) else b""
        return held

    def read_close(self) -> tuple[int, str]:
        """Read on until the other side closes; code and reason."""
        while self.closed is None:
            self._next()
        return self.closed

    def close(self) -> None:
        """End the connection without a word."""
        self._sock.close()

    def _shake_hands(self) -> str | None:
        status, body = 0, b""
        while True:
            event = self._next()
            if isinstance(event, AcceptConnection):
                return event.subprotocol
            if isinstance(event, RejectConnection):
                status = event.status_code
                if not event.has_body:
                    raise RefusedError(status, b"")
            elif isinstance(event, RejectData):
                body += bytes(event.data)
                if event.body_finished:
                    self.close()
                    raise RefusedError(status, body)

    def _next(self) -> Any:
        while not self._pending:
            data = self._sock.recv(65536)
            self._wire.receive_data(data or None)
            self._pending.extend(self._wire.events())
            assert data or self._pending, "the connection broke off"
        event = self._pending.pop(0)
        if isinstance(event, CloseConnection):
            self.closed = (event.code, event.reason or "")
        return event

    def _send(self, event: Any) -> None:
        self._sock.sendall(self._wire.send(event))

"""The HTTP protocol of our server: uvicorn's, made fit for large bodies.

Bytes of a file go from the file to the socket inside the kernel; a body that comes in is read ahead for a little, and
its rest can be handed to a thread with the socket.
Importing this imports uvicorn.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import h11
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol

from cloudcore_adapters.rest.request import TAKE_BODY
from cloudcore_adapters.rest.responses import SEND_FILE
from cloudcore_adapters.rest.socket_body import SocketBody

READ_AHEAD = 1 << 20
"""How many bytes of a body wait in memory before the sender is held up."""


class LargeBodyProtocol(H11Protocol):
    """Adds two extensions to each request's scope.

    `SEND_FILE`: `await send_file(file, offset, length)`. `TAKE_BODY`: `take_body(length)`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._inner = self.app
        self.app = self._with_extension

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self.flow: _ReadingAhead = _ReadingAhead(self)

    async def send_file(self, file: Any, offset: int, length: int) -> None:
        """Send a part of an open file as (part of) the body of the answer that has begun.

        Raises:
            ConnectionError: the other side has gone.
        """
        if self.flow.write_paused:
            await self.flow.drain()
        if self.transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        # The parser counts the bytes for its framing and hands back what stands for them.
        data: Any = _Counted(length)
        passed = self.conn.send_with_data_passthrough(h11.Data(data=data))
        if passed != [data]:
            raise ConnectionError("only a body of known length can come from a file")
        sent = await self.loop.sendfile(self.transport, file, offset, length)
        if sent != length:
            self.transport.close()
            raise ConnectionError("the file became shorter while it was sent")

    def take_body(self, length: int) -> tuple[bytes, SocketBody] | None:
        """What is here of the `length` bytes of the body that are outstanding, and the socket for the others.

        What the application leaves unread it may still `receive`, but not to the end; the connection ends with the answer.
        None where a body is not to be had so: with TLS, or when all of it is here.
        """
        cycle, transport = self.cycle, self.transport
        here = len(cycle.body)
        own = transport.get_extra_info("socket")
        encrypted = isinstance(transport.get_extra_info("ssl_object"), ssl.SSLObject)
        if own is None or encrypted or not cycle.more_body or here >= length or transport.is_closing():
            return None
        self.flow.hold_reading()
        first, cycle.body = bytes(cycle.body), bytearray()
        cycle.keep_alive = False
        rest = SocketBody(socket=own.dup(), left=length - here, is_closing=transport.is_closing)
        return first, rest

    async def _with_extension(self, scope: Any, receive: Any, send: Any) -> None:
        extensions = {**(scope.get("extensions") or {}), SEND_FILE: self.send_file, TAKE_BODY: self.take_body}
        await self._inner({**scope, "extensions": extensions}, receive, send)


class _Counted:
    """Stands for bytes that somebody else sends."""

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length


class _ReadingAhead(FlowControl):
    """Holds the sender of a body up only when a good piece of it waits."""

    def __init__(self, protocol: LargeBodyProtocol) -> None:
        super().__init__(protocol.transport)
        self._protocol = protocol

    def pause_reading(self) -> None:
        """See `FlowControl.pause_reading`."""
        cycle = self._protocol.cycle
        if cycle is not None and cycle.more_body and 0 < len(cycle.body) < READ_AHEAD:
            return
        super().pause_reading()

    def hold_reading(self) -> None:
        """Read nothing more until somebody resumes it."""
        super().pause_reading()

"""One request and its answer, between a connection and an ASGI application."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.types import ASGIApp

from cloudcore_adapters.rest.head import TO_THE_END, Head, head_of
from cloudcore_adapters.rest.socket_body import SocketBody

if TYPE_CHECKING:
    from cloudcore_adapters.rest.protocol import HttpConnection

LOG = logging.getLogger("cloudcore.rest")
JOINED = 64 << 10
"""Bodies up to this size go out with their head in one piece."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
Message: TypeAlias = MutableMapping[str, Any]


class Exchange:
    """A request that comes in, and its answer that goes out.

    more_body: some of the request's body is still to come. complete: the answer has gone. disconnected: the other side has.
    """

    def __init__(
        self, connection: HttpConnection, scope: dict[str, Any], *, keep_alive: bool, expects: bool, has_body: bool
    ) -> None:
        self.scope = scope
        self.body = bytearray()
        self.more_body = has_body
        self.keep_alive = keep_alive
        self.disconnected = False
        self.started = False
        self.complete = False
        self._connection = connection
        self._expects = expects
        self._given = False
        self._waiter: asyncio.Future[None] | None = None
        self._held = b""
        self._chunked = False
        self._left = 0

    async def run(self, app: ASGIApp) -> None:
        """Have the application answer. What it leaves half done ends the connection."""
        connection = self._connection
        try:
            await app(self.scope, self.receive, self.send)
        except Exception:
            # The outermost place: nothing may reach the event loop.
            LOG.exception("the application failed")
        finally:
            self.scope.pop("extensions", None)  # they refer back to this
            if not self.complete and not self.disconnected:
                if not self.started:
                    self.answer(500, ((b"Content-Type", b"text/plain; charset=utf-8"),), b"Internal Server Error")
                connection.abandon()

    async def receive(self) -> Message:
        """The next piece of the body, or that nobody listens any more."""
        if self._expects and not self.started and not self.disconnected:
            self._expects = False
            self._connection.write(CONTINUE)
        while not (self.disconnected or self.complete or self.body or (not self.more_body and not self._given)):
            self._connection.read_on(self)
            self._waiter = self._connection.loop.create_future()
            await self._waiter
        if self.disconnected or self.complete:
            return {"type": "http.disconnect"}
        piece, self.body = bytes(self.body), bytearray()
        self._given = not self.more_body
        self._connection.read_on(self)
        return {"type": "http.request", "body": piece, "more_body": self.more_body}

    def wake(self) -> None:
        """Something has come that `receive` may wait for."""
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    async def send(self, message: Message) -> None:
        """Send a piece of the answer; nothing when the other side has gone.

        Raises:
            RuntimeError: it is not what is to come next, or more or less than was announced.
        """
        if self._connection.is_full and not self.disconnected:
            await self._connection.drained()
        if self.disconnected:
            return
        wanted = "http.response.body" if self.started else "http.response.start"
        if message["type"] != wanted or self.complete:
            raise RuntimeError(f"{message['type']} is not what comes next")
        if not self.started:
            self._begin(message["status"], message.get("headers", ()))
            # Alone only if nothing of the body comes at once.
            self._connection.loop.call_soon(self.flush)
        else:
            self._go_on(message.get("body", b""), more=message.get("more_body", False))

    def answer(self, status: int, headers: Any, body: bytes) -> None:
        """Send a whole answer at once."""
        self._begin(status, (*headers, (b"Content-Length", b"%d" % len(body))))
        self._go_on(body, more=False)

    def reply(self, status: int, headers: Any, body: bytes) -> None:
        """The same, where the headers say how long the body is."""
        self._begin(status, headers)
        self._go_on(body, more=False)

    def flush(self) -> None:
        """Send what waits for the body."""
        held, self._held = self._held, b""
        if held and not self.disconnected:
            self._connection.write(held)

    async def send_file(self, file: Any, offset: int, length: int) -> None:
        """Send a part of an open file as (part of) the body of the answer that has begun.

        Raises:
            ConnectionError: the other side has gone, or the file is shorter.
        """
        connection = self._connection
        if connection.is_full:
            await connection.drained()
        self.flush()
        if self.disconnected or connection.transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        if self._chunked or length > self._left:
            raise ConnectionError("only a body of known length can come from a file")
        self._left -= length
        sent = await connection.loop.sendfile(connection.transport, file, offset, length)
        if sent != length:
            connection.transport.close()
            raise ConnectionError("the file became shorter while it was sent")

    def take_body(self, length: int) -> tuple[bytes, SocketBody] | None:
        """What is here of the `length` bytes of the body that are outstanding, and the socket for the others.

        What the application leaves unread it may still `receive`, but not to the end; the connection ends with the answer.
        None where a body is not to be had so: with TLS, or when all of it is here.
        """
        transport = self._connection.transport
        own = transport.get_extra_info("socket")
        encrypted = isinstance(transport.get_extra_info("ssl_object"), ssl.SSLObject)
        here = len(self.body)
        if own is None or encrypted or not self.more_body or here >= length or transport.is_closing():
            return None
        self._connection.stop_reading()
        first, self.body = bytes(self.body), bytearray()
        self.keep_alive = False
        rest = SocketBody(socket=own.dup(), left=length - here, is_closing=transport.is_closing)
        return first, rest

    def _begin(self, status: int, headers: Any) -> None:
        common = self._connection.common_headers
        head: Head = head_of(
            status,
            (*common, *headers),
            closes=not self.keep_alive,
            has_body=self.scope["method"] != "HEAD",
            old=self.scope["http_version"] == "1.0",
        )
        self.started = True
        self._expects = False
        self.keep_alive = not head.closes
        self._held = head.data
        self._chunked = head.length is None
        self._left = head.length or 0

    def _go_on(self, body: bytes, *, more: bool) -> None:
        if self.scope["method"] == "HEAD":
            body = b""
        elif self._chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"" if more else b"0\r\n\r\n")
        elif self._left != TO_THE_END:
            if len(body) > self._left:
                raise RuntimeError("the body is longer than announced")
            self._left -= len(body)
        held, self._held = self._held, b""
        if len(body) <= JOINED:
            body = held + body
        elif held:
            self._connection.write(held)
        if body:
            self._connection.write(body)
        if not more:
            if self._left > 0:
                raise RuntimeError("the body is shorter than announced")
            self.complete = True
            self.wake()
            self._connection.answered(self)

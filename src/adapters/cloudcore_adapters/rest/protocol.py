"""The HTTP/1 protocol of our server: a strict parser in C, limits of our own, and ways for large bodies.

uvicorn runs the server around it: it listens, stops in order, and speaks websockets. Bytes of a file go from the file to
the socket inside the kernel; a body that comes in is read ahead for a little, and its rest can be handed to a thread with
the socket. What one reader of a request could understand otherwise than another is refused: two lengths, a length beside
an encoding, another encoding than chunks, line ends without a carriage return, folded headers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, TypeAlias
from urllib.parse import unquote

import httptools
from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import service_unavailable
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from cloudcore_adapters.rest.exchange import LOG, Exchange
from cloudcore_adapters.rest.head import head_of
from cloudcore_adapters.rest.incoming import MAX_HEAD, IncomingHead, RefusedError, renamed
from cloudcore_adapters.rest.patience import Patience
from cloudcore_adapters.rest.request import TAKE_BODY
from cloudcore_adapters.rest.responses import SEND_FILE

READ_AHEAD = 1 << 20
"""How many bytes of a body wait in memory before the sender is held up."""
HEAD_SECONDS = 60.0
"""How long the head of a request may take, and a new connection may say nothing."""
MAX_WAITING = 256
"""Requests that one connection may send ahead of their answers."""

Refusal: TypeAlias = tuple[int, str]


class HttpConnection(asyncio.Protocol):
    """One connection: requests come in one after another and are answered in their order.

    Adds two extensions to each request's scope. `SEND_FILE`: `await send_file(file, offset, length)`.
    `TAKE_BODY`: `take_body(length)`.
    """

    transport: asyncio.Transport

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        if not config.loaded:
            config.load()
        self.loop = _loop or asyncio.get_event_loop()
        self.is_full = False
        self._config = config
        self._state = server_state
        self._app_state = app_state
        self._app: ASGIApp = config.loaded_app
        self._quick = getattr(self._app, "quick", None)
        self._parser = httptools.HttpRequestParser(self)
        self._base: dict[str, Any] = {}
        self._head = IncomingHead()
        self._skipping = False
        self._silent = 0
        self._incoming: Exchange | None = None
        self._answering: Exchange | None = None
        self._waiting: deque[Exchange] = deque()
        self._last = False
        self._refusal: Refusal | None = None
        self._upgrading = False
        self._room: asyncio.Future[None] | None = None
        self._is_held = False
        self._patience = Patience(self.loop, config.timeout_keep_alive, self._waits, self._give_up)

    # The transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._state.connections.add(self)  # type: ignore[arg-type]
        self._base = {
            "type": "http",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.3"},
            "server": get_local_addr(transport),
            "client": get_remote_addr(transport),
            "scheme": "https" if is_ssl(transport) else "http",
            "root_path": self._config.root_path,
        }
        self._patience.begin(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._state.connections.discard(self)
        self._let_go()
        for exchange in (self._answering, self._incoming, *self._waiting):
            if exchange is not None and not exchange.complete:
                exchange.disconnected = True
                exchange.wake()
        self._waiting.clear()
        self._answering = self._incoming = None
        self.resume_writing()
        if exc is None:
            self.transport.close()

    def shutdown(self) -> None:
        """The server stops: end the connection, behind the answer that is being made."""
        if self._answering is None or self._answering.complete:
            self._give_up()
        else:
            self._answering.keep_alive = False

    def _let_go(self) -> None:
        """Drop what refers back to this object."""
        self._last = True
        self._patience.end()
        del self._parser

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self._refusal is not None or (self._last and self._incoming is None):
            return
        if not self._head.begun and self._incoming is None:
            data = renamed(data, self._head)
        self._silent += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._switch(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if not isinstance(cause, RefusedError):
                LOG.error("a request could not be taken in", exc_info=cause or error)
            self._refuse(cause.refusal if isinstance(cause, RefusedError) else (400, "Bad Request"))
        except httptools.HttpParserError:
            if not (self._last and self._incoming is None):
                self._refuse((400, "Invalid HTTP request received."))
        else:
            if self._silent > MAX_HEAD:
                self._refuse((431, "The head of the request is too large."))

    def pause_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self.is_full = True

    def resume_writing(self) -> None:
        """See `asyncio.Protocol`."""
        self.is_full = False
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)

    # The parser's side

    def on_message_begin(self) -> None:
        """A request begins."""
        self._silent = 0
        if self._skipping:
            return
        if self._last:
            raise RefusedError(400, "nothing may follow")
        self._head.begin()
        if self._answering is None:
            self._patience.wait(HEAD_SECONDS)

    def on_url(self, url: bytes) -> None:
        """A part of its target."""
        self._silent = 0
        if not self._skipping:
            self._head.add_target(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or one field behind the last chunk, which nobody reads."""
        self._silent = 0
        if not self._skipping:
            self._head.add(name, value)

    def on_headers_complete(self) -> None:
        """Its head is complete."""
        self._silent = 0
        if self._skipping:
            self._skipping = False
            return
        head, parser = self._head, self._parser
        version = head.check(parser.get_http_version(), parser.get_method())
        if parser.should_upgrade():
            self._upgrading = True
            if self._is_websocket(head):
                return
        keep_alive = version == "1.1" and (parser.should_keep_alive() or self._upgrading) and head.method != "CONNECT"
        self._last = not keep_alive
        self._incoming = self._exchange(head, version, keep_alive=keep_alive)
        if head.has_body:
            self._put(self._incoming)

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""
        self._silent = 0
        exchange = self._incoming
        if exchange is None or exchange.complete:
            return
        exchange.body += body
        if len(exchange.body) >= READ_AHEAD:
            self.stop_reading()
        exchange.wake()

    def on_message_complete(self) -> None:
        """Its body is complete."""
        self._silent = 0
        head, exchange = self._head, self._incoming
        if exchange is None or (self._upgrading and head.has_body):
            return  # a websocket, or a body that the parser has not looked at
        head.begun, self._incoming, exchange.more_body = False, None, False
        if head.has_body:
            exchange.wake()
            if exchange.complete:
                self._next()
        else:
            self._put(exchange)

    # The exchanges' side

    @property
    def common_headers(self) -> list[tuple[bytes, bytes]]:
        """What every answer carries, such as the date."""
        return self._state.default_headers

    def write(self, data: bytes) -> None:
        """Send bytes, unless the connection is closing."""
        if not self.transport.is_closing():
            self.transport.write(data)

    async def drained(self) -> None:
        """Wait until the other side has taken most of what was written, or is gone."""
        if self.is_full:
            self._room = self._room or self.loop.create_future()
            await asyncio.shield(self._room)

    def read_on(self, exchange: Exchange) -> None:
        """Go on reading, for an exchange that waits for its body or for the other side's end."""
        if self._is_held and exchange is self._answering and not self._waiting:
            self._is_held = False
            self.transport.resume_reading()

    def stop_reading(self) -> None:
        """Read nothing more until somebody reads on."""
        if not self._is_held:
            self._is_held = True
            self.transport.pause_reading()

    def abandon(self) -> None:
        """An answer ends before it is complete: so does the connection."""
        self._last = True
        self.transport.close()

    def answered(self, exchange: Exchange) -> None:
        """An answer is complete."""
        self._state.total_requests += 1
        if not exchange.keep_alive:
            self._last = True
            self._waiting.clear()
            self.transport.close()
        elif exchange is not self._incoming:
            self._next()
        else:
            # Its body is still coming, and nobody wants it.
            exchange.body.clear()
            self._patience.wait(self._config.timeout_keep_alive)
            self.read_on(exchange)

    # Pieces

    def _exchange(self, head: IncomingHead, version: str, *, keep_alive: bool) -> Exchange:
        target = head.target
        raw_path, _, query = target.partition(b"?")
        path = raw_path.decode("ascii")
        scope = {
            **self._base,
            "http_version": version,
            "method": head.method,
            "path": self._config.root_path + (unquote(path) if "%" in path else path),
            "raw_path": raw_path,
            "query_string": query,
            "headers": head.headers,
            "state": self._app_state.copy(),
        }
        exchange = Exchange(self, scope, keep_alive=keep_alive, expects=head.expects, has_body=head.has_body)
        scope["extensions"] = {SEND_FILE: exchange.send_file, TAKE_BODY: exchange.take_body}
        return exchange

    def _put(self, exchange: Exchange) -> None:
        """Have an exchange answered, when those before it are."""
        if self._answering is None and not self._waiting:
            self._answer(exchange)
            return
        if len(self._waiting) >= MAX_WAITING:
            raise RefusedError(400, "too many requests at once")
        self._waiting.append(exchange)
        self.stop_reading()

    def _answer(self, exchange: Exchange) -> None:
        self._answering = exchange
        app, state, limit = self._app, self._state, self._config.limit_concurrency
        if limit is not None and (len(state.connections) >= limit or len(state.tasks) >= limit):
            app = service_unavailable  # type: ignore[assignment]
        elif self._quick is not None and not exchange.more_body:
            ready = self._quick(exchange.scope)
            if ready is not None:
                exchange.reply(*ready)
                return
        task = self.loop.create_task(exchange.run(app))
        task.add_done_callback(state.tasks.discard)
        state.tasks.add(task)

    def _next(self) -> None:
        """Turn to the next request: one that waits, a refusal, or one that is still to come."""
        self._answering = None
        if self._waiting:
            self.loop.call_soon(self._answer_next)
        elif self._refusal is not None:
            self._refuse(self._refusal)
        else:
            self._patience.wait(HEAD_SECONDS if self._head.begun else self._config.timeout_keep_alive)
            if self._is_held:
                self._is_held = False
                self.transport.resume_reading()

    def _answer_next(self) -> None:
        if self._waiting and self._answering is None and not self.transport.is_closing():
            self._answer(self._waiting.popleft())

    def _refuse(self, refusal: Refusal) -> None:
        """End the connection, with a word to whoever does not speak as he should; after the answers that are due."""
        self._refusal = refusal
        exchange, own = self._answering, self._incoming
        if own is not None:
            self._incoming, own.disconnected = None, not own.started
            if own in self._waiting:
                self._waiting.remove(own)
            own.keep_alive = False
            own.wake()
        if exchange is not None and exchange is not own:
            self.stop_reading()
            return
        if exchange is None or not exchange.started:
            status, text = refusal
            headers = ((b"Content-Type", b"text/plain; charset=utf-8"), (b"Content-Length", b"%d" % len(text)))
            head = head_of(status, (*self.common_headers, *headers), closes=True, has_body=True)
            self.write(head.data + text.encode("ascii"))
        self._last = True
        self.transport.close()

    def _waits(self) -> bool:
        return self._answering is None or self._answering.complete

    def _give_up(self) -> None:
        self.transport.close()

    def _is_websocket(self, head: IncomingHead) -> bool:
        return (
            self._config.ws_protocol_class is not None
            and head.upgrade == b"websocket"
            and not head.has_body
            and self._answering is None
        )

    def _switch(self, rest: bytes) -> None:
        """Go on behind a request that asked for another protocol: in that one, or in ours as if it had not asked."""
        self._upgrading = False
        head, exchange = self._head, self._incoming
        if self._answering is None and exchange is None and self._is_websocket(head):
            self._speak_websockets(head, rest)
            return
        if exchange is None and self._last:
            return
        self._parser = httptools.HttpRequestParser(self)
        if exchange is not None:
            # Its body is still to come. The parser has to be told how long it is.
            self._skipping = True
            self._parser.feed_data(b"POST / HTTP/1.1\r\nHost: x\r\n" + head.framing + b"\r\n")
        if rest:
            self.data_received(rest)

    def _speak_websockets(self, head: IncomingHead, rest: bytes) -> None:
        self._state.connections.discard(self)
        self._let_go()
        kind: Any = self._config.ws_protocol_class
        protocol = kind(config=self._config, server_state=self._state, app_state=self._app_state)
        protocol.connection_made(self.transport)
        protocol.data_received(head.sent() + rest)
        self.transport.set_protocol(protocol)

"""Serial consoles over WebSocket: `GET /compute/servers/{id}/serial`.

Binary frames carry the bytes of the line in both directions. Programs send their token as `X-Auth-Token`; browsers, which
cannot, offer the subprotocols `cloudcore.serial.v1` and `cloudcore.token.<token>`. A token in the query is not read: URLs
end up in logs. A second reader of a console takes over from the first, whose connection is closed.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import anyio
import anyio.to_thread
import attrs
from anyio import CapacityLimiter
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    CloudcoreError,
    Contention,
    ForbiddenError,
    InvalidStatusError,
    NotSupportedError,
    TooManyRequestsError,
    UnauthorizedError,
)
from cloudcore.operations.access import fetch_for
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading
from cloudcore.ports.console import Consoles, ConsoleStream
from cloudcore.resources.compute.server import SERVERS
from cloudcore_adapters.rest.errors import error_reply

PATH = "/compute/servers/{ident}/serial"
PROTOCOL = "cloudcore.serial.v1"
TOKEN_PROTOCOL = "cloudcore.token."  # noqa: S105 - a prefix
LONGEST_TOKEN = 8192
LONGEST_FRAME = 64 << 10

T = TypeVar("T")

_log = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class ConsoleLimits:
    """Times in seconds.

    open: consoles at a time. idle: without a byte in either direction. recheck: how often the right to look is asked
    for again. poll: how long one read waits.
    """

    open: int = 64
    idle: float = 1800.0
    recheck: float = 1.0
    poll: float = 0.5


@attrs.frozen(kw_only=True)
class ConsoleAccess:
    """Who may open which console.

    caller_of: the caller that a token stands for (token, peer, request id); UnauthorizedError without a good one.
    hosts: host id → the consoles of its guests.
    """

    platform: Platform
    caller_of: Callable[[str | None, str, str], Caller]
    hosts: Mapping[str, Consoles]

    def host_of(self, caller: Caller, ident: str) -> tuple[str, str]:
        """Id and host of a server whose console the caller may use.

        Raises:
            ResourceNotFoundError: the caller may not see such a server.
            ForbiddenError: he may see it, but not use its console.
            InvalidStatusError: it is on no host.
        """
        server = reading(
            self.platform, lambda tx: fetch_for(self.platform, tx, caller, SERVERS, ident, "perform", "serial")
        )
        if server.host_id is None:
            raise InvalidStatusError(f"server {server.name} is on no host", field="status")
        return server.id, server.host_id

    def open(self, caller: Caller, ident: str) -> ConsoleStream:
        """Attach to the console; see `host_of` and `Consoles.open_serial` for what it raises."""
        server_id, host_id = self.host_of(caller, ident)
        consoles = self.hosts.get(host_id)
        if consoles is None:
            raise NotSupportedError("the server's host offers no consoles here")
        return consoles.open_serial(server_id)


class Threads:
    """Threads for consoles alone: each open one holds up to two, and none of those that answer requests."""

    def __init__(self, most: int) -> None:
        self._limiter = CapacityLimiter(most)

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """Run `work(*args)` in a thread and give its result."""
        return await anyio.to_thread.run_sync(work, *args, limiter=self._limiter)


class ConsoleDoor:
    """The handler of the route: one instance serves all consoles of a process."""

    def __init__(self, access: ConsoleAccess, limits: ConsoleLimits | None = None) -> None:
        self._access = access
        self._limits = limits or ConsoleLimits()
        self._open = 0
        self._threads = Threads(2 * self._limits.open + 8)

    def route(self) -> WebSocketRoute:
        """The route to mount before all others."""
        return WebSocketRoute(PATH, self.serve, name="serial")

    async def serve(self, socket: WebSocket) -> None:
        """Serve one console from its handshake to its end."""
        request_id = secrets.token_hex(8)
        peer = socket.client.host if socket.client else ""
        ident = str(socket.path_params["ident"])
        try:
            check_origin(socket)
            token = token_of(socket)
            if self._open >= self._limits.open:
                raise TooManyRequestsError("too many consoles are open", data={"retry_after": 10})
            self._open += 1
            try:
                caller = await self._threads.run(self._access.caller_of, token, peer, request_id)
                stream = await self._threads.run(self._access.open, caller, ident)
                await self._bridge(socket, stream, lambda: self._still_allowed(token, peer, request_id, ident))
            finally:
                self._open -= 1
        except CloudcoreError as error:
            await _refuse(socket, error, request_id)

    def _still_allowed(self, token: str | None, peer: str, request_id: str, ident: str) -> bool:
        try:
            self._access.host_of(self._access.caller_of(token, peer, request_id), ident)
        except Contention:
            return True
        except CloudcoreError:
            return False
        return True

    async def _bridge(self, socket: WebSocket, stream: ConsoleStream, allowed: Callable[[], bool]) -> None:
        line = _Line(stream, self._limits, self._threads)
        code = 1000
        try:
            await socket.accept(subprotocol=PROTOCOL if PROTOCOL in socket.scope.get("subprotocols", []) else None)
            code = await line.run(socket, allowed)
        except WebSocketDisconnect:
            return
        finally:
            with anyio.CancelScope(shield=True):
                await self._threads.run(stream.close)
        await socket.close(code, line.reason)


class _Line:
    """One open console: what goes in, what comes out, and why it ended."""

    def __init__(self, stream: ConsoleStream, limits: ConsoleLimits, threads: Threads) -> None:
        self._stream = stream
        self._threads = threads
        self._limits = limits
        self._moved = time.monotonic()
        self._code = 1000
        self.reason = ""

    async def run(self, socket: WebSocket, allowed: Callable[[], bool]) -> int:
        """Carry bytes until one side has had enough; gives the code to close with.

        Raises:
            WebSocketDisconnect: the client went away.
        """
        gone: list[WebSocketDisconnect] = []
        async with anyio.create_task_group() as group:
            group.start_soon(self._ended_by, group.cancel_scope, gone, self._outwards, socket)
            group.start_soon(self._ended_by, group.cancel_scope, gone, self._inwards, socket)
            group.start_soon(self._ended_by, group.cancel_scope, gone, self._watch, allowed)
        if gone:
            raise gone[0]
        return self._code

    async def _ended_by(
        self,
        scope: anyio.CancelScope,
        gone: list[WebSocketDisconnect],
        part: Callable[[Any], Awaitable[None]],
        argument: object,
    ) -> None:
        try:
            await part(argument)
        except WebSocketDisconnect as error:
            gone.append(error)
        except CloudcoreError as error:
            self._end(1011, str(error))
        scope.cancel()

    async def _outwards(self, socket: WebSocket) -> None:
        while True:
            data = await self._threads.run(self._stream.read, self._limits.poll)
            if data is None:
                self._end(1000, "the console has ended")
                return
            if data:
                self._moved = time.monotonic()
                await socket.send_bytes(data)

    async def _inwards(self, socket: WebSocket) -> None:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            data = message.get("bytes")
            if data is None:
                self._end(1003, "only binary frames are read")
                return
            if len(data) > LONGEST_FRAME:
                self._end(1009, f"frames have at most {LONGEST_FRAME} bytes")
                return
            self._moved = time.monotonic()
            await self._threads.run(self._stream.write, data)

    async def _watch(self, allowed: Callable[[], bool]) -> None:
        while True:
            await anyio.sleep(min(self._limits.recheck, self._limits.idle))
            if time.monotonic() - self._moved >= self._limits.idle:
                self._end(1000, "idle for too long")
                return
            if not await self._threads.run(allowed):
                self._end(1008, "not allowed any more")
                return

    def _end(self, code: int, reason: str) -> None:
        self._code, self.reason = code, reason.encode()[:120].decode("utf-8", "ignore")


def check_origin(socket: WebSocket) -> None:
    """Refuse browsers that are on a page of another site; programs send no origin.

    Raises:
        ForbiddenError: the origin is not the address that was asked.
    """
    origin = socket.headers.get("origin")
    if origin is None:
        return
    if urlsplit(origin).netloc.lower() != socket.headers.get("host", "").lower():
        raise ForbiddenError("pages of other sites may not open consoles")


def token_of(socket: WebSocket) -> str | None:
    """The token of a handshake: of the header, else of the subprotocol.

    Raises:
        UnauthorizedError: it is too long.
    """
    token = socket.headers.get("x-auth-token", "").strip()
    if not token:
        offered: list[str] = socket.scope.get("subprotocols", [])
        token = next((p.removeprefix(TOKEN_PROTOCOL) for p in offered if p.startswith(TOKEN_PROTOCOL)), "")
    if len(token) > LONGEST_TOKEN:
        raise UnauthorizedError("the token is too long")
    return token or None


async def _refuse(socket: WebSocket, error: CloudcoreError, request_id: str) -> None:
    await socket.send_denial_response(error_reply(error, request_id=request_id, log=_log))

"""The ASGI application: one door for all services."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

import anyio
from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

from cloudcore.model.errors import NotSupportedError, ResourceBusyError, UnauthorizedError
from cloudcore.operations.plans.call import PARAMETER as PLAN
from cloudcore.operations.plans.call import wants_plan
from cloudcore_adapters.rest import openstack
from cloudcore_adapters.rest.access_log import Observe, Timer
from cloudcore_adapters.rest.errors import LOG, error_reply
from cloudcore_adapters.rest.gateway.table import SERVICE as GATEWAY
from cloudcore_adapters.rest.gateway.table import match as match_gateway
from cloudcore_adapters.rest.paths import Target, parts_of, target_of
from cloudcore_adapters.rest.remembered import Remembered, nothing_comes
from cloudcore_adapters.rest.request import Call
from cloudcore_adapters.rest.responses import HARDENING, Reply, StreamReply, raw
from cloudcore_adapters.rest.routes import Match, match
from cloudcore_adapters.rest.serving import DEFAULT_PREFIXES, Limits, OpenSigned, ServedCloud, StoreSigned
from cloudcore_adapters.rest.site import Site, Stream, Work

Ready: TypeAlias = tuple[int, list[tuple[bytes, bytes]], bytes]
"""A whole answer: status, headers, body."""

MOST_KNOWN = 1024
"""Paths whose handlers are remembered, up to `MAX_KNOWN` bytes each."""
MAX_KNOWN = 128
CLOSE = (b"Connection", b"close")
BUSY_STEP_S = 0.25
LONGEST_BUSY_STEP_S = 1.0
"""How long a deletion waits before it is tried again, at first and at most."""
_COMMON = raw((*HARDENING, ("Server", "cloudcore")))


def build_app(
    cloud: ServedCloud,
    *,
    prefixes: Mapping[str, str] = DEFAULT_PREFIXES,
    limits: Limits | None = None,
    public_url: str = "",
    open_signed: OpenSigned | None = None,
    store_signed: StoreSigned | None = None,
    log: logging.Logger | None = None,
    extra_routes: Sequence[BaseRoute] = (),
    observe: Observe | None = None,
) -> Application:
    """An application that serves a cloud.

    prefixes: service → path prefix; a service that is not named is not served. An empty prefix is the root.
    public_url: what discovery documents call this place; empty: the address that the caller used.
    open_signed: opens what a signed `/internal/images/…` URL means, for hosts; without it there are no such URLs.
    store_signed: takes the bytes that a host sends to one.
    log: where failures go, `cloudcore.rest` by default; each request also has a line in `cloudcore.access`.
    extra_routes: further applications (a web UI, consoles), asked before ours.
    observe: told of each request when it is over, for measuring.
    """
    site = Site(
        cloud,
        prefixes=prefixes,
        limits=limits or Limits(),
        public_url=public_url,
        open_signed=open_signed,
        store_signed=store_signed,
    )
    return Application(Door(site, log or LOG, observe), extra_routes)


class Application(Starlette):
    """Starlette's for the routes of others; what goes to none of them comes to our door directly."""

    def __init__(self, door: Door, extra_routes: Sequence[BaseRoute]) -> None:
        super().__init__(routes=extra_routes)
        # Not a mount: its pattern would not take a path with a line break in it.
        self.router.default = door
        self._door = door
        self._others = tuple(_beginning(route) for route in extra_routes if not isinstance(route, WebSocketRoute))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `Door.__call__`."""
        if scope["type"] != "http" or scope["path"].startswith(self._others):
            await super().__call__(scope, receive, send)
            return
        ready = self._door.quick(scope)
        if ready is None:
            await self._door(scope, receive, send)
            return
        status, headers, body = ready
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def quick(self, scope: Scope) -> Ready | None:
        """The answer to a request without a body, if it can be given without waiting. Only in the event loop."""
        return None if scope["path"].startswith(self._others) else self._door.quick(scope)


def _beginning(route: BaseRoute) -> str:
    """What a path that the route may answer, or redirect, begins with."""
    path: str = getattr(route, "path", "")
    return path.partition("{")[0].rstrip("/")


class Door:
    """Takes each request from its first byte to its last: path, route, body, handler, answer, log line."""

    def __init__(self, site: Site, log: logging.Logger, observe: Observe | None = None) -> None:
        self._site = site
        self._log = log
        self._observe = observe
        self._remembered = Remembered(site)
        self._known: dict[tuple[str, bytes], tuple[Target, Match]] = {}
        self._waiting = 0

    def quick(self, scope: Scope) -> Ready | None:
        """See `Remembered`; counted and logged like every other answer."""
        if not self._remembered.may_answer(scope):
            return None
        timer = Timer(self._observe)
        call = Call(scope, nothing_comes, self._site.limits)
        reply = self._remembered.answer(call)
        if reply is None:
            return None
        self._site.answered[reply.status_code // 100] += 1
        timer.write(call, reply.status_code)
        body = b"" if call.method == "HEAD" else reply.body
        return reply.status_code, [*reply.raw_headers, *common_headers(call)], bytes(body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; never raises."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        timer = Timer(self._observe)
        call = Call(scope, receive, self._site.limits)
        answer = Answer(call, send)
        try:
            try:
                reply = openstack.with_its_status(call, await self._answer(call))
            except Exception as error:  # noqa: BLE001 - the outermost place: nothing may reach the server
                await call.drain()
                wrapped = call.target.service == openstack.SERVICE
                login_url = openstack.login_url(self._site, call)
                reply = error_reply(
                    error, request_id=call.request_id, log=self._log, wrapped=wrapped, login_url=login_url
                )
            await reply(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - as above
            # The answer has begun: all that is left is to end the connection, which an incomplete answer does.
            self._log.error("request %s: the answer broke off", call.request_id, exc_info=error)
        finally:
            self._site.answered[answer.status // 100] += 1
            timer.write(call, answer.status)

    async def _answer(self, call: Call) -> Reply | StreamReply:
        site = self._site
        raw_path: bytes = call.scope.get("raw_path") or call.scope["path"].encode("utf-8", "surrogateescape")
        found = self._found(call, raw_path.partition(b"?")[0])
        call.route = found.route
        if not found.open and call.token is None and not call.signed:
            raise UnauthorizedError("the header X-Auth-Token is missing")
        if not found.planned:
            refuse_plan(call)
        if not found.blocking:
            return await cast("Stream", found.handler)(site, call, found.args)
        if call.method not in ("GET", "HEAD"):
            await call.read_json()
        return await self._worked(call, found)

    async def _worked(self, call: Call, found: Match) -> Reply | StreamReply:
        """Run what blocks. A deletion is tried again while a task holds its object: clients delete what is still being made."""
        site = self._site
        until = anyio.current_time() + site.limits.busy_seconds
        pause = BUSY_STEP_S
        while True:
            try:
                return await site.workers.run(cast("Work", found.handler), site, call, found.args)
            except ResourceBusyError as error:
                waits = call.method == "DELETE" and "task_id" in error.data
                if not waits or anyio.current_time() >= until or self._waiting >= site.limits.busy_waits:
                    raise
            self._waiting += 1
            try:
                await anyio.sleep(pause)
            finally:
                self._waiting -= 1
            pause = min(2 * pause, LONGEST_BUSY_STEP_S)

    def _found(self, call: Call, path: bytes) -> Match:
        """What answers, and the call's target; the same for the same path and method, so it is looked for once."""
        known = self._known.get((call.method, path))
        if known is None:
            call.target = target_of(parts_of(path, limit=self._site.limits.path_parts), self._site.prefixes)
            known = call.target, self._match(call)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            if len(path) <= MAX_KNOWN:
                self._known[call.method, path] = known
        call.target, found = known
        return found

    def _match(self, call: Call) -> Match:
        if call.target.service == GATEWAY:
            return match_gateway(call.target, call.method)
        return match(self._site, call.target, call.method)


def refuse_plan(call: Call) -> None:
    """Refuse to do what only a plan was asked of.

    Raises:
        NotSupportedError: `plan` is in the query.
    """
    asked = call.method not in ("GET", "HEAD") and PLAN.encode() in call.scope.get("query_string", b"")
    if asked and wants_plan(call.query):
        raise NotSupportedError("there are no plans of this request", field=PLAN)


def common_headers(call: Call) -> list[tuple[bytes, bytes]]:
    """What every answer carries."""
    return [(b"X-Request-Id", call.request_id.encode("latin-1")), *_COMMON]


class Answer:
    """The way back: adds what every answer carries, keeps the status for the log, leaves the body out for HEAD."""

    def __init__(self, call: Call, send: Send) -> None:
        self.status = 0
        self._send = send
        self._call = call
        self._empty = call.method == "HEAD"
        self._common = common_headers(call)

    async def send(self, message: Message) -> None:
        """Pass one message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            closing = [CLOSE] if self._call.closes else []
            message["headers"] = [*message["headers"], *self._common, *closing]
        elif self._empty:
            message = {**message, "body": b""}
        await self._send(message)

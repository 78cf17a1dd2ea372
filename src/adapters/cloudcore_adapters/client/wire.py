"""Requests with a token: service look-up, envelopes' JSON, retries that cannot do a thing twice, one renewal on 401."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from cloudcore.model.errors import BackendError, CloudcoreError, InvalidInputError, NotSupportedError, UnauthorizedError
from cloudcore.model.json import JsonMapping
from cloudcore_adapters.client.catalog import GATEWAY, find_endpoint, gateway_endpoint, join
from cloudcore_adapters.client.failures import CloudUnreachableError, UntrustedCloudError, error_from
from cloudcore_adapters.client.identity import Credentials, Login, Token, TokenStore
from cloudcore_adapters.client.query import query_string
from cloudcore_adapters.client.transport import MAX_REPLY, Answer, Exchange, Transport, Trust

SAFE = frozenset({"GET", "HEAD"})
BRIEFLY_AWAY = frozenset({502, 503, 504})
USER_AGENT = "cloudcore-client"
ACCEPT = "application/json, */*;q=0.1"
"""Not JSON alone: identity takes who asks for that for a client of OpenStack, and sends it no body after a DELETE."""


@attrs.frozen(kw_only=True)
class Patience:
    """How often and after what pauses a request is repeated.

    attempts: tries in all; first_pause_s doubles each time, by half less at random, up to longest_pause_s.
    longest_asked_s: how long a pause the cloud may ask for by Retry-After; who asks for more gets no further try.
    """

    attempts: int = 4
    first_pause_s: float = 0.15
    longest_pause_s: float = 5.0
    longest_asked_s: float = 60.0

    def pause(self, failed: int) -> float:
        """Seconds to wait after that many failures."""
        whole = min(self.longest_pause_s, self.first_pause_s * 2.0 ** (failed - 1))
        return whole * float(random.uniform(0.5, 1.0))  # noqa: S311 - not a secret


@attrs.frozen(kw_only=True)
class Place:
    """Which of a service's endpoints to take."""

    interface: str = "public"
    region: str = ""
    zone: str = ""


@attrs.frozen(kw_only=True)
class Call:
    """One request to a service."""

    service: str
    method: str
    path: str
    params: JsonMapping = attrs.field(factory=dict[str, Any])
    content: bytes | Iterable[bytes] = attrs.field(default=b"", repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    max_reply: int = MAX_REPLY

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice is the same as doing it once."""
        return isinstance(self.content, bytes) and (self.method in SAFE or "Idempotency-Key" in self.headers)


class Wire:
    """Everything that is the same for all requests of a session.

    observe: told one line per exchange, without headers, bodies or secrets.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: Transport,
        *,
        store: TokenStore,
        place: Place,
        trust: Trust,
        timeout_s: float,
        patience: Patience,
        observe: Callable[[str], None],
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = transport
        self._place = place
        self.trust = trust
        self.timeout_s = timeout_s
        self._patience = patience
        self._observe = observe
        self.sleep = sleep
        self.login = Login(credentials, self._login, store=store, clock=clock)

    def close(self) -> None:
        """Give the connections back."""
        self._transport.close()

    def json(self, call: Call, body: Any = None) -> Any:
        """The answer's JSON; an empty object where it has no body."""
        if body is not None:
            headers = {"Content-Type": "application/json", **call.headers}
            call = attrs.evolve(call, content=encoded(body), headers=headers)
        answer = self.send(call)
        if not answer.body:
            return {}
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise BackendError(
                f"{call.service} answered {call.method} {call.path} with something that is no JSON",
                internal=repr(answer.body[:200]),
            ) from error

    def send(self, call: Call) -> Answer:
        """The answer to one request; any status from 300 on is raised as the error that it stands for."""
        token = self.login.token()
        try:
            return self._send(call, token)
        except UnauthorizedError:
            if not self.login.credentials.can_login or not isinstance(call.content, bytes):
                raise
            return self._send(call, self.login.token(instead_of=token))

    def url(self, call: Call, token: Token) -> str:
        """Where a request goes. Identity falls back to the address of the login."""
        endpoint = self._endpoint(call, token)
        query = query_string(call.params)
        return join(endpoint, call.path) + (f"?{query}" if query else "")

    def _endpoint(self, call: Call, token: Token) -> str:
        place, login = self._place, self.login.credentials
        if place.interface == GATEWAY:
            return gateway_endpoint(login.auth_url, call.service, region=place.region, zone=place.zone)
        try:
            return find_endpoint(
                token.catalog,
                call.service,
                interface=place.interface,
                region=place.region,
                zone=place.zone,
                read_only=call.method in SAFE,
            )
        except NotSupportedError:
            if call.service != "identity":
                raise
            return login.identity_url()

    def _send(self, call: Call, token: Token) -> Answer:
        headers = {"Accept": ACCEPT, **call.headers, "X-Auth-Token": token.value}
        exchange = Exchange(
            method=call.method,
            url=self.url(call, token),
            headers=headers,
            content=call.content,
            timeout_s=self.timeout_s,
            max_reply=call.max_reply,
        )
        return self._repeat(exchange, repeatable=call.repeatable)

    def _login(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        sent = {"Accept": ACCEPT, "Content-Type": "application/json", **headers}
        exchange = Exchange(method=method, url=url, headers=sent, content=body, timeout_s=self.timeout_s)
        return self._repeat(exchange, repeatable=True)

    def _repeat(self, exchange: Exchange, *, repeatable: bool) -> Answer:
        request_id = f"c-{uuid.uuid4().hex[:12]}"
        headers = {**exchange.headers, "X-Request-Id": request_id, "User-Agent": USER_AGENT}
        exchange = attrs.evolve(exchange, headers=headers)
        failed = 0
        while True:
            error, again = self._once(exchange, request_id, repeatable=repeatable)
            if isinstance(error, Answer):
                return error
            failed += 1
            asked = error.data.get("retry_after")
            pause = float(asked) if isinstance(asked, int) else self._patience.pause(failed)
            if not again or failed >= self._patience.attempts or pause > self._patience.longest_asked_s:
                raise error
            self.sleep(pause)

    def _once(self, exchange: Exchange, request_id: str, *, repeatable: bool) -> tuple[Answer | CloudcoreError, bool]:
        """The answer, or the error and whether to try again."""
        began = time.monotonic()
        try:
            answer = self._transport.send(exchange)
        except CloudUnreachableError as error:
            self._tell(exchange, request_id, began, "no answer")
            if isinstance(error, UntrustedCloudError):
                return error, False
            return error, repeatable or (not error.sent and isinstance(exchange.content, bytes))
        self._tell(exchange, request_id, began, str(answer.status))
        if answer.status < 300:
            return answer, False
        told = answer.headers
        failure = error_from(answer.status, answer.body, request_id=request_id, retry_after=told.get("retry-after", ""))
        return failure, repeatable and (answer.status in BRIEFLY_AWAY or answer.status == 429)

    def _tell(self, exchange: Exchange, request_id: str, began: float, outcome: str) -> None:
        took = (time.monotonic() - began) * 1000
        self._observe(f"{exchange.method} {exchange.url} {outcome} {took:.0f} ms {request_id}")


def encoded(body: Any) -> bytes:
    """The body as JSON.

    Raises:
        InvalidInputError: it has values that JSON has not, or text that is no Unicode.
    """
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError("the body cannot be written as JSON", internal=repr(error)) from error


def fresh_key() -> str:
    """A new idempotency key."""
    return uuid.uuid4().hex

"""What comes in: one request, its headers, its query as a tree, its body within limits."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import anyio
import orjson
from starlette.types import Message, Receive, Scope

from cloudcore.auth.signedrequest import SignedRequest, is_signed
from cloudcore.model.errors import (
    InvalidFormatError,
    InvalidInputError,
    MissingParameterError,
    TooLargeError,
    UnauthorizedError,
)
from cloudcore.model.json import Json, JsonMapping, JsonObject
from cloudcore.model.reading import parse_query
from cloudcore.ports.session import Session
from cloudcore_adapters.rest.errors import RequestTimeoutError, UnsupportedMediaTypeError
from cloudcore_adapters.rest.paths import Target
from cloudcore_adapters.rest.serving import Limits, ServedCloud
from cloudcore_adapters.rest.socket_body import SocketBody

TAKE_BODY = "cloudcore.take_body"
"""The ASGI extension of our server that hands out the socket with the rest of a body."""
IDEMPOTENCY_PARAM = "__idempotency_key__"
MAX_IDEMPOTENCY_KEY = 255
MAX_TOKEN = 8192

JSON_TYPES = ("", "application/json", "text/json", "application/x-www-form-urlencoded")
"""Types under which clients send JSON. The last one is what curl calls every body, and says nothing about it."""

_REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)


class ClientGoneError(InvalidInputError):
    """The caller went away before its request was complete; nobody reads the answer."""


class Call:
    """One request on its way through the adapter.

    peer: the address of the socket's other end; headers never change it.
    target: set once the path is understood. user_id: set once the caller is known.
    route: the pattern that answers it; empty until one is found.
    held: the token of a session at the gateway, instead of one in the header.
    """

    def __init__(self, scope: Scope, receive: Receive, limits: Limits) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.limits = limits
        self.headers = _headers(scope)
        client = scope.get("client")
        self.peer: str = client[0] if client else ""
        self.request_id = self._request_id()
        self.target = Target("", ())
        self.user_id = ""
        self.route = ""
        self.closes = False
        self.held = ""
        self.is_entering = False
        self.body: JsonObject = {}
        self._receive = receive
        self._begun = False
        self._complete = False
        self._received = 0
        self._rest: SocketBody | None = None
        self._query: JsonObject | None = None
        self._body_sha256 = ""
        self._by_signature: Session | None = None

    def header(self, name: str) -> str:
        """The value of a header, decoded leniently; empty when absent."""
        return self.headers.get(name.lower(), b"").decode("latin-1").strip()

    @property
    def raw_path(self) -> str:
        """The path as it was sent, percent-encoded, without the query."""
        sent: bytes = self.scope.get("raw_path") or self.scope["path"].encode("utf-8", "surrogateescape")
        return quote(sent.partition(b"?")[0], safe="/%~:@!$&'()*+,;=")

    def _request_id(self) -> str:
        sent = self.header("X-Request-Id")
        return sent if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)

    @property
    def token(self) -> str | None:
        """The caller's token, or None."""
        text = self.held or self.header("X-Auth-Token")
        if len(text) > MAX_TOKEN:
            raise UnauthorizedError("X-Auth-Token is too long")
        return text or None

    @property
    def query(self) -> JsonObject:
        """The query string as a tree; a fresh copy of the top level."""
        if self._query is None:
            self._query = read_query(self.scope.get("query_string", b""), limit=self.limits.query_bytes)
        return dict(self._query)

    def replace_query(self, query: JsonObject) -> None:
        """Go on as if this had been the query."""
        self._query = query

    def params(self) -> JsonObject:
        """What the core gets as parameters: the query, and the idempotency key of a POST."""
        found = self.query
        found.pop(IDEMPOTENCY_PARAM, None)
        if self.method == "POST" and "idempotency-key" in self.headers:
            key = self.header("Idempotency-Key")
            if not _IDEMPOTENCY_KEY.fullmatch(key):
                raise InvalidInputError(
                    f"Idempotency-Key must have 1 to {MAX_IDEMPOTENCY_KEY} printable characters",
                    field="Idempotency-Key",
                )
            found[IDEMPOTENCY_PARAM] = key
        return found

    def session(self, cloud: ServedCloud) -> Session:
        """The caller's session. Touches the core: only in a worker."""
        if self.token is None and self.signed:
            # A signature counts once: who asks again within one request gets the same session.
            self._by_signature = self._by_signature or self._signed_session(cloud)
            session = self._by_signature
        else:
            session = cloud.session_for(self.token, peer=self.peer, request_id=self.request_id)
        if self.method not in ("GET", "HEAD") and "x-task-notify-url" in self.headers:
            session = session.notifying(self.header("X-Task-Notify-Url"), self.header("X-Task-Id"))
        if self.method not in ("GET", "HEAD") and "x-quota-reservation" in self.headers:
            session = session.reserving(self.header("X-Quota-Reservation"))
        caller = getattr(session, "caller", None)
        self.user_id = getattr(caller, "user_id", "")
        if self.held and not self.is_entering and getattr(caller, "lacks_second_factor", False):
            raise UnauthorizedError(
                "a passcode is needed: send it to auth/passcode", data={"second_factor": "passcode"}
            )
        return session

    @property
    def signed(self) -> bool:
        """Whether the request is signed with an access key instead of carrying a token."""
        return is_signed(self.header("Authorization"))

    def _signed_session(self, cloud: ServedCloud) -> Session:
        digest = hashlib.sha256(b"").hexdigest() if not self.has_content else self._body_sha256
        request = SignedRequest(
            method=self.method,
            path=self.raw_path,
            query=self.scope.get("query_string", b"").decode("latin-1"),
            headers={name: value.decode("latin-1") for name, value in self.headers.items()},
            body_sha256=digest,
        )
        return cloud.session_for_signed(request, peer=self.peer, request_id=self.request_id)

    @property
    def length(self) -> int | None:
        """The announced number of bytes of the body, or None where it is not announced."""
        text = self.header("Content-Length")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None

    @property
    def has_content(self) -> bool:
        """Whether a body comes, of known length or in chunks."""
        return bool(self.length) or "chunked" in self.header("Transfer-Encoding").lower()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it arrives; never an empty piece.

        Raises:
            ClientGoneError: the connection ended before the body did.
        """
        while not self._complete:
            self._begun = True
            message: Message = await self._receive()
            if message["type"] == "http.disconnect":
                self._complete = True
                raise ClientGoneError("the request ended before its body was complete")
            self._complete = not message.get("more_body", False)
            if piece := message.get("body", b""):
                self._received += len(piece)
                yield piece

    def take_body(self) -> tuple[bytes, SocketBody] | None:
        """What has arrived of the rest of a large body, and the socket with all that has not; None where there is no such way.

        Afterwards `pieces` gives nothing. Only in the event loop.
        """
        take = (self.scope.get("extensions") or {}).get(TAKE_BODY)
        outstanding = (self.length or 0) - self._received
        if take is None or self._complete or outstanding < self.limits.chunk_bytes:
            return None
        taken: tuple[bytes, SocketBody] | None = take(outstanding)
        if taken is not None:
            self._rest = taken[1]
            self._complete = self.closes = True
        return taken

    async def read_json(self, *, listed: str = "") -> None:
        """Read the body as a JSON object; an empty body, or null, is an empty object.

        listed: the key under which a list is taken, where one may be sent instead.

        Raises:
            TooLargeError: longer than the limit; known from the header before a byte is read where it is announced.
            RequestTimeoutError: it does not arrive in time.
            UnsupportedMediaTypeError: a body that is said to be something else.
            InvalidFormatError: no JSON, or not an object.
        """
        limits = self.limits
        if self.header("Content-Encoding").lower() not in ("", "identity"):
            raise InvalidFormatError("Content-Encoding: compressed bodies are not read", field="Content-Encoding")
        if (self.length or 0) > limits.json_bytes:
            raise _too_large(limits)
        held = bytearray()
        try:
            with anyio.fail_after(limits.json_seconds):
                async for piece in self.pieces():
                    held += piece
                    if len(held) > limits.json_bytes:
                        raise _too_large(limits)
        except TimeoutError as error:
            raise RequestTimeoutError(f"the body did not arrive within {limits.json_seconds:g} s") from error
        if held and not is_json(self.header("Content-Type")):
            raise UnsupportedMediaTypeError("Content-Type: send application/json")
        if self.signed:
            self._body_sha256 = hashlib.sha256(held).hexdigest()
        if listed and held.lstrip()[:1] == b"[":
            held = bytearray(b'{"%b":%b}' % (listed.encode(), bytes(held)))
        self.body = read_object(bytes(held), depth=limits.json_depth)

    async def drain(self) -> None:
        """Read on for a little, so that the sender of a refused body sees the answer instead of a reset.

        A sender that waits for leave to send its body gets the answer instead of the leave.
        """
        if not self._begun and self.header("Expect").lower() == "100-continue":
            return
        left = self.limits.drain_bytes
        if self._rest is not None and self._rest.left:
            # The parser, which did not see what a thread has read, waits for more than the sender has.
            left, self._complete = min(left, self._rest.left), False
        with anyio.move_on_after(self.limits.drain_seconds):
            try:
                async for piece in self.pieces():
                    left -= len(piece)
                    if left <= 0:
                        return
            except ClientGoneError:
                return


def is_json(kind: str) -> bool:
    """Whether a body of this `Content-Type` is read as JSON."""
    plain = kind.partition(";")[0].strip().lower()
    return plain in JSON_TYPES or (plain.startswith("application/") and plain.endswith("+json"))


def _headers(scope: Scope) -> Mapping[str, bytes]:
    """Names in lower case; of a repeated header the first counts."""
    found: dict[str, bytes] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), value)
    return found


def _too_large(limits: Limits) -> TooLargeError:
    return TooLargeError(f"the body is larger than {limits.json_bytes} bytes")


def read_query(text: bytes, *, limit: int) -> JsonObject:
    """A query string as a tree.

    Raises:
        InvalidInputError: too long, not UTF-8, or keys that contradict each other.
    """
    if len(text) > limit:
        raise TooLargeError(f"the query string is larger than {limit} bytes")
    pairs: list[tuple[str, str | None]] = []
    for pair in text.split(b"&"):
        name, equals, value = pair.partition(b"=")
        if name:
            pairs.append((_unquoted(name), _unquoted(value) if equals else None))
    return parse_query(pairs)


def _unquoted(text: bytes) -> str:
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidFormatError("the query string is not UTF-8") from error


def read_object(text: bytes, *, depth: int) -> JsonObject:
    """A JSON object from bytes: strict UTF-8, no NaN, no lone surrogates, no key twice, at most `depth` levels.

    Raises:
        InvalidFormatError: anything else.
    """
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidFormatError(f"the body is not JSON: {error.msg} at character {error.pos}") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidFormatError("the body must be a JSON object")
    _check_depth(value, depth)
    try:
        # The fast parser above has proved everything but this: that no key stands twice.
        strict: JsonObject = json.loads(text, object_pairs_hook=_without_repeats)
    except ValueError as error:
        raise InvalidFormatError("the body holds a number with too many digits") from error
    return strict


def _check_depth(value: Json, limit: int) -> None:
    level: list[Any] = [value]
    for _ in range(limit):
        level = [part for item in level for part in (item.values() if isinstance(item, dict) else item)]
        level = [part for part in level if isinstance(part, dict | list)]
        if not level:
            return
    raise InvalidFormatError(f"the body is nested more than {limit} levels deep")


def _without_repeats(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise InvalidFormatError(f"the body has the key {name[:64]!r} twice in one object", field=name[:64])
            seen.add(name)
    return found


def required_envelope(body: JsonMapping, keyword: str) -> JsonObject:
    """What stands under the keyword of a create.

    Raises:
        InvalidInputError: nothing does, or no object.
    """
    if keyword not in body:
        raise InvalidInputError(f"the body must be an object with the key {keyword!r}", field=keyword)
    inner = body[keyword]
    if not isinstance(inner, dict):
        raise InvalidInputError(f"{keyword} must be an object", field=keyword)
    return dict(inner)


def optional_envelope(body: JsonMapping, *keywords: str) -> JsonObject:
    """What stands under one of the keywords (null: nothing), or the body itself where it has none of them.

    Raises:
        InvalidInputError: what stands there is no object.
    """
    for keyword in keywords:
        if keyword in body:
            inner = body[keyword]
            if inner is not None and not isinstance(inner, dict):
                raise InvalidInputError(f"{keyword} must be an object", field=keyword)
            return dict(inner or {})
    return dict(body)


def required_header(call: Call, name: str) -> str:
    """The value of a header.

    Raises:
        MissingParameterError: it is absent.
    """
    value = call.header(name)
    if not value:
        raise MissingParameterError(f"the header {name} is missing", field=name)
    return value

"""What goes back: JSON with sorted keys, header names as written, the wire's envelopes."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from typing import IO, Any, TypeAlias

import anyio
import anyio.to_thread
import orjson
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from cloudcore.model.columns import Rows
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.json import Json, JsonObject
from cloudcore.model.listing import Listing

Headers: TypeAlias = Sequence[tuple[str, str]]

JSON_TYPE = "application/json;charset=utf-8"
SEND_FILE = "cloudcore.send_file"
"""The ASGI extension of our server that sends parts of files."""
SPAN_BYTES = 8 << 20
PIECE_ROWS = 10
PIECE_BYTES = 64 << 10
"""A page is handed to the socket in pieces of at least this size."""
HARDENING: Headers = (
    ("X-Frame-Options", "SAMEORIGIN"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-XSS-Protection", "1; mode=block"),
)


class Reply(Response):
    """A whole answer. Header names keep their case: some clients look for `X-Image-Meta-…` exactly as written."""

    def __init__(
        self,
        body: bytes = b"",
        *,
        status: int = 200,
        content_type: str = "",
        headers: Headers = (),
        length: int | None = None,
    ) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        announced = len(body) if length is None else length
        self.raw_headers = raw(headers, content_type, announced if status not in (204, 304) else None)

    def whole(self) -> bytes:
        """The body, for those that read it themselves."""
        return bytes(self.body)


class PiecedReply(Reply):
    """A whole answer in JSON that is too large to be copied on its way to the socket: piece by piece, as it takes them."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        super().__init__(content_type=JSON_TYPE, length=sum(map(len, pieces)))
        self._pieces = pieces

    def whole(self) -> bytes:
        """See `Reply.whole`."""
        return b"".join(self._pieces)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all; a piece waits until the other side has taken most of those before it."""
        del scope, receive
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        last = len(self._pieces) - 1
        for place, piece in enumerate(self._pieces):
            await send({"type": "http.response.body", "body": piece, "more_body": place < last})


class StreamReply(StreamingResponse):
    """An answer whose body comes piece by piece, `length` bytes in all; `held` is released when it is over."""

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        *,
        length: int,
        status: int,
        content_type: str,
        held: ExitStack,
        headers: Headers = (),
    ) -> None:
        super().__init__(chunks, status_code=status)
        self.raw_headers = raw(headers, content_type, length)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all, or stop when the caller goes away."""
        with self._held:
            await super().__call__(scope, receive, send)


class FileReply(StreamReply):
    """The same for bytes that are in a file: the server sends them, where it can, without our touching them.

    file: open; closed when the answer is over. offset: of the first byte. patience_s: for each `SPAN_BYTES`.
    """

    def __init__(
        self,
        file: IO[bytes],
        offset: int,
        *,
        length: int,
        patience_s: float,
        status: int,
        content_type: str,
        held: ExitStack,
        headers: Headers = (),
    ) -> None:
        chunks = _read(file, offset, length)
        super().__init__(chunks, length=length, status=status, content_type=content_type, held=held, headers=headers)
        self._file = file
        self._offset = offset
        self._length = length
        self._patience_s = patience_s
        held.callback(file.close)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all; raises TimeoutError when the other side takes too little of it."""
        send_file = (scope.get("extensions") or {}).get(SEND_FILE)
        if send_file is None:
            await super().__call__(scope, receive, send)
            return
        with self._held:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            offset, end = self._offset, self._offset + self._length
            while offset < end:
                span = min(SPAN_BYTES, end - offset)
                with anyio.fail_after(self._patience_s):
                    await send_file(self._file, offset, span)
                offset += span
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _read(file: IO[bytes], offset: int, length: int) -> AsyncIterator[bytes]:
    end = offset + length
    while offset < end:
        chunk = await anyio.to_thread.run_sync(os.pread, file.fileno(), min(1 << 20, end - offset), offset)
        if not chunk:
            raise CloudcoreError("an image ended early", internal=f"no byte at {offset} of {end}")
        offset += len(chunk)
        yield chunk


def raw(headers: Headers, content_type: str = "", length: int | None = None) -> list[tuple[bytes, bytes]]:
    """Headers as the server takes them, in their order, names as written."""
    pairs = [*headers]
    if content_type:
        pairs.insert(0, ("Content-Type", content_type))
    if length is not None:
        pairs.append(("Content-Length", str(length)))
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in pairs]


def json_reply(value: Json, *, status: int = 200, headers: Headers = ()) -> Reply:
    """A JSON answer."""
    return Reply(render(value), status=status, content_type=JSON_TYPE, headers=headers)


def text_reply(text: str, *, status: int = 200) -> Reply:
    """A plain answer for probes and people."""
    return Reply(text.encode(), status=status, content_type="text/plain; charset=utf-8")


def render(value: Json) -> bytes:
    """JSON with sorted keys; numbers that JSON does not have become null."""
    return orjson.dumps(value, default=_other, option=orjson.OPT_SORT_KEYS)


def list_reply(plural: str, listing: Listing) -> Reply:
    """One page of a list as an answer: that of `list_body`."""
    rows = listing.rows
    if not isinstance(rows, Rows) or len(rows) <= PIECE_ROWS:
        return json_reply(list_body(plural, listing))
    # Such bytes are nowhere else: in texts the quotes would be escaped, and nothing before it holds a list.
    begin, mark, end = render({**_about(listing), plural: []}).partition(b'"%b":[' % plural.encode())
    pieces: list[bytes] = []
    held: list[bytes | memoryview] = [begin + mark]
    size = 0
    for piece in _written(rows):
        held.append(piece)
        size += len(piece)
        if size >= PIECE_BYTES:
            pieces.append(b"".join(held))
            held, size = [], 0
    return PiecedReply([*pieces, b"".join((*held, end))])


def list_body(plural: str, listing: Listing) -> JsonObject:
    """One page of a list: total, limit and offset are left out where they are 0, markers where there are none."""
    rows = listing.rows
    shown = orjson.Fragment(b"".join((b"[", *_written(rows), b"]"))) if isinstance(rows, Rows) else listing.items
    return {plural: shown, **_about(listing)}


def _about(listing: Listing) -> JsonObject:
    """What is said of a page beside its rows."""
    body: JsonObject = {}
    if listing.marker_field:
        body |= {
            "marker_field": listing.marker_field,
            "marker_order": listing.marker_order or "DESC",
            "next_marker": listing.next_marker,
        }
        numbers = {"limit": listing.limit}
    elif listing.rows or listing.total:
        numbers = {"total": listing.total, "limit": listing.limit, "offset": listing.offset}
    else:
        numbers = {}
    body |= {name: number for name, number in numbers.items() if number}
    if listing.totals is not None:
        body["totals"] = listing.totals
    return body


def _written(rows: Rows) -> Iterator[bytes | memoryview]:
    """What stands between the brackets of a list of rows, whose keys are in order.

    It is made and written piece by piece: a piece stays in the processor's cache.
    """
    for place, piece in enumerate(rows.pieces(PIECE_ROWS)):
        if place:
            yield b","
        yield memoryview(orjson.dumps(piece, default=_other))[1:-1]


def batch_body(plural: str, made: Sequence[JsonObject]) -> JsonObject:
    """Several resources that were made by one request."""
    return {plural: [{"status": 200, "id": item.get("id", ""), "body": item} for item in made]}


def _other(value: Any) -> Any:
    """Values that the core may hold in frozen form."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    if hasattr(value, "items"):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")

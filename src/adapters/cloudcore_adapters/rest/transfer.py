"""Image bytes in both directions, never more of them in memory than a few chunks."""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import anyio
import anyio.from_thread

from cloudcore.model.errors import CloudcoreError, TooLargeError
from cloudcore.ports.session import Download, FileDownload
from cloudcore_adapters.rest.errors import PreconditionFailedError, RangeNotSatisfiableError, RequestTimeoutError
from cloudcore_adapters.rest.request import Call, ClientGoneError
from cloudcore_adapters.rest.responses import SPAN_BYTES, FileReply, Reply, StreamReply
from cloudcore_adapters.rest.site import Site
from cloudcore_adapters.rest.socket_body import SocketBody

OCTETS = "application/octet-stream"
_DIGITS = 18
_HUGE = "9" * _DIGITS
_RANGE = re.compile(r"bytes=([0-9]{0,4000})-([0-9]{0,4000})", re.ASCII)


class Incoming:
    """The body of a request as an iterable for a worker thread.

    The thread pulls, so a slow store slows its sender down and nothing piles up in between: from the socket itself
    where the server hands it out, else each step goes to the event loop for the next chunk.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._limits = call.limits
        self._pieces = call.pieces()
        self._total = 0
        self._started = time.monotonic()
        self.failure: CloudcoreError | None = None

    def __iter__(self) -> Iterator[bytes]:
        try:
            taken = anyio.from_thread.run_sync(self._call.take_body)
            if taken is not None:
                yield from self._straight(*taken)
            else:
                while chunk := anyio.from_thread.run(self.next):
                    yield chunk
        except CloudcoreError as error:
            self.failure = error
            raise

    def _straight(self, first: bytes, rest: SocketBody) -> Iterator[bytes]:
        self._count(len(first))
        if first:
            yield first
        try:
            for piece in rest.pieces(self._limits.chunk_bytes, self._limits.idle_seconds):
                self._count(len(piece))
                yield piece
        except ConnectionError as error:
            raise ClientGoneError("the request ended before its body was complete") from error

    async def next(self) -> bytes:
        """The next chunk of at most about `chunk_bytes`; empty at the end.

        Raises:
            TooLargeError: more than an image may have.
            RequestTimeoutError: nothing came for too long, or too little on average.
            ClientGoneError: the sender went away.
        """
        held: list[bytes] = []
        size = 0
        try:
            while size < self._limits.chunk_bytes:
                with anyio.fail_after(self._limits.idle_seconds):
                    piece = await anext(self._pieces, b"")
                if not piece:
                    break
                held.append(piece)
                size += len(piece)
                self._count(len(piece))
        except TimeoutError as error:
            raise RequestTimeoutError(f"no byte came for {self._limits.idle_seconds:g} s") from error
        return b"".join(held)

    def _count(self, size: int) -> None:
        self._total += size
        if self._total > self._limits.image_bytes:
            raise TooLargeError(f"an image may have at most {self._limits.image_bytes} bytes")
        seconds = time.monotonic() - self._started
        if seconds > self._limits.idle_seconds and self._total < seconds * self._limits.slow_bytes_per_second:
            raise RequestTimeoutError(
                f"the upload is slower than {self._limits.slow_bytes_per_second} bytes a second", field="body"
            )


class Prefixed:
    """An iterable that gives one chunk that was read already, then the rest."""

    def __init__(self, first: bytes, rest: Incoming) -> None:
        self._first = first
        self._rest = rest

    @property
    def failure(self) -> CloudcoreError | None:
        """What the sender did wrong, if it did."""
        return self._rest.failure

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        yield from self._rest


def parse_range(text: str, size: int) -> tuple[int, int] | None:
    """The wanted (offset, length) of `size` bytes; None for everything.

    A header that is not understood, or asks for several ranges, counts as absent (RFC 9110 §14.2).

    Raises:
        RangeNotSatisfiableError: it begins behind the end.
    """
    match = _RANGE.fullmatch(text.replace(" ", ""))
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = (_capped(digits) for digits in match.groups())
    if first == "":
        length = min(int(last), size)
        if length == 0:
            raise RangeNotSatisfiableError("the range is empty", size=size)
        return size - length, length
    start, end = int(first), min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeNotSatisfiableError(f"the range begins behind the last of {size} bytes", size=size)
    return start, end - start + 1


def _capped(digits: str) -> str:
    """The digits of a number, or for one that no image reaches those of a large one: nobody computes with the rest."""
    plain = digits.lstrip("0") or digits[:1]
    return plain if len(plain) <= _DIGITS else _HUGE


def is_same(header: str, etag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags (`*` for any) holds this one. weak: tags that promise less than the bytes count too."""
    tags = [tag.strip() for tag in header.split(",")]
    return "*" in tags or etag in tags or (weak and f"W/{etag}" in tags)


async def send_download(site: Site, call: Call, download: Download) -> Reply | StreamReply:
    """The bytes of an image, or the range of them that was asked for."""
    size, checksum = await site.workers.run(_facts, download)
    etag = f'"{checksum}"' if checksum else ""
    if (known := _answered_by_tags(call, etag)) is not None:
        return known
    # What was begun of other bytes is not gone on with: then everything is sent (RFC 9110 §13.1.5).
    begun = call.header("If-Range") in ("", etag)
    wanted = parse_range(call.header("Range"), size) if call.method == "GET" and begun else None
    offset, length = wanted or (0, size)
    headers: list[tuple[str, str]] = [("Accept-Ranges", "bytes")]
    if etag:
        headers.append(("ETag", etag))
    if wanted is not None:
        headers.append(("Content-Range", f"bytes {offset}-{offset + length - 1}/{size}"))
    if call.method == "HEAD" or length == 0:
        return Reply(content_type=OCTETS, headers=headers, length=length)
    held = ExitStack()
    held.enter_context(site.downloads.hold(call.user_id or call.peer))
    status = 206 if wanted else 200
    handle = await site.workers.run(download.handle) if isinstance(download, FileDownload) else None
    if handle is not None:
        file = os.fdopen(handle, "rb", buffering=0)
        patience_s = max(site.limits.idle_seconds, SPAN_BYTES / site.limits.slow_bytes_per_second)
        return FileReply(
            file,
            offset,
            length=length,
            patience_s=patience_s,
            status=status,
            content_type=OCTETS,
            headers=headers,
            held=held,
        )
    chunks = _read(site, download, offset, length)
    return StreamReply(chunks, length=length, status=status, content_type=OCTETS, headers=headers, held=held)


def _answered_by_tags(call: Call, etag: str) -> Reply | None:
    """The answer where the caller has these bytes already; None where they are to be sent.

    Raises:
        PreconditionFailedError: it wants other bytes than there are.
    """
    required, held = call.header("If-Match"), call.header("If-None-Match")
    if required and not is_same(required, etag, weak=False):
        raise PreconditionFailedError("the image has other bytes than those of If-Match", field="If-Match")
    if held and is_same(held, etag, weak=True):
        return Reply(status=304, headers=(("ETag", etag),) if etag else ())
    return None


def _facts(download: Download) -> tuple[int, str]:
    return download.size, download.checksum


async def _read(site: Site, download: Download, offset: int, length: int) -> AsyncIterator[bytes]:
    end = offset + length
    while offset < end:
        chunk = await site.workers.run(download.read, offset, min(site.limits.chunk_bytes, end - offset))
        if not chunk:
            raise CloudcoreError("an image ended early", internal=f"no byte at {offset} of {end}")
        offset += len(chunk)
        yield chunk

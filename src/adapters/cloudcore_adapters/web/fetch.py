"""Receives files over HTTP for callers who may not be trusted. Redirects go through the same checks as the URL itself."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

from cloudcore.model.errors import (
    BackendError,
    DeadlineError,
    InvalidInputError,
    ResourceNotFoundError,
    UnreachableError,
)
from cloudcore.model.remote import RemoteUrl, parse_url
from cloudcore.ports.remote_file import RemoteFile
from cloudcore_adapters.web.door import Door, Patience, host_header, translated

CHUNK_BYTES = 1 << 20
_REDIRECTS = 5
_REDIRECTED = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({401, 403, 404, 410, 451})
_MAX_LENGTH = 1 << 62


class WebFiles:
    """A `RemoteFiles` over HTTP and HTTPS; safe for several threads."""

    def __init__(
        self, allowed: Sequence[str] = (), *, ca_file: Path | None = None, patience: Patience | None = None
    ) -> None:
        """See `Door`."""
        self._door = Door(allowed, field="copy_from", ca_file=ca_file, patience=patience)

    @contextmanager
    def open(self, url: str, *, cancelled: Callable[[], bool]) -> Iterator[RemoteFile]:
        """See `RemoteFiles.open`."""
        with translated():
            connection, answer = self._follow(url)
        try:
            yield RemoteFile(size=_length(answer), chunks=self._chunks(answer, cancelled))
        finally:
            connection.close()

    def _follow(self, text: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        url = parse_url(text)
        for _ in range(_REDIRECTS + 1):
            connection = self._door.connect(url)
            try:
                answer = self._ask(connection, url)
                if answer.status not in _REDIRECTED:
                    _check(answer)
                    return connection, answer
                text = urljoin(text, answer.getheader("Location") or "")
                following = parse_url(text)
            except BaseException:
                connection.close()
                raise
            connection.close()
            if url.scheme == "https" and following.scheme == "http":
                raise InvalidInputError("the URL is redirected from https to http", field="copy_from")
            url = following
        raise InvalidInputError(f"the URL is redirected more than {_REDIRECTS} times", field="copy_from")

    def _ask(self, connection: http.client.HTTPConnection, url: RemoteUrl) -> http.client.HTTPResponse:
        with self._door.timely(connection):
            connection.putrequest("GET", url.target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host_header(url))
            connection.putheader("Accept-Encoding", "identity")
            connection.putheader("User-Agent", "cloudcore")
            connection.endheaders()
            return connection.getresponse()

    def _chunks(self, answer: http.client.HTTPResponse, cancelled: Callable[[], bool]) -> Iterator[bytes]:
        expected, total, began = _length(answer), 0, time.monotonic()
        while True:
            if cancelled():
                raise DeadlineError("the download was cancelled")
            with translated():
                chunk = answer.read1(CHUNK_BYTES)
            if not chunk:
                break
            total += len(chunk)
            seconds = time.monotonic() - began
            if seconds > self._door.patience.idle and total < seconds * self._door.patience.slow_bytes:
                raise UnreachableError(
                    f"the URL's server sends less than {self._door.patience.slow_bytes} bytes a second"
                )
            yield chunk
        if expected is not None and total != expected:
            raise UnreachableError("the URL's server broke off")


def _check(answer: http.client.HTTPResponse) -> None:
    if answer.status in _GONE:
        raise ResourceNotFoundError(f"the URL's server answered {answer.status}", field="copy_from")
    if answer.status != 200:
        raise BackendError(f"the URL's server answered {answer.status}")
    if (answer.getheader("Content-Encoding") or "identity").lower() != "identity":
        raise InvalidInputError("the URL's server sends compressed bytes only", field="copy_from")


def _length(answer: http.client.HTTPResponse) -> int | None:
    text = answer.getheader("Content-Length") or ""
    if answer.chunked or not (text.isascii() and text.isdigit()):
        return None
    return min(int(text[:20]), _MAX_LENGTH)

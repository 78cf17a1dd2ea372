"""Fetches a file over HTTP into the image cache: resumed after a break, checked, never half there.

The standard library's client is used because it logs nothing: the URL is signed, and as good as a password.
"""

from __future__ import annotations

import hashlib
import http.client
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

import attrs

from cloudcore.model.errors import BackendError, InvalidFormatError, InvalidInputError, UnreachableError

_CHUNK = 1 << 20
_REDIRECTS = 3
_TIMEOUT_S = 30.0


@attrs.frozen(kw_only=True)
class Source:
    """What to fetch. size in bytes; sha256 in lower-case hex."""

    url: str = attrs.field(repr=False)
    size: int
    sha256: str


def fetch(
    source: Source,
    target: Path,
    *,
    ca_file: Path | None,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> None:
    """Write the file; bytes that `target` already has are not asked for again.

    Redirects are followed on the same scheme, host and port only.

    Raises:
        InvalidInputError: a URL that is not http or https, or a redirect elsewhere.
        UnreachableError: the server broke off or does not answer; the next call goes on from there.
        BackendError: it answered with an error, another size or other bytes (`target` is removed), or it was cancelled.
    """
    url = split(source.url)
    have = target.stat().st_size if target.exists() else 0
    if have > source.size:
        target.unlink()
        have = 0
    if have < source.size:
        try:
            for _ in range(_REDIRECTS + 1):
                connection = connect(url, ca_file)
                try:
                    answer = _ask(connection, url, have)
                    if answer.status not in {301, 302, 303, 307, 308}:
                        _receive(answer, source, target, have, progress, cancelled)
                        break
                    url = _redirected(url, answer.getheader("Location", ""))
                finally:
                    connection.close()
            else:
                raise BackendError("the image store redirects without end")
        except (http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError) as e:
            raise UnreachableError("the image store broke off or does not answer", internal=repr(e)) from e
    _verify(source, target)


def connect(url: SplitResult, ca_file: Path | None) -> http.client.HTTPConnection:
    """A connection to where a URL points, which is opened by its first request."""
    assert url.hostname is not None
    if url.scheme == "http":
        return http.client.HTTPConnection(url.hostname, url.port, timeout=_TIMEOUT_S)
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    return http.client.HTTPSConnection(url.hostname, url.port, timeout=_TIMEOUT_S, context=context)


def _ask(connection: http.client.HTTPConnection, url: SplitResult, have: int) -> http.client.HTTPResponse:
    path = (url.path or "/") + (f"?{url.query}" if url.query else "")
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        connection.request("GET", path, headers=headers)
    except OSError as e:  # no route, no such name, refused
        raise UnreachableError("the image store does not answer", internal=repr(e)) from e
    return connection.getresponse()


def _receive(
    answer: http.client.HTTPResponse,
    source: Source,
    target: Path,
    have: int,
    progress: Callable[[float], None],
    cancelled: Callable[[], bool],
) -> None:
    if answer.status == 416:
        target.unlink(missing_ok=True)
    if answer.status not in {200, 206}:
        raise BackendError(f"the image store answered {answer.status}")
    if answer.status == 200:
        have = 0
    elif not (answer.getheader("Content-Range") or "").startswith(f"bytes {have}-"):
        raise BackendError("the image store answered with another range than was asked for")
    with target.open("r+b" if have else "wb") as out:
        out.seek(have)
        while chunk := answer.read1(_CHUNK):
            if cancelled():
                raise BackendError("cancelled")
            have += len(chunk)
            if have > source.size:
                raise BackendError(f"the image store sends more than the {source.size} bytes of the image")
            out.write(chunk)
            progress(99.0 * have / source.size)


def _verify(source: Source, target: Path) -> None:
    digest = hashlib.sha256()
    size = 0
    with target.open("rb") as received:
        while chunk := received.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    if size < source.size:
        raise UnreachableError("the image store broke off")
    if digest.hexdigest() != source.sha256:
        target.unlink()
        raise BackendError("the image's checksum is not what was recorded")


def split(url: str) -> SplitResult:
    """A URL taken apart.

    Raises:
        InvalidInputError: it is none, or neither http nor https.
    """
    try:
        parsed = urlsplit(url)
        port = parsed.port
    except ValueError as e:
        raise InvalidFormatError("url is not a URL", field="url") from e
    if parsed.scheme not in {"http", "https"} or not parsed.hostname or port == 0:
        raise InvalidInputError("url must be http or https", field="url")
    if not url.isascii() or any(character <= " " for character in url):
        raise InvalidFormatError("url has characters that a URL cannot have", field="url")
    return parsed


def _redirected(url: SplitResult, location: str) -> SplitResult:
    target = split(urljoin(url.geturl(), location))
    if (target.scheme, target.hostname, target.port) != (url.scheme, url.hostname, url.port):
        raise InvalidInputError("the image store redirects to another server", field="url")
    return target

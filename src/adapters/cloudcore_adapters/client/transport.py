"""One HTTP exchange. Two ways to make it: httpx, and the standard library where the start of a program must be short."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import attrs

from cloudcore.model.errors import InvalidInputError

if TYPE_CHECKING:
    import ssl

MAX_REPLY = 256 * 1024 * 1024
IDLE_S = 2.0
"""Connections that were idle for longer are not used again: servers close theirs after about five seconds."""


@attrs.frozen(kw_only=True)
class Exchange:
    """One request. An iterable as content needs a Content-Length among the headers; timeout_s bounds each wait."""

    method: str
    url: str
    headers: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    content: bytes | Iterable[bytes] = attrs.field(default=b"", repr=False)
    timeout_s: float = 60.0
    max_reply: int = MAX_REPLY


@attrs.frozen(kw_only=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class Trust:
    """Whom to believe over TLS: the system's authorities, those of a PEM file, or (insecure) anyone."""

    ca_file: str | None = None
    insecure: bool = False


def tls_context(trust: Trust) -> ssl.SSLContext:
    """How to check the other side's certificate.

    Raises:
        InvalidInputError: the file of authorities cannot be read.
    """
    import ssl

    try:
        context = ssl.create_default_context(cafile=trust.ca_file)
    except OSError as error:
        raise InvalidInputError(
            f"{trust.ca_file} cannot be read as certificates: {error.strerror or error}", field="ca_file"
        ) from error
    if trust.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Transport(Protocol):
    """Makes exchanges, each answered or failed with CloudUnreachableError; follows no redirects."""

    def send(self, exchange: Exchange) -> Answer:
        """One request and its whole answer.

        Raises:
            CloudUnreachableError: no answer; `sent` is False when the request cannot have arrived.
            TooLargeError: the answer is longer than `max_reply`.
        """
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


def check_url(url: str, field: str) -> str:
    """The URL without a slash at its end.

    Raises:
        InvalidInputError: it is no http or https URL with a host, or carries a password.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
        parts = urlsplit("")
    if not usable or any(c.isspace() or ord(c) < 32 for c in url):
        raise InvalidInputError(f"{field} must be a URL such as http://127.0.0.1:30300/identity/v3", field=field)
    if parts.username or parts.password:
        raise InvalidInputError(f"{field} must not hold a user or password", field=field)
    return url.rstrip("/")


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def needs_proxy(url: str, environ: Mapping[str, str] | None = None) -> bool:
    """Whether the environment names a proxy for this URL; loopback never goes through one."""
    seen = os.environ if environ is None else environ
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127."):
        return False
    names = (f"{parts.scheme}_proxy", "all_proxy")
    return any(seen.get(name) or seen.get(name.upper()) for name in names)


def transport_for(url: str, trust: Trust, *, light: bool) -> Transport:
    """httpx; or the standard library's client where `light` is asked for and no proxy is in the way."""
    if light and not needs_proxy(url):
        from cloudcore_adapters.client.plain import PlainTransport

        return PlainTransport(trust)
    from cloudcore_adapters.client.httpx_transport import HttpxTransport

    return HttpxTransport(trust)

"""Receives files over HTTP for callers who may not be trusted.

A name is looked up once, all addresses that it has must be allowed, and the connection goes to one of those that were
checked: a name that means something else a moment later gains nothing. Redirects go through the same. Neither proxies
nor credentials of the machine are used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import attrs

from cloudcore.model.errors import (
    BackendError,
    CloudcoreError,
    DeadlineError,
    InvalidInputError,
    ResourceNotFoundError,
    UnreachableError,
)
from cloudcore.model.remote import Network, RemoteUrl, may_be_asked, parse_url
from cloudcore.ports.remote_file import RemoteFile

CHUNK_BYTES = 1 << 20
_REDIRECTS = 5
_REDIRECTED = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({401, 403, 404, 410, 451})
_MAX_LENGTH = 1 << 62


@attrs.frozen(kw_only=True)
class Patience:
    """How long others may take, in seconds.

    connect: for a connection. head: for the head of an answer. idle: without a byte.
    slow_bytes: what must come in a second on average, once it takes longer than `idle`.
    """

    connect: float = 10.0
    head: float = 30.0
    idle: float = 30.0
    slow_bytes: int = 16 << 10


class WebFiles:
    """A `RemoteFiles` over HTTP and HTTPS; safe for several threads."""

    def __init__(
        self, allowed: Sequence[str] = (), *, ca_file: Path | None = None, patience: Patience | None = None
    ) -> None:
        """allowed: networks such as `10.1.0.0/16` that may be asked besides the public ones; ca_file: PEM, None for the system's.

        Raises:
            InvalidInputError: one is no network.
        """
        try:
            self._allowed: tuple[Network, ...] = tuple(ipaddress.ip_network(text) for text in allowed)
        except ValueError as error:
            raise InvalidInputError(f"a network is wanted: {error}", field="allowed") from error
        self._ca_file = ca_file
        self._patience = patience or Patience()

    @contextmanager
    def open(self, url: str, *, cancelled: Callable[[], bool]) -> Iterator[RemoteFile]:
        """See `RemoteFiles.open`."""
        with _translated():
            connection, answer = self._follow(url)
        try:
            yield RemoteFile(size=_length(answer), chunks=self._chunks(answer, cancelled))
        finally:
            connection.close()

    def _follow(self, text: str) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        url = parse_url(text)
        for _ in range(_REDIRECTS + 1):
            connection = self._connect(url)
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

    def _connect(self, url: RemoteUrl) -> http.client.HTTPConnection:
        """A connection to one of the addresses that the host's name has; all of them are checked first."""
        addresses = list(dict.fromkeys(_resolve(url)))
        if not all(self._may(address) for address in addresses):
            # Which address it was is nobody's business: it could tell of names that only we can look up.
            raise InvalidInputError("the URL leads to an address that may not be asked", field="copy_from")
        connection = http.client.HTTPConnection(url.host, url.port)
        last: OSError | None = None
        for address in addresses:
            try:
                pinned = socket.create_connection((address, url.port), timeout=self._patience.connect)
            except OSError as error:
                last = error
                continue
            try:
                connection.sock = self._secured(pinned, url) if url.scheme == "https" else pinned
            except BaseException:
                pinned.close()
                raise
            connection.sock.settimeout(self._patience.idle)
            return connection
        raise UnreachableError("the URL's server does not answer", internal=repr(last))

    def _may(self, address: str) -> bool:
        inside = any(_within(address, network) for network in self._allowed)
        return may_be_asked(address, self._allowed) and (inside or not _is_ours(address))

    def _secured(self, pinned: socket.socket, url: RemoteUrl) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self._ca_file) if self._ca_file else None)
        return context.wrap_socket(pinned, server_hostname=url.host)

    def _ask(self, connection: http.client.HTTPConnection, url: RemoteUrl) -> http.client.HTTPResponse:
        pinned = connection.sock
        assert pinned is not None
        # A server that sends its head byte by byte would never run into the socket's own timeout.
        late = threading.Event()
        alarm = threading.Timer(self._patience.head, _shut, (pinned, late))
        alarm.daemon = True
        alarm.start()
        try:
            host = f"[{url.host}]" if ":" in url.host else url.host
            default = url.port == {"http": 80, "https": 443}[url.scheme]
            connection.putrequest("GET", url.target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host if default else f"{host}:{url.port}")
            connection.putheader("Accept-Encoding", "identity")
            connection.putheader("User-Agent", "cloudcore")
            connection.endheaders()
            answer = connection.getresponse()
        finally:
            alarm.cancel()
        if late.is_set():  # what was cut off can look like the end of a head
            raise UnreachableError("the URL's server does not answer in time")
        return answer

    def _chunks(self, answer: http.client.HTTPResponse, cancelled: Callable[[], bool]) -> Iterator[bytes]:
        expected, total, began = _length(answer), 0, time.monotonic()
        while True:
            if cancelled():
                raise DeadlineError("the download was cancelled")
            with _translated():
                chunk = answer.read1(CHUNK_BYTES)
            if not chunk:
                break
            total += len(chunk)
            seconds = time.monotonic() - began
            if seconds > self._patience.idle and total < seconds * self._patience.slow_bytes:
                raise UnreachableError(f"the URL's server sends less than {self._patience.slow_bytes} bytes a second")
            yield chunk
        if expected is not None and total != expected:
            raise UnreachableError("the URL's server broke off")


def _resolve(url: RemoteUrl) -> Sequence[str]:
    found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(entry[4][0]) for entry in found]


def _within(address: str, network: Network) -> bool:
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    found = mapped or found
    return found.version == network.version and found in network


def _is_ours(address: str) -> bool:
    """Whether this machine has the address itself: behind it may be what listens for its own sake only."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
        return True


def _shut(pinned: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        pinned.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It is closed already.
        return


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


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except CloudcoreError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise BackendError("the URL's server has a certificate that is not trusted", internal=str(error)) from error
    except socket.gaierror as error:
        raise UnreachableError("the URL's host is not known", internal=str(error)) from error
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise UnreachableError("the URL's server broke off or does not answer", internal=repr(error)) from error

"""Connections to the world's web servers for callers who may not be trusted.

A name is looked up once, all addresses that it has must be allowed, and the connection goes to one of those that were
checked: a name that means something else a moment later gains nothing. Neither proxies nor credentials of the machine are
used.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import attrs

from cloudcore.model.errors import BackendError, CloudcoreError, InvalidInputError, UnreachableError
from cloudcore.model.remote import PORTS, Network, RemoteUrl, may_be_asked

Resolve: TypeAlias = Callable[[RemoteUrl], Sequence[str]]
"""The addresses that the host of a URL has."""


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


class Door:
    """Lets requests out to where callers may send us, and to nowhere else; safe for several threads."""

    def __init__(
        self,
        allowed: Sequence[str] = (),
        *,
        field: str,
        ca_file: Path | None = None,
        patience: Patience | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        """allowed: networks such as `10.1.0.0/16` that may be asked besides the public ones; ca_file: PEM, None for the system's.

        field: what errors call the URL. resolve: looks names up; None: the system does.

        Raises:
            InvalidInputError: one is no network.
        """
        try:
            self._allowed: tuple[Network, ...] = tuple(ipaddress.ip_network(text) for text in allowed)
        except ValueError as error:
            raise InvalidInputError(f"a network is wanted: {error}", field="allowed") from error
        self._field = field
        self._resolve = resolve or _resolve
        self._ca_file = ca_file
        self.patience = patience or Patience()

    def connect(self, url: RemoteUrl) -> http.client.HTTPConnection:
        """A connection to one of the addresses that the host's name has; all of them are checked first.

        Raises:
            InvalidInputError: it leads to where it may not.
            UnreachableError: nobody answers there.
        """
        addresses = list(dict.fromkeys(self._resolve(url)))
        if not all(self._may(address) for address in addresses):
            # Which address it was is nobody's business: it could tell of names that only we can look up.
            raise InvalidInputError("the URL leads to an address that may not be asked", field=self._field)
        connection = http.client.HTTPConnection(url.host, url.port)
        last: OSError | None = None
        for address in addresses:
            try:
                pinned = socket.create_connection((address, url.port), timeout=self.patience.connect)
            except OSError as error:
                last = error
                continue
            try:
                connection.sock = self._secured(pinned, url) if url.scheme == "https" else pinned
            except BaseException:
                pinned.close()
                raise
            connection.sock.settimeout(self.patience.idle)
            return connection
        raise UnreachableError("the URL's server does not answer", internal=repr(last))

    @contextmanager
    def timely(self, connection: http.client.HTTPConnection) -> Iterator[None]:
        """What is sent and the head of its answer take no longer than they may.

        A server that sends its head byte by byte would never run into the socket's own timeout.

        Raises:
            UnreachableError: they took longer.
        """
        pinned = connection.sock
        assert pinned is not None
        late = threading.Event()
        alarm = threading.Timer(self.patience.head, _shut, (pinned, late))
        alarm.daemon = True
        alarm.start()
        try:
            yield
        finally:
            alarm.cancel()
        if late.is_set():  # what was cut off can look like the end of a head
            raise UnreachableError("the URL's server does not answer in time")

    def _may(self, address: str) -> bool:
        inside = any(_within(address, network) for network in self._allowed)
        return may_be_asked(address, self._allowed) and (inside or not _is_ours(address))

    def _secured(self, pinned: socket.socket, url: RemoteUrl) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self._ca_file) if self._ca_file else None)
        return context.wrap_socket(pinned, server_hostname=url.host)


def host_header(url: RemoteUrl) -> str:
    """What the header `Host` says of a URL."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return host if url.port == PORTS[url.scheme] else f"{host}:{url.port}"


@contextmanager
def translated() -> Iterator[None]:
    """Failures of the network as errors of the core."""
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

"""Exchanges by the standard library: one kept connection, no proxies, a fifth of the import time of httpx."""

from __future__ import annotations

import contextlib
import http.client
import time
from urllib.parse import urlsplit

from cloudcore.model.errors import TooLargeError
from cloudcore_adapters.client.failures import CloudUnreachableError, UntrustedCloudError, why_untrusted
from cloudcore_adapters.client.transport import IDLE_S, Answer, Exchange, Trust, origin_of, tls_context

MAX_URL = 16 * 1024


class PlainTransport:
    """For one thread at a time."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._kept: tuple[str, http.client.HTTPConnection, float] | None = None

    def send(self, exchange: Exchange) -> Answer:
        """See `Transport.send`."""
        parts = urlsplit(exchange.url)
        origin = origin_of(exchange.url)
        connection = self._take(origin, exchange.timeout_s)
        if connection.sock is None:
            self._open(connection, exchange)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if len(path) > MAX_URL:
            raise TooLargeError(f"the URL is longer than {MAX_URL} characters")
        try:
            with contextlib.suppress(
                BrokenPipeError, ConnectionResetError
            ):  # a refusal may come before the body is read
                connection.request(exchange.method, path, body=exchange.content or None, headers=dict(exchange.headers))
            reply = connection.getresponse()
            body = reply.read(exchange.max_reply + 1)
            if len(body) <= exchange.max_reply and reply.length:
                raise http.client.IncompleteRead(body, reply.length)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise CloudUnreachableError(
                f"no answer from {origin}: {error or type(error).__name__}", sent=True, internal=repr(error)
            ) from error
        if len(body) > exchange.max_reply:
            connection.close()
            raise TooLargeError(f"the answer is longer than {exchange.max_reply} bytes")
        self._keep(origin, connection, closing=reply.will_close)
        return Answer(status=reply.status, headers={k.lower(): v for k, v in reply.getheaders()}, body=body)

    def close(self) -> None:
        """See `Transport.close`."""
        if self._kept is not None:
            self._kept[1].close()
            self._kept = None

    def _take(self, origin: str, timeout_s: float) -> http.client.HTTPConnection:
        kept, self._kept = self._kept, None
        if kept is not None:
            if kept[0] == origin and time.monotonic() - kept[2] < IDLE_S and kept[1].sock is not None:
                kept[1].sock.settimeout(timeout_s)
                return kept[1]
            kept[1].close()
        parts = urlsplit(origin)
        host = parts.hostname or ""
        if parts.scheme == "https":
            return http.client.HTTPSConnection(host, parts.port, timeout=timeout_s, context=tls_context(self._trust))
        return http.client.HTTPConnection(host, parts.port, timeout=timeout_s)

    def _open(self, connection: http.client.HTTPConnection, exchange: Exchange) -> None:
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            where = origin_of(exchange.url)
            if (reason := why_untrusted(error)) is not None:
                raise UntrustedCloudError(where, reason, internal=repr(error)) from error
            raise CloudUnreachableError(
                f"cannot reach {where}: {error.strerror or error}",
                sent=False,
                internal=repr(error),
            ) from error

    def _keep(self, origin: str, connection: http.client.HTTPConnection, *, closing: bool) -> None:
        if closing:
            connection.close()
        else:
            self._kept = (origin, connection, time.monotonic())

"""Exchanges by httpx: pooled connections, proxies, usable by several threads at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudcore.model.errors import TooLargeError
from cloudcore_adapters.client.failures import CloudUnreachableError, UntrustedCloudError, why_untrusted
from cloudcore_adapters.client.transport import IDLE_S, Answer, Exchange, Trust, origin_of, tls_context

if TYPE_CHECKING:
    import httpx


class HttpxTransport:
    """A pool of connections; takes an httpx client of the caller's own where he has one (ASGI, proxies, tracing)."""

    def __init__(self, trust: Trust, client: httpx.Client | None = None) -> None:
        import httpx

        self._httpx = httpx
        self._client = client or httpx.Client(
            verify=tls_context(trust), follow_redirects=False, limits=httpx.Limits(keepalive_expiry=IDLE_S)
        )

    def send(self, exchange: Exchange) -> Answer:
        """See `Transport.send`."""
        httpx = self._httpx
        try:
            with self._client.stream(
                exchange.method,
                exchange.url,
                headers=dict(exchange.headers),
                content=exchange.content or None,
                timeout=exchange.timeout_s,
            ) as reply:
                body = _read(reply, exchange.max_reply)
                return Answer(
                    status=reply.status_code, headers={k.lower(): v for k, v in reply.headers.items()}, body=body
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol) as error:
            if (reason := why_untrusted(error)) is not None:
                raise UntrustedCloudError(origin_of(exchange.url), reason, internal=repr(error)) from error
            raise CloudUnreachableError(
                f"cannot reach {exchange.url}: {error}", sent=False, internal=repr(error)
            ) from error
        except httpx.HTTPError as error:
            raise CloudUnreachableError(
                f"no answer from {exchange.url}: {error or type(error).__name__}", sent=True, internal=repr(error)
            ) from error

    def close(self) -> None:
        """See `Transport.close`."""
        self._client.close()


def _read(reply: httpx.Response, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in reply.iter_bytes():
        size += len(part)
        if size > limit:
            raise TooLargeError(f"the answer is longer than {limit} bytes")
        parts.append(part)
    return b"".join(parts)

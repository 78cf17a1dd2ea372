"""The application on a socket. uvicorn is imported when a server starts, not before."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Literal, TypeAlias

from starlette.types import ASGIApp

from cloudcore.model.errors import UnreachableError

if TYPE_CHECKING:
    import uvicorn

GRACE_SECONDS = 10
MAX_CONNECTIONS = 2048
MAX_WEBSOCKET_MESSAGE = 1 << 20
LOOPBACK = "127.0.0.1"

WebSockets: TypeAlias = Literal["none", "wsproto"]


def serve(
    app: ASGIApp,
    host: str = LOOPBACK,
    port: int = 0,
    *,
    certificate: str = "",
    key: str = "",
    websockets: WebSockets = "none",
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM; requests under way get `GRACE_SECONDS` to finish.

    certificate, key: paths of PEM files; with both the server speaks TLS.
    websockets: the library that speaks them, for an application with such routes.

    Raises:
        UnreachableError: the address cannot be listened on.
    """
    listener = _listen(host, port)
    with listener:
        _server(app, certificate, key, websockets=websockets).run(sockets=[listener])


class BackgroundServer:
    """The same in a thread, for programs that go on meanwhile and for tests.

    Usage: `with BackgroundServer(app) as server: ... server.url ...`
    """

    def __init__(
        self,
        app: ASGIApp,
        host: str = LOOPBACK,
        port: int = 0,
        *,
        certificate: str = "",
        key: str = "",
        websockets: WebSockets = "none",
        grace_s: int = GRACE_SECONDS,
    ) -> None:
        """websockets: the library that speaks them, for an application with such routes. grace_s: what `stop` waits."""
        self._grace_s = grace_s
        self._listener = _listen(host, port)
        self._address: tuple[str, int] = self._listener.getsockname()[:2]
        self._server = _server(app, certificate, key, websockets=websockets, grace_s=grace_s)
        self._scheme = "https" if certificate and key else "http"
        self._thread = threading.Thread(target=self._run, name="rest-server", daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on; also where 0 was asked for."""
        return self._address[1]

    @property
    def url(self) -> str:
        """Its address without a slash at the end."""
        host = self._address[0]
        return f"{self._scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"

    def start(self) -> None:
        """Begin to serve. Connections made from now on are answered: the socket listens already."""
        self._thread.start()

    def stop(self) -> None:
        """End after the requests under way, at the latest after the grace; returns when it has ended."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(self._grace_s + 5)
        self._listener.close()

    def __enter__(self) -> BackgroundServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        self._server.run(sockets=[self._listener])


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket; made here, so that a taken port is an error of the caller and not of a thread.

    The protocol is named: asyncio switches Nagle's algorithm off only for sockets that say they are TCP, and with it on
    every answer of two packets takes 40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise UnreachableError(f"cannot listen on {host} port {port}", internal=str(error)) from error
    return listener


def _server(
    app: ASGIApp, certificate: str, key: str, *, websockets: WebSockets = "none", grace_s: int = GRACE_SECONDS
) -> uvicorn.Server:
    import uvicorn

    from cloudcore_adapters.rest.protocol import HttpConnection

    config = uvicorn.Config(
        app,
        http=HttpConnection,
        loop="asyncio",
        ws=websockets,
        ws_max_size=MAX_WEBSOCKET_MESSAGE,
        lifespan="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # the peer is the socket's other end, whatever a header says
        timeout_graceful_shutdown=grace_s,
        limit_concurrency=MAX_CONNECTIONS,
        ssl_certfile=certificate or None,
        ssl_keyfile=key or None,
    )
    return uvicorn.Server(config)

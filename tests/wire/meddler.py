"""Somebody between a client and a server who loses, cuts and answers things himself."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import TypeAlias

Meddling: TypeAlias = Callable[[socket.socket, bytes, Callable[[], bytes]], None]
"""`(client, request, answer)`: what is done with one request; `answer()` hands it on and gives what came back."""


def pass_on(client: socket.socket, _request: bytes, answer: Callable[[], bytes]) -> None:
    """Nothing is wrong."""
    client.sendall(answer())


def cut(client: socket.socket, _request: bytes, answer: Callable[[], bytes]) -> None:
    """The answer breaks off in its body."""
    whole = answer()
    head = whole.index(b"\r\n\r\n") + 4
    client.sendall(whole[: head + (len(whole) - head) // 2])


def lose(_client: socket.socket, _request: bytes, answer: Callable[[], bytes]) -> None:
    """It is done, and nobody hears of it."""
    answer()


def drop(_client: socket.socket, _request: bytes, _answer: Callable[[], bytes]) -> None:
    """It never arrives."""


def stall(client: socket.socket, _request: bytes, _answer: Callable[[], bytes]) -> None:
    """Nothing happens, until the other side goes."""
    client.settimeout(5)
    with suppress(OSError):
        client.recv(1)


def say(status: str, *headers: str, body: bytes = b"") -> Meddling:
    """An answer of his own."""
    head = "\r\n".join((f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""))

    def act(client: socket.socket, _request: bytes, _answer: Callable[[], bytes]) -> None:
        client.sendall(head.encode() + body)

    return act


class Meddler:
    """Listens on a port of its own; each request takes the next of `script`, or passes. requests: their first lines."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.script: list[Meddling] = []
        self.requests: list[str] = []
        self.behind = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, start: str) -> int:
        """How many requests began so."""
        return sum(line.startswith(start) for line in self.requests)

    def listen(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError):
            request = _read_request(client)
            if not request:
                return
            self.requests.append(request.partition(b" HTTP/")[0].decode())
            act = self.script.pop(0) if self.script else pass_on
            act(client, request, lambda: self._answer(request))

    def _answer(self, request: bytes) -> bytes:
        head, _, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        with socket.create_connection(("127.0.0.1", self.behind), timeout=10) as server:
            server.sendall(b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body)
            return b"".join(iter(lambda: server.recv(65536), b""))


@contextmanager
def meddler() -> Iterator[Meddler]:
    one = Meddler()
    threading.Thread(target=one.listen, daemon=True).start()
    try:
        yield one
    finally:
        one.close()


def _read_request(client: socket.socket) -> bytes:
    held = b""
    while b"\r\n\r\n" not in held:
        piece = client.recv(65536)
        if not piece:
            return b""
        held += piece
    head, _, body = held.partition(b"\r\n\r\n")
    told = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    length = int(told[0]) if told else 0
    while len(body) < length:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body

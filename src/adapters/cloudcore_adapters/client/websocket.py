"""A WebSocket client over a blocking socket: RFC 6455 without extensions. Binary and text messages come as bytes."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import ssl
import struct
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from cloudcore.model.errors import BackendError, CloudcoreError, TooLargeError
from cloudcore_adapters.client.failures import CloudUnreachableError, error_from
from cloudcore_adapters.client.transport import Trust, tls_context

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_HEAD = 64 * 1024
MAX_MESSAGE = 4 * 1024 * 1024
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


class WebSocket:
    """An open connection. For one thread that sends and receives, or one for each of the two.

    closed: the other side said goodbye, or the connection broke; `reason` may tell why.
    """

    def __init__(self, connection: socket.socket, rest: bytes = b"") -> None:
        self._connection = connection
        self._buffer = bytearray(rest)
        self._parts = bytearray()
        self.closed = False
        self.reason = ""

    def fileno(self) -> int:
        """For select; see `pending` as well."""
        return self._connection.fileno()

    @property
    def pending(self) -> bool:
        """Whether `available` has something without anything arriving."""
        waiting = isinstance(self._connection, ssl.SSLSocket) and self._connection.pending() > 0
        return waiting or _frame_size(self._buffer) is not None

    def send(self, data: bytes) -> None:
        """Send one binary message."""
        self._send(BINARY, data)

    def available(self) -> Iterator[bytes]:
        """The messages that are complete after one read; reads only when none is complete already.

        Raises:
            BackendError: the other side breaks the protocol.
            TooLargeError: a message is longer than 4 MiB.
        """
        if _frame_size(self._buffer) is None:
            try:
                data = self._connection.recv(65_536)
            except (ssl.SSLWantReadError, TimeoutError):
                return
            except OSError as error:
                data = b""
                self.reason = str(error)
            if not data:
                self.closed = True
                return
            self._buffer += data
        while not self.closed:
            frame = self._frame()
            if frame is None:
                return
            message = self._message(*frame)
            if message is not None:
                yield message

    def close(self) -> None:
        """Say goodbye and close."""
        with contextlib.suppress(OSError, CloudcoreError):
            if not self.closed:
                self._send(CLOSE, struct.pack("!H", 1000))
        self.closed = True
        self._connection.close()

    def _message(self, final: bool, kind: int, payload: bytes) -> bytes | None:
        if kind == PING:
            self._send(PONG, payload)
        elif kind == CLOSE:
            self.reason = payload[2:].decode("utf-8", "replace")
            with contextlib.suppress(OSError, CloudcoreError):
                self._send(CLOSE, payload[:2])
            self.closed = True
        elif kind in (CONTINUATION, TEXT, BINARY):
            self._parts += payload
            if len(self._parts) > MAX_MESSAGE:
                raise TooLargeError(f"a message is longer than {MAX_MESSAGE} bytes")
            if final:
                whole = bytes(self._parts)
                self._parts.clear()
                return whole
        elif kind != PONG:
            raise BackendError(f"the other side sent a frame of kind {kind}")
        return None

    def _frame(self) -> tuple[bool, int, bytes] | None:
        size = _frame_size(self._buffer)
        if size is None:
            return None
        head, length = size
        first = self._buffer[0]
        if first & 0x70 or self._buffer[1] & 0x80:
            raise BackendError("the other side breaks the WebSocket protocol")
        payload = bytes(self._buffer[head : head + length])
        del self._buffer[: head + length]
        return bool(first & 0x80), first & 0x0F, payload

    def _send(self, kind: int, payload: bytes) -> None:
        mask = os.urandom(4)
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | kind, 0x80 | length)
        elif length < 65_536:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, length)
        masked = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        try:
            self._connection.sendall(head + mask + masked)
        except OSError as error:
            self.closed = True
            raise CloudUnreachableError("the connection broke", sent=True, internal=repr(error)) from error


def open_websocket(url: str, headers: Mapping[str, str], *, trust: Trust, timeout_s: float) -> WebSocket:
    """Connect to an http or https URL and switch protocols. timeout_s bounds the opening only.

    Raises:
        CloudUnreachableError: nobody answers.
        CloudcoreError: the answer is an error; the class is that of its body.
    """
    parts = urlsplit(url)
    try:
        connection = _connect(url, trust, timeout_s)
        key = base64.b64encode(os.urandom(16)).decode()
        connection.sendall(_request(url, key, headers))
        head, rest = _read_head(connection)
    except OSError as error:
        where = f"{parts.scheme}://{parts.netloc}"
        raise CloudUnreachableError(
            f"cannot reach {where}: {error.strerror or error}", sent=False, internal=repr(error)
        ) from error
    status, told = _parse(head)
    if status != 101:
        body = _body(connection, rest, told)
        connection.close()
        raise error_from(status, body, request_id=told.get("x-request-id", ""))
    if told.get("sec-websocket-accept") != accept_of(key):
        connection.close()
        raise BackendError("the answer to the WebSocket request belongs to another one")
    connection.settimeout(None)
    return WebSocket(connection, rest)


def accept_of(key: str) -> str:
    """What a server answers to a key."""
    return base64.b64encode(hashlib.sha1((key + MAGIC).encode(), usedforsecurity=False).digest()).decode()


def _connect(url: str, trust: Trust, timeout_s: float) -> socket.socket:
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https"
    connection = socket.create_connection((host, parts.port or (443 if secure else 80)), timeout_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not secure:
        return connection
    return tls_context(trust).wrap_socket(connection, server_hostname=host)


def _request(url: str, key: str, headers: Mapping[str, str]) -> bytes:
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    told = {
        "Host": parts.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{k}: {v}" for k, v in told.items())]
    if any(c in line for line in lines for c in "\r\n\0"):
        raise BackendError("a header has a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _read_head(connection: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(4096)
        if not part:
            raise ConnectionResetError("the connection was closed")
        data += part
        if len(data) > MAX_HEAD:
            raise TooLargeError(f"the answer's headers are longer than {MAX_HEAD} bytes")
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _parse(head: bytes) -> tuple[int, Mapping[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
        raise BackendError("the answer to the WebSocket request is no HTTP")
    pairs = (line.partition(":") for line in lines)
    return int(words[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _body(connection: socket.socket, rest: bytes, told: Mapping[str, str]) -> bytes:
    length = told.get("content-length", "")
    wanted = min(int(length), MAX_HEAD) if length.isdigit() else len(rest)
    with contextlib.suppress(OSError):
        while len(rest) < wanted:
            part = connection.recv(wanted - len(rest))
            if not part:
                break
            rest += part
    return rest[:wanted]


def _frame_size(buffer: bytearray) -> tuple[int, int] | None:
    """Length of the head and of the payload, if the whole frame is there."""
    if len(buffer) < 2:
        return None
    short = buffer[1] & 0x7F
    head = 2 if short < 126 else 4 if short == 126 else 10
    if len(buffer) < head:
        return None
    length = short if head == 2 else int.from_bytes(buffer[2:head], "big")
    if length > MAX_MESSAGE:
        raise TooLargeError(f"a frame is longer than {MAX_MESSAGE} bytes")
    return (head, length) if len(buffer) >= head + length else None

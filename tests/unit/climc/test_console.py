from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

import pytest

from cloudcore.model.errors import BackendError, TooLargeError
from cloudcore_adapters.client.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, WebSocket, accept_of
from cloudcore_apps.climc.handmade.console import relay


@pytest.fixture
def ends() -> Iterator[tuple[WebSocket, socket.socket]]:
    """A connection's client, and the bare other end."""
    ours, theirs = socket.socketpair()
    stream = WebSocket(ours)
    yield stream, theirs
    stream.close()
    theirs.close()


def frame(kind: int, payload: bytes, *, final: bool = True) -> bytes:
    """A frame as a server sends it."""
    size = len(payload)
    head = struct.pack("!B", (0x80 if final else 0) | kind)
    if size < 126:
        return head + struct.pack("!B", size) + payload
    if size < 65_536:
        return head + struct.pack("!BH", 126, size) + payload
    return head + struct.pack("!BQ", 127, size) + payload


def unmasked(data: bytes) -> tuple[int, bytes, bytes]:
    """Kind and payload of the first frame that a client sent, and what follows."""
    assert data[1] & 0x80, "a client must mask"
    size, at = data[1] & 0x7F, 2
    if size == 126:
        size, at = struct.unpack("!H", data[2:4])[0], 4
    elif size == 127:
        size, at = struct.unpack("!Q", data[2:10])[0], 10
    mask, body = data[at : at + 4], data[at + 4 : at + 4 + size]
    return data[0] & 0x0F, bytes(b ^ mask[i % 4] for i, b in enumerate(body)), data[at + 4 + size :]


def test_the_accept_key_is_that_of_the_standard() -> None:
    assert accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_messages_of_every_size_go_both_ways(ends: tuple[WebSocket, socket.socket], size: int) -> None:
    stream, other = ends
    stream._connection.settimeout(5)
    data = bytes(i % 256 for i in range(size))
    stream.send(data)
    got = b""
    while len(got) < size + 6:
        got += other.recv(1 << 20)
    assert unmasked(got)[:2] == (BINARY, data)
    other.sendall(frame(BINARY, data))
    found: list[bytes] = []
    while not found:
        found.extend(stream.available())
    assert found == [data]


def test_parts_are_joined_and_frames_may_arrive_in_bits(ends: tuple[WebSocket, socket.socket]) -> None:
    stream, other = ends
    whole = frame(BINARY, b"one ", final=False) + frame(PING, b"hi") + frame(CONTINUATION, b"two") + frame(BINARY, b"3")
    found: list[bytes] = []
    for byte in whole:
        other.sendall(bytes([byte]))
        found.extend(stream.available())
    assert found == [b"one two", b"3"]
    assert unmasked(other.recv(100))[:2] == (PONG, b"hi")


def test_a_goodbye_closes_with_its_reason(ends: tuple[WebSocket, socket.socket]) -> None:
    stream, other = ends
    other.sendall(frame(BINARY, b"last") + frame(CLOSE, struct.pack("!H", 1000) + "adiós".encode()))
    assert list(stream.available()) == [b"last"]
    assert (stream.closed, stream.reason) == (True, "adiós")


def test_a_lost_connection_closes(ends: tuple[WebSocket, socket.socket]) -> None:
    stream, other = ends
    other.close()
    assert list(stream.available()) == []
    assert stream.closed


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (struct.pack("!BBQ", 0x82, 127, 1 << 40), TooLargeError),
        (bytes([0xC2, 1, 0]), BackendError),
        (bytes([0x82, 0x81, 0, 0, 0, 0, 0]), BackendError),
        (bytes([0x83, 1, 0]), BackendError),
    ],
)
def test_a_server_that_breaks_the_protocol_is_an_error(
    ends: tuple[WebSocket, socket.socket], data: bytes, kind: type[Exception]
) -> None:
    stream, other = ends
    other.sendall(data)
    with pytest.raises(kind):
        list(stream.available())


@pytest.fixture
def pipes() -> Iterator[tuple[int, int, int, int]]:
    """Two pipes: what is typed, and what is shown; each as (read, write)."""
    found = (*os.pipe(), *os.pipe())
    yield found
    for descriptor in found:
        os.close(descriptor)


def test_the_console_carries_bytes_both_ways_until_ctrl_bracket(
    ends: tuple[WebSocket, socket.socket], pipes: tuple[int, int, int, int]
) -> None:
    stream, other = ends
    keys, typing, shown, screen = pipes
    other.sendall(frame(BINARY, b"login: "))
    os.write(typing, b"root\r\x1dnot sent")
    relay(stream, keys, screen, timeout_s=5)
    assert unmasked(other.recv(100))[:2] == (BINARY, b"root\r")
    assert os.read(shown, 100) == b"login: "


def test_the_console_ends_with_the_other_side_or_the_time(
    ends: tuple[WebSocket, socket.socket], pipes: tuple[int, int, int, int]
) -> None:
    stream, other = ends
    keys, _, shown, screen = pipes
    relay(stream, keys, screen, timeout_s=0.05)
    assert not stream.closed
    other.sendall(frame(BINARY, b"bye") + frame(CLOSE, b""))
    relay(stream, keys, screen)
    assert os.read(shown, 100) == b"bye"

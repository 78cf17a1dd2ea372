"""Where a request ends: nobody gets a second one past us, fills our memory with a head, or holds a connection for ever."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from tests.wire.scripted import TOKEN, ScriptedCloud

from cloudcore_adapters.rest import protocol
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.head import head_of
from cloudcore_adapters.rest.incoming import MAX_HEAD
from cloudcore_adapters.rest.patience import Patience
from cloudcore_adapters.rest.server import BackgroundServer

HEAD = f"Host: localhost\r\nX-Auth-Token: {TOKEN}\r\n"
GET = f"GET /compute/boxes/b1 HTTP/1.1\r\n{HEAD}"
POST = f"POST /compute/boxes/b1/open HTTP/1.1\r\n{HEAD}"
MANY = "A: b\r\n" * (MAX_HEAD // 6)
SMUGGLED = f"DELETE /compute/boxes/victim HTTP/1.1\r\n{HEAD}\r\n"


@pytest.fixture(scope="module")
def cloud() -> ScriptedCloud:
    return ScriptedCloud()


@pytest.fixture(scope="module")
def server(cloud: ScriptedCloud) -> Iterator[BackgroundServer]:
    with BackgroundServer(build_app(cloud)) as server:
        yield server


@pytest.fixture(autouse=True)
def _forgotten(cloud: ScriptedCloud) -> None:
    cloud.asked.clear()


def connected(server: BackgroundServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def talk(server: BackgroundServer, *pieces: str | bytes) -> bytes:
    """Send it piece by piece, then read to the end."""
    with connected(server) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece.encode("latin-1") if isinstance(piece, str) else piece)
            except ConnectionError:
                break
            time.sleep(0.02 * (len(pieces) > 1))
        return rest_of(connection)


def rest_of(connection: socket.socket) -> bytes:
    found = b""
    try:
        while piece := connection.recv(65536):
            found += piece
    except ConnectionResetError:
        pass  # it did not read all that was sent
    return found


AMBIGUOUS = {
    "two lengths": f"{POST}Content-Length: 0\r\nContent-Length: {len(SMUGGLED)}\r\n\r\n{SMUGGLED}",
    "the same length twice": f"{POST}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{{}}{SMUGGLED}",
    "a list of lengths": f"{POST}Content-Length: 0, {len(SMUGGLED)}\r\n\r\n{SMUGGLED}",
    "length, then chunks": f"{POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "chunks, then length": f"{POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "length with a sign": f"{POST}Content-Length: +0\r\n\r\n{SMUGGLED}",
    "negative length": f"{POST}Content-Length: -1\r\n\r\n{SMUGGLED}",
    "length in hex": f"{POST}Content-Length: 0x0\r\n\r\n{SMUGGLED}",
    "no length": f"{POST}Content-Length:\r\n\r\n{SMUGGLED}",
    "length with a blank in it": f"{POST}Content-Length: 0 0\r\n\r\n{SMUGGLED}",
    "length beyond all bounds": f"{POST}Content-Length: 18446744073709551616\r\n\r\n{SMUGGLED}",
    "other encoding": f"{POST}Transfer-Encoding: identity\r\n\r\n{SMUGGLED}",
    "other encoding before": f"{POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "other encoding behind": f"{POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "almost chunked": f"{POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "chunked behind a control": f"{POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "chunked in quotes": f'{POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n{SMUGGLED}',
    "two encodings": f"{POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "blank before the colon": f"{POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "folded": f"{POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "folded at once": f"POST /compute/boxes/b1/open HTTP/1.1\r\n Content-Length: 5\r\n{HEAD}\r\n{SMUGGLED}",
    "chunks in an old version": f"POST /x HTTP/1.0\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
    "lines without carriage return": f"{POST}A: b\nContent-Length: 5\r\n\r\n{SMUGGLED}",
    "carriage return alone": f"{POST}A: b\rContent-Length: 5\r\n\r\n{SMUGGLED}",
    "zero byte": f"{POST}A: b\0c\r\n\r\n{SMUGGLED}",
    "no colon": f"{POST}Content-Length 5\r\n\r\n{SMUGGLED}",
    "no host": "GET /compute/boxes HTTP/1.1\r\n\r\n",
    "two hosts": f"{GET}Host: other\r\n\r\n{SMUGGLED}",
    "no HTTP": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "no version": "GET /compute/boxes\r\n\r\n",
}


@pytest.mark.parametrize("request_text", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_two_readers_could_read_differently_is_refused(server, cloud, request_text):
    answer = talk(server, request_text)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 505 ")), answer
    assert b"Connection: close\r\n" in answer
    assert answer.count(b"HTTP/1.1") == 1
    assert cloud.asked == []


CHUNKS = {
    "negative": "-1\r\n",
    "hex prefix": "0x2\r\n{}\r\n0\r\n\r\n",
    "beyond all bounds": "ffffffffffffffff2\r\n{}\r\n0\r\n\r\n",
    "no carriage return": "2\n{}\n0\n\n",
    "line break in an extension": "2;a\nb\r\n{}\r\n0\r\n\r\n",
    "too long": "2\r\n{}xx0\r\n\r\n",
    "blank before the size": " 2\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
def test_bodies_in_bad_chunks_are_refused(server, cloud, chunks):
    answer = talk(server, f"{POST}Transfer-Encoding: chunked\r\n\r\n", chunks + SMUGGLED)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert cloud.asked == []


def test_chunks_with_extensions_and_fields_behind_them_are_one_body(server, cloud):
    body = '9;a=b\r\n{"box": {\r\n2\r\n}}\r\n0\r\nX-Auth-Token: other\r\nHost: other\r\n\r\n'
    answer = talk(server, f"{POST}Transfer-Encoding: chunked\r\n\r\n{body}{GET}Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert [asked[0] for asked in cloud.asked] == ["perform", "get"]


@pytest.mark.parametrize(
    "text",
    [
        f"{GET}A: {'x' * MAX_HEAD}\r\n\r\n",
        f"{GET}{MANY}\r\n",
        f"GET /{'x' * MAX_HEAD} HTTP/1.1\r\n{HEAD}\r\n",
        f"{POST}Transfer-Encoding: chunked\r\n\r\n0\r\n{MANY}\r\n",
    ],
    ids=["one header", "many headers", "target", "behind the chunks"],
)
def test_heads_have_an_end(server, cloud, text):
    assert talk(server, text).startswith(b"HTTP/1.1 431 ")
    assert cloud.asked == []


@pytest.mark.parametrize(
    "begin",
    [f"{GET}A: ", f"{GET}{'A' * 9}", "GET /", f"{POST}Transfer-Encoding: chunked\r\n\r\n2;a="],
    ids=["value", "name", "target", "chunk extension"],
)
def test_a_piece_that_never_ends_is_not_kept(server, begin):
    with connected(server) as connection:
        connection.sendall(begin.encode())
        sent = 0
        try:
            while sent < 4 << 20:
                sent += connection.send(b"a" * 16384)
        except ConnectionError:
            pass
        assert rest_of(connection)[:13] in (b"HTTP/1.1 431 ", b"HTTP/1.1 400 ", b"")
    assert talk(server, f"{GET}Connection: close\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_heads_up_to_the_limit_are_read(server):
    assert talk(server, f"{GET}Connection: close\r\nA: {'x' * (MAX_HEAD - 400)}\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_head_may_come_byte_by_byte(server):
    with connected(server) as connection:
        for byte in f"{GET}Connection: close\r\n\r\n".encode():
            connection.sendall(bytes((byte,)))
        assert rest_of(connection).startswith(b"HTTP/1.1 200")


def test_requests_ahead_of_their_answers_are_answered_in_turn(server, cloud):
    cloud.answer = lambda _method, args: {"id": args[1]}
    ahead = "".join(GET.replace("b1", f"b{n}") + "\r\n" for n in range(40))
    put = POST.replace("b1", "last") + 'Connection: close\r\nContent-Length: 11\r\n\r\n{"box": {}}'
    answer = talk(server, ahead + put)
    assert answer.count(b"HTTP/1.1 200 OK") == 41
    places = [answer.index(f'"b{n}"'.encode()) for n in range(40)]
    assert places == sorted(places)
    assert cloud.asked[-1][0] == "perform"


def test_too_many_requests_ahead_are_cut_off(server, cloud):
    answer = talk(server, f"{GET}\r\n" * (protocol.MAX_WAITING + 50))
    assert answer.count(b"HTTP/1.1 200 OK") == protocol.MAX_WAITING + 1
    assert answer.count(b"HTTP/1.1 400") == 1
    assert len(cloud.asked) == protocol.MAX_WAITING + 1


def test_nothing_counts_behind_the_last_request(server, cloud):
    answer = talk(server, f"{GET}Connection: close\r\n\r\n{SMUGGLED}")
    assert answer.count(b"HTTP/1.1") == 1
    assert answer.startswith(b"HTTP/1.1 200")
    assert [asked[0] for asked in cloud.asked] == ["get"]


def test_rubbish_behind_a_request_does_not_harm_its_answer(server):
    answer = talk(server, f"{GET}\r\n\x01\x02\x03\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"\r\n\r\n{" in answer
    assert answer.count(b"HTTP/1.1 400") == 1


def test_an_offer_to_speak_another_protocol_is_passed_over(server, cloud):
    """As Java's client makes it with each request; a body that comes with one is that request's."""
    offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    body = '{"box": {}}'
    answer = talk(
        server,
        f"{POST}{offer}Content-Length: {len(body)}\r\n\r\n{body[:4]}",
        body[4:] + f"{POST}{offer}Transfer-Encoding: chunked\r\n\r\nb\r\n{body}\r\n0\r\n\r\n{GET}{offer}\r\n",
        f"{GET}Connection: close\r\n\r\n",
    )
    assert answer.count(b"HTTP/1.1 200 OK") == 4
    assert [asked[0] for asked in cloud.asked] == ["perform", "perform", "get", "get"]


@pytest.mark.parametrize("method", ["BREW", "FOO-BAR", "get", "QUERY", "TRACE", "OPTIONS"])
def test_methods_that_are_not_there_are_405(server, method):
    answer = talk(server, f"{method} /compute/boxes HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"Allow: GET, HEAD, POST\r\n" in answer


def test_connect_is_not_a_tunnel(server, cloud):
    answer = talk(server, f"CONNECT victim:80 HTTP/1.1\r\n{HEAD}\r\n{SMUGGLED}")
    assert answer.startswith(b"HTTP/1.1 4")
    assert answer.count(b"HTTP/1.1") == 1
    assert cloud.asked == []


def test_old_clients_get_an_answer_and_the_end(server):
    answer = talk(server, f"GET /ping HTTP/1.0\r\n{HEAD}Connection: keep-alive\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"Connection: close" in answer
    assert answer.endswith(b"pong")
    assert talk(server, "GET /ping HTTP/1.0\r\n\r\n").endswith(b"pong")


@pytest.mark.parametrize("header", [(b"A", b"b\r\nSet-Cookie: c"), (b"A", b"b\nc"), (b"A: b\r\nC", b""), (b"A", b"\0")])
def test_no_answer_has_a_header_that_breaks_its_line(header):
    with pytest.raises(ValueError, match="header"):
        head_of(200, [header], closes=False, has_body=True)


def test_an_answer_whose_length_nobody_knows_comes_in_chunks_or_ends_the_connection():
    assert b"Transfer-Encoding: chunked\r\n" in head_of(200, [], closes=False, has_body=True).data
    old = head_of(200, [], closes=False, has_body=True, old=True)
    assert old.closes
    assert b"Transfer-Encoding" not in old.data
    assert head_of(204, [], closes=False, has_body=True).data == b"HTTP/1.1 204 No Content\r\n\r\n"


class Loop:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, object]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, work) -> Loop:
        self.due.append((self.now + delay, work))
        return self

    def cancel(self) -> None:
        self.due.clear()

    def run(self, until: float) -> None:
        while self.due and self.due[0][0] <= until:
            self.now, work = self.due.pop(0)
            work()
        self.now = until


def test_patience_ends_with_what_the_other_side_may_take():
    loop, ended, waits = Loop(), [], [True]
    patience = Patience(loop, 5.0, lambda: waits[0], lambda: ended.append(loop.now))  # type: ignore[arg-type]
    patience.begin(60.0)
    loop.run(59.0)
    assert not ended
    waits[0] = False  # an answer is being made
    loop.run(500.0)
    assert not ended
    waits[0] = True
    patience.wait(5.0)
    loop.run(600.0)
    assert len(ended) == 1
    assert 505.0 <= ended[0] <= 510.0
    patience.begin(60.0)
    patience.end()
    loop.run(900.0)
    assert len(ended) == 1

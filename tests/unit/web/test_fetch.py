"""Files from elsewhere: nobody is sent where he cannot go himself."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.errors import (
    BackendError,
    CloudcoreError,
    DeadlineError,
    InvalidInputError,
    ResourceNotFoundError,
    UnreachableError,
)
from cloudcore.model.remote import may_be_asked, parse_url
from cloudcore_adapters.web import WebFiles
from cloudcore_adapters.web.door import Patience

LOOPBACK = ("127.0.0.0/8",)
QUICK = Patience(connect=2, head=0.5, idle=0.5, slow_bytes=1000)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Server:
    """Answers each connection with the next of its scripts, and remembers what it was asked."""

    def __init__(
        self, *scripts: bytes | Callable[[socket.socket], None], context: ssl.SSLContext | None = None
    ) -> None:
        self.asked: list[bytes] = []
        self._scripts = scripts
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for script in self._scripts:
            try:
                peer, _ = self._listener.accept()
                peer.settimeout(5)
                if self._context is not None:
                    peer = self._context.wrap_socket(peer, server_side=True)
                with peer:
                    self.asked.append(peer.recv(65536))
                    if callable(script):
                        script(peer)
                    else:
                        peer.sendall(script)
            except OSError:
                continue

    def url(self, path: str = "/image", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


@contextmanager
def serving(*scripts: Any, **options: Any) -> Iterator[Server]:
    server = Server(*scripts, **options)
    try:
        yield server
    finally:
        server.close()


def fetch(files: WebFiles, url: str, *, cancelled: Callable[[], bool] = lambda: False) -> bytes:
    with files.open(url, cancelled=cancelled) as file:
        return b"".join(file.chunks)


def allowed(**options: Any) -> WebFiles:
    return WebFiles(LOOPBACK, patience=QUICK, **options)


def redirect(to: str, code: int = 302) -> bytes:
    return f"HTTP/1.1 {code} Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


def test_a_file_is_received_with_its_size() -> None:
    with serving(OK, OK) as server:
        with allowed().open(server.url("/a?b=c%20d"), cancelled=lambda: False) as file:
            assert file.size == 5
        assert fetch(allowed(), server.url()) == b"hello"
        head = server.asked[0]
    assert head.startswith(b"GET /a?b=c%20d HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}".encode() in head
    assert b"Accept-Encoding: identity" in head


def test_a_fetch_carries_nothing_of_the_callers() -> None:
    with serving(OK) as server:
        assert fetch(allowed(), server.url("/hook")) == b"hello"
        lines = server.asked[0].decode().split("\r\n")[1:]
    assert sorted(line.partition(":")[0] for line in lines if line) == ["Accept-Encoding", "Host", "User-Agent"]


def test_a_file_without_a_length_is_received_until_its_end() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
    with serving(chunked, b"HTTP/1.0 200 OK\r\n\r\nhello") as server:
        assert fetch(allowed(), server.url()) == b"hello"
        assert fetch(allowed(), server.url()) == b"hello"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "[::1]", "[::]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    ],
)  # fmt: skip
def test_this_machine_is_never_asked_under_any_of_its_names(host: str) -> None:
    with serving(OK) as server, pytest.raises(InvalidInputError) as refused:
        fetch(WebFiles(patience=QUICK), server.url(host=host))
    assert refused.value.field == "copy_from"
    assert server.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1",
        "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "192.88.99.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1",
        "2002:a9fe:a9fe::1", "2001:0:53aa:64c::1", "fec0::1", "100::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_not_asked(address: str) -> None:
    assert not may_be_asked(address, ())


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1"])
def test_public_addresses_are_asked(address: str) -> None:
    assert may_be_asked(address, ())


def test_a_network_that_the_deployment_allows_is_asked_and_no_other() -> None:
    networks = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00:1::/32")]
    assert may_be_asked("10.1.2.3", networks)
    assert may_be_asked("::ffff:10.1.2.3", networks)
    assert may_be_asked("fd00:1::5", networks)
    assert not may_be_asked("10.2.0.1", networks)
    assert not may_be_asked("fd00:2::5", networks)


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://[::1]/", "file:///etc/passwd",
        "gopher://127.0.0.1/", "//10.0.0.1/x", "http://user@10.0.0.1/", "javascript:alert(1)", "ftp://1.1.1.1/",
    ],
)  # fmt: skip
def test_a_redirect_to_where_nobody_may_be_sent_is_refused(to: str) -> None:
    with serving(redirect(to)) as server, pytest.raises(InvalidInputError):
        fetch(allowed(), server.url())
    assert len(server.asked) == 1


def test_redirects_are_followed_a_few_times_only() -> None:
    with serving(redirect("/second"), redirect("third", 307), OK) as server:
        assert fetch(allowed(), server.url("/first")) == b"hello"
        assert [head.split()[1] for head in server.asked] == [b"/first", b"/second", b"/third"]
    with serving(*[redirect("/again")] * 10) as server, pytest.raises(InvalidInputError, match="more than 5 times"):
        fetch(allowed(), server.url())


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "FILE:///etc/passwd", "ftp://example.com/x", "gopher://example.com/", "data:text/plain,x",
        "http:/example.com", "http://", "http:///x", "http://user:pw@example.com/", "http://example.com@10.0.0.1/",
        "http://example.com\\@10.0.0.1/", "http://example.com/#x", "http://example.com:0/", "http://example.com:99999/",
        "http://example.com:80:80/", "http://exam ple.com/", "http://example.com/a b", "http://example.com/\r\nX: y",
        "http://example.com/\n", "http://ex\0ample.com/", "http://ex\u00e4mple.com/", "http://example.com/\u00e4",
        "http://[::1", "http://[fe80::1%25eth0]/", "//example.com/x", "http://" + "a" * 3000, "", None, 7,
    ],
)  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url: Any) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_url(url)
    assert refused.value.field == "copy_from"


@given(st.text(max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        url = parse_url("http://" + text)
    except InvalidInputError:
        return
    assert url.host
    assert "@" not in url.host
    assert url.target.isascii()
    assert url.target.isprintable()


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_what_is_not_there_is_not_tried_again(code: int) -> None:
    answer = f"HTTP/1.1 {code} No\r\nContent-Length: 0\r\n\r\n".encode()
    with serving(answer) as server, pytest.raises(ResourceNotFoundError):
        fetch(allowed(), server.url())


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 206 Partial\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
def test_a_server_that_misbehaves_is_a_failure_that_may_pass(answer: bytes) -> None:
    with serving(answer) as server, pytest.raises(BackendError):
        fetch(allowed(), server.url())


def test_compressed_answers_are_refused() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"
    with serving(answer) as server, pytest.raises(InvalidInputError, match="compressed"):
        fetch(allowed(), server.url())


def test_nobody_who_listens_is_unreachable() -> None:
    with serving() as server:
        url = server.url()
    with pytest.raises(UnreachableError):
        fetch(allowed(), url)


def test_a_server_that_says_nothing_more_is_given_up() -> None:
    def silent(peer: socket.socket) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello")
        threading.Event().wait(1.5)

    with serving(silent) as server, pytest.raises(UnreachableError):
        fetch(allowed(), server.url())


def trickle(head: bytes) -> Callable[[socket.socket], None]:
    def script(peer: socket.socket) -> None:
        peer.sendall(head)
        for _ in range(40):
            peer.sendall(b"x")
            threading.Event().wait(0.1)

    return script


def test_a_head_that_trickles_is_given_up() -> None:
    with serving(trickle(b"HTTP/1.1 200 OK\r\nX: ")) as server, pytest.raises(UnreachableError):
        fetch(allowed(), server.url())


def test_a_body_that_trickles_is_given_up() -> None:
    with serving(trickle(b"HTTP/1.1 200 OK\r\n\r\n")) as server, pytest.raises(UnreachableError, match="a second"):
        fetch(allowed(), server.url())


def test_cancelling_ends_it() -> None:
    with serving(OK) as server, pytest.raises(DeadlineError):
        fetch(allowed(), server.url(), cancelled=lambda: True)


def test_errors_never_repeat_the_url() -> None:
    with serving(OK) as server, pytest.raises(CloudcoreError) as refused:
        fetch(WebFiles(patience=QUICK), server.url("/secret-signature"))
    assert "secret" not in f"{refused.value} {refused.value.internal}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


def test_tls_is_verified_by_name_though_the_address_is_pinned(certificate: tuple[Path, ssl.SSLContext]) -> None:
    path, context = certificate
    with serving(OK, OK, OK, context=context) as server:
        trusting = allowed(ca_file=path)
        assert fetch(trusting, server.url(host="localhost", scheme="https")) == b"hello"
        with pytest.raises(BackendError, match="not trusted"):
            fetch(trusting, server.url(host="127.0.0.1", scheme="https"))
        with pytest.raises(BackendError, match="not trusted"):
            fetch(allowed(), server.url(host="localhost", scheme="https"))


def test_a_redirect_from_https_to_http_is_refused(certificate: tuple[Path, ssl.SSLContext]) -> None:
    path, context = certificate
    with serving(OK) as plain, serving(redirect(plain.url()), context=context) as secure:
        with pytest.raises(InvalidInputError, match="https to http"):
            fetch(allowed(ca_file=path), secure.url(host="localhost", scheme="https"))
        assert plain.asked == []


def test_an_allowed_network_must_be_one() -> None:
    with pytest.raises(InvalidInputError):
        WebFiles(("10.0.0.0/33",))

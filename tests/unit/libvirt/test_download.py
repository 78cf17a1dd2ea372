"""Fetching an image: resumed, checked, never half there, and never from elsewhere."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import attrs
import pytest

from cloudcore.model.errors import BackendError, InvalidInputError, UnreachableError
from cloudcore_adapters.libvirt.download import Source, fetch

DATA = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(DATA).hexdigest()


@attrs.define
class Store:
    """An image store that misbehaves by path."""

    url: str
    ranges: list[str | None] = attrs.field(factory=list)


@pytest.fixture
def store() -> Iterator[Store]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range")
            started.ranges.append(wanted)
            start = int(wanted[6:-1]) if wanted else 0
            path = self.path.partition("?")[0]
            if path.startswith("/to/"):
                self.send_response(302)
                self.send_header("Location", {"/to/here": "/good", "/to/loop": "/to/loop"}.get(path, path[4:]))
                self.end_headers()
                return
            status = {"/missing": 404, "/unsatisfied": 416, "/whole": 200}.get(path, 206 if wanted else 200)
            self.send_response(status)
            if status == 206:
                begins = 0 if path == "/otherrange" else start
                self.send_header("Content-Range", f"bytes {begins}-{len(DATA) - 1}/{len(DATA)}")
            body = DATA[start if status == 206 else 0 :]
            body = {"/long": body + b"more", "/bad": bytes(len(body)), "/short": body[:70000]}.get(path, body)
            if path == "/broken" and len(started.ranges) == 1:
                self.send_header("Content-Length", str(len(body)))
                body = body[:300000]
            self.end_headers()
            self.wfile.write(body if status in {200, 206} else b"")

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    started = Store(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield started
    server.shutdown()
    server.server_close()
    thread.join(60)


def get(url: str, target: Path, *, sha256: str = SHA256, stop: bool = False) -> list[float]:
    told: list[float] = []
    source = Source(url=url, size=len(DATA), sha256=sha256)
    fetch(source, target, ca_file=None, progress=told.append, cancelled=lambda: stop)
    return told


def test_a_file_comes_whole_and_tells_its_progress(store: Store, tmp_path: Path) -> None:
    told = get(f"{store.url}/good?signature=x", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA
    assert told == sorted(told)
    assert told[-1] == 99.0


def test_a_broken_fetch_goes_on_where_it_broke(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "f"
    with pytest.raises(UnreachableError):
        get(f"{store.url}/broken", target)
    have = target.stat().st_size
    assert 0 < have < len(DATA)
    get(f"{store.url}/broken", target)
    assert target.read_bytes() == DATA
    assert store.ranges == [None, f"bytes={have}-"]


def test_a_file_that_is_there_is_not_asked_for(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(DATA)
    get(f"{store.url}/good", tmp_path / "f")
    assert store.ranges == []


def test_a_server_without_ranges_starts_over(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 1000)
    get(f"{store.url}/whole", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA


def test_too_much_of_an_earlier_file_is_thrown_away(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(DATA + b"x")
    get(f"{store.url}/good", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA


def test_other_bytes_are_removed_and_the_next_fetch_is_whole(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"x" * 1000)
    with pytest.raises(BackendError, match="checksum"):
        get(f"{store.url}/good", tmp_path / "f")
    assert not (tmp_path / "f").exists()
    get(f"{store.url}/good", tmp_path / "f")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/bad", "checksum"),
        ("/long", "more than"),
        ("/missing", "404"),
        ("/unsatisfied", "416"),
        ("/to/loop", "without end"),
        ("/short", "broke off"),
    ],
)
def test_a_store_that_misbehaves_is_a_failure_without_the_url(
    store: Store, tmp_path: Path, path: str, said: str
) -> None:
    with pytest.raises(BackendError, match=said) as raised:
        get(f"{store.url}{path}?signature=secret", tmp_path / "f")
    assert "secret" not in f"{raised.value} {raised.value.internal}"


def test_another_range_than_asked_for_is_a_failure(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(DATA[:1000])
    with pytest.raises(BackendError, match="range"):
        get(f"{store.url}/otherrange", tmp_path / "f")


def test_a_redirect_on_the_same_server_is_followed(store: Store, tmp_path: Path) -> None:
    get(f"{store.url}/to/here", tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA


@pytest.mark.parametrize("target", ["http://127.0.0.1:1/x", "https://127.0.0.1/x", "file:///etc/passwd", "http://h/"])
def test_a_redirect_elsewhere_is_refused(store: Store, tmp_path: Path, target: str) -> None:
    with pytest.raises(InvalidInputError):
        get(f"{store.url}/to/{target}", tmp_path / "f")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://h/f", "http://", "h/f", "http://h:99999/", "http://h/a\r\nX: y", "http://h/ä"]
)
def test_a_url_that_is_not_plain_http_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(InvalidInputError):
        get(url, tmp_path / "f")


def test_nobody_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError):
        get("http://127.0.0.1:1/f", tmp_path / "f")


def test_plain_http_on_a_tls_port_is_unreachable(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnreachableError):
        get(store.url.replace("http:", "https:"), tmp_path / "f")


def test_cancelling_keeps_what_came(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(DATA[:5000])
    with pytest.raises(BackendError, match="cancelled"):
        get(f"{store.url}/good", tmp_path / "f", stop=True)
    assert (tmp_path / "f").read_bytes() == DATA[:5000]

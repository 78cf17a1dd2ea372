"""Telling people outside: nobody is called who may not be, and nobody learns more than he is told."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.unit.web.test_fetch import LOOPBACK, OK, QUICK, redirect, serving

from cloudcore.model.errors import BackendError, InvalidInputError
from cloudcore.model.remote import RemoteUrl
from cloudcore_adapters.memory.notifier import MemoryNotifier
from cloudcore_adapters.web import WebNotifier


def notifier(**options: Any) -> WebNotifier:
    return WebNotifier(LOOPBACK, patience=QUICK, **options)


def test_it_posts_the_body_and_these_headers_alone() -> None:
    bodies: list[bytes] = []

    def take(peer: socket.socket) -> None:
        # The body is sent after the head, and may come together with it.
        bodies.append(server.asked[-1].partition(b"\r\n\r\n")[2] or peer.recv(65536))
        peer.sendall(OK)

    with serving(take) as server:
        notifier().tell(server.url("/hook?key=1"), {"id": "s1"}, {"X-Task-Id": "t1"})
        lines = server.asked[0].decode().partition("\r\n\r\n")[0].split("\r\n")
    assert lines[0] == "POST /hook?key=1 HTTP/1.1"
    names = sorted(line.partition(":")[0] for line in lines[1:] if line)
    assert names == ["Content-Length", "Content-Type", "Host", "User-Agent", "X-Task-Id"]
    assert json.loads(bodies[0]) == {"id": "s1"}


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500])
def test_what_is_not_taken_is_said(status: int) -> None:
    answer = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()
    with serving(answer) as server, pytest.raises(BackendError, match=str(status)):
        notifier().tell(server.url(), {}, {})


def test_a_redirect_is_not_followed() -> None:
    with serving(OK) as other, serving(redirect(other.url("/inside"), 307)) as server:
        with pytest.raises(BackendError, match="307"):
            notifier().tell(server.url(), {}, {})
        assert other.asked == []


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{}/", "http://localhost:{}/", "http://[::1]:{}/", "http://169.254.169.254/", "http://10.0.0.1/"],
)
def test_addresses_that_are_not_public_are_not_called(url: str) -> None:
    with serving(OK) as server:
        with pytest.raises(InvalidInputError) as refused:
            WebNotifier(patience=QUICK).tell(url.format(server.port), {}, {})
        assert server.asked == []
    assert refused.value.field == "X-Task-Notify-Url"


def test_a_name_that_also_leads_inside_is_not_called() -> None:
    with serving(OK) as server:
        strict = WebNotifier(patience=QUICK, resolve=lambda _url: ["127.0.0.1", "8.8.8.8"])
        with pytest.raises(InvalidInputError):
            strict.tell(server.url(host="hook.example"), {}, {})
        assert server.asked == []


def test_a_name_is_looked_up_once_and_what_was_checked_is_called() -> None:
    asked: list[str] = []

    def moving(url: RemoteUrl) -> list[str]:
        asked.append(url.host)
        return ["127.0.0.2"] if len(asked) == 1 else ["169.254.169.254"]

    with socket.create_server(("127.0.0.2", 0)) as listening, ThreadPoolExecutor(1) as pool:
        listening.settimeout(3)
        taken = pool.submit(_answer_once, listening)
        # By its name it would be another address of this machine, at which nobody listens.
        url = f"http://localhost:{listening.getsockname()[1]}/"
        notifier(resolve=moving).tell(url, {}, {})
        assert taken.result(5).startswith(b"POST / ")
    assert asked == ["localhost"]


def _answer_once(listening: socket.socket) -> bytes:
    peer, _ = listening.accept()
    with peer:
        asked = peer.recv(65536)
        peer.sendall(OK)
    return asked


@pytest.mark.parametrize("url", ["ftp://example.com/", "http://user:pass@example.com/", "//example.com", ""])
def test_what_is_no_url_is_refused_by_every_notifier(url: str) -> None:
    for each in (notifier(), MemoryNotifier()):
        with pytest.raises(InvalidInputError):
            each.tell(url, {}, {})


def test_the_memory_notifier_keeps_what_it_told() -> None:
    told = MemoryNotifier(deaf=["http://example.com/deaf"])
    told.tell("http://example.com/", {"id": "s1"}, {"X-Task-Id": "t"})
    with pytest.raises(BackendError):
        told.tell("http://example.com/deaf", {}, {})
    assert told.told == [("http://example.com/", {"id": "s1"}, {"X-Task-Id": "t"})]

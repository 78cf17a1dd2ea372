"""Serial consoles over WebSocket, from the outside."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest

from .processes import Up, created, upload_image
from .wire_socket import RefusedError, WireSocket

PROTOCOL = "cloudcore.serial.v1"


@pytest.fixture(scope="module")
def server(shared: Up) -> str:
    """The id of a running server."""
    upload_image(shared.session())
    return str(created(shared.session(), "web")["id"])


@pytest.fixture
def token(shared: Up) -> str:
    return token_of(shared)


@pytest.fixture
def base(shared: Up) -> str:
    return str(json.loads((shared.data / "local.json").read_text())["auth_url"]).removesuffix("/identity/v3")


@pytest.fixture
def console(base: str, server: str, token: str) -> Iterator[WireSocket]:
    opened = WireSocket(f"{base}/compute/servers/{server}/serial", [("X-Auth-Token", token)])
    yield opened
    opened.close()


def token_of(up: Up) -> str:
    local = json.loads((up.data / "local.json").read_text())
    user = {"name": local["username"], "domain": {"id": "default"}, "password": local["password"]}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": local["project"], "domain": {"id": "default"}}},
        }
    }
    answer = httpx.post(f"{local['auth_url']}/auth/tokens", json=body)
    return str(answer.headers["X-Subject-Token"])


def test_what_is_typed_is_answered(console: WireSocket) -> None:
    assert b"web login: " in console.read_until(b"login: ")
    console.send(b"root\r")
    assert b"root" in console.read_until(b"Login incorrect")


def test_browsers_send_their_token_as_a_subprotocol(base: str, server: str, token: str) -> None:
    url = f"{base}/compute/servers/{server}/serial"
    opened = WireSocket(url, [("Origin", base)], [PROTOCOL, f"cloudcore.token.{token}"])
    assert opened.subprotocol == PROTOCOL
    opened.read_until(b"login: ")
    opened.close()


def test_a_name_does_as_well_as_an_id(base: str, token: str) -> None:
    opened = WireSocket(f"{base}/compute/servers/web/serial", [("X-Auth-Token", token)])
    opened.read_until(b"login: ")
    opened.close()


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ([], "/compute/servers/web/serial", 401),
        ([("X-Auth-Token", "nonsense")], "/compute/servers/web/serial", 401),
        ([("X-Auth-Token", "x" * 9000)], "/compute/servers/web/serial", 401),
        ([("X-Auth-Token", "TOKEN")], "/compute/servers/no-such-server/serial", 404),
        ([("X-Auth-Token", "TOKEN")], "/compute/servers/%2e%2e/serial", 404),
        ([("X-Auth-Token", "TOKEN"), ("Origin", "http://evil.example")], "/compute/servers/web/serial", 403),
        ([("X-Auth-Token", "TOKEN"), ("Origin", "null")], "/compute/servers/web/serial", 403),
    ],
)
def test_others_are_refused_before_the_connection_is_made(
    base: str, server: str, token: str, headers: list[tuple[str, str]], path: str, status: int
) -> None:
    assert server
    sent = [(name, value.replace("TOKEN", token)) for name, value in headers]
    with pytest.raises(RefusedError) as refused:
        WireSocket(base + path, sent)
    assert refused.value.status == status
    assert json.loads(refused.value.body)["code"] == status


def test_a_token_in_the_query_is_not_read(base: str, server: str, token: str) -> None:
    with pytest.raises(RefusedError) as refused:
        WireSocket(f"{base}/compute/servers/{server}/serial?X-Auth-Token={token}&token={token}")
    assert refused.value.status == 401


def test_a_stopped_server_has_no_console(shared: Up, base: str, server: str, token: str) -> None:
    assert server
    session = shared.session()
    session.perform("servers", "web", "stop", {"is_force": True})
    try:
        from .processes import eventually

        eventually(lambda: session.get("servers", "web")["status"] == "ready")
        with pytest.raises(RefusedError) as refused:
            WireSocket(f"{base}/compute/servers/web/serial", [("X-Auth-Token", token)])
        assert refused.value.status == 404
    finally:
        session.perform("servers", "web", "start", {})
        eventually(lambda: session.get("servers", "web")["status"] == "running")


def test_a_second_reader_takes_over_from_the_first(base: str, server: str, token: str, console: WireSocket) -> None:
    console.read_until(b"login: ")
    second = WireSocket(f"{base}/compute/servers/{server}/serial", [("X-Auth-Token", token)])
    assert console.read_close() == (1000, "the console has ended")
    second.read_until(b"login: ")
    second.close()


def test_text_frames_are_not_read(console: WireSocket) -> None:
    console.read_until(b"login: ")
    console.send("root")
    assert console.read_close() == (1003, "only binary frames are read")


def test_a_frame_too_long_ends_the_connection(console: WireSocket) -> None:
    console.read_until(b"login: ")
    console.send(bytes(70_000))
    assert console.read_close()[0] == 1009


def test_a_revoked_token_ends_the_connection_within_seconds(shared: Up, base: str, server: str) -> None:
    token = token_of(shared)
    opened = WireSocket(f"{base}/compute/servers/{server}/serial", [("X-Auth-Token", token)])
    opened.read_until(b"login: ")
    httpx.delete(
        f"{base}/identity/v3/auth/tokens", headers={"X-Auth-Token": token, "X-Subject-Token": token}
    ).raise_for_status()
    began = time.monotonic()
    assert opened.read_close() == (1008, "not allowed any more")
    assert time.monotonic() - began < 9  # three, on a machine that is three times as slow


def test_other_paths_speak_no_websocket(base: str, token: str) -> None:
    with pytest.raises(RefusedError) as refused:
        WireSocket(f"{base}/compute/servers", [("X-Auth-Token", token)])
    assert refused.value.status == 403

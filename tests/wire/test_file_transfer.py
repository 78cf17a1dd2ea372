"""Images in files: sent by the system, whole and in ranges, to readers of every kind."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from tests.wire.test_socket import self_signed

from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.files import FileImageStore
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.server import BackgroundServer
from cloudcore_adapters.rest.serving import Limits

MIB = 1 << 20
CONTENT = bytes(MIB) + os.urandom(19 * MIB + 12345)
OCTETS = {"Content-Type": "application/octet-stream"}


@attrs.frozen(kw_only=True)
class Place:
    """A cloud on a socket, with an image of `CONTENT`."""

    server: BackgroundServer
    client: httpx.Client
    image: str
    store: FileImageStore
    folder: Path

    def talk(self, head: str = "") -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.server.port), timeout=20)
        token = self.client.headers["X-Auth-Token"]
        request = f"GET /image/v1/images/{self.image} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\n{head}\r\n"
        connection.sendall(request.encode())
        return connection

    def open_files(self) -> int:
        """How many descriptors of image files this process holds."""
        own = Path("/proc/self/fd")
        return sum(
            1 for link in own.iterdir() if link.is_symlink() and str(link.resolve()).startswith(f"{self.folder}/")
        )


def place(folder: Path, limits: Limits | None = None, **tls: Any) -> Iterator[Place]:
    store = FileImageStore(folder / "images")
    cloud, password = memory_cloud(attrs.evolve(memory_platform(), image_store=store))
    session = cloud.login("sysadmin", password, project="system")
    made = session.upload(None, {"name": "i", "disk_format": "raw"}, [CONTENT[:5], CONTENT[5:]])
    worker = cloud.worker(
        RoutedEffects({"image": InlineEffects(performer=ImagePerformer(store))}), "test", lambda *_defect: None
    )
    for _ in range(5):
        for ident in worker.due():
            worker.run(ident)
    token, _ = cloud.authenticate_v3(
        {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {"user": {"name": "sysadmin", "password": password, "domain": {"name": "Default"}}},
                },
                "scope": {"project": {"name": "system", "domain": {"name": "Default"}}},
            }
        },
        "127.0.0.1",
        "r",
    )
    with (
        BackgroundServer(build_app(cloud, limits=limits or Limits()), **tls) as server,
        httpx.Client(base_url=server.url, headers={"X-Auth-Token": token}, verify=False) as client,
    ):
        yield Place(server=server, client=client, image=made["id"], store=store, folder=folder / "images")
    store.close()


@pytest.fixture(name="here")
def _here(tmp_path: Path) -> Iterator[Place]:
    yield from place(tmp_path)


def read_all(connection: socket.socket) -> bytes:
    found = bytearray()
    while piece := connection.recv(1 << 20):
        found += piece
    return bytes(found)


def test_an_image_comes_whole_with_its_checksum_and_the_connection_goes_on(here: Place) -> None:
    for _ in range(3):
        answer = here.client.get(f"/image/v1/images/{here.image}")
        assert answer.content == CONTENT
        assert answer.headers["ETag"] == f'"{hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()}"'
        assert here.client.get("/image/v1/images").json()["images"][0]["id"] == here.image


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=7-9000000", 7, 9_000_001),
        (f"bytes={8 * MIB - 1}-", 8 * MIB - 1, None),
        ("bytes=-5", -5, None),
    ],
)
def test_a_range_comes_as_asked(here: Place, wanted: str, start: int, end: int | None) -> None:
    answer = here.client.get(f"/image/v1/images/{here.image}", headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])


def test_tls_carries_the_same(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    for here in place(tmp_path, certificate=certificate, key=key):
        assert here.client.get(f"/image/v1/images/{here.image}").content == CONTENT


def test_a_reader_that_goes_away_leaves_nothing_open(here: Place) -> None:
    for _ in range(3):
        with here.talk() as connection:
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    deadline = time.monotonic() + 10
    while here.open_files() > 1 and time.monotonic() < deadline:  # the store holds its folder
        time.sleep(0.05)
    assert here.open_files() <= 1
    assert here.client.get(f"/image/v1/images/{here.image}").content == CONTENT


def test_a_reader_that_takes_nothing_is_let_go(tmp_path: Path) -> None:
    limits = Limits(idle_seconds=0.3, slow_bytes_per_second=1 << 30, downloads=1)
    for here in place(tmp_path, limits):
        with here.talk() as idle:
            assert idle.recv(1000).startswith(b"HTTP/1.1 200")
            assert here.client.get(f"/image/v1/images/{here.image}").status_code == 429
            deadline = time.monotonic() + 10
            while (status := _status(here)) == 429 and time.monotonic() < deadline:
                time.sleep(0.1)
            assert status == 206
            assert len(read_all(idle)) < len(CONTENT)


def _status(here: Place) -> int:
    return here.client.get(f"/image/v1/images/{here.image}", headers={"Range": "bytes=0-9"}).status_code


def test_a_file_that_became_shorter_breaks_the_connection_off(here: Place) -> None:
    (path,) = [path for path in here.folder.iterdir() if path.name.startswith("images+")]
    connection = here.talk()
    with connection:
        connection.recv(1000)
        os.truncate(path, 12 * MIB)
        assert len(read_all(connection)) < len(CONTENT)
    assert here.client.get("/image/v1/images").status_code == 200


def test_an_image_that_is_deleted_meanwhile_is_still_sent_whole(here: Place) -> None:
    (path,) = [path for path in here.folder.iterdir() if path.name.startswith("images+")]
    with here.talk("Connection: close\r\n") as connection:
        first = connection.recv(1000)
        path.unlink()
        found = first + read_all(connection)
    assert found.endswith(CONTENT)


def test_an_upload_is_read_ahead_a_little_only(here: Place) -> None:
    """A sender that is faster than the store is held up: it cannot fill our memory."""
    answer = here.client.post(
        "/image/v1/images", content=iter([CONTENT] * 3), headers={**OCTETS, "X-Image-Meta-Name": "big"}
    )
    assert answer.json()["image"]["size"] == 3 * len(CONTENT)


def test_two_requests_at_once_on_one_connection_are_answered_in_turn(here: Place) -> None:
    token = here.client.headers["X-Auth-Token"]
    path = f"/image/v1/images/{here.image}"
    with socket.create_connection(("127.0.0.1", here.server.port), timeout=20) as connection:
        for extra in ("Range: bytes=0-9\r\n", "Range: bytes=10-19\r\nConnection: close\r\n"):
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\n{extra}\r\n".encode())
        found = read_all(connection)
    assert found.count(b"HTTP/1.1 206") == 2
    assert found.endswith(CONTENT[10:20])

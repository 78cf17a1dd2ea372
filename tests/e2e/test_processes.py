"""Several processes on one database: they share keys and images, and take over each other's work."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudcore_adapters.client.session import HttpSession

from .processes import IMAGE_BYTES, PROGRAM, Launcher, Up, created, eventually, gone, server_body, upload_image

pytestmark = pytest.mark.system


@pytest.fixture
def start(launcher: Launcher, tmp_path: Path, fresh_postgres_url: str) -> Callable[..., Up]:
    """Starts a process of one deployment, by its name; options as for `cloudcore up`."""

    def begin(name: str, *options: str, program: tuple[str, ...] = PROGRAM) -> Up:
        options = ("--shared", str(tmp_path / "shared"), *options)
        return launcher.up(tmp_path / name, *options, program=program, env={"CLOUDCORE_DATABASE": fresh_postgres_url})

    return begin


def hosts_of(session: HttpSession) -> dict[str, Any]:
    return {host["name"]: host for host in session.list("hosts", {"details": True}).items}


def on(session: HttpSession, host: str, name: str) -> dict[str, Any]:
    return dict(session.create("servers", {**server_body(name), "prefer_host": host}))


def status_of(session: HttpSession, ident: str) -> str:
    return str(session.get("servers", ident)["status"])


def test_each_process_does_what_its_hosts_need_whoever_was_asked(start: Callable[..., Up], tmp_path: Path) -> None:
    first, second = start("first"), start("second")
    one, two = first.session(), second.session()
    image = upload_image(one)
    assert two.download(image).read(0, IMAGE_BYTES) == bytes(IMAGE_BYTES)
    hosts = hosts_of(two)
    assert len(hosts) == 2, hosts
    for number, (host, session) in enumerate((host, session) for host in hosts.values() for session in (one, two)):
        server = on(session, host["id"], f"web{number}")
        other = two if session is one else one
        assert eventually(lambda s=server, o=other: status_of(o, s["id"]) == "running")
        assert other.get("servers", server["id"])["host_id"] == host["id"]
    for server in one.list("servers", {"limit": 0}).items:
        two.delete("servers", server["id"])
        eventually(lambda s=server: gone(one, "servers", s["id"]))
    assert (first.stop(), second.stop()) == (0, 0)


def test_the_catalogue_leads_to_the_process_that_was_asked(start: Callable[..., Up], tmp_path: Path) -> None:
    first = start("first")
    upload_image(first.session())
    second = start("second", "--simulated-hosts", "0")
    time.sleep(1.2)
    first.session()  # it still answers its own addresses
    first.kill()
    session = second.session()
    assert session.list("images").items[0]["name"] == "tiny"
    third = start("first")
    created(third.session(), "web")
    assert second.session().get("servers", "web")["status"] == "running"


def test_what_cannot_be_shared_is_refused(launcher: Launcher, start: Callable[..., Up], tmp_path: Path) -> None:
    start("first")
    with pytest.raises(AssertionError, match="a cloud runs on"):
        start("first")
    file = f"sqlite:///{tmp_path / 'one.sqlite'}"
    launcher.up(tmp_path / "third", env={"CLOUDCORE_DATABASE": file})
    with pytest.raises(AssertionError, match="SQLite is for one"):
        launcher.up(tmp_path / "fourth", env={"CLOUDCORE_DATABASE": file})

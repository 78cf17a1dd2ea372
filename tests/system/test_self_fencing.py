"""Two machines with real QEMU share a storage; the process of one is frozen or killed, and its server starts on the other.

Until the old guest is off no other may start, whatever happens: who has the disk in use is looked at all the time.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from tests.contracts.postgres import controlled

from cloudcore.model.lease import GRACE_S, RENEW_S, TERM_S
from cloudcore_apps.watchdog import AGENT_GRACE_S, started

from .guest_image import cache_folder
from .libvirtd import Launcher, missing_parts
from .machine import CREATE, Machine
from .up import Up, wait_for

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]
SLACK_S = 8.0


@attrs.define
class Site:
    """One machine of the two, with its process and the name of its host."""

    machine: Machine
    up: Up
    host: str = ""


@attrs.define
class Users:
    """Looks again and again who has a server's disk in use. most: how many at once at any time."""

    disk: str
    most: int = 0
    now: list[int] = attrs.field(factory=list)
    _ended: threading.Event = attrs.field(factory=threading.Event)
    _thread: threading.Thread = attrs.field(init=False)

    def __enter__(self) -> Users:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(0.05):
            self.now = users_of(self.disk)
            self.most = max(self.most, len(self.now))


def users_of(disk: str) -> list[int]:
    """The QEMU processes that have a disk."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if Path(words[0]).name.startswith("qemu") and any(disk in word for word in words):
                found.append(int(entry.name))
    return found


@attrs.define
class Pair:
    """Both machines on one database, with one server `web` whose disk lies where both reach it."""

    sites: tuple[Site, Site]
    database: str

    def fences(self) -> list[int]:
        engine = sa.create_engine(self.database)
        with engine.connect() as connection:
            found = [row[0] for row in connection.execute(sa.text("SELECT fences FROM compute_hostleases"))]
        engine.dispose()
        return found

    def server(self, seen_from: Site) -> dict[str, Any]:
        return seen_from.up.show("server", "web")

    def owner_and_other(self) -> tuple[Site, Site]:
        host = self.server(self.sites[0])["host"]
        first, second = self.sites
        return (first, second) if first.host == host else (second, first)

    def disk(self) -> str:
        (row,) = self.sites[0].up.rows("disk")
        return str(row["id"])

    def explain(self) -> str:
        engine = sa.create_engine(self.database)
        with engine.connect() as connection:
            shown = "SELECT status, power_states, status_reason, host_id FROM compute_servers"
            rows = [
                *connection.execute(sa.text(shown)),
                *connection.execute(sa.text("SELECT * FROM compute_hostleases")),
            ]
        engine.dispose()
        return "\n".join([*map(str, rows), *(site.up.explain() for site in self.sites)])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, guest_image: Path) -> Iterator[Pair]:
    if reason := missing_parts():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("pair")
    storage = folder / "nfs"
    storage.mkdir()
    with ExitStack() as stack:
        server = stack.enter_context(controlled())
        sites = []
        for name in ("a", "b"):
            libvirtd = stack.enter_context(Launcher(cache_folder() / "libvirt"))
            machine = Machine(libvirtd, folder)
            up = machine.up(name)
            up.options = [*up.options, "--shared", str(folder / "shared"), "--shared-storage", f"nfs={storage}"]
            stack.callback(up.kill)
            up.start(CLOUDCORE_DATABASE=server.url)
            known = {site.host for site in sites}
            (host,) = [row["name"] for row in up.rows("host") if row["name"] not in known]
            sites.append(Site(machine, up, host))
        first = sites[0].up
        for row in first.rows("storage"):
            if row["storage_type"] == "local":
                first.climc("storage-disable", row["id"])
        for site in sites:
            first.climc("host-auto-migrate-on-host-down", "--auto-migrate-on-host-down", "enable", site.host)
        first.climc("image-upload", "--format", "qcow2", "--wait", "tiny", str(guest_image))
        first.climc("server-create", *CREATE, "web", "--wait")
        yield Pair((sites[0], sites[1]), server.url)


def test_a_frozen_agents_guest_is_ended_and_its_server_starts_on_the_other_machine(pair: Pair) -> None:
    owner, other = pair.owner_and_other()
    assert pair.fences() == [1, 1]
    with Users(pair.disk()) as users:
        wait_for(lambda: len(users.now) == 1, 30, pair.explain)
        frozen = owner.up.pid
        os.kill(frozen, signal.SIGSTOP)
        began = time.monotonic()

        wait_for(lambda: not users.now, TERM_S + SLACK_S, pair.explain)
        ended = time.monotonic() - began
        assert ended > TERM_S - RENEW_S - SLACK_S, "not before its lease is over"
        wait_for(lambda: not started(frozen), AGENT_GRACE_S + SLACK_S, pair.explain)
        owner.up.follow()

        def elsewhere() -> bool:
            told = pair.server(other)
            return (told["status"], told["host"]) == ("running", other.host)

        wait_for(elsewhere, GRACE_S + 3 * RENEW_S + 120, pair.explain)
        assert time.monotonic() - began > TERM_S + GRACE_S - RENEW_S, "not before the lease was taken away"
        assert users.most == len(users.now) == 1, "never two copies of one disk"
    ident = pair.server(other)["id"]
    assert other.machine.virsh("domstate", f"cloudcore-{ident}").strip() == "running"

    owner.up.start(CLOUDCORE_DATABASE=pair.database)
    wait_for(lambda: other.up.show("host", owner.host)["host_status"] == "online", 60, pair.explain)
    assert owner.machine.virsh("list", "--all", "--name").split() == []
    assert pair.server(other)["host"] == other.host
    assert pair.fences() == [1, 1]


@pytest.mark.slow
def test_a_killed_agents_guest_is_ended_too_and_one_that_ends_in_order_leaves_its_guests(pair: Pair) -> None:
    owner, other = pair.owner_and_other()
    with Users(pair.disk()) as users:
        wait_for(lambda: len(users.now) == 1, 30, pair.explain)
        assert owner.up.interrupt() == 0
        assert sorted(pair.fences()) == [0, 1]
        time.sleep(TERM_S + SLACK_S)
        assert len(users.now) == 1, "it goes on, as nobody may start it elsewhere"
        owner.up.start(CLOUDCORE_DATABASE=pair.database)
        wait_for(lambda: pair.fences() == [1, 1], 30, pair.explain)
        wait_for(lambda: pair.server(other)["status"] == "running", 60, pair.explain)
        assert (len(users.now), pair.server(other)["host"]) == (1, owner.host)

        owner.up.kill()
        wait_for(lambda: not users.now, TERM_S + SLACK_S, pair.explain)
        wait_for(lambda: pair.server(other)["host"] == other.host, GRACE_S + 3 * RENEW_S + 120, pair.explain)
        wait_for(lambda: pair.server(other)["status"] == "running", 120, pair.explain)
        assert users.most == 1

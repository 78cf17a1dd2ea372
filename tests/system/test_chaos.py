"""Processes that share one PostgreSQL, under load, while they are killed and frozen and everything below them fails.

What is drawn comes from a seed, so that a run that fails can be had again, as far as real processes allow.
"""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import httpx
import pytest
import sqlalchemy as sa
from tests.contracts.postgres import Server, controlled
from tests.e2e.processes import Launcher, Up, eventually, server_body, upload_image

from cloudcore.model.errors import CloudcoreError, ResourceNotFoundError
from cloudcore.tasks.engine import LEASE_S
from cloudcore_adapters.client.session import HttpSession

from .chaos_books import Books

pytestmark = pytest.mark.system
DISK_MIB = 48
CLIENTS = 3
PAUSE_S = 0.1
SETTLE_S = 240.0
REFUSED = (CloudcoreError, httpx.HTTPError, OSError)


@attrs.define
class Fleet:
    """The processes by name, and the server below them. asked: ids of servers that were promised, and whether they were to go."""

    launcher: Launcher
    server: Server
    home: Path
    ups: dict[str, Up] = attrs.field(factory=dict)
    asked: dict[str, bool] = attrs.field(factory=dict)
    refused: int = 0
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    @property
    def shared(self) -> Path:
        return self.home / "shared"

    def start(self, name: str) -> None:
        env = {"CLOUDCORE_DATABASE": self.server.url}
        options = ("--shared", str(self.shared), "--simulated-delay", "0.1")
        self.ups[name] = self.launcher.up(self.home / name, *options, env=env)

    def any_session(self, rng: random.Random) -> HttpSession:
        return self.ups[rng.choice(sorted(self.ups))].session()


def client(fleet: Fleet, seed: int, ended: threading.Event) -> None:
    """Ask now one process and now another for new servers, and that some go or change."""
    rng, number, session = random.Random(seed), 0, None
    while not ended.is_set():
        number += 1
        try:
            if session is None or rng.random() < 0.2:
                session = fleet.any_session(rng)
            ask(fleet, session, rng, f"c{seed}-{number}")
        except REFUSED:
            session = None
            fleet.refused += 1
        ended.wait(PAUSE_S)


def ask(fleet: Fleet, session: HttpSession, rng: random.Random, name: str) -> None:
    with fleet.lock:
        mine = sorted(ident for ident, going in fleet.asked.items() if not going)
    if len(mine) < 4 or rng.random() < 0.5:
        ident = session.create("servers", server_body(name))["id"]
        with fleet.lock:
            fleet.asked[ident] = False
        return
    ident = rng.choice(mine)
    action = rng.choice(("stop", "start", "delete"))
    if action == "delete":
        with fleet.lock:
            fleet.asked[ident] = True
        session.delete("servers", ident)
    else:
        session.perform("servers", ident, action, {})


def kill(fleet: Fleet, rng: random.Random) -> None:
    name = rng.choice(sorted(fleet.ups))
    fleet.ups[name].kill()
    time.sleep(rng.uniform(0.0, 2.0))
    fleet.start(name)


def freeze(fleet: Fleet, rng: random.Random) -> None:
    process = fleet.ups[rng.choice(sorted(fleet.ups))].process
    process.send_signal(signal.SIGSTOP)
    time.sleep(LEASE_S + rng.uniform(1.0, 3.0))
    process.send_signal(signal.SIGCONT)


def restart_database(fleet: Fleet, rng: random.Random) -> None:
    fleet.server.stop()
    time.sleep(rng.uniform(0.0, 1.0))
    fleet.server.start()


def cut(fleet: Fleet, rng: random.Random) -> None:
    del rng
    engine = sa.create_engine(fleet.server.url)
    with engine.connect() as connection:
        cutting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        connection.execute(sa.text(f"{cutting} AND pid <> pg_backend_pid()"))
    engine.dispose()


def fill_disk(fleet: Fleet, rng: random.Random) -> None:
    filler = fleet.home / rng.choice(sorted(fleet.ups)) / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    time.sleep(rng.uniform(1.0, 3.0))
    filler.unlink()


FAULTS: tuple[Callable[[Fleet, random.Random], None], ...] = (kill, cut, fill_disk, restart_database, freeze)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own at a folder."""
    folder.mkdir()
    size = f"size={DISK_MIB}m,mode=0700"
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no file system can be mounted: {made.stderr.decode(errors='replace').strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Two processes, each with a small disk and one host, and an image."""
    names, launcher = ("first", "second"), Launcher()
    with contextlib.ExitStack() as stack:
        found = Fleet(launcher, stack.enter_context(controlled()), tmp_path)
        for name in names:
            stack.enter_context(small_disk(tmp_path / name))
        stack.callback(launcher.close)
        for name in names:
            found.start(name)
        upload_image(found.ups["first"].session())
        yield found


def settled(session: HttpSession) -> bool:
    """Whether nothing is under way."""
    with contextlib.suppress(*REFUSED):
        tasks = session.list("tasks", {"scope": "system", "limit": 0, "details": False}).items
        return not [task for task in tasks if task["state"] in ("running", "unwinding")]
    return False


def check_promises(fleet: Fleet, session: HttpSession) -> None:
    """Each server that was promised is there, whatever became of it, unless somebody asked that it go."""
    for ident, going in fleet.asked.items():
        try:
            found = session.get("servers", ident)
        except ResourceNotFoundError:
            assert going, f"server {ident} was promised and is nowhere"
        else:
            assert found["status"] in ("running", "ready", "create_fail", "sched_fail", "delete_fail", "stop_fail",
                                       "start_fail", "unknown"), dict(found)  # fmt: skip


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("seed", "rounds"), [(1, 1), pytest.param(2, 4, marks=pytest.mark.slow), pytest.param(3, 4, marks=pytest.mark.slow)]
)
def test_whatever_fails_nothing_is_lost_stuck_or_done_twice(fleet: Fleet, seed: int, rounds: int) -> None:
    rng, ended = random.Random(seed), threading.Event()
    clients = [threading.Thread(target=client, args=(fleet, 100 * seed + n, ended)) for n in range(CLIENTS)]
    for each in clients:
        each.start()
    try:
        for _ in range(rounds):
            for fault in rng.sample(FAULTS, len(FAULTS)):
                time.sleep(rng.uniform(0.5, 1.5))
                fault(fleet, rng)
    finally:
        ended.set()
        for each in clients:
            each.join()
    asked = len(fleet.asked)
    assert asked > 5 * rounds, (asked, fleet.refused)
    session = fleet.ups["first"].session()
    eventually(lambda: settled(session), SETTLE_S)
    check_promises(fleet, session)
    eventually(lambda: books(fleet).numbered)
    assert [up.stop() for up in fleet.ups.values()] == [0, 0]
    books(fleet).check()


def books(fleet: Fleet) -> Books:
    return Books(fleet.server.url, [up.data for up in fleet.ups.values()], fleet.shared)

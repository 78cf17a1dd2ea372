"""What befalls processes that share one PostgreSQL, and clients that ask them for things meanwhile, whatever their hosts are."""

from __future__ import annotations

import contextlib
import random
import subprocess
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
import sqlalchemy as sa
from tests.contracts.postgres import Server

from cloudcore.model.errors import CloudcoreError, ResourceNotFoundError
from cloudcore.ports.session import Session

DISK_MIB = 48
PAUSE_S = 0.1
REFUSED = (CloudcoreError, httpx.HTTPError, OSError)
ENDED = ("running", "ready", "create_fail", "sched_fail", "delete_fail", "stop_fail", "start_fail", "unknown")


@attrs.define
class Fleet(ABC):
    """The server below, and the processes, each with its data in a folder of its name.

    asked: ids of servers that were promised, and whether they were to go.
    """

    server: Server
    home: Path
    asked: dict[str, bool] = attrs.field(factory=dict)
    refused: int = 0
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    @property
    @abstractmethod
    def names(self) -> Sequence[str]:
        """The names of the processes."""

    @abstractmethod
    def session(self, name: str) -> Session:
        """A session of the administrator at one of them, for the thread that asks for it."""

    @property
    def shared(self) -> Path:
        """What all processes share."""
        return self.home / "shared"

    def staying(self) -> list[str]:
        """The ids of the servers that nobody has asked to go."""
        with self.lock:
            return sorted(ident for ident, going in self.asked.items() if not going)

    def promised(self, ident: str) -> None:
        """Remember that somebody was told to have a server."""
        with self.lock:
            self.asked[ident] = False

    def going(self, ident: str) -> None:
        """Remember that somebody is about to ask that a server go."""
        with self.lock:
            self.asked[ident] = True


Ask = Callable[[Any, Session, random.Random, str], None]
Fault = Callable[[Any, random.Random], None]


@contextlib.contextmanager
def under_load(fleet: Fleet, ask: Ask, seed: int, clients: int) -> Iterator[None]:
    """Clients that ask for something again and again, now at one process and now at another."""
    ended = threading.Event()
    threads = [threading.Thread(target=_client, args=(fleet, ask, 100 * seed + n, ended)) for n in range(clients)]
    for each in threads:
        each.start()
    try:
        yield
    finally:
        ended.set()
        for each in threads:
            each.join()


def _client(fleet: Fleet, ask: Ask, seed: int, ended: threading.Event) -> None:
    rng, number, session = random.Random(seed), 0, None
    while not ended.is_set():
        number += 1
        try:
            if session is None or rng.random() < 0.2:
                session = fleet.session(rng.choice(fleet.names))
            ask(fleet, session, rng, f"c{seed}-{number}")
        except REFUSED:
            session = None
            fleet.refused += 1
        ended.wait(PAUSE_S)


def restart_database(fleet: Fleet, rng: random.Random) -> None:
    """PostgreSQL ends and begins."""
    fleet.server.stop()
    time.sleep(rng.uniform(0.0, 1.0))
    fleet.server.start()


def cut(fleet: Fleet, rng: random.Random) -> None:
    """Every connection to PostgreSQL ends."""
    del rng
    engine = sa.create_engine(fleet.server.url)
    with engine.connect() as connection:
        cutting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        connection.execute(sa.text(f"{cutting} AND pid <> pg_backend_pid()"))
    engine.dispose()


def fill_disk(fleet: Fleet, rng: random.Random) -> None:
    """The disk of one data folder is full for a while."""
    filler = fleet.home / rng.choice(fleet.names) / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    time.sleep(rng.uniform(1.0, 3.0))
    filler.unlink()


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


def settled(session: Session) -> bool:
    """Whether nothing is under way."""
    with contextlib.suppress(*REFUSED):
        tasks = session.list("tasks", {"scope": "system", "limit": 0, "details": False}).items
        return not [task for task in tasks if task["state"] in ("running", "unwinding")]
    return False


def check_promises(fleet: Fleet, session: Session) -> None:
    """Each server that was promised is there, whatever became of it, unless somebody asked that it go."""
    for ident, going in fleet.asked.items():
        try:
            found = session.get("servers", ident)
        except ResourceNotFoundError:
            assert going, f"server {ident} was promised and is nowhere"
        else:
            assert found["status"] in ENDED, dict(found)

"""Two machines with real QEMU on one PostgreSQL, which share a storage, and who uses a disk on it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from tests.contracts.postgres import controlled

from .guest_image import cache_folder
from .libvirtd import Launcher
from .machine import Machine
from .up import Up


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


@contextmanager
def two_machines(folder: Path, image: Path) -> Iterator[Pair]:
    """Both, with the image `tiny` and no server; servers can only be made on the storage that both reach."""
    storage = folder / "nfs"
    storage.mkdir()
    with ExitStack() as stack:
        server = stack.enter_context(controlled())
        sites: list[Site] = []
        for name in ("a", "b"):
            libvirtd = stack.enter_context(Launcher(cache_folder() / "libvirt"))
            machine = Machine(libvirtd, folder)
            up = machine.up(name)
            common = ["--shared", str(folder / "shared"), "--shared-storage", f"nfs={storage}"]
            up.options = [*up.options, *common, "--migrate-uri", libvirtd.uri]
            stack.callback(up.kill)
            up.start(CLOUDCORE_DATABASE=server.url)
            known = {site.host for site in sites}
            (host,) = [row["name"] for row in up.rows("host") if row["name"] not in known]
            sites.append(Site(machine, up, host))
        first = sites[0].up
        for row in first.rows("storage"):
            if row["storage_type"] == "local":
                first.climc("storage-disable", row["id"])
        first.climc("image-upload", "--format", "qcow2", "--wait", "tiny", str(image))
        yield Pair((sites[0], sites[1]), server.url)

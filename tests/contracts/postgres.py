"""A private PostgreSQL server for tests: own folder, Unix socket only, gone at the end.

Its default collation is a human one (ICU en-US), so that nothing passes by the luck of a C locale.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_DEBIAN = Path("/usr/lib/postgresql")
_INIT = [
    "-U",
    "postgres",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C.UTF-8",
    "--locale-provider=icu",
    "--icu-locale=en-US",
]
_SERVE = ["-c", "listen_addresses=", "-c", "shared_buffers=64MB", "-c", "max_connections=60"]


def binaries() -> Path | None:
    """The folder with initdb and postgres, newest version first; None when it is not installed."""
    versions = sorted(_DEBIAN.glob("*/bin/postgres"), key=lambda p: int(p.parent.parent.name), reverse=True)
    if versions:
        return versions[0].parent
    found = shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def _account() -> dict[str, Any]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("there is no account that PostgreSQL could run under")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


class Server:
    """A server in a folder of its own, which `start` and `stop` may follow each other for."""

    def __init__(self, folder: Path, home: Path, account: dict[str, Any], *, fsync: bool) -> None:
        self.url = f"postgresql+psycopg://postgres@/postgres?host={home}"
        self._folder = folder
        self._home = home
        self._account = account
        self._command = [
            folder / "postgres",
            "-D",
            home / "data",
            "-k",
            home,
            "-c",
            f"fsync={'on' if fsync else 'off'}",
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Serve; ready when it returns."""
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, *_SERVE], stdout=log, stderr=subprocess.STDOUT, cwd=self._home, **self._account
            )
        _wait(self._folder, self._home, self._process)

    def stop(self) -> None:
        """End it, and every connection."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=120)
            self._process = None


@contextmanager
def server(*, fsync: bool = False) -> Iterator[str]:
    """The URL of a fresh, empty server."""
    with controlled(fsync=fsync) as found:
        yield found.url


@contextmanager
def controlled(*, fsync: bool = False) -> Iterator[Server]:
    """A fresh, empty server that serves, and may be stopped and started."""
    folder = binaries()
    if folder is None:
        pytest.skip("PostgreSQL is not installed")
    account = _account()
    home = Path(tempfile.mkdtemp(prefix="pg-"))
    data = home / "data"
    if account:
        os.chown(home, account["user"], account["group"])
    try:
        made = subprocess.run(
            [folder / "initdb", "-D", data, "-N", *_INIT],
            capture_output=True, text=True, check=False, cwd=home, **account,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        found = Server(folder, home, account, fsync=fsync)
        try:
            found.start()
            yield found
        finally:
            found.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _wait(folder: Path, home: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        asked = subprocess.run([folder / "pg_isready", "-q", "-h", home, "-U", "postgres"], check=False)
        if asked.returncode == 0:
            return
        assert process.poll() is None, (home / "log").read_text()
        time.sleep(0.05)
    raise AssertionError((home / "log").read_text())

"""A private MariaDB server for tests: own folder, Unix socket only, gone at the end.

Its default collation is a human one, so that nothing passes by the luck of a binary one.
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

_SERVE = [
    "--skip-networking",
    "--character-set-server=utf8mb4",
    "--collation-server=utf8mb4_unicode_ci",
    "--innodb-buffer-pool-size=64M",
    "--innodb-log-file-size=32M",
    "--max-connections=80",
    "--performance-schema=OFF",
]
_HURRIED = ["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--sync-frm=OFF"]
"""A crash of the machine would lose data; a crash of the server does not."""

SOCKET = "server.sock"


def binaries() -> tuple[str, str] | None:
    """The server and the program that makes its folder; None when they are not installed."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
    server, init = shutil.which("mariadbd", path=path), shutil.which("mariadb-install-db", path=path)
    return (server, init) if server and init else None


def _account() -> dict[str, Any]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    try:
        entry = pwd.getpwnam("mysql")
    except KeyError:
        pytest.skip("there is no account that MariaDB could run under")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """The URL of a fresh server's empty database; its account may make others."""
    pytest.importorskip("pymysql")
    programs = binaries()
    if programs is None:
        pytest.skip("MariaDB is not installed")
    account = _account()
    home = Path(tempfile.mkdtemp(prefix="maria-"))
    data = home / "data"
    if account:
        os.chown(home, account["user"], account["group"])
    try:
        made = subprocess.run(
            [programs[1], "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
             "--skip-test-db", "--skip-name-resolve"],
            capture_output=True, text=True, check=False, cwd=home, **account,
        )  # fmt: skip
        assert made.returncode == 0, made.stdout + made.stderr
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs[0], "--no-defaults", f"--datadir={data}", f"--socket={home / SOCKET}",
                 f"--pid-file={home / 'pid'}", f"--tmpdir={home}", *_SERVE, *(() if durable else _HURRIED)],
                stdout=log, stderr=subprocess.STDOUT, cwd=home, start_new_session=True, **account,
            )  # fmt: skip
        try:
            _prepare(home, process)
            yield f"mysql+pymysql://root@localhost/cloud?unix_socket={home / SOCKET}"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=120)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _prepare(home: Path, process: subprocess.Popen[bytes]) -> None:
    import pymysql

    for _ in range(1200):
        assert process.poll() is None, (home / "log").read_text()
        try:
            connection = pymysql.connect(unix_socket=str(home / SOCKET), user="root")
        except pymysql.err.OperationalError:
            time.sleep(0.05)
            continue
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE cloud")
        return
    raise AssertionError((home / "log").read_text())

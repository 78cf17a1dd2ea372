"""Clouds as processes, on data folders and ports of the tests' own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore_adapters.client.connect import connect
from cloudcore_adapters.client.session import HttpSession

PROGRAM = (sys.executable, "-m", "cloudcore_apps.main")
READY_S = 180.0
IMAGE_BYTES = 1 << 20


def run(*arguments: str, data: Path, stdin: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
    """Run `cloudcore` to its end."""
    command = [*PROGRAM, arguments[0], "--data", str(data), *arguments[1:]]
    return subprocess.run(command, stdin=stdin, capture_output=True, text=True, timeout=240, check=False)


@attrs.define
class Up:
    """One running `cloudcore up`. greeting: what it said when it was ready."""

    process: subprocess.Popen[str]
    data: Path
    greeting: str

    def session(self) -> HttpSession:
        """A session of the administrator, as climc makes it."""
        return connect(**json.loads((self.data / "local.json").read_text()), light=True, timeout_s=60)

    def stop(self) -> int:
        """End it as Ctrl-C does; its status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)

    def kill(self) -> None:
        """End it as a lack of memory does."""
        self.process.kill()
        self.process.wait(timeout=60)


class Launcher:
    """Starts clouds, and kills at the end those that still run."""

    def __init__(self) -> None:
        self._started: list[subprocess.Popen[str]] = []

    def up(
        self, data: Path, *options: str, program: tuple[str, ...] = PROGRAM, env: Mapping[str, str] | None = None
    ) -> Up:
        """Start one and wait until it is ready."""
        process = subprocess.Popen(
            [*program, "up", "--data", str(data), "--listen", "127.0.0.1:0", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=(data.parent / f"{data.name}.stderr").open("a"),
            text=True,
            env={**os.environ, **(env or {})},
        )
        self._started.append(process)
        assert process.stdout is not None
        lines: list[str] = []
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and (line := process.stdout.readline()):
            lines.append(line)
            if "cloudcore env" in line:
                return Up(process, data, "".join(lines))
        said = (data.parent / f"{data.name}.stderr").read_text()[-2000:]
        raise AssertionError(f"it did not start: {said}")

    def close(self) -> None:
        """Kill what still runs."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait(timeout=60)
            assert process.stdout is not None
            process.stdout.close()


def eventually(ask: Callable[[], Any], timeout_s: float = 90.0) -> Any:
    """The first answer of `ask` that is true."""
    deadline = time.monotonic() + timeout_s
    while not (answer := ask()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
    return answer


def upload_image(session: HttpSession, name: str = "tiny") -> str:
    """Upload a raw image of zeros and wait until it is active; its id."""
    image = session.upload(None, {"name": name, "disk_format": "raw"}, [bytes(IMAGE_BYTES)])
    ended = eventually(lambda: _in(session, "images", image["id"], ("active", "killed")))
    assert ended["status"] == "active", ended
    return str(image["id"])


def server_body(name: str) -> dict[str, Any]:
    """A small server on the image `tiny`."""
    return {
        "name": name,
        "vcpu_count": 1,
        "vmem_size": 256,
        "disks": [{"image_id": "tiny", "size": 1024}],
        "nets": [{"network": "default"}],
        "disable_delete": False,
        "auto_start": True,
    }


def created(session: HttpSession, name: str) -> dict[str, Any]:
    """A server that runs."""
    server = session.create("servers", server_body(name))
    ended = eventually(lambda: _in(session, "servers", server["id"], ("running", "create_fail", "sched_fail")))
    assert ended["status"] == "running", ended
    return ended


def gone(session: HttpSession, plural: str, ident: str) -> bool:
    """Whether there is no such thing."""
    try:
        session.get(plural, ident)
    except ResourceNotFoundError:
        return True
    return False


def _in(session: HttpSession, plural: str, ident: str, statuses: tuple[str, ...]) -> dict[str, Any] | None:
    found = session.get(plural, ident)
    return dict(found) if found["status"] in statuses else None

"""The program `cloudcore up` as a process of its own, and `climc` beside it, as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import attrs

PROGRAMS = Path(sys.executable).parent
LOG_TAIL = 3000
READY_S = 180.0

T = TypeVar("T")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@attrs.define
class Up:
    """One data folder and the process that serves it.

    inside: what stands before each command, such as `nsenter …`, to run it where the guests' networks are.
    options: further options of `up`.
    """

    data: Path
    inside: Sequence[str] = ()
    options: Sequence[str] = ()
    port: int = attrs.field(factory=free_port)
    _process: subprocess.Popen[bytes] | None = None
    _greeted_from: int = 0

    @property
    def log(self) -> Path:
        """What all its processes said."""
        return self.data.with_name(f"{self.data.name}.log")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of `climc`."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "CLOUDCORE_"))}
        return {**kept, "CLOUDCORE_DATA": str(self.data)}

    def begin(self, program: Sequence[str] = (), **environment: str) -> None:
        """Start the process and return at once. program: what to run instead of `cloudcore`."""
        assert self._process is None, "it runs already"
        program = program or [str(PROGRAMS / "cloudcore")]
        command = [*self.inside, *program, "up", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        with self.log.open("ab") as log:
            log.write(f"--- {' '.join(command)}\n".encode())
            log.flush()
            self._greeted_from = log.tell()
            self._process = subprocess.Popen(
                [*command, *self.options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self.environment, **environment},
            )

    def start(self, program: Sequence[str] = (), **environment: str) -> None:
        """Start the process; return when it serves."""
        self.begin(program, **environment)
        self.wait_ready()

    def wait_ready(self, timeout_s: float = READY_S) -> None:
        """Return when it serves."""
        wait_for(lambda: self._said(b"cloudcore is up on"), timeout_s, self.explain)

    def _said(self, words: bytes) -> bool:
        assert self.runs, f"it ended while it started\n{self.explain()}"
        return words in self.log.read_bytes()[self._greeted_from :]

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process of `cloudcore up` itself: behind `nsenter` it is the child, for its own PID is another."""
        assert self._process is not None
        if not self.inside:
            return self._process.pid
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(wait_for(lambda: children.read_text().split(), 10, self.explain)[0])

    def kill(self) -> None:
        """SIGKILL."""
        if self.runs:
            os.kill(self.pid, signal.SIGKILL)
        self.wait_end()

    def interrupt(self) -> int:
        """What Ctrl-C does; answers the exit status."""
        os.kill(self.pid, signal.SIGINT)
        return self.wait_end()

    def thaw(self) -> None:
        """Let it go on after SIGSTOP: `nsenter` has frozen itself with it."""
        os.kill(self.pid, signal.SIGCONT)
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def follow(self) -> None:
        """Wait for the end of one that was killed while it was frozen: `nsenter` has frozen itself with it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
        self.wait_end()

    def wait_end(self, timeout_s: float = 120) -> int:
        """The exit status, once it has ended."""
        if self._process is None:
            return 0
        try:
            status = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it has not ended after {timeout_s} s\n{self.explain()}") from None
        self._process = None
        return status

    def cloudcore(self, *words: str, timeout_s: float = 180) -> subprocess.CompletedProcess[str]:
        """Another command of the program on the same data folder."""
        return self._run([str(PROGRAMS / "cloudcore"), *words, "--data", str(self.data)], timeout_s)

    def begin_climc(self, *words: str) -> subprocess.Popen[str]:
        """Start a `climc` and do not wait for it."""
        command = [*self.inside, str(PROGRAMS / "climc"), *words]
        pipe, null = subprocess.PIPE, subprocess.DEVNULL
        return subprocess.Popen(command, stdin=null, stdout=pipe, stderr=pipe, text=True, env=self.environment)

    def try_climc(self, *words: str, timeout_s: float = 360) -> subprocess.CompletedProcess[str]:
        """Run `climc`."""
        return self._run([str(PROGRAMS / "climc"), *words], timeout_s)

    def climc(self, *words: str, timeout_s: float = 360) -> str:
        """Run `climc`, which must succeed; answers what it printed."""
        done = self.try_climc(*words, timeout_s=timeout_s)
        assert done.returncode == 0, f"climc {' '.join(words)}: {done.stderr}\n{self.explain()}"
        return done.stdout

    def show(self, kind: str, name: str) -> dict[str, Any]:
        """What `climc <kind>-show` tells of one thing."""
        told: dict[str, Any] = json.loads(self.climc(f"{kind}-show", name, "-o", "json"))
        return told

    def rows(self, kind: str, *words: str) -> list[dict[str, Any]]:
        """What `climc <kind>-list` tells."""
        told: Any = json.loads(self.climc(f"{kind}-list", *words, "--details", "-o", "json"))
        return list(told["data"] if isinstance(told, dict) else told)

    def explain(self) -> str:
        """The end of the log, for a failing test."""
        said = self.log.read_text(errors="replace")[-LOG_TAIL:] if self.log.exists() else "no log"
        return f"--- the last of {self.log}:\n{said}"

    def _run(self, command: Sequence[str], timeout_s: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.inside, *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=timeout_s,
            check=False,
        )


def wait_for(condition: Callable[[], T], timeout_s: float, explain: Callable[[], str] = lambda: "") -> T:
    """The condition's value, once it is true."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"it did not come about within {timeout_s} s\n{explain()}"
        time.sleep(0.05)
    return value

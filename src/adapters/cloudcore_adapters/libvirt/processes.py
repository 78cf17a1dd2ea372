"""Runs the tools that come with QEMU: no shell, no input, a limit in time."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence

from cloudcore.model.errors import BackendError, DeadlineError, NotSupportedError

_LOOK_S = 0.2


def _never() -> bool:
    return False


def run(command: Sequence[str], *, timeout_s: float, cancelled: Callable[[], bool] = _never) -> str:
    """The standard output of a command.

    Raises:
        NotSupportedError: the tool is not installed.
        DeadlineError: it was killed after the time, or because it was cancelled.
        BackendError: it failed.
    """
    tool = command[0]
    env = {**os.environ, "LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"}
    try:
        started = subprocess.Popen(  # noqa: S603 - arguments are checked by the callers and no shell reads them
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
        )
    except FileNotFoundError as e:
        raise NotSupportedError(f"{tool} is not installed on this host", internal=str(e)) from e
    with started:
        out, errors = _ended(started, tool, time.monotonic() + timeout_s, cancelled)
    if started.returncode:
        raise BackendError(f"{tool} failed", internal=errors.decode(errors="replace")[-2000:])
    return out.decode(errors="replace")


def _ended(
    started: subprocess.Popen[bytes], tool: str, deadline: float, cancelled: Callable[[], bool]
) -> tuple[bytes, bytes]:
    while True:
        try:
            return started.communicate(timeout=_LOOK_S)
        except subprocess.TimeoutExpired:
            if cancelled() or time.monotonic() > deadline:
                started.kill()
                started.communicate()
                why = "was cancelled" if cancelled() else "did not finish in time"
                raise DeadlineError(f"{tool} {why}") from None

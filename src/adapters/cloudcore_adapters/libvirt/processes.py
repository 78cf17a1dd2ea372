"""Runs the tools that come with QEMU: no shell, no input, a limit in time."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence

from cloudcore.model.errors import BackendError, DeadlineError, NotSupportedError


def run(command: Sequence[str], *, timeout_s: float) -> str:
    """The standard output of a command.

    Raises:
        NotSupportedError: the tool is not installed.
        DeadlineError: it was killed after the time.
        BackendError: it failed.
    """
    tool = command[0]
    env = {**os.environ, "LC_ALL": "C", "PATH": os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"}
    try:
        done = subprocess.run(  # noqa: S603 - arguments are checked by the callers and no shell reads them
            list(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, env=env, check=False
        )
    except FileNotFoundError as e:
        raise NotSupportedError(f"{tool} is not installed on this host", internal=str(e)) from e
    except subprocess.TimeoutExpired as e:
        raise DeadlineError(f"{tool} did not finish within {timeout_s:g} s", internal=str(e)) from e
    if done.returncode:
        raise BackendError(f"{tool} failed", internal=done.stderr.decode(errors="replace")[-2000:])
    return done.stdout.decode(errors="replace")

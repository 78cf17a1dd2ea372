"""OpenStack's own clients against a cloud of the tests."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .processes import Up

RUNNER = Path(__file__).with_name("openstack_shell.py")


def settings(up: Up) -> dict[str, str]:
    """What OpenStack's clients read from the environment to log in as the administrator."""
    known = json.loads((up.data / "local.json").read_text())
    return {
        "OS_AUTH_URL": f"{known['auth_url'].removesuffix('/v3')}/v3",
        "OS_IDENTITY_API_VERSION": "3",
        "OS_USERNAME": known["username"],
        "OS_PASSWORD": known["password"],
        "OS_PROJECT_NAME": known["project"],
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
    }


class Shell:
    """`openstack` as one user."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        self._process = subprocess.Popen(
            [sys.executable, str(RUNNER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**clean, **environ, "COLUMNS": "200", "NO_PROXY": "127.0.0.1"},
        )

    def run(self, command: str) -> tuple[int, str, str]:
        """Run one command line; its status and what it said on both channels."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(shlex.split(command)) + "\n")
        self._process.stdin.flush()
        status, out, err = json.loads(self._process.stdout.readline())
        return int(status or 0), str(out), str(err)

    def do(self, command: str) -> str:
        """Run one that succeeds without a word of complaint; what it said."""
        status, out, err = self.run(command)
        assert (status, err) == (0, ""), (command, status, err)
        return out

    def table(self, command: str) -> Any:
        """Run one that succeeds and shows something; that as data."""
        return json.loads(self.do(f"{command} -f json"))

    def column(self, command: str, column: str) -> list[Any]:
        """One column of a list, sorted."""
        return sorted(row[column] for row in self.table(f"{command} -c {shlex.quote(column)}"))

    def fails(self, command: str) -> str:
        """Run one that fails; what it said."""
        status, _, err = self.run(command)
        assert status != 0, command
        return err

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()

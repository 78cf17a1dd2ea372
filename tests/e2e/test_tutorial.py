"""Runs the blocks of docs/tutorials/first-server.md in order, in one shell, against a cloud of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "first-server.md"
PROGRAMS = Path(sys.executable).parent


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def surroundings(tmp_path: Path) -> Iterator[dict[str, str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "CLOUDCORE_", "XDG_"))}
    variables = kept | {
        "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
        "CLOUDCORE_DATA": str(tmp_path / "data"),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    yield variables
    subprocess.run([PROGRAMS / "cloudcore", "down"], env=variables, capture_output=True, check=False, timeout=60)


def test_every_block_of_the_tutorial_runs(surroundings: dict[str, str], tmp_path: Path) -> None:
    script = "\n".join(f"echo '== block {number}'\n{block}" for number, block in enumerate(blocks(), 1))
    script = script.replace("cloudcore up --detach", f"cloudcore up --detach --listen 127.0.0.1:{free_port()}")
    # `! command` stands for a refusal that the reader is to see; it must be one here too.
    script = re.sub(r"^! (.*)$", r"if \1; then exit 99; fi", script, flags=re.MULTILINE)

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path, env=surroundings, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert len(blocks()) >= 8
    assert "would fit with memory" in done.stderr

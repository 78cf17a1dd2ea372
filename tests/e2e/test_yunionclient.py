"""The original's own Python SDK, unmodified, against `cloudcore up`.

It brings a command `climc` of its own, so that it lies in a folder apart: CLOUDCORE_OTHER_CLIENTS where that is set, else one
that is filled from the package index for these tests.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .openstack_client import settings
from .processes import Up, upload_image

GIVEN = os.environ.get("CLOUDCORE_OTHER_CLIENTS", "")
NEEDED = ("python-yunionclient==1.0.20180201", "httplib2", "prettytable")
PROGRAM = Path(__file__).with_name("yunionclient_program.py")
PAGE = Path(__file__).parents[2] / "docs/how-to/use-existing-clients.md"
UNMAKE = """
import time
while client.guests.get(server.id).status != "running":
    time.sleep(0.2)
client.guests.update(server.id, disable_delete=False)
client.guests.delete(server.id, override_pending_delete=True)
print(server.name)
"""

pytestmark = pytest.mark.system
Runs = Callable[..., list[str]]


@pytest.fixture(scope="module")
def filled(shared: Up) -> Up:
    """A cloud with an image `tiny`."""
    with shared.session() as admin:
        upload_image(admin)
    return shared


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the SDK lies."""
    if GIVEN:
        return GIVEN
    made = str(tmp_path_factory.mktemp("sdk"))
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", made, *NEEDED]
    done = subprocess.run(pip, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"{NEEDED[0]} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    return made


@pytest.fixture
def run(folder: str, filled: Up) -> Runs:
    """Runs a program of the SDK's; returns the words that it prints."""

    def begin(program: Path, *args: object) -> list[str]:
        environ = {**os.environ, **settings(filled), "PYTHONPATH": folder, "NO_PROXY": "127.0.0.1"}
        command = [sys.executable, "-W", "ignore", str(program), *map(str, args)]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.split()

    return begin


def test_it_does_what_its_users_do(run: Runs, tmp_path: Path) -> None:
    assert run(PROGRAM, tmp_path) == ["lists", "servers", "images", "records", "people", "numbers"]


def test_the_program_of_the_page_runs(run: Runs, filled: Up, tmp_path: Path) -> None:
    here = settings(filled)
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for written, value in (("http://127.0.0.1:30300/identity/v3", here["OS_AUTH_URL"]), ("…", here["OS_PASSWORD"])):
        assert written in program
        program = program.replace(written, value)
    file = tmp_path / "page.py"
    file.write_text(program + UNMAKE, "utf-8")

    assert run(file) == ["web"]

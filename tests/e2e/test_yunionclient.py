"""The original's own Python SDK, unmodified, against `cloudcore up`.

It brings a command `climc` of its own, so that it lies in a folder apart: CLOUDCORE_OTHER_CLIENTS, made by
`pip install --target FOLDER python-yunionclient httplib2 prettytable`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from .openstack_client import settings
from .processes import Up, upload_image

FOLDER = os.environ.get("CLOUDCORE_OTHER_CLIENTS", "")
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

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not FOLDER, reason="needs python-yunionclient in the folder CLOUDCORE_OTHER_CLIENTS"),
]


@pytest.fixture(scope="module")
def filled(shared: Up) -> Up:
    """A cloud with an image `tiny`."""
    with shared.session() as admin:
        upload_image(admin)
    return shared


def run(up: Up, program: Path, *args: object) -> list[str]:
    """The words that a program of the SDK's prints."""
    environ = {**os.environ, **settings(up), "PYTHONPATH": FOLDER, "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-W", "ignore", str(program), *map(str, args)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split()


def test_it_does_what_its_users_do(filled: Up, tmp_path: Path) -> None:
    assert run(filled, PROGRAM, tmp_path) == ["lists", "servers", "images", "records", "people", "numbers"]


def test_the_program_of_the_page_runs(filled: Up, tmp_path: Path) -> None:
    here = settings(filled)
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for written, value in (("http://127.0.0.1:30300/identity/v3", here["OS_AUTH_URL"]), ("…", here["OS_PASSWORD"])):
        assert written in program
        program = program.replace(written, value)
    file = tmp_path / "page.py"
    file.write_text(program + UNMAKE, "utf-8")

    assert run(filled, file) == ["web"]

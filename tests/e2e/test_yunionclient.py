"""The original's own Python SDK, unmodified, against `cloudcore up`.

It brings a command `climc` of its own, so that it lies in a folder apart: CLOUDCORE_OTHER_CLIENTS, made by
`pip install --target FOLDER python-yunionclient httplib2 prettytable`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .openstack_client import settings
from .processes import Up, upload_image

pytestmark = pytest.mark.system
PROGRAM = Path(__file__).with_name("yunionclient_program.py")
FOLDER = os.environ.get("CLOUDCORE_OTHER_CLIENTS", "")


@pytest.mark.skipif(not FOLDER, reason="needs python-yunionclient in the folder CLOUDCORE_OTHER_CLIENTS")
def test_it_does_what_its_users_do(shared: Up, tmp_path: Path) -> None:
    with shared.session() as admin:
        upload_image(admin)
    environ = {**os.environ, **settings(shared), "PYTHONPATH": FOLDER, "NO_PROXY": "127.0.0.1"}
    command = [sys.executable, "-W", "ignore", str(PROGRAM), str(tmp_path)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == ["lists", "servers", "images", "records", "people", "numbers"]

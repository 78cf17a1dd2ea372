"""The difference that CONTRIBUTING shows for a new resource type is all that it takes, in at most 60 lines of one file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cloudcore
import cloudcore_adapters
import cloudcore_apps

ROOT = Path(__file__).parents[2]
DIFF = re.compile(r"^```diff\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
MOST_LINES = 60

PROGRAM = """
import httpx

from cloudcore.model.errors import InvalidInputError, NotEmptyError, OutOfRangeError, ResourceNotFoundError
from cloudcore_adapters.memory.cloud import memory_cloud
from cloudcore_adapters.rest.app import build_app
from cloudcore_adapters.rest.openapi import document
from cloudcore_adapters.rest.server import BackgroundServer
from cloudcore.cloud import TYPES
from cloudcore_apps.climc.derive import build_index, declared


def refused(error, work):
    try:
        work()
    except error:
        return
    raise AssertionError(f"{error.__name__} was not raised")


cloud, password = memory_cloud()
admin = cloud.login("sysadmin", password, project="system")
made = admin.create("racks", {"name": "r1", "zone": "zone0", "room": "Hall 1"})
assert (made["zone"], made["height"]) == ("zone0", 42), made
assert admin.update("racks", "r1", {"room": "Hall 2"})["room"] == "Hall 2"
assert [r["name"] for r in admin.list("racks", {"search": "Hall 2", "zone": "zone0"}).items] == ["r1"]
refused(OutOfRangeError, lambda: admin.create("racks", {"name": "r2", "zone": "zone0", "height": 61}))
refused(InvalidInputError, lambda: admin.create("racks", {"name": "r2"}))
refused(ResourceNotFoundError, lambda: admin.create("racks", {"name": "r2", "zone": "nowhere"}))
refused(NotEmptyError, lambda: admin.delete("zones", "zone0"))
assert "/compute/racks/{id}" in document(TYPES)["paths"], "not documented"
user = {"name": "sysadmin", "password": password, "domain": {"id": "default"}}
scope = {"project": {"name": "system", "domain": {"id": "default"}}}
identity = {"methods": ["password"], "password": {"user": user}}
token, _ = cloud.authenticate_v3({"auth": {"identity": identity, "scope": scope}}, "", "")
with BackgroundServer(build_app(cloud)) as server:
    answer = httpx.get(f"{server.url}/compute/racks/r1", headers={"X-Auth-Token": token})
assert answer.json()["rack"]["room"] == "Hall 2", answer.text
commands = build_index(declared())["commands"]
assert {"rack-list", "rack-show", "rack-create", "rack-update", "rack-delete"} <= set(commands), "no commands"
admin.delete("racks", "r1")
assert admin.list("racks").total == 0
print("used")
"""


def test_a_plain_type_is_one_file_and_one_line(tmp_path: Path) -> None:
    (diff,) = DIFF.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    for package in (cloudcore, cloudcore_adapters, cloudcore_apps):
        folder = Path(package.__file__ or "").parent
        home = {"cloudcore": "src"}.get(folder.name, f"src/{folder.name.removeprefix('cloudcore_')}")
        shutil.copytree(folder, tmp_path / home / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "apply", "-"], input=diff, text=True, check=True, cwd=tmp_path)

    added = tmp_path / "src" / "cloudcore" / "resources" / "infrastructure" / "rack.py"
    assert len(added.read_text("utf-8").splitlines()) <= MOST_LINES
    path = os.pathsep.join(str(tmp_path / home) for home in ("src", "src/adapters", "src/apps"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": path},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "used", done.stderr[-2000:]

"""gophercloud, the Go library under OpenStack's Terraform provider, unmodified, against `cloudcore up`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .openstack_client import settings
from .processes import Up

pytestmark = pytest.mark.system
SOURCE = Path(__file__).with_name("gophercloud") / "main.go"
PACKAGES = Path("/usr/share/gocode")
"""Where Debian's golang-github-gophercloud-gophercloud-dev lies."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The program, built."""
    go = shutil.which("go")
    if go is None or not (PACKAGES / "src/github.com/gophercloud").is_dir():
        pytest.skip("needs golang-go and golang-github-gophercloud-gophercloud-dev")
    folder = tmp_path_factory.mktemp("go")
    environ = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(PACKAGES),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    made = folder / "program"
    subprocess.run([go, "build", "-o", str(made), str(SOURCE)], check=True, env=environ, timeout=300)
    yield made
    shutil.rmtree(folder / "cache", ignore_errors=True)


@pytest.mark.parametrize("what", ["life", "places"])
def test_it_does_what_its_users_do(program: Path, shared: Up, what: str) -> None:
    environ = {**settings(shared), "NO_PROXY": "127.0.0.1"}
    done = subprocess.run([str(program), what], env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr

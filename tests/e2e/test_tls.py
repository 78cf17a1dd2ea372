"""Serving with a certificate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.certificate import signed_pair

from cloudcore.model.errors import CloudcoreError
from cloudcore_adapters.client.connect import connect

from .processes import Launcher, created, run, upload_image


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    """Files of a certificate for 127.0.0.1 and of its key."""
    return signed_pair(tmp_path, "127.0.0.1")


def test_with_a_certificate_it_speaks_tls_only(launcher: Launcher, tmp_path: Path, pair: tuple[str, str]) -> None:
    data = tmp_path / "data"
    up = launcher.up(data, "--certificate", pair[0], "--key", pair[1])
    assert "https://127.0.0.1:" in up.greeting
    upload_image(up.session())
    created(up.session(), "web")
    assert f"OS_CACERT={pair[0]}" in run("env", data=data).stdout
    local = json.loads((data / "local.json").read_text())
    untrusting = {key: value for key, value in local.items() if key != "ca_file"}
    with pytest.raises(CloudcoreError):
        connect(**untrusting, attempts=1).list("servers")
    with pytest.raises(CloudcoreError):
        connect(**{**untrusting, "auth_url": local["auth_url"].replace("https", "http")}, attempts=1).list("servers")
    assert up.stop() == 0


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused = run(
        "up", "--listen", "127.0.0.1:0", "--certificate", "/no/such.pem", "--key", "/no/such.pem", data=tmp_path / "d"
    )
    assert refused.returncode == 1
    assert "/no/such.pem" in refused.stderr
    assert "Traceback" not in refused.stderr

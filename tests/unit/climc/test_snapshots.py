"""Snapshots and clones by climc: what is sent, and what is shown of it."""

from __future__ import annotations

import json

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body

from cloudcore.operations.session import CoreSession
from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime


class Terminal:
    """A server `web` that runs, and climc on its cloud."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.cloud = Cloud(hosts=1)
        self.client = CoreSession(self.cloud.platform, CALLER)
        self.client.create("servers", server_body("web", auto_start=True))
        self.cloud.settle()
        self._capsys = capsys

    def climc(self, *argv: str) -> tuple[int, str, str]:
        code = run(argv, Runtime({}, self.client))
        told = self._capsys.readouterr()
        self.cloud.settle()
        return code, told.out, told.err


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_an_instance_snapshot_is_made_and_gone_back_to(terminal: Terminal) -> None:
    assert terminal.climc("instance-snapshot-create", "web", "before", "-o", "name") == (0, "before\n", "")
    code, _, error = terminal.climc("instance-snapshot-reset", "web", "--instance-snapshot", "before")
    assert (code, "not off" in error) == (1, True)

    terminal.climc("server-stop", "web", "--is-force")
    code, _, _ = terminal.climc("instance-snapshot-reset", "web", "--instance-snapshot", "before", "--auto-start")
    assert (code, terminal.client.get("servers", "web")["status"]) == (0, "running")


def test_a_disk_goes_back_to_one_snapshot(terminal: Terminal) -> None:
    terminal.climc("instance-snapshot-create", "web", "before")
    terminal.climc("server-stop", "web", "--is-force")
    disk = str(terminal.client.get("snapshots", "before-disk1")["disk_id"])

    code, out, _ = terminal.climc("disk-reset", disk, "before-disk1", "-o", "json")

    assert (code, json.loads(out)["status"]) == (0, "reset")
    assert terminal.client.get("disks", disk)["status"] == "ready"


def test_clones_are_shown_each(terminal: Terminal) -> None:
    code, out, _ = terminal.climc("instance-snapshot-and-clone", "web", "twin", "--count", "2", "-o", "name")
    assert (code, out) == (0, "twin\ntwin-2\n")
    code, out, _ = terminal.climc("server-clone", "web", "fresh", "--auto-start", "-o", "name")
    assert (code, out) == (0, "fresh\n")

    found = {item["name"]: item["status"] for item in terminal.client.list("servers").items}
    assert found == {"web": "running", "twin": "ready", "twin-2": "ready", "fresh": "running"}


def test_what_has_snapshots_is_deleted_with_them_only(terminal: Terminal) -> None:
    terminal.climc("instance-snapshot-create", "web", "before")

    code, _, error = terminal.climc("server-delete", "web")
    assert (code, "2 snapshots" in error) == (1, True)
    assert terminal.climc("server-delete", "web", "--delete-snapshots")[0] == 0
    assert terminal.client.list("servers").total == 0

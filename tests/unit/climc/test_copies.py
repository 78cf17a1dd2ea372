"""Commands that make others of a server or a disk show, and wait for, what is made."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import pytest

from cloudcore_apps.climc.main import run
from cloudcore_apps.climc.runtime import Runtime
from cloudcore_apps.inprocess import simulated_cloud

Climc = Callable[..., tuple[int, str, str]]


@pytest.fixture
def climc(capsys: pytest.CaptureFixture[str]) -> Iterator[Climc]:
    place = simulated_cloud()
    place.admin.upload(None, {"name": "tiny", "disk_format": "qcow2"}, [_qcow2()])
    place.settle()
    wanted = {"name": "web", "vcpu_count": 1, "vmem_size": "256M", "disks": ["tiny:1g:qcow2"], "nets": ["default"]}
    place.admin.create("servers", wanted)
    place.settle()
    ended = threading.Event()

    def drive() -> None:
        while not ended.wait(0.02):
            place.settle()

    driver = threading.Thread(target=drive)
    driver.start()

    def call(*argv: str) -> tuple[int, str, str]:
        code = run([*argv, "--timeout", "30"], Runtime({}, place.admin))
        told = capsys.readouterr()
        return code, told.out, told.err

    yield call
    ended.set()
    driver.join()


def _qcow2() -> bytes:
    """A qcow2 image of 1 MiB in which nothing is written: header, L1 table, refcount table and block."""
    header = bytearray(65_536 * 4)
    header[0:4] = b"QFI\xfb"
    fields = ((4, 4, 3), (20, 4, 16), (24, 8, 1 << 20), (36, 4, 1), (40, 8, 3 * 65_536), (48, 8, 65_536), (56, 4, 1))
    for place, width, value in (*fields, (96, 4, 4), (100, 4, 104)):
        header[place : place + width] = value.to_bytes(width, "big")
    header[65_536 : 65_536 + 8] = (2 * 65_536).to_bytes(8, "big")
    for cluster in range(4):
        header[2 * 65_536 + 2 * cluster : 2 * 65_536 + 2 * cluster + 2] = (1).to_bytes(2, "big")
    return bytes(header)


def made(out: str) -> list[tuple[str, str]]:
    return [(row["name"], row["status"]) for row in json.loads(out)]


def test_a_snapshot_of_all_disks_is_waited_for_and_gone_back_to(climc: Climc) -> None:
    code, out, err = climc("instance-snapshot-create", "web", "before", "--wait", "-o", "json")
    assert (code, made(out)) == (0, [("before", "ready")]), err
    code, out, err = climc("instance-snapshot-reset", "web", "--instance-snapshot", "before", "--wait", "-o", "name")
    assert (code, out) == (0, "web\n"), err


def test_clones_are_what_is_shown(climc: Climc) -> None:
    code, out, err = climc("server-snapshot-and-clone", "web", "twin", "--count", "2", "--wait", "-o", "json")
    assert (code, sorted(made(out))) == (0, [("twin", "ready"), ("twin-2", "ready")]), err
    code, out, err = climc("server-clone", "web", "like", "--auto-start", "--wait", "-o", "json")
    assert (code, made(out)) == (0, [("like", "running")]), err


@pytest.mark.parametrize("command", [("server-save-image", "web"), ("server-clone", "web")])
def test_a_name_is_wanted(climc: Climc, command: tuple[str, str]) -> None:
    code, _, err = climc(*command)
    assert code == 2
    assert "NAME" in err


def test_what_cannot_be_copied_is_told(climc: Climc) -> None:
    code, _, err = climc("server-clone", "nobody", "like", "--wait")
    assert (code, "server nobody not found" in err) == (3, True)

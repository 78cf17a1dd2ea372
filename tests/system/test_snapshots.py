"""Snapshots on a real guest: what it had written comes back, and an image of it boots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .machine import CREATE, Machine, check_nothing_left, lent_cloud
from .test_first_server import BOOT_S, Terminal, await_boot, ssh
from .up import Up

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def cloud(machine: Machine, guest_image: Path) -> Iterator[Up]:
    """A running cloud that holds the image `tiny` and knows a key as `mine`."""
    with lent_cloud(machine, guest_image) as cloud:
        yield cloud


def test_a_guest_goes_back_to_what_it_had_written_and_an_image_of_it_boots(machine: Machine, cloud: Up) -> None:
    key = machine.folder / "key"
    cloud.climc("server-create", *CREATE, "--keypair", "mine", "web", "--wait")
    server = cloud.show("server", "web")
    await_boot(cloud, server["ips"])
    ssh(cloud, key, "echo first > /root/note; sync")

    cloud.climc("instance-snapshot-create", "web", "whole", "--wait")
    assert cloud.show("server", "web")["status"] == "running"
    ssh(cloud, key, "echo second > /root/note; sync")
    cloud.climc("server-save-image", "web", "saved")
    cloud.climc("wait", "image", "saved", "--for", "status=active", "--for", "status=killed")
    assert cloud.show("image", "saved")["status"] == "active"
    assert ssh(cloud, key, "cat /root/note") == "second\n"

    cloud.climc("server-stop", "web", "--is-force", "--wait")
    cloud.climc("instance-snapshot-reset", "web", "--instance-snapshot", "whole", "--auto-start", "--wait")
    await_boot(cloud, server["ips"])
    assert ssh(cloud, key, "cat /root/note") == "first\n"
    refused = cloud.try_climc("server-delete", "web")
    assert "snapshots" in refused.stderr
    cloud.climc("server-delete", "web", "--delete-snapshots", "--wait")

    again = [word.replace("tiny:", "saved:") for word in CREATE]
    cloud.climc("server-create", *again, "--keypair", "mine", "web", "--wait")
    terminal = Terminal(cloud, "web")
    terminal.read_until(b"BOOT-DONE", b"login:", timeout_s=BOOT_S)
    assert terminal.leave() == 0
    assert ssh(cloud, key, "cat /root/note") == "second\n"
    cloud.climc("server-delete", "web", "--wait")
    assert cloud.rows("snapshot") == []
    check_nothing_left(machine, cloud, kept=())

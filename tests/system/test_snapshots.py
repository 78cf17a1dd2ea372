"""Snapshots on a real guest: what it had written comes back, and an image of it boots."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .guest_image import cache_folder
from .libvirtd import Launcher, missing_parts
from .machine import CREATE, Machine, check_nothing_left
from .test_first_server import BOOT_S, Terminal, await_boot, ssh
from .up import Up

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.system, pytest.mark.timeout(280)]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    if reason := missing_parts():
        pytest.skip(reason)
    with Launcher(cache_folder() / "libvirt") as libvirtd:
        yield Machine(libvirtd, tmp_path_factory.mktemp("machine"))


@pytest.fixture(scope="module")
def cloud(machine: Machine, guest_image: Path) -> Iterator[Up]:
    """A running cloud that holds the image `tiny` and knows a key as `mine`."""
    cloud = machine.up()
    cloud.start()
    try:
        cloud.climc("image-upload", "--format", "qcow2", "--wait", "tiny", str(guest_image))
        key = machine.folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        cloud.climc("keypair-create", "mine", "--public-key", key.with_suffix(".pub").read_text().strip())
        yield cloud
    finally:
        cloud.kill()


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

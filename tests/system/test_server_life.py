"""Power and login of a real guest: its memory survives a suspend, its passwords and system change when that is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .guest_image import PASSWORD
from .machine import CREATE, Machine, check_nothing_left, lent_cloud
from .test_first_server import BOOT_S, Terminal, await_boot, ssh
from .up import Up

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def cloud(machine: Machine, guest_image: Path) -> Iterator[Up]:
    """A running cloud that holds the image `tiny` and knows a key as `mine`."""
    with lent_cloud(machine, guest_image, "--recycle", "3") as cloud:
        yield cloud


USER_DATA = "#!/bin/sh\necho owner >> /root/owner\n"
SECRET = "Right-horse-42"


def log_in(cloud: Up, password: str) -> None:
    """Log in on the console as root."""
    terminal = Terminal(cloud, "web")
    terminal.read_until(b"leaves")
    terminal.type(b"\r")
    terminal.read_until(b"login:")
    terminal.type(b"root\r")
    terminal.read_until(b"Password:")
    terminal.type(password.encode() + b"\r")
    terminal.read_until(b"# ")
    terminal.type(b"exit\r")
    terminal.read_until(b"login:")
    assert terminal.leave() == 0


def test_a_guest_keeps_its_memory_and_takes_other_logins_and_systems(machine: Machine, cloud: Up) -> None:
    key = machine.folder / "key"
    script = machine.folder / "setup.sh"
    script.write_text(USER_DATA)
    login = ["--keypair", "mine", "--password", SECRET, "--user-data-file", str(script)]
    cloud.climc("server-create", *CREATE, *login, "web", "--wait")
    server = cloud.show("server", "web")
    domain = f"cloudcore-{server['id']}"
    await_boot(cloud, server["ips"])
    assert ssh(cloud, key, "cat /root/owner") == "owner\n"
    log_in(cloud, SECRET)
    ssh(cloud, key, "echo kept > /run/memory; echo old > /root/system; sync")

    cloud.climc("server-suspend", "web", "--wait")
    saved = cloud.show("server", "web")
    assert (saved["status"], saved["power_states"]) == ("suspend", "off")
    assert machine.virsh("domstate", domain).strip() == "shut off"
    cloud.kill()
    machine.libvirtd.kill_daemon()
    machine.libvirtd.wait()
    cloud.start()
    assert cloud.show("server", "web")["status"] == "suspend"
    assert "suspend" in cloud.try_climc("server-stop", "web").stderr
    cloud.climc("server-resume", "web", "--wait")
    assert ssh(cloud, key, "cat /run/memory") == "kept\n"
    cloud.climc("server-sync", "web", "--wait")
    cloud.climc("server-qga-ping", "web")
    assert server["ips"] in cloud.climc("server-qga-get-network", "web")
    picture = machine.folder / "screen.png"
    cloud.climc("server-sendkeys", "web", "ctrl-alt-f2")
    cloud.climc("server-screen-dump", "web", "--file", str(picture))
    assert picture.read_bytes().startswith(b"\x89PNG")

    cloud.climc("server-set-password", "web", "--username", "root", "--password", "Other-horse-43", "--wait")
    assert '"Other-horse-43"' in cloud.climc("server-logininfo", "web", "-o", "json")
    log_in(cloud, "Other-horse-43")
    terminal = Terminal(cloud, "web")
    cloud.climc("server-reset", "web", "--wait")
    terminal.read_until(b"BOOT-DONE", b"login:", timeout_s=BOOT_S)
    assert terminal.leave() == 0
    assert ssh(cloud, key, "cat /root/system; ls /run/memory 2>/dev/null || true") == "old\n"

    cloud.climc("server-stop", "web", "--is-force", "--wait")
    rebuilt = ["--image-id", "tiny", "--reset-password", "--user-data", "", "--auto-start", "--wait"]
    cloud.climc("server-rebuild-root", "web", *rebuilt)
    await_boot(cloud, server["ips"])
    assert ssh(cloud, key, "cat /root/system /root/owner 2>/dev/null || echo new") == "new\n"
    told = json.loads(cloud.climc("server-logininfo", "web", "-o", "json"))
    assert told["password"] not in (SECRET, "Other-horse-43", PASSWORD)
    log_in(cloud, told["password"])

    cloud.climc("server-delete", "web", "--wait")
    assert cloud.rows("server") == []
    assert cloud.show("server", server["id"])["pending_deleted"] is True
    assert machine.virsh("domstate", domain).strip() == "shut off"
    cloud.climc("server-cancel-delete", server["id"])
    cloud.climc("server-start", "web", "--wait")
    cloud.climc("server-suspend", "web", "--wait")
    cloud.climc("server-delete", "-f", "web", "--wait")
    check_nothing_left(machine, cloud, kept=())
    assert list((machine.libvirtd.folder / "lib").glob("qemu/save/*")) == []


def test_a_guest_boots_from_disks_that_were_all_made_anew(machine: Machine, cloud: Up) -> None:
    key = machine.folder / "key"
    cloud.climc("server-create", *CREATE, "--disk", "64M", "--keypair", "mine", "web", "--wait")
    server = cloud.show("server", "web")
    await_boot(cloud, server["ips"])
    ssh(cloud, key, "echo old > /root/system; echo old-data | dd of=/dev/vdb conv=fsync 2>/dev/null; sync")
    written = "dd if=/dev/vdb bs=64 count=1 2>/dev/null | grep -c old-data || true"
    assert ssh(cloud, key, written) == "1\n"
    cloud.climc("server-stop", "web", "--is-force", "--wait")
    cloud.climc("server-set-boot-index", "web", "--disks", "0:0,1:1", "--wait")
    described = machine.virsh("dumpxml", f"cloudcore-{server['id']}")
    # The disks as they were asked for, and behind them the card: its boot order is the usual one.
    assert [line.strip() for line in described.splitlines() if "<boot order" in line] == [
        "<boot order='1'/>", "<boot order='2'/>", "<boot order='3'/>",
    ]  # fmt: skip
    cloud.climc("server-rebuild-root", "web", "--image-id", "tiny", "--all-disks", "--auto-start", "--wait")
    await_boot(cloud, server["ips"])
    assert ssh(cloud, key, "cat /root/system 2>/dev/null || echo new") == "new\n"
    assert ssh(cloud, key, written) == "0\n"
    cloud.climc("server-delete", "-f", "web", "--wait")
    check_nothing_left(machine, cloud, kept=())

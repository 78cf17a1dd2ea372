"""A real guest through the whole program: made, reached, survived, removed; what is not ours stays."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .processes import Launcher, Up, eventually, gone
from .test_console import token_of
from .wire_socket import WireSocket

sys.path.insert(0, str(Path(__file__).parents[1]))
from system.guest_image import guest_image
from system.libvirtd import missing_parts

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

OPTIONS = ("--with-kvm", "--virt", "qemu")
FOREIGN = """
<domain type='qemu'>
  <name>somebody-elses</name>
  <memory unit='MiB'>32</memory>
  <os><type arch='x86_64'>hvm</type></os>
</domain>
"""


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder with a short path, for sockets; at the end the libvirtd that was started for it ends, guests too."""
    folder = Path(f"/tmp/cc-e2e-{os.getpid()}")
    yield folder
    if (folder / "libvirt").exists():
        _end_everything(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".stderr").unlink(missing_ok=True)


def _virsh(data: Path, *arguments: str) -> str:
    uri = f"qemu+unix:///system?socket={data}/libvirt/run/libvirt-sock"
    done = subprocess.run(
        ["virsh", "-q", "-c", uri, *arguments], capture_output=True, text=True, check=True, timeout=180
    )
    return done.stdout


def _end_everything(data: Path) -> None:
    for name in _virsh(data, "list", "--name").split():
        _virsh(data, "destroy", name)
    for name in _virsh(data, "net-list", "--name").split():
        _virsh(data, "net-destroy", name)
    for daemon in ("libvirtd", "virtlogd"):
        os.kill(int((data / "libvirt" / f"{daemon}.pid").read_text()), signal.SIGTERM)


def _wait(up: Up, plural: str, ident: str, *statuses: str) -> dict[str, Any]:
    def ask() -> dict[str, Any] | None:
        found = dict(up.session().get(plural, ident))
        return found if found["status"] in statuses else None

    return dict(eventually(ask, timeout_s=120))


def _server(up: Up, name: str) -> dict[str, Any]:
    body = {
        "name": name,
        "vcpu_count": 1,
        "vmem_size": 128,
        "disks": [{"image_id": "guest", "size": 1024}],
        "nets": [{"network": "default"}],
        "disable_delete": False,
        "auto_start": True,
    }
    return dict(up.session().create("servers", body))


def _ssh_banner(address: str) -> bytes:
    deadline = time.monotonic() + 270
    while True:
        try:
            with socket.create_connection((address, 22), 2) as connection:
                return connection.recv(32)
        except OSError:
            assert time.monotonic() < deadline, f"nobody answers at {address}"
            time.sleep(0.3)


@pytest.mark.skipif(missing_parts() is not None, reason=str(missing_parts()))
def test_a_real_guest_lives_through_kills_of_the_control_plane(launcher: Launcher, data: Path) -> None:
    up = launcher.up(data, *OPTIONS)
    assert "QEMU" in up.greeting
    image = up.session().upload(None, {"name": "guest", "disk_format": "qcow2"}, [guest_image().read_bytes()])
    _wait(up, "images", image["id"], "active")
    web = _wait(up, "servers", _server(up, "web")["id"], "running")
    (data / "foreign.xml").write_text(FOREIGN)
    _virsh(data, "define", str(data / "foreign.xml"))

    # The address in the record is the one that DHCP gave, and the console speaks.
    assert _ssh_banner(web["ips"]).startswith(b"SSH-2.0")
    url = up.greeting.split("is up on ")[1].split()[0]
    console = WireSocket(f"{url}/compute/servers/web/serial", [("X-Auth-Token", token_of(up))], timeout_s=30)
    console.send(b"\r")
    console.read_until(b"login: ")
    console.close()

    # Killed while it makes a second one: that one comes to an end, the first runs on.
    second = _server(up, "second")
    up.kill()
    up = launcher.up(data, *OPTIONS)
    assert _wait(up, "servers", second["id"], "running", "create_fail")["status"] == "running"
    assert up.session().get("servers", "web")["status"] == "running"
    assert _ssh_banner(web["ips"]).startswith(b"SSH-2.0")

    # A guest that is powered off behind our back is noticed.
    _virsh(data, "destroy", _virsh(data, "list", "--name").split()[0])
    eventually(lambda: "ready" in [s["status"] for s in up.session().list("servers").items])

    # Killed while both are removed: nothing of ours is left, what is not ours is.
    for ident in (web["id"], second["id"]):
        up.session().delete("servers", ident)
    up.kill()
    up = launcher.up(data, *OPTIONS)
    for ident in (web["id"], second["id"]):
        eventually(lambda ident=ident: gone(up.session(), "servers", ident), timeout_s=90)
    assert _virsh(data, "list", "--all", "--name").split() == ["somebody-elses"]
    assert [p.name for p in (data / "host" / "storage" / "volumes").iterdir()] == []
    assert "<host " not in _virsh(data, "net-dumpxml", "cloudcore")
    assert up.stop() == 0

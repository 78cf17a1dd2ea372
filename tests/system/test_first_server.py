"""A first server, as its user meets it: `cloudcore up --with-kvm`, then `climc`, on real QEMU, from image to nothing left."""

from __future__ import annotations

import os
import pty
import re
import select
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .guest_image import PASSWORD
from .machine import CREATE, Foreign, Machine, check_nothing_left, leases
from .up import PROGRAMS, Up, wait_for

pytest.importorskip("libvirt")
pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

BOOT_S = 270


@pytest.fixture(scope="module")
def cloud(machine: Machine, guest_image: Path) -> Iterator[Up]:
    """A running cloud that holds the image `tiny`."""
    cloud = machine.up()
    cloud.start()
    try:
        cloud.climc("image-upload", "--format", "qcow2", "--wait", "tiny", str(guest_image))
        yield cloud
    finally:
        cloud.kill()


@pytest.fixture(scope="module")
def foreign(machine: Machine, cloud: Up) -> Foreign:
    """What is the user's own on the machine."""
    del cloud  # its folder of volumes must be there
    return Foreign.made(machine)


@pytest.fixture(scope="module")
def key(machine: Machine, cloud: Up) -> Path:
    """A private key; the cloud knows its public half as the keypair `mine`."""
    path = machine.folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    cloud.climc("keypair-create", "mine", "--public-key", path.with_suffix(".pub").read_text().strip())
    return path


class Terminal:
    """`climc server-console` in a terminal."""

    def __init__(self, cloud: Up, server: str) -> None:
        self._cloud = cloud
        self.said = b""
        self._terminal, theirs = pty.openpty()
        command = [*cloud.inside, str(PROGRAMS / "climc"), "server-console", server]
        self._process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=cloud.environment)
        os.close(theirs)

    def read_until(self, *words: bytes, timeout_s: float = 120) -> bytes:
        """What is shown until all the words have come, in any order."""
        end = time.monotonic() + timeout_s
        while not all(word in self.said for word in words):
            left = end - time.monotonic()
            ready = select.select([self._terminal], [], [], max(0.0, left))[0]
            assert ready, f"{words} did not come; the console showed {self.said[-1500:]!r}\n{self._cloud.explain()}"
            try:
                self.said += os.read(self._terminal, 65536)
            except OSError:  # the end of a terminal
                raise AssertionError(f"the console ended after {self.said[-1500:]!r}") from None
        said, self.said = self.said, b""
        return said

    def type(self, text: bytes) -> None:
        """Press keys."""
        time.sleep(0.5)  # getty and login throw away what comes before they listen
        os.write(self._terminal, text)

    def leave(self) -> int:
        """Press Ctrl-] and answer the exit status."""
        os.write(self._terminal, b"\x1d")
        try:
            return self._process.wait(20)
        finally:
            self._process.kill()
            os.close(self._terminal)


def ssh(cloud: Up, key: Path, *words: str) -> str:
    """`climc server-ssh web`, with a folder for known hosts that is gone afterwards."""
    script = 'mkdir -p ~/.ssh && mount -t tmpfs tmpfs ~/.ssh && exec "$@"'
    command = ["unshare", "--mount", "sh", "-c", script, "-", str(PROGRAMS / "climc"), "server-ssh", "-i", str(key)]
    done = subprocess.run(
        [*cloud.inside, *command, "web", *words], capture_output=True, text=True, timeout=180, check=False,
        stdin=subprocess.DEVNULL, env=cloud.environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def await_boot(cloud: Up, address: str) -> None:
    """Wait in the console until the guest says that it is up, with its name and the address that the record has."""
    terminal = Terminal(cloud, "web")
    said = terminal.read_until(b"BOOT-DONE", b"login:", timeout_s=BOOT_S)
    assert f"BOOT-DONE web eth0={address}/24".encode() in said
    assert terminal.leave() == 0


def test_a_server_lives_from_image_to_nothing_left(machine: Machine, cloud: Up, foreign: Foreign, key: Path) -> None:
    cloud.climc("server-create", *CREATE, "--keypair", "mine", "web", "--wait")
    server = cloud.show("server", "web")
    assert (server["status"], server["power_states"]) == ("running", "on")
    terminal = Terminal(cloud, "web")
    said = terminal.read_until(b"BOOT-DONE", b"login:", timeout_s=BOOT_S)
    assert f"BOOT-DONE web eth0={server['ips']}/24".encode() in said
    terminal.type(b"root\r")
    terminal.read_until(b"Password:")
    terminal.type(PASSWORD.encode() + b"\r")
    terminal.read_until(b"# ")
    terminal.type(b"echo $((6 * 7)) at $(hostname)\r")
    terminal.read_until(b"42 at web")
    assert terminal.leave() == 0
    assert leases(machine) == [(server["macs"], server["ips"])]
    assert ssh(cloud, key, "hostname; echo kept > /root/note; sync") == "web\n"

    cloud.climc("server-stop", "web", "--wait")
    stopped = cloud.show("server", "web")
    assert (stopped["status"], stopped["power_states"]) == ("ready", "off")
    assert machine.virsh("domstate", f"cloudcore-{server['id']}").strip() == "shut off"
    cloud.climc("server-start", "web", "--wait")
    await_boot(cloud, server["ips"])
    assert ssh(cloud, key, "cat /root/note") == "kept\n"
    cloud.climc("server-restart", "web", "--wait")
    assert machine.virsh("domstate", f"cloudcore-{server['id']}").strip() == "running"
    assert cloud.show("server", "web")["status"] == "running"

    cloud.climc("server-delete", "web", "--wait")
    assert cloud.try_climc("server-show", "web").returncode != 0
    check_nothing_left(machine, cloud)
    foreign.check_untouched()
    flows = [(task["flow"], task["state"]) for task in cloud.rows("task") if task["obj_name"] == "web"]
    walked = ["server-create", "server-stop", "server-start", "server-restart", "server-delete"]
    assert sorted(flows) == sorted((flow, "complete") for flow in walked)


def test_ctrl_c_leaves_the_guest_running_and_the_next_start_adopts_it(
    machine: Machine, cloud: Up, foreign: Foreign
) -> None:
    cloud.climc("server-create", *CREATE, "kept", "--wait")
    server = cloud.show("server", "kept")
    domain = f"cloudcore-{server['id']}"
    number = machine.virsh("domid", domain)
    refused = cloud.cloudcore("up", "--listen", "127.0.0.1:0", *cloud.options)
    assert refused.returncode == 1
    assert "a cloud runs on" in refused.stderr
    assert cloud.interrupt() == 0, cloud.explain()
    assert machine.virsh("domid", domain) == number
    cloud.start()
    adopted = cloud.show("server", "kept")
    assert (adopted["status"], adopted["power_states"], adopted["ips"]) == ("running", "on", server["ips"])
    assert machine.virsh("domid", domain) == number

    cloud.kill()
    machine.virsh("destroy", domain)
    cloud.start()
    fallen = cloud.show("server", "kept")
    assert (fallen["status"], fallen["power_states"]) == ("ready", "off")
    cloud.climc("server-start", "kept", "--wait")
    machine.virsh("destroy", domain)
    wait_for(lambda: cloud.show("server", "kept")["status"] == "ready", 20, cloud.explain)
    cloud.climc("server-delete", "kept", "--wait")
    check_nothing_left(machine, cloud)
    foreign.check_untouched()


def test_images_that_lead_elsewhere_or_nowhere_are_refused(machine: Machine, cloud: Up, foreign: Foreign) -> None:
    secret = machine.folder / "secret"
    secret.write_bytes(b"s" * 1048576)
    bad = machine.folder / "bad.qcow2"
    create = ["qemu-img", "create", "-q", "-f", "qcow2"]
    cached = sorted(path.name for path in (machine.place / "storage").rglob("*"))
    kinds = {
        "backed": [*create, "-F", "raw", "-b", str(secret), str(bad)],
        "outside": [*create, "-o", f"data_file={machine.folder / 'outside.raw'}", str(bad), "8M"],
        "corrupt": [*create, str(bad), "8M"],
    }
    for name, command in kinds.items():
        bad.unlink(missing_ok=True)
        subprocess.run(command, check=True)
        if name == "corrupt":
            with bad.open("r+b") as file:
                file.seek(36)  # the number of entries of the table of tables
                file.write(struct.pack(">I", 0x7FFFFFFF))
        cloud.try_climc("image-upload", "--format", "qcow2", "--wait", name, str(bad))
        image = cloud.show("image", name)
        assert image["status"] == "killed", image
        assert re.search(r"\w+ \w+", str(image.get("status_reason") or image.get("reason") or "")), image
        told = [word.replace("tiny:", f"{name}:") for word in CREATE]
        refused = cloud.try_climc("server-create", *told, "never", "--wait")
        assert refused.returncode != 0
        assert "image" in refused.stderr
    assert cloud.rows("server", "--name", "never") == []
    assert sorted(path.name for path in (machine.place / "storage").rglob("*")) == cached
    check_nothing_left(machine, cloud)
    foreign.check_untouched()

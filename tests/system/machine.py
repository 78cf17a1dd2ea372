"""A machine with a libvirtd and guests of its own, on which `cloudcore up --with-kvm` runs as a user would run it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from .libvirtd import PrivateLibvirtd
from .up import Up

NETWORK = "cloudcore"
NAMESPACES = (("net", "net"), ("mount", "mnt"), ("pid", "pid"))
SIZE = ("--ncpu", "1", "--mem-spec", "256M", "--disk", "tiny:1g")
CREATE = (*SIZE, "--net", "default", "--allow-delete", "--auto-start")
"""How a user asks for a server on the image `tiny`; its name is still to come."""

FOREIGN_NAME = "somebodys"
FOREIGN = """
<domain type='qemu'><name>somebodys</name><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk}'/><target dev='vda'/></disk></devices>
</domain>"""


@attrs.frozen
class Machine:
    """A machine with a libvirtd of its own, seen from its namespaces (`inside`) and from outside."""

    libvirtd: PrivateLibvirtd
    folder: Path

    @property
    def inside(self) -> list[str]:
        """What to put before a command that runs on this machine."""
        init = self.libvirtd.init
        return ["nsenter", *(f"--{kind}=/proc/{init}/ns/{name}" for kind, name in NAMESPACES)]

    @property
    def place(self) -> Path:
        """The folder of the cloud's guests and volumes, as it is seen from outside."""
        (found,) = (self.libvirtd.folder / "lib").glob("cloudcore-*")
        return found

    def run(self, *command: str, timeout_s: float = 180) -> str:
        """Run a command on the machine; answers what it prints."""
        done = subprocess.run(
            [*self.inside, *command], capture_output=True, text=True, timeout=timeout_s, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def virsh(self, *command: str) -> str:
        """Ask libvirt."""
        return self.run("virsh", "-q", "-c", "qemu:///system", *command)

    def reserved(self, network: str) -> list[str]:
        """The cards for which the network's DHCP server keeps an address."""
        return re.findall(r"<host mac='([^']+)'", self.virsh("net-dumpxml", network))

    def up(self, name: str = "data") -> Up:
        """A data folder for `cloudcore up` with real guests; nothing is started."""
        options = ["--with-kvm", "--yes", "--virt", "qemu", "--libvirt-uri", "qemu:///system"]
        return Up(self.folder / name, inside=self.inside, options=options)


@contextmanager
def lent_cloud(machine: Machine, image: Path, *options: str) -> Iterator[Up]:
    """A running cloud with more options that holds the image `tiny` and knows the key in `machine.folder` as `mine`."""
    cloud = machine.up()
    cloud.options = [*cloud.options, *options]
    cloud.start()
    try:
        cloud.climc("image-upload", "--format", "qcow2", "--wait", "tiny", str(image))
        key = machine.folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        cloud.climc("keypair-create", "mine", "--public-key", key.with_suffix(".pub").read_text().strip())
        yield cloud
    finally:
        cloud.kill()


@attrs.frozen
class Foreign:
    """A guest and a volume that are the user's own, and how they were when they were made."""

    machine: Machine
    disk: Path
    before: tuple[str, bytes]

    @classmethod
    def made(cls, machine: Machine) -> Foreign:
        """Put a volume beside ours and start a guest of that volume beside ours."""
        disk = machine.place / "storage/volumes/somebodys/disk.qcow2"
        disk.parent.mkdir(parents=True)
        subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", disk, "8M"], check=True)
        path = machine.folder / "foreign.xml"
        path.write_text(FOREIGN.format(disk=f"/var/lib/libvirt/{disk.relative_to(machine.libvirtd.folder / 'lib')}"))
        machine.virsh("define", str(path))
        machine.virsh("start", "somebodys")
        return cls(machine, disk, (machine.virsh("dumpxml", "somebodys"), disk.read_bytes()))

    def check_untouched(self) -> None:
        """Both are as they were."""
        assert (self.machine.virsh("dumpxml", "somebodys"), self.disk.read_bytes()) == self.before
        assert self.machine.virsh("domstate", "somebodys").strip() == "running"


def leases(machine: Machine) -> list[tuple[str, str]]:
    """The (card, address) pairs that DHCP has given."""
    lines = [line.split() for line in machine.virsh("net-dhcp-leases", NETWORK).splitlines()]
    return [(fields[2], fields[4].partition("/")[0]) for fields in lines if len(fields) > 4]


def check_nothing_left(machine: Machine, cloud: Up, kept: Sequence[str] = ("somebodys",)) -> None:
    """Of our guests libvirt, the storage and DHCP hold nothing, but for cached images and the trash."""
    assert machine.virsh("list", "--all", "--name").split() == [*kept], cloud.explain()
    assert "<host" not in machine.virsh("net-dumpxml", NETWORK)
    assert leases(machine) == []
    assert sorted(path.name for path in (machine.place / "storage/volumes").iterdir()) == [*kept]
    assert list((machine.place / "guests").iterdir()) == []

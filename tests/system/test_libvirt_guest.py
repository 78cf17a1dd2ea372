"""A real guest on a real libvirtd, through the effect runner: from an image to nothing left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cloudcore.model.effects import Done, Failed
from cloudcore.model.errors import ConflictError
from cloudcore.model.host import FoundKind
from cloudcore.ports.console import ConsoleStream
from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.libvirt.connection import LibvirtConnection
from cloudcore_adapters.libvirt.console import SerialStream

from .guest_image import PASSWORD
from .image_server import ServedImage, serving
from .libvirtd import PrivateLibvirtd
from .one_host import NETWORK, SUBNET, OneHost, description, open_host, started_runner

libvirt = pytest.importorskip("libvirt")
libvirt_qemu = pytest.importorskip("libvirt_qemu")
pytestmark = pytest.mark.system

FOREIGN = """
<domain type='qemu'><name>somebodys</name><memory unit='MiB'>32</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{disk}'/><target dev='vda'/></disk></devices>
</domain>"""


@pytest.fixture(scope="module")
def image(guest_image: Path) -> Iterator[ServedImage]:
    with serving(guest_image) as served:
        yield served


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = Path("/tmp") / f"cctest-host-{uuid.uuid4().hex[:8]}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def host(libvirtd: PrivateLibvirtd, folder: Path, image: ServedImage) -> Iterator[OneHost]:
    """A host with its network up and the image cached."""
    opened = open_host(libvirtd.uri, folder)
    opened.ensure_network(NETWORK, f"{SUBNET}.0/24", f"{SUBNET}.1")
    one = OneHost(folder, opened, EffectRunner(opened, folder / "journal"))
    one.twice(
        "image-cache", "image-1", image_id="image-1", format="qcow2", size=image.size, checksum=image.sha256,
        url=image.url, storage_path=one.storage_path,
    )  # fmt: skip
    yield one
    assert one.runner.close()
    opened.remove_network(NETWORK)
    opened.close()


@pytest.fixture(scope="module")
def ssh_key(folder: Path) -> Path:
    """A key without a passphrase; the public half lies beside it."""
    path = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


def read_until(console: ConsoleStream, *words: bytes, timeout_s: float = 180) -> bytes:
    """What the console says until all the words have come."""
    said, deadline = b"", time.monotonic() + timeout_s
    while not all(word in said for word in words):
        more = console.read(1.0)
        assert more is not None, f"the console ended after {said[-500:]!r}"
        assert time.monotonic() < deadline, f"only {said[-500:]!r}"
        said += more
    return said


def check_console(host: OneHost, libvirtd: PrivateLibvirtd, guest: str, console: ConsoleStream) -> None:
    """Log in, be cut off by the next who attaches, and lose nothing of more output than the buffer holds."""
    for answer, next_prompt in ((b"root", b"Password:"), (PASSWORD.encode(), b"# ")):
        time.sleep(0.5)  # getty and login throw away what comes before they listen
        console.write(answer + b"\n")
        read_until(console, next_prompt)
    connection = LibvirtConnection(libvirtd.uri)
    small = SerialStream(connection.get(), connection.domain(guest), buffer=4096)
    while console.read(5) is not None:
        continue
    small.write(b"seq 10000 19999; echo EN''D\n")
    time.sleep(1)
    lines = read_until(small, b"END").split()
    begin = lines.index(b"10000", lines.index(b"19999;"))  # the first is the command's echo
    assert lines[begin : begin + 10000] == [str(number).encode() for number in range(10000, 20000)]
    small.write(b"exit\n")
    read_until(small, b"login:")
    small.close()
    assert small.read(1) is None
    with pytest.raises(ConflictError):
        small.write(b"late")
    connection.close()
    assert host.host.power_state(guest) == "on"


def ssh(libvirtd: PrivateLibvirtd, key: Path, address: str, command: str) -> str:
    """Run a command in the guest; answers what it prints."""
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "ConnectTimeout=10"]
    client = ["ssh", "-F", "none", "-i", str(key), *(f"-o{option}" for option in options), f"root@{address}", command]
    done = subprocess.run([*libvirtd.command_inside, *client], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for(condition: Callable[[], bool], timeout_s: float = 60) -> None:
    """Return when the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def virsh(libvirtd: PrivateLibvirtd, *command: str) -> str:
    done = subprocess.run(
        ["virsh", "-q", "-c", libvirtd.uri, *command], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_guest_lives_from_image_to_nothing_left_beside_somebody_elses(
    host: OneHost, libvirtd: PrivateLibvirtd, ssh_key: Path
) -> None:
    guest, address = str(uuid.uuid4()), f"{SUBNET}.20"
    foreign = host.folder / "storage/volumes/somebodys"
    foreign.mkdir(parents=True)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", foreign / "disk.qcow2", "8M"], check=True)
    (host.folder / "foreign.xml").write_text(FOREIGN.format(disk=foreign / "disk.qcow2"))
    virsh(libvirtd, "define", str(host.folder / "foreign.xml"))
    virsh(libvirtd, "start", "somebodys")
    before = virsh(libvirtd, "dumpxml", "somebodys"), (foreign / "disk.qcow2").read_bytes()
    states: list[tuple[str, str]] = []
    watch = host.host.watch(lambda *told: states.append(told))

    host.twice("volume-create", "volume-1", **host.backed_volume("volume-1", "image-1"))
    desc = description(host.folder, guest, "volume-1", 20, ssh_key.with_suffix(".pub").read_text().strip())
    assert host.twice("guest-create", guest, desc=desc) == {"power_state": "off"}
    assert host.twice("guest-start", guest, guest_id=guest, desc=desc) == {"power_state": "on"}
    console = host.host.open_serial(guest)
    said = read_until(console, b"BOOT-DONE", b"login:")
    assert f"BOOT-DONE web20 eth0={address}/24".encode() in said
    leases = virsh(libvirtd, "net-dhcp-leases", NETWORK)
    assert f"{address}/24" in leases
    assert desc["nics"][0]["mac"] in leases
    assert ssh(libvirtd, ssh_key, address, "hostname; echo kept > /root/note; sync") == "web20\n"
    check_console(host, libvirtd, guest, console)
    console = host.host.open_serial(guest)

    assert host.twice("guest-stop", guest, guest_id=guest, force=False, timeout_s=40) == {"power_state": "off"}
    while (more := console.read(5)) is not None:
        assert more, "the console of a stopped guest has not ended"
    assert host.twice("guest-start", guest, guest_id=guest, desc=desc) == {"power_state": "on"}
    read_until(host.host.open_serial(guest), b"BOOT-DONE")
    assert ssh(libvirtd, ssh_key, address, "cat /root/note") == "kept\n"

    assert host.twice("guest-stop", guest, guest_id=guest, force=True, timeout_s=0) == {"power_state": "off"}
    host.twice("guest-delete", guest, guest_id=guest, desc=desc)
    host.twice("volume-delete", "volume-1", volume_id="volume-1", storage_path=host.storage_path)
    assert [found.kind for found in host.host.inventory()] == [FoundKind.IMAGE]
    assert virsh(libvirtd, "list", "--all", "--name").split() == ["somebodys"]
    assert "<host" not in virsh(libvirtd, "net-dumpxml", NETWORK)
    assert list((host.folder / "data/guests").iterdir()) == []
    assert (virsh(libvirtd, "dumpxml", "somebodys"), (foreign / "disk.qcow2").read_bytes()) == before
    watch.close()
    assert {state for told, state in states if told == guest} >= {"on", "off"}
    assert {told for told, _ in states} == {guest}
    virsh(libvirtd, "destroy", "somebodys")
    virsh(libvirtd, "undefine", "somebodys")


def test_a_foreign_domain_or_volume_in_our_place_is_left_alone(host: OneHost, libvirtd: PrivateLibvirtd) -> None:
    guest = str(uuid.uuid4())
    foreign = FOREIGN.format(disk="/none").replace("<memory", f"<uuid>{guest}</uuid><memory")
    (host.folder / "foreign.xml").write_text(foreign)
    virsh(libvirtd, "define", str(host.folder / "foreign.xml"))
    volume = host.folder / "storage/volumes/foreign-volume"
    volume.mkdir(parents=True)
    desc = description(host.folder, guest, "volume-x", 21)
    for kind, args in (
        ("guest-create", {"desc": desc}),
        ("guest-start", {"guest_id": guest, "desc": desc}),
        ("guest-stop", {"guest_id": guest, "force": True, "timeout_s": 0}),
        ("guest-delete", {"guest_id": guest, "desc": desc}),
    ):
        refused = host.end(host.submit(kind, guest, **args))
        assert isinstance(refused, Failed)
        assert "not of this deployment" in refused.error
    refused = host.end(host.submit("volume-delete", "v", volume_id="foreign-volume", storage_path=host.storage_path))
    assert isinstance(refused, Failed)
    assert volume.is_dir()
    assert host.host.power_state(guest) == "missing"
    assert "somebodys" in virsh(libvirtd, "list", "--all", "--name")
    virsh(libvirtd, "undefine", "somebodys")


def test_a_guest_that_stops_by_itself_is_crashed_and_its_start_reports_it(
    host: OneHost, libvirtd: PrivateLibvirtd
) -> None:
    guest = str(uuid.uuid4())
    host.twice("volume-create", "volume-c", **host.backed_volume("volume-c", "image-1"))
    desc = description(host.folder, guest, "volume-c", 22)
    host.twice("guest-create", guest, desc=desc)
    name = f"cloudcore-{guest}"
    stopped = threading.Event()
    connection = LibvirtConnection(libvirtd.uri)

    def stop_when_running() -> None:
        domain = connection.domain(guest)
        while not stopped.is_set():
            try:
                libvirt_qemu.qemuMonitorCommand(domain, "stop", libvirt_qemu.VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP)
                stopped.set()
            except libvirt.libvirtError:  # it does not run yet
                time.sleep(0.01)

    breaker = threading.Thread(target=stop_when_running)
    breaker.start()
    outcome = host.end(host.submit("guest-start", guest, guest_id=guest, desc=desc))
    stopped.set()
    breaker.join()
    connection.close()
    assert outcome == Failed("the guest stopped with an internal error right after its start", transient=True)
    assert host.host.power_state(guest) == "off"
    host.twice("guest-start", guest, guest_id=guest, desc=desc)
    virsh(libvirtd, "qemu-monitor-command", "--hmp", name, "stop")
    assert host.host.power_state(guest) == "crashed"
    assert host.twice("guest-start", guest, guest_id=guest, desc=desc) == {"power_state": "on"}
    host.twice("guest-delete", guest, guest_id=guest, desc=desc)
    host.twice("volume-delete", "volume-c", volume_id="volume-c", storage_path=host.storage_path)


def test_the_adapter_finds_libvirtd_again_after_its_death(host: OneHost, libvirtd: PrivateLibvirtd) -> None:
    guest = str(uuid.uuid4())
    states: list[tuple[str, str]] = []
    host.twice("volume-create", "volume-d", **host.backed_volume("volume-d", "image-1"))
    desc = description(host.folder, guest, "volume-d", 23)
    host.twice("guest-start", guest, guest_id=guest, desc=desc)
    watch = host.host.watch(lambda *told: states.append(told), retry_s=0.2)
    wait_for(lambda: (guest, "on") in states)
    libvirtd.kill_daemon()
    wait_for(lambda: states.count((guest, "on")) == 2)
    assert host.host.power_state(guest) == "on"
    host.twice("guest-stop", guest, guest_id=guest, force=True, timeout_s=0)
    host.twice("guest-delete", guest, guest_id=guest, desc=desc)
    host.twice("volume-delete", "volume-d", volume_id="volume-d", storage_path=host.storage_path)
    watch.close()


def test_a_killed_runner_converges_when_it_starts_again(
    host: OneHost, libvirtd: PrivateLibvirtd, image: ServedImage, tmp_path: Path
) -> None:
    """Runners die by SIGKILL while they make a volume, define a guest and start it; the next one ends what they began."""
    folder = host.folder / "killed"
    guest = str(uuid.uuid4())
    desc = description(folder, guest, "volume-k", 24)
    hold, asked = threading.Event(), len(image.requests)
    image.pause = hold
    opened = open_host(libvirtd.uri, folder)
    first = OneHost(folder, opened, EffectRunner(opened, folder / "journal", workers=1))
    cache = first.submit(
        "image-cache", guest, image_id="image-k", format="qcow2", size=image.size, checksum=image.sha256,
        url=image.url, storage_path=first.storage_path,
    )  # fmt: skip
    volume = first.submit("volume-create", guest, **first.backed_volume("volume-k", "image-k"))
    create = first.submit("guest-create", guest, desc=desc)
    start = first.submit("guest-start", guest, guest_id=guest, desc=desc)
    with pytest.raises(ConflictError):
        EffectRunner(opened, folder / "journal")
    # A runner that is closed before it has begun has nothing to wait for.
    wait_for(lambda: len(image.requests) > asked, 60)
    assert not first.runner.close(0.2), "the download is held"
    hold.set()
    assert first.runner.close()

    for pause in (0.15, 0.4, 0.7):  # a few moments into what it does: making the volume, defining, starting
        process = started_runner(libvirtd.uri, folder)
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()

    again = OneHost(folder, opened, EffectRunner(opened, folder / "journal"))
    for key in (cache, volume, create, start):
        assert isinstance(again.end(key), Done), key
    assert opened.power_state(guest) == "on"
    assert len([f for f in opened.inventory() if f.mark.resource == guest and f.kind == FoundKind.GUEST]) == 1
    again.twice("guest-delete", guest, guest_id=guest, desc=desc)
    again.twice("volume-delete", "volume-k", volume_id="volume-k", storage_path=again.storage_path)
    assert again.runner.close()
    opened.close()

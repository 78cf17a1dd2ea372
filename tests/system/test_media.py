"""CDs, bounds, screens and the order of boot, on a real QEMU that no system has to run in."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from cloudcore.model.effects import Done
from cloudcore.model.guest import GuestMedium, from_json, to_json
from cloudcore_adapters.agent import EffectRunner
from cloudcore_adapters.libvirt.connection import LibvirtConnection
from cloudcore_adapters.libvirt.shaping import can_bound_cards

from .image_server import serving
from .libvirtd import PrivateLibvirtd
from .one_host import NETWORK, SUBNET, OneHost, description, open_host

libvirt = pytest.importorskip("libvirt")
libvirt_qemu = pytest.importorskip("libvirt_qemu")
pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
GUEST, ISO = "guest-1", "iso-1"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = Path("/tmp") / f"cctest-media-{uuid.uuid4().hex[:8]}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def host(libvirtd: PrivateLibvirtd, folder: Path) -> Iterator[OneHost]:
    """A host with an empty volume and a cached CD."""
    (folder / "files").mkdir()
    (folder / "files" / "hello").write_text("hello")
    subprocess.run(["genisoimage", "-quiet", "-o", folder / "cd.iso", folder / "files"], check=True)
    opened = open_host(libvirtd.uri, folder)
    opened.ensure_network(NETWORK, f"{SUBNET}.0/24", f"{SUBNET}.1")
    one = OneHost(folder, opened, EffectRunner(opened, folder / "journal"))
    with serving(folder / "cd.iso") as served:
        cached = {"size": served.size, "checksum": served.sha256, "url": served.url, "storage_path": one.storage_path}
        one.twice("image-cache", ISO, image_id=ISO, format="iso", **cached)
    one.twice("volume-create", "v1", **{**one.backed_volume("v1", ""), "backing_image_id": None})
    yield one
    assert one.runner.close()
    opened.remove_network(NETWORK)
    opened.close()


def changed(host: OneHost, **more: Any) -> dict[str, Any]:
    """The guest with some fields otherwise."""
    return to_json(attrs.evolve(from_json(description(host.folder, GUEST, "v1", 7)), **more))


def media(domain: Any) -> list[str]:
    """Which files QEMU itself says are in its CD drives."""
    told = json.loads(libvirt_qemu.qemuMonitorCommand(domain, json.dumps({"execute": "query-block"}), 0))
    drives = [block for block in told["return"] if block["removable"]]
    return sorted(Path(d["inserted"]["file"]).name for d in drives if "inserted" in d)


def test_media_and_bounds_change_under_a_guest_that_is_on(host: OneHost, libvirtd: PrivateLibvirtd) -> None:
    medium = GuestMedium(image_id=ISO, storage_path=host.storage_path)
    host.twice("guest-start", GUEST, guest_id=GUEST, desc=changed(host))
    connection = LibvirtConnection(libvirtd.uri)
    domain = connection.domain(GUEST)
    assert media(domain) == ["seed.iso"]

    assert host.twice("guest-sync", GUEST, guest_id=GUEST, desc=changed(host, medium=medium))["pending"] == []
    assert media(domain) == ["image.iso", "seed.iso"]
    assert host.twice("guest-sync", GUEST, guest_id=GUEST, desc=changed(host))["pending"] == []
    assert media(domain) == ["seed.iso"]

    known = from_json(changed(host))
    bounded = to_json(
        attrs.evolve(
            known,
            disks=tuple(attrs.evolve(disk, iops=100, bytes_per_s=1 << 20) for disk in known.disks),
            nics=tuple(attrs.evolve(nic, rx_mbps=8, tx_mbps=16) for nic in known.nics),
        )
    )
    told = host.twice("guest-sync", GUEST, guest_id=GUEST, desc=bounded)
    assert told["pending"] == ([] if can_bound_cards() else ["bandwidth"])
    tune = domain.blockIoTune("vda", 0)
    assert (tune["total_iops_sec"], tune["total_bytes_sec"]) == (100, 1 << 20)
    card = domain.interfaceParameters(known.nics[0].mac, 0)
    bounds = (1000, 2000) if can_bound_cards() else (0, 0)
    assert (card["inbound.average"], card["outbound.average"]) == bounds
    host.twice("guest-sync", GUEST, guest_id=GUEST, desc=changed(host))
    assert domain.blockIoTune("vda", 0)["total_iops_sec"] == 0
    assert domain.interfaceParameters(known.nics[0].mac, 0)["inbound.average"] == 0

    host.twice("guest-stop", GUEST, guest_id=GUEST, force=True, timeout_s=0)
    assert host.twice("guest-start", GUEST, guest_id=GUEST, desc=bounded)["power_state"] == "on"
    assert connection.domain(GUEST).blockIoTune("vda", 0)["total_iops_sec"] == 100
    host.twice("guest-delete", GUEST, guest_id=GUEST, desc=bounded)
    connection.close()


@pytest.mark.parametrize(
    ("vga", "vdi", "machine", "boot_order"),
    [("std", "vnc", "pc", "cdn"), ("cirrus", "spice", "pc", "dcn"), ("qxl", "spice", "q35", "n"), ("virtio", "vnc", "q35", "d"),
     ("vmware", "vnc", "pc", "c")],
)  # fmt: skip
def test_each_emulation_starts(
    host: OneHost, libvirtd: PrivateLibvirtd, vga: str, vdi: str, machine: str, boot_order: str
) -> None:
    medium = GuestMedium(image_id=ISO, storage_path=host.storage_path, boot_index=0 if vga == "std" else -1)
    desc = changed(host, vga=vga, vdi=vdi, machine=machine, boot_order=boot_order, medium=medium)
    started = host.end(host.submit("guest-start", GUEST, guest_id=GUEST, desc=desc))
    assert isinstance(started, Done), started
    assert started.result["power_state"] == "on"
    connection = LibvirtConnection(libvirtd.uri)
    assert f"<graphics type='{vdi}'" in connection.domain(GUEST).XMLDesc()
    connection.close()
    host.twice("guest-delete", GUEST, guest_id=GUEST, desc=desc)

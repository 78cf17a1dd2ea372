"""Images made to harm whoever opens them: each attack with a sample, from the upload to what is left of it."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from tests.simulation.cloud import CALLER, IMAGE_URL, Cloud
from tests.unit.image import samples

from cloudcore.model.effects import Done, Effect, Failed
from cloudcore.model.errors import CloudcoreError, OutOfRangeError
from cloudcore.operations.session import CoreSession
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore_adapters.files import FileImageStore
from cloudcore_adapters.files.convert import QemuImgConverter
from cloudcore_adapters.memory.images import MemoryImageStore
from cloudcore_apps.climc.handmade.images import _file_name

MIB = 1 << 20
QEMU = pytest.mark.skipif(shutil.which("qemu-img") is None, reason="needs qemu-img")


def backing(name: bytes) -> bytes:
    image = bytearray(samples.qcow2(backing_offset=512, backing_length=len(name)))
    image[512 : 512 + len(name)] = name
    return bytes(image)


REACHING_OUT = {
    "a backing file": ("qcow2", backing(b"/etc/shadow")),
    "a backing URL": ("qcow2", backing(b"http://169.254.169.254/latest/meta-data")),
    "a backing file in JSON": ("qcow2", backing(b'json:{"driver":"file","filename":"/etc/shadow"}')),
    "an external data file": ("qcow2", samples.qcow2(samples.extension(0x44415441, b"/etc/shadow"), incompatible=4)),
    "a flat extent": ("vmdk", samples.vmdk(samples.descriptor(extents='RW 20480 FLAT "/etc/shadow" 0'))),
    "a bare descriptor": (
        "vmdk",
        samples.descriptor("monolithicFlat", 'RW 20480 FLAT "/etc/shadow" 0').encode().ljust(1024, b"\0"),
    ),
    "a parent": ("vmdk", samples.vmdk(samples.descriptor(more='parentFileNameHint="/etc/shadow"\n'))),
    "a hidden qcow2 header": ("raw", backing(b"/etc/shadow")),
    "a hidden vmdk descriptor": (
        "raw",
        (b"# Disk DescriptorFile\nversion=1\n" + b'RW 1 FLAT "/etc/shadow" 0\n').ljust(4096, b"\0"),
    ),
    "a parent of a vhd": ("vhd", samples.vhd_dynamic(kind=4, parent="/etc/shadow".encode("utf-16-be"))),
    "2^63 virtual bytes": ("qcow2", samples.qcow2(size=2**63)),
    "64 TiB and a sector in no bytes": ("qcow2", samples.qcow2(size=(64 << 40) + 512)),
    "tables that lie outside": ("qcow2", samples.qcow2(l1=(1 << 40,))),
    "counts that would fill the memory": ("qcow2", samples.qcow2(l1_size=2**32 - 1)),
    "an archive": ("raw", b"x" * 257 + b"ustar" + bytes(1000)),
    "compression": ("raw", b"\x1f\x8b\x08" + bytes(1021)),
}


@pytest.mark.parametrize("way", ["upload", "import"])
@pytest.mark.parametrize("attack", REACHING_OUT)
def test_an_image_that_would_harm_never_leaves_quarantine(attack: str, way: str) -> None:
    kind, data = REACHING_OUT[attack]
    cloud = Cloud(hosts=1, files={IMAGE_URL: data})
    session = CoreSession(cloud.platform, CALLER)
    body = {"name": "evil", "disk_format": kind, "protected": False}
    if way == "upload":
        made = session.upload(None, body, [data])
    else:
        made = session.create("images", {**body, "copy_from": IMAGE_URL})
    cloud.settle()

    image = session.get("images", made["id"])
    assert image["status"] == "killed"
    assert image["status_reason"]
    assert list(cloud.images._held) == ["images/i1"]
    with pytest.raises(CloudcoreError):
        session.download(made["id"])
    with pytest.raises(CloudcoreError):
        session.perform("images", made["id"], "convert", {"format": "raw"})
    assert cloud.defects == []


@pytest.mark.parametrize("declared", ["", "raw", "qcow2", "vmdk"])
def test_leaving_the_format_open_helps_no_attack(declared: str) -> None:
    for _, data in REACHING_OUT.values():
        store = MemoryImageStore()
        store.write("staged/1", [data])
        port = InlineEffects(performer=ImagePerformer(store))
        args = {"image_id": "i", "staged_key": "staged/1", "declared_format": declared}
        port.submit(Effect(kind="image-probe", target="image:store", resource="i", args=args), "k", 1)
        outcome = port.outcome("k")
        assert isinstance(outcome, Failed)
        assert not outcome.transient


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "..", "a/../../b", "images+i1", ".partial-1", "a\\..\\b", "%2e%2e%2fpasswd"],
)
def test_a_name_is_never_a_path(name: str) -> None:
    cloud = Cloud(hosts=1)
    session = CoreSession(cloud.platform, CALLER)
    made = session.upload(None, {"name": name, "disk_format": "raw"}, [bytes(510) + b"\x55\xaa"])
    cloud.settle()

    assert sorted(cloud.images._held) == sorted(["images/i1", f"images/{made['id']}"])
    saved = _file_name(name, "raw")
    assert not {"/", "\\"} & set(saved)
    assert not saved.startswith(".")


def effect(store: FileImageStore, key: str, kind: str, virtual_size: int) -> Effect:
    args = {"image_id": "i", "key": key, "format": kind, "virtual_size": virtual_size}
    args |= {"target_key": "formats/i/raw", "target_format": "raw"}
    return Effect(kind="image-convert", target="image:worker", resource="i", args=args)


@QEMU
def test_a_compressed_image_grows_to_what_it_claims_and_no_further(tmp_path: Path) -> None:
    """64 MiB of one pattern in a few KiB: what comes out is bounded by the virtual size that was inspected."""
    (tmp_path / "plain").write_bytes(b"bomb" * (16 << 20))
    command = ["qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", str(tmp_path / "plain"), str(tmp_path / "bomb")]
    subprocess.run(command, check=True)
    data = (tmp_path / "bomb").read_bytes()
    assert len(data) < 2 * MIB
    store = FileImageStore(tmp_path / "images")
    store.write("images/i", [data])
    port = InlineEffects(performer=ImagePerformer(store, converter=QemuImgConverter(store)))

    port.submit(effect(store, "images/i", "qcow2", MIB), "lied", 1)
    lied = port.outcome("lied")
    assert isinstance(lied, Failed)
    assert store.remove_partial(-60) == 0
    port.submit(effect(store, "images/i", "qcow2", 64 * MIB), "true", 1)
    done = port.outcome("true")
    assert isinstance(done, Done)
    assert done.result["size"] == 64 * MIB


@QEMU
def test_a_sparse_image_of_many_terabytes_is_not_converted(tmp_path: Path) -> None:
    store = FileImageStore(tmp_path / "images")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(tmp_path / "sparse"), "60T"], check=True)
    store.write("images/i", [(tmp_path / "sparse").read_bytes()])
    port = InlineEffects(performer=ImagePerformer(store, converter=QemuImgConverter(store)))

    port.submit(effect(store, "images/i", "qcow2", 60 << 40), "k", 1)

    outcome = port.outcome("k")
    assert isinstance(outcome, Failed)
    assert not outcome.transient
    with pytest.raises(OutOfRangeError):
        cloud = Cloud(hosts=1)
        session = CoreSession(cloud.platform, CALLER)
        made = session.upload(None, {"name": "s", "disk_format": "qcow2"}, [(tmp_path / "sparse").read_bytes()])
        cloud.settle()
        session.perform("images", made["id"], "convert", {"format": "raw"})


@QEMU
@pytest.mark.parametrize("seed", range(6))
def test_a_damaged_image_ends_the_conversion_and_not_us(tmp_path: Path, seed: int) -> None:
    """Headers that the inspection accepts, over tables that point anywhere."""
    image = bytearray(samples.qcow2())
    for index in range(64):
        entry = (1 << 63) | ((seed * 7919 + index * 104729) % (1 << 50)) & ~0x1FF
        struct.pack_into(">Q", image, 4 * 65536 + 8 * index, entry)
    store = FileImageStore(tmp_path / "images")
    store.write("images/i", [bytes(image)])
    port = InlineEffects(performer=ImagePerformer(store, converter=QemuImgConverter(store, time_s=20)))

    port.submit(effect(store, "images/i", "qcow2", 64 * MIB), "k", 1)

    assert isinstance(port.outcome("k"), Failed | Done)
    assert store.remove_partial(-60) == 0

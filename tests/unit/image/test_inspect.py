from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

import pytest

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.resources.image.inspect import FORMATS, inspect

_spec = importlib.util.spec_from_file_location("image_samples", Path(__file__).with_name("samples.py"))
assert _spec is not None
assert _spec.loader is not None
s = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(s)

MIB, GOOD, Quarantine, look = s.MIB, s.GOOD, s.Quarantine, s.look


@pytest.mark.parametrize(
    ("name", "declared", "virtual_size"),
    [
        ("qcow2", "qcow2", 64 * MIB), ("qcow2 v2", "QCOW2", 64 * MIB), ("vmdk", "vmdk", 10 * MIB), ("vmdk stream", "vmdk", 10 * MIB),
        ("vhd fixed", "vhd", 4 * MIB), ("vhd dynamic", "vpc", 4 * MIB), ("vhdx", "vhdx", 64 * MIB), ("iso", "iso", 65536),
        ("raw", "raw", MIB), ("raw mbr", "img", MIB), ("raw gpt", "raw", MIB),
    ],
)  # fmt: skip
def test_a_good_image_is_what_it_was_declared_as(name, declared, virtual_size):
    found = look(GOOD[name], declared)

    assert name.split()[0] == found.format
    assert virtual_size == found.virtual_size
    assert found == look(GOOD[name], "")


@pytest.mark.parametrize("declared", FORMATS)
@pytest.mark.parametrize("name", GOOD)
def test_another_format_than_declared_is_refused(name, declared):
    if name.split()[0] == declared:
        return
    with pytest.raises(InvalidFormatError, match="declared as"):
        look(GOOD[name], declared)


@pytest.mark.parametrize("declared", ["docker", "qcow", "../raw", "raw\r\n", "x" * 1000])
def test_an_unknown_declared_format_is_refused(declared):
    with pytest.raises(InvalidFormatError, match="is not one of"):
        look(bytes(MIB), declared)


BAD_QCOW2 = {
    "a backing file": s.qcow2(backing_offset=200, backing_length=11),
    "a backing file of no length": s.qcow2(backing_offset=200),
    "a backing file at no place": s.qcow2(backing_length=11),
    "a backing format": s.qcow2(s.extension(0xE2792ACA, b"raw")),
    "an external data file by bit": s.qcow2(incompatible=4),
    "an external data file by name": s.qcow2(s.extension(0x44415441, b"/etc/shadow")),
    "an external data file after others": s.qcow2(s.extension(0x6803F857, bytes(96)) + s.extension(0x44415441, b"/etc/shadow")),
    "an external data file in version 2": s.qcow2(s.extension(0x44415441, b"/etc/shadow"), version=2),
    "a raw external data file": s.qcow2(autoclear=2),
    "old encryption": s.qcow2(encryption=1),
    "new encryption": s.qcow2(encryption=2),
    "an encryption header": s.qcow2(s.extension(0x0537BE77, bytes(16))),
    "an unknown feature": s.qcow2(incompatible=1 << 40),
    "the corrupt mark": s.qcow2(incompatible=2),
    "the dirty mark": s.qcow2(incompatible=1),
    "an unknown compression": s.qcow2(incompatible=8, compression=2),
    "a hidden compression": s.qcow2(compression=1),
    "version 1": s.qcow2(version=1),
    "version 4": s.qcow2(version=4),
    "tiny clusters": s.qcow2(cluster_bits=8),
    "huge clusters": s.qcow2(cluster_bits=22),
    "absurd clusters": s.qcow2(cluster_bits=2**32 - 1),
    "no virtual size": s.qcow2(size=0),
    "a virtual size of half a sector": s.qcow2(size=MIB + 256),
    "a virtual size of 2^63": s.qcow2(size=2**63),
    "a virtual size above 64 TiB": s.qcow2(size=(64 << 40) + 512),
    "a virtual size beyond its L1 table": s.qcow2(size=64 << 30),
    "a giant L1 table": s.qcow2(l1_size=2**32 - 1),
    "an L1 table outside": s.qcow2(l1_offset=1 << 40),
    "an L1 table at the very end": s.qcow2(l1_offset=5 * 65536),
    "an L1 table over the header": s.qcow2(l1_offset=0),
    "an L1 table askew": s.qcow2(l1_offset=3 * 65536 + 8),
    "an L2 table outside": s.qcow2(l1=(1 << 40,)),
    "an L2 table askew": s.qcow2(l1=(4 * 65536 + 512,)),
    "a refcount table outside": s.qcow2(refcount_offset=1 << 62),
    "no refcount table": s.qcow2(refcount_clusters=0),
    "a giant refcount table": s.qcow2(refcount_clusters=2**32 - 1),
    "wide reference counts": s.qcow2(refcount_order=7),
    "a short header": s.qcow2(header_length=96),
    "an odd header": s.qcow2(header_length=107),
    "a header beyond its cluster": s.qcow2(header_length=2**32 - 8),
    "too many snapshots": s.qcow2(snapshots=65537, snapshots_offset=65536),
    "snapshots outside": s.qcow2(snapshots=1, snapshots_offset=1 << 40),
    "an extension beyond the cluster": s.qcow2(struct.pack(">II", 1, 2**32 - 1)),
    "endless extensions": s.qcow2(s.extension(1) * 40),
    "small extended clusters": s.qcow2(incompatible=16, cluster_bits=9),
}  # fmt: skip


@pytest.mark.parametrize("attack", BAD_QCOW2)
def test_a_qcow2_is_refused_with(attack):
    with pytest.raises((InvalidFormatError, OutOfRangeError)) as caught:
        look(BAD_QCOW2[attack], "qcow2")

    assert "qcow2" in str(caught.value) or "image's" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (BAD_QCOW2["a backing file"], "backing file"),
        (BAD_QCOW2["an external data file by name"], "external data file"),
        (BAD_QCOW2["an encryption header"], "encrypted"),
        (BAD_QCOW2["an L1 table outside"], "truncated"),
        (s.qcow2()[:70], "smaller than one sector"),
        (s.qcow2()[: 3 * 65536], "L1 table lies outside"),
        (s.qcow2()[: 4 * 65536], "L2 table lies outside"),
    ],
)
def test_a_refusal_names_its_reason(data, reason):
    with pytest.raises(InvalidFormatError, match=reason):
        look(data, "qcow2")


def test_harmless_qcow2_features_are_accepted():
    extensions = s.extension(0x6803F857, bytes(48)) + s.extension(0x23852875, bytes(24))

    assert look(s.qcow2(extensions)).virtual_size == 64 * MIB
    assert look(s.qcow2(incompatible=8, compression=1)).format == "qcow2"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"l1_offset": 1 << 40, "l1_size": 1}, "L1 table"),
        ({"l1_size": 2**32 - 1}, "32 MiB"),
        ({"extra": 2**32 - 1}, "extra data"),
        ({}, None),
    ],
)
def test_internal_snapshots_must_lie_inside(fields, reason):
    entry = struct.pack(
        ">QIHHIIQII",
        fields.get("l1_offset", 3 * 65536),
        fields.get("l1_size", 1),
        1,
        4,
        0,
        0,
        0,
        0,
        fields.get("extra", 0),
    )
    image = bytearray(s.qcow2(snapshots=1, snapshots_offset=4 * 65536, l1=(0,)))
    image[4 * 65536 : 4 * 65536 + 45] = entry + b"1snap"

    if reason is None:
        assert "1 internal snapshots" in look(bytes(image)).notes
    else:
        with pytest.raises(InvalidFormatError, match=reason):
            look(bytes(image), "qcow2")


BAD_VMDK = {
    "a flat extent": s.vmdk(s.descriptor(extents='RW 20480 FLAT "/etc/shadow" 0')),
    "a flat extent of a bare name": s.vmdk(s.descriptor("monolithicFlat", 'RW 20480 FLAT "disk-flat.vmdk" 0')),
    "a second, flat extent": s.vmdk(s.descriptor(extents='RW 20480 SPARSE "a.vmdk"\nRW 1 FLAT "/etc/shadow" 0')),
    "two sparse extents": s.vmdk(s.descriptor(extents='RW 20480 SPARSE "a.vmdk"\nRW 20480 SPARSE "b.vmdk"')),
    "a raw device": s.vmdk(s.descriptor("fullDevice", 'RW 20480 FLAT "/dev/sda" 0')),
    "a vmfs extent": s.vmdk(s.descriptor("vmfs", 'RW 20480 VMFS "x-flat.vmdk"')),
    "a vmfs raw device": s.vmdk(s.descriptor("vmfsRaw", 'RW 20480 VMFSRDM "x-rdm.vmdk"')),
    "a path": s.vmdk(s.descriptor(extents='RW 20480 SPARSE "/etc/shadow"')),
    "a path upwards": s.vmdk(s.descriptor(extents='RW 20480 SPARSE "..\\x"')),
    "a url": s.vmdk(s.descriptor(extents='RW 20480 SPARSE "nbd:host:1"')),
    "no extent": s.vmdk(s.descriptor(extents="")),
    "a parent": s.vmdk(s.descriptor().replace("parentCID=ffffffff", "parentCID=12345678")),
    "a parent's name": s.vmdk(s.descriptor(more='parentFileNameHint="/etc/shadow"\n')),
    "a second type": s.vmdk(s.descriptor(more='createType="monolithicFlat"\n')),
    "a split type": s.vmdk(s.descriptor("twoGbMaxExtentSparse")),
    "encryption": s.vmdk(s.descriptor(more='encryption.keySafe="x"\n')),
    "change tracking": s.vmdk(s.descriptor(more='changeTrackPath="/etc/passwd"\n')),
    "a line of no kind": s.vmdk(s.descriptor(more="include /etc/shadow\n")),
    "no descriptor": s.vmdk(descriptor_offset=0),
    "a descriptor outside": s.vmdk(descriptor_offset=1 << 50),
    "a giant descriptor": s.vmdk(descriptor_size=1 << 40),
    "another descriptor": s.vmdk("hello\n"),
    "no capacity": s.vmdk(capacity=0),
    "a giant capacity": s.vmdk(capacity=2**63),
    "another capacity": s.vmdk(capacity=20488),
    "no grains": s.vmdk(grain=0),
    "odd grains": s.vmdk(grain=100),
    "no grain tables": s.vmdk(per_table=0),
    "a directory outside": s.vmdk(directory=1 << 40),
    "no directory": s.vmdk(directory=0),
    "no footer": s.vmdk(directory=2**64 - 1),
    "text damage": s.vmdk(newlines=b"\n \n\n"),
    "an unknown compression": s.vmdk(compression=9),
    "version 9": s.vmdk(version=9),
    "a descriptor alone": s.descriptor().encode().ljust(1024, b"\n"),
    "a flat descriptor alone": s.descriptor("monolithicFlat", 'RW 20480 FLAT "/etc/shadow" 0')
    .encode()
    .ljust(1024, b"\n"),
    "a descriptor after comments": b"\n # x\n" + s.descriptor().split("\n", 1)[1].encode().ljust(1024, b"\n"),
}


@pytest.mark.parametrize("attack", BAD_VMDK)
def test_a_vmdk_is_refused_with(attack):
    with pytest.raises((InvalidFormatError, OutOfRangeError)):
        look(BAD_VMDK[attack], "vmdk")


@pytest.mark.parametrize(
    ("attack", "reason"),
    [("a flat extent", "FLAT extent"), ("a path", "path"), ("a parent", "parent"), ("a flat descriptor alone", "FLAT extent"),
     ("a vmfs extent", "VMFS extent"), ("a descriptor alone", "only a descriptor")],
)  # fmt: skip
def test_a_refused_vmdk_names_its_reason(attack, reason):
    with pytest.raises(InvalidFormatError, match=reason):
        look(BAD_VMDK[attack], "vmdk")


@pytest.mark.parametrize(
    "data",
    [
        s.vhd_dynamic(kind=4),
        s.vhd_dynamic(kind=7),
        s.vhd_dynamic(parent="c:\\x".encode("utf-16-be")),
        s.vhd_dynamic(size=64 * MIB),
        s.vhd_dynamic(size=65 << 40),
        s.vhd_dynamic(entries=2**32 - 1),
        s.vhd_dynamic(block=0),
        s.vhd_dynamic(table=1 << 40),
        s.vhd_dynamic(sectors=(0xFFFFFFF0,)),
        s.vhd_dynamic()[:-512],
        s.vhd_dynamic()[:-512] + s.vhd_footer(8 * MIB, 3, 512),
        s.vhd_fixed()[512:],
        bytes(MIB) + s.vhd_footer(4 * MIB),
        bytes(4 * MIB) + s.vhd_footer(4 * MIB, version=2),
        bytes(4 * MIB) + s.vhd_footer(4 * MIB)[:-1] + b"x",
        s.vhd_footer(0),
    ],
)
def test_a_bad_vhd_is_refused(data):
    with pytest.raises((InvalidFormatError, OutOfRangeError)):
        look(data, "vhd")


@pytest.mark.parametrize(
    "data",
    [
        s.vhdx(flags=2),
        s.vhdx(parent=True),
        s.vhdx(log=b"l" * 16),
        s.vhdx(size=0),
        s.vhdx(size=65 << 40),
        s.vhdx(size=63 << 40, bat_length=4096),
        s.vhdx(block=3 * MIB),
        s.vhdx(sector=513),
        s.vhdx(bat_offset=1 << 50),
        s.vhdx()[: 2 * MIB],
        s.vhdx()[: 64 << 10],
        s.vhdx().replace(b"regi", b"xxxx"),
        s.vhdx().replace(b"head", b"xxxx"),
        s.vhdx().replace(b"metadata", b"xxxxxxxx"),
    ],
)
def test_a_bad_vhdx_is_refused(data):
    with pytest.raises((InvalidFormatError, OutOfRangeError)):
        look(data, "vhdx")


@pytest.mark.parametrize(
    "data", [s.iso(blocks=64), s.iso(blocks=0), s.iso(kind=2), s.iso(block=0), s.iso(big=5), s.iso(size=40000)]
)
def test_a_bad_iso_is_refused(data):
    with pytest.raises(InvalidFormatError):
        look(data, "iso")


def test_a_hybrid_iso_is_an_iso():
    image = bytearray(s.iso())
    image[510:512] = b"\x55\xaa"

    assert look(bytes(image), "iso").notes == ("hybrid: also has a partition table",)


@pytest.mark.parametrize("head", [s.qcow2(), s.vmdk(), s.vhd_footer(), b"vhdxfile"])
@pytest.mark.parametrize("declared", ["", "raw", "iso", "qcow2", "vmdk", "vhd"])
def test_a_file_of_two_formats_is_refused(head, declared):
    image = head[:512].ljust(512, b"\0") + s.iso()[512:]

    with pytest.raises(InvalidFormatError, match="ambiguous"):
        look(image, declared)


@pytest.mark.parametrize(
    "head",
    [b"QED\0", b"LUKS\xba\xbe", b"COWD", b"\x1f\x8b\x08", b"PK\x03\x04", b"\xfd7zXZ\0", bytes(0x40) + b"\x7f\x10\xda\xbe", bytes(257) + b"ustar",
     b"QFI\xfb\0\0\0\1", b"KDMV", b"# Disk DescriptorFile\n", b"\n#x\nversion=1\n", b"vhdxfile", b"conectix"],
)  # fmt: skip
def test_a_raw_file_with_a_hidden_header_is_refused(head):
    with pytest.raises(InvalidFormatError):
        look(head.ljust(MIB, b"\0"), "raw")


def test_a_raw_file_with_a_hidden_footer_is_refused():
    with pytest.raises(InvalidFormatError, match="vhd"):
        look(bytes(MIB) + s.vhd_footer(MIB), "raw")
    with pytest.raises(InvalidFormatError, match="Apple"):
        look(bytes(MIB) + b"koly".ljust(512, b"\0"), "raw")


def test_partition_tables_are_told_apart():
    assert look(bytes(MIB)).notes == ("no partition table",)
    assert look(s.mbr()).notes == ("MBR partition table",)
    assert look(s.mbr(start=1 << 30)).notes == ("boot sector",)
    assert look(s.gpt()).notes == ("GUID partition table",)
    assert look(s.gpt(damage=True)).notes == ("damaged GUID partition table",)
    assert look(s.mbr(kind=0xEE)).notes == ("protective MBR without a GUID partition table",)


def test_a_truncated_disk_is_refused():
    with pytest.raises(InvalidFormatError, match="longer disk"):
        look(s.gpt(2 * MIB)[:MIB], "raw")


def test_a_raw_file_is_rounded_up_to_sectors():
    found = look(bytes(1000), "raw")

    assert found.virtual_size == 1024
    assert "the last sector is incomplete" in found.notes


@pytest.mark.parametrize("size", [-1, 0, 1, 511])
def test_a_file_below_one_sector_is_refused(size):
    with pytest.raises(InvalidFormatError, match="smaller"):
        inspect(Quarantine(bytes(512)), size, "raw")


@pytest.mark.parametrize("size", [(64 << 40) + 1, 2**63, 10**30])
def test_a_file_that_is_too_large_is_refused_unread(size):
    reader = Quarantine(b"")

    with pytest.raises(OutOfRangeError):
        inspect(reader, size, "raw")
    assert reader.read_bytes == 0


def test_a_reader_that_ends_early_means_truncation():
    with pytest.raises(InvalidFormatError, match="truncated"):
        inspect(Quarantine(s.qcow2()[:1000], 5 * 65536), 5 * 65536, "qcow2")

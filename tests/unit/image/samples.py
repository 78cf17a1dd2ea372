"""Builders of small images, good by default; each argument bends one header field."""

from __future__ import annotations

import struct
from binascii import crc32

from cloudcore.resources.image.inspect import READ_LIMIT, Inspection, inspect
from cloudcore.resources.image.inspect import vhdx as vhdx_format

MIB = 1 << 20
QCOW2_FIELDS = {
    "version": (4, "I"), "backing_offset": (8, "Q"), "backing_length": (16, "I"), "cluster_bits": (20, "I"),
    "size": (24, "Q"), "encryption": (32, "I"), "l1_size": (36, "I"), "l1_offset": (40, "Q"),
    "refcount_offset": (48, "Q"), "refcount_clusters": (56, "I"), "snapshots": (60, "I"),
    "snapshots_offset": (64, "Q"), "incompatible": (72, "Q"), "compatible": (80, "Q"), "autoclear": (88, "Q"),
    "refcount_order": (96, "I"), "header_length": (100, "I"), "compression": (104, "B"),
}  # fmt: skip


def qcow2(extensions: bytes = b"", l1: tuple[int, ...] = (), **changes: int) -> bytes:
    """Four clusters of 64 KiB: header, refcount table, refcount block, L1 table; then one L2 table."""
    cluster = 65536
    image = bytearray(5 * cluster)
    image[:4] = b"QFI\xfb"
    fields = {
        "version": 3, "cluster_bits": 16, "size": 64 * MIB, "l1_size": 1, "l1_offset": 3 * cluster,
        "refcount_offset": cluster, "refcount_clusters": 1, "refcount_order": 4, "header_length": 112,
    }  # fmt: skip
    for name, value in (fields | changes).items():
        if changes.get("version") == 2 and QCOW2_FIELDS[name][0] >= 72:
            continue
        offset, code = QCOW2_FIELDS[name]
        struct.pack_into(">" + code, image, offset, value)
    start = 72 if changes.get("version") == 2 else 112
    image[start : start + len(extensions)] = extensions
    struct.pack_into(">Q", image, cluster, 2 * cluster)
    for index, entry in enumerate(l1 or ((1 << 63) | 4 * cluster,)):
        struct.pack_into(">Q", image, 3 * cluster + 8 * index, entry)
    return bytes(image)


def extension(kind: int, data: bytes = b"") -> bytes:
    return struct.pack(">II", kind, len(data)) + data + bytes(-len(data) % 8)


DESCRIPTOR = """# Disk DescriptorFile
version=1
CID=12345678
parentCID=ffffffff
createType="{kind}"

# Extent description
{extents}

# The Disk Data Base
#DDB
ddb.virtualHWVersion = "4"
ddb.adapterType = "ide"
"""


def descriptor(kind: str = "monolithicSparse", extents: str = 'RW 20480 SPARSE "disk.vmdk"', more: str = "") -> str:
    return DESCRIPTOR.format(kind=kind, extents=extents) + more


def vmdk_header(capacity: int = 20480, directory: int = 21, **changes: object) -> bytes:
    fields: dict[str, object] = {
        "magic": b"KDMV", "version": 1, "flags": 3, "capacity": capacity, "grain": 128, "descriptor_offset": 1,
        "descriptor_size": 20, "per_table": 512, "redundant": 0, "directory": directory, "overhead": 128,
        "unclean": 0, "newlines": b"\n \r\n", "compression": 0,
    }  # fmt: skip
    return struct.pack("<4sIIQQQQIQQQB4sH", *(fields | changes).values()).ljust(512, b"\0")


def vmdk(text: str | None = None, **changes: object) -> bytes:
    body = (descriptor() if text is None else text).encode("latin-1").ljust(20 * 512, b"\0")
    return (vmdk_header(**changes) + body + struct.pack("<I", 30)).ljust(64 * 512, b"\0")


def vmdk_stream() -> bytes:
    """A stream-optimised image: the directory's place is in the footer."""
    text = descriptor("streamOptimized").encode().ljust(20 * 512, b"\0")
    front = vmdk_header(version=3, directory=2**64 - 1, flags=0x30001, compression=1)
    end = vmdk_header(version=3, flags=0x30001, compression=1)
    return (front + text).ljust(60 * 512, b"\0") + bytes(512) + end + bytes(512)


def _vhd_sum(data: bytearray, at: int) -> bytes:
    struct.pack_into(">I", data, at, 0)
    struct.pack_into(">I", data, at, ~sum(data) & 0xFFFFFFFF)
    return bytes(data)


def vhd_footer(size: int = 4 * MIB, kind: int = 2, data_offset: int = 2**64 - 1, version: int = 0x10000) -> bytes:
    data = bytearray(512)
    struct.pack_into(">8sIIQ", data, 0, b"conectix", 2, version, data_offset)
    struct.pack_into(">QQII", data, 40, size, size, 0, kind)
    return _vhd_sum(data, 64)


def vhd_fixed(size: int = 4 * MIB) -> bytes:
    return bytes(size) + vhd_footer(size)


def vhd_dynamic(
    size: int = 4 * MIB, kind: int = 3, entries: int = 2, block: int = 2 * MIB, parent: bytes = b"", table: int = 1536,
    sectors: tuple[int, ...] = (0xFFFFFFFF, 0xFFFFFFFF),
) -> bytes:  # fmt: skip
    footer = vhd_footer(size, kind, 512)
    header = bytearray(1024)
    struct.pack_into(">8sQQIII", header, 0, b"cxsparse", 2**64 - 1, table, 0x10000, entries, block)
    header[64 : 64 + len(parent)] = parent
    blocks = struct.pack(f">{len(sectors)}I", *sectors).ljust(512, b"\xff")
    return footer + _vhd_sum(header, 36) + blocks + footer


def _vhdx_sum(data: bytearray) -> bytes:
    struct.pack_into("<I", data, 4, 0)
    struct.pack_into("<I", data, 4, vhdx_format.crc32c(bytes(data)))
    return bytes(data)


def vhdx(
    size: int = 64 * MIB, block: int = 32 * MIB, flags: int = 0, log: bytes = bytes(16), parent: bool = False,
    sector: int = 512, bat_length: int = MIB, bat_offset: int = 3 * MIB,
) -> bytes:  # fmt: skip
    image = bytearray(4 * MIB)
    image[:8] = b"vhdxfile"
    for index, offset in enumerate((65536, 131072)):
        header = bytearray(4096)
        header[:4] = b"head"
        struct.pack_into("<Q", header, 8, index)
        header[48:64] = log
        struct.pack_into("<HHIQ", header, 64, 0, 1, MIB, MIB)
        image[offset : offset + 4096] = _vhdx_sum(header)
    regions = bytearray(65536)
    regions[:4] = b"regi"
    struct.pack_into("<I", regions, 8, 2)
    struct.pack_into(
        "<16sQII", regions, 16, bytes.fromhex("6677c22d23f600429d64115e9bfd4a08"), bat_offset, bat_length, 1
    )
    struct.pack_into("<16sQII", regions, 48, bytes.fromhex("06a27c8b90479a4bb8fe575f050f886e"), 2 * MIB, MIB, 1)
    for offset in (196608, 262144):
        image[offset : offset + 65536] = _vhdx_sum(regions)
    items = [
        ("3767a1ca36fa434db3b633f0aa44e76b", struct.pack("<II", block, flags)),
        ("2442a52f1bcd7648b2115dbed83bf4b8", struct.pack("<Q", size)),
        ("1dbf41816fa90947ba47f233a8faab5f", struct.pack("<I", sector)),
    ] + [("2d5fd3a80bb34d45abf7d3d84834ab0c", b"parent!!")] * parent
    meta = 2 * MIB
    struct.pack_into("<8sHH", image, meta, b"metadata", 0, len(items))
    for index, (guid, data) in enumerate(items):
        place = 65536 + 64 * index
        struct.pack_into("<16sIII", image, meta + 32 + 32 * index, bytes.fromhex(guid), place, len(data), 4)
        image[meta + place : meta + place + len(data)] = data
    return bytes(image)


def iso(blocks: int = 32, size: int | None = None, kind: int = 1, block: int = 2048, big: int | None = None) -> bytes:
    image = bytearray(size if size is not None else 32 * 2048)
    descriptor_ = bytearray(2048)
    struct.pack_into("<B5sB", descriptor_, 0, kind, b"CD001", 1)
    struct.pack_into("<I", descriptor_, 80, blocks)
    struct.pack_into(">I", descriptor_, 84, blocks if big is None else big)
    struct.pack_into("<H", descriptor_, 128, block)
    struct.pack_into(">H", descriptor_, 130, block)
    image[32768 : 32768 + 2048] = descriptor_
    image[32768 + 2048 : 32768 + 2055] = b"\xffCD001\x01"
    return bytes(image)


def mbr(size: int = MIB, kind: int = 0x83, start: int = 1, status: int = 0x80) -> bytes:
    image = bytearray(size)
    struct.pack_into("<B3xB3xII", image, 446, status, kind, start, 100)
    image[510:512] = b"\x55\xaa"
    return bytes(image)


def gpt(size: int = MIB, last: int | None = None, damage: bool = False) -> bytes:
    image = bytearray(mbr(size, 0xEE, status=0))
    last = size // 512 - 34 if last is None else last
    header = struct.pack(
        "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1, size // 512 - 1, 34, last, b"g" * 16, 2, 128, 128, 0
    )
    checksum = crc32(header) ^ damage
    image[512 : 512 + 92] = header[:16] + struct.pack("<I", checksum) + header[20:]
    return bytes(image)


GOOD = {
    "qcow2": qcow2(),
    "qcow2 v2": qcow2(version=2),
    "vmdk": vmdk(),
    "vmdk stream": vmdk_stream(),
    "vhd fixed": vhd_fixed(),
    "vhd dynamic": vhd_dynamic(),
    "vhdx": vhdx(),
    "iso": iso(),
    "raw": bytes(MIB),
    "raw mbr": mbr(),
    "raw gpt": gpt(),
}


class Quarantine:
    """Bytes that count how much of them is read, and refuse reads outside."""

    def __init__(self, data: bytes, size: int | None = None) -> None:
        self.data = data
        self.size = len(data) if size is None else size
        self.read_bytes = 0

    def __call__(self, offset: int, length: int) -> bytes:
        assert offset >= 0
        assert length >= 0
        assert offset + length <= self.size
        self.read_bytes += length
        return self.data[offset : offset + length]


def look(data: bytes, declared: str = "") -> Inspection:
    reader = Quarantine(data)
    found = inspect(reader, reader.size, declared)
    assert reader.read_bytes <= READ_LIMIT
    return found

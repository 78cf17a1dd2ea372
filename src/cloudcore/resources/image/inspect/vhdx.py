"""Hyper-V disks: fixed and dynamic.

Source: Microsoft's open specification MS-VHDX.
"""

from __future__ import annotations

import struct

from cloudcore.model.errors import InvalidFormatError
from cloudcore.resources.image.inspect.bounded import BoundedFile, Inspection, refuse_unless, virtual_size

_HEADERS = (64 << 10, 128 << 10)
_REGIONS = (192 << 10, 256 << 10)
_REGION_LENGTH = 64 << 10
_MIB = 1 << 20
_BAT = bytes.fromhex("6677c22d23f600429d64115e9bfd4a08")
_METADATA = bytes.fromhex("06a27c8b90479a4bb8fe575f050f886e")
_PARAMETERS = bytes.fromhex("3767a1ca36fa434db3b633f0aa44e76b")
_DISK_SIZE = bytes.fromhex("2442a52f1bcd7648b2115dbed83bf4b8")
_SECTOR_SIZE = bytes.fromhex("1dbf41816fa90947ba47f233a8faab5f")
_PARENT = bytes.fromhex("2d5fd3a80bb34d45abf7d3d84834ab0c")
_HAS_PARENT = 2


def inspect_vhdx(file: BoundedFile) -> Inspection:
    """Accept a VHDX that stands alone and whose log is empty.

    Raises:
        InvalidFormatError: it has a parent or an unreplayed log, is damaged or truncated.
        OutOfRangeError: its virtual size is larger than 64 TiB.
    """
    _check_header(file)
    regions = _regions(file)
    refuse_unless(_BAT in regions and _METADATA in regions, "the vhdx image lacks its block table or its metadata")
    items = _metadata(file, *regions[_METADATA])
    refuse_unless(_PARENT not in items, "the vhdx image names a parent; images must stand alone")
    block, flags = struct.unpack("<II", _item(items, _PARAMETERS, 8))
    refuse_unless(not flags & _HAS_PARENT, "the vhdx image has a parent; images must stand alone")
    size = virtual_size(struct.unpack("<Q", _item(items, _DISK_SIZE, 8))[0])
    sector = struct.unpack("<I", _item(items, _SECTOR_SIZE, 4))[0]
    refuse_unless(sector in (512, 4096), "the vhdx image's sector size is impossible")
    good = _MIB <= block <= 256 * _MIB and block & (block - 1) == 0
    refuse_unless(good, "the vhdx image's block size is impossible")
    blocks = -(-size // block)
    chunk = (sector << 23) // block
    entries = blocks + (blocks - 1) // chunk
    refuse_unless(entries * 8 <= regions[_BAT][1], "the vhdx image's block table is too small for its virtual size")
    return Inspection(format="vhdx", virtual_size=size, notes=("fixed" if flags & 1 else "dynamic",))


def _check_header(file: BoundedFile) -> None:
    """The valid header with the higher sequence number counts."""
    best: tuple[int, bytes] | None = None
    for offset in _HEADERS:
        data = file.at(offset, 4096, "vhdx header")
        if data.startswith(b"head") and _is_sound(data):
            sequence = struct.unpack_from("<Q", data, 8)[0]
            if best is None or sequence > best[0]:
                best = (sequence, data)
    if best is None:
        raise InvalidFormatError("the vhdx image has no valid header")
    data = best[1]
    refuse_unless(not any(data[48:64]), "the vhdx image was not closed cleanly: its log has entries")
    version = struct.unpack_from("<H", data, 66)[0]
    refuse_unless(version == 1, "the vhdx image's version is unknown")


def _regions(file: BoundedFile) -> dict[bytes, tuple[int, int]]:
    for offset in _REGIONS:
        data = file.at(offset, _REGION_LENGTH, "vhdx region table")
        if data.startswith(b"regi") and _is_sound(data):
            break
    else:
        raise InvalidFormatError("the vhdx image has no valid region table")
    count = struct.unpack_from("<I", data, 8)[0]
    refuse_unless(count <= 2047, "the vhdx image's region table is too long")
    regions: dict[bytes, tuple[int, int]] = {}
    for index in range(count):
        guid, start, length, required = struct.unpack_from("<16sQII", data, 16 + 32 * index)
        refuse_unless(guid not in regions, "the vhdx image has a region twice")
        refuse_unless(guid in (_BAT, _METADATA) or not required & 1, "the vhdx image requires an unknown region")
        refuse_unless(start >= _MIB and start % _MIB == 0, "a region of the vhdx image is misplaced")
        file.require_inside(start, length, "vhdx region")
        regions[guid] = (start, length)
    return regions


def _metadata(file: BoundedFile, start: int, length: int) -> dict[bytes, bytes]:
    """The items of the metadata region by id; items longer than any that is used are cut."""
    refuse_unless(length >= _REGION_LENGTH, "the vhdx image's metadata is too short")
    table = file.at(start, _REGION_LENGTH, "vhdx metadata")
    refuse_unless(table.startswith(b"metadata"), "the vhdx image has no metadata table")
    count = struct.unpack_from("<H", table, 10)[0]
    refuse_unless(count <= 64, "the vhdx image has too many metadata items")
    items: dict[bytes, bytes] = {}
    for index in range(count):
        guid, offset, size = struct.unpack_from("<16sII", table, 32 + 32 * index)
        inside = size == 0 or (offset >= _REGION_LENGTH and offset + size <= length)
        refuse_unless(inside, "an item of the vhdx image's metadata is misplaced")
        refuse_unless(guid not in items, "the vhdx image has a metadata item twice")
        items[guid] = file.at(start + offset, min(size, 64), "vhdx metadata") if size else b""
    return items


def _item(items: dict[bytes, bytes], guid: bytes, length: int) -> bytes:
    value = items.get(guid, b"")
    refuse_unless(len(value) == length, "the vhdx image lacks a required metadata item")
    return value


def _is_sound(data: bytes) -> bool:
    stated: int = struct.unpack_from("<I", data, 4)[0]
    return stated == crc32c(data[:4] + bytes(4) + data[8:])


def crc32c(data: bytes) -> int:
    """The Castagnoli checksum that VHDX uses."""
    value = 0xFFFF_FFFF
    for byte in data:
        value = _CRC32C[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFF_FFFF


def _crc32c_table() -> tuple[int, ...]:
    table: list[int] = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F6_3B78 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC32C = _crc32c_table()

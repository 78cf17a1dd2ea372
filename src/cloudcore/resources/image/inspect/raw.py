"""Plain disks: what their partition tables say."""

from __future__ import annotations

import struct
from binascii import crc32

from cloudcore.model.errors import InvalidFormatError
from cloudcore.resources.image.inspect.bounded import SECTOR, BoundedFile, Inspection, round_up

_PROTECTIVE = 0xEE


def inspect_raw(file: BoundedFile) -> Inspection:
    """Accept bytes that have no other format's signature; a disk without partition table is a disk too.

    Raises:
        InvalidFormatError: a valid GUID partition table says that the disk is longer than the file.
    """
    head = file.start(0, 2 * SECTOR)
    notes = [_partition_table(head, file.size)]
    if file.size % SECTOR:
        notes.append("the last sector is incomplete")
    return Inspection(format="raw", virtual_size=round_up(file.size, SECTOR), notes=tuple(notes))


def _partition_table(head: bytes, size: int) -> str:
    if head[510:512] != b"\x55\xaa":
        return "no partition table"
    entries = [head[446 + 16 * index : 462 + 16 * index] for index in range(4)]
    if any(entry[4] == _PROTECTIVE for entry in entries):
        return _gpt(head[SECTOR : SECTOR + 92], size)
    return "MBR partition table" if all(_is_plausible(entry, size) for entry in entries) else "boot sector"


def _gpt(header: bytes, size: int) -> str:
    if len(header) < 92 or not header.startswith(b"EFI PART"):
        return "protective MBR without a GUID partition table"
    length, checksum = struct.unpack_from("<II", header, 12)
    if length != 92 or crc32(header[:16] + bytes(4) + header[20:92]) != checksum:
        return "damaged GUID partition table"
    last_usable = struct.unpack_from("<Q", header, 48)[0]
    if (last_usable + 1) * SECTOR > size:
        raise InvalidFormatError("the image is truncated: its partition table describes a longer disk")
    return "GUID partition table"


def _is_plausible(entry: bytes, size: int) -> bool:
    """Whether an MBR entry is empty or a partition that starts inside the disk."""
    if entry[4] == 0:
        return True
    start = struct.unpack_from("<I", entry, 8)[0]
    return entry[0] in (0, 0x80) and 0 < start * SECTOR < size

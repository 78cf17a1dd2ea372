"""ISO 9660 file systems, plain or hybrid with a partition table.

Source: ECMA-119, volume descriptors.
"""

from __future__ import annotations

import struct

from cloudcore.model.errors import InvalidFormatError
from cloudcore.resources.image.inspect.bounded import SECTOR, BoundedFile, Inspection, refuse_unless, round_up

_BLOCK = 2048
_FIRST = 16 * _BLOCK
_MAX_DESCRIPTORS = 16
_PRIMARY, _TERMINATOR = 1, 255


def is_iso(file: BoundedFile) -> bool:
    """Whether the file has volume descriptors where ISO 9660 wants them."""
    return file.start(_FIRST + 1, 5) == b"CD001"


def inspect_iso(file: BoundedFile) -> Inspection:
    """Accept a complete ISO 9660 file system.

    Raises:
        InvalidFormatError: it has no primary volume descriptor, or is longer than the file.
    """
    descriptor = _primary(file)
    blocks, block = struct.unpack_from("<I", descriptor, 80)[0], struct.unpack_from("<H", descriptor, 128)[0]
    blocks_big, block_big = struct.unpack_from(">I", descriptor, 84)[0], struct.unpack_from(">H", descriptor, 130)[0]
    refuse_unless(blocks == blocks_big and block == block_big, "the iso image's volume descriptor contradicts itself")
    refuse_unless(block in (512, 1024, 2048), "the iso image's block size is impossible")
    refuse_unless(blocks > 0, "the iso image's volume is empty")
    file.require_inside(0, blocks * block, "iso volume")
    boot = file.at(510, 2, "boot sector") == b"\x55\xaa"
    return Inspection(
        format="iso",
        virtual_size=round_up(file.size, SECTOR),
        notes=("hybrid: also has a partition table",) * boot,
        label=_printable(descriptor[40:72]),
    )


def _printable(text: bytes) -> str:
    return "".join(c for c in text.decode("ascii", "ignore") if c.isprintable()).strip()


def _primary(file: BoundedFile) -> bytes:
    for index in range(_MAX_DESCRIPTORS):
        descriptor = file.at(_FIRST + index * _BLOCK, _BLOCK, "iso volume descriptors")
        if descriptor[1:6] != b"CD001" or descriptor[0] == _TERMINATOR:
            break
        if descriptor[0] == _PRIMARY:
            return descriptor
    raise InvalidFormatError("the iso image has no primary volume descriptor")

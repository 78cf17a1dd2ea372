"""Virtual PC disks: fixed and dynamic.

Source: Microsoft's Virtual Hard Disk Image Format Specification 1.0.
"""

from __future__ import annotations

import struct

import attrs

from cloudcore.resources.image.inspect.bounded import SECTOR, BoundedFile, Inspection, refuse_unless, virtual_size

_FIXED, _DYNAMIC, _DIFFERENCING = 2, 3, 4
_CHECKED_TABLE_BYTES = 512 << 10
_UNUSED = 0xFFFF_FFFF


@attrs.frozen(kw_only=True)
class _Footer:
    data_offset: int
    size: int
    kind: int


def inspect_vhd(file: BoundedFile) -> Inspection:
    """Accept a fixed or dynamic VHD that stands alone.

    Raises:
        InvalidFormatError: it is a differencing disk, damaged or truncated.
        OutOfRangeError: its virtual size is larger than 64 TiB.
    """
    footer = _footer(file.at(file.size - SECTOR, SECTOR, "vhd footer"))
    size = virtual_size(footer.size)
    if footer.kind == _FIXED:
        refuse_unless(file.size == size + SECTOR, "the fixed vhd image's size is not that of its disk and footer")
        return Inspection(format="vhd", virtual_size=size, notes=("fixed",))
    refuse_unless(footer.kind != _DIFFERENCING, "the vhd image is a differencing disk; images must stand alone")
    refuse_unless(footer.kind == _DYNAMIC, f"vhd disk type {footer.kind} is unknown")
    copy = _footer(file.at(0, SECTOR, "vhd header"))
    refuse_unless(copy == footer, "the vhd image's header and footer differ")
    _check_dynamic(file, footer)
    return Inspection(format="vhd", virtual_size=size, notes=("dynamic",))


def _footer(data: bytes) -> _Footer:
    refuse_unless(data.startswith(b"conectix"), "the vhd image has no footer: it is truncated")
    refuse_unless(_is_sound(data, 64), "the checksum of the vhd image's footer is wrong")
    version, data_offset = struct.unpack_from(">IQ", data, 12)
    refuse_unless(version == 0x0001_0000, "the vhd image's version is unknown")
    size = struct.unpack_from(">Q", data, 48)[0]
    kind = struct.unpack_from(">I", data, 60)[0]
    return _Footer(data_offset=data_offset, size=size, kind=kind)


def _check_dynamic(file: BoundedFile, footer: _Footer) -> None:
    refuse_unless(footer.data_offset >= SECTOR, "the vhd image's dynamic header overlaps its header")
    data = file.at(footer.data_offset, 1024, "vhd dynamic header")
    refuse_unless(data.startswith(b"cxsparse"), "the vhd image has no dynamic header")
    refuse_unless(_is_sound(data, 36), "the checksum of the vhd image's dynamic header is wrong")
    table_offset, _, entries, block = struct.unpack_from(">QIII", data, 16)
    no_parent = not any(data[40:56]) and not any(data[64:768])
    refuse_unless(no_parent, "the vhd image names a parent; images must stand alone")
    good = block >= SECTOR and block & (block - 1) == 0 and block <= 256 << 20
    refuse_unless(good, "the vhd image's block size is impossible")
    refuse_unless(entries * block >= footer.size, "the vhd image's block table is too small for its virtual size")
    file.require_inside(table_offset, entries * 4, "vhd block table")
    bitmap = -(-(block // SECTOR) // (8 * SECTOR)) * SECTOR
    table = file.at(table_offset, min(entries * 4, _CHECKED_TABLE_BYTES), "vhd block table")
    for (sector,) in struct.iter_unpack(">I", table):
        if sector != _UNUSED:
            file.require_inside(sector * SECTOR, bitmap, "vhd block")


def _is_sound(data: bytes, at: int) -> bool:
    """Whether the complement of the sum of all other bytes stands at `at`."""
    stated: int = struct.unpack_from(">I", data, at)[0]
    return stated == ~(sum(data) - sum(data[at : at + 4])) & 0xFFFF_FFFF

"""VMware disks: monolithic sparse and stream-optimised, one file that holds everything.

Source: VMware's Virtual Disk Format 5.0 specification.
"""

from __future__ import annotations

import re
import struct

import attrs

from cloudcore.model.errors import InvalidFormatError
from cloudcore.resources.image.inspect.bounded import SECTOR, BoundedFile, Inspection, refuse_unless, virtual_size

_MAGIC = b"KDMV"
_HEADER = "<4sIIQQQQIQQQB4sH"
_GD_AT_END = 0xFFFF_FFFF_FFFF_FFFF
_MAX_DESCRIPTOR = 64 << 10
_CHECKED_DIRECTORY_BYTES = 256 << 10
_KINDS = ("monolithicsparse", "streamoptimized")
_NO_PARENT = "ffffffff"
_EXTENT = re.compile(
    r'(RW|RDONLY|NOACCESS)\s+([0-9]{1,18})\s+([A-Za-z]{1,16})(?:\s+"([^"]*)")?(?:\s.*)?', re.IGNORECASE
)
_PAIR = re.compile(r'([A-Za-z0-9_.:\- ]{1,128}?)\s*=\s*"?([^"]*)"?')


@attrs.frozen(kw_only=True)
class _Header:
    capacity: int
    grain: int
    descriptor_offset: int
    descriptor_size: int
    entries_per_table: int
    directory: int
    unclean: bool


@attrs.frozen(kw_only=True)
class _Extent:
    sectors: int
    kind: str
    path: str


def inspect_vmdk(file: BoundedFile) -> Inspection:
    """Accept a VMDK of one sparse extent that lies in the file itself.

    Raises:
        InvalidFormatError: it refers to other files or devices, has a parent, is damaged or truncated.
        OutOfRangeError: its virtual size is larger than 64 TiB.
    """
    if file.at(0, 4, "header") != _MAGIC:
        return _refuse_descriptor_file(file)
    header = _read_header(file, 0)
    size = virtual_size(header.capacity * SECTOR)
    kind = _check_descriptor(_descriptor(file, header), header.capacity)
    if header.directory == _GD_AT_END:
        footer = _read_header(file, file.size - 2 * SECTOR)
        same = attrs.evolve(header, directory=footer.directory, unclean=footer.unclean) == footer
        refuse_unless(same, "the vmdk image's header and footer differ")
        header = footer
    _check_directory(file, header)
    notes = (kind, "was not closed cleanly") if header.unclean else (kind,)
    return Inspection(format="vmdk", virtual_size=size, notes=notes)


def _read_header(file: BoundedFile, offset: int) -> _Header:
    data = struct.unpack(_HEADER, file.at(offset, struct.calcsize(_HEADER), "vmdk header"))
    refuse_unless(data[0] == _MAGIC, "the vmdk image has no footer: it is truncated")
    refuse_unless(data[1] in (1, 2, 3), "the vmdk image's version is unknown")
    refuse_unless(data[12] == b"\n \r\n", "the vmdk image was damaged by a transfer as text")
    refuse_unless(data[13] in (0, 1), "the vmdk image's compression is unknown")
    grain, per_table = data[4], data[7]
    good = 8 <= grain <= 1 << 18 and grain & (grain - 1) == 0 and 1 <= per_table <= 512
    refuse_unless(good, "the vmdk image's grain size is impossible")
    return _Header(
        capacity=data[3],
        grain=grain,
        descriptor_offset=data[5],
        descriptor_size=data[6],
        entries_per_table=per_table,
        directory=data[9],
        unclean=bool(data[11]),
    )


def _descriptor(file: BoundedFile, header: _Header) -> str:
    present = header.descriptor_offset > 0 and header.descriptor_size > 0
    refuse_unless(present, "the vmdk image has no embedded descriptor")
    length = header.descriptor_size * SECTOR
    refuse_unless(length <= _MAX_DESCRIPTOR, "the vmdk image's descriptor is longer than 64 KiB")
    return _text(file.at(header.descriptor_offset * SECTOR, length, "vmdk descriptor"))


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("latin-1")


def _refuse_descriptor_file(file: BoundedFile) -> Inspection:
    """A descriptor alone has its data elsewhere; say how, if it can be told."""
    _check_descriptor(_text(file.start(0, _MAX_DESCRIPTOR)), None)
    raise InvalidFormatError("the vmdk image is only a descriptor; its data are in other files")


def _check_descriptor(text: str, capacity: int | None) -> str:
    """The `createType` of a descriptor that refers to nothing but its own file; `capacity` is in sectors."""
    pairs: dict[str, str] = {}
    extents: list[_Extent] = []
    lines = [line.strip() for line in re.split(r"[\r\n]+", text)]
    refuse_unless(lines[0].lower() == "# disk descriptorfile", "the vmdk image's descriptor does not start as one")
    for line in lines[1:]:
        if not line or line.startswith("#"):
            continue
        extent = _EXTENT.fullmatch(line)
        pair = None if extent else _PAIR.fullmatch(line)
        if extent:
            extents.append(_Extent(sectors=int(extent[2]), kind=extent[3].upper(), path=extent[4] or ""))
        elif pair:
            _add_pair(pairs, pair[1].strip().lower(), pair[2].strip())
        else:
            raise InvalidFormatError("the vmdk image's descriptor has a line of no known kind")
    _check_extents(extents, capacity)
    return _check_pairs(pairs)


def _add_pair(pairs: dict[str, str], key: str, value: str) -> None:
    refuse_unless(key not in pairs, f"the vmdk image's descriptor states {key!a} twice")
    pairs[key] = value


def _check_pairs(pairs: dict[str, str]) -> str:
    no_parent = pairs.get("parentcid", _NO_PARENT).lower() == _NO_PARENT and "parentfilenamehint" not in pairs
    refuse_unless(no_parent, "the vmdk image has a parent; images must stand alone")
    kind = pairs.get("createtype", "")
    good = kind.lower() in _KINDS
    refuse_unless(good, f"vmdk type {kind[:40]!a} is not monolithicSparse or streamOptimized")
    encrypted = any(key.startswith(("encryption", "keysafe", "ddb.encryption")) for key in pairs)
    refuse_unless(not encrypted, "the vmdk image is encrypted")
    changes = any(key.startswith("changetrackpath") for key in pairs)
    refuse_unless(not changes, "the vmdk image refers to a change-tracking file")
    return kind


def _check_extents(extents: list[_Extent], capacity: int | None) -> None:
    for extent in extents:
        refuse_unless(
            extent.kind == "SPARSE",
            f"the vmdk image has a {ascii(extent.kind)[1:-1]} extent, which lies outside the file",
        )
        leaves = any(part in extent.path for part in ("/", "\\", "..", ":")) or not extent.path.isprintable()
        refuse_unless(not leaves, "an extent of the vmdk image has a path to another place")
    refuse_unless(len(extents) == 1, f"the vmdk image has {len(extents)} extents, not one")
    good = capacity is None or extents[0].sectors == capacity
    refuse_unless(good, "the vmdk image's extent and header state different sizes")


def _check_directory(file: BoundedFile, header: _Header) -> None:
    """The grain directory, and every grain table that its first 256 KiB point to, lie inside the file."""
    reach = header.grain * header.entries_per_table
    entries = -(-header.capacity // reach)
    refuse_unless(header.directory > 0, "the vmdk image has no grain directory")
    file.require_inside(header.directory * SECTOR, entries * 4, "vmdk grain directory")
    directory = file.at(header.directory * SECTOR, min(entries * 4, _CHECKED_DIRECTORY_BYTES), "vmdk grain directory")
    for (sector,) in struct.iter_unpack("<I", directory):
        if sector:
            file.require_inside(sector * SECTOR, header.entries_per_table * 4, "vmdk grain table")

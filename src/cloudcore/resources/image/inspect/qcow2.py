"""Headers of QEMU's copy-on-write format, versions 2 and 3.

Source: the qcow2 specification (docs/interop/qcow2.txt of QEMU) and the limits of its implementation.
"""

from __future__ import annotations

import struct

import attrs

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.resources.image.inspect.bounded import BoundedFile, Inspection, refuse_unless, round_up, virtual_size

_V2_LENGTH = 72
_V3_LENGTH = 104
_DIRTY, _CORRUPT, _EXTERNAL_DATA, _COMPRESSION, _EXTENDED_L2 = (1 << bit for bit in range(5))
_KNOWN_INCOMPATIBLE = _DIRTY | _CORRUPT | _EXTERNAL_DATA | _COMPRESSION | _EXTENDED_L2
_RAW_EXTERNAL = 1 << 1
_ENTRY_OFFSET = 0x00FF_FFFF_FFFF_FE00
_MAX_L1_ENTRIES = (32 << 20) // 8
_MAX_REFCOUNT_TABLE = 8 << 20
_MAX_EXTENSIONS = 32
_MAX_SNAPSHOTS = 64
_CHECKED_L1_BYTES = 512 << 10
_CHECKED_REFCOUNT_BYTES = 128 << 10

_EXT_END = 0
_EXT_BACKING_FORMAT = 0xE2792ACA
_EXT_EXTERNAL_DATA = 0x44415441
_EXT_ENCRYPTION = 0x0537BE77
_FORBIDDEN_EXTENSIONS = {
    _EXT_BACKING_FORMAT: "the qcow2 image names the format of a backing file; images must stand alone",
    _EXT_EXTERNAL_DATA: "the qcow2 image keeps its data in an external data file",
    _EXT_ENCRYPTION: "the qcow2 image is encrypted",
}


@attrs.frozen(kw_only=True)
class _Header:
    version: int
    backing_offset: int
    backing_length: int
    cluster_bits: int
    size: int
    encryption: int
    l1_size: int
    l1_offset: int
    refcount_offset: int
    refcount_clusters: int
    snapshots: int
    snapshots_offset: int
    incompatible: int = 0
    autoclear: int = 0
    refcount_order: int = 4
    length: int = _V2_LENGTH
    compression: int = 0

    @property
    def cluster(self) -> int:
        return 1 << self.cluster_bits


def inspect_qcow2(file: BoundedFile) -> Inspection:
    """Accept a stand-alone, plain, clean qcow2 image.

    Raises:
        InvalidFormatError: it has a backing or data file, is encrypted, dirty, damaged, or of an unknown version.
        OutOfRangeError: its virtual size or one of its counts is too large.
    """
    header = _read_header(file)
    _check_references(header)
    _check_features(header)
    _check_extensions(file, header)
    size = virtual_size(header.size)
    _check_l1(file, header)
    _check_refcounts(file, header)
    _check_snapshots(file, header)
    notes = [f"version {header.version}", f"clusters of {header.cluster} bytes"]
    if header.snapshots:
        notes.append(f"{header.snapshots} internal snapshots")
    return Inspection(format="qcow2", virtual_size=size, notes=tuple(notes))


def _read_header(file: BoundedFile) -> _Header:
    base = struct.unpack(">4sIQIIQIIQQIIQ", file.at(0, _V2_LENGTH, "header"))
    header = _Header(
        version=base[1],
        backing_offset=base[2],
        backing_length=base[3],
        cluster_bits=base[4],
        size=base[5],
        encryption=base[6],
        l1_size=base[7],
        l1_offset=base[8],
        refcount_offset=base[9],
        refcount_clusters=base[10],
        snapshots=base[11],
        snapshots_offset=base[12],
    )
    refuse_unless(header.version in (2, 3), f"qcow2 version {header.version} is not 2 or 3")
    refuse_unless(9 <= header.cluster_bits <= 21, "the qcow2 image's cluster size is not between 512 bytes and 2 MiB")
    if header.version == 2:
        return header
    more = struct.unpack(">QQQII", file.at(_V2_LENGTH, 32, "header"))
    length = more[4]
    good = _V3_LENGTH <= length <= header.cluster and length % 8 == 0
    refuse_unless(good, "the qcow2 image's header length is impossible")
    compression = file.at(_V3_LENGTH, 1, "header")[0] if length > _V3_LENGTH else 0
    return attrs.evolve(
        header,
        incompatible=more[0],
        autoclear=more[2],
        refcount_order=more[3],
        length=length,
        compression=compression,
    )


def _check_references(header: _Header) -> None:
    no_backing = header.backing_offset == 0 and header.backing_length == 0
    refuse_unless(no_backing, "the qcow2 image has a backing file; images must stand alone")
    refuse_unless(not header.incompatible & _EXTERNAL_DATA, _FORBIDDEN_EXTENSIONS[_EXT_EXTERNAL_DATA])
    refuse_unless(not header.autoclear & _RAW_EXTERNAL, _FORBIDDEN_EXTENSIONS[_EXT_EXTERNAL_DATA])
    refuse_unless(header.encryption == 0, _FORBIDDEN_EXTENSIONS[_EXT_ENCRYPTION])


def _check_features(header: _Header) -> None:
    bits = header.incompatible
    refuse_unless(not bits & ~_KNOWN_INCOMPATIBLE, f"the qcow2 image has unknown incompatible features {bits:#x}")
    refuse_unless(not bits & _CORRUPT, "the qcow2 image is marked corrupt")
    refuse_unless(not bits & _DIRTY, "the qcow2 image was not closed cleanly; repair it with qemu-img check -r all")
    compressed = bool(bits & _COMPRESSION)
    good = header.compression in (0, 1) and compressed == (header.compression != 0)
    refuse_unless(good, "the qcow2 image's compression type is unknown")
    if bits & _EXTENDED_L2:
        refuse_unless(header.cluster_bits >= 14, "the qcow2 image's clusters are too small for extended L2 entries")
    refuse_unless(header.refcount_order <= 6, "the qcow2 image's reference counts are wider than 64 bits")


def _check_extensions(file: BoundedFile, header: _Header) -> None:
    offset = header.length
    for _ in range(_MAX_EXTENSIONS):
        if offset + 8 > header.cluster:
            return
        kind, length = struct.unpack(">II", file.at(offset, 8, "header extensions"))
        if kind == _EXT_END:
            return
        if kind in _FORBIDDEN_EXTENSIONS:
            raise InvalidFormatError(_FORBIDDEN_EXTENSIONS[kind])
        offset += 8 + round_up(length, 8)
        refuse_unless(offset <= header.cluster, "a header extension of the qcow2 image is longer than its header")
    raise InvalidFormatError(f"the qcow2 image has more than {_MAX_EXTENSIONS} header extensions")


def _check_l1(file: BoundedFile, header: _Header) -> None:
    entry = 16 if header.incompatible & _EXTENDED_L2 else 8
    reach = header.cluster * (header.cluster // entry)
    refuse_unless(header.l1_size <= _MAX_L1_ENTRIES, "the qcow2 image's L1 table is larger than 32 MiB")
    refuse_unless(header.l1_size * reach >= header.size, "the qcow2 image's L1 table is too small for its virtual size")
    _check_table(file, header, header.l1_offset, header.l1_size * 8, "L1 table")
    _check_entries(file, header, header.l1_offset, min(header.l1_size * 8, _CHECKED_L1_BYTES), "L2 table")


def _check_refcounts(file: BoundedFile, header: _Header) -> None:
    length = header.refcount_clusters * header.cluster
    refuse_unless(header.refcount_clusters > 0, "the qcow2 image has no refcount table")
    refuse_unless(length <= _MAX_REFCOUNT_TABLE, "the qcow2 image's refcount table is larger than 8 MiB")
    _check_table(file, header, header.refcount_offset, length, "refcount table")
    _check_entries(file, header, header.refcount_offset, min(length, _CHECKED_REFCOUNT_BYTES), "refcount block")


def _check_table(file: BoundedFile, header: _Header, offset: int, length: int, what: str) -> None:
    aligned = offset >= header.cluster and offset % header.cluster == 0
    refuse_unless(aligned, f"the qcow2 image's {what} is not at the start of a cluster of its own")
    file.require_inside(offset, length, what)


def _check_entries(file: BoundedFile, header: _Header, offset: int, length: int, what: str) -> None:
    """Every table that an entry points to must lie inside the file."""
    table = file.at(offset, length, f"{what}s")
    if not any(table):
        return
    for (entry,) in struct.iter_unpack(">Q", table):
        target = entry & _ENTRY_OFFSET
        if target:
            _check_table(file, header, target, header.cluster, what)


def _check_snapshots(file: BoundedFile, header: _Header) -> None:
    if header.snapshots == 0:
        return
    if header.snapshots > _MAX_SNAPSHOTS:
        raise OutOfRangeError(f"the qcow2 image has more than {_MAX_SNAPSHOTS} internal snapshots")
    offset = header.snapshots_offset
    _check_table(file, header, offset, 40, "snapshot table")
    for _ in range(header.snapshots):
        entry = struct.unpack(">QIHHIIQII", file.at(offset, 40, "snapshot table"))
        refuse_unless(entry[1] <= _MAX_L1_ENTRIES, "a snapshot's L1 table is larger than 32 MiB")
        if entry[1]:
            _check_table(file, header, entry[0], entry[1] * 8, "snapshot's L1 table")
        refuse_unless(entry[8] <= 1024, "a snapshot's extra data is longer than 1,024 bytes")
        length = 40 + entry[8] + entry[2] + entry[3]
        file.require_inside(offset, length, "snapshot table")
        offset += round_up(length, 8)

"""What the header of a qcow2 file says; source: QEMU's docs/interop/qcow2.txt."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import attrs

from cloudcore.model.errors import InvalidFormatError

MAGIC = b"QFI\xfb"
_EXTERNAL_DATA = 1 << 2
_HEADER = struct.Struct(">4sIQIIQ")


@attrs.frozen
class Header:
    """The header of a qcow2 file; virtual size in bytes."""

    version: int
    virtual_size: int
    has_backing: bool
    has_data_file: bool
    encrypted: bool


def read_header(path: Path) -> Header:
    """Read it from a file.

    Raises:
        InvalidFormatError: the file is not qcow2 of version 2 or 3.
    """
    with path.open("rb") as source:
        start = source.read(104)
    if len(start) < 72 or not start.startswith(MAGIC):
        raise InvalidFormatError("the file is not qcow2", field="format")
    _, version, backing, _, _, size = _HEADER.unpack_from(start)
    crypt = struct.unpack_from(">I", start, 32)[0]
    if version not in {2, 3}:
        raise InvalidFormatError(f"qcow2 version {version} is not known", field="format")
    features = struct.unpack_from(">Q", start, 72)[0] if version == 3 and len(start) >= 80 else 0
    return Header(version, size, bool(backing), bool(features & _EXTERNAL_DATA), bool(crypt))


def virtual_size(path: Path, disk_format: str) -> int:
    """The size in bytes that a guest sees of a file that stands alone.

    Raises:
        InvalidFormatError: a qcow2 file that points to other files, through which a guest could read the host's.
    """
    if disk_format != "qcow2":
        return path.stat().st_size
    header = read_header(path)
    if header.has_backing or header.has_data_file or header.encrypted:
        raise InvalidFormatError("an image must not refer to other files or be encrypted", field="format")
    return header.virtual_size


def snapshot_name(snapshot_id: str) -> str:
    """What a snapshot is called inside its volume: never a bare number, which QEMU would take for an id of its own."""
    return f"s-{snapshot_id}"


def image_of(path: Path, disk_format: str = "qcow2") -> str:
    """A volume as QEMU's tools take it: with its format, so that none is guessed."""
    return "json:" + json.dumps({"driver": disk_format, "file": {"driver": "file", "filename": str(path)}})

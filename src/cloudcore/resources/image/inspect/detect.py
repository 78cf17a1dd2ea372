"""Which format a file has, told from its bytes alone."""

from __future__ import annotations

from collections.abc import Callable

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError
from cloudcore.resources.image.inspect.bounded import (
    MAX_VIRTUAL_BYTES,
    SECTOR,
    BoundedFile,
    Inspection,
    Reader,
    refuse_unless,
)
from cloudcore.resources.image.inspect.iso import inspect_iso, is_iso
from cloudcore.resources.image.inspect.qcow2 import inspect_qcow2
from cloudcore.resources.image.inspect.raw import inspect_raw
from cloudcore.resources.image.inspect.vhd import inspect_vhd
from cloudcore.resources.image.inspect.vhdx import inspect_vhdx
from cloudcore.resources.image.inspect.vmdk import inspect_vmdk

FORMATS = ("raw", "qcow2", "vmdk", "vhd", "vhdx", "iso")
"""The formats that `inspect` can tell and accept."""

_ALIASES = {"vpc": "vhd", "img": "raw"}

_INSPECTORS: dict[str, Callable[[BoundedFile], Inspection]] = {
    "raw": inspect_raw,
    "qcow2": inspect_qcow2,
    "vmdk": inspect_vmdk,
    "vhd": inspect_vhd,
    "vhdx": inspect_vhdx,
    "iso": inspect_iso,
}

_LEADING: tuple[tuple[bytes, str], ...] = (
    (b"QFI\xfb", "qcow2"),
    (b"KDMV", "vmdk"),
    (b"conectix", "vhd"),
    (b"vhdxfile", "vhdx"),
)

_UNSUPPORTED: tuple[tuple[int, bytes, str], ...] = (
    (0, b"COWD", "an ESX copy-on-write disk"),
    (0, b"\xbe\xba\xfe\xca", "a vmfs sparse disk"),
    (0, b"QED\0", "a QED disk"),
    (0, b"LUKS\xba\xbe", "a LUKS-encrypted disk"),
    (0, b"WithoutFreeSpace", "a Parallels disk"),
    (0, b"WithouFreSpacExt", "a Parallels disk"),
    (0, b"Bochs Virtual HD Image", "a Bochs disk"),
    (0, b"#!/bin/sh\n#V2.0 Format\nmodprobe cloop", "a cloop disk"),
    (0x40, b"\x7f\x10\xda\xbe", "a VDI disk"),
    (0, b"\x1f\x8b", "compressed by gzip"),
    (0, b"BZh", "compressed by bzip2"),
    (0, b"\xfd7zXZ\0", "compressed by xz"),
    (0, b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (0, b"\x04\x22\x4d\x18", "compressed by lz4"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"PK\x03\x04", "a zip archive"),
    (257, b"ustar", "a tar archive"),
)


def inspect(reader: Reader, size: int, declared: str) -> Inspection:
    """Tell what a file of `size` bytes is and refuse it unless that is safe and as declared.

    reader: called with offsets and lengths inside the file, for at most 1 MiB in all.
    declared: one of `FORMATS` or `vpc`, `img`; an empty text declares nothing and takes what the bytes say.

    Raises:
        InvalidFormatError: another format than declared, damaged, truncated, encrypted, or referring to other files.
        OutOfRangeError: the file, its virtual size or its headers are too large.

    Source: the on-disk formats' specifications; OSSA-2023-002, OSSA-2024-001, CVE-2024-4467.
    """
    if size > MAX_VIRTUAL_BYTES:
        raise OutOfRangeError("the image is larger than 64 TiB")
    refuse_unless(size >= SECTOR, "the image is smaller than one sector of 512 bytes")
    wanted = _ALIASES.get(declared.lower(), declared.lower())
    if wanted and wanted not in FORMATS:
        raise InvalidFormatError(f"disk_format {declared[:40]!a} is not one of {', '.join(FORMATS)}")
    file = BoundedFile(reader, size)
    actual = _detect(file)
    if wanted and wanted != actual:
        raise InvalidFormatError(f"the image was declared as {wanted}, but its bytes are those of {actual}")
    return _INSPECTORS[actual](file)


def _detect(file: BoundedFile) -> str:
    """The one format whose signature the file bears; two signatures make it ambiguous, none makes it raw."""
    head = file.start(0, SECTOR)
    leading = _leading(head)
    found = [leading] if leading is not None else []
    if is_iso(file):
        found.append("iso")
    if leading is None:
        _refuse_unsupported(head)
        footer = file.start(file.size - SECTOR, SECTOR)
        if footer.startswith(b"conectix") or footer[1:].startswith(b"conectix"):
            found.append("vhd")
        refuse_unless(not footer.startswith(b"koly"), "the image is an Apple disk image, which is not accepted")
    if len(found) > 1:
        raise InvalidFormatError(f"the image is ambiguous: its bytes are those of {' and of '.join(found)}")
    return found[0] if found else "raw"


def _leading(head: bytes) -> str | None:
    for magic, name in _LEADING:
        if head.startswith(magic):
            return name
    return "vmdk" if _is_descriptor(head) else None


def _is_descriptor(head: bytes) -> bool:
    """Whether a lenient reader could take the start for a VMDK descriptor: comments and blanks, then `version=`."""
    text = head.lstrip(b" \t\r\n\xef\xbb\xbf").lower()
    if text.startswith(b"# disk descriptorfile"):
        return True
    for line in head.splitlines():
        line = line.strip().lower()  # noqa: PLW2901
        if line and not line.startswith(b"#"):
            return line.replace(b" ", b"").startswith((b"version=1", b"version=2", b"version=3"))
    return False


def _refuse_unsupported(head: bytes) -> None:
    for offset, magic, name in _UNSUPPORTED:
        if head.startswith(magic, offset):
            raise InvalidFormatError(f"the image is {name}, which is not accepted")

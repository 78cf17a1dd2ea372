"""Conversions of images in memory: raw, plain qcow2 and fixed vhd, without any program.

Source of the forms: QEMU's docs/interop/qcow2.txt and the Virtual Hard Disk Image Format Specification 1.0.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from cloudcore.model.errors import DeadlineError, InvalidFormatError, NotSupportedError
from cloudcore.ports.image_converter import StoredFormat
from cloudcore.ports.image_store import ImageStore

LARGEST = 1 << 30
_CLUSTER = 65536
_ENTRIES = _CLUSTER // 8
_COPIED = 1 << 63
_OFFSETS = 0x00FF_FFFF_FFFF_FE00
_SECTOR = 512
_FIXED = 2


class MemoryImageConverter:
    """An `ImageConverter` over any store; for images of at most 1 GiB, which it holds twice in memory."""

    def __init__(self, store: ImageStore) -> None:
        self._store = store

    def convert(
        self,
        source: StoredFormat,
        target: StoredFormat,
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
        fence: int | None = None,
    ) -> int:
        """See `ImageConverter.convert`."""
        if source.format not in _READERS or target.format not in _WRITERS:
            raise NotSupportedError(f"{source.format} is not converted to {target.format} here", field="format")
        if source.virtual_size > LARGEST:
            raise NotSupportedError(f"images of more than {LARGEST} bytes are not converted here", field="format")
        data = self._store.read(source.key, 0, self._store.size(source.key))
        try:
            disk = _READERS[source.format](data)
        except (struct.error, IndexError) as error:
            raise InvalidFormatError("the image is damaged", internal=str(error)) from error
        progress(50.0)
        if cancelled():
            raise DeadlineError("the conversion was cancelled")
        disk += bytes(-len(disk) % _SECTOR)
        return self._store.write(target.key, [_WRITERS[target.format](disk)], fence=fence)


def _read_qcow2(data: bytes) -> bytes:
    magic, version, backing = struct.unpack_from(">4sIQ", data)
    bits, size = struct.unpack_from(">IQ", data, 20)
    entries, table = struct.unpack_from(">IQ", data, 36)
    if magic != b"QFI\xfb" or version not in (2, 3) or backing or bits != 16:
        raise InvalidFormatError("the image is no plain qcow2")
    disk = bytearray(size)
    for index in range(entries):
        (second,) = struct.unpack_from(">Q", data, table + 8 * index)
        if not second & _OFFSETS:
            continue
        for place, (entry,) in enumerate(struct.iter_unpack(">Q", data[(second & _OFFSETS) :][:_CLUSTER])):
            at, start = entry & _OFFSETS, (index * _ENTRIES + place) * _CLUSTER
            if at and start < size:
                disk[start : start + _CLUSTER] = data[at : at + _CLUSTER][: size - start]
    return bytes(disk)


def _write_qcow2(disk: bytes) -> bytes:
    """Header, reference counts, one level of tables after the other, then every cluster that is not all zeros."""
    clusters = [disk[at : at + _CLUSTER].ljust(_CLUSTER, b"\0") for at in range(0, len(disk), _CLUSTER)]
    used = [index for index, cluster in enumerate(clusters) if any(cluster)]
    tables = -(-len(clusters) // _ENTRIES)
    first_table = 3 + -(-tables * 8 // _CLUSTER)
    data_at = first_table + tables
    total = data_at + len(used)
    blocks = -(-total // (_CLUSTER // 2))
    counts_at = total
    total += blocks
    header = struct.pack(
        ">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, 0, 0, 16, len(disk), 0, tables, 3 * _CLUSTER, _CLUSTER, 1, 0, 0
    )
    header += struct.pack(">QQQII", 0, 0, 0, 4, 104) + bytes(8)
    counts = b"".join(struct.pack(">Q", (counts_at + n) * _CLUSTER) for n in range(blocks))
    level1 = b"".join(struct.pack(">Q", ((first_table + n) * _CLUSTER) | _COPIED) for n in range(tables))
    entries = [0] * (tables * _ENTRIES)
    for number, index in enumerate(used):
        entries[index] = ((data_at + number) * _CLUSTER) | _COPIED
    level2 = struct.pack(f">{len(entries)}Q", *entries)
    numbers = struct.pack(f">{total}H", *[1] * total).ljust(blocks * _CLUSTER, b"\0")
    head = (
        header.ljust(_CLUSTER, b"\0")
        + counts.ljust(2 * _CLUSTER, b"\0")
        + level1.ljust((first_table - 3) * _CLUSTER, b"\0")
    )
    return head + level2 + b"".join(clusters[index] for index in used) + numbers


def _read_vhd(data: bytes) -> bytes:
    footer = data[-_SECTOR:]
    kind = struct.unpack_from(">I", footer, 60)[0]
    if not footer.startswith(b"conectix") or kind != _FIXED:
        raise InvalidFormatError("the image is no vhd of fixed size")
    return data[:-_SECTOR]


def _write_vhd(disk: bytes) -> bytes:
    footer = bytearray(_SECTOR)
    struct.pack_into(">8sIIQ", footer, 0, b"conectix", 2, 0x10000, 2**64 - 1)
    struct.pack_into(">QQII", footer, 40, len(disk), len(disk), 0, _FIXED)
    struct.pack_into(">I", footer, 64, ~sum(footer) & 0xFFFFFFFF)
    return disk + bytes(footer)


_READERS: dict[str, Callable[[bytes], bytes]] = {"raw": bytes, "qcow2": _read_qcow2, "vhd": _read_vhd}
_WRITERS: dict[str, Callable[[bytes], bytes]] = {"raw": bytes, "qcow2": _write_qcow2, "vhd": _write_vhd}

"""Sizes as they are written in server creation: memory, disks, bandwidth and counts of processors."""

from __future__ import annotations

import re

from cloudcore.model.errors import InvalidFormatError, InvalidInputError, OutOfRangeError
from cloudcore.model.json import Json, JsonMapping
from cloudcore.model.reading import read_int
from cloudcore.model.units import parse_mib

MAX_MEMORY_MIB = 16 << 20
MAX_DISK_MIB = 64 << 20
MAX_BANDWIDTH_MBPS = 1_000_000
MAX_VCPUS = 4096

_DISK_SIZE = re.compile(r"[0-9]{1,18}[bkmgtBKMGT]?|-1|autoextend", re.ASCII)
_BANDWIDTH = re.compile(r"([0-9]{1,9})([mMgG]?)", re.ASCII)


def parse_memory_mib(value: Json, field: str = "vmem_size") -> int:
    """Read `2048`, `"2048"` (MiB), `"256M"` or `"1g"` as MiB, rounded up; from 1 MiB to 16 TiB.

    Raises:
        InvalidFormatError: it is no size.
        OutOfRangeError: it is outside the bounds.
    """
    size = parse_mib(value, field=field) if isinstance(value, str) else read_int(value, field)
    return _within(size, 1, MAX_MEMORY_MIB, field)


def parse_disk_mib(value: Json, field: str) -> int | None:
    """Read a disk's size as MiB, rounded up, at most 64 TiB.

    None stands for `-1`, `0` and `autoextend`: as large as what it is made from.

    Raises:
        InvalidFormatError: it is no size.
        OutOfRangeError: it is outside the bounds.
    """
    if isinstance(value, str) and value.strip() in ("-1", "autoextend"):
        return None
    size = parse_mib(value, field=field) if isinstance(value, str) else read_int(value, field, -1)
    return None if size in (-1, 0) else _within(size, 1, MAX_DISK_MIB, field)


def is_disk_size(token: str) -> bool:
    """Whether a token of the disk language is a size."""
    return _DISK_SIZE.fullmatch(token) is not None


def parse_bandwidth_mbps(value: Json, field: str) -> int:
    """Read `100`, `"100"`, `"100m"` or `"1g"` as Mbit/s (1 g = 1,000); 0 means unlimited.

    Raises:
        InvalidFormatError: it is no bandwidth.
        OutOfRangeError: it is above 1,000,000 Mbit/s.
    """
    if not isinstance(value, str):
        return _within(read_int(value, field), 0, MAX_BANDWIDTH_MBPS, field)
    match = _BANDWIDTH.fullmatch(value)
    if match is None:
        raise InvalidFormatError(f"{field}: {value[:40]!a} is not a bandwidth such as 100 or 1g", field=field)
    return _within(int(match[1]) * (1000 if match[2].lower() == "g" else 1), 0, MAX_BANDWIDTH_MBPS, field)


def is_bandwidth(token: str) -> bool:
    """Whether a token of the network language is a bandwidth."""
    return _BANDWIDTH.fullmatch(token) is not None


def parse_vcpu_count(body: JsonMapping) -> int | None:
    """The `vcpu_count` of a body or its alias `ncpu_count`, from 1 to 4,096; none if both are absent.

    Raises:
        InvalidInputError: it is not good, or both are given and differ.
    """
    counts = {
        key: read_int(body[key], key, 1, MAX_VCPUS) for key in ("vcpu_count", "ncpu_count") if body.get(key) is not None
    }
    if len(counts) == 2 and counts["vcpu_count"] != counts["ncpu_count"]:
        raise InvalidInputError("ncpu_count: differs from vcpu_count", field="ncpu_count")
    return next(iter(counts.values()), None)


def _within(size: int, minimum: int, maximum: int, field: str) -> int:
    if not minimum <= size <= maximum:
        raise OutOfRangeError(f"{field}: must be between {minimum} and {maximum}", field=field)
    return size

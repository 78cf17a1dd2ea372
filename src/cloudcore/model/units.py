"""Units of sizes and the parsing of sizes as people write them."""

from __future__ import annotations

import re
from enum import StrEnum

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError

MAX_INT = 2**63 - 1
_SIZE = re.compile(r"([0-9]{1,18})([bkmgt]?)(?:i?b)?", re.IGNORECASE | re.ASCII)
_BYTES = {"b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


class Unit(StrEnum):
    """What a number counts; shown in docs, OpenAPI and column headings."""

    BYTE = "B"
    KIB = "KiB"
    MIB = "MiB"
    GIB = "GiB"
    MHZ = "MHz"
    MBPS = "Mbit/s"
    SECOND = "s"
    PERCENT = "%"
    RATIO = "ratio"


def parse_bytes(text: str, *, default_unit: str = "b", field: str | None = None) -> int:
    """Read `64`, `512M`, `1g` or `2GiB` as a number of bytes; a bare number is in `default_unit`.

    Raises:
        InvalidFormatError: the text is not a size.
        OutOfRangeError: the size does not fit in 63 bits.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise InvalidFormatError(f"{text[:40]!r} is not a size such as 512M or 10g", field=field)
    size = int(match[1]) * _BYTES[(match[2] or default_unit).lower()]
    if size > MAX_INT:
        raise OutOfRangeError(f"size {text[:40]} is too large", field=field)
    return size


def parse_mib(text: str, *, default_unit: str = "m", field: str | None = None) -> int:
    """Read a size as whole MiB, rounding up; a bare number is in MiB.

    Raises:
        InvalidFormatError: the text is not a size.
        OutOfRangeError: the size does not fit in 63 bits.
    """
    return -(-parse_bytes(text, default_unit=default_unit, field=field) // (1 << 20))

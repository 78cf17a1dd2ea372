"""Bounded reading of a file that an attacker made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import attrs

from cloudcore.model.errors import InvalidFormatError, OutOfRangeError

READ_LIMIT = 1 << 20
MAX_VIRTUAL_BYTES = 64 << 40
SECTOR = 512

Reader: TypeAlias = Callable[[int, int], bytes]
"""`(offset, length) → bytes` of the file; fewer bytes than asked mean that the file ends there."""


@attrs.frozen(kw_only=True)
class Inspection:
    """What the file is.

    format: one of `FORMATS`.
    virtual_size: bytes that a guest sees, a multiple of 512; for an iso the size of the file, rounded up.
    label: what an iso calls itself; printable.
    notes: remarks for a person, such as the partition table found; never needed for a decision.
    """

    format: str
    virtual_size: int
    notes: tuple[str, ...] = ()
    label: str = ""


class BoundedFile:
    """A file of known size of which at most `READ_LIMIT` bytes are read in all."""

    def __init__(self, read: Reader, size: int) -> None:
        self._read = read
        self.size = size
        self._left = READ_LIMIT

    def at(self, offset: int, length: int, what: str) -> bytes:
        """Exactly `length` bytes from `offset`; `what` names them in errors.

        Raises:
            InvalidFormatError: the range is outside the file, or the file ends before it.
            OutOfRangeError: the headers are larger than the limit of all reads.
        """
        self.require_inside(offset, length, what)
        if length > self._left:
            raise OutOfRangeError(f"the image's headers are larger than {READ_LIMIT} bytes at its {what}")
        self._left -= length
        data = self._read(offset, length)
        if len(data) < length:
            raise InvalidFormatError(f"the image is truncated in its {what}")
        return data[:length]

    def start(self, offset: int, length: int) -> bytes:
        """As `at`, but cut at the end of the file; empty beyond it."""
        return self.at(offset, max(0, min(length, self.size - offset)), "start") if offset < self.size else b""

    def require_inside(self, offset: int, length: int, what: str) -> None:
        """Refuse a range that is not inside the file.

        Raises:
            InvalidFormatError: it is not; the file is truncated or its header lies.
        """
        if offset < 0 or length < 0 or offset + length > self.size:
            raise InvalidFormatError(f"the image's {what} lies outside the file: it is truncated or damaged")


def refuse_unless(good: bool, reason: str) -> None:
    """Refuse the image for `reason` unless `good`.

    Raises:
        InvalidFormatError: it is not.
    """
    if not good:
        raise InvalidFormatError(reason)


def virtual_size(size: int) -> int:
    """The virtual size that a header states, if it can be true.

    Raises:
        InvalidFormatError: it is 0 or not a multiple of 512.
        OutOfRangeError: it is larger than 64 TiB.
    """
    refuse_unless(size > 0, "the image's virtual size is 0")
    if size > MAX_VIRTUAL_BYTES:
        raise OutOfRangeError("the image's virtual size is larger than 64 TiB")
    refuse_unless(size % SECTOR == 0, "the image's virtual size is not a multiple of 512 bytes")
    return size


def round_up(value: int, unit: int) -> int:
    """The smallest multiple of `unit` that is not below `value`."""
    return -(-value // unit) * unit

"""A picture for the screens of simulated guests: one small grey PNG."""

from __future__ import annotations

import struct
import zlib

_WIDTH, _HEIGHT, _GREY = 64, 40, 0x40


def picture() -> bytes:
    """The PNG."""
    rows = (b"\0" + bytes([_GREY]) * _WIDTH) * _HEIGHT
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

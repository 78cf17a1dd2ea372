"""The binary layout of token payloads: every value has exactly one encoding.

A text is a length byte and its UTF-8 bytes; an id of 32 lower-case hex digits is the byte 0xff and its 16 bytes.
A list is a count byte and its texts. A time is 8 bytes, big-endian microseconds since 1970 UTC.
"""

from __future__ import annotations

import re

from cloudcore.model.errors import InvalidInputError

MAX_TEXT_BYTES = 64
MAX_ITEMS = 255
_HEX_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_IS_HEX_ID = 0xFF
_MISSING = "bytes are missing"


class Packer:
    """Writes values one after another."""

    def __init__(self) -> None:
        self._data = bytearray()

    def byte(self, value: int) -> None:
        """Write one byte, 0 to 255."""
        self._data.append(value)

    def text(self, value: str) -> None:
        """Write a text.

        Raises:
            InvalidInputError: it is longer than `MAX_TEXT_BYTES` or is not valid Unicode.
        """
        if _HEX_ID.fullmatch(value):
            self._data.append(_IS_HEX_ID)
            self._data += bytes.fromhex(value)
            return
        try:
            encoded = value.encode("utf-8")
        except UnicodeEncodeError as e:
            raise InvalidInputError("a token's text is not valid Unicode", field="token") from e
        if len(encoded) > MAX_TEXT_BYTES:
            raise InvalidInputError(f"a token's text is longer than {MAX_TEXT_BYTES} bytes", field="token")
        self._data.append(len(encoded))
        self._data += encoded

    def texts(self, values: tuple[str, ...]) -> None:
        """Write a list of texts, at most `MAX_ITEMS`."""
        if len(values) > MAX_ITEMS:
            raise InvalidInputError(f"a token's list is longer than {MAX_ITEMS} items", field="token")
        self._data.append(len(values))
        for value in values:
            self.text(value)

    def time(self, micros: int) -> None:
        """Write microseconds since 1970 UTC, not negative."""
        self._data += micros.to_bytes(8, "big")

    def packed(self) -> bytes:
        """All that was written."""
        return bytes(self._data)


class Unpacker:
    """Reads what `Packer` wrote; every method raises ValueError for bytes that it would not have written."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def byte(self) -> int:
        """Read one byte."""
        return self._take(1)[0]

    def text(self) -> str:
        """Read a text."""
        # The bulk of what a token costs beside its signature: without further calls.
        data, start = self._data, self._at + 1
        if start > len(data):
            raise ValueError(_MISSING)
        size = data[start - 1]
        is_hex = size == _IS_HEX_ID
        if size > MAX_TEXT_BYTES and not is_hex:
            raise ValueError("text is too long")
        self._at = end = start + (16 if is_hex else size)
        if end > len(data):
            raise ValueError(_MISSING)
        if is_hex:
            return data[start:end].hex()
        value = data[start:end].decode("utf-8")
        if size == 32 and _HEX_ID.fullmatch(value):
            raise ValueError("hex id is written as text")
        return value

    def texts(self) -> tuple[str, ...]:
        """Read a list of texts."""
        return tuple([self.text() for _ in range(self.byte())])

    def time(self) -> int:
        """Read microseconds since 1970 UTC."""
        return int.from_bytes(self._take(8), "big")

    def end(self) -> None:
        """Insist that nothing is left."""
        if self._at != len(self._data):
            raise ValueError("bytes are left over")

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) != size:
            raise ValueError(_MISSING)
        self._at += size
        return taken

"""Ids, random bytes and key pairs that are the same again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cloudcore.ports.key_generator import KeyPairGenerator


class Draws:
    """An id source by a secret seed. Every unit of work draws from its beginning again: it may run several times."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._count = 0
        self._place = b"outside"

    def begin(self, place: str) -> None:
        """Draw from the beginning; `place` tells the draws of writing units and others apart."""
        self._place, self._count = place.encode(), 0

    def new_id(self) -> str:
        """See `IdSource`."""
        drawn = bytearray(self.random_bytes(16))
        # The bits that say that it is a random one.
        drawn[6], drawn[8] = drawn[6] & 0x0F | 0x40, drawn[8] & 0x3F | 0x80
        text = drawn.hex()
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def random_bytes(self, count: int) -> bytes:
        """See `IdSource`."""
        self._count += 1
        return hashlib.shake_256(b"\0".join((self._seed, self._place, b"%d" % self._count))).digest(count)


class DrawnKeys:
    """A generator of key pairs that gives those that were made before, and remembers what it makes."""

    def __init__(self, inner: KeyPairGenerator, made: Sequence[tuple[str, str]] = ()) -> None:
        self.made = list(made)
        self._inner = inner
        self._given = 0

    def generate(self, scheme: str) -> tuple[str, str]:
        """See `KeyPairGenerator`."""
        if self._given == len(self.made):
            self.made.append(self._inner.generate(scheme))
        self._given += 1
        return self.made[self._given - 1]

    def begin(self) -> None:
        """Give from the beginning again."""
        self._given = 0

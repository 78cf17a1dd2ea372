"""The ports of token signatures: only identity holds a signer, everybody holds a verifier."""

from __future__ import annotations

from typing import Protocol

MAX_KEY_ID = 32
"""Key ids are 1 to 32 of A-Z a-z 0-9 - and _; they are looked up in a table, never in a file system."""


class TokenSigner(Protocol):
    """Signs with the key that is in use now."""

    def sign(self, data: bytes) -> tuple[str, bytes]:
        """The id of the key that signed, and the signature.

        The id stands for one key and one algorithm for ever; two ids never stand for the same key.
        """
        ...


class TokenVerifier(Protocol):
    """Verifies with any key that is still accepted."""

    def verify(self, key_id: str, data: bytes, signature: bytes) -> bool:
        """Whether the key of this id signed exactly this data.

        False for an unknown or retired key id, a malformed id and a signature of the wrong length: it never raises
        because of what a caller sent. The algorithm comes from the key, never from the token.
        """
        ...

    def accepts(self, key_id: str) -> bool:
        """Whether what the key of this id has signed is accepted now: what verified before still does while it is."""
        ...

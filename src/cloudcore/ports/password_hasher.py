"""The port of password hashing."""

from __future__ import annotations

from typing import Protocol

MAX_PASSWORD_BYTES = 1024
"""A longer password (in UTF-8) is refused before it is hashed."""


class PasswordHasher(Protocol):
    """Hashes passwords with salts of its own; a hash is text that says how it was made."""

    def hash(self, password: str) -> str:
        """A new salted hash; two calls give two hashes.

        Raises:
            InvalidInputError: the password is longer than `MAX_PASSWORD_BYTES` or is not valid Unicode.
        """
        ...

    def verify(self, password: str, hashed: str) -> bool:
        """Whether the hash was made of this password; False for a password that `hash` refuses.

        Raises:
            BackendError: `hashed` is no hash of this hasher; the stored record is damaged.
        """
        ...

    def needs_rehash(self, hashed: str) -> bool:
        """Whether the hash was made with weaker parameters than are in use now."""
        ...

    def dummy_verify(self, password: str) -> bool:
        """Always False, after as much work as `verify` takes: an unknown user costs as much as a wrong password."""
        ...

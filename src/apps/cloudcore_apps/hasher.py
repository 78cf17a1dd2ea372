"""Argon2id, set up at the first password rather than at the start."""

from __future__ import annotations

from functools import cached_property

from cloudcore.ports.password_hasher import PasswordHasher


class LazyHasher:
    """A `PasswordHasher` that costs nothing until it is used; setting Argon2 up takes a tenth of a second and 64 MiB."""

    def hash(self, password: str) -> str:
        """See `PasswordHasher.hash`."""
        return self._hasher.hash(password)

    def verify(self, password: str, hashed: str) -> bool:
        """See `PasswordHasher.verify`."""
        return self._hasher.verify(password, hashed)

    def needs_rehash(self, hashed: str) -> bool:
        """See `PasswordHasher.needs_rehash`."""
        return self._hasher.needs_rehash(hashed)

    def dummy_verify(self, password: str) -> bool:
        """See `PasswordHasher.dummy_verify`."""
        return self._hasher.dummy_verify(password)

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from cloudcore_adapters.crypto.passwords import Argon2PasswordHasher

        return Argon2PasswordHasher()

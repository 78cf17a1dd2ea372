"""Argon2id password hashes."""

from __future__ import annotations

import argon2
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError

from cloudcore.model.errors import BackendError, InvalidInputError
from cloudcore.ports.password_hasher import MAX_PASSWORD_BYTES


class Argon2PasswordHasher:
    """Argon2id with the parameters of RFC 9106's low-memory recommendation unless told otherwise.

    time_cost: passes over the memory.
    memory_kib: memory of one hash; a burst of logins takes it once per concurrent login.
    parallelism: lanes.
    """

    def __init__(self, *, time_cost: int = 3, memory_kib: int = 65536, parallelism: int = 4) -> None:
        self._hasher = argon2.PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism, type=argon2.Type.ID
        )
        self._dummy = self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """See `PasswordHasher.hash`."""
        data = _password_bytes(password)
        if data is None:
            raise InvalidInputError("the password is too long or not valid Unicode", field="password")
        try:
            return self._hasher.hash(data)
        except HashingError as e:
            raise BackendError("the password cannot be hashed now", internal=str(e)) from e

    def verify(self, password: str, hashed: str) -> bool:
        """See `PasswordHasher.verify`; a password that is too long costs as much as one that is not."""
        data = _password_bytes(password)
        try:
            return self._hasher.verify(hashed, b"" if data is None else data) and data is not None
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError, UnicodeError) as e:
            raise BackendError("a stored password hash is damaged", internal=str(e)) from e

    def needs_rehash(self, hashed: str) -> bool:
        """See `PasswordHasher.needs_rehash`."""
        try:
            return self._hasher.check_needs_rehash(hashed)
        except InvalidHashError as e:
            raise BackendError("a stored password hash is damaged", internal=str(e)) from e

    def dummy_verify(self, password: str) -> bool:
        """See `PasswordHasher.dummy_verify`."""
        self.verify(password, self._dummy)
        return False


def _password_bytes(password: str) -> bytes | None:
    try:
        data = password.encode("utf-8")
    except UnicodeEncodeError:
        return None
    return data if len(data) <= MAX_PASSWORD_BYTES else None

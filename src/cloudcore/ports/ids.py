"""The port of ids and randomness."""

from __future__ import annotations

from typing import Protocol


class IdSource(Protocol):
    """Where ids and random bytes come from."""

    def new_id(self) -> str:
        """A fresh UUID4 in canonical form."""
        ...

    def random_bytes(self, count: int) -> bytes:
        """Bytes that nobody can guess (a simulation's can be repeated by its seed)."""
        ...

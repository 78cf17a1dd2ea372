"""The port of sealed values: secrets at rest."""

from __future__ import annotations

from typing import Protocol

MAX_SEALED_PLAIN = 1 << 20
"""The longest value that can be sealed, in bytes."""


class Sealer(Protocol):
    """Encrypts single values under a data key that a master key outside the database wraps."""

    def seal(self, plain: bytes, context: str) -> str:
        """The sealed value as ASCII text; sealing twice gives two texts.

        context: names the place the value belongs to, such as `credentials/<id>/blob`; it is authenticated, not
            stored, so that a value copied to another place does not open there.

        Raises:
            InvalidInputError: the value is longer than `MAX_SEALED_PLAIN`.
        """
        ...

    def open(self, sealed: str, context: str) -> bytes:
        """The value again.

        Raises:
            BackendError: it was changed, belongs to another place, or its key is not there; which of them is not told.
        """
        ...

    def needs_reseal(self, sealed: str) -> bool:
        """Whether the value is sealed under an older data key than the one in use."""
        ...

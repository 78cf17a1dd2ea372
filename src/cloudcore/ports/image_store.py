"""The port of image bytes. They never pass through a unit of work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class ImageStore(Protocol):
    """Keeps bytes under keys of letters, digits, dash, dot and slash (no `..`, at most 200 characters).

    Every method raises InvalidInputError for a key that is not of that form.
    """

    def write(self, key: str, chunks: Iterable[bytes]) -> int:
        """Store the bytes under a fresh key, durably, and give their number. What was stored of a broken stream goes.

        Raises:
            DuplicateResourceError: the key is taken.
            BackendError: the storage is full or fails.
        """
        ...

    def read(self, key: str, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`; fewer at the end.

        Raises:
            ResourceNotFoundError: there is no such key.
        """
        ...

    def handle(self, key: str) -> int | None:
        """A descriptor of an open file with the bytes, for the caller to close; None where they are in no file.

        Raises:
            ResourceNotFoundError: there is no such key.
        """
        ...

    def size(self, key: str) -> int:
        """Number of bytes.

        Raises:
            ResourceNotFoundError: there is no such key.
        """
        ...

    def move(self, source: str, target: str) -> None:
        """Rename; done already when only the target is there.

        Raises:
            ResourceNotFoundError: neither is there.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove; done already when it is not there."""
        ...

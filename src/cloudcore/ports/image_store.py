"""The port of image bytes. They never pass through a unit of work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class ImageStore(Protocol):
    """Keeps bytes under keys of letters, digits, dash, dot and slash (no `..`, at most 200 characters).

    Every method raises InvalidInputError for a key that is not of that form.

    Several processes may change one store, and one of them may have been asleep while another went on in its place. So who
    changes a key says with which fence: one that is lower than the highest that was seen for the key is refused, in the same
    step in which the change would show. None asks for nothing, where nobody else can be at it. The highest fence outlives
    the key's bytes by some weeks.
    """

    def claim(self, key: str, fence: int | None = None) -> int:
        """Work on a key from now on: lower fences are refused. Gives the fence; without one, one more than the highest.

        Raises:
            OutdatedError: a higher fence was seen.
        """
        ...

    def write(self, key: str, chunks: Iterable[bytes], *, fence: int | None = None) -> int:
        """Store the bytes under a fresh key, durably, and give their number. What was stored of a broken stream goes.

        Raises:
            OutdatedError: a higher fence was seen; also after all bytes were read.
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

    def move(self, source: str, target: str, *, fence: int | None = None) -> None:
        """Rename; done already when only the target is there.

        Raises:
            OutdatedError: a higher fence was seen for one of the keys.
            ResourceNotFoundError: neither is there.
        """
        ...

    def delete(self, key: str, *, fence: int | None = None) -> None:
        """Remove; done already when it is not there.

        Raises:
            OutdatedError: a higher fence was seen.
        """
        ...

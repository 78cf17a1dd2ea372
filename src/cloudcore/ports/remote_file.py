"""The port to files elsewhere in the world, which callers name by URL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import attrs


@attrs.frozen(kw_only=True)
class RemoteFile:
    """A file that is being received. size: bytes in all, where its server says so."""

    size: int | None
    chunks: Iterator[bytes] = attrs.field(repr=False)


class RemoteFiles(Protocol):
    """Fetches files by URL, from addresses that the deployment lets callers reach through it, and from no others."""

    def open(self, url: str, *, cancelled: Callable[[], bool]) -> AbstractContextManager[RemoteFile]:
        """Begin to receive the file; leaving the context ends that.

        `open`, and the chunks as they are taken, raise:
            InvalidInputError: the URL is none, or leads, or is redirected, to where it may not.
            ResourceNotFoundError: its server says that it is not there, or not for us.
            BackendError: its server does not answer, breaks off, is too slow, or cannot be trusted; perhaps only now.
            DeadlineError: it was cancelled.
        """
        ...

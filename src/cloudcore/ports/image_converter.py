"""The port that turns image bytes of one format into those of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs


@attrs.frozen(kw_only=True)
class StoredFormat:
    """Bytes of the image store. virtual_size: bytes that a guest sees, as the inspection of the source found it."""

    key: str
    format: str
    virtual_size: int


class ImageConverter(Protocol):
    """Converts between keys of one image store.

    The source's format is always told and never looked for: its bytes are a guest's or a stranger's.
    """

    def convert(
        self,
        source: StoredFormat,
        target: StoredFormat,
        *,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
        fence: int | None = None,
    ) -> int:
        """Store the converted bytes under the target's fresh key and give their number; a failure leaves nothing there.

        Raises:
            NotSupportedError: this converter does not read or write one of the formats.
            InvalidFormatError: the source is not what it is said to be, or is damaged.
            OutOfRangeError: it would take more than an image may have.
            DeadlineError: it took too long, or was cancelled.
            BackendError: the store is full or fails.
            DuplicateResourceError: the target's key is taken.
            OutdatedError: a fence above this one was seen for it (`ImageStore`).
        """
        ...

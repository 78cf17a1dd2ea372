"""Image bytes in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from cloudcore.model.errors import (
    BackendError,
    DuplicateResourceError,
    OutdatedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.image_keys import checked_key


class MemoryImageStore:
    """An image store in a dictionary; safe for several threads."""

    def __init__(self, capacity: int | None = None) -> None:
        """capacity: bytes in all; None is without limit."""
        self._capacity = capacity
        self._held: dict[str, bytes] = {}
        self._fences: dict[str, int] = {}
        self._lock = threading.Lock()

    def keys(self) -> list[str]:
        """All keys, sorted."""
        with self._lock:
            return sorted(self._held)

    def claim(self, key: str, fence: int | None = None) -> int:
        """See `ImageStore.claim`."""
        checked_key(key)
        with self._lock:
            fence = self._fences.get(key, 0) + 1 if fence is None else fence
            self._pass(key, fence)
            return fence

    def write(self, key: str, chunks: Iterable[bytes], *, fence: int | None = None) -> int:
        """See `ImageStore.write`."""
        self._require_free(checked_key(key))
        data = bytearray()
        for chunk in chunks:
            data += chunk
            self._require_room(len(data))
        with self._lock:
            self._pass(key, fence)
            if key in self._held:
                raise DuplicateResourceError(f"image key {key} is taken", field="key")
            self._held[key] = bytes(data)
        return len(data)

    def read(self, key: str, offset: int, length: int) -> bytes:
        """See `ImageStore.read`."""
        data = self._get(key)
        if offset < 0 or length < 0:
            raise OutOfRangeError("offset and length must not be negative", field="offset")
        return data[offset : offset + length]

    def handle(self, key: str) -> int | None:
        """See `ImageStore.handle`."""
        self._get(key)
        return None

    def size(self, key: str) -> int:
        """See `ImageStore.size`."""
        return len(self._get(key))

    def move(self, source: str, target: str, *, fence: int | None = None) -> None:
        """See `ImageStore.move`; raises DuplicateResourceError when both are there."""
        checked_key(source, "source")
        checked_key(target, "target")
        with self._lock:
            self._pass(source, fence)
            self._pass(target, fence)
            if source not in self._held and target not in self._held:
                raise ResourceNotFoundError(f"there are no image bytes under {source}", field="source")
            if source == target or source not in self._held:
                return
            if target in self._held:
                raise DuplicateResourceError(f"image key {target} is taken", field="target")
            self._held[target] = self._held.pop(source)

    def delete(self, key: str, *, fence: int | None = None) -> None:
        """See `ImageStore.delete`."""
        checked_key(key)
        with self._lock:
            self._pass(key, fence)
            self._held.pop(key, None)

    def _pass(self, key: str, fence: int | None) -> None:
        """Refuse an older fence, and remember a newer one."""
        if fence is None:
            return
        if fence < (newest := self._fences.get(key, fence)):
            raise OutdatedError(fence, newest)
        self._fences[key] = fence

    def _get(self, key: str) -> bytes:
        checked_key(key)
        with self._lock:
            if key not in self._held:
                raise ResourceNotFoundError(f"there are no image bytes under {key}", field="key")
            return self._held[key]

    def _require_free(self, key: str) -> None:
        with self._lock:
            if key in self._held:
                raise DuplicateResourceError(f"image key {key} is taken", field="key")

    def _require_room(self, more: int) -> None:
        with self._lock:
            used = sum(len(data) for data in self._held.values())
        if self._capacity is not None and used + more > self._capacity:
            raise BackendError("the image store is full")

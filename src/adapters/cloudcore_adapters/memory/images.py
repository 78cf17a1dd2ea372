"""Image bytes in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from cloudcore.model.errors import BackendError, DuplicateResourceError, OutOfRangeError, ResourceNotFoundError
from cloudcore.model.image_keys import checked_key


class MemoryImageStore:
    """An image store in a dictionary; safe for several threads."""

    def __init__(self, capacity: int | None = None) -> None:
        """capacity: bytes in all; None is without limit."""
        self._capacity = capacity
        self._held: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def write(self, key: str, chunks: Iterable[bytes]) -> int:
        """See `ImageStore.write`."""
        self._require_free(checked_key(key))
        data = bytearray()
        for chunk in chunks:
            data += chunk
            self._require_room(len(data))
        with self._lock:
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

    def move(self, source: str, target: str) -> None:
        """See `ImageStore.move`; raises DuplicateResourceError when both are there."""
        checked_key(source, "source")
        checked_key(target, "target")
        with self._lock:
            if source not in self._held and target not in self._held:
                raise ResourceNotFoundError(f"there are no image bytes under {source}", field="source")
            if source == target or source not in self._held:
                return
            if target in self._held:
                raise DuplicateResourceError(f"image key {target} is taken", field="target")
            self._held[target] = self._held.pop(source)

    def delete(self, key: str) -> None:
        """See `ImageStore.delete`."""
        checked_key(key)
        with self._lock:
            self._held.pop(key, None)

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

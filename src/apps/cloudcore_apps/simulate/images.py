"""The image store as processes of the control plane see it: others go on before a change shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cloudcore.ports.image_store import ImageStore

CHANGE = "image"
"""First word of the pauses before which all of a change is done but that it shows."""


class PausedStore:
    """An `ImageStore` over another. pause: called before each change, when all else of it is done."""

    def __init__(self, store: ImageStore, pause: Callable[[str], None]) -> None:
        self._store = store
        self._pause = pause

    def claim(self, key: str, fence: int | None = None) -> int:
        """See `ImageStore.claim`."""
        return self._store.claim(key, fence)

    def write(self, key: str, chunks: Iterable[bytes], *, fence: int | None = None) -> int:
        """See `ImageStore.write`."""
        parts = list(chunks)
        self._pause(f"{CHANGE} write")
        return self._store.write(key, parts, fence=fence)

    def read(self, key: str, offset: int, length: int) -> bytes:
        """See `ImageStore.read`."""
        return self._store.read(key, offset, length)

    def handle(self, key: str) -> int | None:
        """See `ImageStore.handle`."""
        return self._store.handle(key)

    def size(self, key: str) -> int:
        """See `ImageStore.size`."""
        return self._store.size(key)

    def move(self, source: str, target: str, *, fence: int | None = None) -> None:
        """See `ImageStore.move`."""
        self._pause(f"{CHANGE} move")
        self._store.move(source, target, fence=fence)

    def delete(self, key: str, *, fence: int | None = None) -> None:
        """See `ImageStore.delete`."""
        self._pause(f"{CHANGE} delete")
        self._store.delete(key, fence=fence)

"""Image bytes in one folder.

Each key is one file whose name is the key with `+` for each slash: no key has a `+`, so that no key can name a folder,
and every call touches exactly one name below a folder that was opened once. Bytes arrive under a name that begins with a
dot, which no key does, and get their own name when all of them are on disk.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cloudcore.model.errors import BackendError, DuplicateResourceError, OutOfRangeError, ResourceNotFoundError
from cloudcore.model.image_keys import checked_key
from cloudcore_adapters.files.fences import KeyFences

CHUNK = 1 << 20
_PARTIAL = ".partial-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FileImageStore:
    """An image store in a folder of its own; several processes may use one folder."""

    def __init__(self, root: Path) -> None:
        """Make the folder with mode 0700 if it is not there, and hold it open.

        Raises:
            BackendError: it can't be made or is a symbolic link.
        """
        self._root = root.absolute()
        with _translated(str(root)):
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            os.fchmod(self._folder, 0o700)
        self._fences = KeyFences(self._folder)

    def close(self) -> None:
        """Let go of the folder; the store can't be used afterwards."""
        if self._folder >= 0:
            os.close(self._folder)
            self._folder = -1

    def claim(self, key: str, fence: int | None = None) -> int:
        """See `ImageStore.claim`."""
        return self._fences.claim(_name(key), fence)

    def write(self, key: str, chunks: Iterable[bytes], *, fence: int | None = None) -> int:
        """See `ImageStore.write`."""
        name = _name(key)
        if self._stat(name) is not None:
            raise _taken(key, "key")
        partial = f"{_PARTIAL}{secrets.token_hex(16)}"
        with _translated(key):
            handle = os.open(partial, _NEW, 0o600, dir_fd=self._folder)
        try:
            try:
                size = _pour(handle, chunks, key)
            finally:
                os.close(handle)
            with self._fences.passed(fence, name):
                self._give_name(partial, name, key)
        finally:
            self._unlink(partial)
        with _translated(key):
            os.fsync(self._folder)
        return size

    @contextmanager
    def reserved(self, key: str, *, fence: int | None = None) -> Iterator[Path]:
        """A fresh, empty file for another program to fill; afterwards it is under the key, or gone if there was an error.

        Raises:
            DuplicateResourceError: the key is taken.
            OutdatedError: see `ImageStore.write`.
        """
        name = _name(key)
        if self._stat(name) is not None:
            raise _taken(key, "key")
        partial = f"{_PARTIAL}{secrets.token_hex(16)}"
        with _translated(key):
            os.close(os.open(partial, _NEW, 0o600, dir_fd=self._folder))
        try:
            yield self._root / partial
            with _translated(key):
                handle = os.open(partial, _OLD, dir_fd=self._folder)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
            with self._fences.passed(fence, name):
                self._give_name(partial, name, key)
        finally:
            self._unlink(partial)
        with _translated(key):
            os.fsync(self._folder)

    @contextmanager
    def path_of(self, key: str) -> Iterator[Path]:
        """The file of a key, for another program to read.

        Raises:
            ResourceNotFoundError: there is no such key.
        """
        with self._opened(key):
            yield self._root / _name(key)

    def read(self, key: str, offset: int, length: int) -> bytes:
        """See `ImageStore.read`."""
        if offset < 0 or length < 0:
            checked_key(key)
            raise OutOfRangeError("offset and length must not be negative", field="offset")
        with self._opened(key) as (handle, size), _translated(key):
            end = min(size, offset + length)
            parts: list[bytes] = []
            while offset < end and (part := os.pread(handle, min(CHUNK, end - offset), offset)):
                parts.append(part)
                offset += len(part)
            return b"".join(parts)

    def handle(self, key: str) -> int | None:
        """See `ImageStore.handle`."""
        with self._opened(key) as (handle, _):
            return os.dup(handle)

    def size(self, key: str) -> int:
        """See `ImageStore.size`."""
        with self._opened(key) as (_, size):
            return size

    def move(self, source: str, target: str, *, fence: int | None = None) -> None:
        """See `ImageStore.move`; raises DuplicateResourceError when both are there."""
        old_name, new_name = _name(source, "source"), _name(target, "target")
        with self._fences.passed(fence, *dict.fromkeys((old_name, new_name))):
            self._move(source, target, old_name, new_name)

    def _move(self, source: str, target: str, old_name: str, new_name: str) -> None:
        old, new = self._stat(old_name), self._stat(new_name)
        if old is None and new is None:
            raise ResourceNotFoundError(f"there are no image bytes under {source}", field="source")
        if old_name == new_name or old is None:
            return
        # Both are the same file when an earlier move was interrupted between its two halves.
        if new is None or not os.path.samestat(old, new):
            self._give_name(old_name, new_name, target)
        self._unlink(old_name)
        with _translated(source):
            os.fsync(self._folder)

    def delete(self, key: str, *, fence: int | None = None) -> None:
        """See `ImageStore.delete`."""
        with self._fences.passed(fence, _name(key)):
            self._unlink(_name(key))
        with _translated(key):
            os.fsync(self._folder)

    def remove_partial(self, older_than_s: float) -> int:
        """Remove what killed writers left; answers how many. Younger ones may still be under way."""
        before, count = time.time() - older_than_s, 0
        with _translated("partial images"):
            names = sorted(name for name in os.listdir(self._folder) if name.startswith(_PARTIAL))  # noqa: PTH208 - of the held folder
        for name in names:
            found = self._stat(name)
            if found is not None and found.st_mtime < before:
                self._unlink(name)
                count += 1
        return count

    def forget_fences(self, older_than_s: float) -> int:
        """Forget the fences of keys that nobody has changed for so long; answers of how many."""
        return self._fences.forget(older_than_s)

    def _give_name(self, partial: str, name: str, key: str) -> None:
        # A link, unlike a rename, never replaces what another writer has put there meanwhile.
        with _translated(key):
            try:
                os.link(partial, name, src_dir_fd=self._folder, dst_dir_fd=self._folder, follow_symlinks=False)
            except FileExistsError:
                raise _taken(key, "key") from None

    @contextmanager
    def _opened(self, key: str) -> Iterator[tuple[int, int]]:
        name = _name(key)
        missing = ResourceNotFoundError(f"there are no image bytes under {key}", field="key")
        with _translated(key):
            try:
                handle = os.open(name, _OLD, dir_fd=self._folder)
            except FileNotFoundError:
                raise missing from None
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                raise BackendError("the image store holds something else under this key", internal=key)
            yield handle, found.st_size
        finally:
            os.close(handle)

    def _stat(self, name: str) -> os.stat_result | None:
        with _translated(name):
            try:
                return os.stat(name, dir_fd=self._folder, follow_symlinks=False)
            except FileNotFoundError:
                return None

    def _unlink(self, name: str) -> None:
        with _translated(name):
            try:
                os.unlink(name, dir_fd=self._folder)
            except FileNotFoundError:
                return


def _name(key: str, field: str = "key") -> str:
    return checked_key(key, field).replace("/", "+")


def _taken(key: str, field: str) -> DuplicateResourceError:
    return DuplicateResourceError(f"image key {key} is taken", field=field)


def _pour(handle: int, chunks: Iterable[bytes], key: str) -> int:
    size = 0
    for chunk in chunks:
        rest = memoryview(chunk)
        with _translated(key):
            while rest:
                written = os.write(handle, rest[:CHUNK])
                rest, size = rest[written:], size + written
    with _translated(key):
        os.fsync(handle)
    return size


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        reason = "is full" if e.errno in _FULL else "fails"
        raise BackendError(f"the image store {reason}", internal=f"{what}: {e}") from e

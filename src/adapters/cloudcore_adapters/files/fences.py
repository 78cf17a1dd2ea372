"""The highest fence that was seen for each key of a folder, which several processes share.

One small file a key, whose lock is held while its bytes change: who has slept past his lease finds a higher fence there, and
nobody can pass between the look and the change. The lock goes with its process; a process that is asleep with it makes
others fail, and try again later, instead of passing by.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from cloudcore.model.errors import BackendError, OutdatedError

_FENCE = ".fence-"
_FILE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_DIGITS = 20
LONGEST_WAIT_S = 5.0
_LOOK_S = 0.01


class KeyFences:
    """The fences of one folder, by name of file."""

    def __init__(self, folder: int) -> None:
        """folder: a descriptor, held by whoever has this."""
        self._folder = folder

    def claim(self, name: str, fence: int | None) -> int:
        """Remember a fence, or one more than the highest, and give it.

        Raises:
            OutdatedError: a higher one was seen.
        """
        with self._locked(name) as file:
            newest = _read(file)
            fence = newest + 1 if fence is None else fence
            _pass(file, fence, newest)
            return fence

    @contextmanager
    def passed(self, fence: int | None, *names: str) -> Iterator[None]:
        """Change these within; None changes them without being asked.

        Raises:
            OutdatedError: a higher one was seen for one of them.
            BackendError: somebody holds one for long.
        """
        with ExitStack() as held:
            if fence is not None:
                # In one order for everybody, so that two never wait for each other.
                files = [held.enter_context(self._locked(name)) for name in sorted(names)]
                for file in files:
                    _pass(file, fence, _read(file))
            yield

    def forget(self, older_than_s: float) -> int:
        """Forget those that were not seen for so long; answers how many."""
        before, count = time.time() - older_than_s, 0
        for name in sorted(os.listdir(self._folder)):  # noqa: PTH208 - of the held folder
            if name.startswith(_FENCE) and os.stat(name, dir_fd=self._folder).st_mtime < before:
                os.unlink(name, dir_fd=self._folder)
                count += 1
        return count

    @contextmanager
    def _locked(self, name: str) -> Iterator[int]:
        try:
            file = os.open(f"{_FENCE}{name}", _FILE, 0o600, dir_fd=self._folder)
        except OSError as error:
            raise BackendError("the image store fails", internal=f"fence of {name}: {error}") from error
        try:
            _lock(file, name)
            yield file
        finally:
            os.close(file)


def _lock(file: int, name: str) -> None:
    until = time.monotonic() + LONGEST_WAIT_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise BackendError("the image store is busy", internal=f"somebody holds {name}") from None
            time.sleep(_LOOK_S)
        else:
            return


def _read(file: int) -> int:
    return int(os.pread(file, _DIGITS, 0) or b"0")


def _pass(file: int, fence: int, newest: int) -> None:
    if fence < newest:
        raise OutdatedError(fence, newest)
    # As many digits each time, so that no half of it is a number of its own.
    os.pwrite(file, b"%0*d" % (_DIGITS, fence), 0)

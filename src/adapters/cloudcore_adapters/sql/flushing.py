"""One flush to disk for all commits that wait for one.

SQLite lets one unit write at a time, and with `synchronous=FULL` flushes within the commit: every writer then waits for
the disk on behalf of each before it. Here a commit is appended to the log, the next unit begins, and whoever committed
returns when a flush that began afterwards is over. One flush is under way at a time; what is appended meanwhile shares
the next.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from cloudcore.model.errors import BackendError

_SYNCHRONOUS = "PRAGMA synchronous = {}"


class Flusher:
    """Flushes for any number of threads."""

    def __init__(self, flush: Callable[[], None]) -> None:
        """flush: puts all that was appended before it on disk."""
        self._flush = flush
        self._changed = threading.Condition()
        self._begun = self._ended = 0
        self._busy = False
        self._failure: OSError | None = None

    def wait(self) -> None:
        """Return when all that was appended before this call is on disk.

        Raises:
            BackendError: a flush failed, this one or any before: a disk that lost something tells it once.
        """
        with self._changed:
            # One under way may have begun before what we wait for was appended: it does not count.
            needed = self._begun + 1
            while self._ended < needed and self._busy:
                self._changed.wait()
            if self._ended < needed and self._failure is None:
                self._busy = True
                self._begun += 1
        if self._ended < needed and self._failure is None:
            self._lead()
        if self._failure is not None:
            raise BackendError("the storage fails", internal=f"flush: {self._failure}")

    def _lead(self) -> None:
        failure: OSError | None = None
        try:
            self._flush()
        except OSError as error:
            failure = error
        with self._changed:
            self._busy = False
            self._ended, self._failure = self._begun, failure
            self._changed.notify_all()


class Log:
    """The write-ahead log beside a SQLite file."""

    def __init__(self, database: str) -> None:
        self._path = Path(f"{database}-wal")
        self._named = -1

    def flush(self) -> None:
        """Put the log on disk, and its name when it is a new file. SQLite takes its locks on other files than this one.

        Whoever closes a database as the last one puts all of it on disk and removes the log.
        """
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            os.fsync(handle)
            number = os.fstat(handle).st_ino
        finally:
            os.close(handle)
        if number != self._named:
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
            self._named = number


@contextmanager
def unflushed(connection: sa.Connection) -> Iterator[None]:
    """Commit without a flush within the block, as whoever opens it flushes by itself. No transaction is open at its ends."""
    raw: Any = connection.connection.driver_connection
    raw.execute(_SYNCHRONOUS.format("NORMAL"))
    try:
        yield
    finally:
        raw.execute(_SYNCHRONOUS.format("FULL"))

"""The durable journal of an agent: key → effect, fence, outcome.

One SQLite file in WAL mode with synchronous=FULL: what a call has returned is on disk, and a killed process loses nothing.
One agent holds a folder at a time, by a lock that dies with it.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import attrs

from cloudcore.model.effects import Done, Effect, Failed, Outcome, Running, Unknown, outdated
from cloudcore.model.errors import BackendError, ConflictError, UnreachableError
from cloudcore.model.json import JsonObject

FORMAT = 1
_SCHEMA = """
CREATE TABLE effects (
    key TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    effect TEXT NOT NULL,
    fence INTEGER NOT NULL,
    cancelled INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    finished REAL
) WITHOUT ROWID;
CREATE INDEX effects_open ON effects (position) WHERE outcome IS NULL;
CREATE INDEX effects_finished ON effects (finished) WHERE outcome IS NOT NULL;
CREATE TABLE fences (resource TEXT PRIMARY KEY, fence INTEGER NOT NULL, seen REAL NOT NULL) WITHOUT ROWID;
"""


@attrs.frozen
class Entry:
    """An effect that is not finished yet."""

    key: str
    effect: Effect
    fence: int
    cancelled: bool


class Journal:
    """The journal of one agent; safe for use by several threads."""

    def __init__(self, folder: Path) -> None:
        """Open or begin the journal in `folder`, which is made if it is not there.

        Raises:
            ConflictError: another process holds the folder.
            BackendError: the journal cannot be read, or was written by a later release.
        """
        self._lock = threading.Lock()
        self._closed = False
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._held = _hold(folder / "lock")
            self._db = sqlite3.connect(folder / "effects.sqlite", isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self.close()
                raise
        except (OSError, sqlite3.Error) as e:
            raise BackendError("the agent's journal cannot be opened", internal=f"{folder}: {e}") from e

    def add(self, key: str, effect: Effect, fence: int, now: float) -> bool | Failed:
        """Record the effect as open: True if it is new, False if the key was there before.

        With a fence that is lower than the highest seen for the resource it is recorded as the failure that is returned.
        """
        with self._write() as db:
            if db.execute("SELECT 1 FROM effects WHERE key = ?", (key,)).fetchone():
                return False
            row = db.execute("SELECT fence FROM fences WHERE resource = ?", (effect.resource,)).fetchone()
            refusal = outdated(fence, row[0]) if row and fence < row[0] else None
            body = json.dumps(attrs.asdict(effect), separators=(",", ":"))
            db.execute(
                "INSERT INTO effects (key, position, effect, fence, outcome, finished) "
                "VALUES (?, (SELECT coalesce(max(position), 0) + 1 FROM effects), ?, ?, ?, ?)",
                (key, body, fence, _dump(refusal) if refusal else None, now if refusal else None),
            )
            if refusal is None:
                db.execute(
                    "INSERT INTO fences (resource, fence, seen) VALUES (?, ?, ?) ON CONFLICT (resource) "
                    "DO UPDATE SET fence = max(fence, excluded.fence), seen = excluded.seen",
                    (effect.resource, fence, now),
                )
            return refusal or True

    def finish(self, key: str, outcome: Done | Failed, now: float) -> None:
        """Record what became of an open effect; a finished one keeps its first outcome.

        Its arguments are forgotten: nobody performs it again, and passwords may be among them.
        """
        with self._write() as db:
            db.execute(
                "UPDATE effects SET outcome = ?, finished = ?, effect = json_set(effect, '$.args', json('{}')) "
                "WHERE key = ? AND outcome IS NULL",
                (_dump(outcome), now, key),
            )

    def mark_cancelled(self, key: str) -> None:
        """Record that an open effect shall end early."""
        with self._write() as db:
            db.execute("UPDATE effects SET cancelled = 1 WHERE key = ? AND outcome IS NULL", (key,))

    def outcome(self, key: str) -> Outcome:
        """What is recorded: `Running()` for an open effect, `Unknown()` for a key that is not there."""
        with self._read() as db:
            row = db.execute("SELECT outcome FROM effects WHERE key = ?", (key,)).fetchone()
        if row is None:
            return Unknown()
        return Running() if row[0] is None else _load(row[0])

    def open_entries(self) -> Sequence[Entry]:
        """The effects that are not finished, in the order in which they were submitted."""
        with self._read() as db:
            rows = db.execute(
                "SELECT key, effect, fence, cancelled FROM effects WHERE outcome IS NULL ORDER BY position"
            ).fetchall()
        return [Entry(key, Effect(**json.loads(body)), fence, bool(cancelled)) for key, body, fence, cancelled in rows]

    def prune(self, before: float) -> int:
        """Forget effects that finished, and fences that were last seen, before this time; answers how many effects."""
        with self._write() as db:
            gone = db.execute("DELETE FROM effects WHERE outcome IS NOT NULL AND finished < ?", (before,)).rowcount
            db.execute(
                "DELETE FROM fences WHERE seen < ? AND resource NOT IN "
                "(SELECT json_extract(effect, '$.resource') FROM effects WHERE outcome IS NULL)",
                (before,),
            )
            return gone

    def close(self) -> None:
        """Let go of the folder; later calls raise UnreachableError."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._db.close()
                self._held.close()

    def _prepare(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise BackendError(f"the agent's journal has format {version}; this release reads up to {FORMAT}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
        if version == 0:
            self._db.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version = {FORMAT};COMMIT;")

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._closed:
                raise UnreachableError("the agent is closed")
            try:
                yield self._db
            except sqlite3.Error as e:
                raise UnreachableError("the agent's journal does not answer", internal=str(e)) from e

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        with self._read() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def _hold(path: Path) -> IO[str]:
    held = path.open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as e:
        held.close()
        raise ConflictError("another agent holds the journal", internal=str(path)) from e
    return held


def _dump(outcome: Done | Failed) -> str:
    body: JsonObject = {"done": outcome.result} if isinstance(outcome, Done) else {"failed": attrs.asdict(outcome)}
    return json.dumps(body, separators=(",", ":"))


def _load(text: str) -> Done | Failed:
    body = json.loads(text)
    return Done(body["done"]) if "done" in body else Failed(**body["failed"])

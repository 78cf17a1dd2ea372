"""A key ring that follows its file: rotated or pruned by another process, it is in force here without a restart.

The file is looked at again every half second, and at once for a key id that is not known: a token that another process
has signed a moment ago verifies.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from os import urandom
from pathlib import Path

import attrs

from cloudcore.model.errors import BackendError
from cloudcore.ports.clock import Clock
from cloudcore_adapters.crypto.tokens import Ed25519Signer, Ed25519Verifier, load_or_create_ring, read_ring

FRESH = timedelta(milliseconds=500)
ASKED_AGAIN = timedelta(milliseconds=50)
"""How often unknown key ids make it look at the file; whoever sends many of them costs a `stat` each 50 ms."""


@attrs.frozen
class _Loaded:
    mark: tuple[int, ...]
    signer: Ed25519Signer
    verifier: Ed25519Verifier
    known: frozenset[str]
    changes_at: datetime | None
    seen_at: datetime


class LiveRing:
    """Signs and verifies with the keys that the file holds now; safe for several threads.

    Raises:
        BackendError: the file is not safe to use or damaged (`read_key_file`), at first or when it is read again.
    """

    def __init__(self, path: Path, clock: Clock, random_bytes: Callable[[int], bytes] = urandom) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        load_or_create_ring(path, clock.now(), random_bytes)
        self._loaded = self._read(clock.now())

    def sign(self, data: bytes) -> tuple[str, bytes]:
        """See `TokenSigner.sign`."""
        return self._fresh(FRESH).signer.sign(data)

    def verify(self, key_id: str, data: bytes, signature: bytes) -> bool:
        """See `TokenVerifier.verify`."""
        loaded = self._fresh(FRESH)
        if key_id not in loaded.known:
            loaded = self._fresh(ASKED_AGAIN)
        return loaded.verifier.verify(key_id, data, signature)

    def accepts(self, key_id: str) -> bool:
        """See `TokenVerifier.accepts`."""
        return key_id in self._fresh(FRESH).known

    def _fresh(self, at_most: timedelta) -> _Loaded:
        now, loaded = self._clock.now(), self._loaded
        due = loaded.changes_at is not None and now >= loaded.changes_at
        if not due and timedelta(0) <= now - loaded.seen_at < at_most:
            return loaded
        with self._lock:
            if due or self._loaded.mark != self._mark():
                self._loaded = self._read(now)
            else:
                self._loaded = attrs.evolve(self._loaded, seen_at=now)
            return self._loaded

    def _read(self, now: datetime) -> _Loaded:
        # The mark first: what is replaced in between is read again next time.
        mark = self._mark()
        ring = read_ring(self._path)
        public = ring.public_keys(now)
        ends = [key.retires_at for key in ring.keys if key.retires_at is not None and key.retires_at > now]
        return _Loaded(
            mark=mark,
            signer=Ed25519Signer(ring),
            verifier=Ed25519Verifier(public),
            known=frozenset(public),
            changes_at=min(ends, default=None),
            seen_at=now,
        )

    def _mark(self) -> tuple[int, ...]:
        try:
            facts = os.stat(self._path, follow_symlinks=False)  # noqa: PTH116 - of the link itself, in one call
        except OSError as error:
            raise BackendError("a key file cannot be used", internal=f"{self._path}: {error}") from error
        return facts.st_ino, facts.st_mtime_ns, facts.st_size, facts.st_mode, facts.st_uid

"""Time and ids: the machine's own, and ones that can be repeated."""

from __future__ import annotations

import random
import secrets
import uuid
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's wall clock."""

    def now(self) -> datetime:
        """The present in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands until it is moved."""

    def __init__(self, start: datetime = datetime(2030, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """The present of this clock."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._now += timedelta(seconds=seconds)


class SystemIds:
    """Random ids from the operating system."""

    def new_id(self) -> str:
        """A fresh UUID4."""
        return str(uuid.uuid4())

    def random_bytes(self, count: int) -> bytes:
        """Bytes that nobody can guess."""
        return secrets.token_bytes(count)


class SeededIds:
    """Ids and bytes that the same seed repeats; for tests and simulations."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def new_id(self) -> str:
        """The next UUID4 of the seed."""
        return str(uuid.UUID(bytes=self._random.randbytes(16), version=4))

    def random_bytes(self, count: int) -> bytes:
        """The next bytes of the seed."""
        return self._random.randbytes(count)

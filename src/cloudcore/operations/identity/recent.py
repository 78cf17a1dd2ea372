"""What was read of identity a moment ago, for the many requests of one token."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import attrs

from cloudcore.model.resource import Resource
from cloudcore.ports.clock import Clock
from cloudcore.ports.unit_of_work import UnitOfWork

T = TypeVar("T")

FRESH = timedelta(milliseconds=500)
MOST = 4096
AREA = "identity"


@attrs.frozen
class _Read(Generic[T]):
    value: T
    at: datetime
    revision: int

    def holds(self, now: datetime, revision: int) -> bool:
        """Whether it may still be given."""
        return self.revision == revision and timedelta(0) <= now - self.at < FRESH


class RecentAnswers:
    """Answers about identity, each for half a second, and none across a commit of this process that changed identity.

    Entries are replaced whole, so that several threads may use it; two may ask the same at the same time.
    """

    def __init__(self, uow: UnitOfWork, clock: Clock, resources: tuple[Resource[Any], ...]) -> None:
        self._uow = uow
        self._clock = clock
        self._others = frozenset(r.plural for r in resources if r.area != AREA)
        self._known: dict[Hashable, _Read[Any]] = {}

    def get(self, question: Hashable, read: Callable[[], T]) -> T:
        """What `read` gives, or gave a moment ago to the same question. What it raises is not kept."""
        # Before it is read: what is committed meanwhile makes the next one read again.
        now, revision = self._clock.now(), self._uow.revision(without=self._others)
        found = self._known.get(question)
        if found is not None and found.holds(now, revision):
            value: T = found.value
            return value
        value = read()
        if len(self._known) >= MOST:
            self._known = {}
        self._known[question] = _Read(value, now, revision)
        return value

    def known(self, question: Hashable, kind: type[T]) -> T | None:
        """What was read a moment ago; None where it would have to be read again. kind: what `read` gave."""
        found = self._known.get(question)
        if found is None or not found.holds(self._clock.now(), self._uow.revision(without=self._others)):
            return None
        assert isinstance(found.value, kind)
        return found.value

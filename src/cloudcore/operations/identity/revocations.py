"""Revocation: watermarks in storage, and this process's view of them, never older than a second."""

from __future__ import annotations

from datetime import datetime, timedelta

from cloudcore.auth.revocation import Watermark, Watermarks
from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.ports.clock import Clock
from cloudcore.ports.unit_of_work import Transaction, UnitOfWork
from cloudcore.resources.identity.revocation import REVOCATIONS, Revocation

FRESH = timedelta(milliseconds=500)


def revoke(tx: Transaction, kind: Watermark, target_id: str, before: datetime) -> None:
    """Void the tokens of a user, project, domain or role issued up to `before`, or the token of that audit id."""
    repository = tx.of(REVOCATIONS, PLATFORM)
    found = repository.find(Query(where=both(eq("kind", kind.value), eq("target_id", target_id)), limit=1))
    if found:
        repository.save(evolve(found[0], before=max(found[0].before, before)))
    else:
        repository.add(Revocation(id=tx.new_id(), kind=kind.value, target_id=target_id, before=before))


def stored_watermarks(tx: Transaction) -> Watermarks:
    """All watermarks in storage."""
    marks = Watermarks()
    for row in tx.of(REVOCATIONS, PLATFORM).find():
        marks = marks.raised(Watermark(row.kind), row.target_id, row.before)
    return marks


class RevocationCache:
    """A process's view of the watermarks; replaced whole, so that threads may share it."""

    def __init__(self, uow: UnitOfWork, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock
        self._known: tuple[datetime, Watermarks] | None = None

    def watermarks(self) -> Watermarks:
        """The watermarks as they stood at most half a second ago."""
        now = self._clock.now()
        known = self._known
        if known is not None and timedelta(0) <= now - known[0] < FRESH:
            return known[1]
        with self._uow.read() as tx:
            marks = stored_watermarks(tx)
        self._known = (now, marks)
        return marks

    def forget(self) -> None:
        """Ask the storage next time: something was revoked in this process."""
        self._known = None

"""Revocation: watermarks in storage, and this process's view of them, never older than a second.

A login reads who may do what, and the watermarks, in one snapshot, and is issued at that snapshot's time by the
storage's clock (`issued_in`). A unit that revokes may have begun before such a snapshot and commit after it: the token
would carry what has just been taken away, and be younger than the unit. So a watermark lies a `MARGIN` ahead of the
unit that sets it, and tokens of later snapshots are issued behind it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from cloudcore.auth.revocation import Watermark, Watermarks, issue_time, latest_mark, revoked
from cloudcore.auth.tokens import LIFETIME, SKEW, UNIFORM_MESSAGE, TokenPayload
from cloudcore.model.entity import evolve
from cloudcore.model.errors import Contention, DuplicateResourceError, InvalidCredentialError
from cloudcore.model.query import PLATFORM, Compare, Op, Query, both, eq, one_of
from cloudcore.ports.clock import Clock
from cloudcore.ports.unit_of_work import Transaction, UnitOfWork
from cloudcore.resources.identity.revocation import REVOCATIONS, Revocation

FRESH = timedelta(milliseconds=500)
MARGIN = timedelta(seconds=5)
"""Longer than a unit of work and a login's snapshot take together; shorter than the skew that verifiers accept."""

_KEPT = LIFETIME + SKEW
_SWEPT = 64
_GONE = "gone/"
"""Before an id, which no token's audit id can have: processes of earlier releases read these marks too."""
_TICK = timedelta(microseconds=1)


def revoke(tx: Transaction, kind: Watermark, target_id: str) -> None:
    """Void the tokens of a user, project, domain, role or credential that were issued so far, or all there are."""
    _raise(tx, kind, target_id, tx.now + MARGIN)


def revoke_token(tx: Transaction, audit_id: str, until: datetime) -> None:
    """Void a token and all that were derived from it. until: when they end anyway."""
    _raise(tx, Watermark.TOKEN, audit_id, until)


def mark_gone(tx: Transaction, ident: str) -> None:
    """Remember that a project, domain or user is gone for as long as somebody may still carry a token that names it."""
    _raise(tx, Watermark.TOKEN, f"{_GONE}{ident}", tx.now + MARGIN)


def is_gone(tx: Transaction, idents: Collection[str]) -> bool:
    """Whether one of these was marked so."""
    marks = one_of("target_id", [f"{_GONE}{ident}" for ident in idents])
    return bool(tx.of(REVOCATIONS, PLATFORM).count(both(eq("kind", Watermark.TOKEN.value), marks)))


def _raise(tx: Transaction, kind: Watermark, target_id: str, before: datetime) -> None:
    repository = tx.of(REVOCATIONS, PLATFORM)
    found = repository.find(Query(where=both(eq("kind", kind.value), eq("target_id", target_id)), limit=1))
    if found:
        # Strictly higher: what was issued just behind the last one is void too.
        repository.save(evolve(found[0], before=max(found[0].before + _TICK, before)))
        return
    for old in repository.find(Query(where=Compare("before", Op.LT, tx.now - _KEPT), limit=_SWEPT)):
        repository.remove(old)
    try:
        repository.add(Revocation(id=tx.new_id(), kind=kind.value, target_id=target_id, before=before))
    except DuplicateResourceError as error:
        # Somebody else has just made it; this unit may not see it yet.
        raise Contention("the same is being revoked elsewhere", internal=f"{kind.value} {target_id}") from error


def issued_in(tx: Transaction, payload: TokenPayload, parent: TokenPayload | None) -> datetime:
    """When a token is issued that says what this snapshot does; behind every watermark that concerns it.

    Raises:
        InvalidCredentialError: its parent has been revoked, which this process may not have noticed yet.
    """
    marks = stored_watermarks(tx)
    if parent is not None and revoked(parent, marks):
        raise InvalidCredentialError(UNIFORM_MESSAGE, internal="the parent is revoked")
    return issue_time(tx.now, latest_mark(payload, marks))


def stored_watermarks(tx: Transaction) -> Watermarks:
    """All watermarks in storage that some token may still be older than."""
    marks = Watermarks()
    for row in tx.of(REVOCATIONS, PLATFORM).find(Query(where=Compare("before", Op.GE, tx.now - _KEPT))):
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
        known = self.known()
        if known is not None:
            return known
        now = self._clock.now()
        with self._uow.read() as tx:
            marks = stored_watermarks(tx)
        self._known = (now, marks)
        return marks

    def known(self) -> Watermarks | None:
        """The same without asking the storage; None where it has to be asked."""
        known = self._known
        fresh = known is not None and timedelta(0) <= self._clock.now() - known[0] < FRESH
        return known[1] if known is not None and fresh else None

    def forget(self) -> None:
        """Ask the storage next time: something was revoked in this process."""
        self._known = None

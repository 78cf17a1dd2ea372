"""Quota reservations whose time is over: ended by the platform, so that what nobody uses is given back."""

from __future__ import annotations

from collections.abc import Callable

from cloudcore.auth.caller import platform_caller
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.query import EVERYTHING, PLATFORM
from cloudcore.operations.platform import Platform
from cloudcore.operations.run import reading, writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.ledger import end
from cloudcore.quotas.reserving import overdue
from cloudcore.resources.quota.quotareservation import QUOTARESERVATIONS


def end_overdue(platform: Platform, on_refused: Callable[[str, CloudcoreError], None]) -> int:
    """End reservations whose time is over, each in a unit of its own; how many.

    on_refused: called with the id of what cannot be ended now, and why; the next round tries it again.
    """
    old = reading(platform, lambda tx: [row.id for row in overdue(tx, EVERYTHING)])
    return sum(_ended(platform, ident, on_refused) for ident in old)


def _ended(platform: Platform, ident: str, on_refused: Callable[[str, CloudcoreError], None]) -> bool:
    def work(tx: Transaction) -> bool:
        row = tx.of(QUOTARESERVATIONS, PLATFORM).get(ident)
        if row is None or row.expires_at > tx.now:
            return False
        end(tx, row)
        return True

    try:
        return writing(platform, platform_caller("quota reservations"), work)
    except CloudcoreError as error:
        on_refused(ident, error)
        return False

"""Room that is kept under the limits: drawn on by what is made with it, given back when its time is over.

A reservation is charged in the commit that makes it. Whatever takes of it, gives it back or lets it end writes its row by
the version that was read, so that each part of it goes one way, once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from cloudcore.model.entity import evolve
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.query import PLATFORM, Compare, Expr, Op, Order, Query, both, either, eq
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counting import owned
from cloudcore.resources.quota.quotareservation import QUOTARESERVATIONS, Quotareservation, held

FIELD = "X-Quota-Reservation"
"""What the wire calls the reservation that a request draws on."""
AT_ONCE = 50


def reserved(tx: Transaction, where: Expr) -> Sequence[Quotareservation]:
    """The reservations that there are, whether their time is over or not: they are charged until they go."""
    return tx.of(QUOTARESERVATIONS, PLATFORM).find(Query(where=where))


def kept_for(tx: Transaction, domain_id: str, project_id: str) -> Counter[str]:
    """What is kept for a project, or for those of a domain."""
    kept: Counter[str] = Counter()
    for row in reserved(tx, owned(domain_id, project_id)):
        kept.update(held(row))
    return kept


def draw(tx: Transaction, domain_id: str, project_id: str, wanted: Mapping[str, int]) -> dict[str, int]:
    """Take what the unit's author draws on a reservation out of it; what is left to be charged.

    Raises:
        ResourceNotFoundError: the project has no such reservation, or its time is over.
        Contention: somebody else draws on it.
    """
    named = tx.author.reservation
    if not named or not project_id:
        return dict(wanted)
    mine = both(owned(domain_id, project_id), either(eq("id", named), eq("name", named)))
    rows = tx.of(QUOTARESERVATIONS, PLATFORM)
    found = [row for row in rows.find(Query(where=mine)) if row.expires_at > tx.now]
    row = next((one for one in found if one.id == named), found[0] if len(found) == 1 else None)
    if row is None:
        raise ResourceNotFoundError(f"quota reservation {named} not found", field=FIELD)
    kept = held(row)
    drawn = {key: min(number, kept[key]) for key, number in wanted.items() if kept.get(key) and number > 0}
    if not drawn:
        return dict(wanted)
    left = {key: number - drawn.get(key, 0) for key, number in kept.items() if number > drawn.get(key, 0)}
    rows.save(evolve(row, amounts=left), action="draw")
    return {key: number - drawn.get(key, 0) for key, number in wanted.items() if number != drawn.get(key)}


def overdue(tx: Transaction, where: Expr) -> Sequence[Quotareservation]:
    """Reservations whose time is over, the oldest first, a bounded number."""
    old = both(where, Compare("expires_at", Op.LE, tx.now))
    return tx.of(QUOTARESERVATIONS, PLATFORM).find(Query(where=old, order=(Order("expires_at"),), limit=AT_ONCE))

"""Giving positions to what the history has committed."""

from __future__ import annotations

import heapq
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from cloudcore.model.errors import Contention
from cloudcore.model.history import HISTORY, HistoryRecord
from cloudcore.model.query import PLATFORM, IsNull, Order, Query, both, one_of
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Author, Transaction
from cloudcore.resources.audit.counter import COUNTERS, Counter

BATCH = 500
COUNTER = "history"
TRIES = 8
_BY_TIME = (Order("recorded_at"), Order("transaction"), Order("ordinal"))


def number(platform: Platform, batch: int = BATCH) -> int:
    """Give positions to committed records that have none, oldest first; how many were given.

    The counter's row serialises those who number at the same time: whoever adds to it first goes first, and sees only
    what is committed by then. Records that commit later get later positions, whatever their times say.

    batch: about so many at once.

    Raises:
        Contention: somebody else is numbering.
    """
    with platform.uow.read() as tx:
        if not tx.of(HISTORY, PLATFORM).columns(("id",), Query(where=IsNull("position"), limit=1)):
            return 0
    with platform.uow.write(Author()) as tx:
        counters = tx.of(COUNTERS, PLATFORM)
        if counters.get(COUNTER) is None:
            counters.add(Counter(id=COUNTER))
        counters.adjust(COUNTER, {"value": batch})
        counter = counters.get(COUNTER)
        assert counter is not None
        first = counter.value - batch + 1
        rows = in_order(_oldest(tx, batch))
        tx.of(HISTORY, PLATFORM).touch([(row.id, {"position": first + place}) for place, row in enumerate(rows)])
        counters.adjust(COUNTER, {"value": len(rows) - batch})
        tx.commit()
        return len(rows)


def catch_up(platform: Platform) -> None:
    """Give positions to all that is committed by now, so that whoever reads the log finds what he has just done.

    Where others keep numbering meanwhile, it stops after a few tries: what they do not reach now, they reach at once.
    """
    for attempt in range(1, TRIES + 1):
        try:
            if number(platform) < BATCH:
                return
        except Contention:
            platform.backoff(attempt)


def newest(tx: Transaction) -> int:
    """The position of the newest record; 0 while there is none."""
    counter = tx.of(COUNTERS, PLATFORM).get(COUNTER)
    return counter.value if counter is not None else 0


def in_order(records: Sequence[HistoryRecord]) -> Sequence[HistoryRecord]:
    """Records in the order of their commits, as far as it can be told: by time, but never a change before an earlier one
    of the same thing.

    Times alone don't say which of two commits was first: a record has the time at which its unit began, and somebody may
    have set the clock back. Versions do. What one transaction changed stays together.

    records: by time.
    """
    units: dict[str, list[HistoryRecord]] = defaultdict(list)
    for record in records:
        units[record.transaction].append(record)
    places = {transaction: place for place, transaction in enumerate(units)}
    later: dict[int, list[int]] = defaultdict(list)
    waits: Tally[int] = Tally()
    is_ordered = True
    for changes in _chains(records):
        for before, after in pairwise(changes):
            first, second = places[before.transaction], places[after.transaction]
            if first != second:
                later[first].append(second)
                waits[second] += 1
                is_ordered &= first < second
    groups = list(units.values())
    order = range(len(groups)) if is_ordered else _sorted(len(groups), later, waits)
    return [record for place in order for record in groups[place]]


def _oldest(tx: Transaction, batch: int) -> list[HistoryRecord]:
    """The oldest records without a position, with all earlier changes of what they tell of."""
    repository = tx.of(HISTORY, PLATFORM)
    rows = list(repository.find(Query(where=IsNull("position"), order=_BY_TIME, limit=batch)))
    more = len(rows) == batch
    while more:
        there = {row.id for row in rows}
        newest = {(row.obj_type, row.obj_id): row.version for row in sorted(rows, key=lambda row: row.version)}
        where = both(IsNull("position"), one_of("obj_id", sorted({ident for _, ident in newest})))
        found = [row for row in repository.find(Query(where=where, order=_BY_TIME)) if row.id not in there]
        missing = [row for row in found if row.version < newest.get((row.obj_type, row.obj_id), 0)]
        rows.extend(missing)
        more = bool(missing)
    return sorted(rows, key=lambda row: (row.recorded_at, row.transaction, row.ordinal))


def _chains(records: Sequence[HistoryRecord]) -> Sequence[Sequence[HistoryRecord]]:
    """The changes of each thing by version; not of one that was made anew, of which versions say nothing."""
    changes: dict[tuple[str, str], list[HistoryRecord]] = defaultdict(list)
    for record in records:
        if record.version or record.before or record.after:
            changes[record.obj_type, record.obj_id].append(record)
    chains = [sorted(found, key=_rank) for found in changes.values() if len(found) > 1]
    return [chain for chain in chains if len({_rank(record) for record in chain}) == len(chain)]


def _rank(record: HistoryRecord) -> tuple[int, bool]:
    """A removal keeps the version of the last change."""
    return record.version, bool(record.before) and not record.after


def _sorted(number: int, later: dict[int, list[int]], waits: Tally[int]) -> Sequence[int]:
    """Places such that each comes after those it waits for, else as they are."""
    ready = [place for place in range(number) if not waits[place]]
    order: list[int] = []
    while ready:
        order.append(place := heapq.heappop(ready))
        for following in later[place]:
            waits[following] -= 1
            if not waits[following]:
                heapq.heappush(ready, following)
    # Units exclude each other at what they change, so that none waits in a circle; if one did, all are told nevertheless.
    told = set(order)
    return [*order, *(place for place in range(number) if place not in told)]

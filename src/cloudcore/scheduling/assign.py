"""Turn ranked hosts into placements, claiming as it goes: round and round, one server a host, or one packing host after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs
import numpy as np

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.ledger import Ledger, Seat
from cloudcore.scheduling.ranking import Ranking

Recheck = Callable[[Inventory, BoolArray], BoolArray]
"""(inventory with what is left, hosts) → the hosts on which one more server fits."""


@attrs.define
class _Batch:
    """The seats of one batch; `room` is what remains of each host's capacity.

    packs: the hosts that are filled before the next one is looked at; None: none of them.
    """

    count: int
    spare: int
    room: IntArray
    packs: BoolArray | None
    seats: list[Seat] = attrs.field(factory=list[Seat])
    spares: list[Seat] = attrs.field(factory=list[Seat])

    def done(self) -> bool:
        return len(self.seats) >= self.count and len(self.spares) >= self.spare

    def stays(self, host: int) -> bool:
        """Whether the next server is tried on the same host."""
        return self.packs is not None and len(self.seats) < self.count and bool(self.packs[host])

    def wants(self, host: int) -> bool:
        """Servers go anywhere; alternatives to hosts of their own, where a server's host is not the only one."""
        if len(self.seats) < self.count:
            return True
        return all(seat.host != host for seat in self.spares) and any(seat.host != host for seat in self.seats)

    def add(self, seat: Seat) -> None:
        (self.seats if len(self.seats) < self.count else self.spares).append(seat)
        self.room[seat.host] -= 1


def assign(
    ranking: Ranking,
    capacity: IntArray,
    ledger: Ledger,
    recheck: Recheck,
    *,
    count: int,
    spare: int,
    packs: BoolArray | None = None,
) -> tuple[list[Seat], list[Seat]]:
    """Place up to `count` servers, then up to `spare` more as alternatives.

    capacity: per host row. A host leaves the rounds when its capacity is used or a claim on it fails; after a failed
    claim all hosts are checked anew, because what they share may have run out for many.
    packs: of hosts that pack, each is filled before the next; None: there are none.
    """
    batch = _Batch(count, spare, capacity.copy(), packs)
    gone = np.zeros(len(capacity), dtype=np.bool_)
    checked = _round(batch, ranking.walk(count + spare), gone, ledger, recheck, checked=True)
    if batch.done():
        return batch.seats, batch.spares
    rounds = ranking.all()
    while not batch.done() and (rounds := rounds[~gone[rounds]]).size:
        checked = _round(batch, rounds.tolist(), gone, ledger, recheck, checked=checked)
    return batch.seats, batch.spares


def _round(
    batch: _Batch, hosts: Iterable[int], gone: BoolArray, ledger: Ledger, recheck: Recheck, *, checked: bool
) -> bool:
    """Give each host one more server at most, or all that it takes if it packs; who can't take another is marked as gone.

    checked: whether all hosts were checked since the last claim; so is the result.
    """
    for host in hosts:
        if batch.done():
            break
        while not gone[host]:
            seat = ledger.take(host) if batch.wants(host) else None
            gone[host] = seat is None
            if seat is not None:
                batch.add(seat)
                checked = False
                gone[host] = batch.room[host] <= 0
            elif not checked:
                gone |= ~recheck(ledger.left(), ~gone)
                checked = True
            if not batch.stays(host):
                break
    return checked

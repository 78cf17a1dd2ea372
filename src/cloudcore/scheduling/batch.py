"""Requests of different shapes placed together, so that they open fewer empty hosts than one after the other.

    one after the other      each onto the fullest host that does: in the order given, then the largest first
    tried on vectors         classes of servers into hosts as bins, by CPU, memory and local disk (`trials`)
    laid exactly             each server onto the host that was found for it, by every filter and with its claims; one that
                             does not go there after all goes where it fits

The best of these is the plan, so that it is never worse than one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import attrs
import numpy as np

from cloudcore.scheduling.columns import BoolArray
from cloudcore.scheduling.decision import Decision, Placement, Refusal
from cloudcore.scheduling.desk import Desk, largest_first, puzzle_of
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.pool import Pool
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.trials import laid
from cloudcore.scheduling.verdict import Filter
from cloudcore.scheduling.weighers import WEIGHERS, Weigher

EFFORT = 6000
"""Steps of the search: about half a second for a thousand servers of some twenty shapes."""


@attrs.frozen(eq=False, kw_only=True)
class Batch:
    """Where the servers of several requests go.

    placements: of each request, in its order; none where it is refused. decisions: of those that are refused, by position.
    opened: hosts that were empty and have servers now. singly: how many that were one after the other, in the order given.
    left: the inventory with all of them.
    """

    placements: tuple[tuple[Placement, ...], ...]
    decisions: Mapping[int, Decision]
    opened: int
    singly: int
    left: Inventory

    @property
    def refusals(self) -> Mapping[int, Refusal]:
        """Why requests were refused, by their position."""
        return {place: one.refusal for place, one in self.decisions.items() if one.refusal is not None}


def plan_batch(
    inventory: Inventory,
    requests: Iterable[Request],
    *,
    effort: int = EFFORT,
    filters: tuple[Filter, ...] = FILTERS,
    weighers: tuple[Weigher, ...] = WEIGHERS,
) -> Batch:
    """Place requests together, upon hosts that are all packed, whatever else is said of them.

    effort: how long it is searched for something better than one after the other; 0: not at all. Groups of one name
    and project are one group. A request that is not `best_effort` is placed as a whole or refused.

    Pure, and bounded: the same question has the same answer.
    """
    wanted = tuple(requests)
    packs = np.ones(len(inventory.hosts), dtype=np.bool_)
    inventory = attrs.evolve(inventory, hosts=attrs.evolve(inventory.hosts, packs=packs))
    pool = Pool(inventory, filters=filters, weighers=weighers)
    puzzle = puzzle_of(inventory, wanted, pool) if effort > 0 else None

    def desk() -> Desk:
        return Desk(wanted, Pool(inventory, filters=filters, weighers=weighers))

    best = desk()
    best.place(range(len(wanted)))
    singly, least = best.opened(), 0 if puzzle is None else puzzle.vectors.least()
    if puzzle is not None and (best.missing() or singly > least):
        order = largest_first(inventory, wanted)
        other = desk()
        other.place(order)
        best = min(best, other, key=Desk.cost)
        if best.missing() or best.opened() > least:
            third = desk()
            third.seat(puzzle, laid(puzzle.vectors, effort))
            third.place(order)
            best = min(best, third, key=Desk.cost)
    # What was refused is told beside all that have a place, or has one after all where others gave theirs back.
    best.place(sorted(best.decisions))
    return Batch(
        placements=tuple(tuple(best.placed[place]) for place in range(len(wanted))),
        decisions=best.decisions,
        opened=best.opened(),
        singly=singly,
        left=best.pool.inventory(),
    )


def stranded(inventory: Inventory) -> tuple[float, float]:
    """Of the hosts that have guests: the share of their CPUs that is free but for which no memory is left, at the ratio in which
    a host has both; and of their memory, that no CPU is left for.
    """
    hosts = inventory.hosts
    used: BoolArray = hosts.guests > 0
    cpu, memory = hosts.cpu_shares[0][used], hosts.mem_shares[0][used]
    cpus, mib = hosts.cpu_total[used], hosts.mem_total_mib[used]
    over = np.maximum(cpu - memory, 0.0) @ cpus, np.maximum(memory - cpu, 0.0) @ mib
    return float(over[0] / max(int(cpus.sum()), 1)), float(over[1] / max(int(mib.sum()), 1))

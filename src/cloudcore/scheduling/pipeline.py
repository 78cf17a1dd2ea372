"""The way from a request to a decision: filter, weigh, rank, assign."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import attrs
import numpy as np

from cloudcore.scheduling.assign import assign
from cloudcore.scheduling.columns import UNLIMITED, BoolArray, FloatArray, IntArray, KeyArray
from cloudcore.scheduling.decision import Decision, Placement, Refusal, Step, Walk
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.ledger import Ledger, Seat
from cloudcore.scheduling.ranking import Ranking
from cloudcore.scheduling.request import MAX_COUNT, Request
from cloudcore.scheduling.tables import Hosts
from cloudcore.scheduling.verdict import Filter, Reads
from cloudcore.scheduling.weighers import WEIGHERS, Weigher
from cloudcore.scheduling.weighers.weigher import counting

ALTERNATIVES = 5
DECIMALS = 9


def schedule(
    inventory: Inventory,
    request: Request,
    *,
    filters: tuple[Filter, ...] = FILTERS,
    weighers: tuple[Weigher, ...] = WEIGHERS,
    spare: int = ALTERNATIVES,
) -> Decision:
    """Decide where the servers of a request go: spread over hosts in order of score, or hosts that pack filled in that order.

    spare: alternatives at most.

    Pure: the same inventory and request give the same decision. Without `best_effort` all servers are placed or none;
    with it, a refusal comes only when none fits. Never raises for lack of room: the refusal is the answer.
    """
    for closer in _apart(request):
        found = schedule(inventory, closer, filters=filters, weighers=weighers, spare=spare)
        if len(found.placements) == request.count:
            return attrs.evolve(found, walk=attrs.evolve(found.walk, request=request))
    walk, ranking, seats, spares = _assigned(inventory, request, filters, weighers, spare)
    placements = tuple(placed(inventory, seat, ranking.score(seat.host)) for seat in seats)
    enough = len(seats) == request.count or (request.best_effort and seats)
    return Decision(
        placements=placements if enough else (),
        alternatives=tuple(placed(inventory, seat, ranking.score(seat.host)) for seat in spares) if enough else (),
        fitting=len(seats),
        refusal=None if enough else Refusal.of(walk, len(seats)),
        walk=walk,
    )


def _apart(request: Request) -> Iterator[Request]:
    """The same with groups that would rather be apart kept so, first as they want it and then ever closer together."""
    times = 1
    while any(room.most * times < request.count + max(room.present.values(), default=0) for room in request.apart):
        rooms = tuple(attrs.evolve(room, most=min(room.most * times, MAX_COUNT)) for room in request.apart)
        yield attrs.evolve(request, rooms=(*request.rooms, *rooms), apart=())
        times *= 2


def fitting(inventory: Inventory, request: Request) -> int:
    """How many servers of a request `schedule` finds a place for, without saying where or why not."""
    return len(_assigned(inventory, request, FILTERS, WEIGHERS, 0)[2])


def _assigned(
    inventory: Inventory, request: Request, filters: tuple[Filter, ...], weighers: tuple[Weigher, ...], spare: int
) -> tuple[Walk, Ranking, list[Seat], list[Seat]]:
    active = tuple(one for one in filters if one.name not in request.ignore_filters)
    walk = filter_hosts(inventory, request, active)
    rows = np.flatnonzero(walk.kept)
    fits = walk.fits if len(rows) == len(walk.fits) else walk.fits[rows]
    scores = weigh(inventory, request, rows, fits, weighers)
    ranking = Ranking(rows, scores, lambda some: mixed(inventory.hosts, request.seed, some))

    def recheck(left: Inventory, hosts: BoolArray) -> BoolArray:
        return filter_hosts(left, request, active, hosts & walk.kept).kept

    ledger = Ledger(inventory, request)
    packs = inventory.hosts.packs if inventory.hosts.packs.any() else None
    seats, spares = assign(ranking, walk.capacity, ledger, recheck, count=request.count, spare=spare, packs=packs)
    return walk, ranking, seats, spares


def filter_hosts(
    inventory: Inventory, request: Request, filters: tuple[Filter, ...], alive: BoolArray | None = None
) -> Walk:
    """Run filters one after the other over all hosts, or over those of `alive`."""
    kept = np.ones(len(inventory.hosts), dtype=np.bool_) if alive is None else alive
    particular: IntArray | None = None
    fits: IntArray | None = None
    steps: list[Step] = []
    for one in filters:
        verdict = one.apply(request, inventory, kept)
        left = kept if verdict.kept is kept else kept & verdict.kept
        steps.append(Step(filter=one, before=kept, kept=left, capacity=verdict.capacity))
        kept = left
        if verdict.capacity is not None:
            if one.reads is Reads.PARTICULAR:
                particular = least(particular, verdict.capacity)
            else:
                fits = least(fits, verdict.capacity)
    if fits is None:
        fits = np.full(len(inventory.hosts), UNLIMITED, dtype=np.int64)
    capacity = least(particular, fits)
    return Walk(inventory=inventory, request=request, steps=tuple(steps), kept=kept, capacity=capacity, fits=fits)


def least(bound: IntArray | None, other: IntArray) -> IntArray:
    """The lower of two bounds, of which there may be one only."""
    return other if bound is None or bound is other else np.minimum(bound, other)


def weigh(
    inventory: Inventory, request: Request, rows: IntArray, capacity: IntArray, weighers: tuple[Weigher, ...]
) -> FloatArray:
    """Sum the weighted scores of some hosts, rounded so that equal hosts are equal on every machine.

    What is particular to the request comes last, upon a sum that a pool remembers.
    """
    packs, total = inventory.hosts.packs.take(rows), np.zeros(len(rows), dtype=np.float64)
    for weigher, counts in counting(weighers, packs):
        if weigher.reads is not Reads.PARTICULAR:
            score = weigher.score(request, inventory, rows, capacity)
            total += weigher.weight * (score if counts is None else score * counts)
    np.round(total, DECIMALS, out=total)
    return weigh_particular(inventory, request, rows, capacity, weighers, total)


def weigh_particular(
    inventory: Inventory,
    request: Request,
    rows: IntArray,
    capacity: IntArray,
    weighers: tuple[Weigher, ...],
    total: FloatArray,
) -> FloatArray:
    """Add what is particular to the request to the scores of some hosts; the same array where that is nothing."""
    if not request.stays:
        return total
    for weigher, counts in counting(weighers, inventory.hosts.packs.take(rows)):
        if weigher.reads is Reads.PARTICULAR:
            score = weigher.score(request, inventory, rows, capacity)
            total = np.round(total + weigher.weight * (score if counts is None else score * counts), DECIMALS)
    return total


def mixed(hosts: Hosts, seed: str, rows: IntArray) -> KeyArray:
    """A hash of seed and host id: the order of equally good hosts, so that requests don't all begin alike."""
    digest = blake2b(seed.encode(errors="surrogatepass"), digest_size=8).digest()
    mixed = hosts.keys[rows] ^ np.uint64(int.from_bytes(digest, "little"))
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0x9E3779B97F4A7C15)
    return mixed


def placed(inventory: Inventory, seat: Seat, score: float) -> Placement:
    """A seat in the words of its ids."""
    row, hosts = seat.host, inventory.hosts
    return Placement(
        host_id=hosts.ids[row],
        host_name=hosts.names[row],
        generation=int(hosts.generation[row]),
        score=score,
        disks=seat.disks,
        nets=seat.nets,
        devices=seat.devices,
        nodes=seat.nodes,
    )

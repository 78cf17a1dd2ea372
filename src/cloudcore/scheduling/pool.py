"""Standing columns: an inventory that is kept up to date in place, and what is already known of requests that recur.

`schedule` looks at every host for every request. A pool remembers, for each shape of request, the score of each host, and
judges again only those hosts that something happened to since: so a decision costs what has changed and not what there is.
It answers exactly as `schedule` on `Pool.inventory()` would, and hands a request over to it when it would refuse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from cloudcore.scheduling.columns import BoolArray, FloatArray, IntArray
from cloudcore.scheduling.decision import Decision, Placement, Refusal
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.ledger import Ledger
from cloudcore.scheduling.pipeline import DECIMALS, least, mixed, placed, schedule, weigh_particular
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.rows import HostRow, Kept
from cloudcore.scheduling.standing import Standing
from cloudcore.scheduling.verdict import Filter, Reads
from cloudcore.scheduling.weighers import WEIGHERS, Weigher
from cloudcore.scheduling.weighers.weigher import MUCH, counting

if TYPE_CHECKING:
    from cloudcore.scheduling.replay import Seen

MOST_SHAPES = 64
"""So many shapes of requests are remembered, those that were asked for last: 17 bytes per host each."""
_FEW = 8
"""So many hosts are sooner judged one by one than together."""
_NOWHERE = -np.inf
_SCALE = 10.0**DECIMALS
_PARTICULAR = frozenset(
    {"count", "seed", "best_effort", "rooms", "apart", "allowances", "present_host", "stays"}
    | {"given", "least_vcpus", "least_memory_mib"}
)
_shape_of = attrgetter(*(each.name for each in attrs.fields(Request) if each.name not in _PARTICULAR))


@attrs.frozen
class Terms:
    """What was known of a host or storage: the version of its row, and how much may be given out of it by that.

    limits: of a host CPUs and memory (MiB), of a storage MiB.
    """

    version: int
    limits: tuple[int, ...]


@attrs.frozen
class Answer:
    """Where the servers of a request go. decision: the whole story, where all hosts had to be looked at anew.

    alternatives: as of `Decision`, for when a claim is lost to somebody else. seen, terms: what is kept of it, and what was
        known by id of where it goes, where whoever holds the pool has noted that.
    """

    placements: tuple[Placement, ...]
    decision: Decision | None = None
    alternatives: tuple[Placement, ...] = ()
    seen: Seen | None = None
    terms: Mapping[str, Terms] = attrs.field(factory=dict[str, Terms])

    @property
    def refusal(self) -> Refusal | None:
        """Why they don't fit, where they don't."""
        return None if self.decision is None else self.decision.refusal


@attrs.define(eq=False)
class _Shape:
    """What is known of requests that are alike: whether fixed filters keep a host, fixed scores, and scores.

    scores: of hosts that don't do, minus infinity. seen: how many changes are in them.
    floors: a storage with that much room, and a network with so many ports, can change no verdict.
    """

    fixed: BoolArray
    fixed_scores: FloatArray
    scores: FloatArray
    seen: int
    floors: tuple[int, int]


class Pool:
    """One inventory and its shapes. Not for several threads at once: its holder keeps a lock.

    Claims are the pool's own view; what admits them is elsewhere, and `refresh` brings in what that says.
    """

    def __init__(
        self,
        inventory: Inventory,
        *,
        filters: tuple[Filter, ...] = FILTERS,
        weighers: tuple[Weigher, ...] = WEIGHERS,
    ) -> None:
        """Take an inventory, which stays as it is.

        filters, weighers: as of `schedule`, fixed weighers first.
        """
        self._filters, self._weighers = filters, weighers
        self._by_reads = {reads: [one for one in filters if one.reads is reads] for reads in Reads}
        self._standing = Standing(inventory)
        self._epoch = 0
        moving = self._by_reads[Reads.MOVING]
        weighing = [one for one in weighers if one.reads is Reads.MOVING and one.weight]
        self._filter_probes = [(one.name, one.probe) for one in moving if one.probe]
        self._weigher_probes = [
            [(one.weight, one.probe) for one in weighing if one.probe and one.packs in (None, packs)]
            for packs in (False, True)
        ]
        self._can_probe = all(one.probe for one in moving) and all(one.probe for one in weighing)
        self._particular = tuple(one for one in weighers if one.reads is Reads.PARTICULAR)
        self._shapes: dict[tuple[Any, ...], _Shape] = {}

    def inventory(self) -> Inventory:
        """The columns as they are now; they don't change any more."""
        return self._standing.snapshot()

    @property
    def present(self) -> Inventory:
        """The columns as they are now, to be looked at before anything changes."""
        return self._standing.live

    def decide(self, request: Request, *, spare: int = 0) -> Answer:
        """Where the servers of a request go, by what the pool knows: the answer of `schedule`. spare: alternatives at most."""
        return self._one(request, spare) or self._all(request, spare)

    def find(self, request: Request, *, spare: int = 0) -> Answer | None:
        """As `decide`, but None instead of a refusal, whose reasons nobody looks for."""
        is_plain = request.count == 1 and not request.apart
        answer = self._one(request, spare) if is_plain else self._all(request, spare)
        return None if answer is None or answer.refusal is not None else answer

    def place(self, request: Request, *, spare: int = 0) -> Answer:
        """Decide, and claim what was decided."""
        answer = self.decide(request, spare=spare)
        self.take(request, answer)
        return answer

    def place_on(self, request: Request, row: int) -> Answer | None:
        """Place and claim one server on one host; None where it does not fit there."""
        shape, live = self._current(request), self._standing.live
        scores = self._open(shape, request)
        seat = Ledger(live, request).take(row) if scores[row] > _NOWHERE else None
        if seat is None:
            return None
        answer = Answer((placed(live, seat, float(scores[row])),))
        self.take(request, answer)
        return answer

    def fitting(self, request: Request) -> BoolArray:
        """The hosts on which one server fits, as far as the pool knows without what is particular to the request."""
        fits: BoolArray = self._current(request).scores > _NOWHERE
        return fits

    def take(self, request: Request, answer: Answer) -> None:
        """Claim what was decided, which nothing has come between."""
        if len(answer.placements) > 1:
            self._standing.take_all(request, answer.placements)
        elif answer.placements:
            self.claim(request, answer.placements[0])

    def claim(self, request: Request, placement: Placement) -> None:
        """Take what one server of a request needs from where it was placed.

        Raises:
            ResourceNotFoundError: the host, a storage, a network or a device is not in the inventory.
        """
        self._standing.move(request, placement, 1)

    def release(self, request: Request, placement: Placement) -> None:
        """Give back what `claim` took.

        Raises:
            ResourceNotFoundError: as `claim`.
        """
        self._standing.move(request, placement, -1)

    def refresh(self, host: HostRow) -> None:
        """Take over everything that a row says of its host. A new host needs a new pool.

        Raises:
            ResourceNotFoundError: the host is not in the inventory.
            OutOfRangeError: as `Inventory.build`.
        """
        self._standing.refresh(host)

    def adopt(self, left: Inventory) -> None:
        """Take over what is left of each host and storage, from columns with the same ids. Whose guests they are stays as it
        is where nothing is another number.
        """
        self._standing.adopt(left)

    def set_host(self, host_id: str, *, cpu_free: int, mem_free_mib: int, guests: int, generation: int) -> None:
        """Take over what is left of a host. Whose its guests are is forgotten where `set_guests` does not tell.

        Raises:
            ResourceNotFoundError: it is not in the inventory.
        """
        self._standing.set_host(host_id, (cpu_free, mem_free_mib, guests, generation))

    def set_nodes(self, host_id: str, left: Mapping[int, tuple[int, int]]) -> None:
        """Take over free CPUs and memory (MiB) of NUMA nodes of a host; raises ResourceNotFoundError as `set_host`."""
        self._standing.set_nodes(host_id, left)

    def set_guests(self, project_id: str, guests: Mapping[str, int]) -> None:
        """Take over how many guests of a project there are, by host. From then on `refresh`, `adopt` and `set_host` leave whose
        guests there are as it is.
        """
        self._standing.set_guests(project_id, guests)

    def set_creating(self, guests: Mapping[str, int]) -> None:
        """Take over how many guests are in creation, by host; there are none on others."""
        self._standing.set_creating(guests)

    def set_leaving(self, leaving: FloatArray) -> None:
        """Take over the probability that each host, in the order of ids, is empty after each of `horizon.HORIZON`."""
        self._standing.set_leaving(leaving)

    def set_kept(self, kept: Mapping[str, Kept]) -> None:
        """Take over what is kept of hosts for servers with devices, and held by those; nothing is of other hosts."""
        self._standing.set_kept(kept)

    def set_storage(self, storage_id: str, free_mib: int) -> None:
        """Take over how much room a storage has.

        Raises:
            ResourceNotFoundError: it is not in the inventory.
        """
        self._standing.set_storage(storage_id, free_mib)

    def set_network(self, network_id: str, free_ports: int) -> None:
        """Take over how many ports of a network are free.

        Raises:
            ResourceNotFoundError: it is not in the inventory.
        """
        self._standing.set_network(network_id, free_ports)

    def _current(self, request: Request) -> _Shape:
        """The shape of a request, with every change in it."""
        standing, key = self._standing, _shape_of(request)
        if self._epoch != standing.epoch:
            self._epoch = standing.epoch
            self._shapes.clear()
        shape = self._shapes.pop(key, None)
        stale = None if shape is None else standing.changes.rows(shape.seen, *shape.floors)
        if shape is None or stale is None:
            shape = self._new_shape(request)
        elif 0 < len(stale) <= _FEW and self._can_probe:
            for row in stale:
                shape.scores[row] = self._probe(request, row, shape)
        elif stale:
            rows = np.array(sorted(stale), dtype=np.int64)
            part = standing.part(rows, request.project_id)
            shape.scores[rows] = self._judge(request, part, shape.fixed[rows], shape.fixed_scores[rows])
        shape.seen = self._standing.changes.count
        self._shapes[key] = shape
        if len(self._shapes) > MOST_SHAPES:
            del self._shapes[next(iter(self._shapes))]
        return shape

    def _new_shape(self, request: Request) -> _Shape:
        inventory = self._standing.fresh()
        kept = np.ones(len(inventory.hosts), dtype=np.bool_)
        for one in self._reading(Reads.FIXED, request):
            kept = kept & one.apply(request, inventory, kept).kept
        rows = np.arange(len(inventory.hosts))
        nothing = np.zeros(len(rows), dtype=np.int64)
        scores = np.zeros(len(rows))
        for weigher in self._weighers:
            if weigher.weight and weigher.reads is Reads.FIXED:
                scores += weigher.weight * weigher.score(request, inventory, rows, nothing)
        # More than six disks are packed greedily, in an order that any amount may change.
        room = (
            sum(disk.size_mib for disk in request.disks) * MUCH if len(request.disks) <= 6 else np.iinfo(np.int64).max
        )
        return _Shape(
            fixed=kept,
            fixed_scores=scores,
            scores=self._judge(request, inventory, kept, scores),
            seen=self._standing.changes.count,
            floors=(int(room), len(request.nets) * MUCH),
        )

    def _judge(self, request: Request, inventory: Inventory, kept: BoolArray, scores: FloatArray) -> FloatArray:
        """Score all hosts of an inventory, which fixed filters keep and fixed weighers score so."""
        fits: IntArray | None = None
        for one in self._reading(Reads.MOVING, request):
            verdict = one.apply(request, inventory, kept)
            kept = kept & verdict.kept
            if verdict.capacity is not None:
                fits = least(fits, verdict.capacity)
        if fits is None:
            fits = np.full(len(kept), MUCH, dtype=np.int64)
        rows = np.arange(len(kept))
        total = scores
        for weigher, counts in counting(self._weighers, inventory.hosts.packs):
            if weigher.reads is Reads.MOVING:
                score = weigher.score(request, inventory, rows, fits)
                total = total + weigher.weight * (score if counts is None else score * counts)
        return np.where(kept, np.round(total, DECIMALS), _NOWHERE)

    def _probe(self, request: Request, row: int, shape: _Shape) -> float:
        """The score of one host, as `_judge`."""
        if not shape.fixed[row]:
            return _NOWHERE
        live, fits = self._standing.live, MUCH
        for name, probe in self._filter_probes:
            if name not in request.ignore_filters:
                fits = min(fits, probe(request, live, row))
                if fits <= 0:
                    return _NOWHERE
        total = float(shape.fixed_scores[row])
        for weight, weigh in self._weigher_probes[bool(live.hosts.packs[row])]:
            total += weight * weigh(request, live, row, fits)
        return round(total * _SCALE) / _SCALE

    def _reading(self, reads: Reads, request: Request) -> list[Filter]:
        known = self._by_reads[reads]
        return [one for one in known if one.name not in request.ignore_filters] if request.ignore_filters else known

    def _one(self, request: Request, spare: int) -> Answer | None:
        """Where one server goes; None where a look at everything has to say why nowhere."""
        if request.count != 1 or request.apart:
            return None
        shape, live = self._current(request), self._standing.live
        scores = self._open(shape, request)
        row = self._best(scores, request)
        if row is None:
            return None
        ledger = Ledger(live, request)
        seat = ledger.take(row)
        if seat is None:
            return None
        spares = self._spares(scores, request, ledger, row, spare) if spare else ()
        return Answer((placed(live, seat, float(scores[row])),), alternatives=spares)

    def _all(self, request: Request, spare: int) -> Answer:
        inventory = self._standing.snapshot(request.project_id)
        decision = schedule(inventory, request, filters=self._filters, weighers=self._weighers, spare=spare)
        return Answer(decision.placements, decision, decision.alternatives)

    def _open(self, shape: _Shape, request: Request) -> FloatArray:
        """The scores of hosts, minus infinity where something particular to the request refuses them."""
        refused = [_refused(one, request, self._standing.live) for one in self._reading(Reads.PARTICULAR, request)]
        scores = shape.scores
        if request.stays and self._particular:
            hosts = self._standing.live.hosts
            nothing = np.zeros(len(hosts), dtype=np.int64)
            every = np.arange(len(hosts))
            scores = weigh_particular(self._standing.live, request, every, nothing, self._particular, scores)
        if not any(map(len, refused)):
            return scores
        scores = scores.copy()
        for rows in refused:
            if len(rows):
                scores[rows] = _NOWHERE
        return scores

    def _best(self, scores: FloatArray, request: Request) -> int | None:
        """The host that is tried first: the best score, and among equals the lowest hash."""
        best = scores.max(initial=_NOWHERE)
        if best == _NOWHERE:
            return None
        equal = np.flatnonzero(scores == best)
        if len(equal) == 1:
            return int(equal[0])
        return int(equal[np.argmin(mixed(self._standing.live.hosts, request.seed, equal))])

    def _spares(
        self, scores: FloatArray, request: Request, ledger: Ledger, taken: int, most: int
    ) -> tuple[Placement, ...]:
        """Other hosts, best first, with placements that hold beside the one that was taken."""
        left, found = scores.copy(), list[Placement]()
        left[taken] = _NOWHERE
        while len(found) < most and (row := self._best(left, request)) is not None:
            left[row] = _NOWHERE
            if (seat := ledger.take(row)) is not None:
                found.append(placed(self._standing.live, seat, float(scores[row])))
        return tuple(found)


def _refused(one: Filter, request: Request, inventory: Inventory) -> Sequence[int] | IntArray:
    if one.refuse is None:
        raise TypeError(f"filter {one.name} reads what is particular and has no `refuse`")
    return one.refuse(request, inventory)

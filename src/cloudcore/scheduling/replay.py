"""Decisions kept so that they can be looked at and made again.

A record has the request and the rows of the hosts that mattered: of a placement those that were chosen and the next best
ones, of a refusal some that each filter removed and those that were left. Filters and weighers judge each host for itself,
so the same rows give the same choice among them: a replay is the very same code over what is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import attrs
import numpy as np

from cloudcore.model.json import Json, JsonObject
from cloudcore.scheduling import form
from cloudcore.scheduling.columns import FloatArray, IntArray
from cloudcore.scheduling.decision import Decision, Placement, Walk
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.pipeline import filter_hosts, mixed, schedule
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.snapshot import Snapshot, kept_rows, read_snapshot, snapshot_of
from cloudcore.scheduling.weighers import WEIGHERS
from cloudcore.scheduling.weighers.weigher import counting

VERSION = 1
MOST_HOSTS = 64
"""Hosts of one record."""
MOST_NETWORKS = 64
"""Networks of one record."""
_OF_EACH_CARD = 3
"""Networks that are kept of those that would do for a card."""
_OTHERS = 4
"""Next best places that are kept."""
_OF_EACH = 2
"""Removed hosts that are kept of each filter."""


@attrs.frozen(kw_only=True)
class Seen:
    """What one decision looked at, as far as it mattered. hosts: how many there were. chosen: where the servers go, in order."""

    request: Request
    rows: Snapshot
    hosts: int
    chosen: tuple[str, ...] = ()

    def written(self) -> JsonObject:
        """As JSON, with its version."""
        return {
            "version": VERSION,
            "request": form.written(self.request),
            "rows": self.rows.written(),
            "hosts": self.hosts,
            "chosen": list(self.chosen),
        }

    @property
    def is_whole(self) -> bool:
        """Whether every host that there was is among the rows."""
        return len(self.rows.hosts) == self.hosts


def read_seen(value: Json) -> Seen:
    """What was written of a decision.

    Raises:
        InvalidInputError: it is something else.
    """
    sent = cast("JsonObject", value) if isinstance(value, dict) else {}
    return Seen(
        request=form.read(Request, sent.get("request"), "request"),
        rows=read_snapshot(sent.get("rows")),
        hosts=int(sent.get("hosts", 0)),
        chosen=tuple(
            form.text(one, f"chosen[{n}]") for n, one in enumerate(form.elements(sent.get("chosen"), "chosen"))
        ),
    )


def seen_of(
    inventory: Inventory,
    request: Request,
    placements: Sequence[Placement],
    others: Sequence[Placement] = (),
    walk: Walk | None = None,
) -> Seen:
    """What is kept of a decision on an inventory.

    others: the next best places. walk: of a refusal, whose removed hosts are kept then.
    """
    others = others[:_OTHERS]
    ids = [one.host_id for one in (*placements, *others)]
    if walk is not None:
        ids += [inventory.hosts.ids[row] for row in _telling(walk)]
    rows = kept_rows(inventory, dict.fromkeys(ids))[:MOST_HOSTS]
    kept = frozenset(inventory.hosts.ids[row] for row in rows)
    return Seen(
        request=_without_others(request, kept),
        rows=snapshot_of(inventory, rows, networks=_networks(inventory, placements, others, walk, rows)),
        hosts=len(inventory.hosts),
        chosen=tuple(one.host_id for one in placements),
    )


def _networks(
    inventory: Inventory,
    placements: Sequence[Placement],
    others: Sequence[Placement],
    walk: Walk | None,
    rows: Sequence[int],
) -> list[str]:
    """Networks that cards were to have; of a refusal also others that its hosts reach."""
    cards = [nic for one in (*placements, *others) for nic in one.nets]
    found = [ident for nic in cards for ident in nic.network_ids[:_OF_EACH_CARD]]
    if walk is not None:
        filler = len(inventory.wires)
        wires = sorted({wire for row in rows for wire in _numbers(inventory.wire_slots[row]) if wire != filler})
        found += [inventory.networks.ids[n] for wire in wires for n in _numbers(inventory.wire_networks.of_row(wire))]
    return list(dict.fromkeys(found))[:MOST_NETWORKS]


def seen_in(decision: Decision) -> Seen:
    """What is kept of a decision that looked at everything."""
    refused = decision.refusal is not None
    walk = decision.walk if refused else None
    return seen_of(decision.walk.inventory, decision.request, decision.placements, decision.alternatives, walk)


def _telling(walk: Walk) -> list[int]:
    """Some rows that each filter removed, and those that were left."""
    removed = [int(row) for step in walk.steps for row in step.removed[:_OF_EACH]]
    left: list[int] = np.flatnonzero(walk.kept)[:MOST_HOSTS].tolist()
    return removed + left


def _without_others(request: Request, kept: frozenset[str]) -> Request:
    """The request with what it says of these hosts only."""
    if not (request.marks or request.rooms or request.apart):
        return request
    marks = tuple(attrs.evolve(mark, hosts=mark.hosts & kept) for mark in request.marks)
    rooms, apart = (
        tuple(
            attrs.evolve(room, present={host: count for host, count in room.present.items() if host in kept})
            for room in some
        )
        for some in (request.rooms, request.apart)
    )
    return attrs.evolve(request, marks=marks, rooms=rooms, apart=apart)


@attrs.frozen(kw_only=True)
class Replay:
    """A decision that was made again. same: whether it is the one that was made; differing: what is not as it was."""

    decision: Decision
    same: bool
    differing: str = ""


def replay(seen: Seen) -> Replay:
    """Decide again by what was kept."""
    decision = schedule(seen.rows.build(), seen.request)
    found = tuple(one.host_id for one in decision.placements)
    if found == seen.chosen:
        return Replay(decision=decision, same=True)
    said = ", ".join(found[:5]) or "nowhere"
    return Replay(
        decision=decision, same=False, differing=f"went to {', '.join(seen.chosen[:5]) or 'nowhere'}; now {said}"
    )


@attrs.frozen(kw_only=True)
class Standing:
    """One host in a comparison. refused_by: the first filter that removes it, with its words; else its score by weigher."""

    host_id: str
    host_name: str
    refused_by: str = ""
    reason: str = ""
    score: float = 0.0
    parts: tuple[tuple[str, float], ...] = ()


def compared(inventory: Inventory, request: Request, most: int = MOST_HOSTS) -> list[Standing]:
    """How the hosts of an inventory stand for one server of a request: the best first, then those that are refused."""
    active = tuple(one for one in FILTERS if one.name not in request.ignore_filters)
    walk = filter_hosts(inventory, request, active)
    hosts = inventory.hosts
    rows = np.flatnonzero(walk.kept)
    numbers: list[int] = rows.tolist()
    weighed: list[tuple[str, FloatArray]] = []
    for one, which in counting(WEIGHERS, hosts.packs[rows]):
        column = one.weight * one.score(request, inventory, rows, walk.fits[rows])
        weighed.append((one.name, column if which is None else np.where(which, column, 0.0)))
    kept = [
        Standing(
            host_id=hosts.ids[row],
            host_name=hosts.names[row],
            score=round(sum(float(column[n]) for _, column in weighed), 4),
            parts=tuple((name, round(float(column[n]), 4)) for name, column in weighed),
        )
        for n, row in enumerate(numbers)
    ]
    # Equally good hosts are tried in this order.
    turns = dict(zip([hosts.ids[row] for row in numbers], mixed(hosts, request.seed, rows).tolist(), strict=True))
    kept.sort(key=lambda one: (-one.score, turns[one.host_id]))
    return [*kept, *_refused(walk)][:most]


def _refused(walk: Walk) -> list[Standing]:
    hosts = walk.inventory.hosts
    return [
        Standing(
            host_id=hosts.ids[row],
            host_name=hosts.names[row],
            refused_by=step.filter.name,
            reason=step.filter.explain(walk.request, walk.inventory, _one(row)),
        )
        for step in walk.steps
        for row in _numbers(step.removed[:MOST_HOSTS])
    ]


def _numbers(rows: IntArray) -> list[int]:
    found: list[int] = rows.tolist()
    return found


def _one(row: int) -> IntArray:
    return np.array([row])

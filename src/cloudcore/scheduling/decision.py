"""What the scheduler answers: placements, spare candidates, and how it came to them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.devices import DeviceChoice
from cloudcore.scheduling.disks import DiskChoice
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.nics import NicChoice
from cloudcore.scheduling.nodes import NodeChoice
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter

MAX_EXAMPLES = 5


@attrs.frozen(kw_only=True)
class Placement:
    """One server on one host. The claim is made against `generation`; `score` is comparable within one decision.

    nodes: what it takes of which NUMA nodes; none where the host keeps no guest on nodes.
    """

    host_id: str
    host_name: str
    generation: int
    score: float
    disks: tuple[DiskChoice, ...]
    nets: tuple[NicChoice, ...]
    devices: tuple[DeviceChoice, ...] = ()
    nodes: tuple[NodeChoice, ...] = ()

    @property
    def device_ids(self) -> list[str]:
        """Its devices, those that are cards of it among them."""
        given = [one.device_ids for one in self.devices] + [one.device_ids for one in self.nets]
        return [idents[0] for idents in given if idents]


@attrs.frozen(eq=False, kw_only=True)
class Step:
    """What one filter did. before: the hosts that the filters before it had left. kept: those that it left."""

    filter: Filter
    before: BoolArray
    kept: BoolArray
    capacity: IntArray | None

    @property
    def removed(self) -> IntArray:
        """The rows that it removed."""
        return np.flatnonzero(self.before & ~self.kept)


@attrs.frozen(eq=False, kw_only=True)
class Walk:
    """The way of a request through the filters. capacity: of kept hosts, the least that any filter allows.

    fits: the same without the filters that read what is particular to the request, which is what weighers see.
    """

    inventory: Inventory
    request: Request
    steps: tuple[Step, ...]
    kept: BoolArray
    capacity: IntArray
    fits: IntArray

    def alone(self, step: Step) -> IntArray:
        """The rows that the filter of a step refuses when it is asked about every host."""
        everyone = np.ones(len(self.inventory.hosts), dtype=np.bool_)
        return np.flatnonzero(~step.filter.apply(self.request, self.inventory, everyone).kept)


@attrs.frozen(kw_only=True)
class Example:
    """A host that was refused, and why in words with its own figures."""

    host_id: str
    host_name: str
    text: str


@attrs.frozen(kw_only=True)
class Removal:
    """What one filter refused.

    removed: hosts that it took from what earlier filters had left. alone: hosts that it would refuse by itself.
    limits: kept hosts on which it is the one that bounds how many servers fit.
    text: the case of all removed hosts in one line. examples: at most five, in host id order.
    """

    filter: str
    reason: str
    removed: int
    alone: int
    limits: int
    text: str
    examples: tuple[Example, ...]


@attrs.frozen(kw_only=True)
class Refusal:
    """Why fewer servers fit than were asked for. `removals` are in the order in which filters ran."""

    requested: int
    fitting: int
    hosts: int
    removals: tuple[Removal, ...]

    @classmethod
    def of(cls, walk: Walk, fitting: int) -> Refusal:
        """Explain a walk after which only `fitting` servers could be placed."""
        return cls(
            requested=walk.request.count,
            fitting=fitting,
            hosts=len(walk.inventory.hosts),
            removals=tuple(_removal(walk, step) for step in walk.steps),
        )

    def summary(self) -> str:
        """Say it in one line: `no host fits: 2 by host_memory (request: 4096 MiB, free at most: 1024 MiB)`."""
        if not self.hosts:
            return "no host fits: there are no hosts"
        head = f"only {self.fitting} of {self.requested} fit" if self.fitting else "no host fits"
        parts = [f"{one.removed} by {one.filter} ({one.text})" for one in self.removals if one.removed]
        parts += [f"{one.limits} full by {one.filter}" for one in self.removals if one.limits]
        if not parts:
            parts = ["what the hosts share is used up"]
        return f"{head}: {', '.join(parts)}"


@attrs.frozen(kw_only=True, eq=False)
class Decision:
    """The answer to a request.

    placements: `request.count` of them, or fewer and maybe none when there is a refusal or best effort was asked for.
    alternatives: other hosts in order of preference, with placements that hold beside all of `placements`; for when a
    claim is lost to somebody else. refusal: set when fewer were placed than requested and best effort does not excuse it.
    """

    placements: tuple[Placement, ...]
    alternatives: tuple[Placement, ...]
    fitting: int
    refusal: Refusal | None
    walk: Walk

    @property
    def request(self) -> Request:
        """The request that was decided."""
        return self.walk.request

    def explain(self) -> str:
        """Tell the whole story, one line per filter that removed something and one per host that was chosen."""
        lines = [f"{len(self.walk.inventory.hosts)} hosts, {self.request.count} servers wanted, {self.fitting} fit"]
        refusal = self.refusal or Refusal.of(self.walk, self.fitting)
        for one in refusal.removals:
            if one.removed:
                lines.append(f"  - {one.filter} removed {one.removed} (alone {one.alone}): {one.reason}; {one.text}")
                lines.extend(f"      {example.host_name}: {example.text}" for example in one.examples)
        counts: dict[str, int] = {}
        scores: dict[str, float] = {}
        for placement in self.placements:
            counts[placement.host_name] = counts.get(placement.host_name, 0) + 1
            scores[placement.host_name] = placement.score
        lines.extend(f"  + {name} takes {count}, score {scores[name]:.3f}" for name, count in counts.items())
        return "\n".join(lines)


def _removal(walk: Walk, step: Step) -> Removal:
    def words(rows: IntArray) -> str:
        return step.filter.explain(walk.request, walk.inventory, rows)

    removed = step.removed
    return Removal(
        filter=step.filter.name,
        reason=step.filter.reason,
        removed=len(removed),
        alone=len(walk.alone(step)),
        limits=_binding(walk, step),
        text=words(removed) if len(removed) else "",
        examples=tuple(
            Example(host_id=host_id, host_name=name, text=words(row))
            for host_id, name, row in _first(walk.inventory, removed)
        ),
    )


def _first(inventory: Inventory, rows: IntArray) -> Sequence[tuple[str, str, IntArray]]:
    first = [int(row) for row in rows[:MAX_EXAMPLES]]
    return [(inventory.hosts.ids[row], inventory.hosts.names[row], np.array([row])) for row in first]


def _binding(walk: Walk, step: Step) -> int:
    if step.capacity is None:
        return 0
    tight = walk.kept & (step.capacity == walk.capacity) & (walk.capacity < UNLIMITED)
    return int(np.count_nonzero(tight))

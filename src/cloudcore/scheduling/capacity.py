"""How many more: where servers of a request still fit, what bounds them, and when it is full at a rate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import attrs
import numpy as np

from cloudcore.scheduling import allowance
from cloudcore.scheduling.columns import UNLIMITED, BoolArray
from cloudcore.scheduling.decision import Refusal, Walk
from cloudcore.scheduling.filters.quota import QUOTA
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.pipeline import schedule
from cloudcore.scheduling.request import MAX_COUNT, Request

MOST_HOSTS = 1000
"""Hosts that are told of one by one."""
SHARED = "shared"
"""What bounds where hosts had room for more, by themselves: storages or networks that several of them share."""


@attrs.frozen(kw_only=True)
class HostRoom:
    """One host. count: how many go there when all is filled. alone: how many fit there by itself. bound_by: the filter that says so."""

    host_id: str
    host_name: str
    zone_id: str
    count: int
    alone: int
    bound_by: str


@attrs.frozen(kw_only=True)
class Capacity:
    """Where servers of a request still fit.

    total: together; `is_bounded` where more than were tried may fit. bounds: by filter, how many hosts it makes full.
    removed: by filter, how many hosts it keeps out, in the order in which they run.
    """

    total: int
    is_bounded: bool
    hosts: tuple[HostRoom, ...]
    zones: tuple[tuple[str, int], ...]
    bounds: tuple[tuple[str, int], ...]
    removed: tuple[tuple[str, int, str], ...]


def capacity(inventory: Inventory, request: Request, most: int = MAX_COUNT) -> Capacity:
    """Fill the inventory with servers of a request, up to `most` of them: by the same code that places them."""
    decision = schedule(inventory, attrs.evolve(request, count=most, best_effort=True), spare=0)
    counts = Counter(one.host_id for one in decision.placements)
    walk, hosts = decision.walk, inventory.hosts
    kept: list[int] = np.flatnonzero(walk.kept).tolist()
    rooms = [_room(walk, row, counts[hosts.ids[row]]) for row in kept]
    rooms.sort(key=lambda one: (-one.count, -one.alone, one.host_id))
    zones: Counter[str] = Counter()
    for one in rooms:
        zones[one.zone_id] += one.count
    full = decision.fitting < most
    used = _used_up(walk, counts)
    bounds = Counter(_why_full(one, used[hosts.index[one.host_id]]) for one in rooms) if full else Counter[str]()
    refusal = Refusal.of(walk, decision.fitting)
    return Capacity(
        total=decision.fitting,
        is_bounded=not full,
        hosts=tuple(rooms[:MOST_HOSTS]),
        zones=tuple(sorted(zones.items())),
        bounds=tuple(bounds.most_common()),
        removed=tuple((one.filter, one.removed, one.text) for one in refusal.removals if one.removed),
    )


def _room(walk: Walk, row: int, count: int) -> HostRoom:
    hosts = walk.inventory.hosts
    alone = int(walk.capacity[row])
    bounding = [one for one in walk.steps if one.capacity is not None and int(one.capacity[row]) == alone]
    return HostRoom(
        host_id=hosts.ids[row],
        host_name=hosts.names[row],
        zone_id=hosts.zone[row],
        count=count,
        alone=min(alone, UNLIMITED),
        bound_by=bounding[0].filter.name if bounding and alone < UNLIMITED else "",
    )


def _used_up(walk: Walk, counts: Mapping[str, int]) -> BoolArray:
    """The hosts where a limit allows none more, once servers are where they are counted."""
    hosts, used = walk.inventory.hosts, np.zeros(len(walk.inventory.hosts), dtype=np.bool_)
    for one in walk.request.allowances if QUOTA.name not in walk.request.ignore_filters else ():
        about = allowance.there(one, hosts)
        placed = sum(number for host, number in counts.items() if about[hosts.index[host]])
        if placed >= allowance.left(one, walk.request, walk.inventory):
            used |= about
    return used


def _why_full(room: HostRoom, is_used_up: bool) -> str:
    if room.count >= room.alone:
        return room.bound_by
    return QUOTA.name if is_used_up else SHARED


@attrs.frozen(kw_only=True)
class Rate:
    """How fast servers become more: the mean of days, and the bounds in which the true mean is in 95 of 100 cases.

    days: how many were looked at; 0 of too few to say anything.
    """

    per_day: float
    low: float
    high: float
    days: int


FEWEST_DAYS = 5
"""With fewer days nothing is said of a rate."""
_STUDENT = (2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09)
"""Student's t for 95 of 100, from four degrees of freedom on."""


def rate_of(net: Sequence[float]) -> Rate | None:
    """The rate of days with this much more each; None where they are too few to say anything."""
    days = len(net)
    if days < FEWEST_DAYS:
        return None
    mean = sum(net) / days
    spread = math.sqrt(sum((one - mean) ** 2 for one in net) / (days - 1))
    t = _STUDENT[days - FEWEST_DAYS] if days - FEWEST_DAYS < len(_STUDENT) else 2.0
    margin = t * spread / math.sqrt(days)
    return Rate(per_day=mean, low=mean - margin, high=mean + margin, days=days)


def days_until_full(left: float, per_day: float) -> float | None:
    """In how many days so much is used up; None where it never is at this rate."""
    return None if per_day <= 0 else left / per_day

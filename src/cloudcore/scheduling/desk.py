"""Where a batch is laid out: a pool of its own, who was placed where so far, and the same as classes and bins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

import attrs
import numpy as np

from cloudcore.scheduling.allowance import Drawn
from cloudcore.scheduling.columns import BoolArray, FloatArray, IntArray
from cloudcore.scheduling.decision import Decision, Placement
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.pool import Pool
from cloudcore.scheduling.request import Request, Room
from cloudcore.scheduling.trials import Laid, Puzzle

Group: TypeAlias = tuple[str, str]
"""A group by its project and name."""

_BINS = 4
"""Hosts in use that are looked at, for each server of a batch."""


@attrs.frozen(eq=False, kw_only=True)
class Classes:
    """Requests as classes, and hosts as bins. hosts: the row of each bin. members: requests of each class, one entry a server."""

    vectors: Puzzle
    hosts: IntArray
    members: Sequence[Sequence[int]]


class Desk:
    """Requests, and a pool in which they are claimed. placed: by position; decisions: of what was refused."""

    def __init__(self, wanted: Sequence[Request], pool: Pool) -> None:
        self.pool = pool
        self.placed: list[list[Placement]] = [[] for _ in wanted]
        self.decisions: dict[int, Decision] = {}
        self._wanted = wanted
        hosts = pool.inventory().hosts
        self._empty = {hosts.ids[row] for row in np.flatnonzero(hosts.guests == 0)}
        self._groups: dict[Group, Counter[str]] = {}
        self._drawn = Drawn()

    def place(self, order: Iterable[int]) -> None:
        """Place what has no place yet of each request, the fullest hosts first; or refuse it, which gives back what it has."""
        for position in order:
            wanted = self._wanted[position]
            if len(self.placed[position]) == wanted.count:
                continue
            answer = self.pool.place(self._now(position, wanted.count - len(self.placed[position])))
            if answer.refusal is not None and self.placed[position] and not wanted.best_effort:
                self._give_back(position)
                answer = self.pool.place(self._now(position, wanted.count))
            self._note(position, answer.placements)
            self.decisions.pop(position, None)
            if answer.refusal is not None and answer.decision is not None and not self.placed[position]:
                self.decisions[position] = answer.decision

    def seat(self, classes: Classes, found: Laid) -> None:
        """Place servers where they were laid, as far as they fit there."""
        waiting = [list(reversed(members)) for members in classes.members]
        for row, filling in found.fillings:
            for kind in np.flatnonzero(filling).tolist():
                for _ in range(int(filling[kind])):
                    position = waiting[kind].pop()
                    answer = self.pool.place_on(self._now(position, 1), int(classes.hosts[row]))
                    self._note(position, () if answer is None else answer.placements)

    def missing(self) -> int:
        """Servers without a place."""
        return sum(one.count - len(placed) for one, placed in zip(self._wanted, self.placed, strict=True))

    def opened(self) -> int:
        """Hosts that were empty and are not."""
        return len(self._empty & {one.host_id for placed in self.placed for one in placed})

    def cost(self) -> tuple[int, int]:
        """What is worse is more."""
        return self.missing(), self.opened()

    def _now(self, position: int, count: int) -> Request:
        """A request for some of its servers, beside those of its groups and of its owner that were placed."""
        wanted = self._drawn.now(self._wanted[position])
        if not wanted.rooms and wanted.count == count:
            return wanted
        rooms = tuple(
            attrs.evolve(
                room, present=dict(Counter(room.present) + self._groups.get(group_of(wanted, room), Counter()))
            )
            for room in wanted.rooms
        )
        return attrs.evolve(wanted, count=count, rooms=rooms)

    def _note(self, position: int, placements: Iterable[Placement]) -> None:
        for one in placements:
            self.placed[position].append(one)
            self._drawn.note(self._wanted[position], one.host_id, self.pool.present)
            for room in self._wanted[position].rooms:
                self._groups.setdefault(group_of(self._wanted[position], room), Counter())[one.host_id] += 1

    def _give_back(self, position: int) -> None:
        wanted = self._wanted[position]
        for one in self.placed[position]:
            self.pool.release(wanted, one)
            self._drawn.note(wanted, one.host_id, self.pool.present, -1)
            for room in wanted.rooms:
                self._groups[group_of(wanted, room)][one.host_id] -= 1
        self.placed[position].clear()


def group_of(wanted: Request, room: Room) -> Group:
    """Which group a room of a request is of: requests of one project mean the same one by one name."""
    return wanted.project_id, room.name


def largest_first(inventory: Inventory, wanted: Sequence[Request]) -> list[int]:
    """Positions of requests by the size of one server, in shares of the largest host."""
    sizes = _sizes(inventory, wanted).sum(axis=1)
    order: list[int] = np.argsort(-sizes, kind="stable").tolist()
    return order


def puzzle_of(inventory: Inventory, wanted: Sequence[Request], pool: Pool) -> Classes | None:
    """Requests as classes and hosts as bins; None where nothing fits anywhere."""
    sizes, free = _sizes(inventory, wanted), _free(inventory)
    local = _local(inventory)
    if local is not None and any(one.disks for one in wanted):
        disk = np.array([[sum(each.size_mib for each in one.disks)] for one in wanted], dtype=np.float64)
        most = max(float(local.max(initial=0.0)), 1.0)
        sizes, free = np.hstack((sizes, disk / most)), np.hstack((free, local[:, None] / most))
    kinds: dict[tuple[bytes, bytes, tuple[Group, ...]], list[int]] = {}
    for position, one in enumerate(wanted):
        key = (
            sizes[position].tobytes(),
            pool.fitting(one).tobytes(),
            tuple(sorted(group_of(one, room) for room in one.rooms)),
        )
        kinds.setdefault(key, []).append(position)
    firsts = [members[0] for members in kinds.values()]
    allowed = np.array([pool.fitting(wanted[first]) for first in firsts], dtype=np.bool_).T
    members = [[place for place in each for _ in range(wanted[place].count)] for each in kinds.values()]
    bins = _bins(inventory, allowed, sum(map(len, members))) if firsts else np.zeros(0, dtype=np.int64)
    if not len(bins):
        return None
    groups, most_of, present = _groups(inventory, [wanted[first] for first in firsts])
    puzzle = Puzzle(
        demand=sizes[firsts],
        counts=np.array([len(each) for each in members], dtype=np.int64),
        room=free[bins],
        empty=inventory.hosts.guests[bins] == 0,
        allowed=allowed[bins],
        groups=groups,
        most=most_of,
        present=present[bins],
    )
    return Classes(vectors=puzzle, hosts=bins, members=members)


def _sizes(inventory: Inventory, wanted: Sequence[Request]) -> FloatArray:
    hosts = inventory.hosts
    usual = max(int(hosts.cpu_total.max(initial=1)), 1), max(int(hosts.mem_total_mib.max(initial=1)), 1)
    return np.array([(one.vcpus, one.memory_mib) for one in wanted], dtype=np.float64).reshape(-1, 2) / usual


def _free(inventory: Inventory) -> FloatArray:
    hosts = inventory.hosts
    cpu, memory = max(int(hosts.cpu_total.max(initial=1)), 1), max(int(hosts.mem_total_mib.max(initial=1)), 1)
    return np.stack((hosts.cpu_free / cpu, hosts.mem_free_mib / memory), axis=1)


def _local(inventory: Inventory) -> FloatArray | None:
    """What is free of the storages that a host has for itself (MiB); None where hosts share some, which nothing here knows about."""
    slots, size = inventory.storage_slots, len(inventory.storages.ids)
    if not size or int(np.bincount(slots.ravel(), minlength=size + 1)[:size].max(initial=0)) > 1:
        return None
    usable = np.append(np.where(inventory.storages.usable, inventory.storages.free_mib, 0), 0)
    local: FloatArray = usable[slots].sum(axis=1).astype(np.float64)
    return local


def _bins(inventory: Inventory, allowed: BoolArray, servers: int) -> IntArray:
    """The hosts that take one server of some class: all empty ones, and of those in use as many as there may be use for."""
    some = allowed.any(axis=1)
    empty = inventory.hosts.guests == 0
    in_use = np.flatnonzero(some & ~empty)
    if len(in_use) > _BINS * servers:
        room = _free(inventory)[in_use].min(axis=1)
        in_use = np.sort(in_use[np.argsort(-room, kind="stable")[: _BINS * servers]])
    return np.sort(np.concatenate((in_use, np.flatnonzero(some & empty))))


def _groups(inventory: Inventory, firsts: Sequence[Request]) -> tuple[BoolArray, IntArray, IntArray]:
    """By group and class whether it is of the group, the most of each group on a host, and by host and group how many are there."""
    rooms = {group_of(one, room): room for one in firsts for room in one.rooms}
    names = {name: place for place, name in enumerate(rooms)}
    belongs = np.zeros((len(rooms), len(firsts)), dtype=np.bool_)
    present = np.zeros((len(inventory.hosts), len(rooms)), dtype=np.int64)
    for kind, one in enumerate(firsts):
        for room in one.rooms:
            belongs[names[group_of(one, room)], kind] = True
    for name, room in rooms.items():
        for host, number in room.present.items():
            if host in inventory.hosts.index:
                present[inventory.hosts.index[host], names[name]] = number
    return belongs, np.array([room.most for room in rooms.values()], dtype=np.int64), present

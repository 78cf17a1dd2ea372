"""Which storages take which disks of a server: the filter asks whether, a placement asks where.

Putting disks of different sizes onto storages is bin packing. Up to `EXACT_DISKS` disks are packed exactly; more of them
greedily (largest disk first, onto the storage with most room), which may miss a fit that exists but never invents one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import attrs
import numpy as np

from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray, frozen
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import DiskRequest, Request
from cloudcore.scheduling.tagged import STORAGES, Ranks, meeting, ranks_of

EXACT_DISKS = 6
_MOST_CANDIDATES = 8

Shelf: TypeAlias = "tuple[int, BoolArray | None]"
"""The position of a slot, and the hosts whose storage there suits; None when that of every host does."""


@attrs.frozen(kw_only=True)
class DiskChoice:
    """Where a disk goes: the first of `storage_ids` in this decision, the others if that one is lost."""

    index: int
    storage_ids: tuple[str, ...]


@attrs.frozen(eq=False)
class Suiting:
    """Which storages suit which disks, were they empty. The same for disks that differ in size only.

    table: one line a disk, one entry a storage, and a last entry (for what fills up slots) that is false.
    flags: the same as bytes, one of which is got at faster than an entry of a column.
    ranks: how much each disk would rather be on which storage.
    """

    table: BoolArray
    flags: tuple[bytes, ...]
    ranks: tuple[Ranks, ...] = ()

    @classmethod
    def of(cls, disks: Sequence[DiskRequest], inventory: Inventory) -> Suiting:
        """Look it up, one line a disk."""
        kinds = tuple([(disk.backend, disk.medium, disk.storage_id, disk.marks, disk.index == 0) for disk in disks])
        return inventory.storages.memo.recall(("suiting", kinds), lambda: cls._of(disks, inventory))

    @classmethod
    def _of(cls, disks: Sequence[DiskRequest], inventory: Inventory) -> Suiting:
        table = np.zeros((len(disks), len(inventory.storages.ids) + 1), dtype=np.bool_)
        for line, disk in enumerate(disks):
            table[line, :-1] = suitable(disk, inventory)
        frozen(table)
        index = inventory.storages.index
        ranks = [None if disk.storage_id else ranks_of(disk.marks, STORAGES, index) for disk in disks]
        return cls(table, tuple(line.tobytes() for line in table), tuple(ranks) if any(ranks) else ())


@attrs.frozen(eq=False)
class Wanted:
    """The disks of a request, largest first. order: positions in `request.disks`."""

    order: tuple[int, ...]
    sizes: tuple[int, ...]
    suiting: Suiting

    @property
    def suits(self) -> BoolArray:
        """The table of what suits."""
        return self.suiting.table

    @property
    def flags(self) -> tuple[bytes, ...]:
        """The flags of what suits."""
        return self.suiting.flags

    @classmethod
    def of(cls, request: Request, inventory: Inventory) -> Wanted:
        """Look up what suits each disk; ties of size keep the order of the request."""
        question = ("wanted", request.disks)
        return inventory.storages.memo.recall(question, lambda: cls._of(request, inventory))

    @classmethod
    def _of(cls, request: Request, inventory: Inventory) -> Wanted:
        order = tuple(sorted(range(len(request.disks)), key=lambda n: -request.disks[n].size_mib))
        disks = [request.disks[n] for n in order]
        return cls(order, tuple([disk.size_mib for disk in disks]), Suiting.of(disks, inventory))


NOTHING = Wanted((), (), Suiting(np.zeros((0, 1), dtype=np.bool_), ()))
"""No disks."""


def suitable(disk: DiskRequest, inventory: Inventory) -> BoolArray:
    """The storages that may hold a disk, were they empty."""
    storages = inventory.storages
    suits = storages.usable
    if disk.backend:
        suits = suits & storages.storage_type.equals(disk.backend)
    if disk.medium:
        suits = suits & storages.medium_type.equals(disk.medium)
    if disk.index == 0:
        suits = suits & storages.is_sys_disk_store
    if disk.marks and not disk.storage_id:
        suits = suits & meeting(disk.marks, STORAGES, storages.index)
    if disk.storage_id:
        named = np.zeros_like(suits)
        row = inventory.storages.index.get(disk.storage_id)
        if row is not None:
            named[row] = True
        suits = suits & named
    return suits


@attrs.frozen(eq=False)
class Shelves:
    """The slots of hosts as the disks of one request see them; follows from nothing that a placement changes.

    lines: per disk, largest first, the slots that suit it on any host; any, every: the slots that suit one or all of them.
    """

    lines: tuple[tuple[Shelf, ...], ...]
    any: tuple[Shelf, ...]
    every: tuple[Shelf, ...]

    @classmethod
    def of(cls, wanted: Wanted, inventory: Inventory) -> Shelves:
        """Look at every slot of an inventory. wanted: of the disks of the same."""
        question = ("shelves", wanted.suiting)
        return inventory.hosts.memo.recall(question, lambda: cls.on(wanted, inventory.storage_slots))

    @classmethod
    def on(cls, wanted: Wanted, slots: IntArray) -> Shelves:
        """Look at these slots: one line a host, numbers of storages, filled up with the number of storages."""
        return cls(
            lines=tuple(_shelves(line, slots) for line in wanted.suits),
            any=_shelves(np.logical_or.reduce(wanted.suits, axis=0), slots),
            every=_shelves(np.logical_and.reduce(wanted.suits, axis=0), slots),
        )


def _shelves(suits: BoolArray, slots: IntArray) -> tuple[Shelf, ...]:
    found: list[Shelf] = []
    for place in range(slots.shape[1]):
        there = suits.take(slots[:, place])
        if there.all():
            found.append((place, None))
        elif there.any():
            found.append((place, there))
    return tuple(found)


def laden(free: IntArray, slots: IntArray) -> list[IntArray]:
    """What is free in each slot, one column a place; anything where there is no storage. free: per storage."""
    # What fills slots up is one number too large, and is clipped to that of a storage; it suits no disk.
    return [free.take(slots[:, place], mode="clip") for place in range(slots.shape[1])]


def room(wanted: Wanted, shelves: Shelves, left: Sequence[IntArray], hosts: int) -> IntArray:
    """Bound from above how many servers' disks fit on each of so many hosts; exact for one disk.

    left: of the slots of `shelves`, as of `laden`.
    """
    bound = np.full(hosts, UNLIMITED, dtype=np.int64)
    for line, size in zip(shelves.lines, wanted.sizes, strict=True):
        np.minimum(bound, _summed(line, [left[place] // size for place, _ in line], hosts), out=bound)
    if len(wanted.sizes) > 1:
        total = _summed(shelves.any, [left[place] for place, _ in shelves.any], hosts)
        np.minimum(bound, total // sum(wanted.sizes), out=bound)
    return bound


def _summed(line: Sequence[Shelf], amounts: Sequence[IntArray], hosts: int) -> IntArray:
    total: IntArray | None = None
    for (_, there), amount in zip(line, amounts, strict=True):
        counted = amount if there is None else amount * there
        total = counted if total is None else total + counted
    return np.zeros(hosts, dtype=np.int64) if total is None else total


def room_on(wanted: Wanted, free: Sequence[int], slots: Sequence[int]) -> int:
    """The same for one host, and 0 where the disks of one server don't fit together. slots, free: as of `choose`."""
    pairs = list(zip(slots, free, strict=True))
    bound = UNLIMITED
    for flags, size in zip(wanted.flags, wanted.sizes, strict=True):
        bound = min(bound, sum([amount // size for slot, amount in pairs if flags[slot]]))
    if len(wanted.sizes) > 1:
        total = sum([amount for slot, amount in pairs if any(flags[slot] for flags in wanted.flags)])
        bound = min(bound, total // sum(wanted.sizes))
    return bound if bound > 0 and choose(wanted, free, slots) is not None else 0


def fits(wanted: Wanted, shelves: Shelves, left: Sequence[IntArray], bound: IntArray, slots: IntArray) -> BoolArray:
    """Tell on which hosts the disks of one server fit together; `bound` is the `room` of the same hosts."""
    possible: BoolArray = bound > 0
    if len(wanted.sizes) <= 1:
        return possible
    # Most hosts have a storage that takes all of them; only the others need to be packed.
    opened, total = possible.copy(), sum(wanted.sizes)
    for place, there in shelves.every:
        whole = left[place] >= total
        opened &= ~(whole if there is None else whole & there)
    rows = np.flatnonzero(opened)
    if not rows.size:
        return possible
    free = np.stack([column[rows] for column in left], axis=1)
    found: BoolArray = np.all(greedy(wanted, free, slots[rows]) >= 0, axis=1)
    if len(wanted.sizes) <= EXACT_DISKS and not found.all():
        open_rows = np.flatnonzero(~found)
        found[open_rows] = _packable(wanted, free[open_rows], slots[rows[open_rows]])
    possible[rows] = found
    return possible


def greedy(wanted: Wanted, free: IntArray, slots: IntArray) -> IntArray:
    """Give each disk, largest first, to the slot with most room: per host and disk a slot's position, or -1.

    free: of each slot, one line a host.
    """
    left = free.copy()
    hosts = np.arange(len(slots))
    picks = np.full((len(slots), len(wanted.sizes)), -1, dtype=np.int64)
    if not slots.shape[1]:
        return picks
    for line, size in enumerate(wanted.sizes):
        offered = np.where(wanted.suits[line][slots] & (left >= size), left, -1)
        pick = offered.argmax(axis=1)
        taken = offered[hosts, pick] >= 0
        left[hosts, pick] -= np.where(taken, size, 0)
        picks[:, line] = np.where(taken, pick, -1)
    return picks


def choose(wanted: Wanted, free: Sequence[int], slots: Sequence[int]) -> list[int] | None:
    """Pick a storage for each disk of one server on one host, in the order of `wanted`; None when they do not fit.

    slots: the storages of the host. free: of each of them.
    """
    if wanted.suiting.ranks:
        return _choose_ranked(wanted, free, slots)
    left, homes = list(free), list[int]()
    for suits, size in zip(wanted.flags, wanted.sizes, strict=True):
        best = -1
        for place, slot in enumerate(slots):
            if left[place] >= size and (best < 0 or left[place] > left[best]) and suits[slot]:
                best = place
        if best < 0:
            return _pack(wanted, free, slots) if len(wanted.sizes) <= EXACT_DISKS else None
        left[best] -= size
        homes.append(slots[best])
    return homes


def _choose_ranked(wanted: Wanted, free: Sequence[int], slots: Sequence[int]) -> list[int] | None:
    """As `choose`: among storages that are wanted alike, the one with most room."""
    left, homes = list(free), list[int]()
    for line, size in enumerate(wanted.sizes):
        suits, ranks = wanted.flags[line], wanted.suiting.ranks[line]
        fitting = [
            (0 if ranks is None else ranks[slot], -left[place], place)
            for place, slot in enumerate(slots)
            if left[place] >= size and suits[slot]
        ]
        if not fitting:
            return _pack(wanted, free, slots) if len(wanted.sizes) <= EXACT_DISKS else None
        best = min(fitting)[2]
        left[best] -= size
        homes.append(slots[best])
    return homes


def candidates(line: int, chosen: int, wanted: Wanted, free: Sequence[int], slots: Sequence[int]) -> tuple[int, ...]:
    """The chosen storage, then the others with room for the disk: those that are rather wanted first, then the roomiest."""
    suits, size = wanted.flags[line], wanted.sizes[line]
    ranks = wanted.suiting.ranks[line] if wanted.suiting.ranks else None
    others = [
        (0 if ranks is None else ranks[slot], -free[place], place)
        for place, slot in enumerate(slots)
        if slot != chosen and free[place] >= size and suits[slot]
    ]
    others.sort()
    return (chosen, *[slots[place] for *_, place in others[: _MOST_CANDIDATES - 1]])


def _subsets(count: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for whole in range(1, 1 << count):
        part = whole
        while part:
            pairs.append((whole, part))
            part = (part - 1) & whole
    return pairs


def _sums(sizes: Sequence[int]) -> list[int]:
    return [sum(size for n, size in enumerate(sizes) if mask >> n & 1) for mask in range(1 << len(sizes))]


def _packable(wanted: Wanted, free: IntArray, slots: IntArray) -> BoolArray:
    """Bin packing for many hosts at once: reach[set of disks, host], storage by storage. free: as of `greedy`."""
    count, sums = len(wanted.sizes), _sums(wanted.sizes)
    pairs = _subsets(count)
    reach = np.zeros((1 << count, len(slots)), dtype=np.bool_)
    reach[0] = True
    for place in range(slots.shape[1]):
        suits = wanted.suits[:, slots[:, place]]
        fit = np.zeros_like(reach)
        for mask in range(1, 1 << count):
            members = [n for n in range(count) if mask >> n & 1]
            fit[mask] = suits[members].all(axis=0) & (free[:, place] >= sums[mask])
        before = reach.copy()
        for whole, part in pairs:
            reach[whole] |= before[whole ^ part] & fit[part]
    last: BoolArray = reach[-1]
    return last


def _pack(wanted: Wanted, free: Sequence[int], slots: Sequence[int]) -> list[int] | None:
    """Bin packing for one host, remembering which storage took which set of disks."""
    count, sums = len(wanted.sizes), _sums(wanted.sizes)
    everything = (1 << count) - 1
    taken: dict[int, tuple[int, ...]] = {0: (-1,) * count}
    for position, slot in enumerate(slots):
        allowed = sum(1 << n for n in range(count) if wanted.suits[n, slot])
        for mask, homes in list(taken.items()):
            part = rest = allowed & ~mask & everything
            while part:
                if sums[part] <= free[position] and mask | part not in taken:
                    taken[mask | part] = tuple(slot if part >> n & 1 else homes[n] for n in range(count))
                part = (part - 1) & rest
        if everything in taken:
            return list(taken[everything])
    return None

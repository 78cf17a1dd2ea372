"""Which storages take which disks of a server: the filter asks whether, a placement asks where.

Putting disks of different sizes onto storages is bin packing. Up to `EXACT_DISKS` disks are packed exactly; more of them
greedily (largest disk first, onto the storage with most room), which may miss a fit that exists but never invents one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import attrs
import numpy as np

from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray, summed
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import DiskRequest, Request

EXACT_DISKS = 6
_MOST_CANDIDATES = 8


@attrs.frozen(kw_only=True)
class DiskChoice:
    """Where a disk goes: the first of `storage_ids` in this decision, the others if that one is lost."""

    index: int
    storage_ids: tuple[str, ...]


@attrs.frozen(eq=False)
class Wanted:
    """The disks of a request, largest first, and the storages that suit each.

    order: positions in `request.disks`. suits: one line a disk, one entry a storage, and a last entry (for what fills up
    slots) that is false.
    """

    order: tuple[int, ...]
    sizes: tuple[int, ...]
    suits: BoolArray

    @cached_property
    def flags(self) -> tuple[bytes, ...]:
        """The same as bytes, one of which is got at faster than an entry of a column."""
        return tuple(line.tobytes() for line in self.suits)

    @classmethod
    def of(cls, request: Request, inventory: Inventory) -> Wanted:
        """Look up what suits each disk; ties of size keep the order of the request."""
        question = ("wanted", request.disks)
        return inventory.storages.memo.recall(question, lambda: cls._of(request, inventory))

    @classmethod
    def _of(cls, request: Request, inventory: Inventory) -> Wanted:
        order = tuple(sorted(range(len(request.disks)), key=lambda n: -request.disks[n].size_mib))
        suits = np.zeros((len(order), len(inventory.storages.ids) + 1), dtype=np.bool_)
        for line, position in enumerate(order):
            suits[line, :-1] = suitable(request.disks[position], inventory)
        return cls(order, tuple(request.disks[n].size_mib for n in order), suits)


NOTHING = Wanted((), (), np.zeros((0, 1), dtype=np.bool_))
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
    if disk.storage_id:
        named = np.zeros_like(suits)
        row = inventory.storages.index.get(disk.storage_id)
        if row is not None:
            named[row] = True
        suits = suits & named
    return suits


def room(wanted: Wanted, free: IntArray, slots: IntArray) -> IntArray:
    """Bound from above how many servers' disks fit on each host; exact for one disk.

    free: per storage, with a last entry of 0. slots: one line a host, numbers of storages, filled up with that entry's.
    """
    bound: IntArray | None = None
    for line, size in enumerate(wanted.sizes):
        fitting = summed(_where(wanted.suits[line], free // size), slots)
        bound = fitting if bound is None else np.minimum(bound, fitting, out=bound)
    if bound is None:
        return np.full(len(slots), UNLIMITED, dtype=np.int64)
    if len(wanted.sizes) > 1:
        some: BoolArray = np.logical_or.reduce(wanted.suits, axis=0)
        total = summed(_where(some, free), slots)
        np.minimum(bound, total // sum(wanted.sizes), out=bound)
    return bound


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


def nearby(wanted: Wanted, free: IntArray, slots: IntArray) -> tuple[Wanted, IntArray, IntArray]:
    """The same with the storages of these slots only, numbered anew; for few hosts of many. free: as in columns."""
    flat = slots.ravel()
    there = flat < len(free)
    suits: BoolArray = np.zeros((len(wanted.sizes), len(flat) + 1), dtype=np.bool_)
    suits[:, :-1] = wanted.suits[:, flat]
    amounts = np.zeros(len(flat) + 1, dtype=np.int64)
    if len(free):
        amounts[:-1] = free.take(flat, mode="clip") * there
    return Wanted(wanted.order, wanted.sizes, suits), amounts, np.arange(len(flat)).reshape(slots.shape)


def _where(suits: BoolArray, amounts: IntArray) -> IntArray:
    """The amounts of the storages that suit, 0 for others. The last entry of both is that of no storage, and 0 already."""
    return amounts if suits[:-1].all() else amounts * suits


def fits(wanted: Wanted, free: IntArray, slots: IntArray, bound: IntArray) -> BoolArray:
    """Tell on which hosts the disks of one server fit together; `bound` is the `room` of the same hosts."""
    possible: BoolArray = bound > 0
    if len(wanted.sizes) <= 1:
        return possible
    # Most hosts have a storage that takes all of them; only the others need to be packed.
    whole = wanted.suits.all(axis=0) & (free >= sum(wanted.sizes))
    rows = np.flatnonzero(possible & ~_any(whole, slots))
    if not rows.size:
        return possible
    found: BoolArray = np.all(greedy(wanted, free, slots[rows]) >= 0, axis=1)
    if len(wanted.sizes) <= EXACT_DISKS and not found.all():
        open_rows = np.flatnonzero(~found)
        found[open_rows] = _packable(wanted, free, slots[rows[open_rows]])
    possible[rows] = found
    return possible


def _any(flags: BoolArray, slots: IntArray) -> BoolArray:
    """Whether any storage of each host has the flag, whose last entry is false."""
    if not slots.shape[1]:
        return np.zeros(len(slots), dtype=np.bool_)
    found: BoolArray = flags.take(slots[:, 0], mode="clip")
    for place in range(1, slots.shape[1]):
        found |= flags.take(slots[:, place], mode="clip")
    return found


def greedy(wanted: Wanted, free: IntArray, slots: IntArray) -> IntArray:
    """Give each disk, largest first, to the slot with most room: per host and disk a slot's position, or -1."""
    left = free[slots]
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


def candidates(line: int, chosen: int, wanted: Wanted, free: Sequence[int], slots: Sequence[int]) -> tuple[int, ...]:
    """The chosen storage, then the others with room for the disk, roomiest first."""
    suits, size = wanted.flags[line], wanted.sizes[line]
    others = [
        (-free[place], place)
        for place, slot in enumerate(slots)
        if slot != chosen and free[place] >= size and suits[slot]
    ]
    others.sort()
    return (chosen, *[slots[place] for _, place in others[: _MOST_CANDIDATES - 1]])


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
    """Bin packing for many hosts at once: reach[set of disks, host], storage by storage."""
    count, sums = len(wanted.sizes), _sums(wanted.sizes)
    pairs = _subsets(count)
    reach = np.zeros((1 << count, len(slots)), dtype=np.bool_)
    reach[0] = True
    for column in slots.T:
        suits = wanted.suits[:, column]
        fit = np.zeros_like(reach)
        for mask in range(1, 1 << count):
            members = [n for n in range(count) if mask >> n & 1]
            fit[mask] = suits[members].all(axis=0) & (free[column] >= sums[mask])
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

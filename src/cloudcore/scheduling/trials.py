"""How to lay classes of servers into bins so that few empty ones are opened: found by trying, in a bounded number of steps.

A pass fills one bin after the other. For each it tries many fillings side by side, each a line of a matrix that always takes what its
own weights like best of what fits, and keeps the one whose servers are worth most. What a server is worth is learned from pass
to pass: a class whose bins were left with gaps is hard to place, and goes first in the next pass (sequential value
correction, as known from cutting stock). Random numbers come from a fixed seed: the same question has the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from cloudcore.scheduling.columns import BoolArray, FloatArray, IntArray

SIDE_BY_SIDE, SIDE_BY_SIDE_OPEN = 48, 8
"""Fillings that are tried of an empty bin, and of one that is in use."""
_CELLS = 4096
"""So many numbers are worked out in about the time that one step takes anyway."""
_KINDS = 4
"""So many kinds of empty bins are tried before one is opened."""
_EPSILON = 1e-9


@attrs.frozen(eq=False, kw_only=True)
class Puzzle:
    """Classes of servers, and bins.

    demand: of one server, by class and dimension, in shares of a usual bin. counts: servers of each class.
    room: what is free, by bin and dimension, in the same shares. empty: the bins that are not in use.
    allowed: by bin and class. groups: by group and class, whether its servers belong to the group.
    most: of each group in one bin. present: by bin and group, how many are there.
    """

    demand: FloatArray
    counts: IntArray
    room: FloatArray
    empty: BoolArray
    allowed: BoolArray
    groups: BoolArray
    most: IntArray
    present: IntArray

    def least(self) -> int:
        """So many empty bins are opened at least, by volume alone."""
        if not self.empty.any():
            return 0
        over = (self.demand * self.counts[:, None]).sum(axis=0) - self.room[~self.empty].sum(axis=0)
        size = np.maximum(self.room[self.empty].max(axis=0), _EPSILON)
        return max(int(np.ceil((over / size).max() - _EPSILON)), 0)


@attrs.frozen(eq=False, kw_only=True)
class Laid:
    """One way. fillings: bin and servers of each class in it. missing: servers without a place. opened: empty bins in use."""

    fillings: Sequence[tuple[int, IntArray]]
    missing: int
    opened: int


@attrs.define(eq=False)
class _Search:
    """What a search has learned, and how many steps it has left."""

    puzzle: Puzzle
    steps: int
    draw: np.random.Generator
    worth: FloatArray
    kinds: Sequence[IntArray]
    in_use: IntArray


def laid(puzzle: Puzzle, steps: int) -> Laid:
    """The best way that was found: fewest servers without a place, then fewest bins opened.

    steps: to be done about; at least one pass is made.
    """
    size = puzzle.demand.sum(axis=1)
    empty, in_use = np.flatnonzero(puzzle.empty), np.flatnonzero(~puzzle.empty)
    search = _Search(
        puzzle=puzzle,
        steps=steps,
        draw=np.random.Generator(np.random.PCG64(7)),
        worth=size.copy(),
        kinds=_kinds(puzzle, empty),
        in_use=in_use[np.argsort(puzzle.room[in_use].sum(axis=1), kind="stable")],
    )
    best = last = _pass(search, 1.0)
    least = puzzle.least()
    while search.steps > 0 and (best.missing or best.opened > least):
        _learn(search, last)
        last = _pass(search, 1.0 + 0.25 * float(search.draw.random()))
        if (last.missing, last.opened) < (best.missing, best.opened):
            best = last
    return best


def _kinds(puzzle: Puzzle, empty: IntArray) -> list[IntArray]:
    """Empty bins that are alike, the roomiest first."""
    alike: dict[tuple[bytes, bytes, bytes], list[int]] = {}
    for row in empty.tolist():
        key = (puzzle.room[row].tobytes(), puzzle.allowed[row].tobytes(), puzzle.present[row].tobytes())
        alike.setdefault(key, []).append(row)
    found = [np.array(rows, dtype=np.int64) for rows in alike.values()]
    return sorted(found, key=lambda rows: (-float(puzzle.room[rows[0]].sum()), int(rows[0])))


def _pass(search: _Search, steepness: float) -> Laid:
    """Lay all servers once. steepness: how much more than its size a large server is worth."""
    left = search.puzzle.counts.copy()
    worth = search.worth**steepness
    fillings: list[tuple[int, IntArray]] = []
    for row in search.in_use.tolist():
        if not left.any():
            break
        filling, _ = _fill(search, row, left, worth, SIDE_BY_SIDE_OPEN)
        if filling.any():
            fillings.append((row, filling))
            left -= filling
    unopened, opened = [rows.tolist() for rows in search.kinds], 0
    while left.any():
        tried = [(rows, *_fill(search, rows[0], left, worth, SIDE_BY_SIDE)) for rows in unopened[:_KINDS]]
        useful = [one for one in tried if one[1].any()]
        unopened = [rows for rows in unopened if all(rows is not one[0] or one[1].any() for one in tried)]
        if not useful:
            if not unopened:
                break
            continue
        rows, filling, _ = max(useful, key=lambda one: one[2])
        taken = filling > 0
        again = max(min(int((left[taken] // filling[taken]).min()) // 2, len(rows)), 1)
        fillings += [(row, filling) for row in rows[:again]]
        left -= again * filling
        opened += again
        del rows[:again]
        unopened = [rows for rows in unopened if rows]
    search.steps -= 1
    return Laid(fillings=fillings, missing=int(left.sum()), opened=opened)


def _fill(search: _Search, row: int, left: IntArray, worth: FloatArray, width: int) -> tuple[IntArray, float]:
    """The filling of one bin that is worth most, of `width` that are tried, and its worth; nothing where nothing fits."""
    puzzle, draw = search.puzzle, search.draw
    usable = np.flatnonzero(
        (left > 0) & puzzle.allowed[row] & (puzzle.demand <= puzzle.room[row] + _EPSILON).all(axis=1)
    )
    chosen = np.zeros(len(left), dtype=np.int64)
    if not len(usable):
        return chosen, 0.0
    demand, groups = puzzle.demand[usable], puzzle.groups[:, usable]
    width = max(min(width, 4 * _CELLS // len(usable)), 4)
    liking = worth[usable] * np.exp(draw.normal(0.0, 0.5, (width, len(usable))))
    liking[0] = worth[usable]
    aligned = demand[None] * draw.uniform(0.2, 1.0, (width, 1, demand.shape[1])) * draw.uniform(0.0, 2.0, (width, 1, 1))
    remaining = np.tile(left[usable], (width, 1))
    room, apart = np.tile(puzzle.room[row], (width, 1)), np.tile(puzzle.present[row], (width, 1))
    alive = np.arange(width)
    while len(alive):
        search.steps -= 1 + alive.size * len(usable) // _CELLS
        fits = (remaining[alive] > 0) & (demand[None] <= room[alive][:, None, :] + _EPSILON).all(axis=2)
        if len(puzzle.most):
            fits &= ~((apart[alive] >= puzzle.most) @ groups)
        scores = liking[alive] + np.matmul(aligned[alive], room[alive][:, :, None])[:, :, 0]
        scores[~fits] = -np.inf
        picks = scores.argmax(axis=1)
        seated = fits[np.arange(len(alive)), picks]
        alive, picks = alive[seated], picks[seated]
        remaining[alive, picks] -= 1
        room[alive] -= demand[picks]
        if len(puzzle.most):
            apart[alive] += groups[:, picks].T
    fillings = left[usable] - remaining
    values = fillings @ worth[usable]
    best = int(values.argmax())
    chosen[usable] = fillings[best]
    return chosen, float(values[best])


def _learn(search: _Search, last: Laid) -> None:
    """Let a class be worth what it cost where empty bins were opened: its size, and its part of the gaps there."""
    puzzle = search.puzzle
    size = puzzle.demand.sum(axis=1)
    cost, count = np.zeros(len(size)), np.zeros(len(size))
    for row, filling in last.fillings:
        if puzzle.empty[row]:
            full = float(filling @ size) / max(float(puzzle.room[row].sum()), _EPSILON)
            cost += filling * size / max(full, 0.05)
            count += filling
    known = count > 0
    search.worth[known] = 0.7 * search.worth[known] + 0.3 * cost[known] / count[known]

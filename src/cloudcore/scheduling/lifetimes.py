"""How long servers stay, judged by how long others stayed: for packing servers together that leave together.

A hazard (how many leave an hour) is counted for each span of age, from servers that left and from those that are still there, of
which it is known only that they have not left so far. It is counted for all servers, and for groups of them by keys that go
from coarse to fine (their project, then their shape in it). What little is known of a finer group is pulled towards the coarser one, and
what is known of all towards a rule that needs no data: a server stays about as long again as it has stayed already.

So a server of which nothing is known but its age is judged too: most leave soon, and those that did not will stay for long.

    Life (keys, hours, ended)  →  Lifetimes.of  →  stays(keys, age)     for `Request.stays`
                                                →  leaving(...)         for `HostRow.leaving`

Sources: occurrence and exposure with piecewise constant hazards and gamma priors are textbook survival analysis; judging a host by
its servers' remaining time, and again as they grow older, is from "LAVA" (Ling and others, MLSys 2025).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from math import isfinite
from operator import attrgetter

import attrs
import numpy as np

from cloudcore.model.errors import OutOfRangeError
from cloudcore.scheduling.columns import FloatArray, IntArray
from cloudcore.scheduling.horizon import HORIZON, HOURS

_AGES: FloatArray = np.concatenate(([0.0], 2.0 ** np.arange(-5.0, 12.5, 0.5)))
"""Spans of age begin at these hours: from two minutes on, two for each doubling, up to some eight months."""
_PRIOR = 4.0
"""What is known of a coarser group counts as much as so many servers more, of each age."""
_FIRST_HOUR = 1.0
_LONG = np.diff(_AGES, append=2 * _AGES[-1])
_DECIMALS = 4


@attrs.frozen(kw_only=True)
class Life:
    """One server that was watched. keys: its groups, from coarse to fine. hours: its age when it left, or now.

    since: its age when watching began; what had left by then is not known. ended: it left, else it is still there.
    """

    keys: tuple[str, ...] = ()
    hours: float
    since: float = 0.0
    ended: bool = True


class Lifetimes:
    """What was learned. Pure: the same lives in any order teach the same."""

    def __init__(self, left: FloatArray, watched: FloatArray, index: dict[tuple[str, ...], int]) -> None:
        """left, watched: by group and span of age, how many left and for how many hours any was watched; 0 is everybody."""
        self._left, self._watched, self._index = left, watched, index
        self._tables: dict[tuple[str, ...], FloatArray] = {}

    @classmethod
    def of(cls, lives: Iterable[Life]) -> Lifetimes:
        """Learn from lives.

        Raises:
            OutOfRangeError: hours are negative or not finite.
        """
        known: list[Life] = sorted(lives, key=attrgetter("keys", "hours", "since", "ended"))
        for one in known:
            if not (isfinite(one.hours) and 0 <= one.since <= one.hours):
                raise OutOfRangeError("hours of a life are not a number of at least those it began with", field="hours")
        index: dict[tuple[str, ...], int] = {(): 0}
        for one in known:
            for depth in range(1, len(one.keys) + 1):
                index.setdefault(one.keys[:depth], len(index))
        hours = np.array([one.hours for one in known], dtype=np.float64)
        since = np.array([one.since for one in known], dtype=np.float64)
        seen = _within(hours) - _within(since)
        ends = np.zeros_like(seen)
        ended = np.flatnonzero(np.array([one.ended for one in known], dtype=np.bool_))
        ends[ended, span(hours[ended])] = 1.0
        left, watched = np.zeros((2, len(index), len(_AGES)))
        for depth in range(max((len(one.keys) for one in known), default=0) + 1):
            deep = [(row, one.keys[:depth]) for row, one in enumerate(known) if len(one.keys) >= depth]
            rows = np.array([row for row, _ in deep], dtype=np.int64)
            groups = np.array([index[keys] for _, keys in deep], dtype=np.int64)
            np.add.at(left, groups, ends[rows])
            np.add.at(watched, groups, seen[rows])
        return cls(left, watched, index)

    def stays(self, keys: Sequence[str] = (), *, age: float = 0.0, ends_in: float | None = None) -> tuple[float, ...]:
        """The probability that a server is still there after each of `HORIZON`.

        age: in hours. ends_in: hours until it is known to go at the latest.
        """
        line: list[float] = self.table(keys)[int(span(np.array([age]))[0])].tolist()
        if ends_in is not None:
            line = [one if hour < ends_in else 0.0 for one, hour in zip(line, HORIZON, strict=True)]
        return tuple(round(one, _DECIMALS) for one in line)

    def hours(self, keys: Sequence[str] = (), *, age: float = 0.0) -> float:
        """For how long a server is expected to stay from now on, as far as the horizon reaches."""
        return float(np.dot(self.stays(keys, age=age), HOURS))

    def table(self, keys: Sequence[str] = ()) -> FloatArray:
        """`stays` of a group, one line for each span of age: see `span`. Groups that are not known are judged as the coarser one."""
        known = tuple(keys)
        while known not in self._index:
            known = known[:-1]
        found = self._tables.get(known)
        if found is None:
            found = self._tables[known] = _table(self._hazard(known))
            found.setflags(write=False)
        return found

    @cached_property
    def _everybody(self) -> FloatArray:
        return self._pulled(0, 1.0 / (_AGES + _LONG / 2 + _FIRST_HOUR))

    def _hazard(self, keys: tuple[str, ...]) -> FloatArray:
        if not keys:
            return self._everybody
        return self._pulled(self._index[keys], self._hazard(keys[:-1]))

    def _pulled(self, group: int, towards: FloatArray) -> FloatArray:
        left = _PRIOR * -np.expm1(-towards * _LONG)
        found: FloatArray = (self._left[group] + left) / (self._watched[group] + left / towards)
        return found


def span(ages: FloatArray) -> IntArray:
    """The spans that ages (hours) are in."""
    found: IntArray = np.searchsorted(_AGES, ages, side="right") - 1
    return found


def leaving(hosts: int, rows: Sequence[int] | IntArray, stays: Sequence[Sequence[float]] | FloatArray) -> FloatArray:
    """The probability that each of so many hosts is empty after each of `HORIZON`, when nobody else comes.

    rows: the host of each server. stays: one line a server.
    """
    found: FloatArray = np.ones((hosts, len(HORIZON)))
    lines = np.asarray(stays, dtype=np.float64).reshape(len(rows), len(HORIZON))
    np.multiply.at(found, np.asarray(rows, dtype=np.int64), 1.0 - lines)
    return np.round(found, _DECIMALS)


def _within(hours: FloatArray) -> FloatArray:
    """How many hours of each span of age lie before an age."""
    spent: FloatArray = np.clip(hours[:, None] - _AGES[None, :], 0.0, np.append(_LONG[:-1], np.inf)[None, :])
    return spent


def _table(hazard: FloatArray) -> FloatArray:
    ages = _AGES + _LONG / 2
    ahead = ages[:, None] + np.asarray(HORIZON)[None, :]
    found: FloatArray = np.exp(_summed(hazard, ages)[:, None] - _summed(hazard, ahead))
    return found


def _summed(hazard: FloatArray, ages: FloatArray) -> FloatArray:
    """The hazard from 0 up to these ages; the last span has no end."""
    whole = np.append(0.0, np.cumsum(hazard * _LONG))[:-1]
    spans = span(ages)
    found: FloatArray = whole[spans] + hazard[spans] * (ages - _AGES[spans])
    return found

"""Tags of what a disk or a card is put on: the hard ones keep storages and networks, the soft ones order them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import TypeAlias

import numpy as np

from cloudcore.scheduling.columns import BoolArray, among
from cloudcore.scheduling.request import Mark

Ranks: TypeAlias = "bytes | None"
"""How much each row is wanted: 0 is preferred, 1 neither, 2 avoided; None where there is no such wish."""

STORAGES, NETWORKS = attrgetter("storages"), attrgetter("networks")


def meeting(marks: Iterable[Mark], of: attrgetter[frozenset[str]], index: Mapping[str, int]) -> BoolArray:
    """The rows that meet all hard tags. of: what a tag marks."""
    kept = np.ones(len(index), dtype=np.bool_)
    for mark in marks:
        if mark.is_hard:
            has = among(of(mark), index)
            kept &= has if mark.strategy == "require" else ~has
    return kept


def ranks_of(marks: Iterable[Mark], of: attrgetter[frozenset[str]], index: Mapping[str, int]) -> Ranks:
    """How much each row is wanted by the soft tags."""
    soft = [mark for mark in marks if not mark.is_hard]
    if not soft:
        return None
    ranks = np.ones(len(index), dtype=np.int8)
    for strategy, change in (("prefer", -1), ("avoid", 1)):
        masks = [among(of(mark), index) for mark in soft if mark.strategy == strategy]
        if masks:
            ranks += np.where(np.logical_or.reduce(masks), change, 0).astype(np.int8)
    return ranks.tobytes()


def unmet(marks: Iterable[Mark], of: attrgetter[frozenset[str]], held: Iterable[str]) -> str:
    """In words, the first hard tag that none of these ids meets; empty where each is met by some."""
    ids = set(held)
    for mark in marks:
        has = bool(ids & of(mark)) if mark.strategy == "require" else bool(ids - of(mark))
        if mark.is_hard and not has:
            return f"without tag {mark.name}" if mark.strategy == "require" else f"has tag {mark.name}"
    return ""

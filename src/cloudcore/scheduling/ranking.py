"""The order in which hosts are tried: the best first, and no more of it sorted than is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from cloudcore.scheduling.columns import FloatArray, IntArray, KeyArray

_HEAD = 64


class Ranking:
    """Hosts by score, best first; equals by the hash that comes with them. Lives as long as one decision."""

    def __init__(self, rows: IntArray, scores: FloatArray, keys: Callable[[IntArray], KeyArray]) -> None:
        """rows: ascending; scores belong to them. keys: of some rows; most of them are never asked for."""
        self._rows = rows
        self._scores = scores
        self._keys = keys

    def score(self, row: int) -> float:
        """The score of one of the hosts."""
        return float(self._scores[np.searchsorted(self._rows, row)])

    def walk(self, expected: int) -> Iterator[int]:
        """All hosts in order. expected: how many of them are probably looked at."""
        head = self._best(expected + _HEAD)
        yield from self._rows[head].tolist()
        if len(head) < len(self._rows):
            yield from self._rows[self._order()[len(head) :]].tolist()

    def all(self) -> IntArray:
        """All hosts in order."""
        return self._rows[self._order()]

    def _best(self, count: int) -> IntArray:
        """Places of the first hosts in order: `count` of them, or all."""
        if count * 4 >= len(self._rows):
            return self._order()
        size = len(self._rows)
        least = np.partition(self._scores, size - count)[size - count]
        better, equal = np.flatnonzero(self._scores > least), np.flatnonzero(self._scores == least)
        wanted = count - len(better)
        if len(equal) > wanted:
            keys = self._keys(self._rows[equal])
            last = np.partition(keys, wanted - 1)[wanted - 1]
            equal = equal[keys <= last][:wanted] if wanted else equal[:0]
        best = np.concatenate((better, equal))
        return best[np.lexsort((self._keys(self._rows[best]), -self._scores[best]))]

    def _order(self) -> IntArray:
        return np.lexsort((self._keys(self._rows), -self._scores))

"""Which rows commits of this process have written lately, so that whoever keeps what they say reads these again only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

MOST_KEPT = 4096
"""So many of each type are kept: who is further behind reads everything."""


class Trail:
    """A log of ids for each type that somebody has asked for, with a number for each entry. Its holder keeps a lock."""

    def __init__(self) -> None:
        self._logs: dict[str, _Log] = {}

    def note(self, rows: Iterable[tuple[str, str]]) -> None:
        """Add what a commit has written. rows: plural of the type and id."""
        for plural, ident in rows:
            if (log := self._logs.get(plural)) is not None:
                log.add(ident)

    def since(self, plural: str, number: int | None) -> tuple[int, Mapping[str, int] | None]:
        """A number to ask with the next time, and the ids of rows of a type since that of the last time, with how often.

        None instead of ids: it is not known any more. number: None for whoever asks for the first time, who gets no ids.
        """
        log = self._logs.setdefault(plural, _Log())
        return log.latest, {} if number is None else log.since(number)


class _Log:
    """first: the number of the oldest entry that is kept."""

    def __init__(self) -> None:
        self._first = 0
        self._entries: list[str] = []

    @property
    def latest(self) -> int:
        return self._first + len(self._entries)

    def add(self, ident: str) -> None:
        self._entries.append(ident)
        if len(self._entries) > 2 * MOST_KEPT:
            del self._entries[:MOST_KEPT]
            self._first += MOST_KEPT

    def since(self, number: int) -> Mapping[str, int] | None:
        if not self._first <= number <= self.latest:
            return None
        return Counter(self._entries[number - self._first :]) if number < self.latest else {}

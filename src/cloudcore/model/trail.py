"""Which rows commits of this process have adjusted lately, so that whoever keeps their numbers reads these again only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

MOST_KEPT = 4096
"""So many are kept: who is further behind reads everything."""


class Trail:
    """A log of (type, id) with a number for each. Its holder keeps a lock."""

    def __init__(self) -> None:
        self._log: list[tuple[str, str]] = []
        self._first = 0

    def note(self, rows: Iterable[tuple[str, str]]) -> None:
        """Add what a commit has adjusted. rows: plural of the type and id."""
        self._log.extend(rows)
        if len(self._log) > 2 * MOST_KEPT:
            forgotten = len(self._log) - MOST_KEPT
            del self._log[:forgotten]
            self._first += forgotten

    def since(self, plural: str, number: int | None) -> tuple[int, Mapping[str, int] | None]:
        """A number to ask with the next time, and the ids of rows of a type since that of the last time, with how often.

        None instead of ids: it is not known any more. number: None for whoever asks for the first time, who gets no ids.
        """
        latest = self._first + len(self._log)
        if number is None:
            return latest, {}
        if number < self._first:
            return latest, None
        return latest, Counter([ident for kind, ident in self._log[number - self._first :] if kind == plural])

"""What this process keeps of the inventory between two decisions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudcore.scheduling import Inventory

FRESH = timedelta(seconds=1)
"""For so long columns are good in spite of other processes, whose commits nobody tells us of."""


class KeptColumns:
    """Columns by type of host. Entries are replaced as a whole, so that readers need no lock."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, datetime, Inventory]] = {}

    def get(self, host_type: str, revision: int, now: datetime) -> Inventory | None:
        """The columns, unless something they are read from has changed or they are not fresh any more."""
        found = self._known.get(host_type)
        if found is None or found[0] != revision or not timedelta(0) <= now - found[1] < FRESH:
            return None
        return found[2]

    def put(self, host_type: str, revision: int, now: datetime, columns: Inventory) -> None:
        """Keep columns that were read at that time, in a unit that began after the storage had this revision."""
        self._known[host_type] = (revision, now, columns)

    def forget(self) -> None:
        """Keep nothing: the next decision reads it all anew."""
        self._known = {}

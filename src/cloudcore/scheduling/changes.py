"""What has happened to standing columns, in order, so that whoever has looked at them before knows where to look again."""

from __future__ import annotations

from functools import cached_property
from typing import TypeAlias

import attrs

from cloudcore.scheduling.columns import Adjacency
from cloudcore.scheduling.inventory import Inventory

MOST_KEPT = 8192
"""So many changes are kept: who is further behind looks at everything."""

_HOST, _STORAGE, _NETWORK = range(3)
_Entry: TypeAlias = "tuple[int, int, int]"


@attrs.define(eq=False)
class Changes:
    """A log of changed rows. What is shared by many hosts is entered with the lower of its amounts before and after."""

    _inventory: Inventory
    _log: list[_Entry] = attrs.field(factory=list[_Entry], init=False)
    _first: int = attrs.field(default=0, init=False)

    @property
    def count(self) -> int:
        """How many there have been."""
        return self._first + len(self._log)

    def host(self, row: int) -> None:
        """Something of a host has changed."""
        self._add((_HOST, row, 0))

    def storage(self, row: int, before: int, after: int) -> None:
        """The room of a storage has changed."""
        self._add((_STORAGE, row, min(before, after)))

    def network(self, row: int, before: int, after: int) -> None:
        """The number of free ports of a network has changed."""
        self._add((_NETWORK, row, min(before, after)))

    def rows(self, seen: int, room: int, ports: int) -> set[int] | None:
        """The hosts that something happened to since `seen` changes; None when that is not known any more, or is many.

        room, ports: a storage that has had at least so much, and a network at least so many, matters to nobody.
        """
        if seen < self._first:
            return None
        found: set[int] = set()
        for kind, row, amount in dict.fromkeys(self._log[seen - self._first :]):
            if kind == _HOST:
                found.add(row)
            elif kind == _STORAGE and amount < room:
                found.update(self._storage_hosts.of_row(row).tolist())
            elif kind == _NETWORK and amount < ports:
                found.update(self._wire_hosts.of_row(int(self._inventory.networks.wire[row])).tolist())
        return found if len(found) * 4 <= max(len(self._inventory.hosts), 16) else None

    def _add(self, entry: _Entry) -> None:
        self._log.append(entry)
        if len(self._log) > 2 * MOST_KEPT:
            del self._log[:MOST_KEPT]
            self._first += MOST_KEPT

    @cached_property
    def _storage_hosts(self) -> Adjacency:
        return self._inventory.host_storages.turned(len(self._inventory.storages.ids))

    @cached_property
    def _wire_hosts(self) -> Adjacency:
        return self._inventory.host_wires.turned(len(self._inventory.wires))

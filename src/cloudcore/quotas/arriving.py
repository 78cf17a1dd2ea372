"""Servers that are on their way to another host: limits narrowed to where they go count them from the commit that lets them go.

Where each goes stands in the scheduler's decision, which is kept in that commit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import attrs

from cloudcore.model.query import PLATFORM, Order, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.places import Spot, cards_of, mine, spots_of_hosts
from cloudcore.resources.audit.decision import MOVED, SCHEDULERDECISIONS
from cloudcore.resources.compute.server import SERVERS, ServerStatus

_MOVING = tuple(
    each.value for each in (ServerStatus.START_MIGRATE, ServerStatus.MIGRATING, ServerStatus.LIVE_MIGRATING)
)
_NOWHERE = Spot("", "")


class Arrivals:
    """Those of a project, or of a domain as a whole; read when they are asked for."""

    def __init__(self, tx: Transaction, domain_id: str, project_id: str) -> None:
        self._tx, self._owner = tx, (domain_id, project_id)

    def amounts(self, keys: Mapping[str, str]) -> Mapping[str, int]:
        """What those count for that come to where a limit is narrowed to, and are not there yet."""
        found: Counter[str] = Counter()
        for server, target, amounts in self._moves:
            if self.enters(keys, server, server.host_id, target):
                found.update(amounts)
        return found

    def amounts_of(self, server: Any) -> Mapping[str, int]:
        """What one server takes along; its disks stay where they are."""
        return _amounts(server, cards_of(self._tx, [server.id])[server.id])

    def enters(self, keys: Mapping[str, str], server: Any, source: str, target: str) -> bool:
        """Whether a limit is narrowed to the one host and not to the other."""
        return self._spot(target, server).matches(keys) and not self._spot(source, server).matches(keys)

    def _spot(self, host: str, server: Any) -> Spot:
        spot = self._hosts.get(host, _NOWHERE)
        return attrs.evolve(spot, hypervisors=frozenset({str(server.hypervisor)}))

    @cached_property
    def _hosts(self) -> Mapping[str, Spot]:
        return spots_of_hosts(self._tx)

    @cached_property
    def _moves(self) -> list[tuple[Any, str, Mapping[str, int]]]:
        tx = self._tx
        rows = tx.of(SERVERS, PLATFORM).find(Query(where=both(mine(*self._owner), one_of("status", _MOVING))))
        if not rows:
            return []
        asked = both(one_of("session_id", [row.id for row in rows]), eq("question", MOVED))
        kept = tx.of(SCHEDULERDECISIONS, PLATFORM).find(Query(where=asked, order=(Order("created_at"), Order("id"))))
        # The last one is that of the move which is under way.
        targets = {row.session_id: str(row.placed[0][1]) for row in kept if row.placed}
        cards = cards_of(tx, [row.id for row in rows])
        return [(row, targets[row.id], _amounts(row, cards[row.id])) for row in rows if row.id in targets]


def amounts_of(tx: Transaction, servers: Sequence[str]) -> dict[str, Mapping[str, int]]:
    """What each of these servers takes along, by id; two statements."""
    rows = tx.of(SERVERS, PLATFORM).find(Query(where=one_of("id", sorted(servers))))
    cards = cards_of(tx, servers)
    return {row.id: _amounts(row, cards[row.id]) for row in rows}


def _amounts(server: Any, cards: Mapping[str, int]) -> Mapping[str, int]:
    return {"count": 1, "cpu": int(server.vcpu_count), "memory": int(server.vmem_size), **cards}

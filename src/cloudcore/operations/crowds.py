"""Whose servers are on which hosts, and how many are being made there: servers of a project are kept apart by it, and busy hosts
are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudcore.model.query import PLATFORM, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS, ServerStatus
from cloudcore.scheduling import Inventory
from cloudcore.scheduling.claims import with_guests

_MAKING = tuple(
    each.value
    for each in (
        ServerStatus.SCHEDULE,
        ServerStatus.NETWORK,
        ServerStatus.DISK,
        ServerStatus.START_DEPLOY,
        ServerStatus.DEPLOYING,
    )
)


def crowd_of(tx: Transaction, project_id: str) -> Mapping[str, int]:
    """Host → how many servers of a project it has; those in the recycle bin don't count."""
    where = both(eq("tenant_id", project_id), eq("pending_deleted", False))
    return _by_host(tx.of(SERVERS, PLATFORM).totals(where, by=("host_id",)))


def making(tx: Transaction) -> Mapping[str, int]:
    """Host → how many servers are being made there."""
    return _by_host(tx.of(SERVERS, PLATFORM).totals(one_of("status", _MAKING), by=("host_id",)))


def crowded(tx: Transaction, inventory: Inventory, project_id: str) -> Inventory:
    """The columns with the servers of a project, and those that are being made."""
    return with_guests(inventory, project_id, crowd_of(tx, project_id), making(tx))


def _by_host(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
    return {str(row["host_id"]): int(row["count"]) for row in rows if row["host_id"]}

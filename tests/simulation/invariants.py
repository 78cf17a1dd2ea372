"""The simulation's invariants, for tests that make a world in other ways."""

from __future__ import annotations

from cloudcore_apps.simulate.invariants import (
    check,
    check_addresses,
    check_history,
    check_hosts,
    check_ledgers,
    check_orphans,
    check_snapshots,
    check_tasks,
    snapshot,
)

__all__ = [
    "check",
    "check_addresses",
    "check_history",
    "check_hosts",
    "check_ledgers",
    "check_orphans",
    "check_snapshots",
    "check_tasks",
    "snapshot",
]

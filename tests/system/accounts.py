"""What a cloud's database says, recounted from its rows while the cloud runs or after its end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
from tests.simulation.invariants import check_addresses, check_ledgers, check_orphans, check_tasks

from cloudcore.cloud import TYPES
from cloudcore.model.query import PLATFORM, Query
from cloudcore.operations.platform import Settings
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork


@attrs.frozen
class _Resources:
    resources: Any = TYPES
    settings: Settings = attrs.field(factory=lambda: Settings(deployment="of-this-folder"))


class Accounts:
    """All rows of the database in a data folder, at one moment."""

    platform = _Resources()
    clock = SystemClock()

    def __init__(self, data: Path) -> None:
        # Sealed fields stay sealed: nothing here looks into them.
        uow = SqlUnitOfWork(f"sqlite:///{data / 'cloud.sqlite'}", TYPES, SystemIds(), clock=SystemClock(), sealer=None)
        try:
            with uow.read() as tx:
                self._rows = {r.plural: {row.id: row for row in tx.of(r, PLATFORM).find(Query())} for r in TYPES}
        finally:
            uow.close()

    def rows(self, plural: str) -> list[Any]:
        """The rows of a type, by id."""
        return list(self._rows[plural].values())

    def row(self, plural: str, ident: str) -> Any:
        """One row, or None."""
        return self._rows[plural].get(ident)

    def server(self, name: str) -> Any:
        """The server of this name, or None; there must not be two."""
        found = [server for server in self.rows("servers") if server.name == name]
        assert len(found) <= 1, found
        return found[0] if found else None

    def open_tasks(self) -> list[Any]:
        """Tasks that have not ended."""
        return [task for task in self.rows("tasks") if task.is_open]

    def explain(self) -> str:
        """The open tasks and their last steps, for a failing test."""
        lines = [
            f"{t.flow} of {t.obj_id} is {t.state} at {t.cursor}: {t.log[-6:]} waits for {t.intents}"
            for t in self.open_tasks()
        ]
        return "\n".join(["--- open tasks:", *lines])

    def check(self) -> None:
        """Every task has ended, nothing is half way, and claims, quotas and addresses are what the rows add up to."""
        check_tasks(self)  # type: ignore[arg-type]
        check_ledgers(self)  # type: ignore[arg-type]
        check_addresses(self)  # type: ignore[arg-type]
        check_orphans(self)  # type: ignore[arg-type]

    def things(self) -> set[tuple[str, str]]:
        """What must be on the host, and nothing else: (kind, name) of guests, volumes and reserved cards."""
        placed = {server.id for server in self.rows("servers") if server.host_id is not None}
        found = {("guest", ident) for ident in placed}
        found |= {("volume", row.disk_id) for row in self.rows("guestdisks") if row.guest_id in placed}
        return found | {("card", row.mac_addr) for row in self.rows("guestnetworks") if row.guest_id in placed}

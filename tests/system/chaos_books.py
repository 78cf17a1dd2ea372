"""What several processes on one PostgreSQL have made, held against the simulation's invariants."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
from tests.simulation.cloud import DEPLOYMENT
from tests.simulation.invariants import (
    check_addresses,
    check_history,
    check_hosts,
    check_ledgers,
    check_orphans,
    check_tasks,
)

from cloudcore.cloud import TYPES
from cloudcore.model.history import HISTORY
from cloudcore.model.query import PLATFORM, Query
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.simulated.machine import SimulatedMachine
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.simulation import SimulationFile, facts_of

MACHINE = ("images", "volumes", "trash", "domains", "leases")


class Books:
    """All rows of the database, and the simulated hosts of the data folders, at one moment."""

    def __init__(self, url: str, folders: Iterable[Path], shared: Path) -> None:
        uow = SqlUnitOfWork(url, TYPES, SystemIds(), clock=SystemClock(), sealer=None)
        try:
            with uow.read() as tx:
                self._rows = {r.plural: {row.id: row for row in tx.of(r, PLATFORM).find(Query())} for r in TYPES}
        finally:
            uow.close()
        history = sorted(self._rows[HISTORY.plural].values(), key=lambda record: record.position or 1 << 62)
        self.numbered = all(record.position is not None for record in history)
        changes = [record for record in history if record.version or record.action in ("create", "delete")]
        # Facts, such as logins, change no entity and have no version.
        self.store = SimpleNamespace(rows={HISTORY.plural: {record.id: record for record in changes}})
        self.platform = SimpleNamespace(resources=TYPES)
        self.machines = {
            self._host_of(facts_of(1, DataFolder(data, shared).name()).uuid): SimpleNamespace(
                machine=_machine(data, shared)
            )
            for data in folders
        }

    def _host_of(self, uuid: str) -> str:
        return next(host.id for host in self.rows("hosts") if host.uuid == uuid)

    def rows(self, plural: str) -> list[Any]:
        """The rows of a type, by id."""
        return list(self._rows[plural].values())

    def row(self, plural: str, ident: str) -> Any:
        """One row, or None."""
        return self._rows[plural].get(ident)

    def check(self) -> None:
        """Raise AssertionError for the first invariant that does not hold."""
        cloud: Any = self
        for check in (check_tasks, check_ledgers, check_addresses, check_orphans, check_history):
            check(cloud)
        check_hosts(_ByHost(self))  # type: ignore[arg-type]


@attrs.frozen
class _ByHost:
    """The books, with the storage of each disk named after its host as the simulation does."""

    books: Books

    @property
    def machines(self) -> Any:
        return self.books.machines

    def rows(self, plural: str) -> list[Any]:
        """See `Books.rows`."""
        found = self.books.rows(plural)
        if plural != "disks":
            return found
        hosts = {link.storage_id: link.host_id for link in self.books.rows("hoststorages")}
        return [attrs.evolve(disk, storage_id=f"s-{hosts[disk.storage_id]}") for disk in found]

    def row(self, plural: str, ident: str) -> Any:
        """See `Books.row`."""
        return self.books.row(plural, ident)


def _machine(data: Path, shared: Path) -> SimulatedMachine:
    file = SimulationFile(data / "simulation.sqlite")
    facts = facts_of(1, DataFolder(data, shared).name())
    stored = file.read(facts.uuid)
    file.close()
    ours = (shared / "deployment").read_text().strip()
    machine = SimulatedMachine(facts, DEPLOYMENT)
    parts = {part: list(stored[part].values()) for part in MACHINE}
    machine.load(json.loads(json.dumps(parts).replace(ours, DEPLOYMENT)))
    return machine

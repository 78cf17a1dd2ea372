"""What several processes on one PostgreSQL have made, held against the simulation's invariants.

The hosts may be simulated (`simulated`) or machines with a libvirt of their own (`real`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
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
    check_snapshots,
    check_tasks,
)

from cloudcore.cloud import TYPES
from cloudcore.model.history import HISTORY
from cloudcore.model.host import FoundKind
from cloudcore.model.query import PLATFORM, Query
from cloudcore.operations.platform import Settings
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.simulated.machine import SimulatedMachine
from cloudcore_adapters.sql import SqlUnitOfWork
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.simulation import SimulationFile, facts_of

from .machine import FOREIGN_NAME, NETWORK, Machine

OURS = SimpleNamespace(deployment=DEPLOYMENT)
STATES = {"running": "on", "shut off": "off"}
MACHINE = ("images", "volumes", "trash", "domains", "leases")


Machines = Callable[["Books"], Mapping[str, Any]]
"""What is on each host, by its id."""


class Books:
    """All rows of the database, and what is on the hosts, at one moment."""

    clock = SystemClock()

    def __init__(self, url: str, machines: Machines) -> None:
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
        self.platform = SimpleNamespace(resources=TYPES, settings=Settings(deployment=DEPLOYMENT))
        self.machines = {ident: SimpleNamespace(machine=found) for ident, found in machines(self).items()}

    def rows(self, plural: str) -> list[Any]:
        """The rows of a type, by id."""
        return list(self._rows[plural].values())

    def row(self, plural: str, ident: str) -> Any:
        """One row, or None."""
        return self._rows[plural].get(ident)

    def check(self) -> None:
        """Raise AssertionError for the first invariant that does not hold."""
        cloud: Any = self
        for check in (check_tasks, check_ledgers, check_addresses, check_orphans, check_history, check_snapshots):
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


def simulated(folders: Iterable[Path], shared: Path) -> Machines:
    """The simulated hosts of data folders, one each."""

    def machines(books: Books) -> Mapping[str, Any]:
        hosts = {host.uuid: host.id for host in books.rows("hosts")}
        return {hosts[facts_of(1, DataFolder(d, shared).name()).uuid]: _simulated(d, shared) for d in folders}

    return machines


def _simulated(data: Path, shared: Path) -> SimulatedMachine:
    file = SimulationFile(data / "simulation.sqlite")
    facts = facts_of(1, DataFolder(data, shared).name())
    stored = file.read(facts.uuid)
    file.close()
    ours = (shared / "deployment").read_text().strip()
    machine = SimulatedMachine(facts, DEPLOYMENT)
    parts = {part: list(stored[part].values()) for part in MACHINE}
    machine.load(json.loads(json.dumps(parts).replace(ours, DEPLOYMENT)))
    return machine


def real(sites: Mapping[str, Machine]) -> Machines:
    """Machines with a libvirt, by the names of their hosts."""

    def machines(books: Books) -> Mapping[str, Any]:
        hosts = {host.name: host.id for host in books.rows("hosts")}
        return {hosts[name]: RealMachine(machine) for name, machine in sites.items()}

    return machines


class RealMachine:
    """All that is on a machine beside the user's own: whatever else is there counts as ours, whether it is marked or not."""

    def __init__(self, machine: Machine) -> None:
        names = set(machine.virsh("list", "--all", "--name").split()) - {FOREIGN_NAME}
        self._states = {name.removeprefix("cloudcore-"): machine.virsh("domstate", name).strip() for name in names}
        self._kept = {path.name for path in (machine.place / "guests").iterdir()}
        self._reserved = machine.reserved(NETWORK)
        folders = [path for path in (machine.place / "storage/volumes").iterdir() if path.name != FOREIGN_NAME]
        self.volumes = {("storage", path.name): _volume(machine, path) for path in folders}

    def inventory(self) -> list[Any]:
        """Guests and reserved cards; a guest is there when libvirt or its folder says so."""
        guests = [(FoundKind.GUEST, ident) for ident in sorted(self._states.keys() | self._kept)]
        leases = [(FoundKind.LEASE, mac) for mac in self._reserved]
        return [SimpleNamespace(kind=kind, ident=ident, mark=OURS) for kind, ident in [*guests, *leases]]

    def power_state(self, ident: str) -> str:
        """What libvirt says, in the words of the invariants."""
        return STATES.get(self._states.get(ident, "nowhere"), self._states.get(ident, "nowhere"))


def _volume(machine: Machine, folder: Path) -> Any:
    """One volume with the snapshots within it."""
    seen = f"/var/lib/libvirt/{folder.relative_to(machine.libvirtd.folder / 'lib')}/disk.qcow2"
    told = json.loads(machine.run("qemu-img", "info", "-U", "--output=json", seen))
    names = [re.sub("^s-", "", each["name"]) for each in told.get("snapshots", ())]
    return SimpleNamespace(volume_id=folder.name, mark=OURS, snapshots=names)

"""Simulated hosts that outlive their process, as real ones do: their state is in a file.

One SQLite file holds all of them: a row for each entry of a host's journal and for each thing on its machine. What a
call has returned survives the end of the process; a fall of the whole computer may cost a simulation its last moments.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import attrs

from cloudcore.model.effects import Effect, Outcome
from cloudcore.model.errors import BackendError, UnreachableError
from cloudcore.model.guest import to_json
from cloudcore.model.host import BridgeFacts, Facts, NodeFacts
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.ports.clock import Clock
from cloudcore_adapters.simulated.host import SimulatedHost, default_facts
from cloudcore_adapters.simulated.machine import Domain, SimulatedMachine

FORMAT = 1
KINDS = ("image-cache", "volume-create", "volume-delete", "guest-create", "guest-start", "guest-stop", "guest-delete")
_SCHEMA = """
CREATE TABLE things (
    host TEXT NOT NULL, part TEXT NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (host, part, key)
) WITHOUT ROWID;
"""
_JOURNAL = "journal"
_Place: TypeAlias = tuple[str, str]
_Row: TypeAlias = tuple[str, str, str, str | None]
_PARTS = ("images", "volumes", "trash", "domains", "leases")


class SimulationFile:
    """The file; safe for several threads."""

    def __init__(self, path: Path) -> None:
        """Open it, or begin it.

        Raises:
            BackendError: it cannot be used, or a later release wrote it.
        """
        self._lock = threading.Lock()
        self._late: list[_Row] = []
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise
        except sqlite3.Error as error:
            raise BackendError("the simulation's state cannot be used", internal=f"{path}: {error}") from error

    def _prepare(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise BackendError(f"the simulation's state has format {version}; this release reads up to {FORMAT}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        if version == 0:
            self._db.executescript(f"BEGIN;{_SCHEMA}PRAGMA user_version = {FORMAT};COMMIT;")
        self._position = self._db.execute("SELECT coalesce(max(position), 0) FROM things").fetchone()[0]

    def read(self, host: str) -> dict[str, dict[str, Any]]:
        """Part → key → thing, in the order of their making."""
        found: dict[str, dict[str, Any]] = {part: {} for part in (_JOURNAL, *_PARTS)}
        with self._lock:
            rows = self._db.execute("SELECT part, key, body FROM things WHERE host = ? ORDER BY position", (host,))
            for part, key, body in rows:
                found[part][key] = json.loads(body)
        return found

    def write(self, host: str, changes: Iterable[tuple[str, str, Any]], *, happened: bool = False) -> None:
        """Keep (part, key, thing) of a host, all or none; None forgets a thing.

        happened: it can't be undone: where the file takes nothing just now, such as on a full disk, it is kept in memory
            until it does; see `flush`.

        Raises:
            UnreachableError: the file takes nothing just now, and nothing was kept.
        """
        rows = [(host, part, key, None if thing is None else _text(thing)) for part, key, thing in changes]
        with self._lock:
            try:
                self._keep([*self._late, *rows])
            except sqlite3.Error as error:
                if not happened:
                    raise UnreachableError("the simulation's state cannot be written", internal=str(error)) from error
                self._late += rows
            else:
                self._late = []

    def flush(self) -> None:
        """Make sure that all that has happened is in the file.

        Raises:
            UnreachableError: it still takes nothing.
        """
        if self._late:
            self.write("", ())

    def close(self) -> None:
        """Let go of the file."""
        with suppress(UnreachableError):
            self.flush()
        with self._lock:
            self._db.close()

    def _keep(self, rows: Iterable[_Row]) -> None:
        position = self._position
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for row in rows:
                self._write(*row)
            self._db.execute("COMMIT")
        except BaseException:
            self._position = position
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _write(self, host: str, part: str, key: str, text: str | None) -> None:
        if text is None:
            self._db.execute("DELETE FROM things WHERE host = ? AND part = ? AND key = ?", (host, part, key))
            return
        self._position += 1
        self._db.execute(
            "INSERT INTO things (host, part, key, position, body) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (host, part, key) DO UPDATE SET body = excluded.body",
            (host, part, key, self._position, text),
        )


class _Journal(dict[str, JsonObject]):
    """A host's journal that writes itself, and what changed on the machine, with each change of an entry."""

    def __init__(self, entries: Mapping[str, JsonObject], save: Callable[[str, JsonObject | None], None]) -> None:
        super().__init__(entries)
        self._save = save

    def __setitem__(self, key: str, entry: JsonObject) -> None:
        self._save(key, entry)
        super().__setitem__(key, entry)

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        self._save(key, None)


class _Keeper:
    """Finds what an effect changed on one machine, and writes it. Called under the host's own lock.

    What is written is remembered by the id in the name of which it is on the machine, so that the cost of an effect does
    not grow with the machine.
    """

    def __init__(self, file: SimulationFile, host: str) -> None:
        self._machine: SimulatedMachine | None = None
        self._file = file
        self._host = host
        self._written: dict[str, dict[_Place, Any]] = {}
        self._trashed = 0

    def begin(self, machine: SimulatedMachine) -> None:
        """The machine as it stands is what the file holds."""
        self._machine = machine
        self._trashed = len(machine.trash)
        idents = {ident for _, ident in (*machine.images, *machine.volumes)} | set(machine.domains)
        self._written = {ident: _things_of(machine, ident) for ident in idents}

    def save(self, key: str, entry: JsonObject | None) -> None:
        """Write an entry of the journal together with what its effect changed on the machine, once it has ended."""
        changes: list[tuple[str, str, Any]] = [(_JOURNAL, key, entry)]
        if self._machine is not None and entry is not None and entry["outcome"] is not None:
            for ident in _idents_of(entry["effect"]):
                changes += self._changes(self._machine, ident)
            thrown = self._machine.trash[self._trashed :]
            changes += [("trash", str(self._trashed + place), _plain(thing)) for place, thing in enumerate(thrown)]
            self._trashed += len(thrown)
        self._file.write(self._host, changes, happened=entry is None or entry["outcome"] is not None)

    def _changes(self, machine: SimulatedMachine, ident: str) -> list[tuple[str, str, Any]]:
        present, before = _things_of(machine, ident), self._written.pop(ident, {})
        if present:
            self._written[ident] = present
        changed = [(*place, _plain(thing)) for place, thing in present.items() if before.get(place) is not thing]
        return changed + [(*place, None) for place in before if place not in present]


class KeptEffects:
    """The effects of a simulated host, which tells of those only that have ended in the file as well."""

    def __init__(self, host: SimulatedHost, file: SimulationFile) -> None:
        self._host = host
        self._file = file

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        """See `EffectPort.submit`."""
        self._host.submit(effect, key, fence)

    def outcome(self, key: str) -> Outcome:
        """See `EffectPort.outcome`."""
        found = self._host.outcome(key)
        self._file.flush()
        return found

    def cancel(self, key: str) -> None:
        """See `EffectPort.cancel`."""
        self._host.cancel(key)


def open_host(
    file: SimulationFile,
    facts: Facts,
    clock: Clock,
    *,
    deployment: str,
    delay_s: float = 0.0,
    on_outcome: Callable[[str], None] | None = None,
    uploads: Callable[[str, Iterable[bytes]], JsonObject] | None = None,
) -> SimulatedHost:
    """A simulated host as the file knows it, or a new one; delay_s: of each of its effects; uploads: see `SimulatedHost`."""
    stored, keeper = file.read(facts.uuid), _Keeper(file, facts.uuid)
    host = SimulatedHost(
        clock,
        deployment=deployment,
        facts=facts,
        delays=dict.fromkeys(KINDS, delay_s),
        journal=_Journal(stored[_JOURNAL], keeper.save),
        on_outcome=on_outcome,
        uploads=uploads,
    )
    host.machine.load({part: list(stored[part].values()) for part in _PARTS})
    keeper.begin(host.machine)
    return host


def facts_of(number: int, folder: str = "", nodes: int = 0) -> Facts:
    """What the simulated host of this number, from 1, says of itself; all share one network.

    folder: 16 hexadecimal digits that set hosts apart from those of other data folders in one cloud. nodes: it has so many
    NUMA nodes, or tells none.
    """
    name, salt = (f"sim-{folder[:4]}-{number}", folder) if folder else (f"sim-{number}", "0" * 16)
    uuid = f"51{salt[:6]}-{salt[6:10]}-4{salt[10:13]}-8{salt[13:16]}-{number:012x}"
    facts = default_facts(name, uuid)
    shared = facts.bridges[0]
    bridge = BridgeFacts(
        name=shared.name,
        mac=f"52:54:{salt[:2]}:{f'{int(salt[2:4], 16) ^ 0x51:02x}'}:{number >> 8 & 0xFF:02x}:{number & 0xFF:02x}",
        cidr=shared.cidr,
        gateway=shared.gateway,
    )
    cpus, memory = (facts.cpu_count // nodes, facts.memory_mib // nodes) if nodes else (0, 0)
    told = [
        NodeFacts(id=node, cpus=tuple(range(node * cpus, (node + 1) * cpus)), memory_mib=memory)
        for node in range(nodes)
    ]
    return attrs.evolve(facts, bridges=(bridge,), nodes=tuple(told))


def _idents_of(effect: JsonMapping) -> list[str]:
    """The ids that an effect is about: its record's, and those that its arguments name."""
    args = effect["args"]
    desc = args.get("desc")
    named = [effect["resource"], *(args.get(name) for name in ("image_id", "volume_id", "guest_id"))]
    named.append(desc.get("guest_id") if isinstance(desc, dict) else None)
    named += [volume.get("volume_id") for volume in args.get("volumes") or () if isinstance(volume, dict)]
    return list(dict.fromkeys(ident for ident in named if isinstance(ident, str)))


def _things_of(machine: SimulatedMachine, ident: str) -> dict[_Place, Any]:
    """What is on the machine in the name of an id."""
    found: dict[_Place, Any] = {}
    for storage in machine.facts.storages:
        if (image := machine.images.get((storage.path, ident))) is not None:
            found["images", f"{storage.path}/{ident}"] = image
        if (volume := machine.volumes.get((storage.path, ident))) is not None:
            found["volumes", f"{storage.path}/{ident}"] = volume
    if (domain := machine.domains.get(ident)) is not None:
        found["domains", ident] = domain
    for mac, lease in machine.leases.items():
        if lease.mark.resource == ident:
            found["leases", mac] = lease
    return found


def _text(thing: Any) -> str:
    return json.dumps(thing, separators=(",", ":"))


def _plain(thing: Any) -> JsonObject:
    if isinstance(thing, Domain):
        return {"desc": to_json(thing.desc), "power_state": thing.power_state}
    plain: JsonObject = attrs.asdict(thing)
    return plain

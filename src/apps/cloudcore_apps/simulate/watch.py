"""What holds at every moment: looked at whenever something is committed, submitted or performed."""

from __future__ import annotations

import linecache
import re
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.history import HISTORY
from cloudcore.model.lifecycle import Transition
from cloudcore.tasks.engine import LEASE_S, RETRY_S
from cloudcore.tasks.task import OPEN, TASKS
from cloudcore_apps.doctor.owner import works_on
from cloudcore_apps.simulate.bearing import Bearing
from cloudcore_apps.simulate.cloud import Cloud
from cloudcore_apps.simulate.invariants import check_addresses, check_capacity, check_cover, check_foreign
from cloudcore_apps.simulate.menu import Faults
from cloudcore_apps.simulate.telling import Told

WHOLE_EVERY = 50
LONGEST_WAIT = timedelta(seconds=LEASE_S + max(RETRY_S))
RUNNING = ("on", "paused")
ON_HOSTS = ("servers", "disks", "snapshots")
NO_FAULTS = Faults()
LONGEST_VALUE = 300
"""So many characters of a value are told."""
NAME = re.compile(r"[a-z_]\w*(?:\.[a-z_]\w*)*")


class Violation(AssertionError):  # noqa: N818 - what was found, and no failure of the simulation
    """Something that never holds has held, or the other way round. invariant: its name."""

    def __init__(self, invariant: str, text: str) -> None:
        super().__init__(invariant, text)  # both, for a copy in another process to be made of
        self.invariant = invariant

    def __str__(self) -> str:
        return "{}: {}".format(*self.args)

    @classmethod
    def of(cls, invariant: str, error: AssertionError) -> Violation:
        """What an assertion found, in its own words or, where it has none, by its line and what that line speaks of."""
        return cls(invariant, str(error) or _line_of(error))


def _line_of(error: AssertionError) -> str:
    frame, number = list(traceback.walk_tb(error.__traceback__))[-1]
    code = frame.f_code
    line = linecache.getline(code.co_filename, number).strip()
    values = [f"; {name} is {value}" for name in dict.fromkeys(NAME.findall(line)) if (value := _value(frame, name))]
    return f"{line} (in {code.co_name}, {Path(code.co_filename).name} line {number}){''.join(values)}"


def _value(frame: FrameType, name: str) -> str:
    first, *rest = name.split(".")
    found = frame.f_locals.get(first)
    for part in rest:
        found = getattr(found, part, None)
    return "" if found is None or callable(found) else repr(found)[:LONGEST_VALUE]


class Watch:
    """Sees each commit. What it finds is told to `complain`, as it must not be caught by what it watches."""

    def __init__(
        self,
        cloud: Cloud,
        complain: Callable[[Violation], None],
        prompt: Callable[[], bool] = lambda: True,
        faults: Faults = NO_FAULTS,
    ) -> None:
        """prompt: whether nothing keeps workers from their work just now."""
        self._cloud = cloud
        self._complain = complain
        self._keys: set[str] = set()
        self._versions: dict[tuple[str, str], int] = {}
        self._acknowledged: dict[str, str] = {}
        self._gone: set[str] = set()
        self._transactions: dict[str, str] = {}
        self._tables: dict[str, Mapping[str, Transition]] = {
            r.plural: r.lifecycle.transitional() for r in cloud.platform.resources if r.lifecycle is not None
        }
        self._singulars = {r.plural: r.singular for r in cloud.platform.resources}
        self._recorded = {r.plural for r in cloud.platform.resources if r.recorded and r.plural != HISTORY.plural}
        for plural in self._recorded:
            known = {(self._singulars[plural], row.id): row.update_version for row in cloud.rows(plural)}
            self._versions.update(known)
        self._bearing = Bearing(cloud, self.complain, prompt, faults)
        self.told = Told(lambda text: self.complain("numbering", text))
        self.commits = 0
        self.moves = 0

    def committed(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Look at the rows of one commit."""
        self.commits += 1
        self.moves += TASKS.plural in rows
        self._history(rows)
        self.told.committed(rows.get(HISTORY.plural, {}).values())
        for plural, table in self._tables.items():
            for row in rows.get(plural, {}).values():
                if row is not None and row.status in table:
                    self._owned(plural, row)
        for task in rows.get(TASKS.plural, {}).values():
            if task is not None:
                self._task(task)
        self._forgotten(rows)
        if "hostclaims" in rows:
            self._check("capacity", check_capacity)
        if "guestnetworks" in rows:
            self._check("addresses", check_addresses)
        if self.commits % WHOLE_EVERY == 0:
            self.whole()

    def whole(self) -> None:
        """Look at the whole world, whatever is under way."""
        self._check("ledgers", check_cover)
        self._check("addresses", check_addresses)
        self._check("foreign", check_foreign)
        for plural, table in self._tables.items():
            for row in self._cloud.rows(plural):
                if row.status in table:
                    self._owned(plural, row)
        for ident, plural in self._acknowledged.items():
            self._require(
                "acknowledged",
                self._cloud.row(plural, ident) is not None or ident in self._gone,
                f"{plural} {ident} was acknowledged, and is neither there nor was it deleted",
            )
        self.hosts()

    def hosts(self) -> None:
        """No guest runs twice, no disk is in use by two."""
        running = [
            domain.desc
            for _, agent in sorted(self._cloud.machines.items())
            for domain in agent.machine.domains.values()
            if domain.power_state in RUNNING
        ]
        guests = Counter(desc.guest_id for desc in running)
        disks = Counter(disk.volume_id for desc in running for disk in desc.disks)
        twice = [ident for ident, count in (guests + disks).items() if count > 1]
        self._require("one-copy", not twice, f"running or in use twice: {twice}")

    def submitted(self, effect: Effect, key: str) -> None:
        """See that what is about to be done outside stands in a journal."""
        self._require("journal", key in self._keys, f"{effect.kind} is submitted as {key}, and no journal has it")

    def acknowledged(self, plural: str, ident: str) -> None:
        """Remember what a client was told to have."""
        self._acknowledged[ident] = plural

    def complain(self, invariant: str, text: str) -> None:
        """Tell of what somebody else found."""
        self._complain(Violation(invariant, text))

    def _history(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        recorded: dict[tuple[str, str], int] = {}
        self._once(rows)
        for record in rows.get(HISTORY.plural, {}).values():
            if record is None or record.obj_id not in self._versioned(record.obj_type, rows):
                continue
            key = (record.obj_type, record.obj_id)
            if record.action == "delete":
                self._gone.add(record.obj_id)
            recorded[key] = max(record.version, recorded.get(key, 0))
        for plural in self._recorded & rows.keys():
            for ident, row in rows[plural].items():
                key = (self._singulars[plural], ident)
                before = self._versions.get(key)
                if row is None:
                    self._require("audit", key in recorded, f"{key} was removed without a record")
                    self._gone.add(ident)
                elif row.update_version != before:
                    self._require("audit", recorded.get(key) == row.update_version, f"{key} changed without a record")
                    self._versions[key] = row.update_version

    def _once(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """What one request asked for is written in one commit, and by nobody a second time."""
        for record in rows.get(HISTORY.plural, {}).values():
            if record is not None and "/" in record.request_id and "task_id" not in record.actor:
                first = self._transactions.setdefault(record.request_id, record.transaction)
                self._require("once", first == record.transaction, f"{record.request_id} was carried out twice")

    def _forgotten(self, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """What a row stood for is off the hosts when the row goes, and not only some time later."""
        gone = {ident for plural in ON_HOSTS for ident, row in rows.get(plural, {}).items() if row is None}
        if not gone:
            return
        for host, agent in sorted(self._cloud.machines.items()):
            if host in self._cloud.hosts.partitioned:
                continue  # what moved away from it is taken off when it is heard again; the whole world is looked at then
            kept = {domain.desc.guest_id for domain in agent.machine.domains.values()}
            for volume in agent.machine.volumes.values():
                kept.update((volume.volume_id, *volume.snapshots))
            left = sorted(gone & kept)
            self._require("forgotten", not left, f"{host} has {left}, and their rows are gone")

    def _versioned(self, singular: str, rows: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
        plural = next((p for p, s in self._singulars.items() if s == singular), "")
        return rows.get(plural, {})

    def _owned(self, plural: str, row: Any) -> None:
        kin = {row.id}
        if plural == "storagecachedimages":
            kin.update(disk.id for disk in self._cloud.rows("disks") if disk.template_id == row.cachedimage_id)
        if plural in ("disks", "storagecachedimages"):
            kin.update([link.guest_id for link in self._cloud.rows("guestdisks") if link.disk_id in kin])
        if plural == "snapshots":
            joints = self._cloud.rows("instancesnapshotjoints")
            kin.update(joint.instance_snapshot_id for joint in joints if joint.snapshot_id == row.id)
        tasks = self._cloud.store.rows[TASKS.plural].values()
        owned = any(task.state in OPEN and works_on(task, kin, row) for task in tasks)
        what = f"{self._singulars[plural]} {row.id}"
        self._require("owned", owned, f"{what} is {row.status} and no open task works on it")

    def _task(self, task: Any) -> None:
        self._bearing.committed(task)
        self._keys.update(intent["key"] for intent in task.intents)
        if task.state not in OPEN:
            held = (task.intents, task.exclusive, task.lease_owner)
            self._require("ended", held == ([], None, ""), f"{task.flow} {task.id} has ended and holds {held}")
            return
        if task.intents:
            self._require("deadline", task.deadline_at is not None, f"{task.flow} {task.id} waits without a deadline")
        late = self._cloud.clock.now() + LONGEST_WAIT + timedelta(seconds=LEASE_S)
        self._require("deadline", task.wake_at <= late, f"{task.flow} {task.id} sleeps until {task.wake_at}")

    def _check(self, invariant: str, check: Callable[[Cloud], None]) -> None:
        try:
            check(self._cloud)
        except AssertionError as error:
            self._complain(Violation.of(invariant, error))

    def _require(self, invariant: str, holds: bool, text: str) -> None:
        if not holds:
            self._complain(Violation(invariant, text))

"""The columns of hosts, storages, networks and devices."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeAlias

import attrs
import numpy as np

from cloudcore.scheduling.columns import BoolArray, Coded, FloatArray, IntArray, Memo, Sharing

MACHINE = "baremetal"
MACHINE_READY = ("running", "start_convert", "converting")
"""Type and usable statuses of hosts that one server gets as a whole."""

Crowds: TypeAlias = Mapping[str, Mapping[int, int]]
"""Guests by project and row of host."""


@attrs.frozen(eq=False, kw_only=True)
class Hosts:
    """Columns of hosts, in id order. CPUs are counted after overcommit, memory in MiB after overcommit.

    keys: a hash of each id, for breaking ties. crowds: how many guests each project has, by row. memo: of what no placement changes.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    index: Mapping[str, int]
    keys: np.ndarray[Any, np.dtype[np.uint64]]
    region: Coded
    zone: Coded
    manager: Coded
    sharing: Sharing
    status: Coded
    host_status: Coded
    enabled: BoolArray
    zone_enabled: BoolArray
    provider_ready: BoolArray
    host_type: Coded
    architecture: Coded
    resource_type: Coded
    cpu_desc: Coded
    cpu_microcode: Coded
    kernel: Coded
    page_size_kb: Coded
    classes: Coded
    cpu_total: IntArray
    cpu_free: IntArray
    mem_total_mib: IntArray
    mem_free_mib: IntArray
    max_vcpu: IntArray
    guests: IntArray
    creating: IntArray
    crowds: Crowds
    generation: IntArray
    memo: Memo = attrs.field(factory=Memo)

    def __len__(self) -> int:
        return len(self.ids)

    def among(self, ids: frozenset[str]) -> BoolArray:
        """The rows of these ids, not to be written to; ids that have none are passed over."""
        return self.memo.recall(("among", ids), lambda: self._among(ids))

    def _among(self, ids: frozenset[str]) -> BoolArray:
        mask = np.zeros(len(self.ids), dtype=np.bool_)
        mask[[self.index[ident] for ident in ids if ident in self.index]] = True
        return mask

    def guests_of(self, project_id: str, row: int) -> int:
        """How many guests a project has on one host."""
        counts = self.crowds.get(project_id)
        return 0 if counts is None else counts.get(row, 0)

    def crowd(self, project_id: str) -> tuple[IntArray, IntArray]:
        """The rows on which a project has guests, and how many on each."""
        counts = self.crowds.get(project_id, {})
        rows = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        return rows, np.fromiter(counts.values(), dtype=np.int64, count=len(counts))

    @cached_property
    def ready(self) -> BoolArray:
        """The hosts that run and answer, and above which everything is enabled."""
        up = self.status.equals("running") & self.host_status.equals("online")
        if MACHINE in self.host_type.index:
            # Machines that are given out as a whole have no agent that answers.
            up = np.where(self.host_type.equals(MACHINE), self.status.among(MACHINE_READY), up)
        return up & self.enabled & self.zone_enabled & self.provider_ready

    @cached_property
    def cpu_shares(self) -> tuple[FloatArray, FloatArray]:
        """Of each host's CPUs: the share that is free, and the share that one CPU is."""
        return _shares(self.cpu_free, self.cpu_total)

    @cached_property
    def mem_shares(self) -> tuple[FloatArray, FloatArray]:
        """Of each host's memory: the share that is free, and the share that one MiB is."""
        return _shares(self.mem_free_mib, self.mem_total_mib)

    @cached_property
    def calm(self) -> FloatArray:
        """1 without a guest in creation, 1/2 with one, 1/3 with two, and so on."""
        return np.reciprocal(1.0 + self.creating.astype(np.float64))

    def taken(self, rows: IntArray, crowds: Crowds) -> Hosts:
        """Those in some rows, with these guests of projects."""
        numbers: list[int] = rows.tolist()
        ids = [self.ids[row] for row in numbers]
        return Hosts(
            ids=tuple(ids),
            names=tuple([self.names[row] for row in numbers]),
            index={ident: place for place, ident in enumerate(ids)},
            keys=self.keys.take(rows),
            region=self.region.taken(rows),
            zone=self.zone.taken(rows),
            manager=self.manager.taken(rows),
            sharing=self.sharing.taken(rows),
            status=self.status.taken(rows),
            host_status=self.host_status.taken(rows),
            enabled=self.enabled.take(rows),
            zone_enabled=self.zone_enabled.take(rows),
            provider_ready=self.provider_ready.take(rows),
            host_type=self.host_type.taken(rows),
            architecture=self.architecture.taken(rows),
            resource_type=self.resource_type.taken(rows),
            cpu_desc=self.cpu_desc.taken(rows),
            cpu_microcode=self.cpu_microcode.taken(rows),
            kernel=self.kernel.taken(rows),
            page_size_kb=self.page_size_kb.taken(rows),
            classes=self.classes.taken(rows),
            cpu_total=self.cpu_total.take(rows),
            cpu_free=self.cpu_free.take(rows),
            mem_total_mib=self.mem_total_mib.take(rows),
            mem_free_mib=self.mem_free_mib.take(rows),
            max_vcpu=self.max_vcpu.take(rows),
            guests=self.guests.take(rows),
            creating=self.creating.take(rows),
            crowds=crowds,
            generation=self.generation.take(rows),
        )


def _shares(free: IntArray, total: IntArray) -> tuple[FloatArray, FloatArray]:
    one = 1.0 / np.maximum(total, 1)
    return free * one, one


@attrs.frozen(eq=False, kw_only=True)
class Storages:
    """Columns of storages, in id order. free_mib: the most that new disks may take in sum."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    index: Mapping[str, int]
    storage_type: Coded
    medium_type: Coded
    usable: BoolArray
    is_sys_disk_store: BoolArray
    free_mib: IntArray
    memo: Memo = attrs.field(factory=Memo)


@attrs.frozen(eq=False, kw_only=True)
class Networks:
    """Columns of networks, in id order. `wire` holds row numbers of wires; `first` and `last` are parsed addresses."""

    ids: tuple[str, ...]
    names: Coded
    index: Mapping[str, int]
    wire: IntArray
    usable: BoolArray
    free_ports: IntArray
    server_type: Coded
    is_auto_alloc: BoolArray
    is_exit: BoolArray
    ranges: tuple[tuple[int, int, int] | None, ...]
    sharing: Sharing
    memo: Memo = attrs.field(factory=Memo)


@attrs.frozen(eq=False, kw_only=True)
class Devices:
    """Columns of devices, in id order. `host` holds row numbers of hosts."""

    ids: tuple[str, ...]
    index: Mapping[str, int]
    host: IntArray
    dev_type: Coded
    model: Coded
    vendor: Coded
    path: Coded
    memory_mib: IntArray
    free: BoolArray
    memo: Memo = attrs.field(factory=Memo)

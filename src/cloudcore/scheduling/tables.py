"""The columns of hosts, storages, networks and devices."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, TypeAlias

import attrs
import numpy as np

from cloudcore.scheduling.columns import BoolArray, Coded, FloatArray, IntArray, KeyArray, Memo, Sharing, among
from cloudcore.scheduling.request import Mark, Request

MACHINE = "baremetal"
MACHINE_READY = ("running", "start_convert", "converting")
"""Type and usable statuses of hosts that one server gets as a whole."""

KEPT_COLUMNS = ("cpus", "memory_mib", "cpus_held", "memory_held_mib")
"""What stands in a line of `Hosts.kept`."""

NODE_COLUMNS = ("node_ids", "node_cpu_free", "node_mem_free_mib")
"""Columns of hosts that have a line for each NUMA node."""

Crowds: TypeAlias = Mapping[str, Mapping[int, int]]
"""Guests by project and row of host."""


@attrs.frozen(eq=False, kw_only=True)
class Hosts:
    """Columns of hosts, in id order. CPUs are counted after overcommit, memory in MiB after overcommit.

    keys: a hash of each id, for breaking ties. crowds: how many guests each project has, by row. memo: of what no placement changes.
    node_ids, node_cpu_free, node_mem_free_mib: of the NUMA nodes on which guests are kept, one line a host, filled up with -1
        and 0; a line of -1 alone is a host whose guests may use all of it.
    kept: `KEPT_COLUMNS`, one line a host; no columns where nothing is kept of any.
    leaving: the probability that a host is empty after each of `horizon.HORIZON`, one line a host; no columns where that is known of none.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    index: Mapping[str, int]
    keys: KeyArray
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
    drives: Coded
    plugs: Coded
    firmware: Coded
    starts_from_cd: BoolArray
    cpu_total: IntArray
    cpu_free: IntArray
    mem_total_mib: IntArray
    mem_free_mib: IntArray
    max_vcpu: IntArray
    guests: IntArray
    creating: IntArray
    node_ids: IntArray
    node_cpu_free: IntArray
    node_mem_free_mib: IntArray
    kept: IntArray
    crowds: Crowds
    packs: BoolArray
    leaving: FloatArray
    generation: IntArray
    memo: Memo = attrs.field(factory=Memo)

    def __len__(self) -> int:
        return len(self.ids)

    def among(self, ids: frozenset[str]) -> BoolArray:
        """The rows of these ids, not to be written to; ids that have none are passed over."""
        return self.memo.recall(("among", ids), lambda: among(ids, self.index))

    def marked(self, mark: Mark) -> BoolArray:
        """The hosts that have a tag, themselves or by where they are; not to be written to."""
        if not mark.zones and not mark.regions:
            return self.among(mark.hosts)
        return self.memo.recall(
            ("marked", mark),
            lambda: self.among(mark.hosts) | self.zone.among(mark.zones) | self.region.among(mark.regions),
        )

    def guests_of(self, project_id: str, row: int) -> int:
        """How many guests a project has on one host."""
        counts = self.crowds.get(project_id)
        return 0 if counts is None else counts.get(row, 0)

    def crowd(self, project_id: str) -> tuple[IntArray, IntArray]:
        """The rows on which a project has guests, and how many on each."""
        counts = self.crowds.get(project_id, {})
        rows = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        return rows, np.fromiter(counts.values(), dtype=np.int64, count=len(counts))

    @property
    def has_nodes(self) -> bool:
        """Whether the guests of any host are kept on NUMA nodes."""
        return bool(self.node_ids.shape[1])

    def cpus_for(self, request: Request) -> IntArray:
        """The CPUs that are free for servers of a request: what is kept for servers with devices is for no others."""
        return self.cpu_free if request.has_devices else self._but_kept(self.cpu_free, 0)

    def memory_for(self, request: Request) -> IntArray:
        """The memory (MiB) that is free for servers of a request."""
        return self.mem_free_mib if request.has_devices else self._but_kept(self.mem_free_mib, 1)

    def cpus_on(self, row: int, request: Request) -> int:
        """As `cpus_for` on one host."""
        free = int(self.cpu_free[row])
        return free if not self.kept.shape[1] or request.has_devices else max(free - self._kept_on(row, 0), 0)

    def memory_on(self, row: int, request: Request) -> int:
        """As `memory_for` on one host."""
        free = int(self.mem_free_mib[row])
        return free if not self.kept.shape[1] or request.has_devices else max(free - self._kept_on(row, 1), 0)

    def _but_kept(self, free: IntArray, which: int) -> IntArray:
        if not self.kept.shape[1]:
            return free
        still = np.maximum(self.kept[:, which] - self.kept[:, which + 2], 0)
        left: IntArray = np.maximum(free - still, 0)
        return left

    def _kept_on(self, row: int, which: int) -> int:
        return max(int(self.kept[row, which]) - int(self.kept[row, which + 2]), 0)

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
        columns: dict[str, Any] = {name: getattr(self, name).taken(rows) for name in _OF_TEXT}
        columns.update({name: getattr(self, name).take(rows, axis=0) for name in _OF_NUMBERS})
        return Hosts(
            ids=tuple(ids),
            names=tuple([self.names[row] for row in numbers]),
            index={ident: place for place, ident in enumerate(ids)},
            crowds=crowds,
            **columns,
        )


_OF_TEXT = tuple(each.name for each in attrs.fields(Hosts) if str(each.type) in ("Coded", "Sharing"))
_OF_NUMBERS = tuple(
    each.name for each in attrs.fields(Hosts) if str(each.type) in ("BoolArray", "IntArray", "KeyArray", "FloatArray")
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
    has_ipv6: BoolArray
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
    wire: Coded
    memory_mib: IntArray
    free: BoolArray
    memo: Memo = attrs.field(factory=Memo)

"""On which NUMA nodes of a host a server goes: the filter asks whether, a placement asks on which.

A server takes as few nodes as will do: 1, 2, 4 and so on, with an equal part of its CPUs (the first ones one more where they
don't divide) and of its memory on each. Memory is parted into whole GiB only.

Source: the allocation of hosts with `enable_numa_allocate` on the wire.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request

_GIB = 1024


@attrs.frozen(kw_only=True)
class NodeChoice:
    """What a server takes of one NUMA node. node: its id on the host; memory in MiB."""

    node: int
    vcpus: int
    memory_mib: int


@attrs.frozen
class _Split:
    """A server on `nodes` nodes: `cpus` and `memory` (MiB) on each, and one CPU more on the first `more` of them."""

    nodes: int
    cpus: int
    more: int
    memory: int


def splits(request: Request, width: int) -> list[_Split]:
    """The ways to part a server among at most `width` nodes, the fewest first."""
    counts = [request.numa_nodes] if request.numa_nodes else [1 << n for n in range(width.bit_length())]
    found: list[_Split] = []
    for count in counts:
        part, rest = divmod(request.memory_mib, count)
        whole = not rest and (count == 1 or part % _GIB == 0)
        if count <= width and whole:
            found.append(_Split(count, request.vcpus // count, request.vcpus % count, part))
    return found


def room(request: Request, inventory: Inventory) -> IntArray:
    """Bound from above how many servers each host takes by its nodes; 0 where there is no way to part one."""
    hosts = inventory.hosts
    cpus, memory = hosts.node_cpu_free, hosts.node_mem_free_mib
    fits = np.zeros(len(hosts), dtype=np.bool_)
    for split in splits(request, cpus.shape[1]):
        fits |= _holds(split, hosts.node_ids, cpus, memory)
    bound = np.where(fits, _most(request, cpus, memory), 0)
    bound[~np.any(hosts.node_ids >= 0, axis=1)] = UNLIMITED
    return bound


def fewest(request: Request, inventory: Inventory, rows: IntArray) -> IntArray:
    """On how many nodes a server goes on each of some hosts; 0 where guests are not kept on nodes, or it doesn't fit."""
    hosts = inventory.hosts
    ids, cpus, memory = hosts.node_ids[rows], hosts.node_cpu_free[rows], hosts.node_mem_free_mib[rows]
    found = np.zeros(len(rows), dtype=np.int64)
    for split in reversed(splits(request, ids.shape[1])):
        found[_holds(split, ids, cpus, memory)] = split.nodes
    return found


def free_on(row: int, inventory: Inventory) -> list[tuple[int, int, int]]:
    """Id, free CPUs and free memory (MiB) of each node of one host; empty where guests are not kept on nodes."""
    hosts = inventory.hosts
    if not hosts.has_nodes:
        return []
    columns = (hosts.node_ids[row], hosts.node_cpu_free[row], hosts.node_mem_free_mib[row])
    return [each for each in zip(*(column.tolist() for column in columns), strict=True) if each[0] >= 0]


def room_on(request: Request, row: int, inventory: Inventory) -> int:
    """As `room`, for one host."""
    there = free_on(row, inventory)
    if not there:
        return UNLIMITED
    if choose(request, there, inventory.hosts.node_ids.shape[1]) is None:
        return 0
    cpus, memory = sum(one[1] for one in there), sum(one[2] for one in there)
    most = [cpus // request.vcpus] if request.vcpus else []
    most += [memory // request.memory_mib] if request.memory_mib else []
    return min(most, default=UNLIMITED)


def choose(request: Request, there: Sequence[tuple[int, int, int]], width: int = 64) -> list[NodeChoice] | None:
    """Pick nodes for one server, preferred ones first, then those with most CPUs free; None when no way fits.

    there: as of `free_on`.
    """
    wanted = request.prefer_numa_nodes
    rank = {ident: place for place, ident in enumerate(wanted)}
    ordered = sorted(there, key=lambda one: (rank.get(one[0], len(wanted)), -one[1], -one[2], one[0]))
    for split in splits(request, width):
        usable = [one for one in ordered if one[1] >= split.cpus and one[2] >= split.memory]
        larger = [one for one in usable if one[1] > split.cpus][: split.more]
        others = [one for one in usable if one not in larger][: split.nodes - split.more]
        if len(larger) + len(others) < split.nodes:
            continue
        return [
            NodeChoice(node=one[0], vcpus=split.cpus + (one in larger), memory_mib=split.memory)
            for one in (*larger, *others)
        ]
    return None


def _holds(split: _Split, ids: IntArray, cpus: IntArray, memory: IntArray) -> BoolArray:
    there = (ids >= 0) & (memory >= split.memory)
    usable = np.count_nonzero(there & (cpus >= split.cpus), axis=1)
    larger = np.count_nonzero(there & (cpus > split.cpus), axis=1)
    holds: BoolArray = (usable >= split.nodes) & (larger >= split.more)
    return holds


def _most(request: Request, cpus: IntArray, memory: IntArray) -> IntArray:
    bound = np.full(len(cpus), UNLIMITED, dtype=np.int64)
    for amounts, wanted in ((cpus, request.vcpus), (memory, request.memory_mib)):
        if wanted:
            np.minimum(bound, amounts.sum(axis=1) // wanted, out=bound)
    return bound

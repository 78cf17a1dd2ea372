"""Which CPUs and how much memory of which NUMA nodes a server has: its `cpu_numa_pin`, as the wire has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from cloudcore.model.json import JsonObject


@attrs.frozen(kw_only=True)
class Pin:
    """What a server has of one node. cpus: one for each of its virtual CPUs there, a CPU more than once where it has to serve several.

    extra: so many of the last ones are no virtual CPU of the guest.
    """

    node: int
    cpus: tuple[int, ...]
    memory_mib: int
    extra: int = 0


def read_pins(told: Sequence[Any]) -> tuple[Pin, ...]:
    """The pins that a row or the parameters of a task have."""
    return tuple(
        Pin(
            node=int(one["node_id"]),
            cpus=tuple(int(cpu) for cpu in one["cpu_pin"]),
            memory_mib=int(one["mem_size_mb"]),
            extra=int(one.get("extra_cpu_count", 0)),
        )
        for one in told
    )


def written_pins(pins: Sequence[Pin]) -> list[JsonObject]:
    """What `read_pins` reads."""
    return [
        {"node_id": one.node, "mem_size_mb": one.memory_mib, "cpu_pin": list(one.cpus), "extra_cpu_count": one.extra}
        for one in pins
    ]


def amounts_of(told: Sequence[Any]) -> Mapping[int, tuple[int, int]]:
    """Node → CPUs and memory (MiB) that are held of it."""
    return {one.node: (len(one.cpus), one.memory_mib) for one in read_pins(told)}


def excess(some: Mapping[int, tuple[int, int]], others: Mapping[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """By how much some amounts of nodes are more than others."""
    return {
        node: (max(cpus - others.get(node, (0, 0))[0], 0), max(memory - others.get(node, (0, 0))[1], 0))
        for node, (cpus, memory) in some.items()
    }

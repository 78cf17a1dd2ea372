"""The NUMA nodes of a host, as its `topology` has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.host import NodeFacts
from cloudcore.model.json import JsonObject


def topology_of(nodes: Sequence[NodeFacts]) -> list[JsonObject]:
    """What a host row keeps of its nodes."""
    return [{"node_id": one.id, "cpus": list(one.cpus), "mem_size_mb": one.memory_mib} for one in nodes]


def nodes_of(host: Any) -> tuple[NodeFacts, ...]:
    """The nodes of a host, in the order of their numbers; none where they are not known."""
    found = [
        NodeFacts(id=int(one["node_id"]), cpus=tuple(one["cpus"]), memory_mib=int(one["mem_size_mb"]))
        for one in host.topology
    ]
    return tuple(sorted(found, key=lambda one: one.id))


def keeps_nodes(host: Any) -> bool:
    """Whether its servers are kept on nodes."""
    return bool(host.enable_numa_allocate and host.topology)

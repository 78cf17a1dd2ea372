"""What holds of NUMA nodes: of none is more given out than it has, and what is given out is what servers hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from cloudcore.resources.compute.server.pins import read_pins
from cloudcore.resources.infrastructure.host.nodes import keeps_nodes, nodes_of
from cloudcore_apps.simulate.cloud import Cloud

_AMOUNTS = ("vcpus", "memory_mib")


def check_nodes(cloud: Cloud, *, quiet: bool) -> None:
    """Ledgers of nodes have what servers hold. quiet: nothing is under way, so that they have no more, and that each server of a
    host that keeps nodes is on some.
    """
    held = _held(cloud)
    for claim in cloud.rows("nodeclaims"):
        mine = held.pop(claim.id, Counter())
        for name in _AMOUNTS:
            known = getattr(claim, name)
            assert known == mine[name] or (not quiet and known > mine[name]), (
                f"the claims at node {claim.id} say {known} of {name}, and {mine[name]} are held"
            )
    assert not held, f"held of nodes, and in no ledger: {held}"
    if quiet:
        keeping = {host.id for host in cloud.rows("hosts") if keeps_nodes(host)}
        loose = [
            one.name
            for one in cloud.rows("servers")
            if _is_held(one) and one.host_id in keeping and not one.cpu_numa_pin
        ]
        assert loose == [], f"on a host that keeps servers on nodes, and on none: {loose}"


def check_room(cloud: Cloud) -> None:
    """No node carries more than it has, so many times as CPUs may be given out."""
    hosts = {host.id: host for host in cloud.rows("hosts")}
    for claim in cloud.rows("nodeclaims"):
        host = hosts[claim.host_id]
        bound = cloud.platform.settings.cpu_overcommit if host.cpu_cmtbound is None else host.cpu_cmtbound
        node = next(one for one in nodes_of(host) if one.id == claim.node)
        assert claim.vcpus <= len(node.cpus) * bound, f"node {claim.id} gives out {claim.vcpus} CPUs"
        assert claim.memory_mib <= node.memory_mib, f"node {claim.id} gives out {claim.memory_mib} MiB"


def _held(cloud: Cloud) -> dict[str, Counter[str]]:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for server in cloud.rows("servers"):
        if not _is_held(server):
            continue
        pins = read_pins(server.cpu_numa_pin)
        for pin in pins:
            found[f"{server.host_id}/{pin.node}"].update(vcpus=len(pin.cpus), memory_mib=pin.memory_mib)
        assert not pins or sum(pin.memory_mib for pin in pins) == server.vmem_size, server.name
    return found


def _is_held(server: Any) -> bool:
    return server.host_id is not None and not server.pending_deleted

"""What of a host only servers with devices may have: as much as its devices say, less what such servers hold already."""

from __future__ import annotations

from collections import defaultdict

from cloudcore.model.query import PLATFORM, Compare, IsNull, Not, Op, Query, both, either, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.server import SERVERS

_ANYTHING = either(Compare("reserved_cpu", Op.GT, 0), Compare("reserved_memory", Op.GT, 0))


def kept_of_hosts(tx: Transaction, host_id: str = "") -> dict[str, tuple[int, int, int, int]]:
    """Host → CPUs and memory (MiB) that its devices keep, and those that servers with devices hold; one statement where nothing is.

    host_id: of this one only.
    """
    where = both(eq("host_id", host_id), _ANYTHING) if host_id else _ANYTHING
    names = ("host_id", "reserved_cpu", "reserved_memory")
    kept: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for host, cpus, memory in tx.of(ISOLATED_DEVICES, PLATFORM).columns(names, Query(where=where)):
        kept[host][0] += cpus
        kept[host][1] += memory
    if not kept:
        return {}
    given = both(one_of("host_id", sorted(kept)), Not(IsNull("guest_id")))
    guests = {row[0] for row in tx.of(ISOLATED_DEVICES, PLATFORM).columns(("guest_id",), Query(where=given))}
    there = both(one_of("id", sorted(guests)), eq("pending_deleted", False))
    sizes = ("host_id", "vcpu_count", "extra_cpu_count", "vmem_size")
    for host, cpus, extra, memory in tx.of(SERVERS, PLATFORM).columns(sizes, Query(where=there)) if guests else ():
        if host in kept:
            kept[host][2] += cpus + extra
            kept[host][3] += memory
    return {host: (one[0], one[1], one[2], one[3]) for host, one in kept.items()}


def still_kept(tx: Transaction, host_id: str) -> tuple[int, int]:
    """CPUs and memory (MiB) of a host that a server without devices may not have now. Where that is anything, nobody else claims
    of the host until the unit ends: of those that go while one comes, none counts twice.
    """
    if not kept_of_hosts(tx, host_id):
        return 0, 0
    tx.of(HOSTCLAIMS, PLATFORM).adjust(host_id, {"guests": 0})
    cpus, memory, cpus_held, memory_held = kept_of_hosts(tx, host_id).get(host_id, (0, 0, 0, 0))
    return max(cpus - cpus_held, 0), max(memory - memory_held, 0)

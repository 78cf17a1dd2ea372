"""Keep hosts with enough free virtual CPUs, overcommit and reserve counted."""

from __future__ import annotations

from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Verdict, shortage

REASON = "not enough free CPUs"


def cpu(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require as many free CPUs as one server has, within what one guest of the host may have."""
    hosts, wanted = inventory.hosts, request.vcpus
    if not wanted:
        return Verdict(alive)
    allowed = (hosts.max_vcpu == 0) | (hosts.max_vcpu >= wanted)
    free = hosts.cpus_for(request)
    return Verdict(alive & allowed & (free >= wanted), free // wanted)


def probe(request: Request, inventory: Inventory, row: int) -> int:
    """The same for one host."""
    hosts, wanted = inventory.hosts, request.vcpus
    if not wanted:
        return UNLIMITED
    most = int(hosts.max_vcpu[row])
    return 0 if 0 < most < wanted else hosts.cpus_on(row, request) // wanted


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the wanted number and the free one, or the limit of one guest."""
    hosts, free = inventory.hosts, inventory.hosts.cpus_for(request)
    if (free[rows] >= request.vcpus).all():
        return f"request: {request.vcpus}, most for one guest: {int(hosts.max_vcpu[rows].max())}"
    return shortage(request.vcpus, free, rows)


CPU = Filter(name="host_cpu", reason=REASON, apply=cpu, explain=explain, probe=probe)

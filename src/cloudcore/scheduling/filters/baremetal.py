"""Keep machines that are given out as a whole: nobody has them, and they have exactly what is wanted."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.tables import MACHINE
from cloudcore.scheduling.verdict import Filter, Verdict

REASON = "not the machine that is wanted"


def baremetal(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """For machines only: more CPUs or memory than wanted would be given away with it, so both have to be equal."""
    if request.host_type != MACHINE:
        return Verdict(alive)
    hosts = inventory.hosts
    kept = alive & (hosts.guests == 0)
    if request.vcpus:
        kept &= hosts.cpu_free == request.vcpus
    if request.memory_mib:
        kept &= hosts.mem_free_mib == request.memory_mib
    return Verdict(kept, np.ones(len(hosts), dtype=np.int64))


def probe(request: Request, inventory: Inventory, row: int) -> int:
    """The same for one host."""
    if request.host_type != MACHINE:
        return UNLIMITED
    hosts = inventory.hosts
    if hosts.guests[row] or request.vcpus not in (0, hosts.cpu_free[row]):
        return 0
    return 1 if request.memory_mib in (0, hosts.mem_free_mib[row]) else 0


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Say that somebody has it, or what it has."""
    hosts, row = inventory.hosts, int(rows[0])
    if hosts.guests[row]:
        return "the machine is taken"
    return (
        f"request: exactly {request.vcpus} CPUs and {request.memory_mib} MiB, "
        f"machine: {int(hosts.cpu_free[row])} and {int(hosts.mem_free_mib[row])} MiB"
    )


BAREMETAL = Filter(name="baremetal", reason=REASON, apply=baremetal, explain=explain, probe=probe)

"""Keep hosts that run the requested hypervisor."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "hypervisor does not match"


def hypervisor(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require the host type of the hypervisor (`hypervisor` for kvm, else its own name)."""
    return Verdict(alive & inventory.hosts.host_type.equals(request.host_type))


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the wanted type and that of the first of the hosts."""
    return f"request: {request.host_type}, host: {inventory.hosts.host_type[int(rows[0])]}"


HYPERVISOR = Filter(name="host_hypervisor_runtime", reason=REASON, apply=hypervisor, explain=explain, reads=Reads.FIXED)

"""Keep hosts that run, answer, are enabled, and whose zone and provider are usable."""

from __future__ import annotations

from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.tables import MACHINE, MACHINE_READY
from cloudcore.scheduling.verdict import Filter, Verdict

REASON = "host is not ready"


def status(_request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require status `running`, host_status `online`, and everything above the host enabled."""
    return Verdict(alive & inventory.hosts.ready)


def probe(_request: Request, inventory: Inventory, row: int) -> int:
    """The same for one host."""
    hosts = inventory.hosts
    machine = hosts.host_type[row] == MACHINE
    answers = machine or hosts.host_status[row] == "online"
    up = answers and hosts.status[row] in (MACHINE_READY if machine else ("running",))
    return UNLIMITED if up and hosts.enabled[row] and hosts.zone_enabled[row] and hosts.provider_ready[row] else 0


def explain(_request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name everything that is wrong with the first of the hosts."""
    hosts, row = inventory.hosts, int(rows[0])
    machine = hosts.host_type[row] == MACHINE
    usable = MACHINE_READY if machine else ("running",)
    wrong = {
        f"status: {hosts.status[row]}": hosts.status[row] not in usable,
        f"host_status: {hosts.host_status[row]}": not machine and hosts.host_status[row] != "online",
        "host is disabled": not hosts.enabled[row],
        "zone is disabled": not hosts.zone_enabled[row],
        "provider is not connected": not hosts.provider_ready[row],
    }
    return ", ".join(text for text, applies in wrong.items() if applies)


STATUS = Filter(name="host_status", reason=REASON, apply=status, explain=explain, probe=probe)

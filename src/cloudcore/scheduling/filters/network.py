"""Keep hosts that reach networks with free ports for every card of a server."""

from __future__ import annotations

from cloudcore.scheduling import nics
from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Verdict

REASON = "no usable network with free ports"


def network(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Count ports on the wires of each host; cards that share networks are counted together."""
    if not request.nets:
        return Verdict(alive)
    capacity = nics.room(nics.groups(request, inventory), inventory)
    return Verdict(alive & (capacity > 0), capacity)


def probe(request: Request, inventory: Inventory, row: int) -> int:
    """The same for one host."""
    return nics.room_on(nics.groups(request, inventory), row, inventory) if request.nets else UNLIMITED


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the first card without enough ports, or all cards when only together they are too many."""
    at_most = "free ports" if len(rows) == 1 else "free ports at most"
    for group in nics.groups(request, inventory):
        nic = request.nets[group.positions[0]]
        name = f"nic {nic.index}" + (f" on {nic.network_id}" if nic.network_id else "")
        if not group.suits.any():
            return f"{name}: no such network that the project may use"
        ports = int(nics.reachable_ports(group.suits, inventory, [group.device])[rows].max())
        if not ports and group.device is not None:
            return f"{name}: no free device on the wire of such a network"
        if ports < len(group.positions):
            return f"{name}: request: {len(group.positions)}, {at_most} in reach: {ports}"
    return f"request: {len(request.nets)} cards do not fit together on the networks in reach"


NETWORK = Filter(name="host_network", reason=REASON, apply=network, explain=explain, probe=probe)

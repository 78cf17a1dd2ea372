"""Keep hosts that reach a network for each card that has the tags which the card requires, and none that it excludes."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import NicRequest, Request
from cloudcore.scheduling.tagged import NETWORKS, meeting, unmet
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "scheduling tags of networks forbid it"


def network_schedtag(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Apply the hard tags of each card, whatever ports are free."""
    kept = alive
    for nic in _tagged(request):
        met = meeting(nic.marks, NETWORKS, inventory.networks.index)
        wires = np.zeros(len(inventory.wires) + 1, dtype=np.bool_)
        wires[inventory.networks.wire[met]] = True
        kept = kept & np.any(wires[inventory.wire_slots], axis=1)
    return Verdict(kept)


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the first card for which the first of the hosts reaches no network, and the tag."""
    wires: list[int] = [wire for wire in inventory.wire_slots[int(rows[0])].tolist() if wire < len(inventory.wires)]
    reached: list[int] = [row for wire in wires for row in inventory.wire_networks.of_row(wire).tolist()]
    for nic in _tagged(request):
        if not meeting(nic.marks, NETWORKS, inventory.networks.index)[reached].any():
            tag = unmet(nic.marks, NETWORKS, [inventory.networks.ids[row] for row in reached])
            return f"nic {nic.index}: no network in reach will do: {tag or 'tags contradict each other there'}"
    return "no network in reach will do for a card"


def _tagged(request: Request) -> list[NicRequest]:
    return [nic for nic in request.nets if nic.marks and not nic.network_id and any(m.is_hard for m in nic.marks)]


NETWORK_SCHEDTAG = Filter(
    name="network_schedtag", reason=REASON, apply=network_schedtag, explain=explain, reads=Reads.FIXED
)

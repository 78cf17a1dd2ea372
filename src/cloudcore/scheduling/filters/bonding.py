"""Keep machines that have two plugs on one wire for each card that is to be bonded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.nics import suitable
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.rows import plugs_in
from cloudcore.scheduling.tables import MACHINE
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "too few plugs to bond cards"
BONDED = 2
"""Plugs of one bonded card."""


def bonding(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """For machines only: give each bonded card two plugs of a wire that has a network for it."""
    wishes = _wishes(request, inventory)
    if not wishes:
        return Verdict(alive)
    return Verdict(alive & inventory.hosts.plugs.where(lambda line: _seated(wishes, plugs_in(line))))


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name how many bonded cards there are, and the plugs of the first of the machines."""
    plugs = inventory.hosts.plugs[int(rows[0])] or "none that are known"
    return f"request: {len(_wishes(request, inventory))} bonded cards, plugs by wire: {plugs}"


def _wishes(request: Request, inventory: Inventory) -> list[frozenset[str]]:
    """For each bonded card, the wires that have a network for it; those with the fewest first."""
    if request.host_type != MACHINE:
        return []
    names = {row: wire for wire, row in inventory.wires.items()}
    found = [
        frozenset(names[row] for row in np.unique(inventory.networks.wire[suitable(nic, request, inventory)]).tolist())
        for nic in request.nets
        if nic.teaming
    ]
    return sorted(found, key=len)


def _seated(wishes: Sequence[frozenset[str]], plugs: Mapping[str, int]) -> bool:
    if not wishes:
        return True
    return any(
        _seated(wishes[1:], {**plugs, wire: plugs[wire] - BONDED})
        for wire in sorted(wishes[0])
        if plugs.get(wire, 0) >= BONDED
    )


BONDING = Filter(name="net_bonding", reason=REASON, apply=bonding, explain=explain, reads=Reads.FIXED)

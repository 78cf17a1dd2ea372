"""What one batch takes of storages and networks, exactly, seat by seat.

A batch looks at few hosts of many and at a handful of storages and networks of each, so plain numbers serve it better than
columns do.
"""

from __future__ import annotations

from bisect import insort
from typing import TypeAlias

import attrs

from cloudcore.scheduling import disks, nics
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request

Seat: TypeAlias = tuple[int, tuple[disks.DiskChoice, ...], tuple[nics.NicChoice, ...]]
"""A host row, and where its disks and cards go."""


@attrs.define(eq=False)
class _Reach:
    """The networks on one set of wires, best first. seen: how many claims of ports this order knows of."""

    ranked: list[int]
    members: frozenset[int]
    seen: int


class Ledger:
    """What a batch has taken so far of storages and networks. Lives as long as one decision."""

    def __init__(self, inventory: Inventory, request: Request) -> None:
        self._inventory = inventory
        self._request = request
        check_disks = request.disks and "host_storage" not in request.ignore_filters
        check_nets = request.nets and "host_network" not in request.ignore_filters
        self._disks = disks.Wanted.of(request, inventory) if check_disks else disks.NOTHING
        self._groups = nics.groups(request, inventory) if check_nets else ()
        self._taken: dict[int, int] = {}
        self._ports: list[int] = inventory.networks.free_ports.tolist() if self._groups else []
        self._distance: list[int] = nics.distance(request, inventory).tolist() if self._groups else []
        self._reaches: dict[tuple[int, ...], _Reach] = {}
        self._plugged: list[int] = []

    def take(self, host: int) -> Seat | None:
        """Claim the disks and ports of one server on a host, or nothing and answer None."""
        slots: list[int] = self._inventory.host_storages.of_row(host).tolist()
        free = [self._free(slot) for slot in slots]
        homes = disks.choose(self._disks, free, slots)
        networks = self._networks(host)
        if homes is None or networks is None:
            return None
        choices = [self._disk_choice(line, home, free, slots) for line, home in enumerate(homes)]
        choices.sort(key=_index)
        for line, home in enumerate(homes):
            self._taken[home] = self._taken.get(home, 0) + self._disks.sizes[line]
        ids, nets = self._inventory.networks.ids, self._request.nets
        cards: list[nics.NicChoice] = []
        for position in sorted(networks):
            found = networks[position]
            self._ports[found[0]] -= 1
            self._plugged.append(found[0])
            cards.append(nics.NicChoice(index=nets[position].index, network_ids=tuple([ids[n] for n in found])))
        return host, tuple(choices), tuple(cards)

    def left(self) -> Inventory:
        """The inventory with what is left of storages and networks."""
        storage, ports = self._inventory.storages.free_mib.copy(), self._inventory.networks.free_ports.copy()
        for home, size in self._taken.items():
            storage[home] -= size
        for network in self._plugged:
            ports[network] -= 1
        return self._inventory.with_free(storage_mib=storage, ports=ports)

    def _free(self, storage: int) -> int:
        return int(self._inventory.storages.free_mib[storage]) - self._taken.get(storage, 0)

    def _disk_choice(self, line: int, home: int, free: list[int], slots: list[int]) -> disks.DiskChoice:
        ranked = disks.candidates(line, home, self._disks, free, slots)
        ids = self._inventory.storages.ids
        index = self._request.disks[self._disks.order[line]].index
        return disks.DiskChoice(index=index, storage_ids=tuple([ids[storage] for storage in ranked]))

    def _networks(self, host: int) -> dict[int, list[int]] | None:
        if not self._groups:
            return {}
        return nics.choose(self._groups, self._ranked(host), self._ports)

    def _ranked(self, host: int) -> list[int]:
        """The networks that a host reaches: own before the domain's, those before shared ones; then by free ports."""
        wires = tuple(self._inventory.host_wires.of_row(host).tolist())
        reach = self._reaches.get(wires)
        if reach is None:
            found: list[int] = []
            for wire in wires:
                found += self._inventory.wire_networks.of_row(wire).tolist()
            reach = _Reach(sorted(found, key=self._rank), frozenset(found), len(self._plugged))
            self._reaches[wires] = reach
        while reach.seen < len(self._plugged):
            network = self._plugged[reach.seen]
            reach.seen += 1
            if network in reach.members:
                reach.ranked.remove(network)
                insort(reach.ranked, network, key=self._rank)
        return reach.ranked

    def _rank(self, network: int) -> tuple[int, int, int]:
        return self._distance[network], -self._ports[network], network


def _index(choice: disks.DiskChoice) -> int:
    return choice.index

"""What one batch takes of storages, networks and devices, exactly, seat by seat.

A batch looks at few hosts of many and at a handful of storages and networks of each, so plain numbers serve it better than
columns do.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from itertools import islice, product
from operator import attrgetter

import attrs

from cloudcore.scheduling import allowance, devices, disks, nics, nodes
from cloudcore.scheduling.columns import IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.tables import MACHINE
from cloudcore.scheduling.virtual import wires_of

_index = attrgetter("index")
_MOST_WAYS = 256
"""So many ways to spread cards that are devices over the wires of a host are tried."""


@attrs.frozen(eq=False)
class Seat:
    """A host row, where its disks, cards and devices go, and what it takes of NUMA nodes."""

    host: int
    disks: tuple[disks.DiskChoice, ...]
    nets: tuple[nics.NicChoice, ...]
    devices: tuple[devices.DeviceChoice, ...]
    nodes: tuple[nodes.NodeChoice, ...] = ()


class _Left(dict[int, int]):
    """Amounts of a column as far as somebody asked for them, less what was taken."""

    def __init__(self, column: IntArray) -> None:
        super().__init__()
        self._column = column

    def __missing__(self, row: int) -> int:
        amount = self[row] = int(self._column[row])
        return amount

    def column(self) -> IntArray:
        """The whole column."""
        column = self._column.copy()
        for row, amount in self.items():
            column[row] = amount
        return column


@attrs.define(eq=False)
class _Reach:
    """The networks on one set of wires, best first. moved: those that lost a port since they were put in order."""

    ranked: list[int]
    moved: set[int] = attrs.field(factory=set[int])


class Ledger:
    """What a batch has taken so far of storages, networks, devices and limits. Lives as long as one decision."""

    def __init__(self, inventory: Inventory, request: Request) -> None:
        skipped = request.ignore_filters
        check_disks = request.disks and request.host_type != MACHINE and "host_storage" not in skipped
        check_nets = request.nets and "host_network" not in skipped
        passed = request.passed
        check_devices = passed and "host_isolated_device" not in skipped
        self._inventory = inventory
        self._request = request
        self._disks = disks.Wanted.of(request, inventory) if check_disks else disks.NOTHING
        self._cards = nics.groups(request, inventory) if check_nets else ()
        self._devices = devices.groups(request, inventory) if check_devices else ()
        cards_passed = len(passed) > len(request.devices)
        self._joint = cards_passed and bool(self._cards and self._devices)
        if cards_passed and not self._joint:
            # Cards are devices only where both are looked at.
            self._devices = tuple(one for one in self._devices if one.positions[0] < len(request.devices))
        self._distance = nics.distance(request, inventory)
        self._rooms = _Left(inventory.storages.free_mib)
        self._ports = _Left(inventory.networks.free_ports)
        self._given: set[int] = set()
        self._on_nodes = inventory.hosts.has_nodes and "host_numa" not in skipped
        self._allowances = request.allowances if "quota" not in skipped else ()
        self._leave = [allowance.left(one, request, inventory) for one in self._allowances]
        self._nodes: dict[int, list[tuple[int, int, int]]] = {}
        self._reaches: dict[tuple[int, ...], _Reach] = {}
        self._reached: dict[int, list[_Reach]] = {}

    def take(self, host: int) -> Seat | None:
        """Claim the disks, ports and devices of one server on a host, or nothing and answer None."""
        limits = [n for n, one in enumerate(self._allowances) if allowance.is_about(one, self._inventory.hosts, host)]
        if any(self._leave[n] <= 0 for n in limits):
            return None
        slots = _filled(self._inventory.storage_slots[host].tolist(), len(self._inventory.storages.ids))
        free = [self._rooms[slot] for slot in slots]
        homes = disks.choose(self._disks, free, slots)
        if homes is None:
            return None
        networks, given = self._together(host) if self._joint else (self._networks(host), self._choose_devices(host))
        share = self._choose_nodes(host) if self._on_nodes else ()
        if networks is None or given is None or share is None:
            return None
        choices = [self._disk_choice(line, home, free, slots) for line, home in enumerate(homes)]
        choices.sort(key=_index)
        for line, home in enumerate(homes):
            self._rooms[home] -= self._disks.sizes[line]
        for n in limits:
            self._leave[n] -= 1
        self._occupy(host, share)
        return Seat(host, tuple(choices), self._plug(networks, given), self._give(given), share)

    def left(self) -> Inventory:
        """The inventory with what is left of storages, networks, devices and NUMA nodes."""
        free = self._inventory.devices.free.copy()
        free[list(self._given)] = False
        return self._inventory.with_left(
            storage_mib=self._rooms.column(), ports=self._ports.column(), devices=free, nodes=self._nodes_left()
        )

    def _choose_nodes(self, host: int) -> tuple[nodes.NodeChoice, ...] | None:
        there = self._nodes.get(host)
        if there is None:
            there = self._nodes[host] = nodes.free_on(host, self._inventory)
        if not there:
            return ()
        chosen = nodes.choose(self._request, there, self._inventory.hosts.node_ids.shape[1])
        return None if chosen is None else tuple(chosen)

    def _occupy(self, host: int, share: Sequence[nodes.NodeChoice]) -> None:
        if share:
            taken = {one.node: one for one in share}
            self._nodes[host] = [
                (ident, cpus - taken[ident].vcpus, memory - taken[ident].memory_mib)
                if ident in taken
                else (ident, cpus, memory)
                for ident, cpus, memory in self._nodes[host]
            ]

    def _nodes_left(self) -> tuple[IntArray, IntArray] | None:
        if not self._on_nodes:
            return None
        hosts = self._inventory.hosts
        cpus, memory = hosts.node_cpu_free.copy(), hosts.node_mem_free_mib.copy()
        for host, there in self._nodes.items():
            # The nodes of a host come first in its line.
            cpus[host, : len(there)] = [one[1] for one in there]
            memory[host, : len(there)] = [one[2] for one in there]
        return cpus, memory

    def _plug(self, networks: dict[int, list[int]], given: dict[int, list[int]]) -> tuple[nics.NicChoice, ...]:
        ids, nets = self._inventory.networks.ids, self._request.nets
        cards: list[nics.NicChoice] = []
        for position in sorted(networks):
            found = networks[position]
            self._ports[found[0]] -= 1
            for reach in self._reached.get(found[0], ()):
                reach.moved.add(found[0])
            networks_found = tuple([ids[n] for n in found])
            if self._joint and nets[position].device is not None:
                functions = given[self._request.passed_at(position)]
                chosen = tuple([self._inventory.devices.ids[n] for n in functions])
                cards.append(nics.NicChoice(index=nets[position].index, network_ids=networks_found, device_ids=chosen))
            else:
                cards.append(nics.NicChoice(index=nets[position].index, network_ids=networks_found))
        return tuple(cards)

    def _give(self, given: dict[int, list[int]]) -> tuple[devices.DeviceChoice, ...]:
        ids, wanted = self._inventory.devices.ids, self._request.devices
        self._given.update([found[0] for found in given.values()])
        return tuple(
            [
                devices.DeviceChoice(index=wanted[position].index, device_ids=tuple([ids[n] for n in given[position]]))
                for position in sorted(given)
                if position < len(wanted)
            ]
        )

    def _choose_devices(self, host: int) -> dict[int, list[int]] | None:
        return devices.choose(self._devices, host, self._given, self._inventory) if self._devices else {}

    def _together(self, host: int) -> tuple[dict[int, list[int]] | None, dict[int, list[int]] | None]:
        """Networks and devices where cards are devices: each such card is tried with each wire that has both."""
        request, inventory = self._request, self._inventory
        ranked, wires = self._ranked(host), wires_of(inventory)
        cards = [
            (position, group, devices_of_group)
            for group in self._cards
            for position in group.positions
            for devices_of_group in self._devices
            if group.device is not None and request.passed_at(position) in devices_of_group.positions
        ]
        free = [row for row in devices.free_on(host, inventory) if row not in self._given]
        options = [
            sorted(
                {int(inventory.networks.wire[n]) for n in ranked if self._ports[n] > 0 and group.flags[n]}
                & {int(wires[row]) for row in free if functions.flags[row]}
            )
            for _, group, functions in cards
        ]
        for chosen in islice(product(*options), _MOST_WAYS):
            nets = [one for one in self._cards if one.device is None]
            passed = [one for one in self._devices if one.positions[0] < len(request.devices)]
            for (position, group, functions), wire in zip(cards, chosen, strict=True):
                on_wire = inventory.networks.wire == wire
                nets.append(nics.Group((position,), group.suits & on_wire, group.ranks, group.device))
                passed.append(nics.Group((request.passed_at(position),), functions.suits & (wires == wire)))
            networks = nics.choose(nets, ranked, self._ports)
            given = devices.choose(passed, host, self._given, inventory)
            if networks is not None and given is not None:
                return networks, given
        return None, None

    def _disk_choice(self, line: int, home: int, free: list[int], slots: list[int]) -> disks.DiskChoice:
        ranked = disks.candidates(line, home, self._disks, free, slots)
        ids = self._inventory.storages.ids
        index = self._request.disks[self._disks.order[line]].index
        return disks.DiskChoice(index=index, storage_ids=tuple([ids[storage] for storage in ranked]))

    def _networks(self, host: int) -> dict[int, list[int]] | None:
        return nics.choose(self._cards, self._ranked(host), self._ports) if self._cards else {}

    def _ranked(self, host: int) -> list[int]:
        """The networks that a host reaches: own before the domain's, those before shared ones; then by free ports."""
        wires = tuple(_filled(self._inventory.wire_slots[host].tolist(), len(self._inventory.wires)))
        reach = self._reaches.get(wires)
        if reach is None:
            found: list[int] = []
            for wire in wires:
                found += self._inventory.wire_networks.of_row(wire).tolist()
            reach = self._reaches[wires] = _Reach(sorted(found, key=self._rank))
            for network in found:
                self._reached.setdefault(network, []).append(reach)
        if len(reach.moved) == 1:
            network = reach.moved.pop()
            reach.ranked.remove(network)
            insort(reach.ranked, network, key=self._rank)
        elif reach.moved:
            # Each stands where it did before, so that it is no longer a list in order into which one could be put.
            reach.ranked.sort(key=self._rank)
            reach.moved.clear()
        return reach.ranked

    def _rank(self, network: int) -> tuple[int, int, int]:
        return self._distance[network], -self._ports[network], network


def _filled(slots: Sequence[int], filler: int) -> list[int]:
    return [slot for slot in slots if slot != filler]

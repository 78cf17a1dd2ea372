"""Which networks take which cards of a server: the filter asks whether, a placement asks where.

Cards that are asked for alike form a group. By Hall's theorem the cards of a server fit on a host exactly when every
union of groups finds as many free ports as it has cards among the networks that suit any of them; so ports are counted
once, however many cards share a network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from ipaddress import ip_address
from itertools import islice

import attrs
import numpy as np

from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray, summed
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import DeviceRequest, NicRequest, Request
from cloudcore.scheduling.tagged import NETWORKS, Ranks, meeting, ranks_of
from cloudcore.scheduling.virtual import wires_on, within_reach

EXACT_GROUPS = 6
_MOST_CANDIDATES = 8


@attrs.frozen(kw_only=True)
class NicChoice:
    """Where a card is plugged in: the first of `network_ids` in this decision, the others if that one is lost.

    device_ids: of a card that is a device, on the wire of all these networks; likewise.
    """

    index: int
    network_ids: tuple[str, ...]
    device_ids: tuple[str, ...] = ()


@attrs.frozen(eq=False)
class Group:
    """Cards that are asked for alike: their positions in `request.nets`, and the networks that suit them and how well.

    device: what each of them is for the server alone.
    """

    positions: tuple[int, ...]
    suits: BoolArray
    ranks: Ranks = None
    device: DeviceRequest | None = None

    @cached_property
    def flags(self) -> bytes:
        """The same as bytes, one of which is got at faster than an entry of a column."""
        return self.suits.tobytes()


def groups(request: Request, inventory: Inventory) -> tuple[Group, ...]:
    """Group the cards of a request, in order of first appearance."""
    caller = (request.project_id, request.domain_id, request.is_admin, request.is_domain_admin)
    question = ("groups", request.nets, request.network_types, caller)
    return inventory.networks.memo.recall(question, lambda: _groups(request, inventory))


def _groups(request: Request, inventory: Inventory) -> tuple[Group, ...]:
    found: dict[NicRequest, list[int]] = {}
    for position, nic in enumerate(request.nets):
        found.setdefault(attrs.evolve(nic, index=0), []).append(position)
    index = inventory.networks.index
    return tuple(
        Group(
            tuple(at),
            suitable(nic, request, inventory),
            None if nic.network_id else ranks_of(nic.marks, NETWORKS, index),
            nic.device,
        )
        for nic, at in found.items()
    )


def suitable(nic: NicRequest, request: Request, inventory: Inventory) -> BoolArray:
    """The networks that a card may be plugged into, were all their ports free and all wires in reach."""
    networks = inventory.networks
    suits = networks.usable & visible(request, inventory)
    if nic.network_id:
        named = networks.names.equals(nic.network_id).copy()
        row = networks.index.get(nic.network_id)
        if row is not None:
            named[row] = True
        suits &= named
    else:
        suits &= meeting(nic.marks, NETWORKS, networks.index)
        suits &= networks.is_auto_alloc & networks.server_type.among(request.network_types)
        suits &= networks.is_exit == nic.exit
    if nic.wire_id:
        suits &= networks.wire == inventory.wires.get(nic.wire_id, -1)
    if nic.ipv6:
        suits &= networks.has_ipv6
    if nic.private:
        suits &= ~(networks.sharing.system_wide | networks.sharing.domain_wide)
    if nic.address:
        suits &= _holding(nic.address, inventory)
    return suits


def visible(request: Request, inventory: Inventory) -> BoolArray:
    """The networks that the caller may use."""
    sharing = inventory.networks.sharing
    if request.is_admin:
        return np.ones(len(inventory.networks.ids), dtype=np.bool_)
    usable = sharing.for_project(request.project_id, request.domain_id)
    return usable | sharing.domain.equals(request.domain_id) if request.is_domain_admin else usable


def room(wanted: Sequence[Group], inventory: Inventory) -> IntArray:
    """Count how many servers' cards each host can take, were no other host to use its networks.

    Exact up to `EXACT_GROUPS` groups of which none are devices, else a bound from above.
    """
    bound: IntArray | None = None
    for union in unions(len(wanted)):
        cards = sum(len(wanted[n].positions) for n in union)
        suits = np.logical_or.reduce([wanted[n].suits for n in union])
        ports = reachable_ports(suits, inventory, [wanted[n].device for n in union])
        fitting = ports if cards == 1 else ports // cards
        bound = fitting if bound is None else np.minimum(bound, fitting, out=bound)
    return np.full(len(inventory.hosts), UNLIMITED, dtype=np.int64) if bound is None else bound


def room_on(wanted: Sequence[Group], host: int, inventory: Inventory) -> int:
    """The same for one host."""
    known, free = len(inventory.wires), inventory.networks.free_ports
    wires = [wire for wire in inventory.wire_slots[host].tolist() if wire < known]
    reached: list[int] = [network for wire in wires for network in inventory.wire_networks.of_row(wire).tolist()]
    bound = UNLIMITED
    for union in unions(len(wanted)):
        cards = sum([len(wanted[n].positions) for n in union])
        flags = [wanted[n].flags for n in union]
        there = reached
        if wanted[union[0]].device is not None:
            there = _with_devices([wanted[n].device for n in union], reached, host, inventory)
        ports = sum([int(free[network]) for network in there if any(each[network] for each in flags)])
        bound = min(bound, ports // cards)
    return bound


def _with_devices(
    wishes: Sequence[DeviceRequest | None], networks: list[int], host: int, inventory: Inventory
) -> list[int]:
    """Those of some networks on whose wire a host has a device for a card that is one; all for any other card."""
    devices = [wish for wish in wishes if wish is not None]
    if len(devices) < len(wishes):
        return networks
    wires = set[int]().union(*(wires_on(wish, host, inventory) for wish in devices))
    return [network for network in networks if int(inventory.networks.wire[network]) in wires]


def reachable_ports(
    suits: BoolArray, inventory: Inventory, wishes: Sequence[DeviceRequest | None] = (None,)
) -> IntArray:
    """Sum, per host, the free ports of some networks on the wires that the host is plugged into.

    wishes: of cards that are all devices: only on wires on which the host has one of these.
    """
    devices = [wish for wish in wishes if wish is not None]
    free = np.where(suits, inventory.networks.free_ports, 0)
    # One more wire, without networks, is that which fills up slots.
    per_wire = np.bincount(inventory.networks.wire, weights=free, minlength=len(inventory.wires) + 1).astype(np.int64)
    if len(devices) < len(wishes):
        return summed(per_wire, inventory.wire_slots)
    there: BoolArray = np.logical_or.reduce([within_reach(wish, inventory) for wish in devices])
    # One more wire, without ports, stands where the host has no such device.
    return summed(per_wire, np.where(there, inventory.wire_slots, len(inventory.wires)))


def choose(wanted: Sequence[Group], ranked: Sequence[int], ports: Mapping[int, int]) -> dict[int, list[int]] | None:
    """Pick networks for the cards of one server on one host: per position of a card, candidates in order.

    ranked: the networks that the host reaches, best first. ports: free ones, by network. The first candidates can all be
    used together. None when the cards do not fit.
    """
    if len(wanted) == 1 and len(wanted[0].positions) > 1:
        return _alike(wanted[0], ranked, ports)
    options: dict[int, list[int]] = {}
    alone = len(wanted) == 1 and len(wanted[0].positions) == 1
    for group in wanted:
        suiting = (network for network in ranked if ports[network] > 0 and group.flags[network])
        found = list(islice(suiting, _MOST_CANDIDATES) if alone and group.ranks is None else suiting)
        if group.ranks is not None:
            found.sort(key=group.ranks.__getitem__)
            found = found[:_MOST_CANDIDATES] if alone else found
        options.update(dict.fromkeys(group.positions, found))
    if alone:
        return options if all(options.values()) else None
    matched = match(options, {network: ports[network] for found in options.values() for network in found})
    if matched is None:
        return None
    return {
        position: [chosen, *(n for n in options[position] if n != chosen)][:_MOST_CANDIDATES]
        for position, chosen in matched.items()
    }


def _alike(group: Group, ranked: Sequence[int], ports: Mapping[int, int]) -> dict[int, list[int]] | None:
    """Cards that are asked for alike take the best network that has a port for them, one after the other."""
    flags = group.flags
    offered = [network for network in ranked if flags[network] and ports[network] > 0]
    if group.ranks is not None:
        offered.sort(key=group.ranks.__getitem__)
    found: dict[int, list[int]] = {}
    place, left = -1, 0
    for position in group.positions:
        if not left:
            place += 1
            if place == len(offered):
                return None
            left = ports[offered[place]]
        left -= 1
        chosen = offered[place]
        others = [network for network in offered[:_MOST_CANDIDATES] if network != chosen]
        found[position] = [chosen, *others[: _MOST_CANDIDATES - 1]]
    return found


def match(options: Mapping[int, Sequence[int]], ports: Mapping[int, int]) -> dict[int, int] | None:
    """Give each card one of its options without exceeding any network's ports; None when that cannot be done."""
    held: dict[int, list[int]] = {}

    def seat(card: int, tried: set[int]) -> bool:
        for network in options[card]:
            if network in tried:
                continue
            tried.add(network)
            holders = held.setdefault(network, [])
            if len(holders) < ports[network]:
                holders.append(card)
                return True
            for place, other in enumerate(holders):
                if seat(other, tried):
                    holders[place] = card
                    return True
        return False

    if not all(seat(card, set()) for card in sorted(options, key=lambda card: (len(options[card]), card))):
        return None
    return {card: network for network, cards in held.items() for card in cards}


def unions(count: int) -> list[list[int]]:
    """Every set of `count` groups; of many groups, each alone and all together."""
    if count > EXACT_GROUPS:
        return [[n] for n in range(count)] + [list(range(count))]
    return [[n for n in range(count) if mask >> n & 1] for mask in range(1, 1 << count)]


def _holding(address: str, inventory: Inventory) -> BoolArray:
    wanted = ip_address(address)
    return np.array(
        [
            bounds is not None and bounds[0] == wanted.version and bounds[1] <= int(wanted) <= bounds[2]
            for bounds in inventory.networks.ranges
        ],
        dtype=np.bool_,
    )


def distance(request: Request, inventory: Inventory) -> bytes:
    """How near each network is to the caller: 0 is his project's own, 1 his domain's, 2 another's; a byte each."""
    owner = (request.project_id, request.domain_id)
    return inventory.networks.memo.recall(("distance", *owner), lambda: _distance(request, inventory))


def _distance(request: Request, inventory: Inventory) -> bytes:
    sharing = inventory.networks.sharing
    same_domain = sharing.domain.equals(request.domain_id)
    same_project = sharing.project.equals(request.project_id) & same_domain
    return np.where(same_project, 0, np.where(same_domain, 1, 2)).astype(np.uint8).tobytes()

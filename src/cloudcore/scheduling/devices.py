"""Which devices of a host a server gets: the filter asks whether, a placement asks which.

As with network cards, those that are asked for alike form a group, and by Hall's theorem all fit on a host exactly when
every union of groups finds as many free devices as it has members.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

import attrs
import numpy as np

from cloudcore.scheduling import nics
from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.nics import Group, match, unions
from cloudcore.scheduling.request import DeviceRequest, Request
from cloudcore.scheduling.virtual import suitable, wires_of

_MOST_CANDIDATES = 8


@attrs.frozen(kw_only=True)
class DeviceChoice:
    """Which device it is: the first of `device_ids` in this decision, the others if that one is lost."""

    index: int
    device_ids: tuple[str, ...]


def groups(request: Request, inventory: Inventory) -> tuple[Group, ...]:
    """Group the devices of a request, in order of first appearance; then those that are its cards."""
    wanted = request.devices
    found = inventory.devices.memo.recall(("groups", wanted), lambda: _groups(wanted, inventory))
    return (*found, *_cards(request, inventory)) if len(request.passed) > len(wanted) else found


def _groups(wanted: Sequence[DeviceRequest], inventory: Inventory) -> tuple[Group, ...]:
    found: dict[DeviceRequest, list[int]] = {}
    for position, device in enumerate(wanted):
        found.setdefault(attrs.evolve(device, index=0), []).append(position)
    return tuple(Group(tuple(at), suitable(device, inventory)) for device, at in found.items())


def _cards(request: Request, inventory: Inventory) -> list[Group]:
    """Of each card that is a device: the devices on the wires of networks that suit it."""
    wires, found = wires_of(inventory), list[Group]()
    for group in nics.groups(request, inventory):
        wish = request.nets[group.positions[0]].device
        if wish is not None:
            on_wire = np.isin(wires, inventory.networks.wire[group.suits])
            at = [request.passed_at(position) for position in group.positions]
            found.append(Group(tuple(at), suitable(wish, inventory) & on_wire))
    return found


def room(wanted: Sequence[Group], inventory: Inventory) -> IntArray:
    """Count how many servers' devices each host has free; exact up to six groups, else a bound from above."""
    bound = np.full(len(inventory.hosts), UNLIMITED, dtype=np.int64)
    for union in unions(len(wanted)):
        members = sum(len(wanted[n].positions) for n in union)
        suits: BoolArray = np.logical_or.reduce([wanted[n].suits for n in union])
        np.minimum(bound, free_devices(suits, inventory) // members, out=bound)
    return bound


def room_on(wanted: Sequence[Group], host: int, inventory: Inventory) -> int:
    """The same for one host."""
    held = free_on(host, inventory)
    if len(wanted) == 1:
        suits = wanted[0].flags
        return sum([suits[row] for row in held]) // len(wanted[0].positions)
    bound = UNLIMITED
    for union in unions(len(wanted)):
        members = sum(len(wanted[n].positions) for n in union)
        free = sum(1 for row in held if any(wanted[n].flags[row] for n in union))
        bound = min(bound, free // members)
    return bound


def free_on(host: int, inventory: Inventory) -> list[int]:
    """The rows of the free devices of one host."""
    free, known = inventory.devices.free, len(inventory.devices.ids)
    return [row for row in inventory.device_slots[host].tolist() if row < known and free[row]]


def free_devices(suits: BoolArray, inventory: Inventory) -> IntArray:
    """How many free ones of some devices each host has."""
    slots = inventory.device_slots
    if not slots.size:
        return np.zeros(len(slots), dtype=np.int64)
    offered = suits & inventory.devices.free
    held: BoolArray = offered.take(slots, mode="clip") & (slots < len(offered))
    counted: IntArray = np.count_nonzero(held, axis=1)
    return counted


def choose(wanted: Sequence[Group], host: int, gone: Set[int], inventory: Inventory) -> dict[int, list[int]] | None:
    """Pick devices of one host: per position, candidates in order, the least memory first; None when there are too few.

    gone: devices that others of the batch have. The first candidates are all different.
    """
    memory = inventory.devices.memory_mib
    free = [row for row in free_on(host, inventory) if row not in gone]
    if len(wanted) == 1:
        free = [row for row in free if wanted[0].flags[row]]
    free.sort(key=lambda row: (memory[row], row))
    if len(wanted) == 1 and len(wanted[0].positions) == 1:
        return {wanted[0].positions[0]: free[:_MOST_CANDIDATES]} if free else None
    options: dict[int, list[int]] = {}
    for group in wanted:
        found = [row for row in free if group.flags[row]]
        options.update(dict.fromkeys(group.positions, found))
    matched = match(options, dict.fromkeys(free, 1))
    if matched is None:
        return None
    return {
        position: [chosen, *(row for row in options[position] if row != chosen)][:_MOST_CANDIDATES]
        for position, chosen in matched.items()
    }

"""Keep hosts that have a free device for each one that a server is to have for itself."""

from __future__ import annotations

from cloudcore.scheduling import devices
from cloudcore.scheduling.columns import UNLIMITED, BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Verdict

REASON = "no such device is free"


def device(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Count free devices by id, type, model, vendor, path and memory; one counts for one server only."""
    if not request.has_devices:
        return Verdict(alive)
    capacity = devices.room(devices.groups(request, inventory), inventory)
    return Verdict(alive & (capacity > 0), capacity)


def probe(request: Request, inventory: Inventory, row: int) -> int:
    """The same for one host."""
    wanted = devices.groups(request, inventory) if request.has_devices else ()
    return devices.room_on(wanted, row, inventory) if wanted else UNLIMITED


def explain(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the first device that is missing, or all when only together they are too many."""
    at_most = "free" if len(rows) == 1 else "free at most"
    for group in devices.groups(request, inventory):
        one = request.passed[group.positions[0]]
        card = _card(request, group.positions[0])
        words = [one.device_id, one.dev_type, one.model, one.vendor, one.path]
        name = " ".join(word for word in words if word) or "any"
        least = f" of {one.memory_mib} MiB or more" if one.memory_mib else ""
        free = int(devices.free_devices(group.suits, inventory)[rows].max())
        if free < len(group.positions):
            return (
                f"{card or f'device {one.index}'} ({name}{least}): request: {len(group.positions)}, {at_most}: {free}"
            )
    return f"request: {len(request.passed)} devices, {at_most} are fewer that suit them together"


def _card(request: Request, place: int) -> str:
    """The card that a device is."""
    cards = [nic.index for nic in request.nets if nic.device is not None]
    return f"nic {cards[place - len(request.devices)]}" if place >= len(request.devices) else ""


DEVICE = Filter(name="host_isolated_device", reason=REASON, apply=device, explain=explain, probe=probe)

"""Devices that would do, and those that are cards: a virtual function of a network card is on a wire, and so is the network it is for."""

from __future__ import annotations

import numpy as np

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import DeviceRequest

CARD = "NIC"
"""Type of devices that are network cards."""


def suitable(wanted: DeviceRequest, inventory: Inventory) -> BoolArray:
    """The devices that would do, were they free."""
    devices = inventory.devices
    suits: BoolArray = devices.memory_mib >= wanted.memory_mib
    if wanted.device_id:
        named = np.zeros_like(suits)
        row = devices.index.get(wanted.device_id)
        if row is not None:
            named[row] = True
        suits &= named
    for column, text in (
        (devices.dev_type, wanted.dev_type),
        (devices.model, wanted.model),
        (devices.vendor, wanted.vendor),
        (devices.path, wanted.path),
    ):
        if text:
            suits &= column.equals(text)
    return suits


def wires_of(inventory: Inventory) -> IntArray:
    """The row number of the wire of each device; -1 where it is on none."""
    column = inventory.devices.wire
    rows = np.array([inventory.wires.get(wire, -1) for wire in column.values], dtype=np.int64)
    return rows[column.codes] if column.values else np.zeros(0, dtype=np.int64)


def within_reach(wanted: DeviceRequest, inventory: Inventory) -> BoolArray:
    """Which of the wires in the slots of each host have a free card there that would do."""
    slots, size = inventory.wire_slots, len(inventory.wires) + 1
    wires, devices = wires_of(inventory), inventory.devices
    offered = suitable(wanted, inventory) & devices.free & (wires >= 0)
    hosts: IntArray = np.arange(len(slots))[:, np.newaxis]
    found: BoolArray = np.isin(hosts * size + slots, devices.host[offered] * size + wires[offered])
    return found


def wires_on(wanted: DeviceRequest, host: int, inventory: Inventory) -> set[int]:
    """The same for one host: row numbers of wires."""
    wires, devices, suits = wires_of(inventory), inventory.devices, suitable(wanted, inventory)
    known = len(devices.ids)
    held: list[int] = inventory.device_slots[host].tolist()
    return {int(wires[row]) for row in held if row < known and devices.free[row] and suits[row] and wires[row] >= 0}

"""Keep machines that start as the image wants: by its firmware, and from a CD where one is wanted."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.tables import MACHINE
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

FIRMWARE = "firmware does not match the image"
CD = "cannot start from a CD"


def firmware(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """For machines only: require the firmware of the image; one that is unknown on either side does."""
    if request.host_type != MACHINE or not request.firmware:
        return Verdict(alive)
    return Verdict(alive & inventory.hosts.firmware.among(("", request.firmware)))


def cd(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """For machines only: require that a CD can be put in from afar, where the request starts from one."""
    if request.host_type != MACHINE or not request.from_cd:
        return Verdict(alive)
    return Verdict(alive & inventory.hosts.starts_from_cd)


def explain_firmware(request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name both firmwares."""
    return f"request: {request.firmware}, machine: {inventory.hosts.firmware[int(rows[0])]}"


def explain_cd(_request: Request, _inventory: Inventory, _rows: IntArray) -> str:
    """Say that its management card takes no CD."""
    return "its management card takes no CD"


UEFI_IMAGE = Filter(name="uefi_image", reason=FIRMWARE, apply=firmware, explain=explain_firmware, reads=Reads.FIXED)
CDROM_BOOT = Filter(name="cdrom_boot", reason=CD, apply=cd, explain=explain_cd, reads=Reads.FIXED)

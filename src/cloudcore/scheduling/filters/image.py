"""Keep hosts in the zones in which the image of the first disk can be used."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "the image cannot be used there"


def image(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require one of the image's zones, where it is kept to some."""
    zones = request.image_zones
    return Verdict(alive if zones is None else alive & inventory.hosts.zone.among(zones))


def explain(_request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the zone of the first of the hosts."""
    return f"the image is not in zone {inventory.hosts.zone[int(rows[0])] or 'none'}"


IMAGE = Filter(name="disk_image", reason=REASON, apply=image, explain=explain, reads=Reads.FIXED)

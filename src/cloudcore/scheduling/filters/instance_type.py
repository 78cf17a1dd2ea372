"""Keep hosts in the zones and regions in which the size is for sale."""

from __future__ import annotations

from cloudcore.scheduling.columns import BoolArray, IntArray
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.verdict import Filter, Reads, Verdict

REASON = "the size is not for sale there"


def instance_type(request: Request, inventory: Inventory, alive: BoolArray) -> Verdict:
    """Require one of the size's zones, or of the regions in all of which it is sold, where it is sold in some only."""
    zones, hosts = request.size_zones, inventory.hosts
    if zones is None:
        return Verdict(alive)
    return Verdict(alive & (hosts.zone.among(zones) | hosts.region.among(request.size_regions)))


def explain(_request: Request, inventory: Inventory, rows: IntArray) -> str:
    """Name the zone of the first of the hosts."""
    return f"the size is not for sale in zone {inventory.hosts.zone[int(rows[0])] or 'none'}"


INSTANCE_TYPE = Filter(name="instance_type", reason=REASON, apply=instance_type, explain=explain, reads=Reads.FIXED)

"""Zones: parts of a region that fail apart from each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

from cloudcore.model.entity import External, Named, Statused, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Level, Ref, Resource, Show, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import CAPABILITY, PURGE, SET_SCHEDTAG
from cloudcore.resources.compute import schedtag
from cloudcore.resources.infrastructure.cloudregion import DEFAULT_REGION
from cloudcore.resources.infrastructure.filters import ZONE_FILTERS, ZONE_ORDERS
from cloudcore.resources.placement import Placement


class ZoneStatus(StrEnum):
    """Statuses of a zone; servers are only placed in an enabled one."""

    ENABLE = "enable"
    DISABLE = "disable"
    SOLD_OUT = "soldout"


@entity
class Zone(Statused, External, Named):
    """One zone of a region."""

    status: Annotated[
        str,
        Spec("Status", create=True, update=True, width=36, index=True, choices=tuple(one.value for one in ZoneStatus)),
    ] = ZoneStatus.ENABLE.value
    cloudregion_id: Annotated[
        str,
        Spec("Region", create=True, width=128, index=True),
        Ref("cloudregions", alias=("region", "region_id"), show=("provider",)),
    ] = DEFAULT_REGION
    placement: Annotated[
        str,
        Spec(
            "How servers are laid upon its hosts; empty: as the deployment does it",
            create=True,
            update=True,
            width=16,
            choices=tuple(one.value for one in Placement),
        ),
    ] = Placement.UNSET.value
    location: Annotated[str, Spec("Where it is", create=True, update=True, width=256)] = ""
    contacts: Annotated[str, Spec("Whom to call", update=True, width=256, show=Show.DETAIL)] = ""
    name_cn: Annotated[str, Spec("Chinese name", width=256, show=Show.NEVER)] = ""
    manager_uri: Annotated[str, Spec("URL of its manager", create=True, update=True, width=256)] = ""


def _details(tx: Transaction, page: Sequence[Zone]) -> Sequence[JsonObject]:
    ids = [zone.id for zone in page]
    counts = _counts(tx, ids)
    return [{**counts[ident], **marks} for ident, marks in zip(ids, schedtag.shown(tx, "zones", ids), strict=True)]


_COUNTED: tuple[str, ...] = (
    "hosts",
    "hosts_enabled",
    "baremetals",
    "baremetals_enabled",
    "wires",
    "networks",
    "storages",
    "vpcs",
)


def _counts(tx: Transaction, ids: Sequence[str]) -> Mapping[str, dict[str, int]]:
    """By zone, how many there are of what it has; four queries."""
    from cloudcore.resources.infrastructure.host import HOSTS
    from cloudcore.resources.network.network import NETWORKS
    from cloudcore.resources.network.wire import WIRES
    from cloudcore.resources.storage.storage import STORAGES

    found = {ident: dict.fromkeys(_COUNTED, 0) for ident in ids}
    here = one_of("zone_id", ids)
    for row in tx.of(HOSTS, PLATFORM).totals(here, by=("zone_id", "enabled", "is_baremetal")):
        kind = "baremetals" if row["is_baremetal"] else "hosts"
        found[row["zone_id"]][kind] += row["count"]
        found[row["zone_id"]][f"{kind}_enabled"] += row["count"] if row["enabled"] else 0
    for row in tx.of(STORAGES, PLATFORM).totals(here, by=("zone_id",)):
        found[row["zone_id"]]["storages"] += row["count"]
    wires = tx.of(WIRES, PLATFORM).columns(("id", "zone_id", "vpc_id"), Query(where=here))
    zone_of = {ident: zone for ident, zone, _ in wires}
    for zone, _vpc in dict.fromkeys((zone, vpc) for _, zone, vpc in wires):
        found[zone]["vpcs"] += 1
    for zone in zone_of.values():
        found[zone]["wires"] += 1
    for row in tx.of(NETWORKS, PLATFORM).totals(one_of("wire_id", list(zone_of)), by=("wire_id",)):
        found[zone_of[row["wire_id"]]]["networks"] += row["count"]
    return found


ZONES = Resource(
    entity=Zone,
    service="compute",
    area="infrastructure",
    singular="zone",
    plural="zones",
    doc="Parts of a region that fail apart from each other.",
    level=Level.SYSTEM,
    filters=ZONE_FILTERS,
    orders=ZONE_ORDERS,
    columns=("id", "name", "status", "cloudregion_id", "location", "manager_uri"),
    unique=(("name", "cloudregion_id"),),
    lifecycle=Lifecycle(states=ZoneStatus, initial=ZoneStatus.ENABLE, stable=tuple(ZoneStatus), transitions=()),
    actions=(CAPABILITY, SET_SCHEDTAG, PURGE),
    details=_details,
)

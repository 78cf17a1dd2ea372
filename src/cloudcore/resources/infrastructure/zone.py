"""Zones: parts of a region that fail apart from each other."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from cloudcore.model.entity import External, Named, Statused, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.resource import Level, Ref, Resource, Show, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import PURGE, SET_SCHEDTAG
from cloudcore.resources.compute import schedtag
from cloudcore.resources.infrastructure.cloudregion import DEFAULT_REGION
from cloudcore.resources.infrastructure.filters import ZONE_ORDERS


class ZoneStatus(StrEnum):
    """Statuses of a zone; servers are only placed in an enabled one."""

    ENABLE = "enable"
    DISABLE = "disable"
    SOLD_OUT = "soldout"


@entity
class Zone(Statused, External, Named):
    """One zone of a region."""

    status: Annotated[str, Spec("Status", create=True, update=True, width=36, index=True)] = ZoneStatus.ENABLE.value
    cloudregion_id: Annotated[
        str,
        Spec("Region", create=True, width=128, index=True),
        Ref("cloudregions", alias=("region", "region_id"), show=("provider",)),
    ] = DEFAULT_REGION
    location: Annotated[str, Spec("Where it is", create=True, update=True, width=256)] = ""
    contacts: Annotated[str, Spec("Whom to call", update=True, width=256, show=Show.DETAIL)] = ""
    name_cn: Annotated[str, Spec("Chinese name", width=256, show=Show.NEVER)] = ""
    manager_uri: Annotated[str, Spec("URL of its manager", create=True, update=True, width=256)] = ""


def _details(tx: Transaction, page: Sequence[Zone]) -> Sequence[JsonObject]:
    return schedtag.shown(tx, "zones", [zone.id for zone in page])


ZONES = Resource(
    entity=Zone,
    service="compute",
    area="infrastructure",
    singular="zone",
    plural="zones",
    doc="Parts of a region that fail apart from each other.",
    level=Level.SYSTEM,
    orders=ZONE_ORDERS,
    columns=("id", "name", "status", "cloudregion_id", "location", "manager_uri"),
    unique=(("name", "cloudregion_id"),),
    lifecycle=Lifecycle(states=ZoneStatus, initial=ZoneStatus.ENABLE, stable=tuple(ZoneStatus), transitions=()),
    actions=(SET_SCHEDTAG, PURGE),
    details=_details,
)

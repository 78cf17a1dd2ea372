"""Cloud regions: where zones and VPCs lie. What runs on premises lies in the region `default`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

from cloudcore.model.entity import Enabled, External, Named, Statused, entity
from cloudcore.model.errors import ForbiddenError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import CAPABILITY, SET_SCHEDTAG
from cloudcore.resources.compute import schedtag
from cloudcore.resources.infrastructure.filters import REGION_FILTERS, REGION_ORDERS

DEFAULT_REGION = "default"
ON_PREMISE = "OneCloud"
"""The `provider` of everything that is not a public or private cloud of somebody else."""


class CloudregionStatus(StrEnum):
    """Statuses of a region."""

    IN_SERVICE = "inservice"
    OUT_OF_SERVICE = "outofservice"
    UNKNOWN = "unknown"


@entity
class Cloudregion(Statused, Enabled, External, Named):
    """One region of one cloud."""

    status: Annotated[str, Spec("Status", width=36, index=True)] = CloudregionStatus.IN_SERVICE.value
    environment: Annotated[str, Spec("Environment of the cloud", width=32)] = ""
    provider: Annotated[str, Spec("Kind of cloud; OneCloud is on premises", width=64, index=True)] = ON_PREMISE
    latitude: Annotated[float | None, Spec("Degrees north", create=True, update=True, minimum=-90, maximum=90)] = None
    longitude: Annotated[float | None, Spec("Degrees east", create=True, update=True, minimum=-180, maximum=180)] = None
    city: Annotated[str, Spec("City", create=True, update=True, width=32, below=True)] = ""
    country_code: Annotated[str, Spec("Country, ISO 3166 alpha-2", create=True, update=True, width=4)] = ""


def _details(tx: Transaction, page: Sequence[Cloudregion]) -> Sequence[JsonObject]:
    marks = schedtag.shown(tx, "cloudregions", [region.id for region in page])
    return [
        {**tags, "cloud_env": "onpremise" if region.provider == ON_PREMISE else "public"}
        for region, tags in zip(page, marks, strict=True)
    ]


def _check_delete(_tx: Transaction, _caller: Any, region: Cloudregion) -> None:
    if region.id == DEFAULT_REGION:
        raise ForbiddenError("the default region cannot be deleted")


CLOUDREGIONS = Resource(
    entity=Cloudregion,
    service="compute",
    area="infrastructure",
    singular="cloudregion",
    plural="cloudregions",
    doc="Regions of clouds.",
    level=Level.SYSTEM,
    filters=REGION_FILTERS,
    orders=REGION_ORDERS,
    columns=("id", "name", "enabled", "status", "provider", "latitude", "longitude", "city", "country_code"),
    unique=(("name",),),
    lifecycle=Lifecycle(
        states=CloudregionStatus,
        initial=CloudregionStatus.IN_SERVICE,
        stable=tuple(CloudregionStatus),
        transitions=(),
    ),
    actions=(
        CAPABILITY,
        SET_SCHEDTAG,
    ),
    details=_details,
    check_delete=_check_delete,
)

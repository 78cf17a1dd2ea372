"""Regions of the catalogue."""

from __future__ import annotations

from typing import Annotated

from cloudcore.model.entity import Named, entity
from cloudcore.model.resource import Level, Resource, Spec


@entity
class Region(Named):
    """A part of the deployment that clients choose by id."""

    parent_region_id: Annotated[str, Spec("Region that it is part of", create=True, update=True, width=255)] = ""


REGIONS = Resource(
    entity=Region,
    service="identity",
    area="identity",
    singular="region",
    plural="regions",
    doc="Parts of the deployment that clients choose.",
    example={"id": "north", "description": "The second place"},
    level=Level.SYSTEM,
    columns=("id", "description"),
)

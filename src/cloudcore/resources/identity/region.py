"""Regions of the catalogue."""

from __future__ import annotations

from typing import Annotated, Any

from cloudcore.model.entity import Named, entity
from cloudcore.model.errors import InvalidInputError, NotEmptyError, ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, eq
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction


@entity
class Region(Named):
    """A part of the deployment that clients choose by id."""

    parent_region_id: Annotated[str, Spec("Region that it is part of", create=True, update=True, width=255)] = ""


MOST_DEEP = 16


def _prepare(tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    _check_parent(tx, "", str(draft.get("parent_region_id") or ""))
    return draft


def _check_update(tx: Transaction, _caller: Any, region: Region, changes: JsonObject) -> JsonObject:
    _check_parent(tx, region.id, str(changes.get("parent_region_id") or ""))
    return changes


def _check_parent(tx: Transaction, ident: str, parent: str) -> None:
    """Refuse a parent that is not there, and a region that would be part of itself."""
    above = parent
    for _ in range(MOST_DEEP):
        if not above:
            return
        if above == ident:
            break
        row = tx.of(REGIONS, PLATFORM).get(above)
        if row is None:
            raise ResourceNotFoundError(f"region {above[:64]} not found", field="parent_region_id")
        above = row.parent_region_id
    raise InvalidInputError("a region is no part of itself, and not too deep", field="parent_region_id")


def _check_delete(tx: Transaction, _caller: Any, region: Region) -> None:
    number = tx.of(REGIONS, PLATFORM).count(eq("parent_region_id", region.id))
    if number:
        raise NotEmptyError(f"{number} regions are part of it")


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
    prepare=_prepare,
    check_update=_check_update,
    check_delete=_check_delete,
)

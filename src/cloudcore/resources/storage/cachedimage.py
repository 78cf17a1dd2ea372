"""Cached images: what compute knows of the images that its storages hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import External, ProjectOwned, Sharable, entity
from cloudcore.model.errors import NotEmptyError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, eq, one_of
from cloudcore.model.resource import Level, Resource, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.storage import storagecachedimage
from cloudcore.resources.storage.filters import CACHEDIMAGE_FILTERS

_SHOWN = ("os_type", "os_distribution", "os_version")


@entity
class Cachedimage(Sharable, External, ProjectOwned):
    """One image that is, or was, in a cache; its id is that of the image. info: the image's own document."""

    size: Annotated[int, Spec("Size", create=True, update=True, admin=True, unit=Unit.BYTE)] = 0
    info: Annotated[JsonObject, Spec("The image as its service shows it", create=True, update=True, admin=True)] = (
        attrs.field(factory=dict[str, Any])
    )
    last_sync: Annotated[datetime | None, Spec("When info was read")] = None
    last_ref: Annotated[datetime | None, Spec("When a disk was last made from it")] = None
    ref_count: Annotated[int, Spec("Disks made from it")] = 0
    uefi: Annotated[bool, Spec("Boots by UEFI")] = False
    image_type: Annotated[str, Spec("customized or system", width=16)] = "customized"


def _details(tx: Transaction, page: Sequence[Cachedimage]) -> Sequence[JsonObject]:
    links = tx.of(storagecachedimage.STORAGECACHEDIMAGES, PLATFORM).totals(
        one_of("cachedimage_id", [i.id for i in page]), by=("cachedimage_id", "status")
    )
    held: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in links:
        held[row["cachedimage_id"]][row["status"]] = int(row["count"])
    return [_detail(image, held[image.id]) for image in page]


def _detail(image: Cachedimage, held: dict[str, int]) -> JsonObject:
    properties: JsonObject = image.info.get("properties") or {}
    active = storagecachedimage.CacheStatus.ACTIVE.value
    return {
        "status": active if active in held else next(iter(sorted(held)), image.info.get("status", "")),
        "cached_count": held.get(active, 0),
        **{name: properties[name] for name in _SHOWN if name in properties},
    }


def _check_delete(tx: Transaction, _caller: Any, image: Cachedimage) -> None:
    if tx.of(storagecachedimage.STORAGECACHEDIMAGES, PLATFORM).count(eq("cachedimage_id", image.id)):
        raise NotEmptyError("storages hold this image")


CACHEDIMAGES = Resource(
    entity=Cachedimage,
    service="compute",
    area="storage",
    singular="cachedimage",
    plural="cachedimages",
    doc="Images that storages hold.",
    level=Level.PROJECT,
    filters=CACHEDIMAGE_FILTERS,
    columns=("id", "name", "size", "image_type", "is_public"),
    details=_details,
    check_delete=_check_delete,
)

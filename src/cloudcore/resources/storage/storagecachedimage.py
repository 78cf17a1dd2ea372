"""Which caches hold which images."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from cloudcore.model.entity import Entity, External, Statused, entity
from cloudcore.model.lifecycle import Lifecycle, Transition
from cloudcore.model.resource import Joint, Level, OnDelete, Ref, Resource, Show, Spec
from cloudcore.resources.storage.filters import COPY_FILTERS


class CacheStatus(StrEnum):
    """Statuses of an image in a cache."""

    INIT = "init"
    CACHING = "caching"
    ACTIVE = "active"
    CACHE_FAIL = "cache_fail"
    DELETING = "deleting"
    DELETE_FAIL = "delete_failed"


@entity
class Storagecachedimage(Statused, External, Entity):
    """One image in one cache."""

    storagecache_id: Annotated[
        str,
        Spec("Cache", create=True, required=True, width=128, index=True),
        Ref("storagecaches", on_delete=OnDelete.CASCADE),
    ]
    cachedimage_id: Annotated[
        str,
        Spec("Image", create=True, required=True, admin=True, width=128, index=True),
        Ref("cachedimages", on_delete=OnDelete.CASCADE, alias=("image", "image_id"), show=("size",)),
    ]
    path: Annotated[str, Spec("File on the host", create=True, update=True, admin=True, width=256)] = ""
    last_download: Annotated[datetime | None, Spec("When it was last fetched", show=Show.DETAIL)] = None
    download_refcnt: Annotated[int, Spec("Fetches under way", show=Show.DETAIL)] = 0


CACHE_LIFECYCLE = Lifecycle(
    states=CacheStatus,
    initial=CacheStatus.INIT,
    stable=(CacheStatus.INIT, CacheStatus.ACTIVE),
    transitions=(
        Transition(
            name="cache-image",
            sources=(CacheStatus.INIT, CacheStatus.CACHE_FAIL),
            through=(CacheStatus.CACHING,),
            to=CacheStatus.ACTIVE,
            failed=CacheStatus.CACHE_FAIL,
            flow="image-cache",
            deadline_s=7200,
            force=(CacheStatus.ACTIVE,),
        ),
        Transition(
            name="uncache-image",
            sources=(CacheStatus.INIT, CacheStatus.ACTIVE, CacheStatus.CACHE_FAIL, CacheStatus.DELETE_FAIL),
            through=(CacheStatus.DELETING,),
            to=None,
            failed=CacheStatus.DELETE_FAIL,
            flow="image-uncache",
            deadline_s=1800,
        ),
    ),
)

STORAGECACHEDIMAGES = Resource(
    entity=Storagecachedimage,
    service="compute",
    area="storage",
    singular="storagecachedimage",
    plural="storagecachedimages",
    doc="Images of caches.",
    level=Level.SYSTEM,
    filters=COPY_FILTERS,
    columns=("storagecache_id", "cachedimage_id", "status", "path"),
    unique=(("storagecache_id", "cachedimage_id"),),
    joint=Joint(left="storagecache_id", right="cachedimage_id", left_path="storagecaches", right_path="cachedimages"),
    lifecycle=CACHE_LIFECYCLE,
)

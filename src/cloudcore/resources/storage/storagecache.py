"""Storage caches: folders in which hosts keep the images that disks are made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated

from cloudcore.model.entity import External, Named, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Action, Level, Resource, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import CACHE, CACHED
from cloudcore.resources.infrastructure import host
from cloudcore.resources.storage import cachedimage, storage, storagecachedimage
from cloudcore.resources.storage.filters import CACHE_FILTERS


@entity
class Storagecache(External, Named):
    """One cache of images, used by the storages that name it."""

    path: Annotated[str, Spec("Folder on the host", create=True, update=True, admin=True, width=256)] = ""
    master_host: Annotated[
        str, Spec("Id of the host that fills the cache of a shared storage", create=True, update=True, width=128)
    ] = ""


def _details(tx: Transaction, page: Sequence[Storagecache]) -> Sequence[JsonObject]:
    ids = [c.id for c in page]
    names: defaultdict[str, list[str]] = defaultdict(list)
    for found in tx.of(storage.STORAGES, PLATFORM).find(Query(where=one_of("storagecache_id", ids))):
        names[found.storagecache_id or ""].append(found.name)
    links = tx.of(storagecachedimage.STORAGECACHEDIMAGES, PLATFORM).find(Query(where=one_of("storagecache_id", ids)))
    images = tx.of(cachedimage.CACHEDIMAGES, PLATFORM).find(
        Query(where=one_of("id", [link.cachedimage_id for link in links]))
    )
    sizes = {i.id: i.size for i in images}
    held: defaultdict[str, list[int]] = defaultdict(list)
    for link in links:
        held[link.storagecache_id].append(sizes.get(link.cachedimage_id, 0))
    hosts = tx.of(host.HOSTS, PLATFORM).find(Query(where=one_of("id", [c.master_host for c in page if c.master_host])))
    host_names = {h.id: h.name for h in hosts}
    return [
        {
            "storages": names[c.id],
            "count": len(held[c.id]),
            "size": sum(held[c.id]),
            "host": host_names.get(c.master_host, ""),
        }
        for c in page
    ]


STORAGECACHES = Resource(
    entity=Storagecache,
    service="compute",
    area="storage",
    singular="storagecache",
    plural="storagecaches",
    doc="Folders in which hosts keep images.",
    level=Level.SYSTEM,
    filters=CACHE_FILTERS,
    columns=("id", "name", "path"),
    unique=(("name",),),
    actions=(
        Action(name="cache-image", doc="Fetch an image before a server needs it.", params=CACHE),
        Action(name="uncache-image", doc="Remove an image that no disk is made from.", params=CACHED),
    ),
    details=_details,
)

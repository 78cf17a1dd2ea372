"""Bringing images to storages before a server needs them."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidStatusError
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.model.reading import read_str
from cloudcore.operations.access import fetch
from cloudcore.operations.begin import begin
from cloudcore.operations.hosts import hosts_of
from cloudcore.operations.image_records import check_startable
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.storage.storage import STORAGES, formats_for
from cloudcore.resources.storage.storagecachedimage import STORAGECACHEDIMAGES, CacheStatus
from cloudcore.tasks.flows.volumes import note_image


def cache_image(platform: Platform, tx: Transaction, caller: Caller, cache: Any, body: JsonMapping) -> None:
    """Begin to bring an image to the storage of a cache; one that is there already stays as it is.

    Raises:
        ResourceNotFoundError: there is no such image, or not for the caller.
        InvalidStatusError: it is not active, or no host that is online reaches the storage.
        ResourceBusyError: it is on its way already.
    """
    image = fetch(platform, tx, caller, IMAGES, read_str(body.get("image") or body.get("image_id"), "image", 128))
    where = both(eq("storagecache_id", cache.id), eq("cachedimage_id", image.id))
    known = tx.of(STORAGECACHEDIMAGES, PLATFORM).find(Query(where=where, limit=1))
    if known and known[0].status == CacheStatus.ACTIVE:
        return
    storages = tx.of(STORAGES, PLATFORM).find(Query(where=eq("storagecache_id", cache.id)))
    places = [(host.id, storage.id) for storage in storages for host in hosts_of(tx, storage.id)]
    if not places:
        raise InvalidStatusError("no host that is online reaches the storage of this cache")
    host_id, storage_id = places[0]
    kind = next(storage.storage_type for storage in storages if storage.id == storage_id)
    check_startable(tx, image, formats_for(kind), f"{kind} storage", "image")
    row = note_image(tx, cache.id, image, CacheStatus.CACHING)
    begin(platform, tx, caller, STORAGECACHEDIMAGES, row, "image-cache", {"host_id": host_id, "storage_id": storage_id})

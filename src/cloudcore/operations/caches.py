"""Bringing images to storages before a server needs them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidStatusError, NotEmptyError, NotSupportedError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.reading import read_str
from cloudcore.operations.access import fetch
from cloudcore.operations.begin import begin, check_idle
from cloudcore.operations.hosts import hosts_of
from cloudcore.operations.image_records import check_startable
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.infrastructure.host import AgentStatus
from cloudcore.resources.storage.cachedimage import CACHEDIMAGES
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.storage import STORAGES, formats_for
from cloudcore.resources.storage.storagecache import STORAGECACHES
from cloudcore.resources.storage.storagecachedimage import CACHE_LIFECYCLE, STORAGECACHEDIMAGES, CacheStatus
from cloudcore.tasks.flows.volumes import note_image


def cache_image(platform: Platform, tx: Transaction, caller: Caller, cache: Any, body: JsonMapping) -> None:
    """Begin to bring an image to the storage of a cache; one that is there already stays as it is.

    Raises:
        ResourceNotFoundError: there is no such image, or not for the caller.
        InvalidStatusError: it is not active, or no host that is online reaches the storage.
        ResourceBusyError: it is on its way already.
        NotSupportedError: another form of it is wanted than that which disks of the storage are made from.
    """
    wanted = read_str(body.get("format") or "", "format", 20)
    image = fetch(platform, tx, caller, IMAGES, _named(body))
    # Disks are qcow2 whatever the image is, which is kept as it is.
    if wanted not in ("", "qcow2", image.disk_format):
        raise NotSupportedError(f"image {image.name} is {image.disk_format}, and is kept as it is", field="format")
    known = _noted(tx, cache, image.id)
    if known is not None and known.status == CacheStatus.ACTIVE:
        return
    host_id, storage_id, kind = _place(tx, cache)
    check_startable(tx, image, formats_for(kind), f"{kind} storage", "image")
    row = note_image(tx, cache.id, image, CacheStatus.CACHING)
    begin(platform, tx, caller, STORAGECACHEDIMAGES, row, "image-cache", {"host_id": host_id, "storage_id": storage_id})


def uncache_image(platform: Platform, tx: Transaction, caller: Caller, cache: Any, body: JsonMapping) -> None:
    """Begin to remove an image from the storage of a cache, whether or not the image is still there elsewhere.

    Raises:
        ResourceNotFoundError: the cache does not hold it.
        NotEmptyError: disks on the cache's storages are made from it, or servers have it in their CD drives.
        InvalidStatusError: it is just on its way there or gone, or no host that is online reaches the storage.
        ResourceBusyError: it is being fetched or removed.
    """
    image = fetch(platform, tx, caller, CACHEDIMAGES, _named(body))
    row = _noted(tx, cache, image.id)
    if row is None:
        raise ResourceNotFoundError(f"cache {cache.name} does not hold image {image.name}", field="image")
    storages = [s.id for s in tx.of(STORAGES, PLATFORM).find(Query(where=eq("storagecache_id", cache.id)))]
    users = tx.of(DISKS, PLATFORM).count(both(eq("template_id", image.id), one_of("storage_id", storages)))
    if users:
        raise NotEmptyError(f"{users} disks are made from image {image.name}", data={"plural": "disks", "count": users})
    drives = tx.of(SERVERS, PLATFORM).count(both(eq("cdrom_image_id", image.id), one_of("cdrom_storage_id", storages)))
    if drives:
        raise NotEmptyError(f"{drives} servers have {image.name} in their CD drives", data={"plural": "servers"})
    host_id, storage_id, _ = _place(tx, cache)
    check_idle(tx, STORAGECACHEDIMAGES, row)
    what = f"image {image.name} of cache {cache.name}"
    transition = CACHE_LIFECYCLE.start("uncache-image", row.status, what=what)
    moved = tx.of(STORAGECACHEDIMAGES, PLATFORM).save(
        evolve(row, status=str(transition.through[0]), status_reason=""), action="uncache"
    )
    params = {"host_id": host_id, "storage_id": storage_id}
    begin(platform, tx, caller, STORAGECACHEDIMAGES, moved, transition.flow, params)


def of_storage(work: Any, platform: Platform, tx: Transaction, caller: Caller, storage: Any, body: JsonMapping) -> None:
    """Do one of these with the cache of a storage.

    Raises:
        InvalidStatusError: it has none.
    """
    cache = tx.of(STORAGECACHES, PLATFORM).get(storage.storagecache_id) if storage.storagecache_id else None
    if cache is None:
        raise InvalidStatusError(f"storage {storage.name} has no cache of images", field="storagecache_id")
    work(platform, tx, caller, cache, body)


def of_host(platform: Platform, tx: Transaction, caller: Caller, host: Any, body: JsonMapping) -> None:
    """Begin to bring an image to every storage of a host that has a cache.

    Raises:
        InvalidStatusError: the host is offline, or none of its storages has a cache.
        Others of `cache_image`.
    """
    for cache in _caches_of(tx, host):
        cache_image(platform, tx, caller, cache, body)


def off_host(platform: Platform, tx: Transaction, caller: Caller, host: Any, body: JsonMapping) -> None:
    """Begin to remove an image from the storages of a host that hold it.

    Raises:
        InvalidStatusError: the host is offline, or none of its storages has a cache.
        ResourceNotFoundError: none of them holds it.
        Others of `uncache_image`.
    """
    image = fetch(platform, tx, caller, CACHEDIMAGES, _named(body))
    holding = [cache for cache in _caches_of(tx, host) if _noted(tx, cache, image.id) is not None]
    if not holding:
        raise ResourceNotFoundError(f"no storage of host {host.name} holds image {image.name}", field="image")
    for cache in holding:
        uncache_image(platform, tx, caller, cache, body)


def _caches_of(tx: Transaction, host: Any) -> Sequence[Any]:
    """The caches of the storages that a host reaches.

    Raises:
        InvalidStatusError: the host is offline, or there are none.
    """
    if host.host_status != AgentStatus.ONLINE:
        raise InvalidStatusError(f"host {host.name} is {host.host_status}", field="host_status")
    links = tx.of(HOSTSTORAGES, PLATFORM).find(Query(where=eq("host_id", host.id)))
    where = both(one_of("id", [link.storage_id for link in links if link.mount_point]), eq("enabled", True))
    storages = tx.of(STORAGES, PLATFORM).find(Query(where=where))
    caches = {storage.storagecache_id for storage in storages if storage.storagecache_id}
    if not caches:
        raise InvalidStatusError(f"no storage of host {host.name} has a cache of images", field="storages")
    return tx.of(STORAGECACHES, PLATFORM).find(Query(where=one_of("id", sorted(caches))))


def _named(body: JsonMapping) -> str:
    return read_str(body.get("image") or body.get("image_id"), "image", 128)


def _noted(tx: Transaction, cache: Any, image_id: str) -> Any:
    where = both(eq("storagecache_id", cache.id), eq("cachedimage_id", image_id))
    known = tx.of(STORAGECACHEDIMAGES, PLATFORM).find(Query(where=where, limit=1))
    return known[0] if known else None


def _place(tx: Transaction, cache: Any) -> tuple[str, str, str]:
    """A host that is online, a storage of the cache that it reaches, and that storage's type.

    Raises:
        InvalidStatusError: there is none.
    """
    for storage in tx.of(STORAGES, PLATFORM).find(Query(where=eq("storagecache_id", cache.id))):
        for host in hosts_of(tx, storage.id):
            return host.id, storage.id, storage.storage_type
    raise InvalidStatusError("no host that is online reaches the storage of this cache")

"""What lists of storages, cached images and policies can be asked besides columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.filter import ListFilter, among, holds, only, over, reaching
from cloudcore.model.query import EVERYTHING, Exists, Expr, Not, Order, Via, both, either, eq, one_of

_HOSTS = Via("hoststorages", "id", "storage_id")

STORAGE_FILTERS: tuple[ListFilter, ...] = (
    reaching(
        "host_schedtag", "Scheduling tag of a host that has it", "schedtags", "schedtag_id",
        _HOSTS, Via("schedtaghosts", "host_id", "host_id"),
    ),
    reaching(
        "server", "Server with a disk on it", "servers", "guest_id",
        Via("disks", "id", "storage_id"), Via("guestdisks", "id", "disk_id"),
    ),
    among(
        "image_id", "Image in its cache", "cachedimage_id",
        Via("storagecachedimages", "storagecache_id", "storagecache_id"),
    ),
    holds("local", "Of one host", eq("storage_type", "local")),
    holds("share", "Of several hosts", Not(eq("storage_type", "local"))),
    only("usable", "Disks are placed on it", both(eq("enabled", True), eq("status", "online"))),
    holds("is_baremetal", "Of machines that are managed whole", eq("storage_type", "baremetal")),
)  # fmt: skip

_COPIES = Via("storagecachedimages", "id", "cachedimage_id")
_OF_CACHE = Via("storages", "storagecache_id", "storagecache_id")
_ZONE = Via("zones", "zone_id")

CACHEDIMAGE_FILTERS: tuple[ListFilter, ...] = (
    holds("valid", "Has a copy that can be used", over((_COPIES,), eq("status", "active"))),
    reaching(
        "host_schedtag", "Scheduling tag of a host with a copy", "schedtags", "schedtag_id",
        _COPIES, _OF_CACHE, _HOSTS, Via("schedtaghosts", "host_id", "host_id"),
    ),
    reaching("zone", "Zone with a copy", "zones", "zone_id", _COPIES, _OF_CACHE),
    reaching("cloudregion", "Region with a copy", "cloudregions", "cloudregion_id", _COPIES, _OF_CACHE, _ZONE),
)  # fmt: skip

CACHE_FILTERS: tuple[ListFilter, ...] = (
    reaching(
        "cloudregion", "Region of a storage of it", "cloudregions", "cloudregion_id",
        Via("storages", "id", "storagecache_id"), _ZONE,
    ),
    reaching("zone", "Zone of a storage of it", "zones", "zone_id", Via("storages", "id", "storagecache_id")),
)  # fmt: skip

COPY_FILTERS: tuple[ListFilter, ...] = (
    reaching("host", "Host that reaches the copy", "hosts", "host_id", _OF_CACHE, _HOSTS),
)


def _bound(_tx: Any, idents: Sequence[str]) -> Expr:
    return either(
        Exists("snapshotpolicydisks", "snapshotpolicy_id", "id", one_of("disk_id", idents)),
        Exists("snapshotpolicyservers", "snapshotpolicy_id", "id", one_of("server_id", idents)),
    )


POLICY_FILTERS: tuple[ListFilter, ...] = (
    ListFilter(name="resource_id", doc="Id of a disk or server that it is bound to", where=_bound),
)
POLICY_ORDERS: tuple[tuple[str, Order], ...] = (
    ("bind_disk_count", Order("", counted=Exists("snapshotpolicydisks", "snapshotpolicy_id", "id", EVERYTHING))),
)

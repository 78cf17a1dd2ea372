"""What lists of storages, cached images and policies can be asked besides columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.filter import ListFilter, among, holds, over, reaching
from cloudcore.model.query import EVERYTHING, Exists, Expr, Not, Order, Via, either, eq, one_of

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
    holds("is_baremetal", "Of machines that are managed whole", eq("storage_type", "baremetal")),
)  # fmt: skip

_COPIES = Via("storagecachedimages", "id", "cachedimage_id")

CACHEDIMAGE_FILTERS: tuple[ListFilter, ...] = (
    holds("valid", "Has a copy that can be used", over((_COPIES,), eq("status", "active"))),
    reaching(
        "host_schedtag", "Scheduling tag of a host with a copy", "schedtags", "schedtag_id",
        _COPIES, Via("storages", "storagecache_id", "storagecache_id"), _HOSTS,
        Via("schedtaghosts", "host_id", "host_id"),
    ),
)  # fmt: skip


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

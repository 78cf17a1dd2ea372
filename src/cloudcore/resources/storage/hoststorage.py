"""Which hosts reach which storages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Entity, entity
from cloudcore.model.errors import NotEmptyError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Exists, Query, both, eq, one_of
from cloudcore.model.resource import Joint, Level, OnDelete, Ref, Resource, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import disk, guestdisk
from cloudcore.resources.storage import storage, storagecache

_STORAGE_KEYS = (
    "capacity",
    "storage_type",
    "medium_type",
    "storagecache_id",
    "storage_conf",
    "is_sys_disk_store",
)


@entity
class Hoststorage(Entity):
    """One storage of one host."""

    host_id: Annotated[
        str,
        Spec("Host", create=True, required=True, width=128, index=True),
        Ref("hosts", on_delete=OnDelete.CASCADE),
    ]
    storage_id: Annotated[
        str,
        Spec("Storage", create=True, required=True, width=128, index=True),
        Ref("storages", show=_STORAGE_KEYS),
    ]
    mount_point: Annotated[str, Spec("Folder on the host", create=True, update=True, admin=True, width=256)] = ""
    is_root_partition: Annotated[bool, Spec("On the root file system", create=True, update=True, admin=True)] = False
    config: Annotated[JsonObject, Spec("Options", create=True, update=True, admin=True)] = attrs.field(
        factory=dict[str, Any]
    )
    real_capacity: Annotated[int, Spec("Size, measured", create=True, update=True, admin=True, unit=Unit.MIB)] = 0


def _details(tx: Transaction, page: Sequence[Hoststorage]) -> Sequence[JsonObject]:
    ids = [link.storage_id for link in page]
    storages = tx.of(storage.STORAGES, PLATFORM).find(Query(where=one_of("id", ids)))
    caches = tx.of(storagecache.STORAGECACHES, PLATFORM).find(
        Query(where=one_of("id", [s.storagecache_id for s in storages if s.storagecache_id]))
    )
    paths = {c.id: c.path for c in caches}
    of_storage = {s.id: paths.get(s.storagecache_id or "", "") for s in storages}
    filled = {s.id: amount for s, amount in zip(storages, storage.amounts(tx, storages), strict=True)}
    filled = {s.id: amount for s, amount in zip(storages, storage.amounts(tx, storages), strict=True)}
    return [
        {"imagecache_path": of_storage.get(link.storage_id, ""), **_filled(filled.get(link.storage_id, {}))}
        for link in page
    ]


def _filled(amounts: JsonMapping) -> JsonObject:
    return {
        "cmtbound": amounts.get("commit_bound", 0.0),
        "used_capacity": amounts.get("used_capacity", 0),
        "free_capacity": amounts.get("free_capacity", 0),
    }


def _check_delete(tx: Transaction, _caller: Any, link: Hoststorage) -> None:
    on_it = Exists(disk.DISKS.plural, "id", "disk_id", eq("storage_id", link.storage_id))
    of_host = Exists("servers", "id", "guest_id", eq("host_id", link.host_id))
    if tx.of(guestdisk.GUESTDISKS, PLATFORM).count(both(on_it, of_host)):
        raise NotEmptyError("servers of the host have disks on this storage")


HOSTSTORAGES = Resource(
    entity=Hoststorage,
    service="compute",
    area="storage",
    singular="hoststorage",
    plural="hoststorages",
    doc="Storages of hosts.",
    level=Level.DOMAIN,
    columns=("host_id", "storage_id", "mount_point", "is_root_partition"),
    unique=(("host_id", "storage_id"),),
    joint=Joint(left="host_id", right="storage_id", left_path="hosts", right_path="storages"),
    details=_details,
    check_delete=_check_delete,
)

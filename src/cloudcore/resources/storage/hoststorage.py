"""Which hosts reach which storages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Entity, entity
from cloudcore.model.errors import Contention, DuplicateResourceError, InvalidInputError, NotEmptyError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Compare, Exists, Op, Query, both, eq, one_of
from cloudcore.model.resource import Joint, Level, OnDelete, Ref, Resource, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import disk, guestdisk, server
from cloudcore.resources.storage import storage, storagecache, storageclaim

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


def _others(tx: Transaction, storage_id: str, host_id: str) -> Sequence[Hoststorage]:
    where = both(eq("storage_id", storage_id), Compare("host_id", Op.NE, host_id))
    return tx.of(HOSTSTORAGES, PLATFORM).find(Query(where=where, limit=1))


def _prepare(tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    place = tx.of(storage.STORAGES, PLATFORM).get(draft["storage_id"])
    if place is None or place.storage_type not in storage.LOCAL:
        return draft
    _take_turn(tx, place.id)
    if _others(tx, place.id, draft["host_id"]):
        raise InvalidInputError(
            f"storage {place.name} is {place.storage_type} and attached to another host already", field="storage_id"
        )
    return draft


def _take_turn(tx: Transaction, storage_id: str) -> None:
    """Let those who attach one storage at the same time see each other: its ledger's row is held until the unit ends."""
    ledgers = tx.of(storageclaim.STORAGECLAIMS, PLATFORM)
    if not ledgers.adjust(storage_id, {"size_mib": 0}):
        try:
            ledgers.add(storageclaim.Storageclaim(id=storage_id))
        except DuplicateResourceError as error:
            raise Contention("somebody else attaches the storage", internal=storage_id) from error


def _check_update(tx: Transaction, _caller: Any, link: Hoststorage, changes: JsonObject) -> JsonObject:
    if link.mount_point and changes.get("mount_point", link.mount_point) != link.mount_point:
        _check_delete(tx, _caller, link)
    return changes


def _check_delete(tx: Transaction, _caller: Any, link: Hoststorage) -> None:
    on_it = Exists(disk.DISKS.plural, "id", "disk_id", eq("storage_id", link.storage_id))
    of_host = Exists("servers", "id", "guest_id", eq("host_id", link.host_id))
    if tx.of(guestdisk.GUESTDISKS, PLATFORM).count(both(on_it, of_host)):
        raise NotEmptyError("servers of the host have disks on this storage")
    drives = both(eq("host_id", link.host_id), eq("cdrom_storage_id", link.storage_id))
    if tx.of(server.SERVERS, PLATFORM).count(drives):
        raise NotEmptyError("servers of the host have an image of this storage in their CD drives")
    lying = tx.of(disk.DISKS, PLATFORM).count(eq("storage_id", link.storage_id))
    if lying and not _others(tx, link.storage_id, link.host_id):
        raise NotEmptyError(
            "disks lie on this storage, which no other host reaches", data={"storage_id": link.storage_id}
        )


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
    prepare=_prepare,
    check_update=_check_update,
    check_delete=_check_delete,
)

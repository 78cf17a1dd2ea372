"""Storages: where disks lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import DomainOwned, Enabled, External, Sharable, Statused, entity, evolve
from cloudcore.model.errors import NotEmptyError, NotSupportedError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Query, eq, one_of
from cloudcore.model.resource import Action, Level, OnDelete, Ref, Resource, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import CACHE, CACHED, COMMIT_BOUND, SET_SCHEDTAG
from cloudcore.resources.compute import disk, schedtag, server
from cloudcore.resources.infrastructure import host
from cloudcore.resources.storage import hoststorage, storagecache, storageclaim
from cloudcore.resources.storage.filters import STORAGE_FILTERS

DEFAULT_CMTBOUND = 1.0
SUPPORTED_TYPES = ("local",)
LOCAL = ("local",)
"""Technologies whose storage is one host's own."""
_FILES = ("qcow2", "raw", "iso")
_IMAGE_FORMATS: Mapping[str, tuple[str, ...]] = {"local": _FILES}


class StorageStatus(StrEnum):
    """Statuses of a storage; disks are only placed on one that is online."""

    ONLINE = "online"
    OFFLINE = "offline"


@entity
class Storage(Sharable, Statused, Enabled, External, DomainOwned):
    """One place for disks. Sizes in MiB; a commit bound that is absent is the deployment's."""

    status: Annotated[str, Spec("Status", width=36, index=True)] = StorageStatus.ONLINE.value
    zone_id: Annotated[
        str,
        Spec("Zone", create=True, width=128, index=True),
        Ref("zones", show=("cloudregion", "cloudregion_id", "region", "region_id", "provider")),
    ]
    capacity: Annotated[int, Spec("Size", create=True, required=True, update=True, admin=True, unit=Unit.MIB)]
    actual_capacity_used: Annotated[
        int, Spec("Really in use", create=True, update=True, admin=True, unit=Unit.MIB, volatile=True)
    ] = 0
    reserved: Annotated[int, Spec("Withheld from disks", create=True, update=True, admin=True, unit=Unit.MIB)] = 0
    storage_type: Annotated[str, Spec("Technology", create=True, required=True, admin=True, width=32, index=True)]
    medium_type: Annotated[
        str,
        Spec("Medium", create=True, update=True, admin=True, width=32, choices=("rotate", "ssd", "hybrid")),
    ] = "ssd"
    cmtbound: Annotated[float | None, Spec("Overcommit", unit=Unit.RATIO, minimum=0, maximum=1000)] = None
    storage_conf: Annotated[JsonObject, Spec("Options of the technology", update=True)] = attrs.field(
        factory=dict[str, Any]
    )
    storagecache_id: Annotated[
        str | None,
        Spec("Cache of images", create=True, update=True, admin=True, width=128),
        Ref("storagecaches", on_delete=OnDelete.REFUSE),
    ] = None
    master_host: Annotated[str, Spec("Id of the host that fills the cache of a shared storage", width=128)] = ""
    is_sys_disk_store: Annotated[bool, Spec("May hold system disks", create=True, update=True)] = True


def formats_for(storage_type: str) -> tuple[str, ...]:
    """The formats of images that a storage's cache takes, the preferred first."""
    return _IMAGE_FORMATS.get(storage_type, _FILES)


def amounts(tx: Transaction, page: Sequence[Storage]) -> Sequence[JsonObject]:
    """Capacity given out and left, for each storage of a page; one query. Sizes in MiB."""
    ids = [s.id for s in page]
    claims = tx.of(storageclaim.STORAGECLAIMS, PLATFORM).find(Query(where=one_of("id", ids)))
    claimed = {claim.id: claim.size_mib for claim in claims}
    return [_amounts(s, claimed.get(s.id, 0)) for s in page]


def _amounts(storage: Storage, used: int) -> JsonObject:
    bound = DEFAULT_CMTBOUND if storage.cmtbound is None else storage.cmtbound
    virtual = max(0, int(storage.capacity * bound) - storage.reserved)
    return {
        "commit_bound": bound,
        "virtual_capacity": virtual,
        "used": used,
        "used_capacity": used,
        "wasted": 0,
        "waste_capacity": 0,
        "free_capacity": max(0, virtual - used),
        "commit_rate": round(used / storage.capacity, 4) if storage.capacity else 0.0,
        "real_time_used_capacity": storage.actual_capacity_used,
    }


def _details(tx: Transaction, page: Sequence[Storage]) -> Sequence[JsonObject]:
    ids = [s.id for s in page]
    links = tx.of(hoststorage.HOSTSTORAGES, PLATFORM).find(Query(where=one_of("storage_id", ids)))
    wanted = [*(link.host_id for link in links), *(s.master_host for s in page if s.master_host)]
    hosts = {h.id: h for h in tx.of(host.HOSTS, PLATFORM).find(Query(where=one_of("id", wanted)))}
    attached: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for link in links:
        if (found := hosts.get(link.host_id)) is not None:
            attached[link.storage_id].append(
                {"id": found.id, "name": found.name, "status": found.status, "host_status": str(found.host_status)}
            )
    disks = tx.of(disk.DISKS, PLATFORM).totals(one_of("storage_id", ids), by=("storage_id",))
    numbers = {row["storage_id"]: int(row["count"]) for row in disks}
    marks = dict(zip(ids, schedtag.shown(tx, "storages", ids), strict=True))
    return [
        {
            **extra,
            **marks[s.id],
            "hosts": attached[s.id],
            "host_count": len(attached[s.id]),
            "disk_count": numbers.get(s.id, 0),
            "snapshot_count": 0,
            "master_host_name": hosts[s.master_host].name if s.master_host in hosts else "",
        }
        for s, extra in zip(page, amounts(tx, page), strict=True)
    ]


def _prepare(_tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    if draft["storage_type"] not in SUPPORTED_TYPES:
        raise NotSupportedError(
            f"storage_type {draft['storage_type']!a} is not available; there is {', '.join(SUPPORTED_TYPES)}",
            field="storage_type",
        )
    return draft


def _check_update(_tx: Transaction, _caller: Any, _storage: Storage, changes: JsonObject) -> JsonObject:
    """Clients in Go send a size that was not said as 0."""
    return {name: value for name, value in changes.items() if name != "capacity" or value}


def _check_delete(tx: Transaction, _caller: Any, storage: Storage) -> None:
    if tx.of(disk.DISKS, PLATFORM).count(eq("storage_id", storage.id)):
        raise NotEmptyError(f"disks lie on storage {storage.name}")
    if tx.of(hoststorage.HOSTSTORAGES, PLATFORM).count(eq("storage_id", storage.id)):
        raise NotEmptyError(f"hosts are attached to storage {storage.name}")
    if tx.of(server.SERVERS, PLATFORM).count(eq("cdrom_storage_id", storage.id)):
        raise NotEmptyError(f"servers have an image of storage {storage.name} in their CD drives")


def _parts(tx: Transaction, storage: Storage) -> list[tuple[Any, Any]]:
    """Its ledger; and its cache, with what is noted there, if no other storage has that one."""
    claim = tx.of(storageclaim.STORAGECLAIMS, PLATFORM).get(storage.id)
    found: list[tuple[Any, Any]] = [] if claim is None else [(storageclaim.STORAGECLAIMS, claim)]
    cache = tx.of(storagecache.STORAGECACHES, PLATFORM).get(storage.storagecache_id or "")
    if cache is not None and tx.of(STORAGES, PLATFORM).count(eq("storagecache_id", cache.id)) == 1:
        found.append((storagecache.STORAGECACHES, cache))
    return found


def _switch(status: StorageStatus) -> Callable[..., None]:
    """Set the status that its hosts report."""

    def run(tx: Transaction, _caller: Any, storage: Storage, _body: Any) -> None:
        tx.of(STORAGES, PLATFORM).save(evolve(storage, status=status.value), action=status.value)

    return run


_BOUND = (param("cmtbound", "Of its capacity", float, minimum=0, maximum=1000, unit=Unit.RATIO),)

STORAGES = Resource(
    entity=Storage,
    service="compute",
    area="storage",
    singular="storage",
    plural="storages",
    doc="Where disks lie.",
    example={"name": "fast", "zone_id": "zone0", "storage_type": "local", "capacity": 102400},
    level=Level.DOMAIN,
    filters=STORAGE_FILTERS,
    columns=("id", "name", "capacity", "status", "enabled", "storage_type", "medium_type", "zone_id"),
    unique=(("name", "domain_id"),),
    lifecycle=Lifecycle(
        states=StorageStatus, initial=StorageStatus.ONLINE, stable=tuple(StorageStatus), transitions=()
    ),
    actions=(
        SET_SCHEDTAG,
        Action(name="online", doc="Its hosts reach it.", run=_switch(StorageStatus.ONLINE), params=()),
        Action(
            name="offline",
            doc="Its hosts don't reach it: it gets no new disks.",
            run=_switch(StorageStatus.OFFLINE),
            params=(),
        ),
        Action(name="cache-image", doc="Fetch an image before a server needs it.", params=CACHE),
        Action(name="uncache-image", doc="Remove an image that no disk is made from.", params=CACHED),
        Action(name=COMMIT_BOUND, doc="Say how far more may be promised than it has.", params=_BOUND),
    ),
    prepare=_prepare,
    check_update=_check_update,
    details=_details,
    check_delete=_check_delete,
    parts=_parts,
)

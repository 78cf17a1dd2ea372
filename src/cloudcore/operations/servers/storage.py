"""Disks of a server that move to another storage of its host."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    CloudcoreError,
    ConflictError,
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotEmptyError,
    NotSupportedError,
)
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.reading import read_flag, read_str
from cloudcore.operations.access import fetch, fetch_for
from cloudcore.operations.begin import check_idle, start_transition
from cloudcore.operations.generic import check_in_use
from cloudcore.operations.platform import Platform
from cloudcore.operations.room import storage_limit
from cloudcore.operations.servers.disks import is_on, links_of, named_disk, storages_of_host
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import claim_storage
from cloudcore.resources.compute.disk import DISKS, USABLE
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.snapshot import SNAPSHOTS
from cloudcore.resources.storage.storage import STORAGES, StorageStatus
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS

_FIELD = "target_storage_id"


def change_disk_storage(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to move one disk of a server to another storage of its host.

    Raises:
        InvalidInputError: the disk is not attached to this server, or the host does not reach the storage.
        InvalidStatusError: the server is suspended, the storage is not usable, or the disk is not ready.
        ConflictError: the disk lies there already.
        NotEmptyError: there are snapshots of the disk, which lie where it lies.
        InsufficientResourceError: the storage has no room.
    """
    target = _wanted(platform, tx, caller, server, body)
    disk = named_disk(platform, tx, caller, body, "update")
    if disk.id not in [link.disk_id for link in links_of(tx, server)]:
        raise InvalidInputError(f"disk {disk.name} is not attached to server {server.name}", field="disk_id")
    if disk.storage_id == target.id:
        raise ConflictError(f"disk {disk.name} lies on storage {target.name} already", field=_FIELD)
    _begin(platform, tx, caller, server, target, [disk])


def change_storage(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to move all disks of a server to another storage of its host: all or none.

    Raises:
        As for `change_disk_storage`.
        ConflictError: all of them lie there already.
    """
    target = _wanted(platform, tx, caller, server, body)
    idents = [link.disk_id for link in links_of(tx, server)]
    disks = [
        fetch_for(platform, tx, caller, DISKS, disk.id, "update")
        for disk in tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", idents)))
        if disk.storage_id != target.id
    ]
    if not disks:
        raise ConflictError(f"all disks of server {server.name} lie on storage {target.name} already", field=_FIELD)
    _begin(platform, tx, caller, server, target, disks)


def _wanted(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> Any:
    """The storage that a body names, once it is sure that disks can move there."""
    if read_flag(body, "keep_origin_disk"):
        raise NotSupportedError("a disk is moved, its old volume is not kept: clone it first", field="keep_origin_disk")
    ident = read_str(body.get(_FIELD) or body.get("target_storage") or "", _FIELD, 128)
    if not ident:
        raise MissingParameterError(f"{_FIELD} is missing", field=_FIELD)
    try:
        target = fetch(platform, tx, caller, STORAGES, ident)
    except CloudcoreError as error:
        error.field = _FIELD
        raise
    if target.id not in storages_of_host(tx, server.host_id or ""):
        raise InvalidInputError(f"the server's host does not reach storage {target.name}", field=_FIELD)
    if not target.enabled or target.status != StorageStatus.ONLINE:
        state = target.status if target.enabled else "disabled"
        raise InvalidStatusError(f"storage {target.name} is {state}: it takes no disks", field=_FIELD)
    return target


def _begin(platform: Platform, tx: Transaction, caller: Caller, server: Any, target: Any, disks: Sequence[Any]) -> None:
    for disk in disks:
        _check(tx, disk, target)
    size = sum(disk.disk_size for disk in disks)
    limit = storage_limit(target, platform.settings)
    if not claim_storage(tx, target.id, size_mib=size, limit_mib=limit):
        claim = tx.of(STORAGECLAIMS, PLATFORM).get(target.id)
        free = max(limit - (claim.size_mib if claim is not None else 0), 0)
        raise InsufficientResourceError(
            f"{size} MiB do not fit on storage {target.name}, which has {free} MiB free",
            field=_FIELD,
            data={"size_mib": size, "free_mib": free},
        )
    params = {
        _FIELD: target.id,
        "live": is_on(server),
        "disks": [[disk.id, disk.storage_id, disk.access_path] for disk in disks],
    }
    start_transition(platform, tx, caller, SERVERS, server, "change-disk-storage", params)


def _check(tx: Transaction, disk: Any, target: Any) -> None:
    check_in_use(disk)
    check_idle(tx, DISKS, disk)
    if disk.status not in USABLE:
        raise InvalidStatusError(f"disk {disk.name} is {disk.status}, not ready", field="disk_id")
    if disk.disk_type == "sys" and not target.is_sys_disk_store:
        raise InvalidInputError(f"storage {target.name} takes no system disks", field=_FIELD)
    number = tx.of(SNAPSHOTS, PLATFORM).count(one_of("disk_id", [disk.id]))
    if number:
        raise NotEmptyError(
            f"disk {disk.name} has {number} snapshots, which lie where it lies: delete them first",
            field="disk_id",
            data={"plural": "snapshots", "count": number},
        )

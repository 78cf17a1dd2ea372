"""Disks that grow, on their own or under a server."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    OutOfRangeError,
)
from cloudcore.model.json import Json, JsonMapping
from cloudcore.model.query import PLATFORM
from cloudcore.operations.access import fetch_for
from cloudcore.operations.begin import start_transition
from cloudcore.operations.generic import check_not_frozen, check_not_recycled
from cloudcore.operations.hosts import hosts_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.room import storage_limit
from cloudcore.operations.servers.disks import links_of, named_disk
from cloudcore.operations.snapshots import server_with
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import claim_storage
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS, USABLE, DiskStatus
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.spec import parse_disk_mib
from cloudcore.resources.storage.storage import STORAGES
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS


def resize_of_server(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to enlarge a disk of a server.

    Raises:
        InvalidInputError: the disk is not attached to this server.
        OutOfRangeError: it would shrink, or grow beyond what its driver allows.
        InsufficientResourceError: its storage has no room.
        OutOfQuotaError: a limit would be exceeded.
    """
    disk = named_disk(platform, tx, caller, body, "update")
    if disk.id not in [link.disk_id for link in links_of(tx, server)]:
        raise InvalidInputError(f"disk {disk.name} is not attached to server {server.name}", field="disk_id")
    _begin(platform, tx, caller, disk, server, body.get("size"))


def resize_disk(platform: Platform, tx: Transaction, caller: Caller, disk: Any, body: JsonMapping) -> None:
    """Begin to enlarge a disk; where a server has it, who may resize that server's disks.

    Raises:
        As for `resize_of_server`.
        InvalidStatusError: no host that is online reaches its storage.
    """
    server = server_with(tx, disk)
    if server is not None:
        server = fetch_for(platform, tx, caller, SERVERS, server.id, "perform", "resize-disk")
        check_not_frozen(server)
    _begin(platform, tx, caller, disk, server, body.get("size"))


def growth(platform: Platform, tx: Transaction, disk: Any, server: Any, size: Json, field: str) -> int:
    """The wanted size of a disk in MiB; what it grows by is claimed of its storage, its quota is the caller's to charge.

    Raises:
        MissingParameterError: no size.
        OutOfRangeError: it would shrink, or grow beyond what its driver allows.
        InsufficientResourceError: its storage has no room.
    """
    wanted = parse_disk_mib(size, field) if size not in (None, "") else None
    if wanted is None:
        raise MissingParameterError(f"{field} is missing", field=field)
    if wanted < disk.disk_size:
        raise OutOfRangeError(f"{field}: disk {disk.name} has {disk.disk_size} MiB and does not shrink", field=field)
    driver_for(server.hypervisor if server is not None else "kvm").check_disk_size(wanted, root=False)
    check_not_frozen(disk)
    check_not_recycled(disk)
    if disk.status not in USABLE:
        raise InvalidStatusError(f"disk {disk.name} is {disk.status}, not ready", field="disk_id")
    more = wanted - disk.disk_size
    storage = tx.of(STORAGES, PLATFORM).get(disk.storage_id)
    limit = storage_limit(storage, platform.settings) if storage is not None else 0
    if more and not claim_storage(tx, disk.storage_id, size_mib=more, limit_mib=limit):
        claim = tx.of(STORAGECLAIMS, PLATFORM).get(disk.storage_id)
        free = max(limit - (claim.size_mib if claim is not None else 0), 0)
        raise InsufficientResourceError(
            f"disk {disk.name} grows by {more} MiB; its storage has {free} MiB free",
            field=field,
            data={"size_mib": more, "free_mib": free},
        )
    return wanted


def _begin(platform: Platform, tx: Transaction, caller: Caller, disk: Any, server: Any, size: Json) -> None:
    wanted = growth(platform, tx, disk, server, size, "size")
    more = wanted - disk.disk_size
    if not more:
        return
    if server is not None:
        # Who waits for the disk sees that something is under way.
        tx.of(DISKS, PLATFORM).save(evolve(disk, status=DiskStatus.START_RESIZE.value), action="resize")
        params = {"disk_id": disk.id, "size_mib": wanted}
        start_transition(platform, tx, caller, SERVERS, server, "resize-disk", params)
    else:
        hosts = hosts_of(tx, disk.storage_id)
        if not hosts:
            raise InvalidStatusError("no host that is online reaches the disk's storage", field="storage_id")
        start_transition(platform, tx, caller, DISKS, disk, "resize", {"host_id": hosts[0].id, "size_mib": wanted})
    grown = {DISKS.plural: [disk.id]}
    charge(tx, disk.domain_id, disk.tenant_id, {"storage": more}, lambda: grown, inserted=False)

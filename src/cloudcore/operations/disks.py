"""Disks that no server uses: made and deleted on their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    InsufficientResourceError,
    InvalidStatusError,
    MissingParameterError,
    NotEmptyError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.param import read_params
from cloudcore.model.query import PLATFORM, Query, either, eq
from cloudcore.model.reading import read_flag, read_str, said
from cloudcore.model.wire import read_create
from cloudcore.operations.access import fetch, fetch_for, reach
from cloudcore.operations.begin import begin, check_idle, start_transition
from cloudcore.operations.creating import new_name, owner
from cloudcore.operations.generic import check_deletable, check_not_frozen
from cloudcore.operations.hosts import hosts_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.recycling import goes_to_bin
from cloudcore.operations.refs import shared_with
from cloudcore.operations.room import storage_limit
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.servers.source import Source, disk_source, located
from cloudcore.operations.staying import keep_owner
from cloudcore.operations.tags import first_tags
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import claim_storage
from cloudcore.quotas.holdings import drop_disk, recycle_disk
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS, USABLE, Disk, DiskStatus
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.snapshot import check_none_copied, check_none_lost
from cloudcore.resources.compute.spec import DiskSpec, parse_disk
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.storage.storage import STORAGES, StorageStatus
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS


def create_disk(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make a disk that no server uses, and begin to fill it.

    Raises:
        InsufficientResourceError: no storage of a host that is online has room.
        OutOfQuotaError: a limit would be exceeded.
    """
    granted = reach(platform, caller, DISKS, "create")
    body = read_params(DISKS.extra_params, body)
    told = read_create(DISKS, body, admin=granted.scope.covers(Scope.DOMAIN))
    entry = {k: v for k, v in body.items() if k not in ("name", "description", "generate_name")}
    spec = parse_disk(entry, 0)
    driver = driver_for(read_str(said(body, "hypervisor", otherwise="kvm"), "hypervisor", 16))
    if spec.backup_id or spec.disk_id or spec.existing_path:
        raise NotSupportedError("a disk is made empty, or from an image or a snapshot")
    source = disk_source(platform, tx, caller, spec, driver, attached=False)
    spec = located(spec, source)
    size = _size(spec, source)
    driver.check_disk_size(size, root=False)
    belongs = owner(platform, caller, DISKS, body, granted.scope)
    hosts = [h for h in _hosts(tx, belongs["domain_id"]) if h.host_type == driver.host_type]
    zone = _zone(platform, tx, caller, str(body.get("prefer_zone_id") or ""))
    near = [h for h in hosts if zone in ("", h.zone_id)]
    place = _place(platform, tx, spec, size, near, str(body.get("prefer_host_id") or ""))
    name = new_name(platform, tx, DISKS, {**belongs, "name": told.get("name")}, body)
    disk = Disk(
        id=tx.new_id(),
        name=name,
        metadata=first_tags(body),
        storage_id=place[1],
        disk_size=size,
        disk_format="qcow2" if source is not None else driver.choose("disk_formats", spec.format),
        disk_type=spec.disk_type or "data",
        template_id=source.image_id if source is not None else "",
        snapshot_id=source.snapshot_id if source is not None else "",
        fs_format=spec.fs,
        status=DiskStatus.START_ALLOC.value,
        auto_delete=bool(spec.auto_delete),
        **{name: told[name] for name in ("description", "is_ssd", "iops", "throughput") if name in told},
        **belongs,
    )
    stored = tx.of(DISKS, PLATFORM).add(disk)
    begin(platform, tx, caller, DISKS, stored, "disk-create", {"host_id": place[0]})
    charge(tx, stored.domain_id, stored.tenant_id, {"storage": size}, lambda: {DISKS.plural: [stored.id]})
    keep_owner(tx, stored, charged=True)
    return detail_rows(platform, tx, DISKS, [stored])[0]


def delete_disk(platform: Platform, tx: Transaction, caller: Caller, ident: str, options: JsonMapping) -> JsonObject:
    """Begin to delete a disk that no server uses, or put it into the recycle bin.

    Raises:
        NotEmptyError: a server uses it, or it has snapshots and `delete_snapshots` was not sent.
        InvalidStatusError: its status does not allow it, or no host that is online reaches its storage.
    """
    disk = fetch_for(platform, tx, caller, DISKS, ident, "delete")
    check_not_frozen(disk)
    check_deletable(disk)
    if tx.of(GUESTDISKS, PLATFORM).count(eq("disk_id", disk.id)):
        raise NotEmptyError(f"disk {disk.name} is attached to a server")
    if not read_flag(options, "delete_snapshots"):
        check_none_lost(tx, [disk.id], f"disk {disk.name}")
    check_none_copied(tx, [disk.id])
    if disk.status in USABLE and goes_to_bin(platform, disk, options):
        check_idle(tx, DISKS, disk)
        return detail_rows(platform, tx, DISKS, [recycle_disk(tx, disk)])[0]
    if disk.status == DiskStatus.ALLOC_FAILED:
        return detail_rows(platform, tx, DISKS, [_forgotten(tx, disk)])[0]
    hosts = hosts_of(tx, disk.storage_id)
    if not hosts:
        raise InvalidStatusError("no host that is online reaches the disk's storage")
    moved = start_transition(platform, tx, caller, DISKS, disk, "delete", {"host_id": hosts[0].id})
    return detail_rows(platform, tx, DISKS, [moved])[0]


def _forgotten(tx: Transaction, disk: Any) -> Any:
    """Drop a disk that was never made, and so holds nothing any more; gives it as if its deletion had begun."""
    assert DISKS.lifecycle is not None
    transition = DISKS.lifecycle.start("delete", disk.status, what=f"disk {disk.name}")
    check_idle(tx, DISKS, disk)
    drop_disk(tx, disk, held=False)
    return evolve(disk, status=str(transition.through[0]), status_reason="")


def _size(spec: DiskSpec, source: Source | None) -> int:
    if spec.size_mib is None:
        if source is None:
            raise MissingParameterError("size is missing", field="size")
        return source.least
    if source is not None and spec.size_mib < source.least:
        raise OutOfRangeError(f"size must be at least {source.least} MiB for {source.what}", field="size")
    return spec.size_mib


def _zone(platform: Platform, tx: Transaction, caller: Caller, ident: str) -> str:
    """The id of the zone that was asked for; empty for any."""
    try:
        return fetch(platform, tx, caller, ZONES, ident).id if ident else ""
    except ResourceNotFoundError as error:
        error.field = "prefer_zone_id"
        raise


def _hosts(tx: Transaction, domain_id: str) -> Sequence[Any]:
    """The hosts that a domain may use, as the scheduler has it for servers."""
    usable = either(eq("domain_id", domain_id), shared_with(HOSTS, "", domain_id))
    return tx.of(HOSTS, usable).find()


def _place(
    platform: Platform, tx: Transaction, spec: DiskSpec, size: int, usable: Sequence[Any], prefer_host: str
) -> tuple[str, str]:
    """A host of these and a storage of it, the emptiest first; its space is claimed."""
    idents = {host.id for host in usable}
    claims = {c.id: c.size_mib for c in tx.of(STORAGECLAIMS, PLATFORM).find()}
    storages = [
        s
        for s in tx.of(STORAGES, PLATFORM).find(Query(where=eq("status", StorageStatus.ONLINE.value)))
        if s.enabled
        and (not spec.storage_id or spec.storage_id in (s.id, s.name))
        and (not spec.backend or spec.backend == s.storage_type)
        and (not spec.medium or spec.medium == s.medium_type)
    ]
    for storage in sorted(storages, key=lambda s: (claims.get(s.id, 0) - s.capacity, s.id)):
        hosts = [h for h in hosts_of(tx, storage.id) if h.id in idents]
        hosts = [h for h in hosts if not prefer_host or prefer_host in (h.id, h.name)]
        limit = storage_limit(storage, platform.settings)
        if hosts and claim_storage(tx, storage.id, size_mib=size, limit_mib=limit):
            return hosts[0].id, storage.id
    raise InsufficientResourceError(
        f"no storage has {size} MiB free: {len(storages)} storages of the wanted kind were tried",
        data={"size_mib": size},
    )

"""Disks that no server uses: made and deleted on their own."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    InvalidStatusError,
    MissingParameterError,
    NotEmptyError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.param import read_params
from cloudcore.model.query import PLATFORM, eq
from cloudcore.model.reading import read_flag, read_str, said
from cloudcore.model.wire import read_create
from cloudcore.operations.access import fetch, fetch_for, reach
from cloudcore.operations.begin import begin, check_idle, start_transition
from cloudcore.operations.creating import new_name, owner
from cloudcore.operations.disk_places import Place, claim_place
from cloudcore.operations.generic import check_deletable, check_not_frozen
from cloudcore.operations.hosts import hosts_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.recycling import goes_to_bin
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.servers.source import Source, disk_source, located
from cloudcore.operations.staying import keep_owner
from cloudcore.operations.tags import first_tags
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import drop_disk, recycle_disk
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS, USABLE, Disk, DiskStatus
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.snapshot import check_none_copied, check_none_lost
from cloudcore.resources.compute.spec import DiskSpec, parse_disk
from cloudcore.resources.infrastructure.zone import ZONES


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
    wanted = Place(
        host_type=driver.host_type,
        domain_id=str(belongs["domain_id"]),
        zone=_zone(platform, tx, caller, str(body.get("prefer_zone_id") or "")),
        host=str(body.get("prefer_host_id") or ""),
    )
    host_id, storage_id = claim_place(platform, tx, spec, size, wanted)
    name = new_name(platform, tx, DISKS, {**belongs, "name": told.get("name")}, body)
    disk = Disk(
        id=tx.new_id(),
        name=name,
        metadata=first_tags(body),
        storage_id=storage_id,
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
    begin(platform, tx, caller, DISKS, stored, "disk-create", {"host_id": host_id})
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

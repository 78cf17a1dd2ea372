"""Disks that no server uses: made and deleted on their own."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    InvalidStatusError,
    MissingParameterError,
    NotEmptyError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.param import read_params
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.model.reading import read_flag, read_list_of_str, read_str, said
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
from cloudcore.operations.servers.unsupported import check_disk
from cloudcore.operations.staying import keep_owner
from cloudcore.operations.tags import first_tags
from cloudcore.operations.unoffered import check_offered
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import drop_disk, recycle_disk
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS, USABLE, Disk, DiskStatus
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.snapshot import check_none_copied, check_none_lost
from cloudcore.resources.compute.spec import DiskSpec, parse_disk
from cloudcore.resources.infrastructure.cloudregion import CLOUDREGIONS
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.network.wire import WIRES


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
    check_offered(DISKS.plural, body)
    check_disk(spec, within="")
    source = disk_source(platform, tx, caller, spec, driver, attached=False)
    spec = located(spec, source)
    size = _size(spec, source)
    driver.check_disk_size(size, root=False)
    belongs = owner(platform, caller, DISKS, body, granted.scope)
    wanted = Place(
        host_type=driver.host_type,
        domain_id=str(belongs["domain_id"]),
        zones=_zones(platform, tx, caller, body),
        wire=_named(platform, tx, caller, WIRES, body, "prefer_wire_id"),
        host=read_str(body.get("prefer_host_id") or "", "prefer_host_id", 128),
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


def _zones(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> Collection[str] | None:
    """The ids of the zones that region, zone and zones leave, all of which may be asked for; None for any."""
    wanted: list[set[str]] = []
    if region := _named(platform, tx, caller, CLOUDREGIONS, body, "prefer_region_id"):
        inside = tx.of(ZONES, PLATFORM).columns(("id",), Query(where=eq("cloudregion_id", region)))
        wanted.append({ident for (ident,) in inside})
    if zone := _named(platform, tx, caller, ZONES, body, "prefer_zone_id"):
        wanted.append({zone})
    listed = read_list_of_str(body.get("prefer_zones") or [], "prefer_zones", 64, 128)
    if listed:
        wanted.append({_found(platform, tx, caller, ZONES, one, f"prefer_zones.{n}") for n, one in enumerate(listed)})
    return {ident for ident in wanted[0] if all(ident in others for others in wanted)} if wanted else None


def _named(platform: Platform, tx: Transaction, caller: Caller, kind: Any, body: JsonMapping, field: str) -> str:
    """The id of what a field names; empty where it names nothing."""
    sent = read_str(body.get(field) or "", field, 128)
    return _found(platform, tx, caller, kind, sent, field) if sent else ""


def _found(platform: Platform, tx: Transaction, caller: Caller, kind: Any, ident: str, field: str) -> str:
    try:
        return str(fetch(platform, tx, caller, kind, ident).id)
    except ResourceNotFoundError as error:
        error.field = field
        raise

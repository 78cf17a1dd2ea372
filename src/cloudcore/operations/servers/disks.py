"""Disks of servers: attached, detached, made, enlarged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    ConflictError,
    Contention,
    DuplicateResourceError,
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
)
from cloudcore.model.json import Json, JsonMapping
from cloudcore.model.query import PLATFORM, Order, Query, both, eq, one_of
from cloudcore.model.reading import read_flag, read_int, read_str
from cloudcore.operations.access import fetch_for
from cloudcore.operations.begin import check_idle, start_transition
from cloudcore.operations.generic import check_not_frozen, check_not_recycled
from cloudcore.operations.platform import Platform
from cloudcore.operations.recycling import goes_to_bin
from cloudcore.operations.room import storage_limit
from cloudcore.operations.servers.source import Source, disk_size, disk_source, located
from cloudcore.operations.servers.unsupported import check_disk
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import claim_storage
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS, USABLE, Disk, DiskStatus
from cloudcore.resources.compute.drivers import Driver, driver_for
from cloudcore.resources.compute.guestdisk import GUESTDISKS, Guestdisk
from cloudcore.resources.compute.server import SERVERS, PowerState
from cloudcore.resources.compute.snapshot import check_none_lost
from cloudcore.resources.compute.spec import DiskSpec, check_boot_order, collect, parse_disk
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.storage import STORAGES, StorageStatus
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS

MAX_INDEX = 127


def attach_disk(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to attach a disk that no server uses.

    Raises:
        ResourceNotFoundError: the disk is not there, or not for the caller.
        ConflictError: a server uses it already.
        InvalidInputError: it is of another project, out of reach of the server's host, or one too many.
        InvalidStatusError: the disk is not ready, or its bus cannot be plugged into while the server runs.
    """
    disk = named_disk(platform, tx, caller, body, "update")
    driver = driver_for(server.hypervisor)
    links = links_of(tx, server)
    check_free(tx, disk, server.tenant_id)
    if disk.storage_id not in storages_of_host(tx, server.host_id or ""):
        raise InvalidInputError(f"the server's host does not reach the storage of disk {disk.name}", field="disk_id")
    driver.check_counts(len(links) + 1, 0)
    bus = _bus(driver, server, read_str(body.get("driver") or "", "driver", 16))
    link = Guestdisk(
        id=tx.new_id(),
        guest_id=server.id,
        disk_id=disk.id,
        driver=bus,
        cache_mode=driver.choose("cache_modes", read_str(body.get("cache") or "", "cache", 16)),
        index=next(free_indexes(links)),
        boot_index=_boot_index(body, links),
    )
    start_transition(platform, tx, caller, SERVERS, server, "attachdisk", {"disk_id": disk.id, "link_id": link.id})
    tx.of(GUESTDISKS, PLATFORM).add(link)


def check_free(tx: Transaction, disk: Any, tenant_id: str) -> None:
    """Refuse to give a server of a project a disk that it can't have.

    Raises:
        ConflictError: a server has it.
        InvalidInputError: it is of another project.
        InvalidStatusError: it is frozen, deleted, busy or not ready.
    """
    if tx.of(GUESTDISKS, PLATFORM).count(eq("disk_id", disk.id)):
        raise ConflictError(f"disk {disk.name} is attached to a server already", field="disk_id")
    if disk.tenant_id != tenant_id:
        raise InvalidInputError("disk and server belong to different projects", field="disk_id")
    check_not_frozen(disk)
    check_not_recycled(disk)
    check_idle(tx, DISKS, disk)
    if disk.status not in USABLE:
        raise InvalidStatusError(f"disk {disk.name} is {disk.status}, not ready", field="disk_id")


def detach_disk(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to detach a disk; it is deleted afterwards if it goes with its server, unless it is kept.

    Deleted as by itself: into the recycle bin where there is one, for good with `override_pending_delete`.

    Raises:
        InvalidInputError: it is not attached to this server, or holds the system.
        NotEmptyError: it would be deleted and there are snapshots of it.
    """
    disk = named_disk(platform, tx, caller, body, "get")
    link = next((link for link in links_of(tx, server) if link.disk_id == disk.id), None)
    if link is None:
        raise InvalidInputError(f"disk {disk.name} is not attached to server {server.name}", field="disk_id")
    if link.index == 0 or disk.disk_type == "sys":
        raise InvalidInputError("a system disk is not detached", field="disk_id")
    check_not_frozen(disk)
    keep = read_flag(body, "keep_disk")
    delete = disk.auto_delete and not keep
    fetch_for(platform, tx, caller, DISKS, disk.id, "delete" if delete else "update")
    check_idle(tx, DISKS, disk)
    if delete:
        check_none_lost(tx, [disk.id], f"disk {disk.name}")
    recycle = delete and goes_to_bin(platform, disk, body)
    params = {"disk_id": disk.id, "link_id": link.id, "delete": delete, "recycle": recycle}
    start_transition(platform, tx, caller, SERVERS, server, "detachdisk", params)


def create_disks(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to make disks on the storages of the server's host, and to attach them: all or none.

    Raises:
        InsufficientResourceError: no storage of the host has room.
        OutOfQuotaError: a limit would be exceeded.
    """
    entries = collect(body, plural="disks", legacy="disk")
    if not entries:
        raise MissingParameterError("disks is missing", field="disks")
    links = links_of(tx, server)
    indexes = free_indexes(links)
    specs = [_further(entry, index) for entry, index in zip(entries, indexes, strict=False)]
    made = make_disks(platform, tx, caller, server, specs, taken=[link.index for link in links])
    start_transition(platform, tx, caller, SERVERS, server, "createdisk", {"disk_ids": [disk.id for disk in made]})
    charge_disks(tx, server, made)


def _further(entry: Json, index: int) -> DiskSpec:
    """A disk beside those that a server has; clients in Go send 0 for an index that was not said, and 0 is the system disk's."""
    spec = parse_disk(entry, index)
    return spec if spec.index else attrs.evolve(spec, index=index)


def charge_disks(tx: Transaction, server: Any, made: Sequence[Any]) -> None:
    """Charge a server's owner for disks that were just made for it."""
    if made:
        size = sum(disk.disk_size for disk in made)
        ids = [disk.id for disk in made]
        charge(tx, server.domain_id, server.tenant_id, {"storage": size}, lambda: {DISKS.plural: ids})


def make_disks(
    platform: Platform, tx: Transaction, caller: Caller, server: Any, specs: Sequence[DiskSpec], *, taken: Sequence[int]
) -> list[Any]:
    """Rows of new disks with their links and claims; their quota is the caller's to charge.

    taken: indexes of the server's present disks.

    Raises:
        InvalidInputError: a disk that this driver does not make, or an index that is taken.
        InsufficientResourceError: no storage of the host has room.
    """
    driver = driver_for(server.hypervisor)
    driver.check_counts(len(taken) + len(specs), 0)
    check_boot_order(specs, [link.boot_index for link in links_of(tx, server)])
    used = list(taken)
    made: list[Any] = []
    for wish in specs:
        spec = wish
        if spec.index in used:
            raise InvalidInputError(
                f"disks.{spec.index}.index: there is such a disk", field=f"disks.{spec.index}.index"
            )
        used.append(spec.index)
        check_disk(spec)
        _bus(driver, server, spec.driver)
        source = disk_source(platform, tx, caller, spec, driver)
        spec = located(spec, source)
        if source is None and spec.size_mib is None:
            raise MissingParameterError(f"disks.{spec.index}.size is missing", field=f"disks.{spec.index}.size")
        size = disk_size(spec, source, driver)
        storage_id = _room(platform, tx, server, spec, size)
        made.append(add_disk(tx, server, driver, spec, size, source, storage_id))
    return made


def add_disk(
    tx: Transaction,
    server: Any,
    driver: Driver,
    spec: DiskSpec,
    size: int,
    source: Source | None,
    storage_id: str,
    *,
    is_new: bool = False,
) -> Any:
    """The row of a disk that is to be made, linked to its server. is_new: the server was just inserted: it never had one."""
    ident = tx.new_id()
    name = f"vdisk-{server.id[:13]}-{spec.index}"
    if not is_new and tx.of(DISKS, PLATFORM).count(both(eq("tenant_id", server.tenant_id), eq("name", name))):
        name = f"{name}-{ident[:8]}"
    disk = Disk(
        id=ident,
        name=name,
        domain_id=server.domain_id,
        tenant_id=server.tenant_id,
        storage_id=storage_id,
        disk_size=size,
        disk_format="qcow2" if source is not None else driver.choose("disk_formats", spec.format),
        disk_type=spec.disk_type or ("sys" if spec.index == 0 else "data"),
        template_id=source.image_id if source is not None else "",
        snapshot_id=source.snapshot_id if source is not None else "",
        fs_format=spec.fs,
        os_arch=server.os_arch,
        status=DiskStatus.START_ALLOC.value,
        auto_delete=spec.auto_delete if spec.auto_delete is not None else True,
        is_ssd=spec.medium == "ssd",
        iops=spec.iops,
        throughput=spec.throughput,
    )
    stored = tx.of(DISKS, PLATFORM).add(disk)
    tx.of(GUESTDISKS, PLATFORM).add(_link(tx, server, driver, stored, spec))
    return stored


def link_disk(tx: Transaction, server: Any, driver: Driver, ident: str, spec: DiskSpec) -> None:
    """Give a server that was just inserted a disk that is there.

    Raises:
        ConflictError: another server has it by now.
        InvalidStatusError: it is not ready any more.
        Contention: the server's host does not reach it any more, or it was taken just now.
    """
    disk = tx.of(DISKS, PLATFORM).get(ident)
    if disk is None or disk.storage_id not in storages_of_host(tx, server.host_id or ""):
        raise Contention("a disk that the server takes has gone elsewhere", internal=ident)
    check_free(tx, disk, server.tenant_id)
    try:
        tx.of(GUESTDISKS, PLATFORM).add(_link(tx, server, driver, disk, spec))
    except DuplicateResourceError as error:
        raise Contention("another server took a disk meanwhile", internal=ident) from error


def _link(tx: Transaction, server: Any, driver: Driver, disk: Any, spec: DiskSpec) -> Guestdisk:
    return Guestdisk(
        id=tx.new_id(),
        guest_id=server.id,
        disk_id=disk.id,
        driver=driver.choose("disk_drivers", spec.driver),
        cache_mode=driver.choose("cache_modes", spec.cache),
        mountpoint=spec.mountpoint,
        index=spec.index,
        boot_index=spec.boot_index if spec.boot_index is not None else -1,
    )


def check_thawed(tx: Transaction, idents: Sequence[str]) -> None:
    """Refuse what would change frozen disks along with their server.

    Raises:
        InvalidStatusError: one is frozen.
    """
    for disk in tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", idents))):
        check_not_frozen(disk)


def links_of(tx: Transaction, server: Any) -> Sequence[Any]:
    """The links of a server's disks, by index."""
    return tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id), order=(Order("index"),)))


def free_indexes(links: Sequence[Any]) -> Iterator[int]:
    """The free positions of a server, the lowest first."""
    used = {link.index for link in links}
    return (index for index in range(1, MAX_INDEX + 1) if index not in used)


def is_on(server: Any) -> bool:
    """Whether the guest runs, so that devices are plugged."""
    return bool(server.power_states != PowerState.OFF)


def named_disk(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, action: str) -> Any:
    """The disk that a body names, on which the caller may do this.

    Raises:
        MissingParameterError: it names none.
        ResourceNotFoundError: the disk is not there, or not for him.
    """
    ident = read_str(body.get("disk_id") or body.get("disk") or "", "disk_id", 128)
    if not ident:
        raise MissingParameterError("disk_id is missing", field="disk_id")
    return fetch_for(platform, tx, caller, DISKS, ident, action)


def _bus(driver: Driver, server: Any, wanted: str) -> str:
    bus = driver.choose("disk_drivers", wanted)
    if is_on(server) and bus not in driver.hot_disk_drivers:
        hot = ", ".join(driver.hot_disk_drivers)
        raise InvalidStatusError(
            f"{bus} disks are attached to stopped servers only; to running ones {hot}", field="driver"
        )
    return bus


def _boot_index(body: JsonMapping, links: Sequence[Any]) -> int:
    if body.get("boot_index") in (None, ""):
        return -1
    wanted = read_int(body["boot_index"], "boot_index", -1, MAX_INDEX)
    if wanted >= 0 and any(link.boot_index == wanted for link in links):
        raise ConflictError(f"another disk boots at position {wanted}", field="boot_index")
    return wanted


def storages_of_host(tx: Transaction, host_id: str) -> list[str]:
    """The ids of the storages that have a folder on a host, so that disks can be made there."""
    rows = tx.of(HOSTSTORAGES, PLATFORM).find(Query(where=eq("host_id", host_id)))
    return [row.storage_id for row in rows if row.mount_point]


def hosts_of_storage(tx: Transaction, storage_id: str) -> frozenset[str]:
    """The ids of the hosts on which a storage has a folder."""
    rows = tx.of(HOSTSTORAGES, PLATFORM).find(Query(where=eq("storage_id", storage_id)))
    return frozenset(row.host_id for row in rows if row.mount_point)


def _room(platform: Platform, tx: Transaction, server: Any, spec: DiskSpec, size: int) -> str:
    """A storage of the server's host, the emptiest first; its space is claimed."""
    idents = storages_of_host(tx, server.host_id or "")
    claims = {c.id: c.size_mib for c in tx.of(STORAGECLAIMS, PLATFORM).find(Query(where=one_of("id", idents)))}
    suitable = [
        storage
        for storage in tx.of(STORAGES, PLATFORM).find(Query(where=one_of("id", idents)))
        if storage.enabled
        and storage.status == StorageStatus.ONLINE
        and (not spec.storage_id or spec.storage_id in (storage.id, storage.name))
        and (not spec.backend or spec.backend == storage.storage_type)
        and (not spec.medium or spec.medium == storage.medium_type)
    ]
    free = {s.id: storage_limit(s, platform.settings) - claims.get(s.id, 0) for s in suitable}
    for storage in sorted(suitable, key=lambda s: (-free[s.id], s.id)):
        limit = storage_limit(storage, platform.settings)
        if claim_storage(tx, storage.id, size_mib=size, limit_mib=limit):
            return str(storage.id)
    where = f"disks.{spec.index}.size"
    if not suitable:
        raise InsufficientResourceError(f"disks.{spec.index}: no storage of the server's host suits", field=where)
    raise InsufficientResourceError(
        f"disks.{spec.index}: {size} MiB do not fit on the server's host: free: {max(free.values())} MiB",
        field=where,
        data={"size_mib": size, "free_mib": max(free.values())},
    )


def take_disks_along(platform: Platform, tx: Transaction, caller: Caller, server: Any) -> None:
    """Let all further disks of a server go with it.

    Raises:
        ForbiddenError: the caller may not delete one of them.
    """
    for link in tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id))):
        if link.index != 0:
            disk = fetch_for(platform, tx, caller, DISKS, link.disk_id, "delete")
            tx.of(DISKS, PLATFORM).save(evolve(disk, auto_delete=True), action="update")

"""Snapshots of disks: made, deleted, gone back to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    Contention,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotSupportedError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Order, Query, both, eq, one_of
from cloudcore.model.reading import read_flag, read_str, read_text, read_time
from cloudcore.operations.access import fetch, fetch_for, reach
from cloudcore.operations.begin import Held, begin, check_idle
from cloudcore.operations.creating import new_name, wanted_owner
from cloudcore.operations.generic import check_in_use, check_not_frozen
from cloudcore.operations.hosts import hosts_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.tags import first_tags
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import drop_snapshot
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.instancesnapshot import SNAPSHOTJOINTS
from cloudcore.resources.compute.server import SERVERS, PowerState
from cloudcore.resources.compute.snapshot import SNAPSHOTS, Snapshot, SnapshotStatus, check_not_copied
from cloudcore.tasks.task import TASKS


def create_snapshot(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Begin to keep a disk as it is now; its server may run.

    Raises:
        NotSupportedError: the disk's format cannot hold snapshots.
        InvalidStatusError: the disk, or the server that has it, is in the middle of something.
        OutOfQuotaError: the project may have no more.
    """
    reach(platform, caller, SNAPSHOTS, "create")
    named = body.get("disk_id") or body.get("disk")
    disk = fetch_for(platform, tx, caller, DISKS, read_str(named, "disk_id", 128), "perform", "snapshot")
    wanted_owner(body)
    values = {
        "description": read_text(body, "description", 1024),
        "metadata": first_tags(body),
        "expired_at": read_end(tx, body),
    }
    row = keep_disk(platform, tx, caller, disk, body, values)
    charge(tx, row.domain_id, row.tenant_id, {"snapshot": 1}, lambda: {SNAPSHOTS.plural: [row.id]})
    return detail_rows(platform, tx, SNAPSHOTS, [row])[0]


def read_end(tx: Transaction, body: JsonMapping) -> datetime | None:
    """When a snapshot is to be removed by itself, as its maker says; None: never. The zero time of Go is none.

    Raises:
        InvalidInputError: it is no time, or one that is over.
    """
    sent = body.get("expired_at")
    if sent in (None, ""):
        return None
    end = read_time(sent, "expired_at")
    if end.year == 1:
        return None
    if end <= tx.now:
        raise InvalidInputError("expired_at must lie in the future", field="expired_at")
    return end


def keep_disk(
    platform: Platform, tx: Transaction, caller: Caller, disk: Any, body: JsonMapping, values: JsonMapping
) -> Snapshot:
    """Insert a snapshot of a disk and begin to make it; the caller charges the quota.

    body: `name` or `generate_name`; values: further columns.
    """
    owner = {"tenant_id": disk.tenant_id, "domain_id": disk.domain_id}
    name = new_name(platform, tx, SNAPSHOTS, {**owner, "name": body.get("name")}, body)
    host_id, server = busy(tx, disk, "snapshot")
    stored = tx.of(SNAPSHOTS, PLATFORM).add(fresh_snapshot(tx, disk, server, name, values))
    params = {"host_id": host_id, "server_id": server.id if server is not None else ""}
    begin(platform, tx, caller, SNAPSHOTS, stored, "snapshot-create", params, holding=holding(disk, server))
    return stored


def fresh_snapshot(tx: Transaction, disk: Any, server: Any, name: str, values: JsonMapping) -> Snapshot:
    """The row of a snapshot that is about to be made, owned by the disk's project."""
    kept: JsonObject = {
        "id": tx.new_id(),
        "name": name,
        "domain_id": disk.domain_id,
        "tenant_id": disk.tenant_id,
        "disk_id": disk.id,
        "storage_id": disk.storage_id,
        "size": disk.disk_size,
        "virtual_size": disk.disk_size,
        "disk_type": "sys" if disk.disk_type == "sys" else "data",
        "os_type": server.os_type if server is not None else "",
        "os_arch": disk.os_arch,
        **values,
    }
    return Snapshot(**kept)


def delete_snapshot(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, _options: JsonMapping
) -> JsonObject:
    """Begin to delete a snapshot.

    Raises:
        ConflictError: it is part of a snapshot of a whole server.
        InvalidStatusError: it, or the server that has its disk, is in the middle of something.
    """
    row = fetch_for(platform, tx, caller, SNAPSHOTS, ident, "delete")
    check_not_frozen(row)
    SNAPSHOTS.check_delete(tx, caller, row)
    return detail_rows(platform, tx, SNAPSHOTS, [begin_delete(platform, tx, caller, row)])[0]


def delete_of_disk(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Begin to delete all snapshots of a disk that no snapshot of a whole server needs, all or none; gives their ids.

    Raises:
        MissingParameterError: no disk is named.
        Others of `delete_snapshot`.
    """
    named = read_str(body.get("disk_id") or body.get("disk") or "", "disk_id", 128)
    if not named:
        raise MissingParameterError("disk_id is missing", field="disk_id")
    disk = fetch(platform, tx, caller, DISKS, named)
    rows = tx.of(SNAPSHOTS, PLATFORM).find(Query(where=eq("disk_id", disk.id), order=(Order("id"),)))
    parts = tx.of(SNAPSHOTJOINTS, PLATFORM).find(Query(where=one_of("snapshot_id", [row.id for row in rows])))
    needed = {part.snapshot_id for part in parts}
    mine = [row.id for row in rows if row.id not in needed]
    for ident in mine:
        delete_snapshot(platform, tx, caller, ident, {})
    return {"disk_id": disk.id, "snapshots": mine}


def begin_delete(platform: Platform, tx: Transaction, caller: Caller, row: Any) -> Any:
    """Begin to delete a snapshot that nothing else needs; gives the row as it now is. One that was never made left nothing
    behind, neither on a host nor in a quota, and is gone at once.

    While another one of the same server is deleted it queues behind that.
    """
    assert SNAPSHOTS.lifecycle is not None
    transition = SNAPSHOTS.lifecycle.start("delete", row.status, what=f"snapshot {row.name}")
    changed = evolve(row, status=str(transition.through[0]), status_reason="")
    if row.status == SnapshotStatus.CREATE_FAILED:
        check_idle(tx, SNAPSHOTS, row)
        drop_snapshot(tx, row, held=False)
        return changed
    check_not_copied(tx, [row.id])
    disk = tx.of(DISKS, PLATFORM).get(row.disk_id)
    if disk is None:
        # A disk takes its snapshots along: this one was read just before.
        raise Contention("the disk is being removed with its snapshots", internal=f"disk {row.disk_id} is gone")
    queued = _queue(tx, disk)
    host_id, server = queued or busy(tx, disk, "snapshot-delete")
    params: JsonObject = {"host_id": host_id, "server_id": server.id if server is not None else "", "held": True}
    if queued:
        params.update(queued=True, disk_id=row.disk_id)
    held = None if queued else holding(disk, server)
    moved = tx.of(SNAPSHOTS, PLATFORM).save(changed, action="delete")
    begin(platform, tx, caller, SNAPSHOTS, moved, transition.flow, params, holding=held)
    return moved


def _queue(tx: Transaction, disk: Any) -> tuple[str, Any] | None:
    """Host and server of a disk where snapshots of the same server, or disk, are just being deleted; else None.

    Raises:
        InvalidStatusError: the disk or its server is frozen or in the recycle bin, or no host reaches it.
    """
    server = server_with(tx, disk)
    if not is_losing(tx, *holding(disk, server)):
        return None
    check_in_use(disk, server)
    return (str(server.host_id) if server is not None else _host_of(tx, disk)), server


def _host_of(tx: Transaction, disk: Any) -> str:
    hosts = hosts_of(tx, disk.storage_id)
    if not hosts:
        raise InvalidStatusError("no host that is online reaches the disk's storage", field="disk_id")
    return str(hosts[0].id)


def is_losing(tx: Transaction, resource: Any, row: Any) -> bool:
    """Whether snapshots of a server or disk are just being deleted: further ones queue behind them."""
    flows = one_of("flow", ("snapshot-delete", "instance-snapshot-delete"))
    return tx.of(TASKS, PLATFORM).count(both(eq("exclusive", f"{resource.singular}/{row.id}"), flows)) > 0


def reset_disk(platform: Platform, tx: Transaction, caller: Caller, disk: Any, body: JsonMapping) -> None:
    """Begin to make a disk what it was at one of its snapshots.

    Raises:
        InvalidInputError: the snapshot is of another disk.
        InvalidStatusError: the server that has the disk is not off, or the snapshot is not ready.
    """
    named = body.get("snapshot_id") or body.get("snapshot")
    row = fetch(platform, tx, caller, SNAPSHOTS, read_str(named, "snapshot_id", 128))
    if row.disk_id != disk.id:
        raise InvalidInputError(f"snapshot {row.name} is not of disk {disk.name}", field="snapshot_id")
    if row.status != SnapshotStatus.READY:
        raise InvalidStatusError(f"snapshot {row.name} is {row.status}, not ready", field="snapshot_id")
    start = read_flag(body, "auto_start")
    host_id, server = busy(tx, disk, "disk-reset")
    params: JsonObject = {"host_id": host_id, "server_id": "", "snapshot_id": row.id, "auto_start": start}
    if server is not None:
        params["server_id"] = server.id
    moved = tx.of(DISKS, PLATFORM).get(disk.id)
    begin(platform, tx, caller, DISKS, moved, "disk-reset", params, holding=holding(disk, server))


def busy(tx: Transaction, disk: Any, name: str) -> tuple[str, Any]:
    """Put a disk, and the server that has it, into the first status of the transition of that name, where they have one.

    Gives the host that works on it and the server, which is None for a disk that no server has.

    Raises:
        NotSupportedError: the disk's format cannot hold snapshots.
        ResourceBusyError: another long operation holds it or its server.
        InvalidStatusError: its or its server's status does not allow it, one is frozen or in the recycle bin, or no host that is online reaches its storage.
    """
    if disk.disk_format != "qcow2":
        raise NotSupportedError(f"disk {disk.name} is {disk.disk_format}: only qcow2 holds snapshots", field="disk_id")
    server = server_with(tx, disk)
    check_in_use(disk, server)
    held, row = holding(disk, server)
    check_idle(tx, held, row)
    enter(tx, DISKS, disk, name)
    if server is None:
        return _host_of(tx, disk), None
    if name == "disk-reset" and server.power_states != PowerState.OFF:
        raise InvalidStatusError(f"server {server.name} is not off: stop it first", field="status")
    return str(server.host_id), enter(tx, SERVERS, server, name)


def holding(disk: Any, server: Any) -> Held:
    """What a task holds that works inside a volume: the server that has the disk, or else the disk."""
    return (DISKS, disk) if server is None else (SERVERS, server)


def server_with(tx: Transaction, disk: Any) -> Any:
    """The server that has a disk, or None."""
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("disk_id", disk.id), limit=1))
    return tx.of(SERVERS, PLATFORM).get(links[0].guest_id) if links else None


def enter(tx: Transaction, resource: Any, row: Any, name: str) -> Any:
    """Put a row into the first status of the transition of that name, if its type has one; gives it as it now is.

    Raises:
        InvalidStatusError: its status does not allow it.
    """
    lifecycle = resource.lifecycle
    if name not in [transition.name for transition in lifecycle.transitions]:
        return row
    transition = lifecycle.start(name, row.status, what=f"{resource.singular} {row.name}")
    changed = evolve(row, status=str(transition.through[0]), status_reason="")
    return tx.of(resource, PLATFORM).save(changed, action=name)

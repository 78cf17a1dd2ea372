"""Snapshots of whole servers: made, deleted, gone back to."""

from __future__ import annotations

from collections.abc import Sequence
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
from cloudcore.model.query import PLATFORM, Order, Query, eq, one_of
from cloudcore.model.reading import read_flag, read_str
from cloudcore.operations.access import fetch, fetch_for, reach
from cloudcore.operations.begin import begin, check_idle, start_transition
from cloudcore.operations.creating import new_name
from cloudcore.operations.generic import check_in_use, check_not_frozen
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.snapshots import enter, fresh_snapshot, is_losing, read_end
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import drop_instance_snapshot
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestsecgroup import GUESTSECGROUPS
from cloudcore.resources.compute.instancesnapshot import (
    INSTANCE_SNAPSHOTS,
    SNAPSHOTJOINTS,
    Instancesnapshot,
    InstanceSnapshotStatus,
    Snapshotjoint,
)
from cloudcore.resources.compute.server import SERVERS, PowerState
from cloudcore.resources.compute.snapshot import SNAPSHOTS, check_not_copied

_CONFIG = (
    *("vcpu_count", "vmem_size", "cpu_sockets", "extra_cpu_count", "hypervisor", "os_type", "os_arch", "vga", "vdi"),
    *("machine", "bios", "boot_order", "shutdown_behavior", "login_account"),
)


def create_instance_snapshot(
    platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping
) -> JsonObject:
    """Begin to keep all disks of a server as they are at one moment, whether it runs or not.

    Gives the server's details, with the `instance_snapshot_id`.

    Raises:
        NotSupportedError: the memory was asked for, or a disk cannot hold snapshots.
        InvalidStatusError: the server, or one of its disks, is in the middle of something.
        OutOfQuotaError: the project may have no more.
    """
    if read_flag(body, "with_memory"):
        raise NotSupportedError("a snapshot of the memory is not supported", field="with_memory")
    row, number = keep_server(platform, tx, caller, server, body, {"expired_at": read_end(tx, body)})
    charge(tx, row.domain_id, row.tenant_id, {"instance_snapshot": 1, "snapshot": number}, lambda: kept_by(tx, row))
    (shown,) = detail_rows(platform, tx, SERVERS, [tx.of(SERVERS, PLATFORM).get(server.id)])
    return {**shown, "instance_snapshot_id": row.id}


def keep_server(
    platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping, values: JsonMapping
) -> tuple[Instancesnapshot, int]:
    """Insert an instance snapshot with its parts and begin to make it; gives it and the number of parts.

    body: `name` or `generate_name`; values: further columns. The caller charges the quota.
    """
    owner = {"tenant_id": server.tenant_id, "domain_id": server.domain_id}
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id), order=(Order("index"),)))
    disks = {d.id: d for d in tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [k.disk_id for k in links])))}
    for disk in disks.values():
        if disk.disk_format != "qcow2":
            raise NotSupportedError(f"disk {disk.name} is {disk.disk_format}: only qcow2 holds snapshots")
    name = new_name(platform, tx, INSTANCE_SNAPSHOTS, {**owner, "name": body.get("name")}, body)
    check_idle(tx, SERVERS, server)
    server = enter(tx, SERVERS, server, "instance-snapshot")
    row = tx.of(INSTANCE_SNAPSHOTS, PLATFORM).add(_row(tx, server, name, [disks[k.disk_id] for k in links], values))
    for link in links:
        part = {**owner, "name": ""}
        named = new_name(platform, tx, SNAPSHOTS, part, {"generate_name": f"{name[:100]}-disk{link.index}"})
        made = fresh_snapshot(tx, disks[link.disk_id], server, named, {"created_by": row.created_by})
        snapshot = tx.of(SNAPSHOTS, PLATFORM).add(made)
        joint = Snapshotjoint(
            id=tx.new_id(), instance_snapshot_id=row.id, snapshot_id=snapshot.id, disk_index=link.index
        )
        tx.of(SNAPSHOTJOINTS, PLATFORM).add(joint)
    params: JsonObject = {"host_id": server.host_id, "server_id": server.id}
    begin(platform, tx, caller, INSTANCE_SNAPSHOTS, row, "instance-snapshot-create", params, holding=(SERVERS, server))
    return row, len(links)


def kept_by(tx: Transaction, row: Instancesnapshot) -> dict[str, list[str]]:
    """What an instance snapshot counts for: itself and its parts."""
    parts = tx.of(SNAPSHOTJOINTS, PLATFORM).find(Query(where=eq("instance_snapshot_id", row.id)))
    return {INSTANCE_SNAPSHOTS.plural: [row.id], SNAPSHOTS.plural: [part.snapshot_id for part in parts]}


def config_of(server: Any) -> JsonObject:
    """What of a server a create body can say, besides disks and cards."""
    return {key: getattr(server, key) for key in _CONFIG}


def _row(tx: Transaction, server: Any, name: str, disks: Sequence[Any], values: JsonMapping) -> Instancesnapshot:
    groups = tx.of(GUESTSECGROUPS, PLATFORM).find(Query(where=eq("guest_id", server.id)))
    kept: JsonObject = {**values}
    return Instancesnapshot(
        id=tx.new_id(),
        name=name,
        domain_id=server.domain_id,
        tenant_id=server.tenant_id,
        guest_id=server.id,
        server_config=config_of(server),
        server_metadata=dict(server.metadata),
        sec_groups=[group.secgroup_id for group in groups],
        keypair_id=server.keypair_id or "",
        os_type=server.os_type,
        os_arch=server.os_arch,
        instance_type=server.instance_type,
        image_id=disks[0].template_id if disks else "",
        **kept,
    )


def delete_instance_snapshot(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, _options: JsonMapping
) -> JsonObject:
    """Begin to delete an instance snapshot and its parts.

    A part whose disk the server no longer has stays, as a snapshot of its own.

    Raises:
        InvalidStatusError: it or its server is in the middle of something, or disks are just made of it; a part, a disk or
            the server is frozen or in the recycle bin.
    """
    row = fetch_for(platform, tx, caller, INSTANCE_SNAPSHOTS, ident, "delete")
    check_not_frozen(row)
    return detail_rows(platform, tx, INSTANCE_SNAPSHOTS, [begin_delete(platform, tx, caller, row)])[0]


def begin_delete(platform: Platform, tx: Transaction, caller: Caller, row: Any) -> Any:
    """Begin to delete an instance snapshot; gives it as it now is. One that was never made is gone at once."""
    server: Any = tx.of(SERVERS, PLATFORM).get(row.guest_id)
    assert INSTANCE_SNAPSHOTS.lifecycle is not None
    transition = INSTANCE_SNAPSHOTS.lifecycle.start("delete", row.status, what=f"instance snapshot {row.name}")
    changed = evolve(row, status=str(transition.through[0]), status_reason="")
    if row.status == InstanceSnapshotStatus.CREATE_FAILED:
        check_idle(tx, INSTANCE_SNAPSHOTS, row)
        drop_instance_snapshot(tx, row, held=False)
        return changed
    if server is None:
        # A server takes its snapshots along: this one was read just before.
        raise Contention("the server is being removed with its snapshots", internal=f"server {row.guest_id} is gone")
    parts = parts_of(tx, row.id)
    check_not_copied(tx, [part.id for part in parts])
    disks = tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [part.disk_id for part in parts])))
    check_in_use(server, *parts, *disks)
    queued = is_losing(tx, SERVERS, server)
    if not queued:
        check_idle(tx, SERVERS, server)
        server = enter(tx, SERVERS, server, "instance-snapshot-delete")
    moved = tx.of(INSTANCE_SNAPSHOTS, PLATFORM).save(changed, action="delete")
    params: JsonObject = {"host_id": server.host_id, "server_id": server.id, "held": True, "queued": queued}
    held = None if queued else (SERVERS, server)
    begin(platform, tx, caller, INSTANCE_SNAPSHOTS, moved, transition.flow, params, holding=held)
    return moved


def reset_server(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to make all disks of a server what they were at an instance snapshot of it.

    Raises:
        InvalidInputError: the snapshot is of another server, or the server no longer has a disk that is in it.
        InvalidStatusError: the server is not off, or the snapshot is not ready.
    """
    if read_flag(body, "with_memory"):
        raise NotSupportedError("a snapshot of the memory is not supported", field="with_memory")
    named = body.get("instance_snapshot") or body.get("instance_snapshot_id")
    if not named:
        raise MissingParameterError("instance_snapshot is missing", field="instance_snapshot")
    row = fetch(platform, tx, caller, INSTANCE_SNAPSHOTS, read_str(named, "instance_snapshot", 128))
    if row.guest_id != server.id:
        raise InvalidInputError(f"{row.name} is not a snapshot of server {server.name}", field="instance_snapshot")
    if row.status != InstanceSnapshotStatus.READY:
        raise InvalidStatusError(f"snapshot {row.name} is {row.status}, not ready", field="instance_snapshot")
    start = read_flag(body, "auto_start")
    check_idle(tx, SERVERS, server)
    if server.power_states != PowerState.OFF:
        raise InvalidStatusError(f"server {server.name} is not off: stop it first", field="status")
    parts = parts_of(tx, row.id)
    attached = {k.disk_id for k in tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id)))}
    gone = [part.name for part in parts if part.disk_id not in attached]
    if gone:
        raise InvalidInputError(f"the server no longer has the disks of {', '.join(gone)}", field="instance_snapshot")
    check_in_use(*tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [part.disk_id for part in parts]))))
    params: JsonObject = {"host_id": server.host_id, "instance_snapshot_id": row.id, "auto_start": start}
    start_transition(platform, tx, caller, SERVERS, server, "instance-snapshot-reset", params)


def usable_parts(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, field: str
) -> tuple[Instancesnapshot, Sequence[Any]]:
    """An instance snapshot that the caller may see, and its parts by disk, for making servers of it, which wait for one that is just being made.

    Raises:
        InvalidStatusError: it is neither ready nor being made.
    """
    reach(platform, caller, INSTANCE_SNAPSHOTS, "get")
    row = fetch(platform, tx, caller, INSTANCE_SNAPSHOTS, read_str(ident, field, 128))
    parts = parts_of(tx, row.id)
    if row.status not in (InstanceSnapshotStatus.READY, InstanceSnapshotStatus.CREATING):
        raise InvalidStatusError(f"instance snapshot {row.name} is {row.status}, not ready", field=field)
    return row, parts


def parts_of(tx: Transaction, ident: str) -> list[Any]:
    """The disks' snapshots of an instance snapshot, by position."""
    where = eq("instance_snapshot_id", ident)
    joints = tx.of(SNAPSHOTJOINTS, PLATFORM).find(Query(where=where, order=(Order("disk_index"),)))
    known = {
        row.id: row
        for row in tx.of(SNAPSHOTS, PLATFORM).find(Query(where=one_of("id", [j.snapshot_id for j in joints])))
    }
    return [known[joint.snapshot_id] for joint in joints if joint.snapshot_id in known]

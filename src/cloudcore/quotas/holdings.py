"""Everything that one server or disk holds: host and storage claims, quota, addresses, rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.errors import BackendError
from cloudcore.model.query import PLATFORM, Query, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import release_host, release_storage, resize_host
from cloudcore.quotas.ledger import Amounts, refund
from cloudcore.quotas.ties import free_devices, untie_disk, untie_server
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.instancesnapshot import (
    INSTANCE_SNAPSHOTS,
    SNAPSHOTJOINTS,
    InstanceSnapshotStatus,
)
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.snapshot import SNAPSHOTS, SnapshotStatus
from cloudcore.resources.image.image import IMAGES, ImageStatus

MIB = 1 << 20


def server_amounts(server: Any) -> Amounts:
    """What a server itself counts for, without its disks."""
    return {"count": 1, "cpu": server.vcpu_count, "memory": server.vmem_size}


def disk_amounts(disk: Any) -> Amounts:
    """What a disk counts for."""
    return {"storage": disk.disk_size}


def release_image(tx: Transaction, image: Any) -> None:
    """Give back what an image held; its row stays as it is."""
    if image.quota_held:
        refund(tx, image.domain_id, image.tenant_id, {"image": 1})


def recycle_image(tx: Transaction, image: Any) -> Any:
    """Put an active image into the recycle bin: its bytes stay, and it counts for nobody. Twice is once."""
    if image.pending_deleted:
        return image
    release_image(tx, image)
    changed = evolve(
        image,
        status=ImageStatus.PENDING_DELETE.value,
        quota_held=False,
        pending_deleted=True,
        pending_deleted_at=tx.now,
        name_key=image.id,
    )
    return tx.of(IMAGES, PLATFORM).save(changed, action="pending_delete")


def release_failed_server(tx: Transaction, server: Any, kept: Collection[str] = ()) -> None:
    """Give back all that a server held whose making failed; its own row stays, to say why. Twice is once.

    kept: ids of disks that were there before.
    """
    if server.host_id is None:
        return
    _release(tx, server, [link.disk_id for link in _links(tx, server) if link.disk_id not in kept])
    free_devices(tx, server.id)


def drop_server(tx: Transaction, server: Any, doomed: Sequence[str]) -> None:
    """Give back all that a server held and remove its row; disks that are not in `doomed` stay, attached to nothing."""
    if server.host_id is not None:
        _release(tx, server, doomed)
    for row in tx.of(INSTANCE_SNAPSHOTS, PLATFORM).find(Query(where=eq("guest_id", server.id))):
        drop_instance_snapshot(tx, row, held=row.status != InstanceSnapshotStatus.CREATE_FAILED)
    untie_server(tx, server.id)
    tx.of(SERVERS, PLATFORM).remove(server)


def drop_snapshot(tx: Transaction, snapshot: Any, *, held: bool) -> None:
    """Give back what a snapshot held, if it still held anything, and remove its row."""
    if held:
        refund(tx, snapshot.domain_id, snapshot.tenant_id, {"snapshot": 1})
    for joint in tx.of(SNAPSHOTJOINTS, PLATFORM).find(Query(where=eq("snapshot_id", snapshot.id))):
        tx.of(SNAPSHOTJOINTS, PLATFORM).remove(joint)
    tx.of(SNAPSHOTS, PLATFORM).remove(snapshot)


def drop_snapshots(tx: Transaction, disk_id: str) -> None:
    """Drop the snapshots of a disk, which went with its volume."""
    for snapshot in tx.of(SNAPSHOTS, PLATFORM).find(Query(where=eq("disk_id", disk_id))):
        drop_snapshot(tx, snapshot, held=snapshot.status != SnapshotStatus.CREATE_FAILED)


def drop_instance_snapshot(tx: Transaction, row: Any, *, held: bool) -> None:
    """Give back what an instance snapshot itself held, and remove its row; parts that are left stand for themselves."""
    if held:
        refund(tx, row.domain_id, row.tenant_id, {"instance_snapshot": 1})
    for joint in tx.of(SNAPSHOTJOINTS, PLATFORM).find(Query(where=eq("instance_snapshot_id", row.id))):
        tx.of(SNAPSHOTJOINTS, PLATFORM).remove(joint)
    tx.of(INSTANCE_SNAPSHOTS, PLATFORM).remove(row)


def shrink_server(tx: Transaction, server: Any, *, vcpus: int, memory_mib: int) -> None:
    """Give back of a server's host and quota what it does not hold any more: amounts, not new sizes.

    Raises:
        BackendError: a ledger holds less than that: it is wrong.
    """
    if (vcpus or memory_mib) and not resize_host(tx, server.host_id, vcpus=-vcpus, memory_mib=-memory_mib):
        raise BackendError("the host's ledger is wrong: it would become negative", internal=server.host_id)
    refund(tx, server.domain_id, server.tenant_id, {"cpu": vcpus, "memory": memory_mib})


def release_disk(tx: Transaction, disk: Any) -> None:
    """Give back what a disk held; its row stays. One in the recycle bin held its place on the storage only."""
    release_storage(tx, disk.storage_id, size_mib=disk.disk_size)
    if not disk.pending_deleted:
        refund(tx, disk.domain_id, disk.tenant_id, disk_amounts(disk))


def recycle_disk(tx: Transaction, disk: Any) -> Any:
    """Put a disk into the recycle bin: it keeps its place on the storage and counts for nobody. Twice is once."""
    if disk.pending_deleted:
        return disk
    refund(tx, disk.domain_id, disk.tenant_id, disk_amounts(disk))
    changed = evolve(disk, pending_deleted=True, pending_deleted_at=tx.now)
    return tx.of(DISKS, PLATFORM).save(changed, action="pending_delete")


def release_recycled_server(tx: Transaction, server: Any) -> None:
    """Give back what a server holds that does not stay with it in the recycle bin: its share of the host, its quota."""
    for disk_id in doomed_disks(tx, server.id):
        if (disk := tx.of(DISKS, PLATFORM).get(disk_id)) is not None:
            recycle_disk(tx, disk)
    free_devices(tx, server.id)
    _release_itself(tx, server)


def _release_itself(tx: Transaction, server: Any) -> None:
    if server.pending_deleted:
        return
    vcpus = server.vcpu_count + server.extra_cpu_count
    release_host(tx, server.host_id, vcpus=vcpus, memory_mib=server.vmem_size, pins=server.cpu_numa_pin)
    refund(tx, server.domain_id, server.tenant_id, server_amounts(server))


def release_growth(tx: Transaction, disk: Any, size_mib: int) -> None:
    """Give back what a disk took to grow and did not need."""
    release_storage(tx, disk.storage_id, size_mib=size_mib)
    refund(tx, disk.domain_id, disk.tenant_id, {"storage": size_mib})


def drop_disk(tx: Transaction, disk: Any, *, held: bool) -> None:
    """Give back what a disk held, if it still held anything, and remove its row."""
    if held:
        release_disk(tx, disk)
    untie_disk(tx, disk.id)
    drop_snapshots(tx, disk.id)
    tx.of(DISKS, PLATFORM).remove(disk)


def doomed_disks(tx: Transaction, server_id: str) -> list[str]:
    """The ids of the disks that go with a server: its system disk and those that were made to."""
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server_id)))
    disks = tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [link.disk_id for link in links])))
    system = {link.disk_id for link in links if link.index == 0}
    return [disk.id for disk in disks if disk.id in system or disk.auto_delete]


def _links(tx: Transaction, server: Any) -> Sequence[Any]:
    return tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id)))


def _release(tx: Transaction, server: Any, doomed: Sequence[str]) -> None:
    for nic in tx.of(GUESTNETWORKS, PLATFORM).find(Query(where=eq("guest_id", server.id))):
        tx.of(GUESTNETWORKS, PLATFORM).remove(nic)
    for link in _links(tx, server):
        tx.of(GUESTDISKS, PLATFORM).remove(link)
    for disk_id in doomed:
        disk = tx.of(DISKS, PLATFORM).get(disk_id)
        if disk is not None:
            release_disk(tx, disk)
            untie_disk(tx, disk.id)
            drop_snapshots(tx, disk.id)
            tx.of(DISKS, PLATFORM).remove(disk)
    _release_itself(tx, server)

"""Snapshots: a disk as it was at one moment, kept in its volume.

create    creating → ready
delete    deleting → gone
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from cloudcore.model.entity import External, ProjectOwned, Statused, entity
from cloudcore.model.errors import ConflictError, NotEmptyError, ResourceBusyError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle, Transition
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.resource import Action, ActionKind, Level, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import STAYS
from cloudcore.resources.compute import disk, guestdisk, instancesnapshot, server
from cloudcore.resources.compute.filters import SNAPSHOT_FILTERS, SNAPSHOT_ORDERS


class SnapshotStatus(StrEnum):
    """Statuses of a snapshot."""

    CREATING = "creating"
    READY = "ready"
    CREATE_FAILED = "create_failed"
    DELETING = "deleting"
    DELETE_FAILED = "delete_failed"
    UNKNOWN = "unknown"


@entity
class Snapshot(Statused, External, ProjectOwned):
    """One disk at one moment. It lies inside the disk's volume and goes with it. Sizes in MiB.

    created_by: `manual`, or `auto` for those that a snapshot policy made.
    expired_at: when it is removed by itself, as its policy says or who made it; None: never.
    """

    status: Annotated[str, Spec("Status", width=36, index=True)] = SnapshotStatus.CREATING.value
    disk_id: Annotated[
        str, Spec("Disk", create=True, required=True, width=128, index=True), Ref("disks", alias=("disk",))
    ]
    storage_id: Annotated[str, Spec("Storage", width=128, index=True), Ref("storages", show=("storage_type",))]
    created_by: Annotated[str, Spec("Who made it", width=36, choices=("manual", "auto"), index=True)] = "manual"
    location: Annotated[str, Spec("Where it lies on the storage", width=256, show=Show.DETAIL)] = ""
    size: Annotated[int, Spec("Size of the disk", unit=Unit.MIB)] = 0
    virtual_size: Annotated[int, Spec("Size that the guest saw", unit=Unit.MIB)] = 0
    out_of_chain: Annotated[bool, Spec("Does not depend on other snapshots")] = True
    fake_deleted: Annotated[bool, Spec("Deleted, but still needed")] = False
    disk_type: Annotated[str, Spec("Use of the disk: sys or data", width=32, index=True)] = "data"
    os_type: Annotated[str, Spec("Kind of system on it", width=32, index=True)] = ""
    os_arch: Annotated[str, Spec("Architecture of the system on it", width=16)] = ""
    ref_count: Annotated[int, Spec("Disks that were made of it and still need it")] = 0
    backing_disk_id: Annotated[str, Spec("Disk that it lies under", width=128, show=Show.NEVER)] = ""
    disk_backup_id: Annotated[str, Spec("Backup that it belongs to", width=128, show=Show.NEVER)] = ""
    encrypt_key_id: Annotated[str, Spec("Key that encrypts it", width=36)] = ""
    cloudregion_id: Annotated[
        str, Spec("Region", width=128, index=True), Ref("cloudregions", alias=("region", "region_id"))
    ] = "default"
    manager_id: Annotated[str, Spec("Cloud subscription that it belongs to", width=128)] = ""
    expired_at: Annotated[datetime | None, Spec("When it is removed by itself", create=True, index=True)] = None


_S = SnapshotStatus

SNAPSHOT_LIFECYCLE = Lifecycle(
    states=SnapshotStatus,
    initial=_S.CREATING,
    stable=(_S.READY, _S.UNKNOWN),
    transitions=(
        Transition(
            name="create",
            sources=(),
            through=(_S.CREATING,),
            to=_S.READY,
            failed=_S.CREATE_FAILED,
            flow="snapshot-create",
            deadline_s=1800,
        ),
        Transition(
            name="delete",
            sources=(_S.READY, _S.CREATE_FAILED, _S.DELETE_FAILED, _S.UNKNOWN),
            through=(_S.DELETING,),
            to=None,
            failed=_S.DELETE_FAILED,
            flow="snapshot-delete",
            deadline_s=3600,
        ),
    ),
)


def _details(tx: Transaction, page: Sequence[Snapshot]) -> Sequence[JsonObject]:
    """Disk, server and instance snapshot of each: four queries whatever the page's length."""
    idents = [snapshot.disk_id for snapshot in page]
    disks = _by(tx, disk.DISKS, "id", idents, "id")
    links = _by(tx, guestdisk.GUESTDISKS, "disk_id", idents, "disk_id")
    guests = _by(tx, server.SERVERS, "id", [link.guest_id for link in links.values()], "id")
    joints = _by(tx, instancesnapshot.SNAPSHOTJOINTS, "snapshot_id", [row.id for row in page], "snapshot_id")
    return [_detail(row, disks, links, guests, joints) for row in page]


def _by(tx: Transaction, resource: Resource[Any], field: str, idents: Sequence[str], key: str) -> Mapping[str, Any]:
    rows = tx.of(resource, PLATFORM).find(Query(where=one_of(field, list(dict.fromkeys(idents)))))
    return {getattr(row, key): row for row in rows}


def _detail(
    row: Snapshot,
    disks: Mapping[str, Any],
    links: Mapping[str, Any],
    guests: Mapping[str, Any],
    joints: Mapping[str, Any],
) -> JsonObject:
    of, link = disks.get(row.disk_id), links.get(row.disk_id)
    guest = guests.get(link.guest_id) if link is not None else None
    return {
        "disk_name": of.name if of is not None else "",
        "disk_status": of.status if of is not None else "",
        "guest": guest.name if guest is not None else "",
        "guest_id": guest.id if guest is not None else "",
        "guest_status": guest.status if guest is not None else "",
        "is_sub_snapshot": row.id in joints,
    }


def check_none_lost(tx: Transaction, disks: Sequence[str], what: str) -> None:
    """Refuse to remove volumes in which snapshots lie.

    Raises:
        NotEmptyError: says how many there are, and how to lose them.
    """
    number = tx.of(SNAPSHOTS, PLATFORM).count(one_of("disk_id", disks))
    if number:
        raise NotEmptyError(
            f"{what} has {number} snapshots, which would go with it: delete them first, or send delete_snapshots",
            field="delete_snapshots",
            data={"plural": "snapshots", "count": number},
        )


def check_none_copied(tx: Transaction, disks: Sequence[str]) -> None:
    """Refuse to remove volumes of whose snapshots disks are just made; see `check_not_copied`."""
    rows = tx.of(SNAPSHOTS, PLATFORM).columns(("id",), Query(where=one_of("disk_id", disks)))
    check_not_copied(tx, [row[0] for row in rows])


def check_not_copied(tx: Transaction, snapshots: Sequence[str]) -> None:
    """Refuse to lose snapshots of which disks are just made.

    Raises:
        ResourceBusyError: names one of these disks.
    """
    copying = both(one_of("snapshot_id", snapshots), one_of("status", disk.COPYING))
    disks = tx.of(disk.DISKS, PLATFORM).find(Query(where=copying, limit=1))
    if disks:
        raise ResourceBusyError(f"disk {disks[0].name} is just made of the snapshot", data={"disk_id": disks[0].id})


def _check_delete(tx: Transaction, _caller: Any, row: Snapshot) -> None:
    if tx.of(instancesnapshot.SNAPSHOTJOINTS, PLATFORM).count(eq("snapshot_id", row.id)):
        raise ConflictError(f"snapshot {row.name} is part of a snapshot of a whole server: delete that", field="id")


SNAPSHOTS = Resource(
    entity=Snapshot,
    service="compute",
    area="compute",
    singular="snapshot",
    plural="snapshots",
    doc="Disks as they were at one moment.",
    level=Level.PROJECT,
    filters=SNAPSHOT_FILTERS,
    orders=SNAPSHOT_ORDERS,
    columns=("id", "name", "size", "status", "disk_type", "disk_id", "guest_id", "created_by", "storage", "created_at"),
    unique=(("name", "tenant_id"),),
    indexes=(("created_by", "expired_at"),),
    lifecycle=SNAPSHOT_LIFECYCLE,
    actions=(
        Action(
            name="delete-disk-snapshots",
            doc="Delete all snapshots of a disk that no instance snapshot needs.",
            kind=ActionKind.CLASS,
            params=(param("disk_id", "Disk", refers="disks", alias=("disk",), required=True),),
        ),
    ),
    refuses=STAYS,
    check_delete=_check_delete,
    details=_details,
)

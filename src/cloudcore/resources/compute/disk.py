"""Disks: volumes that servers boot from and keep data on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Billed, External, ProjectOwned, Statused, entity
from cloudcore.model.errors import NotEmptyError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle, Transition
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Query, eq, one_of
from cloudcore.model.resource import Action, Level, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import IMAGE_PARAMS, POLICY_ACTIONS
from cloudcore.resources.compute import guestdisk, server
from cloudcore.resources.compute.filters import DISK_FILTERS, DISK_ORDERS, DISK_SUMS
from cloudcore.resources.compute.following import policies_of


class DiskStatus(StrEnum):
    """Statuses of a disk."""

    INIT = "init"
    START_ALLOC = "start_alloc"
    ALLOCATING = "allocating"
    READY = "ready"
    ALLOC_FAILED = "alloc_failed"
    DEALLOCATING = "deallocating"
    DEALLOC_FAILED = "dealloc_failed"
    START_SNAPSHOT = "start_snapshot"
    SNAPSHOTING = "snapshoting"
    RESET = "reset"
    RESET_FAILED = "reset_failed"
    START_RESIZE = "start_resize"
    RESIZING = "resizing"
    RESIZE_FAILED = "resize_failed"


COPYING = (DiskStatus.START_ALLOC.value, DiskStatus.ALLOCATING.value)
"""A disk in these statuses is being filled, perhaps from a snapshot."""


@entity
class Disk(Statused, External, Billed, ProjectOwned):
    """One volume. disk_size in MiB; callers send it as `size`."""

    storage_id: Annotated[
        str,
        Spec("Storage", create=True, width=128, index=True),
        Ref(
            "storages",
            show=(
                "storage_type",
                "medium_type",
                "zone",
                "zone_id",
                "cloudregion",
                "cloudregion_id",
                "region",
                "region_id",
                "provider",
            ),
        ),
    ]
    disk_format: Annotated[str, Spec("Format: qcow2, raw …", width=32)] = "qcow2"
    disk_size: Annotated[int, Spec("Size", unit=Unit.MIB, index=True)]
    access_path: Annotated[str, Spec("Path on the host", width=256, show=Show.DETAIL)] = ""
    pci_path: Annotated[str, Spec("Place on the bus", width=64, show=Show.DETAIL)] = ""
    backup_storage_id: Annotated[str, Spec("Storage of a second copy", width=128)] = ""
    template_id: Annotated[str, Spec("Image that it was made from", width=256, index=True)] = ""
    snapshot_id: Annotated[str, Spec("Snapshot that it was made from", width=256, index=True)] = ""
    backup_id: Annotated[str, Spec("Backup that it was made from", width=256)] = ""
    device: Annotated[str, Spec("Device in the guest", width=64)] = ""
    fs_format: Annotated[str, Spec("File system that it is meant for; the disk comes unformatted", width=32)] = ""
    fs_features: Annotated[JsonObject, Spec("Options of the file system")] = attrs.field(factory=dict[str, Any])
    disk_type: Annotated[
        str, Spec("Use: sys, data, swap, volume", update=True, width=32, choices=("sys", "data", "swap", "volume"))
    ] = "data"
    preallocation: Annotated[
        str, Spec("Preallocation", update=True, width=12, choices=("off", "metadata", "falloc", "full"))
    ] = "off"
    nonpersistent: Annotated[bool, Spec("Loses its content when the server stops")] = False
    auto_reset: Annotated[bool, Spec("Reset at each stop")] = False
    auto_delete: Annotated[bool, Spec("Goes with its server", update=True)] = False
    os_arch: Annotated[str, Spec("Architecture of the system on it", width=16)] = ""
    is_ssd: Annotated[bool, Spec("On solid state", create=True, update=True)] = False
    iops: Annotated[int, Spec("Most operations per second; 0: no bound", create=True)] = 0
    throughput: Annotated[int, Spec("Most MB per second; 0: no bound", create=True)] = 0
    encrypt_key_id: Annotated[str, Spec("Key that encrypts it", width=36)] = ""


USABLE = (DiskStatus.READY, DiskStatus.RESET_FAILED, DiskStatus.RESIZE_FAILED)
"""The volume is there, as it was or whole; nothing that a disk can do is locked by such a failure."""

DISK_LIFECYCLE = Lifecycle(
    states=DiskStatus,
    initial=DiskStatus.INIT,
    stable=(DiskStatus.INIT, DiskStatus.READY),
    transitions=(
        Transition(
            name="create",
            sources=(),
            through=(DiskStatus.START_ALLOC, DiskStatus.ALLOCATING),
            to=DiskStatus.READY,
            failed=DiskStatus.ALLOC_FAILED,
            flow="disk-create",
            deadline_s=8 * 3600,
        ),
        Transition(
            name="delete",
            sources=(
                DiskStatus.READY,
                DiskStatus.INIT,
                DiskStatus.ALLOC_FAILED,
                DiskStatus.DEALLOC_FAILED,
                DiskStatus.RESET_FAILED,
                DiskStatus.RESIZE_FAILED,
            ),
            through=(DiskStatus.DEALLOCATING,),
            to=None,
            failed=DiskStatus.DEALLOC_FAILED,
            flow="disk-delete",
            deadline_s=1800,
        ),
        Transition(
            name="snapshot",
            sources=USABLE,
            through=(DiskStatus.START_SNAPSHOT, DiskStatus.SNAPSHOTING),
            to=DiskStatus.READY,
            failed=DiskStatus.READY,
            flow="snapshot-create",
            deadline_s=1800,
        ),
        Transition(
            name="disk-reset",
            sources=USABLE,
            through=(DiskStatus.RESET,),
            to=DiskStatus.READY,
            failed=DiskStatus.RESET_FAILED,
            flow="disk-reset",
            deadline_s=3600,
        ),
        Transition(
            name="resize",
            sources=USABLE,
            through=(DiskStatus.START_RESIZE, DiskStatus.RESIZING),
            to=DiskStatus.READY,
            failed=DiskStatus.RESIZE_FAILED,
            flow="disk-resize",
            deadline_s=1200,
        ),
    ),
)


def _details(tx: Transaction, page: Sequence[Disk]) -> Sequence[JsonObject]:
    links = tx.of(guestdisk.GUESTDISKS, PLATFORM).find(Query(where=one_of("disk_id", [d.id for d in page])))
    guests = tx.of(server.SERVERS, PLATFORM).find(Query(where=one_of("id", [link.guest_id for link in links])))
    known = {g.id: g for g in guests}
    attached: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for link in links:
        if (guest := known.get(link.guest_id)) is not None:
            attached[link.disk_id].append(
                {
                    "id": guest.id,
                    "name": guest.name,
                    "status": guest.status,
                    "index": link.index,
                    "driver": link.driver,
                    "cache_mode": link.cache_mode,
                    "billing_type": guest.billing_type,
                }
            )
    kept = policies_of(tx, [d.id for d in page], list(known))
    return [{**_of_guests(attached[d.id]), **kept(d.id, [g["id"] for g in attached[d.id]])} for d in page]


def _of_guests(guests: Sequence[JsonObject]) -> JsonObject:
    return {
        "guests": list(guests),
        "guest_count": len(guests),
        "guest": ",".join(g["name"] for g in guests),
        "guest_status": ",".join(g["status"] for g in guests),
        "guest_billing_type": guests[0]["billing_type"] if guests else "",
    }


def _check_delete(tx: Transaction, _caller: Any, disk: Disk) -> None:
    if tx.of(guestdisk.GUESTDISKS, PLATFORM).count(eq("disk_id", disk.id)):
        raise NotEmptyError("the disk is attached to a server")


DISKS = Resource(
    entity=Disk,
    service="compute",
    area="compute",
    singular="disk",
    plural="disks",
    indexes=(("tenant_id", "name"),),
    doc="Volumes of servers.",
    example={"name": "data", "size": 1024, "disable_delete": False},
    level=Level.PROJECT,
    filters=DISK_FILTERS,
    orders=DISK_ORDERS,
    sums=DISK_SUMS,
    columns=(
        "id",
        "name",
        "disk_size",
        "status",
        "disk_format",
        "disk_type",
        "storage_id",
        "storage_type",
        "guest",
        "is_ssd",
        "billing_type",
    ),
    lifecycle=DISK_LIFECYCLE,
    details=_details,
    check_delete=_check_delete,
    actions=(
        *POLICY_ACTIONS,
        Action(name="cancel-delete", doc="Take it out of the recycle bin; names it by its id.", params=()),
        Action(
            name="resize",
            doc="Make the disk larger; its server may run.",
            transition="resize",
            params=(param("size", "New size", width=64, unit=Unit.MIB, required=True, example="20g"),),
        ),
        Action(
            name="save",
            doc="Save the disk as an image; its server may run.",
            params=IMAGE_PARAMS,
        ),
        Action(
            name="disk-reset",
            doc="Make the disk what it was at a snapshot of it; its server must be off.",
            transition="disk-reset",
            params=(
                param("snapshot_id", "Snapshot", refers="snapshots", alias=("snapshot",), required=True),
                param("auto_start", "Start the server afterwards", bool),
            ),
        ),
    ),
    extra_params=(
        param("size", "Size such as 10g; a bare number is in MiB", width=64, example="10g"),
        param("image_id", "Image that fills it", refers="images", alias=("image",)),
        param("format", "Format", width=32),
        param("fs", "File system that it is meant for; the disk comes unformatted", width=32),
        param("backend", "Technology of its storage", width=32),
        param("medium", "Medium of its storage", width=32),
        param("prefer_host_id", "Host whose storage it takes", refers="hosts", alias=("prefer_host",)),
        param("prefer_zone_id", "Zone whose storage it takes", refers="zones", alias=("prefer_zone",)),
        param("prefer_zones", "Zones, of one of which it takes storage", list, of=str, refers="zones"),
        param("prefer_region_id", "Region whose storage it takes", refers="cloudregions", alias=("prefer_region",)),
        param("prefer_wire_id", "Wire that its host is on", refers="wires", alias=("prefer_wire",)),
    ),
)

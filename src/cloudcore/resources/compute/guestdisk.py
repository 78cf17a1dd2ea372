"""Which disks servers have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from cloudcore.model.entity import Entity, entity
from cloudcore.model.errors import ConflictError, InvalidInputError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.resource import READ_ONLY, Joint, Level, OnDelete, Ref, Resource, Show, Spec, Verb
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import disk

_DISK_KEYS = ("disk_size", "disk_type", "disk_format", "storage", "storage_id", "storage_type", "medium_type")


@entity
class Guestdisk(Entity):
    """One disk of one server; index 0 is the system disk."""

    guest_id: Annotated[
        str,
        Spec("Server", width=128, index=True),
        Ref("servers", on_delete=OnDelete.CASCADE, alias=("server", "server_id")),
    ]
    disk_id: Annotated[str, Spec("Disk", width=128, index=True), Ref("disks", show=_DISK_KEYS)]
    image_path: Annotated[str, Spec("Image of a disk that is made at start", width=256, show=Show.DETAIL)] = ""
    driver: Annotated[str, Spec("Bus: virtio, ide, scsi, sata, pvscsi", width=32)] = "virtio"
    cache_mode: Annotated[str, Spec("Cache: none, writeback, writethrough", width=32)] = "none"
    aio_mode: Annotated[str, Spec("Asynchronous access: native, threads", width=32, show=Show.DETAIL)] = ""
    iops: Annotated[int, Spec("Most operations per second; 0: no bound", update=True)] = 0
    bps: Annotated[int, Spec("Most bytes per second; 0: no bound", update=True)] = 0
    mountpoint: Annotated[str, Spec("Where the guest is meant to mount it", width=256, show=Show.DETAIL)] = ""
    index: Annotated[int, Spec("Position, from 0", update=True, maximum=127)] = 0
    boot_index: Annotated[int, Spec("Boot position; -1: by index", update=True, minimum=-1, maximum=127)] = -1


def _details(tx: Transaction, page: Sequence[Guestdisk]) -> Sequence[JsonObject]:
    disks = tx.of(disk.DISKS, PLATFORM).find(Query(where=one_of("id", [g.disk_id for g in page])))
    statuses = {d.id: d.status for d in disks}
    return [{"status": statuses.get(g.disk_id, "")} for g in page]


def _check_update(tx: Transaction, _caller: Any, link: Guestdisk, changes: JsonObject) -> JsonObject:
    if changes.get("index", link.index) != link.index and 0 in (link.index, changes["index"]):
        raise InvalidInputError("the system disk stays at index 0", field="index")
    place = changes.get("boot_index", link.boot_index)
    if place != link.boot_index and place >= 0:
        others = both(eq("guest_id", link.guest_id), eq("boot_index", place))
        if tx.of(GUESTDISKS, PLATFORM).count(others):
            raise ConflictError(f"another disk boots at position {place}", field="boot_index")
    return changes


GUESTDISKS = Resource(
    entity=Guestdisk,
    service="compute",
    area="compute",
    singular="guestdisk",
    plural="guestdisks",
    doc="Disks of servers.",
    level=Level.PROJECT,
    columns=("guest_id", "disk_id", "disk_size", "driver", "cache_mode", "index"),
    unique=(("disk_id",), ("guest_id", "index")),
    joint=Joint(left="guest_id", right="disk_id", left_path="servers", right_path="disks"),
    verbs=READ_ONLY | {Verb.UPDATE},
    check_update=_check_update,
    details=_details,
)

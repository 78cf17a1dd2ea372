"""Instance snapshots: all disks of a server at one moment, with what is needed to make a server of them.

create    creating → ready
delete    instance_snapshot_start_delete → gone
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Entity, External, ProjectOwned, Statused, entity
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle, Transition
from cloudcore.model.query import PLATFORM, Order, Query, one_of
from cloudcore.model.resource import READ_ONLY, Joint, Level, OnDelete, Ref, Resource, Show, Spec, Verb
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import STAYS
from cloudcore.resources.compute import server, snapshot
from cloudcore.resources.compute.filters import INSTANCE_SNAPSHOT_ORDERS
from cloudcore.resources.storage import storage


class InstanceSnapshotStatus(StrEnum):
    """Statuses of an instance snapshot."""

    CREATING = "creating"
    READY = "ready"
    CREATE_FAILED = "instance_snapshot_create_failed"
    START_DELETE = "instance_snapshot_start_delete"
    DELETE_FAILED = "instance_snapshot_delete_failed"


@entity
class Instancesnapshot(Statused, External, ProjectOwned):
    """One server at one moment; its disks' snapshots hang on it by `Snapshotjoint`.

    server_config: what creating a server like it takes; sec_groups, keypair_id, image_id: what it had.
    """

    status: Annotated[str, Spec("Status", width=36, index=True)] = InstanceSnapshotStatus.CREATING.value
    guest_id: Annotated[
        str, Spec("Server", width=128, index=True), Ref("servers", alias=("guest", "server", "server_id"))
    ]
    server_config: Annotated[JsonObject, Spec("What the server was like", show=Show.DETAIL)] = attrs.field(
        factory=dict[str, Any]
    )
    server_metadata: Annotated[JsonObject, Spec("Its tags", show=Show.DETAIL)] = attrs.field(factory=dict[str, Any])
    auto_delete: Annotated[bool, Spec("Goes with the last server that was made of it", update=True)] = False
    ref_count: Annotated[int, Spec("Servers that were made of it and still need it")] = 0
    sec_groups: Annotated[list[Any], Spec("Its security groups", show=Show.DETAIL)] = attrs.field(factory=list[Any])
    keypair_id: Annotated[str, Spec("Its key pair", width=128)] = ""
    os_type: Annotated[str, Spec("Kind of system", width=36, index=True)] = ""
    os_arch: Annotated[str, Spec("Architecture", width=16)] = ""
    instance_type: Annotated[str, Spec("Size by name", width=64)] = ""
    image_id: Annotated[str, Spec("Image of its system disk", width=128)] = ""
    with_memory: Annotated[bool, Spec("Holds the memory as well", index=True)] = False
    memory_size_kb: Annotated[int, Spec("Size of the memory in it, in KiB")] = 0
    memory_file_host_id: Annotated[str, Spec("Host of the memory file", width=128, show=Show.NEVER)] = ""
    memory_file_path: Annotated[str, Spec("Place of the memory file", width=512, show=Show.NEVER)] = ""
    memory_file_checksum: Annotated[str, Spec("Checksum of the memory file", width=64, show=Show.NEVER)] = ""
    encrypt_key_id: Annotated[str, Spec("Key that encrypts it", width=36)] = ""
    cloudregion_id: Annotated[
        str, Spec("Region", width=128, index=True), Ref("cloudregions", alias=("region", "region_id"))
    ] = "default"
    manager_id: Annotated[str, Spec("Cloud subscription that it belongs to", width=128)] = ""
    created_by: Annotated[str, Spec("Who made it: manual or auto", width=36, choices=("manual", "auto"))] = "manual"
    expired_at: Annotated[datetime | None, Spec("When it is removed by itself", index=True)] = None


@entity
class Snapshotjoint(Entity):
    """One disk's snapshot of one instance snapshot."""

    instance_snapshot_id: Annotated[
        str, Spec("Instance snapshot", width=128, index=True), Ref("instance_snapshots", on_delete=OnDelete.CASCADE)
    ]
    snapshot_id: Annotated[str, Spec("Snapshot", width=128, index=True), Ref("snapshots", on_delete=OnDelete.CASCADE)]
    disk_index: Annotated[int, Spec("Position of the disk")] = 0


_S = InstanceSnapshotStatus

INSTANCE_SNAPSHOT_LIFECYCLE = Lifecycle(
    states=InstanceSnapshotStatus,
    initial=_S.CREATING,
    stable=(_S.READY,),
    transitions=(
        Transition(
            name="create",
            sources=(),
            through=(_S.CREATING,),
            to=_S.READY,
            failed=_S.CREATE_FAILED,
            flow="instance-snapshot-create",
            deadline_s=1800,
        ),
        Transition(
            name="delete",
            sources=(_S.READY, _S.CREATE_FAILED, _S.DELETE_FAILED),
            through=(_S.START_DELETE,),
            to=None,
            failed=_S.DELETE_FAILED,
            flow="instance-snapshot-delete",
            deadline_s=3600,
        ),
    ),
)


def _details(tx: Transaction, page: Sequence[Instancesnapshot]) -> Sequence[JsonObject]:
    """The snapshots of each, by disk, the storages and the server: four queries whatever the page's length."""
    where = one_of("instance_snapshot_id", [row.id for row in page])
    joints = tx.of(SNAPSHOTJOINTS, PLATFORM).find(Query(where=where, order=(Order("disk_index"),)))
    wanted = one_of("id", [joint.snapshot_id for joint in joints])
    known = {row.id: row for row in tx.of(snapshot.SNAPSHOTS, PLATFORM).find(Query(where=wanted))}
    parts: defaultdict[str, list[Any]] = defaultdict(list)
    for joint in joints:
        if joint.snapshot_id in known:
            parts[joint.instance_snapshot_id].append(known[joint.snapshot_id])
    kinds = _column(tx, storage.STORAGES, "storage_type", [part.storage_id for part in known.values()])
    statuses = _column(tx, server.SERVERS, "status", [row.guest_id for row in page])
    return [
        {
            **_detail(parts[row.id]),
            "guest_status": statuses.get(row.guest_id, ""),
            "storage_type": next((kinds[p.storage_id] for p in parts[row.id] if p.storage_id in kinds), ""),
        }
        for row in page
    ]


def _column(tx: Transaction, resource: Resource[Any], name: str, idents: Sequence[str]) -> dict[str, str]:
    query = Query(where=one_of("id", list(dict.fromkeys(idents))))
    return dict(tx.of(resource, PLATFORM).columns(("id", name), query))


def _detail(parts: Sequence[Any]) -> JsonObject:
    shown = ("id", "name", "disk_id", "disk_type", "size", "virtual_size", "storage_id", "status")
    size = sum(part.size for part in parts)
    return {
        "snapshots": [{key: getattr(part, key) for key in shown} for part in parts],
        "size": size,
        "size_mb": size,
        "virtual_size_mb": sum(part.virtual_size for part in parts),
        "properties": {},
    }


INSTANCE_SNAPSHOTS = Resource(
    entity=Instancesnapshot,
    service="compute",
    area="compute",
    singular="instance_snapshot",
    plural="instance_snapshots",
    doc="Servers as they were at one moment.",
    level=Level.PROJECT,
    orders=INSTANCE_SNAPSHOT_ORDERS,
    columns=("id", "name", "status", "guest_id", "guest", "os_type", "with_memory", "created_at"),
    unique=(("name", "tenant_id"),),
    lifecycle=INSTANCE_SNAPSHOT_LIFECYCLE,
    verbs=frozenset({Verb.LIST, Verb.GET, Verb.UPDATE, Verb.DELETE}),
    refuses=STAYS,
    details=_details,
)

SNAPSHOTJOINTS = Resource(
    entity=Snapshotjoint,
    service="compute",
    area="compute",
    singular="instancesnapshotjoint",
    plural="instancesnapshotjoints",
    doc="Snapshots of instance snapshots.",
    level=Level.PROJECT,
    columns=("instance_snapshot_id", "snapshot_id", "disk_index"),
    unique=(("instance_snapshot_id", "snapshot_id"),),
    joint=Joint(
        left="instance_snapshot_id", right="snapshot_id", left_path="instance_snapshots", right_path="snapshots"
    ),
    verbs=READ_ONLY,
)

"""What the flows of snapshots share.

A snapshot lies inside its disk's volume, and a guest may be writing there: the task holds the server that has the disk, or
else the disk (`server_id` and `host_id` in its parameters), so that power and volume stay as they are meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidStatusError, ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Order, Query, eq, one_of
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.instancesnapshot import INSTANCE_SNAPSHOTS, SNAPSHOTJOINTS
from cloudcore.resources.compute.server import SERVERS, ServerStatus
from cloudcore.resources.compute.server.lifecycle import SAVED
from cloudcore.resources.compute.snapshot import SNAPSHOTS
from cloudcore.tasks.flow import Context, Effects, Step, Turn
from cloudcore.tasks.flows.guest import back, mounts_of, move
from cloudcore.tasks.flows.volumes import reached

SNAPSHOT_S = 300


def snapshot_of(ctx: Context) -> Any:
    """The snapshot that the task works on.

    Raises:
        ResourceNotFoundError: it is gone.
    """
    row = ctx.tx.of(SNAPSHOTS, PLATFORM).get(ctx.task.obj_id)
    if row is None:
        raise ResourceNotFoundError(f"snapshot {ctx.task.obj_id} not found")
    return row


def instance_snapshot_of(ctx: Context) -> Any:
    """The instance snapshot that the task works on.

    Raises:
        ResourceNotFoundError: it is gone.
    """
    row = ctx.tx.of(INSTANCE_SNAPSHOTS, PLATFORM).get(ctx.task.obj_id)
    if row is None:
        raise ResourceNotFoundError(f"instance snapshot {ctx.task.obj_id} not found")
    return row


def parts_of(ctx: Context, ident: str) -> list[Any]:
    """The disks' snapshots of an instance snapshot, by position."""
    where = eq("instance_snapshot_id", ident)
    joints = ctx.tx.of(SNAPSHOTJOINTS, PLATFORM).find(Query(where=where, order=(Order("disk_index"),)))
    wanted = one_of("id", [joint.snapshot_id for joint in joints])
    known = {row.id: row for row in ctx.tx.of(SNAPSHOTS, PLATFORM).find(Query(where=wanted))}
    return [known[joint.snapshot_id] for joint in joints if joint.snapshot_id in known]


def note_instance(ctx: Context, row: Any, status: str, reason: str = "", *, action: str = "status") -> Any:
    """Give an instance snapshot another status."""
    changed = evolve(row, status=status, status_reason=reason[:1000])
    return ctx.tx.of(INSTANCE_SNAPSHOTS, PLATFORM).save(changed, action=action)


def is_alone(ctx: Context) -> bool:
    """Whether the server or disk is the task's: one that still queues has touched nothing."""
    return ctx.task.exclusive != f"{ctx.task.obj_type}/{ctx.task.obj_id}"


def _turn(ctx: Context) -> Effects:
    server, disk = str(ctx.params.get("server_id") or ""), str(ctx.params.get("disk_id") or "")
    links = ctx.tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("disk_id", disk), limit=1)) if disk else ()
    if disk and (links[0].guest_id if links else "") != server:
        raise InvalidStatusError("its disk was attached or detached meanwhile: delete it again", field="disk_id")
    if not server:
        return Turn(f"{DISKS.singular}/{disk}")
    now = ctx.tx.of(SERVERS, PLATFORM).get(server)
    if now is None or now.status in SAVED:
        raise InvalidStatusError("its server is suspended: resume or stop it first", field="status")
    return Turn(f"{SERVERS.singular}/{server}")


def _queues(ctx: Context) -> bool:
    return bool(ctx.params.get("queued"))


TURN = Step(name="turn", do=_turn, when=_queues)
"""Wait until nobody else works on the server that has the disks, or else on the disk: `queued` in the parameters."""


def occupy(ctx: Context, status: ServerStatus) -> None:
    """Show on the server, if the disk has one, what is being done."""
    if ctx.params.get("server_id"):
        move(ctx, status)


def release(ctx: Context) -> None:
    """Let the server, if the disk has one, be on or off again as it is."""
    if ctx.params.get("server_id") and ctx.tx.of(SERVERS, PLATFORM).get(str(ctx.params["server_id"])) is not None:
        back(ctx)


def note(ctx: Context, row: Any, status: str, reason: str = "", *, action: str = "status") -> Any:
    """Give a snapshot another status."""
    return ctx.tx.of(SNAPSHOTS, PLATFORM).save(evolve(row, status=status, status_reason=reason[:1000]), action=action)


def volumes_of(ctx: Context, rows: Sequence[Any], *, undo: bool = False) -> list[JsonObject]:
    """Where the host finds the snapshots; those whose disk is gone are left out, for they went with it.

    undo: leave out, too, what can't have been made, as the host has no folder for it.

    Raises:
        InvalidStatusError: there is no folder.
    """
    wanted = one_of("id", [row.disk_id for row in rows])
    disks = {disk.id: disk for disk in ctx.tx.of(DISKS, PLATFORM).find(Query(where=wanted))}
    mounts = mounts_of(ctx, str(ctx.params["host_id"]), [disk.storage_id for disk in disks.values()])
    return [
        {
            "snapshot_id": row.id,
            "volume_id": row.disk_id,
            "storage_path": reached(mounts.get(disks[row.disk_id].storage_id, "")),
            "format": disks[row.disk_id].disk_format,
        }
        for row in rows
        if row.disk_id in disks and (not undo or mounts.get(disks[row.disk_id].storage_id))
    ]


def snapshot_effect(ctx: Context, kind: str, rows: Sequence[Any], *, undo: bool = False) -> Effect | None:
    """Make or delete snapshots on the host; nothing where none of their disks is left. undo: see `volumes_of`."""
    volumes = volumes_of(ctx, rows, undo=undo)
    guest = ctx.params.get("server_id") or None
    about = str(guest or (volumes[0]["volume_id"] if volumes else ""))
    args: JsonObject = {"volumes": volumes, "guest_id": guest}
    return Effect(kind=kind, target=f"host:{ctx.params['host_id']}", resource=about, args=args) if volumes else None


def revert_effect(ctx: Context, disk: Any, snapshot_id: str, guest: str | None) -> Effect:
    """Make a volume what it was at a snapshot. guest: that has it, and must be off."""
    mounts = mounts_of(ctx, str(ctx.params["host_id"]), [disk.storage_id])
    args: JsonObject = {
        "snapshot_id": snapshot_id,
        "volume_id": disk.id,
        "storage_path": reached(mounts.get(disk.storage_id, "")),
        "format": disk.disk_format,
        "size_mib": disk.disk_size,
        "guest_id": guest,
    }
    return Effect(kind="volume-revert", target=f"host:{ctx.params['host_id']}", resource=disk.id, args=args)

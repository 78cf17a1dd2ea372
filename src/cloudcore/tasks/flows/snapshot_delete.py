"""snapshot-delete: out of the volume, then the row and its quota. What has gone is gone: nothing is taken back.

Several of one server go one after the other: those that come later queue.
"""

from __future__ import annotations

from cloudcore.model.errors import InvalidStatusError
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.quotas.holdings import drop_snapshot
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import SERVERS, ServerStatus
from cloudcore.resources.compute.server.lifecycle import SAVED
from cloudcore.resources.compute.snapshot import SNAPSHOTS, SnapshotStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step, Turn
from cloudcore.tasks.flows.snapshots import SNAPSHOT_S, note, occupy, release, snapshot_effect, snapshot_of


def _turn(ctx: Context) -> Effects:
    """Wait until nobody else works on the server that has the disk, or else on the disk."""
    server, disk = str(ctx.params.get("server_id") or ""), str(ctx.params.get("disk_id") or "")
    links = ctx.tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("disk_id", disk), limit=1))
    if (links[0].guest_id if links else "") != server:
        raise InvalidStatusError("its disk was attached or detached meanwhile: delete it again", field="disk_id")
    if not server:
        return Turn(f"{DISKS.singular}/{disk}")
    now = ctx.tx.of(SERVERS, PLATFORM).get(server)
    if now is None or now.status in SAVED:
        raise InvalidStatusError("its server is suspended: resume or stop it first", field="status")
    return Turn(f"{SERVERS.singular}/{server}")


def _queues(ctx: Context) -> bool:
    return bool(ctx.params.get("queued"))


def _is_alone(ctx: Context) -> bool:
    """Whether the server or disk is the task's: one that still queues has touched nothing."""
    return ctx.task.exclusive != f"{SNAPSHOTS.singular}/{ctx.task.obj_id}"


def _do(ctx: Context) -> Effects:
    occupy(ctx, ServerStatus.SNAPSHOT_DELETE)
    return snapshot_effect(ctx, "snapshot-delete", [snapshot_of(ctx)])


def _on_host(ctx: Context) -> bool:
    return bool(ctx.params.get("host_id"))


def _row_do(ctx: Context) -> None:
    drop_snapshot(ctx.tx, snapshot_of(ctx), held=bool(ctx.params.get("held")))
    release(ctx)


def _fail(ctx: Context, reason: str) -> None:
    row = ctx.tx.of(SNAPSHOTS, PLATFORM).get(ctx.task.obj_id)
    if row is not None:
        note(ctx, row, SnapshotStatus.DELETE_FAILED, reason, action="delete_fail")
    if _is_alone(ctx):
        release(ctx)


SNAPSHOT_DELETE = Flow(
    name="snapshot-delete",
    obj_type="snapshot",
    steps=(
        Step(name="turn", do=_turn, when=_queues),
        Step(name="volume", do=_do, when=_on_host, deadline_s=SNAPSHOT_S, attempts=5),
        Step(name="row", do=_row_do),
    ),
    fail=_fail,
)

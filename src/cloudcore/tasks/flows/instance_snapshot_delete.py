"""instance-snapshot-delete: its parts out of the volumes, then the rows. What has gone is gone: nothing is taken back."""

from __future__ import annotations

from typing import Any

from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.quotas.holdings import drop_instance_snapshot, drop_snapshot
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.instancesnapshot import INSTANCE_SNAPSHOTS, InstanceSnapshotStatus
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.resources.compute.snapshot import SnapshotStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.snapshots import (
    SNAPSHOT_S,
    TURN,
    instance_snapshot_of,
    is_alone,
    note,
    note_instance,
    occupy,
    parts_of,
    release,
    snapshot_effect,
)


def _doomed(ctx: Context) -> list[Any]:
    """The parts whose disks the server still has; the others stay, as snapshots of their own."""
    links = ctx.tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", str(ctx.params["server_id"]))))
    attached = {link.disk_id for link in links}
    return [part for part in parts_of(ctx, ctx.task.obj_id) if part.disk_id in attached]


def _on_host(ctx: Context) -> bool:
    return bool(ctx.params.get("host_id"))


def _do(ctx: Context) -> Effects:
    occupy(ctx, ServerStatus.SNAPSHOT_DELETE)
    return snapshot_effect(ctx, "snapshot-delete", _doomed(ctx))


def _rows_do(ctx: Context) -> None:
    for part in _doomed(ctx):
        drop_snapshot(ctx.tx, part, held=True)
    drop_instance_snapshot(ctx.tx, instance_snapshot_of(ctx), held=bool(ctx.params.get("held")))
    release(ctx)


def _fail(ctx: Context, reason: str) -> None:
    row = ctx.tx.of(INSTANCE_SNAPSHOTS, PLATFORM).get(ctx.task.obj_id)
    if row is not None:
        note_instance(ctx, row, InstanceSnapshotStatus.DELETE_FAILED, reason, action="delete_fail")
    if is_alone(ctx):
        # Each may be in its volume still, or not any more: nobody must go back to it.
        for part in _doomed(ctx):
            note(ctx, part, SnapshotStatus.DELETE_FAILED, reason, action="delete_fail")
        release(ctx)


INSTANCE_SNAPSHOT_DELETE = Flow(
    name="instance-snapshot-delete",
    obj_type="instance_snapshot",
    steps=(
        TURN,
        Step(name="volumes", do=_do, when=_on_host, deadline_s=SNAPSHOT_S, attempts=5),
        Step(name="rows", do=_rows_do),
    ),
    fail=_fail,
    no_return="volumes",
)

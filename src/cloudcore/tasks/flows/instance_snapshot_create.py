"""instance-snapshot-create: keep all disks of a server as they are at one moment."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.json import JsonObject
from cloudcore.quotas.holdings import drop_snapshot
from cloudcore.quotas.ledger import refund
from cloudcore.resources.compute.instancesnapshot import InstanceSnapshotStatus
from cloudcore.resources.compute.snapshot import SnapshotStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.snapshots import (
    SNAPSHOT_S,
    instance_snapshot_of,
    note,
    note_instance,
    parts_of,
    release,
    snapshot_effect,
)


def _do(ctx: Context) -> Effects:
    return snapshot_effect(ctx, "snapshot-create", parts_of(ctx, ctx.task.obj_id))


def _done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    for part in parts_of(ctx, ctx.task.obj_id):
        note(ctx, part, SnapshotStatus.READY)
    note_instance(ctx, instance_snapshot_of(ctx), InstanceSnapshotStatus.READY)
    release(ctx)


def _undo(ctx: Context) -> Effects:
    return snapshot_effect(ctx, "snapshot-delete", parts_of(ctx, ctx.task.obj_id), undo=True)


def _fail(ctx: Context, reason: str) -> None:
    row = instance_snapshot_of(ctx)
    for part in parts_of(ctx, row.id):
        drop_snapshot(ctx.tx, part, held=True)
    refund(ctx.tx, row.domain_id, row.tenant_id, {"instance_snapshot": 1})
    note_instance(ctx, row, InstanceSnapshotStatus.CREATE_FAILED, reason, action="create_fail")
    release(ctx)


INSTANCE_SNAPSHOT_CREATE = Flow(
    name="instance-snapshot-create",
    obj_type="instance_snapshot",
    steps=(Step(name="snapshot", do=_do, done=_done, undo=_undo, deadline_s=SNAPSHOT_S),),
    fail=_fail,
)

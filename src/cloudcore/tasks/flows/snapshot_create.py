"""snapshot-create: keep a disk as it is at one moment, whether its server runs or not."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.json import JsonObject
from cloudcore.quotas.ledger import refund
from cloudcore.resources.compute.disk import DiskStatus
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.resources.compute.snapshot import SnapshotStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.snapshots import SNAPSHOT_S, note, occupy, release, snapshot_effect, snapshot_of
from cloudcore.tasks.flows.volumes import move_disk


def _do(ctx: Context) -> Effects:
    row = snapshot_of(ctx)
    occupy(ctx, ServerStatus.SNAPSHOT)
    move_disk(ctx, row.disk_id, DiskStatus.SNAPSHOTING)
    return snapshot_effect(ctx, "snapshot-create", [row])


def _done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    row = snapshot_of(ctx)
    note(ctx, row, SnapshotStatus.READY)
    move_disk(ctx, row.disk_id, DiskStatus.READY)
    release(ctx)


def _undo(ctx: Context) -> Effects:
    return snapshot_effect(ctx, "snapshot-delete", [snapshot_of(ctx)], undo=True)


def _fail(ctx: Context, reason: str) -> None:
    row = snapshot_of(ctx)
    refund(ctx.tx, row.domain_id, row.tenant_id, {"snapshot": 1})
    note(ctx, row, SnapshotStatus.CREATE_FAILED, reason, action="create_fail")
    move_disk(ctx, row.disk_id, DiskStatus.READY)
    release(ctx)


SNAPSHOT_CREATE = Flow(
    name="snapshot-create",
    obj_type="snapshot",
    steps=(Step(name="snapshot", do=_do, done=_done, undo=_undo, deadline_s=SNAPSHOT_S),),
    fail=_fail,
)

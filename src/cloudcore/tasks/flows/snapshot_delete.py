"""snapshot-delete: out of the volume, then the row and its quota. What has gone is gone: nothing is taken back.

Several of one server go one after the other: those that come later queue.
"""

from __future__ import annotations

from cloudcore.model.query import PLATFORM
from cloudcore.quotas.holdings import drop_snapshot
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.resources.compute.snapshot import SNAPSHOTS, SnapshotStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.snapshots import (
    SNAPSHOT_S,
    TURN,
    is_alone,
    note,
    occupy,
    release,
    snapshot_effect,
    snapshot_of,
)


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
    if is_alone(ctx):
        release(ctx)


SNAPSHOT_DELETE = Flow(
    name="snapshot-delete",
    obj_type="snapshot",
    steps=(
        TURN,
        Step(name="volume", do=_do, when=_on_host, deadline_s=SNAPSHOT_S, attempts=5),
        Step(name="row", do=_row_do),
    ),
    fail=_fail,
    no_return="volume",
)

"""instance-snapshot-reset: all disks of a server become what they were at a snapshot, and it starts if that was asked for.

What was reverted stays so: a reset that failed is begun again.
"""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import START_S, back, move, server_of, start_effect, stop_effect
from cloudcore.tasks.flows.snapshots import SNAPSHOT_S, parts_of, revert_effect


def _revert_do(ctx: Context) -> Effects:
    parts = parts_of(ctx, str(ctx.params["instance_snapshot_id"]))
    wanted = one_of("id", [part.disk_id for part in parts])
    disks = {disk.id: disk for disk in ctx.tx.of(DISKS, PLATFORM).find(Query(where=wanted))}
    guest = server_of(ctx).id
    return [revert_effect(ctx, disks[part.disk_id], part.id, guest) for part in parts]


def _revert_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    back(ctx)


def _start_wanted(ctx: Context) -> bool:
    return bool(ctx.params.get("auto_start"))


def _start_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.STARTING)
    return start_effect(ctx)


def _start_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.RUNNING, action="start", power_states="on", last_start_at=ctx.now)


def _start_undo(ctx: Context) -> Effects:
    return stop_effect(ctx, force=True, grace_s=0)


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.SNAPSHOT_RESET_FAILED, reason=reason, action="reset_fail")


INSTANCE_SNAPSHOT_RESET = Flow(
    name="instance-snapshot-reset",
    obj_type="server",
    steps=(
        Step(name="revert", do=_revert_do, done=_revert_done, deadline_s=SNAPSHOT_S),
        Step(name="start", do=_start_do, done=_start_done, undo=_start_undo, when=_start_wanted, deadline_s=START_S),
    ),
    fail=_fail,
    no_return="revert",
)

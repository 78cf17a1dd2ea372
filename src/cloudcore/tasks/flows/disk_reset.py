"""disk-reset: a disk becomes what it was at a snapshot, and its server starts if that was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.json import JsonObject
from cloudcore.resources.compute.disk import DiskStatus
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.disk_create import disk_of
from cloudcore.tasks.flows.guest import START_S, move, start_effect, stop_effect
from cloudcore.tasks.flows.snapshots import SNAPSHOT_S, occupy, release, revert_effect
from cloudcore.tasks.flows.volumes import move_disk


def _revert_do(ctx: Context) -> Effects:
    occupy(ctx, ServerStatus.DISK_RESET)
    move_disk(ctx, ctx.task.obj_id, DiskStatus.RESET)
    guest = str(ctx.params["server_id"]) or None
    return revert_effect(ctx, disk_of(ctx), str(ctx.params["snapshot_id"]), guest)


def _revert_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move_disk(ctx, ctx.task.obj_id, DiskStatus.READY)
    release(ctx)


def _start_wanted(ctx: Context) -> bool:
    return bool(ctx.params.get("auto_start") and ctx.params.get("server_id"))


def _start_do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.STARTING)
    return start_effect(ctx)


def _start_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    move(ctx, ServerStatus.RUNNING, action="start", power_states="on", last_start_at=ctx.now)


def _start_undo(ctx: Context) -> Effects:
    return stop_effect(ctx, force=True, grace_s=0)


def _fail(ctx: Context, reason: str) -> None:
    move_disk(ctx, ctx.task.obj_id, DiskStatus.RESET_FAILED, status_reason=reason[:1000])
    release(ctx)


DISK_RESET = Flow(
    name="disk-reset",
    obj_type="disk",
    steps=(
        Step(name="revert", do=_revert_do, done=_revert_done, deadline_s=SNAPSHOT_S),
        Step(name="start", do=_start_do, done=_start_done, undo=_start_undo, when=_start_wanted, deadline_s=START_S),
    ),
    fail=_fail,
    no_return="revert",
)

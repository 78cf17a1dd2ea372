"""disk-resize: a volume that no server uses grows. The request's commit has taken the space and the quota."""

from __future__ import annotations

from typing import Any

from cloudcore.quotas.holdings import release_growth
from cloudcore.resources.compute.disk import DiskStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.disk_create import disk_of, folder_of
from cloudcore.tasks.flows.volumes import VOLUME_S, move_disk, moved, volume_resize_effect


def _do(ctx: Context) -> Effects:
    disk = disk_of(ctx)
    move_disk(ctx, disk.id, DiskStatus.RESIZING)
    return volume_resize_effect(disk, *folder_of(ctx, disk), int(ctx.params["size_mib"]))


def grow(ctx: Context, disk: Any, size_mib: int) -> None:
    """The volume has its new size."""
    moved(ctx, disk, DiskStatus.READY, disk_size=size_mib, status_reason="")


def _succeed(ctx: Context) -> None:
    grow(ctx, disk_of(ctx), int(ctx.params["size_mib"]))


def _fail(ctx: Context, reason: str) -> None:
    disk = disk_of(ctx)
    release_growth(ctx.tx, disk, int(ctx.params["size_mib"]) - disk.disk_size)
    move_disk(ctx, disk.id, DiskStatus.RESIZE_FAILED, status_reason=reason[:1000])


DISK_RESIZE = Flow(
    name="disk-resize",
    obj_type="disk",
    steps=(Step(name="volume", do=_do, deadline_s=VOLUME_S),),
    succeed=_succeed,
    fail=_fail,
    no_return="volume",
)

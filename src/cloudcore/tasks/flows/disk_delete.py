"""disk-delete: the volume, then the row and what it held."""

from __future__ import annotations

from cloudcore.model.query import PLATFORM
from cloudcore.quotas.holdings import drop_disk
from cloudcore.resources.compute.disk import DISKS, DiskStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.disk_create import disk_of, folder_of
from cloudcore.tasks.flows.volumes import VOLUME_S, move_disk, volume_delete_effect


def _volume_do(ctx: Context) -> Effects:
    disk = disk_of(ctx)
    move_disk(ctx, disk.id, DiskStatus.DEALLOCATING)
    return volume_delete_effect(disk, *folder_of(ctx, disk))


def _on_host(ctx: Context) -> bool:
    return bool(ctx.params.get("host_id"))


def _row_do(ctx: Context) -> None:
    drop_disk(ctx.tx, disk_of(ctx), held=_on_host(ctx))


def _fail(ctx: Context, reason: str) -> None:
    if ctx.tx.of(DISKS, PLATFORM).get(ctx.task.obj_id) is not None:
        move_disk(ctx, ctx.task.obj_id, DiskStatus.DEALLOC_FAILED, status_reason=reason[:1000])


DISK_DELETE = Flow(
    name="disk-delete",
    obj_type="disk",
    steps=(
        Step(name="volume", do=_volume_do, when=_on_host, deadline_s=VOLUME_S, attempts=5),
        Step(name="row", do=_row_do),
    ),
    fail=_fail,
    no_return="volume",
)

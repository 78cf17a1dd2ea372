"""server-detach-disk: a disk unplugged from its server, and then deleted where that was asked for."""

from __future__ import annotations

from cloudcore.model.query import PLATFORM
from cloudcore.quotas.holdings import recycle_disk
from cloudcore.resources.compute.disk import DISKS, DiskStatus
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.disk_delete import DISK_DELETE
from cloudcore.tasks.flows.guest import SYNC_S, back, move, server_of, sync_effect
from cloudcore.tasks.flows.server_attach_disk import unlink
from cloudcore.tasks.flows.volumes import moved
from cloudcore.tasks.task import TASKS, new_task


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.DETACH_DISK)
    return sync_effect(ctx, but=[str(ctx.params["link_id"])])


def _undo(ctx: Context) -> Effects:
    return sync_effect(ctx)


def _succeed(ctx: Context) -> None:
    unlink(ctx, [str(ctx.params["link_id"])])
    if ctx.params.get("delete"):
        _delete(ctx, str(ctx.params["disk_id"]))
    back(ctx, action="detach_disk")


def _delete(ctx: Context, disk_id: str) -> None:
    """Put the disk into the recycle bin, or begin to delete it.

    Deleting is a task of its own, whose failure does not bring the disk back into the guest.
    """
    disk = ctx.tx.of(DISKS, PLATFORM).get(disk_id)
    if disk is None:
        return
    if ctx.params.get("recycle"):
        recycle_disk(ctx.tx, disk)
        return
    going = moved(ctx, disk, DiskStatus.DEALLOCATING)
    task = new_task(
        ident=ctx.tx.new_id(),
        flow=DISK_DELETE.name,
        flow_version=DISK_DELETE.version,
        subject=going,
        obj_type=DISKS.singular,
        params={"host_id": server_of(ctx).host_id},
        actor=ctx.task.actor,
        request_id=ctx.task.request_id,
        now=ctx.now,
    )
    ctx.tx.of(TASKS, PLATFORM).add(task)


def _fail(ctx: Context, reason: str) -> None:
    move(ctx, ServerStatus.DETACH_DISK_FAIL, reason=reason, action="detach_disk_fail")


SERVER_DETACH_DISK = Flow(
    name="server-detach-disk",
    obj_type="server",
    steps=(Step(name="unplug", do=_do, undo=_undo, deadline_s=SYNC_S, attempts=2),),
    succeed=_succeed,
    fail=_fail,
)

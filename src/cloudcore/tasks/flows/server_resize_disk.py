"""server-resize-disk: a disk of a server grows, whether the guest runs or not."""

from __future__ import annotations

from typing import Any

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.query import PLATFORM
from cloudcore.quotas.holdings import release_growth
from cloudcore.resources.compute.disk import DISKS, DiskStatus
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.disk_resize import grow
from cloudcore.tasks.flows.guest import Guest, back, guest_of, move
from cloudcore.tasks.flows.volumes import VOLUME_S, moved, volume_resize_effect


def _disk(ctx: Context) -> Any:
    disk = ctx.tx.of(DISKS, PLATFORM).get(str(ctx.params["disk_id"]))
    if disk is None:
        raise ResourceNotFoundError("the disk is gone")
    return disk


def resize_effect(guest: Guest, disk: Any, size_mib: int) -> Effects:
    """Make the volume of a disk of this guest larger."""
    server = guest.server
    return volume_resize_effect(disk, server.host_id, guest.folder(disk), size_mib, guest_id=server.id)


def _do(ctx: Context) -> Effects:
    move(ctx, ServerStatus.RESIZE_DISK)
    disk = moved(ctx, _disk(ctx), DiskStatus.RESIZING)
    return resize_effect(guest_of(ctx), disk, int(ctx.params["size_mib"]))


def _succeed(ctx: Context) -> None:
    grow(ctx, _disk(ctx), int(ctx.params["size_mib"]))
    back(ctx, action="resize_disk")


def _fail(ctx: Context, reason: str) -> None:
    disk = _disk(ctx)
    release_growth(ctx.tx, disk, int(ctx.params["size_mib"]) - disk.disk_size)
    moved(ctx, disk, DiskStatus.READY)
    move(ctx, ServerStatus.RESIZE_DISK_FAIL, reason=reason, action="resize_disk_fail")


SERVER_RESIZE_DISK = Flow(
    name="server-resize-disk",
    obj_type="server",
    steps=(Step(name="volume", do=_do, deadline_s=VOLUME_S),),
    succeed=_succeed,
    fail=_fail,
    no_return="volume",
)

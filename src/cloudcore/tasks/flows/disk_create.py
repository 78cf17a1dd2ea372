"""disk-create: a volume that no server uses yet. The request's commit has chosen the host whose storage makes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.quotas.holdings import release_disk
from cloudcore.resources.compute.disk import DISKS, DiskStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import mounts_of
from cloudcore.tasks.flows.volumes import (
    CACHE_S,
    COPY_S,
    VOLUME_S,
    await_snapshots,
    cache_effect,
    forget_unfinished,
    made,
    move_disk,
    note_cached,
    taken_back,
    volume_effect,
)


def disk_of(ctx: Context) -> Any:
    """The disk that the task works on.

    Raises:
        ResourceNotFoundError: it is gone.
    """
    disk = ctx.tx.of(DISKS, PLATFORM).get(ctx.task.obj_id)
    if disk is None:
        raise ResourceNotFoundError(f"disk {ctx.task.obj_id} not found")
    return disk


def folder_of(ctx: Context, disk: Any) -> tuple[str, str]:
    """The host that works on the disk's storage, and the storage's folder there."""
    host_id = str(ctx.params["host_id"])
    return host_id, mounts_of(ctx, host_id, [disk.storage_id]).get(disk.storage_id, "")


def _has_image(ctx: Context) -> bool:
    return bool(disk_of(ctx).template_id)


def _image_do(ctx: Context) -> Effects:
    disk = disk_of(ctx)
    host_id, path = folder_of(ctx, disk)
    return cache_effect(ctx, host_id, disk.storage_id, disk.template_id, path)


def _image_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    disk = disk_of(ctx)
    note_cached(ctx, disk.storage_id, disk.template_id, path=str(results[0].get("path", "")))


def _image_undone(ctx: Context) -> None:
    disk = disk_of(ctx)
    forget_unfinished(ctx, disk.storage_id, disk.template_id)


def _await_do(ctx: Context) -> Effects:
    return await_snapshots(ctx, [disk_of(ctx)])


def _copy_do(ctx: Context) -> Effects:
    return _volume(ctx) if disk_of(ctx).snapshot_id else None


def _blank_do(ctx: Context) -> Effects:
    return None if disk_of(ctx).snapshot_id else _volume(ctx)


def _volume(ctx: Context) -> Effect:
    disk = disk_of(ctx)
    move_disk(ctx, disk.id, DiskStatus.ALLOCATING)
    return volume_effect(ctx, disk, *folder_of(ctx, disk))


def _volume_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    if results:
        made(ctx, [disk_of(ctx)], results)


def _volume_undo(ctx: Context) -> Effects:
    disk = disk_of(ctx)
    host_id, path = folder_of(ctx, disk)
    return taken_back([(disk, path)], host_id)


def _fail(ctx: Context, reason: str) -> None:
    release_disk(ctx.tx, disk_of(ctx))
    move_disk(ctx, ctx.task.obj_id, DiskStatus.ALLOC_FAILED, status_reason=reason[:1000])


DISK_CREATE = Flow(
    name="disk-create",
    obj_type="disk",
    steps=(
        Step(name="image", do=_image_do, done=_image_done, undone=_image_undone, when=_has_image, deadline_s=CACHE_S),
        Step(name="await", do=_await_do),
        Step(name="copy", do=_copy_do, done=_volume_done, undo=_volume_undo, deadline_s=COPY_S),
        Step(name="volume", do=_blank_do, done=_volume_done, undo=_volume_undo, deadline_s=VOLUME_S),
    ),
    fail=_fail,
)

"""image-uncache: take an image from a storage that no disk needs it on."""

from __future__ import annotations

from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.resources.storage.storagecachedimage import STORAGECACHEDIMAGES, CacheStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import mounts_of
from cloudcore.tasks.flows.volumes import VOLUME_S, reached


def _row(ctx: Context) -> Any:
    row = ctx.tx.of(STORAGECACHEDIMAGES, PLATFORM).get(ctx.task.obj_id)
    if row is None:
        raise ResourceNotFoundError("the note of the cached image is gone")
    return row


def _bytes_do(ctx: Context) -> Effects:
    host_id, storage_id = str(ctx.params["host_id"]), str(ctx.params["storage_id"])
    path = reached(mounts_of(ctx, host_id, [storage_id]).get(storage_id, ""))
    args: JsonObject = {"image_id": _row(ctx).cachedimage_id, "storage_path": path}
    return Effect(kind="image-uncache", target=f"host:{host_id}", resource=ctx.task.obj_id, args=args)


def _row_do(ctx: Context) -> None:
    ctx.tx.of(STORAGECACHEDIMAGES, PLATFORM).remove(_row(ctx))


def _fail(ctx: Context, reason: str) -> None:
    row = ctx.tx.of(STORAGECACHEDIMAGES, PLATFORM).get(ctx.task.obj_id)
    if row is not None:
        changed = evolve(row, status=str(CacheStatus.DELETE_FAIL), status_reason=reason[:1000])
        ctx.tx.of(STORAGECACHEDIMAGES, PLATFORM).save(changed, action="uncache_fail")


IMAGE_UNCACHE = Flow(
    name="image-uncache",
    obj_type="storagecachedimage",
    steps=(Step(name="bytes", do=_bytes_do, deadline_s=VOLUME_S, attempts=5), Step(name="row", do=_row_do)),
    fail=_fail,
    no_return="bytes",
)

"""image-cache: bring an image to a storage before a server needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.entity import evolve
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.resources.storage.storagecachedimage import STORAGECACHEDIMAGES, CacheStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import mounts_of
from cloudcore.tasks.flows.volumes import CACHE_S, cache_effect, note_cached


def _row(ctx: Context) -> Any:
    row = ctx.tx.of(STORAGECACHEDIMAGES, PLATFORM).get(ctx.task.obj_id)
    if row is None:
        raise ResourceNotFoundError("the note of the cached image is gone")
    return row


def _do(ctx: Context) -> Effects:
    host_id, storage_id = str(ctx.params["host_id"]), str(ctx.params["storage_id"])
    path = mounts_of(ctx, host_id, [storage_id]).get(storage_id, "")
    return cache_effect(ctx, host_id, storage_id, _row(ctx).cachedimage_id, path)


def _done(ctx: Context, results: Sequence[JsonObject]) -> None:
    note_cached(ctx, str(ctx.params["storage_id"]), _row(ctx).cachedimage_id, path=str(results[0].get("path", "")))


def _fail(ctx: Context, reason: str) -> None:
    row = ctx.tx.of(STORAGECACHEDIMAGES, PLATFORM).get(ctx.task.obj_id)
    if row is not None and row.status != CacheStatus.ACTIVE:
        changed = evolve(row, status=str(CacheStatus.CACHE_FAIL), status_reason=reason[:1000])
        ctx.tx.of(STORAGECACHEDIMAGES, PLATFORM).save(changed, action="cache_fail")


IMAGE_CACHE = Flow(
    name="image-cache",
    obj_type="storagecachedimage",
    steps=(Step(name="cache", do=_do, done=_done, deadline_s=CACHE_S),),
    fail=_fail,
)

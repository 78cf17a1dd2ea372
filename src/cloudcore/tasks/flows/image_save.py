"""image-save: a disk as it is at one moment becomes an image, which goes the way of every upload.

The moment is held by a snapshot of the image's id in the volume, which the host copies and sends away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.resources.image.image import IMAGES, ImageStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import mounts_of
from cloudcore.tasks.flows.image_convert import measured
from cloudcore.tasks.flows.image_upload import ADMISSION, fail_image, image_of, move_image, store_effect
from cloudcore.tasks.flows.server_start import start_after
from cloudcore.tasks.flows.snapshots import SNAPSHOT_S, occupy, release
from cloudcore.tasks.flows.volumes import COPY_S, reached


def _disk(ctx: Context) -> Any:
    disk = ctx.tx.of(DISKS, PLATFORM).get(str(ctx.params["disk_id"]))
    if disk is None:
        raise ResourceNotFoundError("the disk is gone")
    return disk


def _key(ctx: Context) -> str:
    return f"staged/{ctx.task.obj_id}"


def _folder(ctx: Context, disk: Any) -> str:
    return mounts_of(ctx, str(ctx.params["host_id"]), [disk.storage_id]).get(disk.storage_id, "")


def _place(ctx: Context) -> JsonObject:
    disk = _disk(ctx)
    where: JsonObject = {
        "volume_id": disk.id,
        "storage_path": reached(_folder(ctx, disk)),
        "format": disk.disk_format,
    }
    return {"snapshot_id": ctx.task.obj_id, **where}


def _effect(ctx: Context, kind: str) -> Effect:
    guest = ctx.params.get("server_id") or None
    args: JsonObject = {"volumes": [_place(ctx)], "guest_id": guest}
    about = str(guest or ctx.params["disk_id"])
    return Effect(kind=kind, target=f"host:{ctx.params['host_id']}", resource=about, args=args)


def _keep_do(ctx: Context) -> Effects:
    occupy(ctx, ServerStatus.SAVE_DISK)
    return _effect(ctx, "snapshot-create")


def _drop(ctx: Context) -> Effects:
    return _effect(ctx, "snapshot-delete")


def _keep_undo(ctx: Context) -> Effects:
    # Without a folder there was nothing that a snapshot could have been made of.
    return _drop(ctx) if _folder(ctx, _disk(ctx)) else None


def _send_do(ctx: Context) -> Effects:
    args: JsonObject = {"image_id": ctx.task.obj_id, "url": "", **_place(ctx)}
    return Effect(kind="volume-save", target=f"host:{ctx.params['host_id']}", resource=ctx.task.obj_id, args=args)


def _send_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    found = results[0]
    move_image(
        ctx,
        ImageStatus.SAVED,
        disk_format=str(found["format"]),
        **measured(found),
        staged_key=_key(ctx),
    )


def _send_undo(ctx: Context) -> Effects:
    return store_effect(image_of(ctx), "image-delete", {"keys": [_key(ctx)]})


def _dropped(ctx: Context, _results: Sequence[JsonObject]) -> None:
    release(ctx)


def _fail(ctx: Context, reason: str) -> None:
    image = ctx.tx.of(IMAGES, PLATFORM).get(ctx.task.obj_id)
    if image is not None:
        status = ImageStatus.SAVE_FAIL if image.status == ImageStatus.SAVING else ImageStatus.KILLED
        fail_image(ctx, status, reason)
    release(ctx)


IMAGE_SAVE = Flow(
    name="image-save",
    obj_type="image",
    steps=(
        Step(name="keep", do=_keep_do, undo=_keep_undo, deadline_s=SNAPSHOT_S),
        Step(name="send", do=_send_do, done=_send_done, undo=_send_undo, deadline_s=COPY_S, attempts=2),
        Step(name="drop", do=_drop, done=_dropped, deadline_s=SNAPSHOT_S, attempts=5),
        *ADMISSION,
    ),
    then=start_after,
    fail=_fail,
)

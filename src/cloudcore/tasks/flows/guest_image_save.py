"""guest-image-save: all disks of a server, as they are at one moment, become images, which go the way of every upload.

The moment is held by a snapshot in each volume, of its image's id, which the host copies and sends away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.quotas.holdings import release_image
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.server import ServerStatus
from cloudcore.resources.image.guestimage import GUESTIMAGES, follow_images
from cloudcore.resources.image.image import IMAGES, ImageStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.guest import mounts_of
from cloudcore.tasks.flows.image_convert import measured
from cloudcore.tasks.flows.image_upload import (
    MOVE_S,
    PROBE_S,
    keep_seen,
    probe_effect,
    promote_effect,
    promoted,
    remove_effect,
    store_effect,
)
from cloudcore.tasks.flows.server_start import start_after
from cloudcore.tasks.flows.snapshots import SNAPSHOT_S, occupy, release
from cloudcore.tasks.flows.volumes import COPY_S, reached


def _pairs(ctx: Context) -> Iterator[tuple[str, Any]]:
    """The id of each image with its disk; without disks that are gone, for what was made of them went with them."""
    for image_id, disk_id in ctx.params["disks"]:
        if (disk := ctx.tx.of(DISKS, PLATFORM).get(str(disk_id))) is not None:
            yield str(image_id), disk


def _images(ctx: Context) -> list[Any]:
    found = [ctx.tx.of(IMAGES, PLATFORM).get(str(image_id)) for image_id, _ in ctx.params["disks"]]
    return [image for image in found if image is not None]


def _places(ctx: Context) -> list[JsonObject]:
    pairs = list(_pairs(ctx))
    folders = mounts_of(ctx, str(ctx.params["host_id"]), [disk.storage_id for _, disk in pairs])
    return [
        {
            "snapshot_id": image_id,
            "volume_id": disk.id,
            "storage_path": reached(folders.get(disk.storage_id, "")),
            "format": disk.disk_format,
        }
        for image_id, disk in pairs
    ]


def _at_host(ctx: Context, kind: str) -> Effect:
    guest = str(ctx.params["server_id"])
    args: JsonObject = {"volumes": _places(ctx), "guest_id": guest}
    return Effect(kind=kind, target=f"host:{ctx.params['host_id']}", resource=guest, args=args)


def _keep_do(ctx: Context) -> Effects:
    occupy(ctx, ServerStatus.SAVE_DISK)
    return _at_host(ctx, "snapshot-create")


def _drop(ctx: Context) -> Effects:
    return _at_host(ctx, "snapshot-delete")


def _send_do(ctx: Context) -> Effects:
    places = _places(ctx)
    if len(places) < len(ctx.params["disks"]):
        raise ResourceNotFoundError("a disk is gone")
    target = f"host:{ctx.params['host_id']}"
    return [
        Effect(
            kind="volume-save",
            target=target,
            resource=str(place["snapshot_id"]),
            args={"image_id": place["snapshot_id"], "url": "", **place},
        )
        for place in places
    ]


def _send_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    for (image_id, _), found in zip(_pairs(ctx), results, strict=True):
        image = ctx.tx.of(IMAGES, PLATFORM).get(image_id)
        if image is None:
            raise ResourceNotFoundError("an image is gone")
        changed = evolve(
            image,
            status=ImageStatus.SAVED.value,
            disk_format=str(found["format"]),
            **measured(found),
            staged_key=_key(image_id),
        )
        ctx.tx.of(IMAGES, PLATFORM).save(changed, action="status")
    follow_images(ctx.tx, ctx.task.obj_id)


def _send_undo(ctx: Context) -> Effects:
    return [store_effect(image, "image-delete", {"keys": [_key(image.id)]}) for image in _images(ctx)]


def _key(image_id: str) -> str:
    return f"staged/{image_id}"


def _dropped(ctx: Context, _results: Sequence[JsonObject]) -> None:
    release(ctx)


def _probe_do(ctx: Context) -> Effects:
    return [probe_effect(ctx, image) for image in _images(ctx)]


def _probe_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    for image, found in zip(_images(ctx), results, strict=True):
        keep_seen(ctx, image, found)


def _probe_undo(ctx: Context) -> Effects:
    return [remove_effect(image) for image in _images(ctx)]


def _promote_do(ctx: Context) -> Effects:
    return [promote_effect(image) for image in _images(ctx)]


def _promote_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    for image in _images(ctx):
        promoted(ctx, image)


def _fail(ctx: Context, reason: str) -> None:
    for image in _images(ctx):
        release_image(ctx.tx, image)
        status = ImageStatus.SAVE_FAIL if image.status == ImageStatus.SAVING else ImageStatus.KILLED
        without: JsonObject = {"staged_key": "", "store_key": "", "quota_held": False}
        changed = evolve(image, status=status.value, status_reason=reason[:1000], **without)
        ctx.tx.of(IMAGES, PLATFORM).save(changed, action="status")
    follow_images(ctx.tx, ctx.task.obj_id)
    release(ctx)


GUEST_IMAGE_SAVE = Flow(
    name="guest-image-save",
    obj_type="guestimage",
    objects=GUESTIMAGES,
    steps=(
        Step(name="keep", do=_keep_do, undo=_drop, deadline_s=SNAPSHOT_S),
        Step(name="send", do=_send_do, done=_send_done, undo=_send_undo, deadline_s=COPY_S, attempts=2),
        Step(name="drop", do=_drop, done=_dropped, deadline_s=SNAPSHOT_S, attempts=5),
        Step(name="probe", do=_probe_do, done=_probe_done, undo=_probe_undo, deadline_s=PROBE_S),
        Step(name="promote", do=_promote_do, done=_promote_done, deadline_s=MOVE_S),
    ),
    then=start_after,
    fail=_fail,
)

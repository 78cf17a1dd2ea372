"""image-convert: the contents of an image in another format, beside the one that was uploaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import Contention, InvalidStatusError, ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.image.image import IMAGES, ImageStatus
from cloudcore.resources.image.subimage import (
    SUBIMAGE_LIFECYCLE,
    SUBIMAGES,
    Subimage,
    SubimageStatus,
    converted_key,
    subimage_of,
)
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.task import TASKS, new_task

WORKER = "image:worker"
"""Who performs what takes long; `image:store` answers within seconds."""
CONVERT_S = 3600


def start_conversion(
    tx: Transaction, image: Any, image_format: str, *, actor: Mapping[str, Any], request_id: str
) -> Subimage:
    """Begin to convert an image, unless that is done or under way; gives the row of the form.

    Raises:
        InvalidStatusError: it is under way.
    """
    repository = tx.of(SUBIMAGES, PLATFORM)
    row = subimage_of(tx, image.id, image_format)
    if row is None:
        present = tx.of(IMAGES, PLATFORM).get(image.id, steady=True)
        if present is None or present.status != image.status:
            raise Contention("the object has changed meanwhile", internal=f"image {image.id} goes")
        row = repository.add(Subimage(id=tx.new_id(), image_id=image.id, format=image_format))
    if row.status == SubimageStatus.ACTIVE:
        return row
    what = f"the {image_format} form of image {image.name}"
    transition = SUBIMAGE_LIFECYCLE.start("convert", row.status, what=what)
    row = repository.save(evolve(row, status=str(transition.through[0]), status_reason=""), action="convert")
    task = new_task(
        ident=tx.new_id(),
        flow=transition.flow,
        flow_version=IMAGE_CONVERT.version,
        subject=row,
        obj_type=SUBIMAGES.singular,
        params={"image_id": image.id, "format": image_format},
        actor=actor,
        request_id=request_id,
        now=tx.now,
    )
    name = f"{image.name} ({image_format})"[:128]
    tx.of(TASKS, PLATFORM).add(evolve(task, obj_name=name, domain_id=image.domain_id, tenant_id=image.tenant_id))
    return row


def _row(ctx: Context) -> Subimage:
    row = ctx.tx.of(SUBIMAGES, PLATFORM).get(ctx.task.obj_id)
    if row is None:
        raise ResourceNotFoundError("the image was deleted during its conversion")
    return row


def _move(ctx: Context, status: StrEnum, **changes: Any) -> None:
    ctx.tx.of(SUBIMAGES, PLATFORM).save(evolve(_row(ctx), status=str(status), **changes), action="status")


def _target(ctx: Context) -> str:
    return converted_key(str(ctx.params["image_id"]), str(ctx.params["format"]))


def _convert_do(ctx: Context) -> Effects:
    image = ctx.tx.of(IMAGES, PLATFORM).get(str(ctx.params["image_id"]))
    if image is None or image.status != ImageStatus.ACTIVE:
        raise InvalidStatusError("only an active image can be converted")
    args: JsonObject = {
        "image_id": image.id,
        "key": image.store_key,
        "format": image.disk_format,
        "virtual_size": image.virtual_size,
        "target_key": _target(ctx),
        "target_format": _row(ctx).format,
    }
    return Effect(kind="image-convert", target=WORKER, resource=ctx.task.obj_id, args=args)


def measured(found: JsonObject) -> JsonObject:
    """What an effect has found the bytes of an image to be, as its fields."""
    return {"size": int(found["size"]), "checksum": str(found["checksum"]), "sha256": str(found["sha256"])}


def _convert_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    found = results[0]
    _move(
        ctx,
        SubimageStatus.ACTIVE,
        store_key=_target(ctx),
        **measured(found),
        fast_hash=str(found["fast_hash"]),
    )


def _remove(ctx: Context) -> Effects:
    args: JsonObject = {"image_id": str(ctx.params["image_id"]), "keys": [_target(ctx)]}
    return Effect(kind="image-delete", target=WORKER, resource=ctx.task.obj_id, args=args)


def _fail(ctx: Context, reason: str) -> None:
    if ctx.tx.of(SUBIMAGES, PLATFORM).get(ctx.task.obj_id) is not None:
        _move(ctx, SubimageStatus.FAILED, status_reason=reason[:1000], store_key="")


IMAGE_CONVERT = Flow(
    name="image-convert",
    obj_type="subimage",
    steps=(Step(name="convert", do=_convert_do, done=_convert_done, undo=_remove, deadline_s=CONVERT_S, attempts=2),),
    fail=_fail,
)

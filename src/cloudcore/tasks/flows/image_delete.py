"""image-delete: the bytes, then the row."""

from __future__ import annotations

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM
from cloudcore.quotas.holdings import release_image
from cloudcore.resources.image.guestimage import follow_images
from cloudcore.resources.image.image import IMAGES, ImageStatus
from cloudcore.resources.image.subimage import SUBIMAGES, converted_key, subimages_of
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.image_upload import MOVE_S, image_of, store_effect


def _bytes_do(ctx: Context) -> Effects:
    image = image_of(ctx)
    keys = [key for key in (image.staged_key, image.store_key) if key]
    keys += [converted_key(image.id, form.format) for form in subimages_of(ctx.tx, image.id)]
    return store_effect(image, "image-delete", {"keys": keys}) if keys else None


def _row_do(ctx: Context) -> None:
    image = image_of(ctx)
    for form in subimages_of(ctx.tx, image.id):
        ctx.tx.of(SUBIMAGES, PLATFORM).remove(form)
    release_image(ctx.tx, image)
    ctx.tx.of(IMAGES, PLATFORM).remove(image)
    follow_images(ctx.tx, image.guest_image_id)


def _fail(ctx: Context, reason: str) -> None:
    image = ctx.tx.of(IMAGES, PLATFORM).get(ctx.task.obj_id)
    if image is not None:
        changed = evolve(image, status=str(ImageStatus.DELETE_FAIL), status_reason=reason[:1000])
        ctx.tx.of(IMAGES, PLATFORM).save(changed, action="delete_fail")
        follow_images(ctx.tx, image.guest_image_id)


IMAGE_DELETE = Flow(
    name="image-delete",
    obj_type="image",
    steps=(Step(name="bytes", do=_bytes_do, deadline_s=MOVE_S, attempts=5), Step(name="row", do=_row_do)),
    fail=_fail,
    no_return="bytes",
)

"""image-import: bytes that are fetched from a URL, then go the way of every upload."""

from __future__ import annotations

from collections.abc import Sequence

from cloudcore.model.effects import Effect
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.resources.image.image import IMAGES, ImageStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.image_convert import WORKER, measured
from cloudcore.tasks.flows.image_upload import ADMISSION, fail_image, image_of, move_image

FETCH_S = 6 * 3600


def _key(ctx: Context) -> str:
    return f"staged/{ctx.task.id}"


def _fetch_do(ctx: Context) -> Effects:
    image = image_of(ctx)
    args: JsonObject = {
        "image_id": image.id,
        "staged_key": _key(ctx),
        "max_bytes": ctx.params["max_bytes"],
        "expected": ctx.params.get("expected") or "",
    }
    return Effect(kind="image-fetch", target=WORKER, resource=image.id, args=args)


def _fetch_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    found = results[0]
    move_image(
        ctx,
        ImageStatus.SAVED,
        **measured(found),
        staged_key=_key(ctx),
        copy_from="",
    )


def _fetch_undo(ctx: Context) -> Effects:
    args: JsonObject = {"image_id": ctx.task.obj_id, "keys": [_key(ctx)]}
    return Effect(kind="image-delete", target=WORKER, resource=ctx.task.obj_id, args=args)


def _fail(ctx: Context, reason: str) -> None:
    image = ctx.tx.of(IMAGES, PLATFORM).get(ctx.task.obj_id)
    if image is not None:
        # What could not be fetched can be tried again; what was fetched and is no good cannot.
        status = ImageStatus.SAVE_FAIL if image.status == ImageStatus.SAVING else ImageStatus.KILLED
        fail_image(ctx, status, reason)


IMAGE_IMPORT = Flow(
    name="image-import",
    obj_type="image",
    steps=(
        Step(name="fetch", do=_fetch_do, done=_fetch_done, undo=_fetch_undo, deadline_s=FETCH_S, attempts=3),
        *ADMISSION,
    ),
    fail=_fail,
    no_return="promote",
)

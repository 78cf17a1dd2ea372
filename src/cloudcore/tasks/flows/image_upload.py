"""image-upload: what was stored in quarantine is inspected, and promoted only if it is what it claims to be."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import BackendError, ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.quotas.holdings import MIB, release_image
from cloudcore.resources.image.guestimage import follow_images
from cloudcore.resources.image.image import IMAGES, OS_FACTS, ImageStatus, os_facts
from cloudcore.resources.image.os import guess_os
from cloudcore.resources.image.subimage import CONVERTED_FORMATS
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.image_convert import WORKER, start_conversion

STORE = "image:store"
HOST_FORMATS = ("qcow2", "raw")
"""What hypervisors start disks from."""
PROBE_S = 120
DIGEST_S = 3600
MOVE_S = 600


def image_of(ctx: Context) -> Any:
    """The image that the task works on.

    Raises:
        ResourceNotFoundError: it is gone.
    """
    image = ctx.tx.of(IMAGES, PLATFORM).get(ctx.task.obj_id)
    if image is None:
        raise ResourceNotFoundError(f"image {ctx.task.obj_id} not found")
    return image


def store_effect(image: Any, kind: str, args: JsonObject) -> Effect:
    """An effect on the image store."""
    return Effect(kind=kind, target=STORE, resource=image.id, args={"image_id": image.id, **args})


def move_image(ctx: Context, status: StrEnum, **changes: Any) -> Any:
    """Give the task's image another status, and what else changed; gives the image as it now is."""
    return give_status(ctx, image_of(ctx), status, **changes)


def give_status(ctx: Context, image: Any, status: StrEnum, **changes: Any) -> Any:
    """The same with an image that is not what the task works on."""
    moved = ctx.tx.of(IMAGES, PLATFORM).save(evolve(image, status=str(status), **changes), action="status")
    follow_images(ctx.tx, moved.guest_image_id)
    return moved


def _probe_do(ctx: Context) -> Effects:
    return probe_effect(ctx, image_of(ctx))


def probe_effect(ctx: Context, image: Any) -> Effect:
    """Inspect what is in quarantine."""
    image = give_status(ctx, image, ImageStatus.PROBING)
    return store_effect(image, "image-probe", {"staged_key": image.staged_key, "declared_format": image.disk_format})


def probed(ctx: Context, results: Sequence[JsonObject]) -> JsonObject:
    """Keep what was seen of an image's bytes; what people have said of it stays."""
    return keep_seen(ctx, image_of(ctx), results[0])


def keep_seen(ctx: Context, image: Any, found: JsonObject) -> JsonObject:
    """The same with an image that is not what the task works on."""
    virtual = int(found["virtual_size"])
    guessed = guess_os([image.name, str(found.get("label") or "")])
    told = {name: getattr(image, name) for name in OS_FACTS if getattr(image, name)}
    changed = evolve(
        image,
        **os_facts({**guessed, **told}, image.properties),
        disk_format=str(found["format"]),
        min_disk=max(image.min_disk, -(-virtual // MIB)),
        virtual_size=virtual,
        fast_hash=str(found["fast_hash"]),
    )
    ctx.tx.of(IMAGES, PLATFORM).save(changed, action="probe")
    return {"format": found["format"], "virtual_size": virtual}


def _is_undigested(ctx: Context) -> bool:
    image = image_of(ctx)
    return not (image.checksum and image.sha256)


def _digest_do(ctx: Context) -> Effects:
    image = image_of(ctx)
    args: JsonObject = {"image_id": image.id, "key": image.staged_key}
    return Effect(kind="image-digest", target=WORKER, resource=image.id, args=args)


def _digest_done(ctx: Context, results: Sequence[JsonObject]) -> None:
    image, found = image_of(ctx), results[0]
    if image.sha256 not in ("", found["sha256"]):
        raise BackendError("the image's bytes changed in the store")
    move_image(ctx, ImageStatus.PROBING, checksum=str(found["checksum"]), sha256=str(found["sha256"]))


def _promote_do(ctx: Context) -> Effects:
    return promote_effect(image_of(ctx))


def promote_effect(image: Any) -> Effect:
    """Take an image out of quarantine."""
    return store_effect(image, "image-promote", {"staged_key": image.staged_key, "key": f"images/{image.id}"})


def _promote_done(ctx: Context, _results: Sequence[JsonObject]) -> None:
    promoted(ctx, image_of(ctx))


def promoted(ctx: Context, image: Any) -> None:
    """An image is there; further formats of it are begun."""
    image = give_status(ctx, image, ImageStatus.ACTIVE, store_key=f"images/{image.id}", staged_key="")
    for wanted in wanted_formats(image.disk_format, ctx.params.get("formats") or ()):
        start_conversion(ctx.tx, image, wanted, actor=ctx.task.actor, request_id=ctx.task.request_id)


def wanted_formats(image_format: str, always: Sequence[str]) -> Sequence[str]:
    """The further formats of a fresh image: those that are always made, and the hosts' own where it has none of theirs."""
    if image_format not in CONVERTED_FORMATS:
        return ()
    wanted = [*always] if image_format in HOST_FORMATS else [HOST_FORMATS[0], *always]
    return [name for name in dict.fromkeys(wanted) if name != image_format]


def _remove(ctx: Context) -> Effects:
    return remove_effect(image_of(ctx))


def remove_effect(image: Any) -> Effect:
    """Remove its bytes, wherever they are."""
    keys = [key for key in (image.staged_key, f"images/{image.id}") if key]
    return store_effect(image, "image-delete", {"keys": keys})


def fail_image(ctx: Context, status: StrEnum, reason: str) -> None:
    """Leave the image without bytes, which holds no quota either; its row stays, to say why."""
    release_image(ctx.tx, image_of(ctx))
    without: JsonObject = {"staged_key": "", "store_key": "", "copy_from": "", "quota_held": False}
    move_image(ctx, status, status_reason=reason[:1000], **without)


def _fail(ctx: Context, reason: str) -> None:
    fail_image(ctx, ImageStatus.KILLED, reason)


_PROBE = Step(name="probe", do=_probe_do, done=probed, undo=_remove, deadline_s=PROBE_S)
_DIGEST = Step(name="digest", do=_digest_do, done=_digest_done, when=_is_undigested, deadline_s=DIGEST_S)
_PROMOTE = Step(name="promote", do=_promote_do, done=_promote_done, deadline_s=MOVE_S)

ADMISSION = (_PROBE, _PROMOTE)
"""How bytes whose checksums are known get out of quarantine, wherever they came from."""

IMAGE_UPLOAD = Flow(
    name="image-upload", obj_type="image", steps=(_PROBE, _DIGEST, _PROMOTE), fail=_fail, no_return="promote"
)

"""image-probe: the bytes of an image that is in use are looked at again, as a new release or another guess may see more."""

from __future__ import annotations

from cloudcore.resources.image.image import ImageStatus
from cloudcore.tasks.flow import Context, Effects, Flow, Step
from cloudcore.tasks.flows.image_upload import PROBE_S, image_of, move_image, probed, store_effect


def _probe(ctx: Context) -> Effects:
    image = image_of(ctx)
    return store_effect(image, "image-probe", {"staged_key": image.store_key, "declared_format": image.disk_format})


def _seen(ctx: Context) -> None:
    move_image(ctx, ImageStatus.ACTIVE)


def _fail(ctx: Context, reason: str) -> None:
    # It was good before and its bytes are the same: what could not be looked at is no worse for it.
    move_image(ctx, ImageStatus.ACTIVE, status_reason=f"not probed: {reason}"[:1000])


IMAGE_PROBE = Flow(
    name="image-probe",
    obj_type="image",
    steps=(Step(name="probe", do=_probe, done=probed, deadline_s=PROBE_S),),
    succeed=_seen,
    fail=_fail,
)

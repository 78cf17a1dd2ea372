"""Subimages: the same contents in another format. An image shows them as its `subformats`.

convert   queued → saving → active
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

from cloudcore.model.entity import Entity, Statused, entity
from cloudcore.model.errors import InvalidInputError, InvalidStatusError, ResourceNotFoundError
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle, Transition
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.model.resource import Level, OnDelete, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction

CONVERTED_FORMATS = ("qcow2", "raw", "vmdk", "vhd", "vhdx")
"""Formats that images can be converted to, and from; an iso stays what it is."""


class SubimageStatus(StrEnum):
    """Statuses of a converted form."""

    QUEUED = "queued"
    SAVING = "saving"
    ACTIVE = "active"
    FAILED = "failed"


@entity
class Subimage(Statused, Entity):
    """One converted form of an image; size in bytes. store_key: where its bytes lie once they are complete."""

    image_id: Annotated[
        str, Spec("Image", width=128, index=True), Ref("images", on_delete=OnDelete.CASCADE, context=False)
    ]
    format: Annotated[str, Spec("Format", width=20, choices=CONVERTED_FORMATS)]
    status: Annotated[str, Spec("Status", width=36, index=True)] = SubimageStatus.QUEUED.value
    size: Annotated[int, Spec("Size of the stored bytes", unit=Unit.BYTE)] = 0
    checksum: Annotated[str, Spec("MD5 of the bytes", width=32)] = ""
    fast_hash: Annotated[str, Spec("MD5 of samples of the bytes", width=32)] = ""
    sha256: Annotated[str, Spec("SHA-256 of the bytes", width=64)] = ""
    store_key: Annotated[str, Spec("Key of the bytes", width=200, show=Show.NEVER)] = ""


SUBIMAGE_LIFECYCLE = Lifecycle(
    states=SubimageStatus,
    initial=SubimageStatus.QUEUED,
    stable=(SubimageStatus.QUEUED, SubimageStatus.ACTIVE),
    transitions=(
        Transition(
            name="convert",
            sources=(SubimageStatus.QUEUED, SubimageStatus.FAILED),
            through=(SubimageStatus.SAVING,),
            to=SubimageStatus.ACTIVE,
            failed=SubimageStatus.FAILED,
            flow="image-convert",
            deadline_s=7200,
        ),
    ),
)


def converted_key(image_id: str, image_format: str) -> str:
    """Where the converted bytes of an image lie."""
    return f"formats/{image_id}/{image_format}"


def subimages_of(tx: Transaction, image_id: str) -> Sequence[Subimage]:
    """An image's converted forms, by format."""
    found = tx.of(SUBIMAGES, PLATFORM).find(Query(where=eq("image_id", image_id)))
    return sorted(found, key=lambda one: one.format)


def subimage_of(tx: Transaction, image_id: str, image_format: str) -> Subimage | None:
    """An image's converted form in one format, whatever its status."""
    where = both(eq("image_id", image_id), eq("format", image_format))
    rows = tx.of(SUBIMAGES, PLATFORM).find(Query(where=where, limit=1))
    return rows[0] if rows else None


def usable_form(tx: Transaction, image: Any, formats: Sequence[str]) -> Any:
    """The image itself, or its first complete converted form, in one of the formats; None where there is none."""
    if image.disk_format in formats:
        return image
    ready = {one.format: one for one in subimages_of(tx, image.id) if one.status == SubimageStatus.ACTIVE}
    return next((ready[name] for name in formats if name in ready), None)


def form_of(tx: Transaction, image: Any, image_format: str) -> Any:
    """The image itself, or its complete converted form, in a format that a caller named.

    Raises:
        InvalidInputError: there is no such format.
        ResourceNotFoundError: the image was never converted to it.
        InvalidStatusError: the conversion is not complete.
    """
    wanted = image_format.lower()
    if wanted in ("", image.disk_format):
        return image
    if wanted not in CONVERTED_FORMATS:
        raise InvalidInputError(f"format must be one of {', '.join(CONVERTED_FORMATS)}", field="format")
    found = subimage_of(tx, image.id, wanted)
    if found is None:
        raise ResourceNotFoundError(
            f"image {image.name} is {image.disk_format} and has no {wanted} form: convert it first", field="format"
        )
    if found.status != SubimageStatus.ACTIVE:
        raise InvalidStatusError(
            f"the {wanted} form of image {image.name} is {found.status}, not active", field="format"
        )
    return found


def shown_form(form: Subimage) -> JsonObject:
    """A converted form as an image's `subformats` show it."""
    return {
        "format": form.format,
        "size": form.size,
        "checksum": form.checksum,
        "fast_hash": form.fast_hash,
        "sha256": form.sha256,
        "status": form.status,
        "status_reason": form.status_reason,
        "is_raw": False,
    }


SUBIMAGES = Resource(
    entity=Subimage,
    service="internal",
    area="image",
    singular="subimage",
    plural="subimages",
    doc="Converted forms of images.",
    level=Level.SYSTEM,
    columns=("id", "image_id", "format", "status", "size"),
    unique=(("image_id", "format"),),
    lifecycle=SUBIMAGE_LIFECYCLE,
    verbs=frozenset(),
)

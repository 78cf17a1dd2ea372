"""The recycle bin of images: an image alone, or a guest image with all of its own."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ConflictError, InvalidStatusError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.operations.begin import check_idle
from cloudcore.operations.platform import Platform
from cloudcore.operations.recycling import OUT, check_in_bin, free_name
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import recycle_image
from cloudcore.quotas.ledger import charge
from cloudcore.resources.image.guestimage import GUESTIMAGES, GuestImageStatus, follow_images, images_of
from cloudcore.resources.image.image import IMAGES, ImageStatus


def restore_image(platform: Platform, tx: Transaction, _caller: Caller, image: Any, _body: JsonMapping) -> JsonObject:
    """Take an image out of the recycle bin; its name gets a number where another has it by now.

    Raises:
        InvalidStatusError: it is not in the bin, or its deletion has begun.
        ConflictError: it lies there with a guest image.
        OutOfQuotaError: its owner has as many images as he may.
    """
    if image.pending_deleted and image.guest_image_id is not None:
        raise ConflictError(f"image {image.name} is part of a guest image: take that out", field="guest_image_id")
    return detail_rows(platform, tx, IMAGES, [_restored(platform, tx, image)])[0]


def recycle_guest_image(tx: Transaction, row: Any) -> Any:
    """Put an active guest image with its images into the recycle bin."""
    changed = evolve(row, pending_deleted=True, pending_deleted_at=tx.now, name_key=row.id)
    tx.of(GUESTIMAGES, PLATFORM).save(changed, action="pending_delete")
    for image in images_of(tx, row.id):
        recycle_image(tx, image)
    follow_images(tx, row.id)
    return tx.of(GUESTIMAGES, PLATFORM).get(row.id)


def restore_guest_image(
    platform: Platform, tx: Transaction, _caller: Caller, row: Any, _body: JsonMapping
) -> JsonObject:
    """Take a guest image with its images out of the recycle bin; what has a name that another has by now gets a number.

    Raises:
        InvalidStatusError: it is not in the bin, or its deletion has begun.
        OutOfQuotaError: its owner would have more images than he may.
    """
    check_in_bin(row)
    if row.status != GuestImageStatus.PENDING_DELETE:
        raise InvalidStatusError(f"guest image {row.name} is {row.status}: its deletion has begun", field="status")
    changed = evolve(row, name=free_name(platform, tx, GUESTIMAGES, row), **OUT, name_key="")
    tx.of(GUESTIMAGES, PLATFORM).save(changed, action="cancel_delete")
    for image in images_of(tx, row.id):
        _restored(platform, tx, image)
    follow_images(tx, row.id)
    return detail_rows(platform, tx, GUESTIMAGES, [tx.of(GUESTIMAGES, PLATFORM).get(row.id)])[0]


def _restored(platform: Platform, tx: Transaction, image: Any) -> Any:
    check_in_bin(image)
    check_idle(tx, IMAGES, image)
    if image.status != ImageStatus.PENDING_DELETE:
        raise InvalidStatusError(f"image {image.name} is {image.status}: its deletion has begun", field="status")
    name = free_name(platform, tx, IMAGES, image)
    changed = evolve(image, name=name, status=ImageStatus.ACTIVE.value, quota_held=True, **OUT, name_key="")
    restored = tx.of(IMAGES, PLATFORM).save(changed, action="cancel_delete")
    charge(tx, image.domain_id, image.tenant_id, {"image": 1}, lambda: {IMAGES.plural: [image.id]})
    return restored

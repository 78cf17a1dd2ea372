"""Guest images: made of images that are there or still to come, shared with them, deleted with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ConflictError, InvalidInputError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import format_time, read_int, read_str
from cloudcore.operations.access import fetch_for
from cloudcore.operations.begin import start_transition
from cloudcore.operations.creating import insert
from cloudcore.operations.generic import check_deletable, check_in_use, check_not_frozen
from cloudcore.operations.image_bin import recycle_guest_image
from cloudcore.operations.image_records import check_idle_forms, new_image
from cloudcore.operations.platform import Platform
from cloudcore.operations.recycling import goes_to_bin
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.sharing import share, unshare
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.image.guestimage import GUESTIMAGES, MOST_IMAGES, GuestImageStatus, follow_images, images_of
from cloudcore.resources.image.image import IMAGES, ImageStatus


def create_guest_image(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make a guest image of images of the caller's, or of new ones that wait for their bytes, or of both.

    Raises:
        ForbiddenError: he may not.
        InvalidInputError: there is no image, or not as many as were announced.
        ConflictError: one belongs to a guest image already.
    """
    # First, as it looks at whether the caller may.
    row = insert(platform, tx, caller, GUESTIMAGES, body)
    sent: Any = body.get("images") if body.get("images") is not None else body.get("image")
    many: list[Any] = [] if sent in (None, "") else [sent]
    wanted = cast("list[Any]", sent) if isinstance(sent, list) else many
    if not 1 <= len(wanted) <= MOST_IMAGES:
        raise InvalidInputError(f"images: 1 to {MOST_IMAGES} are wanted", field="images")
    number = body.get("image_number")
    if number is not None and read_int(number, "image_number", 1, MOST_IMAGES) != len(wanted):
        raise InvalidInputError(f"image_number is {number}, and there are {len(wanted)} images", field="image_number")
    rows = [_image(platform, tx, caller, row, one, place) for place, one in enumerate(wanted)]
    keep_together(tx, row, rows)
    return detail_rows(platform, tx, GUESTIMAGES, [tx.of(GUESTIMAGES, PLATFORM).get(row.id)])[0]


def keep_together(tx: Transaction, row: Any, images: Sequence[Any]) -> None:
    """Make these the images of a guest image, the system disk's first, and give it their status."""
    for place, image in enumerate(images):
        member = {"guest_image_id": row.id, "disk_index": place, "is_guest_image": True, "is_data": place > 0}
        tx.of(IMAGES, PLATFORM).save(evolve(image, **member), action="keep_together")
    follow_images(tx, row.id)


def _image(platform: Platform, tx: Transaction, caller: Caller, row: Any, sent: Any, place: int) -> Any:
    where = f"images.{place}"
    wanted: JsonMapping = {"id": sent} if isinstance(sent, str) else sent
    if not isinstance(wanted, dict):
        raise InvalidInputError(f"{where} must be an object or an id", field=where)
    if ident := wanted.get("id"):
        image = fetch_for(platform, tx, caller, IMAGES, read_str(ident, f"{where}.id", 128), "update")
        check_in_use(image)
        if image.guest_image_id is not None:
            raise ConflictError(f"image {image.name} belongs to a guest image already", field=where)
        if image.tenant_id != row.tenant_id:
            raise InvalidInputError(f"image {image.name} belongs to another project", field=where)
        return image
    size = wanted.get("virtual_size")
    body: JsonObject = {
        "generate_name": wanted.get("name") or f"{row.name}-{'data' if place else 'root'}",
        "disk_format": wanted.get("disk_format") or "qcow2",
        "min_disk": 0 if size is None else read_int(size, f"{where}.virtual_size", 0),
        "protected": False,
        "project_id": row.tenant_id,
        "os_arch": row.os_arch,
        "properties": row.properties,
    }
    return new_image(platform, tx, caller, body)


def delete_guest_image(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, options: JsonMapping
) -> JsonObject:
    """Begin to delete a guest image and its images; it goes with the last of them. Active ones go to the recycle bin.

    Raises:
        ForbiddenError: it is protected, or one of its images is.
        InvalidStatusError: one of them cannot be deleted as it is.
        ResourceBusyError: something is under way with one of them.
    """
    row = fetch_for(platform, tx, caller, GUESTIMAGES, ident, "delete")
    check_not_frozen(row)
    check_deletable(row)
    (last,) = detail_rows(platform, tx, GUESTIMAGES, [row])
    members = images_of(tx, row.id)
    for image in members:
        check_not_frozen(image)
        check_deletable(image)
        check_idle_forms(tx, image)
    if row.status == GuestImageStatus.ACTIVE and goes_to_bin(platform, row, options):
        return detail_rows(platform, tx, GUESTIMAGES, [recycle_guest_image(tx, row)])[0]
    for image in members:
        if image.status != ImageStatus.DELETING:
            start_transition(platform, tx, caller, IMAGES, image, "delete", {}, force=True)
    tx.of(GUESTIMAGES, PLATFORM).save(evolve(row, status=GuestImageStatus.DELETING.value), action="delete")
    follow_images(tx, row.id)
    left: Any = tx.of(GUESTIMAGES, PLATFORM).get(row.id)
    gone = {"deleted": True, "deleted_at": format_time(tx.now)}
    return {**last, **gone} if left is None else {**last, "status": left.status}


def publish(platform: Platform, tx: Transaction, caller: Caller, row: Any, body: JsonMapping) -> None:
    """Share a guest image with its images."""
    share(platform, tx, caller, GUESTIMAGES, row, body)
    for image in images_of(tx, row.id):
        share(platform, tx, caller, IMAGES, image, body)


def withdraw(platform: Platform, tx: Transaction, caller: Caller, row: Any, _body: JsonMapping) -> None:
    """Share a guest image and its images with nobody."""
    unshare(platform, tx, caller, GUESTIMAGES, row)
    for image in images_of(tx, row.id):
        unshare(platform, tx, caller, IMAGES, image)

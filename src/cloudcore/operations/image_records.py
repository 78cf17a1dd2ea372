"""Images as records: made, changed, looked at, converted, given away, deleted. Their bytes are in `images`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    ConflictError,
    InvalidInputError,
    InvalidStatusError,
    NotSupportedError,
    OutOfRangeError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import read_bool, read_flag, read_str, said
from cloudcore.model.remote import parse_url
from cloudcore.operations.access import fetch, fetch_for
from cloudcore.operations.begin import begin, check_idle, start_transition
from cloudcore.operations.creating import insert
from cloudcore.operations.generic import check_deletable, check_not_frozen, get_row, update_row
from cloudcore.operations.image_changes import follow, with_owner
from cloudcore.operations.ladder import Call, ladder_actions
from cloudcore.operations.platform import Platform
from cloudcore.operations.recycling import goes_to_bin
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.sharing import need
from cloudcore.ports.session import Context
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import recycle_image
from cloudcore.quotas.ledger import charge, refund
from cloudcore.resources.image.guestimage import follow_images
from cloudcore.resources.image.image import IMAGES, UPLOADABLE, ImageStatus
from cloudcore.resources.image.subimage import CONVERTED_FORMATS, SUBIMAGES, form_of, subimages_of, usable_form
from cloudcore.tasks.flows.image_convert import start_conversion
from cloudcore.tasks.images import MAX_CONVERTED_BYTES

MAX_IMAGE_BYTES = 1 << 40
_CHECKSUM = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}", re.ASCII)


def new_image(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, **given: Any) -> Any:
    """Insert an image and charge its owner's quota; shared or standard at once where the caller may do that.

    given: values that the operation decides, not the caller.

    Raises:
        OutOfQuotaError: the owner has as many images as he may.
        ForbiddenError: the caller may not share it with everybody, or make it standard.
    """
    if read_flag(body, "is_standard"):
        need(platform, caller, IMAGES, "mark-standard", Scope.SYSTEM)
        given["is_standard"] = True
    image = insert(platform, tx, caller, IMAGES, with_owner(body), given={**given, "quota_held": True})
    ident = image.id
    charge(tx, image.domain_id, image.tenant_id, {"image": 1}, lambda: {IMAGES.plural: [ident]})
    return image


def create_image(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make an image that waits for its bytes, or with `copy_from` one that is fetched from there.

    Raises:
        InvalidInputError: the URL, or the checksum that its bytes must have, is none.
        NotSupportedError: this deployment fetches nothing.
    """
    wanted = _import_of(platform, body)
    if wanted is None:
        return detail_rows(platform, tx, IMAGES, [new_image(platform, tx, caller, body)])[0]
    given = {"status": ImageStatus.SAVING.value, "copy_from": wanted["copy_from"]}
    image = new_image(platform, tx, caller, body, **given)
    return _importing(platform, tx, caller, image, wanted)


def update_image(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, body: JsonMapping, context: Context
) -> JsonObject:
    """Change what the body names; with `copy_from` an image that waits for its bytes gets them from there.

    Raises:
        InvalidStatusError: it does not wait for bytes.
        NotSupportedError: what an update cannot change would be another, see `follow`.
    """
    image = fetch_for(platform, tx, caller, IMAGES, ident, "update")
    check_not_frozen(image)
    wanted = _import_of(platform, body)
    image = follow(platform, tx, caller, image, body)
    shown = update_row(platform, tx, caller, IMAGES, ident, body, context)
    if wanted is None:
        return shown
    image = fetch_for(platform, tx, caller, IMAGES, image.id, "update")
    return _importing(platform, tx, caller, taking(tx, image, "import", copy_from=wanted["copy_from"]), wanted)


def _import_of(platform: Platform, body: JsonMapping) -> JsonObject | None:
    url = body.get("copy_from")
    if url in (None, ""):
        return None
    parse_url(url)
    if not platform.settings.image_import:
        raise NotSupportedError("images are not fetched from a URL here: upload the bytes", field="copy_from")
    if body.get("compress_format"):
        raise NotSupportedError("compressed images are not fetched", field="compress_format")
    return {"copy_from": url, "expected": read_checksum(body)}


def _importing(platform: Platform, tx: Transaction, caller: Caller, image: Any, wanted: JsonObject) -> JsonObject:
    params = {
        "expected": wanted["expected"],
        "max_bytes": MAX_IMAGE_BYTES,
        "formats": list(platform.settings.image_formats),
    }
    begin(platform, tx, caller, IMAGES, image, "image-import", params)
    return detail_rows(platform, tx, IMAGES, [image])[0]


def read_checksum(body: JsonMapping) -> str:
    """The checksum that a caller says the bytes have, MD5 or SHA-256 in hex; empty for none.

    Raises:
        InvalidInputError: it is neither.
    """
    text = read_str(said(body, "checksum"), "checksum", 64).lower()
    if text and not _CHECKSUM.fullmatch(text):
        raise InvalidInputError("checksum must be an MD5 or SHA-256 in hex", field="checksum")
    return text


def taking(tx: Transaction, image: Any, name: str, **changes: Any) -> Any:
    """The image while it takes its bytes.

    Raises:
        InvalidStatusError: it does not wait for any.
    """
    if image.status not in UPLOADABLE:
        raise InvalidStatusError(f"image {image.name} is {image.status}: only a queued one takes bytes", field="status")
    check_idle(tx, IMAGES, image)
    changed = evolve(image, status=ImageStatus.SAVING.value, status_reason="", quota_held=True, **changes)
    taken = tx.of(IMAGES, PLATFORM).save(changed, action=name)
    if not image.quota_held:  # it failed before
        charge(tx, image.domain_id, image.tenant_id, {"image": 1}, lambda: {IMAGES.plural: [image.id]})
    follow_images(tx, taken.guest_image_id)
    return taken


def check_startable(tx: Transaction, image: Any, formats: Sequence[str], taker: str, where: str) -> None:
    """Refuse an image that no disk can start from. taker: who wants one of the formats, in words.

    Raises:
        InvalidStatusError: it is not active, or not in one of the formats.
    """
    if image.status != ImageStatus.ACTIVE:
        raise InvalidStatusError(f"image {image.name} is {image.status}, not active", field=where)
    if usable_form(tx, image, formats) is None:
        hint = ": convert it first" if image.disk_format in CONVERTED_FORMATS else ""
        raise InvalidStatusError(
            f"image {image.name} is {image.disk_format}; {taker} takes {', '.join(formats)}{hint}", field=where
        )


def get_image(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, params: JsonMapping, context: Context
) -> JsonObject:
    """One image with its details; with `format` among the parameters, status, size and checksums are those of that form."""
    check_form(params)
    shown = get_row(platform, tx, caller, IMAGES, ident, params, context)
    wanted = read_str(params.get("format") or "", "format", 20)
    image = fetch(platform, tx, caller, IMAGES, ident) if wanted else None
    form = form_of(tx, image, wanted) if image is not None else None
    if form is None or form is image:
        return shown
    chosen = {name: getattr(form, name) for name in ("status", "size", "checksum", "fast_hash", "sha256")}
    return {**shown, **chosen, "disk_format": form.format, "oss_checksum": form.checksum}


def check_form(params: JsonMapping) -> None:
    """Refuse forms that images do not have.

    Raises:
        NotSupportedError: a torrent is asked for.
    """
    if "torrent" in params and read_bool(params["torrent"] or False, "torrent"):
        raise NotSupportedError("images are not offered as torrents", field="torrent")


def convert_image(platform: Platform, tx: Transaction, caller: Caller, image: Any, body: JsonMapping) -> JsonObject:
    """Begin to convert an active image; a form that is there already stays as it is. Gives the image's details.

    Raises:
        InvalidStatusError: the image is not active, or the conversion is under way.
        InvalidInputError: no such format, or the image has none that can be converted.
    """
    wanted = read_str(body.get("format") or body.get("disk_format"), "format", 20).lower()
    if wanted not in CONVERTED_FORMATS:
        raise InvalidInputError(f"format must be one of {', '.join(CONVERTED_FORMATS)}", field="format")
    if image.status != ImageStatus.ACTIVE:
        raise InvalidStatusError(f"image {image.name} is {image.status}, not active", field="status")
    if image.disk_format not in CONVERTED_FORMATS:
        raise InvalidInputError(f"an image of format {image.disk_format} is not converted", field="format")
    if image.virtual_size > MAX_CONVERTED_BYTES:
        raise OutOfRangeError(f"an image of more than {MAX_CONVERTED_BYTES} bytes is not converted", field="format")
    if wanted != image.disk_format:
        start_conversion(tx, image, wanted, actor=caller.actor(), request_id=caller.request_id)
    return detail_rows(platform, tx, IMAGES, [image])[0]


def mark_standard(platform: Platform, tx: Transaction, caller: Caller, image: Any, body: JsonMapping) -> None:
    """Offer an image as one of the platform's own, or no longer; for who has that right everywhere."""
    need(platform, caller, IMAGES, "mark-standard", Scope.SYSTEM)
    standard = read_bool(body.get("is_standard", True), "is_standard")
    tx.of(IMAGES, PLATFORM).save(evolve(image, is_standard=standard), action="mark_standard")


def update_status(platform: Platform, tx: Transaction, caller: Caller, image: Any, body: JsonMapping) -> None:
    """Set the status by hand: what clients of images call the action `status` of everything else."""
    call = Call(platform=platform, tx=tx, caller=caller, resource=IMAGES, body=body)
    ladder_actions(IMAGES.entity)["status"](call, image)


def change_owner(platform: Platform, tx: Transaction, caller: Caller, image: Any, body: JsonMapping) -> None:
    """Give an image to another project; it counts in that one's quota from then on.

    Raises:
        OutOfQuotaError: the new owner has as many images as he may.
    """
    call = Call(platform=platform, tx=tx, caller=caller, resource=IMAGES, body=body)
    ladder_actions(IMAGES.entity)["change-owner"](call, image)
    moved = tx.of(IMAGES, PLATFORM).get(image.id)
    if image.quota_held and moved is not None and moved.tenant_id != image.tenant_id:
        refund(tx, image.domain_id, image.tenant_id, {"image": 1})
        charge(tx, moved.domain_id, moved.tenant_id, {"image": 1}, lambda: {IMAGES.plural: [moved.id]})


def delete_image(platform: Platform, tx: Transaction, caller: Caller, ident: str, options: JsonMapping) -> JsonObject:
    """Begin to delete an image, or put an active one into the recycle bin.

    Raises:
        ForbiddenError: it is protected.
        InvalidStatusError: its status does not allow it.
        ConflictError: it is part of a guest image.
    """
    image = fetch_for(platform, tx, caller, IMAGES, ident, "delete")
    check_not_frozen(image)
    if image.guest_image_id is not None:
        raise ConflictError(f"image {image.name} is part of a guest image: delete that", field="guest_image_id")
    check_deletable(image)
    check_idle_forms(tx, image)
    if image.status == ImageStatus.ACTIVE and goes_to_bin(platform, image, options):
        return detail_rows(platform, tx, IMAGES, [recycle_image(tx, image)])[0]
    moved = start_transition(platform, tx, caller, IMAGES, image, "delete", {}, force=True)
    return detail_rows(platform, tx, IMAGES, [moved])[0]


def check_idle_forms(tx: Transaction, image: Any) -> None:
    """Refuse an image with which something is under way, or with one of its formats.

    Raises:
        ResourceBusyError: a long operation holds it.
    """
    check_idle(tx, IMAGES, image)
    for form in subimages_of(tx, image.id):
        check_idle(tx, SUBIMAGES, form)

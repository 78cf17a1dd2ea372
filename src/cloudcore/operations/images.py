"""Images: records, and bytes that go into quarantine first. Bytes never pass through a unit of work."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    CloudcoreError,
    InvalidInputError,
    InvalidStatusError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
    TooLargeError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import read_int, read_str
from cloudcore.model.remote import parse_url
from cloudcore.operations.access import fetch, fetch_for
from cloudcore.operations.begin import begin, check_idle, start_transition
from cloudcore.operations.creating import insert
from cloudcore.operations.generic import check_deletable, check_not_frozen, create_row, get_row, update_row
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.run import reading, writing
from cloudcore.ports.session import Context
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.image.image import IMAGES, UPLOADABLE, ImageStatus
from cloudcore.resources.image.subimage import CONVERTED_FORMATS, SUBIMAGES, form_of, subimages_of, usable_form
from cloudcore.tasks.flows.image_convert import start_conversion
from cloudcore.tasks.images import MAX_CONVERTED_BYTES

MAX_IMAGE_BYTES = 1 << 40
_CHECKSUM = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}", re.ASCII)


def upload_image(
    platform: Platform, caller: Caller, ident: str | None, attributes: JsonMapping, chunks: Iterable[bytes]
) -> JsonObject:
    """Store the bytes of a queued image, or of a new one, in quarantine, and begin their inspection.

    Raises:
        InvalidStatusError: the image is not queued.
        InvalidInputError: there were no bytes, or not those whose `checksum` or `size` the attributes tell.
        TooLargeError: there were too many.
        BackendError: the store could not take them; the image is `save_fail` then.
    """
    expected, announced = read_checksum(attributes), _announced(attributes)
    image = writing(platform, caller, lambda tx: _saving(platform, tx, caller, ident, attributes))
    key = f"staged/{platform.ids.new_id()}"
    hashing = _Hashing(chunks)
    try:
        size = _store(platform, key, hashing)
        _check_whole(platform, key, size, announced, hashing, expected)
    except BaseException as error:
        why = str(error) if isinstance(error, CloudcoreError) else "the upload broke off"
        writing(platform, caller, lambda tx: _broken(tx, image.id, why))
        raise
    return writing(platform, caller, lambda tx: _saved(platform, tx, caller, image.id, key, size, hashing))


def create_image(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make an image that waits for its bytes, or with `copy_from` one that is fetched from there.

    Raises:
        InvalidInputError: the URL, or the checksum that its bytes must have, is none.
        NotSupportedError: this deployment fetches nothing.
    """
    wanted = _import_of(platform, body)
    if wanted is None:
        return create_row(platform, tx, caller, IMAGES, body)
    given = {"status": ImageStatus.SAVING.value, "copy_from": wanted["copy_from"]}
    image = insert(platform, tx, caller, IMAGES, body, given=given)
    return _importing(platform, tx, caller, image, wanted)


def update_image(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, body: JsonMapping, context: Context
) -> JsonObject:
    """Change what the body names; with `copy_from` an image that waits for its bytes gets them from there.

    Raises:
        InvalidStatusError: it does not wait for bytes.
    """
    wanted = _import_of(platform, body)
    shown = update_row(platform, tx, caller, IMAGES, ident, body, context)
    if wanted is None:
        return shown
    image = fetch_for(platform, tx, caller, IMAGES, ident, "update")
    return _importing(platform, tx, caller, _taking(tx, image, "import", copy_from=wanted["copy_from"]), wanted)


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


def read_checksum(body: JsonMapping) -> str:
    """The checksum that a caller says the bytes have, MD5 or SHA-256 in hex; empty for none.

    Raises:
        InvalidInputError: it is neither.
    """
    text = read_str(body.get("checksum") or "", "checksum", 64).lower()
    if text and not _CHECKSUM.fullmatch(text):
        raise InvalidInputError("checksum must be an MD5 or SHA-256 in hex", field="checksum")
    return text


def _importing(platform: Platform, tx: Transaction, caller: Caller, image: Any, wanted: JsonObject) -> JsonObject:
    params = {
        "expected": wanted["expected"],
        "max_bytes": MAX_IMAGE_BYTES,
        "formats": list(platform.settings.image_formats),
    }
    begin(platform, tx, caller, IMAGES, image, "image-import", params)
    return detail_rows(platform, tx, IMAGES, [image])[0]


def _store(platform: Platform, key: str, chunks: Iterable[bytes]) -> int:
    size = platform.image_store.write(key, chunks)
    if size == 0:
        platform.image_store.delete(key)
        raise InvalidInputError("there are no bytes in the upload", field="body")
    return size


def _announced(attributes: JsonMapping) -> int | None:
    told = attributes.get("size")
    return None if told in (None, "") else read_int(told, "size", 0, MAX_IMAGE_BYTES)


def _check_whole(platform: Platform, key: str, size: int, announced: int | None, hashing: Any, expected: str) -> None:
    wrong = ""
    if announced is not None and size != announced:
        wrong = f"size: {announced} bytes were announced, {size} came"
    elif expected and expected not in (hashing.md5.hexdigest(), hashing.sha256.hexdigest()):
        wrong = "checksum: the bytes have another one than was given"
    if wrong:
        platform.image_store.delete(key)
        raise InvalidInputError(wrong, field=wrong.partition(":")[0])


def _saving(platform: Platform, tx: Transaction, caller: Caller, ident: str | None, attributes: JsonMapping) -> Any:
    if ident is None:
        return insert(platform, tx, caller, IMAGES, attributes, given={"status": ImageStatus.SAVING.value})
    image = fetch_for(platform, tx, caller, IMAGES, ident, "update")
    check_not_frozen(image)
    return _taking(tx, image, "upload")


def _taking(tx: Transaction, image: Any, name: str, **changes: Any) -> Any:
    """The image while it takes its bytes.

    Raises:
        InvalidStatusError: it does not wait for any.
    """
    if image.status not in UPLOADABLE:
        raise InvalidStatusError(f"image {image.name} is {image.status}: only a queued one takes bytes", field="status")
    check_idle(tx, IMAGES, image)
    changed = evolve(image, status=ImageStatus.SAVING.value, status_reason="", **changes)
    return tx.of(IMAGES, PLATFORM).save(changed, action=name)


def _broken(tx: Transaction, ident: str, why: str) -> None:
    image = tx.of(IMAGES, PLATFORM).get(ident)
    if image is not None and image.status == ImageStatus.SAVING:
        failed = evolve(image, status=ImageStatus.SAVE_FAIL.value, status_reason=why[:1000])
        tx.of(IMAGES, PLATFORM).save(failed, action="upload_fail")


def _saved(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, key: str, size: int, hashing: Any
) -> JsonObject:
    image = tx.of(IMAGES, PLATFORM).get(ident)
    if image is None or image.status != ImageStatus.SAVING:
        raise ResourceNotFoundError("the image was deleted during its upload")
    saved = evolve(
        image,
        status=ImageStatus.SAVED.value,
        size=size,
        checksum=hashing.md5.hexdigest(),
        sha256=hashing.sha256.hexdigest(),
        staged_key=key,
    )
    stored = tx.of(IMAGES, PLATFORM).save(saved, action="upload")
    begin(platform, tx, caller, IMAGES, stored, "image-upload", {"formats": list(platform.settings.image_formats)})
    return detail_rows(platform, tx, IMAGES, [stored])[0]


class _Hashing:
    """Passes chunks on, hashing them and refusing more than an image may have."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = chunks
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.sha256 = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        total = 0
        for chunk in self._chunks:
            total += len(chunk)
            if total > MAX_IMAGE_BYTES:
                raise TooLargeError(f"an image has at most {MAX_IMAGE_BYTES} bytes")
            self.md5.update(chunk)
            self.sha256.update(chunk)
            yield chunk


@attrs.frozen(kw_only=True)
class StoredImage:
    """The bytes of an image, in ranges."""

    platform: Platform = attrs.field(repr=False)
    key: str
    size: int
    checksum: str
    name: str

    def read(self, offset: int, length: int) -> bytes:
        """At most `length` bytes from `offset`."""
        return self.platform.image_store.read(self.key, offset, length)


def download_image(platform: Platform, caller: Caller, ident: str, image_format: str) -> StoredImage:
    """The bytes of an active image, as it is or, where a format is named, in that format.

    Raises:
        InvalidStatusError: it is not active in that format.
        ResourceNotFoundError: it was never converted to that format.
    """

    def found(tx: Transaction) -> StoredImage:
        return stored_image(platform, tx, fetch(platform, tx, caller, IMAGES, ident), image_format)

    return reading(platform, found)


def stored_image(platform: Platform, tx: Transaction, image: Any, image_format: str) -> StoredImage:
    """The bytes of an image record in a format; see `download_image`."""
    if image.status != ImageStatus.ACTIVE:
        raise InvalidStatusError(f"image {image.name} is {image.status}, not active", field="status")
    form = form_of(tx, image, image_format)
    return StoredImage(platform=platform, key=form.store_key, size=form.size, checksum=form.checksum, name=image.name)


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
    shown = get_row(platform, tx, caller, IMAGES, ident, params, context)
    wanted = read_str(params.get("format") or "", "format", 20)
    image = fetch(platform, tx, caller, IMAGES, ident) if wanted else None
    form = form_of(tx, image, wanted) if image is not None else None
    if form is None or form is image:
        return shown
    chosen = {name: getattr(form, name) for name in ("status", "size", "checksum", "fast_hash", "sha256")}
    return {**shown, **chosen, "disk_format": form.format, "oss_checksum": form.checksum}


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


def delete_image(platform: Platform, tx: Transaction, caller: Caller, ident: str, _options: JsonMapping) -> JsonObject:
    """Begin to delete an image.

    Raises:
        InvalidStatusError: it is protected, or its status does not allow it.
    """
    image = fetch_for(platform, tx, caller, IMAGES, ident, "delete")
    check_not_frozen(image)
    check_deletable(image)
    check_idle(tx, IMAGES, image)
    for form in subimages_of(tx, image.id):
        check_idle(tx, SUBIMAGES, form)
    moved = start_transition(platform, tx, caller, IMAGES, image, "delete", {}, force=True)
    return detail_rows(platform, tx, IMAGES, [moved])[0]

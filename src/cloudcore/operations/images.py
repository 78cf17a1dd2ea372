"""Images: records, and bytes that go into quarantine first. Bytes never pass through a unit of work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    CloudcoreError,
    InvalidInputError,
    InvalidStatusError,
    ResourceNotFoundError,
    TooLargeError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import read_int
from cloudcore.operations.access import fetch, fetch_for
from cloudcore.operations.begin import begin
from cloudcore.operations.generic import check_not_frozen
from cloudcore.operations.image_records import MAX_IMAGE_BYTES, new_image, read_checksum, taking, update_image
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.run import reading, writing
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import release_image
from cloudcore.resources.image.guestimage import follow_images
from cloudcore.resources.image.image import IMAGES, UPLOADABLE, ImageStatus
from cloudcore.resources.image.subimage import form_of

_MD5_LENGTH = 32


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
    key = f"staged/{platform.ids.new_id()}"
    fence = platform.image_store.claim(key)
    image, broken_off = writing(platform, caller, lambda tx: _saving(platform, tx, caller, ident, attributes, key))
    if broken_off:
        # Whoever is still at it finds a newer fence.
        platform.image_store.delete(broken_off, fence=platform.image_store.claim(broken_off))
    hashing = Hashing(chunks, md5=len(expected) == _MD5_LENGTH, sha256=len(expected) > _MD5_LENGTH)
    try:
        size = _store(platform, key, fence, hashing)
        _check_whole(platform, key, size, announced, hashing, expected)
    except BaseException as error:
        why = str(error) if isinstance(error, CloudcoreError) else "the upload broke off"
        writing(platform, caller, lambda tx: _broken(tx, image.id, key, why))
        raise
    try:
        return writing(platform, caller, lambda tx: _saved(platform, tx, caller, image.id, key, size, hashing))
    except ResourceNotFoundError:
        platform.image_store.delete(key, fence=fence)
        raise


def _store(platform: Platform, key: str, fence: int, chunks: Iterable[bytes]) -> int:
    size = platform.image_store.write(key, chunks, fence=fence)
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
    elif expected and expected not in (hashing.checksum, hashing.sha256):
        wrong = "checksum: the bytes have another one than was given"
    if wrong:
        platform.image_store.delete(key)
        raise InvalidInputError(wrong, field=wrong.partition(":")[0])


def _saving(
    platform: Platform, tx: Transaction, caller: Caller, ident: str | None, attributes: JsonMapping, key: str
) -> tuple[Any, str]:
    """The image, which takes its bytes under a key from now on, and the key of an earlier upload that broke off."""
    upload = {"uploader": platform.settings.process, "staged_key": key}
    if ident is None:
        return new_image(platform, tx, caller, attributes, status=ImageStatus.SAVING.value, **upload), ""
    image = fetch_for(platform, tx, caller, IMAGES, ident, "update")
    check_not_frozen(image)
    if image.status in UPLOADABLE and attributes.keys() - {"size", "checksum"}:
        # What it is said to be beside its bytes holds as in an update; the name in the path may be another from now on.
        update_image(platform, tx, caller, image.id, attributes, ())
        image = fetch_for(platform, tx, caller, IMAGES, image.id, "update")
    return taking(tx, image, "upload", **upload), image.staged_key


def _takes(image: Any, key: str) -> bool:
    """Whether an image still waits for the bytes of this upload, and not of a later one."""
    return image is not None and image.status == ImageStatus.SAVING and image.staged_key == key


def _broken(tx: Transaction, ident: str, key: str, why: str) -> None:
    image = tx.of(IMAGES, PLATFORM).get(ident)
    if image is not None and _takes(image, key):
        release_image(tx, image)
        failed = evolve(image, status=ImageStatus.SAVE_FAIL.value, status_reason=why[:1000], quota_held=False)
        tx.of(IMAGES, PLATFORM).save(failed, action="upload_fail")
        follow_images(tx, image.guest_image_id)


def _saved(
    platform: Platform, tx: Transaction, caller: Caller, ident: str, key: str, size: int, hashing: Any
) -> JsonObject:
    image = tx.of(IMAGES, PLATFORM).get(ident)
    if image is None or not _takes(image, key):
        raise ResourceNotFoundError("the image was deleted, or uploaded anew, during its upload")
    saved = evolve(
        image,
        status=ImageStatus.SAVED.value,
        size=size,
        checksum=hashing.checksum,
        sha256=hashing.sha256,
    )
    stored = tx.of(IMAGES, PLATFORM).save(saved, action="upload")
    begin(platform, tx, caller, IMAGES, stored, "image-upload", {"formats": list(platform.settings.image_formats)})
    return detail_rows(platform, tx, IMAGES, [stored])[0]


class Hashing:
    """Passes chunks on, hashing them and refusing more than an image may have.

    Hashes cost more than all the rest of an upload. Those that nobody waits for are left to the image's task, which
    computes them before the bytes leave quarantine.
    """

    def __init__(self, chunks: Iterable[bytes], *, md5: bool, sha256: bool) -> None:
        self._chunks = chunks
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 else None
        self._sha256 = hashlib.sha256() if sha256 else None

    @property
    def checksum(self) -> str:
        """MD5 in hex; empty where it was not asked for."""
        return self._md5.hexdigest() if self._md5 is not None else ""

    @property
    def sha256(self) -> str:
        """SHA-256 in hex; empty where it was not asked for."""
        return self._sha256.hexdigest() if self._sha256 is not None else ""

    def __iter__(self) -> Iterator[bytes]:
        total = 0
        for chunk in self._chunks:
            total += len(chunk)
            if total > MAX_IMAGE_BYTES:
                raise TooLargeError(f"an image has at most {MAX_IMAGE_BYTES} bytes")
            if self._md5 is not None:
                self._md5.update(chunk)
            if self._sha256 is not None:
                self._sha256.update(chunk)
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

    def handle(self) -> int | None:
        """See `FileDownload.handle`."""
        return self.platform.image_store.handle(self.key)


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

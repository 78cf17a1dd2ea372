"""Performs the effects of the image store, over any image store."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, cast

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.errors import (
    DeadlineError,
    InvalidFormatError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
    TooLargeError,
)
from cloudcore.model.image_keys import checked_key
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.ports.image_converter import ImageConverter, StoredFormat
from cloudcore.ports.image_store import ImageStore
from cloudcore.ports.remote_file import RemoteFile, RemoteFiles
from cloudcore.resources.image.inspect import Inspection, Reader, inspect
from cloudcore.resources.image.subimage import CONVERTED_FORMATS

MAX_KEYS = 1000
MAX_CONVERTED_BYTES = 2 << 40
"""The largest virtual size of what is converted."""
MOST_ROUNDING = 1 << 20
READ_BYTES = 1 << 20
SAMPLES = 16
SAMPLE_BYTES = 64 << 10

Inspect: TypeAlias = Callable[[Reader, int, str], Inspection]
Progress: TypeAlias = Callable[[float], None]
Cancelled: TypeAlias = Callable[[], bool]
_Work: TypeAlias = Callable[[JsonMapping, int, Progress, Cancelled], JsonObject]


SourceUrl: TypeAlias = Callable[[str], str]
"""The URL that an image of an id is to be fetched from. It may be as good as a password, so that no effect carries it."""


def _no_url(_image_id: str) -> str:
    return ""


@attrs.frozen
class ImagePerformer:
    """A `Performer` of the effects on images: image-probe, -digest, -promote and -delete; with a converter image-convert, and with
    remote files image-fetch.

    inspect: tells what bytes are and refuses what is unsafe; it bounds its own reads.
    """

    store: ImageStore
    inspect: Inspect = inspect
    converter: ImageConverter | None = None
    remote: RemoteFiles | None = None
    source_url: SourceUrl = _no_url

    def perform(self, effect: Effect, fence: int, progress: Progress, cancelled: Cancelled) -> JsonObject:
        """See `Performer.perform`; image-digest, -convert and -fetch take long, the others a few small reads or a rename.

        Raises:
            OutdatedError: a process with a newer fence has gone on with one of the keys.
        """
        if effect.version != 1:
            raise NotSupportedError(f"effects of version {effect.version} are not supported", field="version")
        kinds: Mapping[str, _Work] = {
            "image-probe": self._probe,
            "image-promote": self._promote,
            "image-delete": self._delete,
            "image-digest": self._digest,
            "image-convert": self._convert,
            "image-fetch": self._fetch,
        }
        if effect.kind not in kinds:
            raise NotSupportedError(f"the image store does not perform {effect.kind[:40]!r}", field="kind")
        result = kinds[effect.kind](effect.args, fence, progress, cancelled)
        progress(100.0)
        return result

    def _probe(self, args: JsonMapping, fence: int, _progress: Progress, _cancelled: Cancelled) -> JsonObject:
        """What the quarantined bytes are; sizes in bytes."""
        key = _key(args, "staged_key")
        declared = args.get("declared_format")
        if not isinstance(declared, str | None):
            raise InvalidInputError("declared_format must be text", field="declared_format")
        # Who sends the same bytes once more, and was asleep, comes too late from now on.
        self.store.claim(key, fence)
        size = self.store.size(key)
        found = self.inspect(self._reader(key), size, declared or "")
        return {
            "format": found.format,
            "virtual_size": found.virtual_size,
            "size": size,
            "fast_hash": sample_hash(self._reader(key), size),
            "label": found.label,
        }

    def _promote(self, args: JsonMapping, fence: int, _progress: Progress, _cancelled: Cancelled) -> JsonObject:
        key = _key(args, "key")
        self.store.move(_key(args, "staged_key"), key, fence=fence)
        return {"key": key}

    def _delete(self, args: JsonMapping, fence: int, _progress: Progress, _cancelled: Cancelled) -> JsonObject:
        given: Any = args.get("keys")
        if not isinstance(given, list | tuple):
            raise InvalidInputError("keys must be a list", field="keys")
        keys = cast("Sequence[object]", given)
        if len(keys) > MAX_KEYS:
            raise InvalidInputError(f"keys must be at most {MAX_KEYS}", field="keys")
        for key in [checked_key(key, "keys") for key in keys]:
            self.store.delete(key, fence=fence)
        return {}

    def _digest(self, args: JsonMapping, _fence: int, progress: Progress, cancelled: Cancelled) -> JsonObject:
        key = _key(args, "key")
        size = self.store.size(key)
        return {"size": size, **self._digests(key, size, progress, cancelled)}

    def _fetch(self, args: JsonMapping, fence: int, progress: Progress, cancelled: Cancelled) -> JsonObject:
        """Receive the bytes of an image's URL into quarantine. What an earlier performance has received whole is kept."""
        key, limit = _key(args, "staged_key"), _number(args, "max_bytes", 1 << 62)
        expected = str(args.get("expected") or "")
        if self.remote is None:
            raise NotSupportedError("images are not fetched from a URL here")
        self.store.claim(key, fence)
        if not self._has(key):
            url = self.source_url(str(args.get("image_id") or ""))
            with self.remote.open(url, cancelled=cancelled) as file:
                if file.size is not None and file.size > limit:
                    raise TooLargeError(f"the file has {file.size} bytes, an image at most {limit}")
                self.store.write(key, _counted(file, limit, progress), fence=fence)
        size = self.store.size(key)
        found = self._digests(key, size, lambda percent: progress(90.0 + percent / 10), cancelled)
        if size == 0 or not matches(expected, found):
            self.store.delete(key, fence=fence)
            raise InvalidInputError(
                "the file is empty" if size == 0 else "the file's checksum is not the one that was given",
                field="checksum",
            )
        return {"size": size, **found}

    def _convert(self, args: JsonMapping, fence: int, progress: Progress, cancelled: Cancelled) -> JsonObject:
        """Convert, look at what came of it, and hash it. What an earlier performance has finished is kept."""
        if self.converter is None:
            raise NotSupportedError("images are not converted here")
        virtual_size = _number(args, "virtual_size", MAX_CONVERTED_BYTES)
        source = StoredFormat(key=_key(args, "key"), format=_format(args, "format"), virtual_size=virtual_size)
        target = StoredFormat(
            key=_key(args, "target_key"), format=_format(args, "target_format"), virtual_size=virtual_size
        )
        self.store.claim(target.key, fence)
        if not self._has(target.key):
            self.converter.convert(
                source, target, progress=lambda percent: progress(percent * 0.9), cancelled=cancelled, fence=fence
            )
        size = self.store.size(target.key)
        try:
            found = self._inspected(target, size)
        except InvalidFormatError:
            self.store.delete(target.key, fence=fence)
            raise
        return {
            "key": target.key,
            "size": size,
            "virtual_size": found.virtual_size,
            "fast_hash": sample_hash(self._reader(target.key), size),
            **self._digests(target.key, size, lambda percent: progress(90.0 + percent / 10), cancelled),
        }

    def _inspected(self, made: StoredFormat, size: int) -> Inspection:
        found = self.inspect(self._reader(made.key), size, made.format)
        if not made.virtual_size <= found.virtual_size <= made.virtual_size + MOST_ROUNDING:
            raise InvalidFormatError("the converted image has another size than the original")
        return found

    def _digests(self, key: str, size: int, progress: Progress, cancelled: Cancelled) -> JsonObject:
        md5, sha256, done = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
        while chunk := self.store.read(key, done, READ_BYTES):
            if cancelled():
                raise DeadlineError("cancelled")
            md5.update(chunk)
            sha256.update(chunk)
            done += len(chunk)
            progress(100.0 * done / size)
        return {"checksum": md5.hexdigest(), "sha256": sha256.hexdigest()}

    def _reader(self, key: str) -> Reader:
        return lambda offset, length: self.store.read(key, offset, length)

    def _has(self, key: str) -> bool:
        try:
            self.store.size(key)
        except ResourceNotFoundError:
            return False
        return True


def sample_hash(read: Reader, size: int) -> str:
    """MD5 of the size and of 16 evenly spaced samples of 64 KiB: tells most different files apart at once.

    It protects from nothing: whoever makes a file can keep it.
    """
    digest = hashlib.md5(str(size).encode("ascii"), usedforsecurity=False)
    step = max(SAMPLE_BYTES, size // SAMPLES)
    for offset in range(0, size, step):
        digest.update(read(offset, min(SAMPLE_BYTES, size - offset)))
    return digest.hexdigest()


def matches(expected: str, found: Mapping[str, Any]) -> bool:
    """Whether a checksum that somebody expects, MD5 or SHA-256 by its length, is that of the bytes; an empty one is."""
    return not expected or expected.lower() in (found["checksum"], found["sha256"])


def _counted(file: RemoteFile, limit: int, progress: Progress) -> Iterator[bytes]:
    total = 0
    for chunk in file.chunks:
        total += len(chunk)
        if total > limit:
            raise TooLargeError(f"the file has more than the {limit} bytes of the largest image")
        if file.size:
            progress(min(90.0, 90.0 * total / file.size))
        yield chunk


def _key(args: JsonMapping, field: str) -> str:
    if args.get(field) is None:
        raise MissingParameterError(f"{field} is missing", field=field)
    return checked_key(args[field], field)


def _format(args: JsonMapping, field: str) -> str:
    value = args.get(field)
    if value not in CONVERTED_FORMATS:
        raise InvalidInputError(f"{field} must be one of {', '.join(CONVERTED_FORMATS)}", field=field)
    return str(value)


def _number(args: JsonMapping, field: str, high: int) -> int:
    value = args.get(field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInputError(f"{field} must be an integer", field=field)
    if not 1 <= value <= high:
        raise OutOfRangeError(f"{field} must be between 1 and {high}", field=field)
    return value

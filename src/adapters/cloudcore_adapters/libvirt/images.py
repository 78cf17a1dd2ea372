"""The image cache of a storage: templates that volumes are backed by; never written again once in place."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from cloudcore.model.effects import Mark
from cloudcore.model.errors import BackendError, ConflictError, DeadlineError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.libvirt import arguments, marks
from cloudcore_adapters.libvirt.arguments import StorageFolder, Storages
from cloudcore_adapters.libvirt.download import Source, fetch
from cloudcore_adapters.libvirt.qcow2 import virtual_size

FORMATS = ("qcow2", "raw", "iso")
MAX_IMAGE_BYTES = 16 << 40
_RESERVE_BYTES = 64 << 20
_POLL_S = 0.2


@attrs.frozen
class CachedImage:
    """One image in the cache; virtual size in bytes."""

    path: Path
    format: str
    virtual_size: int


class ImageCache:
    """The image caches of one host's storages."""

    def __init__(self, storages: Storages, deployment: str, ca_file: Path | None) -> None:
        """ca_file: what TLS certificates of the image store are checked against; None for the system's authorities."""
        self._storages = storages
        self._deployment = deployment
        self._ca_file = ca_file
        self._guard = threading.Lock()
        self._locks: dict[str, tuple[threading.Lock, int]] = {}

    def cache(
        self, args: JsonMapping, fence: int, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> JsonObject:
        """Perform `image-cache`: one fetch for an image, however many ask for it at once."""
        image_id = arguments.ident(args, "image_id")
        storage = self._storages.named(arguments.text(args, "storage_path"))
        image_format = arguments.one_of(args, "format", FORMATS)
        size = arguments.number(args, "size", 1, MAX_IMAGE_BYTES)
        source = Source(url=arguments.text(args, "url"), size=size, sha256=arguments.sha256(args, "checksum"))
        with self.using(image_id, cancelled):
            folder = storage.images / image_id
            if (found := self._found(folder)) is None:
                self._fetch(folder, image_format, source, fence, progress, cancelled)
            elif found.get("format") == image_format and found.get("sha256") != source.sha256:
                raise ConflictError("another image is cached under this id", field="checksum")
            if found is not None:  # perhaps in another format: the contents are the same
                image_format, size = str(found["format"]), int(found["size"])
        return {"path": str(folder / f"image.{image_format}"), "size": size}

    def uncache(self, args: JsonMapping, cancelled: Callable[[], bool]) -> JsonObject:
        """Perform `image-uncache`; an image that a volume is backed by, even one in the trash, is kept."""
        image_id = arguments.ident(args, "image_id")
        storage = self._storages.named(arguments.text(args, "storage_path"))
        with self.using(image_id, cancelled):
            folder = storage.images / image_id
            if users := _backed_by(storage, image_id):
                raise ConflictError(f"{len(users)} volumes are backed by the image", data={"volumes": users[:20]})
            if self._found(folder) is not None:
                gone = storage.images / f".gone-{image_id}"
                shutil.rmtree(gone, ignore_errors=True)
                folder.rename(gone)
                shutil.rmtree(gone)
            for partial in storage.images.glob(f".partial-{image_id}-*"):
                partial.unlink(missing_ok=True)
        return {}

    def lookup(self, storage: StorageFolder, image_id: str) -> CachedImage:
        """The cached image; call it, and use what it answers, inside `using`.

        Raises:
            ResourceNotFoundError: it is not in this storage's cache.
        """
        folder = storage.images / arguments.checked_id(image_id, "backing_image_id")
        found = self._found(folder)
        if found is None:
            raise ResourceNotFoundError("the image is not cached on this storage", field="backing_image_id")
        image_format = str(found["format"])
        path = folder / f"image.{image_format}"
        return CachedImage(path, image_format, virtual_size(path, image_format))

    @contextmanager
    def using(self, image_id: str, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Hold the image, so that it neither comes nor goes meanwhile."""
        with self._guard:
            lock, users = self._locks.get(image_id, (threading.Lock(), 0))
            self._locks[image_id] = (lock, users + 1)
        try:
            while not lock.acquire(timeout=_POLL_S):
                if cancelled():
                    raise DeadlineError("cancelled while the image was in use")
            try:
                yield
            finally:
                lock.release()
        finally:
            with self._guard:
                lock, users = self._locks.pop(image_id)
                if users > 1:
                    self._locks[image_id] = (lock, users - 1)

    def _found(self, folder: Path) -> dict[str, Any] | None:
        if not folder.exists():
            return None
        read = marks.read(folder)
        if read is None or read[0].deployment != self._deployment:
            raise ConflictError("what is in the image's place is not of this deployment")
        return read[1]

    def _fetch(
        self,
        folder: Path,
        image_format: str,
        source: Source,
        fence: int,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> None:
        image_id, images = folder.name, folder.parent
        partial = images / f".partial-{image_id}-{source.sha256[:16]}"
        new = images / f".new-{image_id}"
        try:
            images.mkdir(mode=0o711, parents=True, exist_ok=True)
            room = shutil.disk_usage(images).free + (partial.stat().st_size if partial.exists() else 0)
            if room < source.size + _RESERVE_BYTES:
                raise BackendError("the storage has no room for the image")
            fetch(source, partial, ca_file=self._ca_file, progress=progress, cancelled=cancelled)
            try:
                virtual_size(partial, image_format)
            except Exception:
                partial.unlink()
                raise
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(mode=0o711)
            with partial.open("rb") as done:
                os.fsync(done.fileno())
            partial.chmod(0o644)
            partial.rename(new / f"image.{image_format}")
            mark = Mark(deployment=self._deployment, resource=image_id, fence=fence)
            marks.write(new, mark, kind="image", format=image_format, size=source.size, sha256=source.sha256)
            new.rename(folder)
            marks.sync_folder(images)
        except OSError as e:
            raise BackendError("the image cannot be written", internal=str(e)) from e


def _backed_by(storage: StorageFolder, image_id: str) -> list[str]:
    folders = [folder for place in (storage.volumes, storage.trash) if place.exists() for folder in place.iterdir()]
    read = [found for folder in folders if (found := marks.read(folder)) is not None]
    return sorted(mark.resource for mark, facts in read if facts.get("backing_image_id") == image_id)

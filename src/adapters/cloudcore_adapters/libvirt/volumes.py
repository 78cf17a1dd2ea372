"""Volumes as files of a storage. Removed ones wait in the trash before their bytes go."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path

from cloudcore.model.errors import (
    BackendError,
    ConflictError,
    InvalidInputError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore_adapters.libvirt import arguments, marks
from cloudcore_adapters.libvirt.arguments import StorageFolder, Storages
from cloudcore_adapters.libvirt.images import ImageCache
from cloudcore_adapters.libvirt.processes import run
from cloudcore_adapters.libvirt.qcow2 import image_of, read_header, snapshot_name

FORMATS = ("qcow2", "raw")
MAX_SIZE_MIB = 64 << 20
_MIB = 1 << 20
_TIMEOUT_S = 120
_COPY_S = 7000


class Volumes:
    """The volumes of one host's storages."""

    def __init__(self, storages: Storages, deployment: str, images: ImageCache, now: Callable[[], float]) -> None:
        """now: seconds since the epoch; stamps what goes to the trash."""
        self._storages = storages
        self._deployment = deployment
        self._images = images
        self._now = now

    def create(self, args: JsonMapping, cancelled: Callable[[], bool]) -> JsonObject:
        """Perform `volume-create`; a volume that is there with our mark is left as it is."""
        volume_id = arguments.ident(args, "volume_id")
        storage = self._storages.named(arguments.text(args, "storage_path"))
        disk_format = arguments.one_of(args, "format", FORMATS)
        size_mib = arguments.number(args, "size_mib", 1, MAX_SIZE_MIB)
        mark = arguments.mark(args, self._deployment, volume_id)
        backing = arguments.ident(args, "backing_image_id") if args.get("backing_image_id") is not None else None
        source = self._source(args)
        if disk_format != "qcow2" and (backing or (source is not None and source[1])):
            raise InvalidInputError("only a qcow2 volume is made of an image or a snapshot", field="format")
        target = storage.volumes / volume_id
        if (present := self._present(target, disk_format)) is not None:
            return present
        new = storage.volumes / f".new-{volume_id}"
        try:
            new.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(mode=0o711)
            with self._images.using(backing, cancelled) if backing else nullcontext():
                path = new / f"disk.{disk_format}"
                if source is not None:
                    _copy(path, disk_format, source, size_mib, cancelled)
                else:
                    self._make(path, storage, disk_format, size_mib, backing)
                marks.write(new, mark, kind="volume", format=disk_format, size_mib=size_mib, backing_image_id=backing)
                new.rename(target)
                marks.sync_folder(storage.volumes)
        except OSError as e:
            raise BackendError("the volume cannot be written", internal=str(e)) from e
        return {"path": str(target / f"disk.{disk_format}"), "size_mib": size_mib}

    def delete(self, args: JsonMapping) -> JsonObject:
        """Perform `volume-delete`: into the trash; a volume that is not there is fine, one that is not ours is refused."""
        volume_id = arguments.ident(args, "volume_id")
        storage = self._storages.named(arguments.text(args, "storage_path"))
        folder = storage.volumes / volume_id
        if not folder.exists():
            return {}
        self._check_ours(folder)
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(self._now()))
        try:
            storage.trash.mkdir(mode=0o711, parents=True, exist_ok=True)
            target = storage.trash / f"{stamp}-{volume_id}"
            for number in range(1, 1000):
                if not target.exists():
                    break
                target = storage.trash / f"{stamp}-{volume_id}.{number}"
            folder.rename(target)
            marks.sync_folder(storage.trash)
        except OSError as e:
            raise BackendError("the volume cannot be moved to the trash", internal=str(e)) from e
        return {}

    def file_of(self, args: JsonMapping) -> Path:
        """The file of the volume that an effect names, whether it is there or not.

        Raises:
            ConflictError: what is there is not ours.
        """
        storage = self._storages.named(arguments.text(args, "storage_path"))
        path = storage.volume(arguments.ident(args, "volume_id"), arguments.one_of(args, "format", FORMATS))
        if path.parent.exists():
            self._check_ours(path.parent)
        return path

    def purge_trash(self, keep_s: float) -> int:
        """Remove for good our volumes that came to the trash more than `keep_s` seconds ago; answers how many."""
        limit = time.strftime("%Y%m%dT%H%M%S", time.gmtime(self._now() - keep_s))
        purged = 0
        for storage in self._storages.all():
            for folder in sorted(storage.trash.iterdir()) if storage.trash.exists() else []:
                read = marks.read(folder)
                if read is not None and read[0].deployment == self._deployment and folder.name[:15] < limit:
                    shutil.rmtree(folder)
                    purged += 1
        return purged

    def source(self, args: JsonMapping, field: str = "snapshot_id") -> tuple[Path, str]:
        """The file in which a snapshot lies that an effect names, and its name there.

        Raises:
            ResourceNotFoundError: the volume is not there, or cannot hold snapshots.
        """
        path = self.file_of(args)
        if path.suffix != ".qcow2" or not path.exists():
            raise ResourceNotFoundError("the volume of the snapshot is not on this storage", field=field)
        return path, snapshot_name(arguments.ident(args, "snapshot_id"))

    def _source(self, args: JsonMapping) -> tuple[Path, str] | None:
        """The file that a new volume is a copy of, and the snapshot in it; none is the volume as it is."""
        sent = args.get("source")
        if sent is None:
            return None
        if not isinstance(sent, Mapping):
            raise InvalidInputError("source must be an object", field="source")
        if sent.get("snapshot_id") is not None:
            return self.source(sent, "source")
        path = self.file_of(sent)
        if not path.exists():
            raise ResourceNotFoundError("the volume is not on this storage", field="source")
        return path, ""

    def _present(self, folder: Path, disk_format: str) -> JsonObject | None:
        if not folder.exists():
            return None
        _, facts = self._check_ours(folder)
        if facts.get("format") != disk_format:
            raise ConflictError("the volume is there in another format", field="format")
        return {"path": str(folder / f"disk.{disk_format}"), "size_mib": facts["size_mib"]}

    def _check_ours(self, folder: Path) -> tuple[object, dict[str, object]]:
        read = marks.read(folder)
        if read is None or read[0].deployment != self._deployment or read[0].resource != folder.name:
            raise ConflictError("what is in the volume's place is not of this deployment", field="volume_id")
        return read

    def _make(self, path: Path, storage: StorageFolder, disk_format: str, size_mib: int, backing: str | None) -> None:
        command = ["qemu-img", "create", "-q", "-f", disk_format]
        if backing:
            image = self._images.lookup(storage, backing)
            if image.format == "iso":
                raise InvalidInputError("a volume cannot be backed by an ISO image", field="backing_image_id")
            if image.virtual_size > size_mib * _MIB:
                least = -(-image.virtual_size // _MIB)
                raise OutOfRangeError(f"size_mib must be at least the image's {least}", field="size_mib")
            command += ["-b", str(image.path), "-F", image.format]
        run([*command, str(path), f"{size_mib}M"], timeout_s=_TIMEOUT_S)
        path.chmod(0o600)
        with path.open("rb") as made:
            os.fsync(made.fileno())


def copy_snapshot(path: Path, source: Path, snapshot: str, cancelled: Callable[[], bool]) -> None:
    """Copy a snapshot, with what lies below it, into a file that depends on nothing. A guest may be using the volume.

    Raises:
        ResourceNotFoundError: the volume has no such snapshot.
    """
    image = image_of(source)
    shared = json.loads(run(["qemu-img", "info", "-U", "--output=json", image], timeout_s=_TIMEOUT_S))
    if snapshot not in [found["name"] for found in shared.get("snapshots", [])]:
        raise ResourceNotFoundError("the volume has no such snapshot", field="snapshot_id")
    command = ["qemu-img", "convert", "-q", "-U", "-l", f"snapshot.name={snapshot}", "-O", "qcow2", image, str(path)]
    run(command, timeout_s=_COPY_S, cancelled=cancelled)


def _copy(path: Path, disk_format: str, source: tuple[Path, str], size_mib: int, cancelled: Callable[[], bool]) -> None:
    origin, snapshot = source
    if snapshot:
        copy_snapshot(path, origin, snapshot, cancelled)
    else:
        # QEMU's lock on the file refuses this while a guest uses it.
        command = ["qemu-img", "convert", "-q", "-O", disk_format, image_of(origin, origin.suffix[1:]), str(path)]
        run(command, timeout_s=_COPY_S, cancelled=cancelled)
    made = read_header(path).virtual_size if disk_format == "qcow2" else path.stat().st_size
    if made > size_mib * _MIB:
        what = "snapshot" if snapshot else "volume"
        raise OutOfRangeError(f"size_mib must be at least the {what}'s {-(-made // _MIB)}", field="size_mib")
    if made < size_mib * _MIB:
        run(["qemu-img", "resize", "-q", image_of(path, disk_format), f"{size_mib}M"], timeout_s=_TIMEOUT_S)
    path.chmod(0o600)
    with path.open("rb") as done:
        os.fsync(done.fileno())

"""What the flows of disks share: images on hosts, and volumes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import Contention, DuplicateResourceError, InvalidStatusError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS, DiskStatus
from cloudcore.resources.compute.snapshot import SNAPSHOTS, SnapshotStatus
from cloudcore.resources.image.image import IMAGES, ImageStatus
from cloudcore.resources.image.subimage import usable_form
from cloudcore.resources.storage.cachedimage import CACHEDIMAGES, Cachedimage
from cloudcore.resources.storage.storage import STORAGES, formats_for
from cloudcore.resources.storage.storagecachedimage import STORAGECACHEDIMAGES, CacheStatus, Storagecachedimage
from cloudcore.tasks.flow import Context, Effects, Later

CACHE_S = 1800
VOLUME_S = 300
COPY_S = 7200
"""How long copying a snapshot into a new volume may take."""


def reached(path: str) -> str:
    """The folder of a storage on a host, as `Guest.folder` and `mounts_of` give it, once it is sure that there is one.

    Raises:
        InvalidStatusError: there is none, so that nothing can be made or removed there.
    """
    if not path:
        raise InvalidStatusError("the host has no folder for the storage: its attachment has no mount_point")
    return path


def cache_effect(ctx: Context, host_id: str, storage_id: str, image_id: str, path: str) -> Effect:
    """Bring an image to a storage of a host, and note that it is on its way.

    The effect is about the task's object and not about the image, which many tasks want at once: their fences are not
    comparable, and one's would shut the others out.

    Raises:
        InvalidStatusError: the image is not active any more, or not in a format that the storage takes.
    """
    image = ctx.tx.of(IMAGES, PLATFORM).get(image_id)
    if image is None or image.status != ImageStatus.ACTIVE:
        raise InvalidStatusError(f"image {image_id} is not active", field="image_id")
    storage = ctx.tx.of(STORAGES, PLATFORM).get(storage_id)
    wanted = formats_for(storage.storage_type if storage is not None else "")
    form = usable_form(ctx.tx, image, wanted)
    if form is None:
        raise InvalidStatusError(f"image {image.name} is not available as {' or '.join(wanted)}", field="image_id")
    _note_cached(ctx, storage_id, image, CacheStatus.CACHING)
    args: JsonObject = {
        "image_id": image.id,
        "format": form.disk_format if form is image else form.format,
        "size": form.size,
        "checksum": form.sha256,
        "url": "",
        "storage_path": reached(path),
    }
    return Effect(kind="image-cache", target=f"host:{host_id}", resource=ctx.task.obj_id, args=args)


def note_cached(ctx: Context, storage_id: str, image_id: str, *, path: str) -> None:
    """The image has arrived on the storage."""
    image = ctx.tx.of(IMAGES, PLATFORM).get(image_id)
    if image is not None:
        _note_cached(ctx, storage_id, image, CacheStatus.ACTIVE, path=path)


def forget_unfinished(ctx: Context, storage_id: str, image_id: str) -> None:
    """Drop the note of an image that never arrived; one that others have brought stays."""
    row = _cached(ctx, storage_id, image_id)
    if row is not None and row.status == CacheStatus.CACHING:
        ctx.tx.of(STORAGECACHEDIMAGES, PLATFORM).remove(row)


def volume_effect(ctx: Context, disk: Any, host_id: str, path: str) -> Effect:
    """Make the disk's volume on the host.

    Raises:
        InvalidStatusError: the snapshot that fills it is gone or was never made.
    """
    mark = ctx.mark(disk.id)
    args: JsonObject = {
        "volume_id": disk.id,
        "storage_path": reached(path),
        "format": disk.disk_format,
        "size_mib": disk.disk_size,
        "backing_image_id": disk.template_id or None,
        "source": _source(ctx, disk, path) if disk.snapshot_id else None,
        "mark": {"deployment": mark.deployment, "resource": mark.resource, "fence": mark.fence},
    }
    return Effect(kind="volume-create", target=f"host:{host_id}", resource=disk.id, args=args)


def volume_copy_effect(ctx: Context, disk: Any, host_id: str, source_path: str | None, path: str) -> Effect:
    """Make the disk's volume in one folder of a host what it is in another, which nobody may be using; None: empty."""
    mark = ctx.mark(disk.id)
    source: JsonObject | None = None
    if source_path is not None:
        same = {"volume_id": disk.id, "format": disk.disk_format}
        source = {**same, "snapshot_id": None, "storage_path": reached(source_path)}
    args: JsonObject = {
        "volume_id": disk.id,
        "storage_path": reached(path),
        "format": disk.disk_format,
        "size_mib": disk.disk_size,
        "backing_image_id": None,
        "source": source,
        "mark": {"deployment": mark.deployment, "resource": mark.resource, "fence": mark.fence},
    }
    return Effect(kind="volume-create", target=f"host:{host_id}", resource=disk.id, args=args)


def volume_resize_effect(disk: Any, host_id: str, path: str, size_mib: int, *, guest_id: str | None = None) -> Effect:
    """Make the disk's volume larger, under a guest that may be on."""
    args: JsonObject = {
        "volume_id": disk.id,
        "storage_path": reached(path),
        "format": disk.disk_format,
        "size_mib": size_mib,
        "guest_id": guest_id,
    }
    return Effect(kind="volume-resize", target=f"host:{host_id}", resource=guest_id or disk.id, args=args)


def await_snapshots(ctx: Context, disks: Sequence[Any]) -> Effects:
    """Wait until the snapshots that fill these disks are made.

    Raises:
        InvalidStatusError: one is gone or was never made.
    """
    rows = [_snapshot(ctx, disk) for disk in disks if disk.snapshot_id]
    return Later() if any(row.status == SnapshotStatus.CREATING for row in rows) else None


def _snapshot(ctx: Context, disk: Any) -> Any:
    row = ctx.tx.of(SNAPSHOTS, PLATFORM).get(disk.snapshot_id)
    if row is None or row.status not in (SnapshotStatus.READY, SnapshotStatus.CREATING):
        raise InvalidStatusError(f"snapshot {disk.snapshot_id} cannot be used any more", field="snapshot_id")
    return row


def _source(ctx: Context, disk: Any, path: str) -> JsonObject:
    row = _snapshot(ctx, disk)
    return {"snapshot_id": row.id, "volume_id": row.disk_id, "storage_path": path, "format": "qcow2"}


def volume_delete_effect(disk: Any, host_id: str, path: str) -> Effect:
    """Remove the disk's volume from the host."""
    args: JsonObject = {"volume_id": disk.id, "storage_path": reached(path)}
    return Effect(kind="volume-delete", target=f"host:{host_id}", resource=disk.id, args=args)


def taken_back(disks: Sequence[tuple[Any, str]], host_id: str) -> list[Effect]:
    """Remove the volumes that a step was to make, each with its folder. Where there is no folder there is no volume, as a
    storage keeps its folder while disks lie on it: waiting for one would keep the task for ever.
    """
    return [volume_delete_effect(disk, host_id, path) for disk, path in disks if path]


def move_disk(ctx: Context, disk_id: str, status: StrEnum, **changes: Any) -> None:
    """Give a disk another status, if it is still there."""
    disk = ctx.tx.of(DISKS, PLATFORM).get(disk_id)
    if disk is not None:
        moved(ctx, disk, status, **changes)


def moved(ctx: Context, disk: Any, status: StrEnum, **changes: Any) -> Any:
    """A disk that this unit has read, in another status."""
    return ctx.tx.of(DISKS, PLATFORM).save(evolve(disk, status=str(status), **changes), action="status")


def made(ctx: Context, disks: Sequence[Any], results: Sequence[JsonObject]) -> None:
    """The volumes are there."""
    for disk, result in zip(disks, results, strict=True):
        moved(ctx, disk, DiskStatus.READY, access_path=str(result.get("path", ""))[:256])


def _cached(ctx: Context, storage_id: str, image_id: str) -> Any:
    storage = ctx.tx.of(STORAGES, PLATFORM).get(storage_id)
    if storage is None or not storage.storagecache_id:
        return None
    return _noted(ctx.tx, storage.storagecache_id, image_id)


def _noted(tx: Transaction, cache_id: str, image_id: str) -> Any:
    where = both(eq("storagecache_id", cache_id), eq("cachedimage_id", image_id))
    rows = tx.of(STORAGECACHEDIMAGES, PLATFORM).find(Query(where=where, limit=1))
    return rows[0] if rows else None


def _note_cached(ctx: Context, storage_id: str, image: Any, status: CacheStatus, *, path: str = "") -> None:
    storage = ctx.tx.of(STORAGES, PLATFORM).get(storage_id)
    if storage is not None and storage.storagecache_id:
        note_image(ctx.tx, storage.storagecache_id, image, status, path=path)


def note_image(tx: Transaction, cache_id: str, image: Any, status: CacheStatus, *, path: str = "") -> Any:
    """Note how far an image is on its way to a cache; one that has arrived stays so. Gives the note.

    Raises:
        Contention: somebody else has just noted it.
    """
    try:
        return _note(tx, cache_id, image, status, path)
    except DuplicateResourceError as error:
        raise Contention("another task has just noted the image", internal=image.id) from error


def _note(tx: Transaction, cache_id: str, image: Any, status: CacheStatus, path: str) -> Any:
    if tx.of(CACHEDIMAGES, PLATFORM).get(image.id) is None:
        tx.of(CACHEDIMAGES, PLATFORM).add(_mirror(image))
    notes = tx.of(STORAGECACHEDIMAGES, PLATFORM)
    row = _noted(tx, cache_id, image.id)
    if row is None:
        fresh = Storagecachedimage(
            id=tx.new_id(),
            storagecache_id=cache_id,
            cachedimage_id=image.id,
            status=str(status),
            path=path,
        )
        return notes.add(fresh)
    if row.status == CacheStatus.DELETING:
        raise Contention("the image is just being removed from the storage", internal=image.id)
    return notes.save(evolve(row, status=str(status), path=path)) if row.status != CacheStatus.ACTIVE else row


def _mirror(image: Any) -> Cachedimage:
    return Cachedimage(
        id=image.id,
        name=image.name,
        domain_id=image.domain_id,
        tenant_id=image.tenant_id,
        size=image.size,
        info={
            "id": image.id,
            "name": image.name,
            "size": image.size,
            "disk_format": image.disk_format,
            "status": image.status,
            "os_arch": image.os_arch,
            "properties": dict(image.properties),
        },
    )

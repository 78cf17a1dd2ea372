"""What a new disk is filled from: an image or a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import eq
from cloudcore.operations.access import fetch
from cloudcore.operations.classes import classes_of
from cloudcore.operations.image_records import check_startable
from cloudcore.operations.instancesnapshots import usable_parts
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.size import SIZE_KEYS
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.holdings import MIB
from cloudcore.resources.compute.drivers import Driver
from cloudcore.resources.compute.keypair import KEYPAIRS
from cloudcore.resources.compute.snapshot import SNAPSHOTS, SnapshotStatus
from cloudcore.resources.compute.spec import DiskSpec
from cloudcore.resources.image.image import IMAGES

DEFAULT_DATA_DISK_MIB = 10 * 1024


@attrs.frozen(kw_only=True)
class Source:
    """An image or a snapshot. Sizes in MiB.

    least: the smallest disk for it.
    storage_id: where the disk has to be made; empty for anywhere.
    classes: labels of the class of an image; None of a snapshot, which is of that of its project.
    """

    what: str
    least: int
    min_ram: int = 0
    os_type: str = ""
    os_arch: str = ""
    image_id: str = ""
    snapshot_id: str = ""
    storage_id: str = ""
    classes: Mapping[str, str] | None = None


def disk_source(
    platform: Platform, tx: Transaction, caller: Caller, disk: DiskSpec, driver: Driver, *, attached: bool = True
) -> Source | None:
    """What a new disk is filled from; None for an empty one. attached: whether it is for a server.

    A snapshot that is just being made will do: the disk waits for it.

    Raises:
        ResourceNotFoundError: it is not there, or not for the caller.
        InvalidStatusError: it cannot be used.
        InvalidInputError: two sources, or a snapshot that lies on another storage than was asked for.
        NotSupportedError: the driver does not take the image's format.
    """
    where = f"disks.{disk.index}." if attached else ""
    if disk.image_id and disk.snapshot_id:
        raise InvalidInputError("a disk is made of an image or of a snapshot", field=f"{where}snapshot_id")
    if disk.snapshot_id:
        return _of_snapshot(platform, tx, caller, disk, where)
    if disk.image_id:
        return _of_image(platform, tx, caller, disk, driver, f"{where}image_id")
    if attached and disk.index == 0 and driver.needs_image:
        raise MissingParameterError("the first disk needs an image", field="disks.0.image_id")
    return None


def _of_image(
    platform: Platform, tx: Transaction, caller: Caller, disk: DiskSpec, driver: Driver, where: str
) -> Source:
    try:
        image = fetch(platform, tx, caller, IMAGES, disk.image_id)
    except ResourceNotFoundError as error:
        raise ResourceNotFoundError(f"image {disk.image_id[:128]} not found", field=where) from error
    check_startable(tx, image, driver.disk_formats, driver.hypervisor, where)
    return Source(
        what=f"image {image.name}",
        least=max(-(-image.virtual_size // MIB), image.min_disk, 1),
        min_ram=image.min_ram,
        os_type=str(image.properties.get("os_type") or "Linux"),
        os_arch=image.os_arch or "x86_64",
        image_id=image.id,
        classes=classes_of(image.metadata),
    )


def _of_snapshot(platform: Platform, tx: Transaction, caller: Caller, disk: DiskSpec, where: str) -> Source:
    field = f"{where}snapshot_id"
    try:
        row: Any = fetch(platform, tx, caller, SNAPSHOTS, disk.snapshot_id)
    except ResourceNotFoundError as error:
        raise ResourceNotFoundError(f"snapshot {disk.snapshot_id[:128]} not found", field=field) from error
    if row.status not in (SnapshotStatus.READY, SnapshotStatus.CREATING):
        raise InvalidStatusError(f"snapshot {row.name} is {row.status}, not ready", field=field)
    if where and disk.index == 0 and row.disk_type != "sys":
        raise InvalidInputError("the first disk needs a snapshot of a system disk", field=field)
    if disk.storage_id and disk.storage_id != row.storage_id:
        raise InvalidInputError("a disk lies on the storage of its snapshot", field=f"{where}storage_id")
    return Source(
        what=f"snapshot {row.name}",
        least=row.virtual_size,
        os_type=row.os_type,
        os_arch=row.os_arch,
        snapshot_id=row.id,
        storage_id=row.storage_id,
    )


def disk_size(disk: DiskSpec, source: Source | None, driver: Driver) -> int:
    """The size of a new disk of a server in MiB, at least that of its source; a system disk grows to it by itself.

    Raises:
        OutOfRangeError: it is too small or too large.
    """
    where = f"disks.{disk.index}.size"
    least = source.least if source is not None else 1
    usual = least if source is not None else DEFAULT_DATA_DISK_MIB
    size = disk.size_mib if disk.size_mib is not None else usual
    if source is not None and size < least:
        if disk.index == 0:
            return least
        raise OutOfRangeError(f"{where} must be at least {least} MiB for {source.what}", field=where)
    driver.check_disk_size(size, root=disk.index == 0)
    return size


def located(disk: DiskSpec, source: Source | None) -> DiskSpec:
    """The wish with the storage on which its source has it lie."""
    return attrs.evolve(disk, storage_id=source.storage_id) if source is not None and source.storage_id else disk


def like_snapshot(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonMapping:
    """A create body whose disks, and whatever it does not say itself, come from the instance snapshot that it names.

    Raises:
        InvalidInputError: it names disks as well.
        InvalidStatusError: the instance snapshot cannot be used.
    """
    named = body.get("instance_snapshot_id") or body.get("instance_snapshot")
    if not named:
        return body
    if body.get("disks") or body.get("disk.0"):
        raise InvalidInputError("the disks come from the instance snapshot", field="disks")
    row, parts = usable_parts(platform, tx, caller, str(named), "instance_snapshot_id")
    said = {key: value for key, value in body.items() if value not in (None, "")}
    if "ncpu_count" in said:
        said["vcpu_count"] = said.pop("ncpu_count")
    # Clients send 0 for a size that they leave open.
    said = {key: value for key, value in said.items() if key not in SIZE_KEYS or value not in (0, "0")}
    usual: JsonObject = {key: value for key, value in row.server_config.items() if value not in (None, "")}
    if row.keypair_id and tx.of(KEYPAIRS, eq("owner_id", caller.user_id)).get(row.keypair_id) is not None:
        usual["keypair"] = row.keypair_id
    disks = [{"snapshot_id": part.id, "size": part.virtual_size, "disk_type": part.disk_type} for part in parts]
    return {**usual, **said, "disks": disks, "instance_snapshot_id": "", "instance_snapshot": ""}

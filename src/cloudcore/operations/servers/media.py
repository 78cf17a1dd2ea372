"""The CD drive of a server: an image put in at create or later, and taken out."""

from __future__ import annotations

from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, InvalidStatusError, MissingParameterError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, eq, one_of
from cloudcore.model.reading import read_int, read_str, said
from cloudcore.operations.access import fetch
from cloudcore.operations.begin import start_transition
from cloudcore.operations.image_records import check_startable
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.drivers import Driver, driver_for
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.storage.cachedimage import CACHEDIMAGES
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.storage import STORAGES, formats_for

FORMAT = "iso"
LAST = -1
MAX_BOOT_INDEX = 127


@attrs.frozen(kw_only=True)
class Medium:
    """An image for the CD drive of a new server. boot_index: -1 for none."""

    image_id: str
    boot_index: int


def read_medium(
    platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, driver: Driver
) -> Medium | None:
    """What a create body says of the drive: `cdrom`, `cdrom_boot_index`; None for nothing.

    Raises:
        ResourceNotFoundError: the image is not there, or not for the caller.
        InvalidStatusError: it is not active, or no ISO image.
        InvalidInputError: this driver has no drives.
    """
    named = read_str(said(body, "cdrom", "cdrom_id"), "cdrom", 128)
    if not named:
        return None
    if not driver.supports_cdrom:
        raise InvalidInputError(f"{driver.hypervisor} servers have no CD drive", field="cdrom")
    image = _image(platform, tx, caller, named, "cdrom")
    return Medium(image_id=image.id, boot_index=_boot_index(body.get("cdrom_boot_index"), "cdrom_boot_index"))


def store_for(tx: Transaction, host_id: str, usual: str) -> str:
    """A storage of a host whose cache takes ISO images; the usual one if that does.

    Raises:
        InvalidStatusError: the host has none.
    """
    links = tx.of(HOSTSTORAGES, PLATFORM).find(Query(where=eq("host_id", host_id)))
    idents = [link.storage_id for link in links if link.mount_point]
    rows = tx.of(STORAGES, PLATFORM).find(Query(where=one_of("id", idents)))
    found = sorted(row.id for row in rows if FORMAT in formats_for(row.storage_type))
    if not found:
        raise InvalidStatusError("no storage of the server's host takes ISO images", field="cdrom")
    return usual if usual in found else found[0]


def insert_iso(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to put an ISO image into the drive, instead of what may be in it: `image_id` (or `image`), `boot_index`.

    Raises:
        MissingParameterError: no image is named.
        Others of `read_medium`.
    """
    driver = driver_for(server.hypervisor)
    _check_drive(driver, body)
    named = read_str(said(body, "image_id", "image", "cdrom"), "image_id", 128)
    if not named:
        raise MissingParameterError("image_id is missing", field="image_id")
    image = _image(platform, tx, caller, named, "image_id")
    wanted: JsonObject = {
        "cdrom_image_id": image.id,
        "cdrom_storage_id": store_for(tx, server.host_id or "", _root_storage(tx, server)),
        "cdrom_boot_index": _boot_index(body.get("boot_index"), "boot_index"),
    }
    start_transition(
        platform, tx, caller, SERVERS, server, "insertiso", {"wanted": wanted, "before": medium_of(server)}
    )


def eject_iso(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to take out what is in the drive; nothing happens where nothing is.

    Raises:
        InvalidInputError: there is no such drive.
    """
    _check_drive(driver_for(server.hypervisor), body)
    if server.cdrom_image_id:
        params = {"wanted": dict(EMPTY), "before": medium_of(server)}
        start_transition(platform, tx, caller, SERVERS, server, "ejectiso", params)


EMPTY: JsonObject = {"cdrom_image_id": "", "cdrom_storage_id": "", "cdrom_boot_index": LAST}


def medium_of(server: Any) -> JsonObject:
    """What is in its drive, as fields of the server."""
    return {name: getattr(server, name) for name in EMPTY}


def show_iso(_platform: Platform, tx: Transaction, _caller: Caller, server: Any, _params: JsonMapping) -> JsonObject:
    """The image in its CD drive; empty where there is none."""
    if not server.cdrom_image_id:
        return {}
    image = tx.of(CACHEDIMAGES, PLATFORM).get(server.cdrom_image_id)
    return {
        "id": server.id,
        "ordinal": 0,
        "image_id": server.cdrom_image_id,
        "name": image.name if image is not None else "",
        "size": image.size if image is not None else 0,
        "boot_index": server.cdrom_boot_index,
    }


def _check_drive(driver: Driver, body: JsonMapping) -> None:
    if not driver.supports_cdrom:
        raise InvalidInputError(f"{driver.hypervisor} servers have no CD drive", field="cdrom_ordinal")
    if body.get("cdrom_ordinal") not in (None, "") and read_int(body["cdrom_ordinal"], "cdrom_ordinal", 0, 255):
        raise InvalidInputError("a server has one CD drive, which is 0", field="cdrom_ordinal")


def _image(platform: Platform, tx: Transaction, caller: Caller, named: str, field: str) -> Any:
    try:
        image = fetch(platform, tx, caller, IMAGES, named)
    except ResourceNotFoundError as error:
        raise ResourceNotFoundError(f"image {named[:128]} not found", field=field) from error
    check_startable(tx, image, (FORMAT,), "a CD drive", field)
    return image


def _boot_index(value: Any, field: str) -> int:
    return LAST if value in (None, "") else read_int(value, field, LAST, MAX_BOOT_INDEX)


def _root_storage(tx: Transaction, server: Any) -> str:
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id)))
    root = next((link.disk_id for link in links if link.index == 0), "")
    disk = tx.of(DISKS, PLATFORM).get(root) if root else None
    return str(disk.storage_id) if disk is not None else ""

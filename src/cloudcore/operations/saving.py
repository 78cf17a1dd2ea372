"""Disks saved as images: what an upload is for bytes that a client has, this is for bytes that a host has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import MissingParameterError, NotSupportedError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.model.reading import read_flag, read_str, read_text
from cloudcore.operations.begin import begin
from cloudcore.operations.image_records import new_image
from cloudcore.operations.images import Hashing
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.run import reading
from cloudcore.operations.snapshots import busy, holding
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.image.image import IMAGES, ImageStatus

FORMATS = ("qcow2",)


def save_image(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> JsonObject:
    """Begin to save the system disk of a server, which may run, as an image; gives its details with the `image_id`.

    Raises:
        InvalidStatusError: the server or its disk is in the middle of something.
        NotSupportedError: the disk's format, or the wanted one, is not qcow2.
    """
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id)))
    system = next((link.disk_id for link in links if link.index == 0), None)
    disk = tx.of(DISKS, PLATFORM).get(system) if system is not None else None
    if disk is None:
        raise MissingParameterError(f"server {server.name} has no system disk", field="disks")
    image = _begin(platform, tx, caller, disk, body)
    (shown,) = detail_rows(platform, tx, SERVERS, [tx.of(SERVERS, PLATFORM).get(server.id)])
    return {**shown, "image_id": image.id}


def save_disk(platform: Platform, tx: Transaction, caller: Caller, disk: Any, body: JsonMapping) -> JsonObject:
    """Begin to save a disk as an image; gives the disk's details with the `image_id`. See `save_image`."""
    image = _begin(platform, tx, caller, disk, body)
    (shown,) = detail_rows(platform, tx, DISKS, [tx.of(DISKS, PLATFORM).get(disk.id)])
    return {**shown, "image_id": image.id}


def take_saved(platform: Platform, image_id: str, chunks: Iterable[bytes]) -> JsonObject:
    """Put what a host sends of an image that is being saved into quarantine, hashing it; again is the same as once.

    Gives size in bytes, checksum (MD5) and sha256.

    Raises:
        ResourceNotFoundError: no image of that id is being saved.
    """
    image = reading(platform, lambda tx: tx.of(IMAGES, PLATFORM).get(image_id))
    if image is None or image.status != ImageStatus.SAVING:
        raise ResourceNotFoundError(f"no image {image_id[:64]} is being saved")
    key = saved_key(image_id)
    hashing = Hashing(chunks, md5=True, sha256=True)
    # Of two hosts' calls the later one counts: who was asleep meanwhile has an older fence.
    fence = platform.image_store.claim(key)
    platform.image_store.delete(key, fence=fence)
    size = platform.image_store.write(key, hashing, fence=fence)
    return {"size": size, "checksum": hashing.checksum, "sha256": hashing.sha256}


def saved_key(image_id: str) -> str:
    """Where what a host sends lies in quarantine."""
    return f"staged/{image_id}"


def is_started_after(body: JsonMapping) -> bool:
    """Whether a server that is off shall be started once it is saved."""
    return read_flag(body, "auto_start") or read_flag(body, "restart")


def _begin(platform: Platform, tx: Transaction, caller: Caller, disk: Any, body: JsonMapping) -> Any:
    wanted = read_str(body.get("format") or FORMATS[0], "format", 20)
    if wanted not in FORMATS:
        raise NotSupportedError(f"disks are saved as {FORMATS[0]}; convert the image afterwards", field="format")
    if disk.disk_format != "qcow2":
        raise NotSupportedError(f"disk {disk.name} is {disk.disk_format}: only qcow2 is saved", field="format")
    host_id, server = busy(tx, disk, "save-image")
    os_type = read_str(body.get("os_type") or (server.os_type if server is not None else ""), "os_type", 36)
    os_arch = read_str(body.get("os_arch") or disk.os_arch, "os_arch", 16)
    properties = {"os_type": os_type, "os_arch": os_arch}
    sent: JsonObject = {
        "name": body.get("name"),
        "generate_name": body.get("generate_name"),
        "description": read_text(body, "notes", 1024) or read_text(body, "description", 1024),
        "disk_format": wanted,
        "protected": False,
        "is_public": body.get("is_public"),
        "project_id": disk.tenant_id,
        "os_arch": os_arch,
        "properties": {key: value for key, value in properties.items() if value},
    }
    told = {k: v for k, v in sent.items() if v is not None}
    image = new_image(platform, tx, caller, told, status=ImageStatus.SAVING.value, is_data=disk.disk_type != "sys")
    params: JsonObject = {
        "host_id": host_id,
        "server_id": server.id if server is not None else "",
        "disk_id": disk.id,
        "formats": list(platform.settings.image_formats),
    }
    if is_started_after(body):
        params["auto_start"] = True
    begin(platform, tx, caller, IMAGES, image, "image-save", params, holding=holding(disk, server))
    return image

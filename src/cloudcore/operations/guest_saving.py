"""All disks of a server saved as one guest image, and servers made of one."""

from __future__ import annotations

from typing import Any, cast

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, InvalidStatusError, NotSupportedError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Order, Query, eq, one_of
from cloudcore.model.reading import read_text
from cloudcore.operations.access import fetch
from cloudcore.operations.begin import begin, check_idle
from cloudcore.operations.creating import insert
from cloudcore.operations.guest_images import keep_together
from cloudcore.operations.image_records import new_image
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.saving import is_started_after
from cloudcore.operations.snapshots import enter
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.spec import collect
from cloudcore.resources.image.guestimage import GUESTIMAGES, GuestImageStatus, images_of
from cloudcore.resources.image.image import ImageStatus


def save_guest_image(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> JsonObject:
    """Begin to save all disks of a server, as they are at one moment, as a guest image; it may run.

    Gives the server's details with the `guest_image_id`.

    Raises:
        NotSupportedError: a disk is not qcow2.
        InvalidStatusError: the server is in the middle of something.
        OutOfQuotaError: the project may have no more images.
    """
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id), order=(Order("index"),)))
    rows = tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [link.disk_id for link in links])))
    disks = {disk.id: disk for disk in rows}
    if odd := next((disk for disk in rows if disk.disk_format != "qcow2"), None):
        raise NotSupportedError(f"disk {odd.name} is {odd.disk_format}: only qcow2 is saved", field="format")
    check_idle(tx, SERVERS, server)
    server = enter(tx, SERVERS, server, "save-image")
    facts = {key: value for key, value in (("os_type", server.os_type), ("os_arch", server.os_arch)) if value}
    named: JsonObject = {key: body[key] for key in ("name", "generate_name") if body.get(key)}
    about: JsonObject = {"project_id": server.tenant_id, "os_arch": server.os_arch, "protected": False}
    notes = read_text(body, "notes", 1024) or read_text(body, "description", 1024)
    row = insert(platform, tx, caller, GUESTIMAGES, {**named, **about, "properties": facts, "description": notes})
    images: list[Any] = []
    for link in links:
        sent = {
            **about,
            "generate_name": f"{row.name[:100]}-disk{link.index}",
            "disk_format": "qcow2",
            "properties": facts,
        }
        saving = ImageStatus.SAVING.value
        images.append(new_image(platform, tx, caller, sent, status=saving, is_data=link.index != 0))
    keep_together(tx, row, images)
    params: JsonObject = {
        "host_id": server.host_id,
        "server_id": server.id,
        "disks": [[image.id, disks[link.disk_id].id] for image, link in zip(images, links, strict=True)],
        "formats": list(platform.settings.image_formats),
    }
    if is_started_after(body):
        params["auto_start"] = True
    kept = tx.of(GUESTIMAGES, PLATFORM).get(row.id)
    begin(platform, tx, caller, GUESTIMAGES, kept, "guest-image-save", params, holding=(SERVERS, server))
    (shown,) = detail_rows(platform, tx, SERVERS, [tx.of(SERVERS, PLATFORM).get(server.id)])
    return {**shown, "guest_image_id": row.id}


def like_guest_image(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonMapping:
    """A create body whose first disks are of the guest image that it names; what it says of them itself holds, but no image.

    Raises:
        ResourceNotFoundError: it is not there, or not for the caller.
        InvalidStatusError: it is not active.
        InvalidInputError: one of its disks is said to be of another image.
    """
    named = body.get("guest_image_id") or body.get("guest_image")
    if not named:
        return body
    row = fetch(platform, tx, caller, GUESTIMAGES, str(named)[:128])
    if row.status != GuestImageStatus.ACTIVE:
        raise InvalidStatusError(f"guest image {row.name} is {row.status}, not active", field="guest_image_id")
    images = images_of(tx, row.id)
    wishes = collect(body, plural="disks", legacy="disk")
    disks: list[Any] = [
        _with_image(wishes[place] if place < len(wishes) else {}, image.id, place) for place, image in enumerate(images)
    ]
    known: JsonObject = {key: value for key, value in body.items() if not key.startswith("disk.")}
    if not known.get("vmem_size") and not any(known.get(key) for key in ("instance_type", "sku", "flavor")):
        known["vmem_size"] = max([image.min_ram for image in images if image.min_ram], default=None)
    return {**known, "disks": [*disks, *wishes[len(images) :]], "guest_image_id": "", "guest_image": ""}


def _with_image(wish: Any, image_id: str, place: int) -> Any:
    if isinstance(wish, str):
        return f"{wish},image_id={image_id}"
    said = cast("JsonObject", wish) if isinstance(wish, dict) else {}
    if said.get("image_id") not in (None, "", image_id):
        raise InvalidInputError("the disk is of the guest image", field=f"disks.{place}.image_id")
    return {**said, "image_id": image_id}

"""Guest images: the images of all disks of a server, kept as one."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import ProjectOwned, Sharable, Statused, entity, evolve
from cloudcore.model.json import JsonObject
from cloudcore.model.lifecycle import Lifecycle, Transition
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Order, Query, eq, one_of
from cloudcore.model.resource import Action, Level, Resource, Show, Spec
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.image import image as images

MOST_IMAGES = 64


class GuestImageStatus(StrEnum):
    """What its images do together."""

    QUEUED = "queued"
    SAVING = "saving"
    ACTIVE = "active"
    KILLED = "killed"
    PENDING_DELETE = "pending_delete"
    DELETING = "deleting"


@entity
class Guestimage(Sharable, Statused, ProjectOwned):
    """One of them. Its images refer to it, the system disk's first."""

    status: Annotated[str, Spec("Status", width=36, index=True)] = GuestImageStatus.QUEUED.value
    protected: Annotated[bool, Spec("Refuse deletion", create=True, update=True, alias=("disable_delete",))] = True
    os_arch: Annotated[str, Spec("Architecture", create=True, update=True, width=16)] = ""
    properties: Annotated[JsonObject, Spec("Facts such as os_type", create=True, update=True)] = attrs.field(
        factory=dict[str, Any]
    )
    name_key: Annotated[
        str, Spec("Its id while it is in the recycle bin: others may have its name then", width=128, show=Show.NEVER)
    ] = ""


GUEST_IMAGE_LIFECYCLE = Lifecycle(
    states=GuestImageStatus,
    initial=GuestImageStatus.QUEUED,
    stable=tuple(one for one in GuestImageStatus if one != GuestImageStatus.SAVING),
    transitions=(
        Transition(
            name="save",
            sources=(),
            through=(GuestImageStatus.SAVING,),
            to=GuestImageStatus.ACTIVE,
            failed=GuestImageStatus.KILLED,
            flow="guest-image-save",
            deadline_s=12 * 3600,
        ),
    ),
)
"""What their images do moves them (`follow_images`)."""


def images_of(tx: Transaction, ident: str) -> Sequence[Any]:
    """The images of a guest image, the system disk's first."""
    order = (Order("disk_index"), Order("id"))
    return tx.of(images.IMAGES, PLATFORM).find(Query(where=eq("guest_image_id", ident), order=order))


def follow_images(tx: Transaction, ident: str | None) -> None:
    """Bring a guest image's status up to what its images do; it goes with the last of them when it is being deleted.

    To be called where a status of one of its images has changed, with its `guest_image_id`.
    """
    repository = tx.of(GUESTIMAGES, PLATFORM)
    row: Any = repository.get(ident) if ident else None
    if row is None:
        return
    found = [str(image.status) for image in images_of(tx, row.id)]
    if row.status == GuestImageStatus.DELETING and not found:
        repository.remove(row)
        return
    status = _together(found)
    if row.status != status:
        repository.save(evolve(row, status=status), action="status")


def _together(found: Sequence[str]) -> str:
    status = images.ImageStatus
    if status.DELETING in found:
        return GuestImageStatus.DELETING.value
    if any(one in found for one in (status.KILLED, status.SAVE_FAIL, status.DELETE_FAIL)):
        return GuestImageStatus.KILLED.value
    for both, together in (
        (status.ACTIVE, GuestImageStatus.ACTIVE),
        (status.PENDING_DELETE, GuestImageStatus.PENDING_DELETE),
    ):
        if found and all(one == both for one in found):
            return together.value
    if all(one == status.QUEUED for one in found):
        return GuestImageStatus.QUEUED.value
    return GuestImageStatus.SAVING.value


_SHOWN = ("id", "name", "status", "disk_format", "size", "min_disk", "min_ram", "checksum")


def _details(tx: Transaction, page: Sequence[Guestimage]) -> Sequence[JsonObject]:
    idents = [row.id for row in page]
    order = (Order("disk_index"), Order("id"))
    found = tx.of(images.IMAGES, PLATFORM).find(Query(where=one_of("guest_image_id", idents), order=order))
    members: dict[str, list[Any]] = {ident: [] for ident in idents}
    for image in found:
        members[str(image.guest_image_id)].append(image)
    return [_shown(row, members[row.id]) for row in page]


def _shown(row: Guestimage, members: Sequence[Any]) -> JsonObject:
    root = next(iter(members), None)
    shown: JsonObject = {
        "disable_delete": row.protected,
        "owner": row.tenant_id,
        "size": sum(image.size for image in members),
        "min_disk": sum(image.min_disk for image in members),
        "min_ram": max((image.min_ram for image in members), default=0),
        "data_images": [_short(image) for image in members[1:]],
    }
    return shown if root is None else {**shown, "root_image": _short(root), "disk_format": root.disk_format}


def _short(image: Any) -> JsonObject:
    return {name: value for name in _SHOWN if (value := getattr(image, name)) != ""}


def _prepare(_tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    return {**draft, "properties": images.read_properties(draft.get("properties") or {})}


def _check_update(_tx: Transaction, _caller: Any, row: Guestimage, changes: JsonObject) -> JsonObject:
    if "properties" not in changes:
        return changes
    sent: JsonObject = changes["properties"] or {}
    merged: JsonObject = {**row.properties, **sent}
    return {**changes, "properties": images.read_properties(merged)}


GUESTIMAGES = Resource(
    entity=Guestimage,
    service="image",
    area="image",
    singular="guestimage",
    plural="guestimages",
    doc="Images of all disks of a server, kept as one.",
    level=Level.PROJECT,
    columns=("id", "name", "status", "os_arch", "protected", "is_public", "created_at"),
    unique=(("name", "tenant_id", "name_key"),),
    lifecycle=GUEST_IMAGE_LIFECYCLE,
    extra_params=(
        param(
            "images",
            "Its images, the system disk's first: each an `id`, or `disk_format`, `virtual_size` (MiB) and `name` of a new one",
            list,
            alias=("image",),
        ),
        param("image_number", "How many images it has", int, minimum=1, maximum=MOST_IMAGES),
    ),
    actions=(
        Action(
            name="cancel-delete", doc="Take it out of the recycle bin with its images; names it by its id.", params=()
        ),
    ),
    prepare=_prepare,
    check_update=_check_update,
    details=_details,
    example={"name": "web", "images": [{"disk_format": "qcow2", "virtual_size": 1024}]},
)

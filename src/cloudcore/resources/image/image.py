"""Images: the contents that disks start with.

upload    queued → saving → saved → probing → active
import    the same, from a URL
delete    active → pending_delete in the recycle bin; from there, and from other statuses, deleting
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import ProjectOwned, Sharable, Statused, entity
from cloudcore.model.errors import InvalidInputError, OutOfRangeError, ProtectedResourceError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.lifecycle import Lifecycle, Transition
from cloudcore.model.param import param
from cloudcore.model.reading import read_str
from cloudcore.model.resource import Action, ActionKind, Level, OnDelete, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.image.filter import narrow
from cloudcore.resources.image.os import ARCHITECTURES, OS_TYPES
from cloudcore.resources.image.subimage import shown_form, subimages_of

DISK_FORMATS = ("raw", "qcow2", "iso", "vmdk", "vhd", "vhdx")
"""Formats whose content can be inspected; what cannot is not accepted."""

MAX_PROPERTIES = 64
OS_FACTS = ("os_type", "os_distribution", "os_version", "os_arch")
_PROPERTY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)


class ImageStatus(StrEnum):
    """Statuses of an image; only an active one can back disks."""

    QUEUED = "queued"
    SAVING = "saving"
    SAVED = "saved"
    SAVE_FAIL = "save_fail"
    PROBING = "probing"
    KILLED = "killed"
    ACTIVE = "active"
    PENDING_DELETE = "pending_delete"
    DELETING = "deleting"
    DELETE_FAIL = "delete_fail"


UPLOADABLE = (ImageStatus.QUEUED, ImageStatus.SAVE_FAIL)
"""In these an image waits for its bytes: for the first time, or again after they did not arrive whole."""


@entity
class Image(Sharable, Statused, ProjectOwned):
    """One image. min_disk and min_ram in MiB, sizes in bytes.

    staged_key: where the bytes lie in quarantine; store_key: where they lie once they were inspected.
    """

    status: Annotated[str, Spec("Status", width=36, index=True)] = ImageStatus.QUEUED.value
    size: Annotated[int, Spec("Size of the stored bytes", unit=Unit.BYTE)] = 0
    virtual_size: Annotated[int, Spec("Size of the disk inside", unit=Unit.BYTE, show=Show.DETAIL)] = 0
    disk_format: Annotated[str, Spec("Format", create=True, width=20, choices=DISK_FORMATS, index=True)] = "raw"
    min_disk: Annotated[int, Spec("Smallest disk for it", create=True, update=True, unit=Unit.MIB, minimum=0)] = 0
    min_ram: Annotated[int, Spec("Least memory for it", create=True, update=True, unit=Unit.MIB, minimum=0)] = 0
    checksum: Annotated[str, Spec("MD5 of the bytes", width=32)] = ""
    fast_hash: Annotated[str, Spec("MD5 of samples of the bytes", width=32)] = ""
    sha256: Annotated[str, Spec("SHA-256 of the bytes", width=64, show=Show.DETAIL)] = ""
    protected: Annotated[bool, Spec("Refuse deletion", create=True, update=True, alias=("disable_delete",))] = True
    is_standard: Annotated[bool, Spec("Offered by the platform to everybody")] = False
    is_guest_image: Annotated[bool, Spec("Part of the image of a whole server")] = False
    is_data: Annotated[bool, Spec("For data disks")] = False
    guest_image_id: Annotated[
        str | None,
        Spec("Guest image that it is a part of", width=128, index=True),
        Ref("guestimages", on_delete=OnDelete.REFUSE, context=False),
    ] = None
    disk_index: Annotated[int, Spec("Its place among the images of that", show=Show.DETAIL)] = 0
    os_type: Annotated[str, Spec("Operating system", create=True, update=True, width=32, show=Show.FILTER)] = ""
    os_distribution: Annotated[
        str, Spec("Distribution of it", create=True, update=True, width=64, show=Show.FILTER)
    ] = ""
    os_version: Annotated[str, Spec("Version of it", create=True, update=True, width=64, show=Show.FILTER)] = ""
    os_arch: Annotated[str, Spec("Architecture", create=True, update=True, width=16)] = ""
    encrypt_key_id: Annotated[str, Spec("Key that encrypts it", width=36)] = ""
    encrypt_status: Annotated[str, Spec("unencrypted, encrypting or encrypted", width=16)] = "unencrypted"
    oss_checksum: Annotated[str, Spec("Checksum of the object store", width=64, show=Show.DETAIL)] = ""
    location: Annotated[str, Spec("Where the bytes are", width=256, show=Show.NEVER)] = ""
    properties: Annotated[JsonObject, Spec("Facts such as os_type", create=True, update=True)] = attrs.field(
        factory=dict[str, Any]
    )
    uploader: Annotated[str, Spec("Process that takes its bytes", width=64, show=Show.NEVER)] = ""
    quota_held: Annotated[bool, Spec("Counts in its owner's quota", show=Show.NEVER)] = False
    copy_from: Annotated[
        str, Spec("URL that the bytes are fetched from", width=2048, show=Show.NEVER, sealed=True, secret=True)
    ] = ""
    staged_key: Annotated[str, Spec("Key of the bytes in quarantine", width=200, show=Show.NEVER)] = ""
    store_key: Annotated[str, Spec("Key of the inspected bytes", width=200, show=Show.NEVER)] = ""
    name_key: Annotated[
        str, Spec("Its id while it is in the recycle bin: others may have its name then", width=128, show=Show.NEVER)
    ] = ""


IMAGE_LIFECYCLE = Lifecycle(
    states=ImageStatus,
    initial=ImageStatus.QUEUED,
    stable=(ImageStatus.QUEUED, ImageStatus.ACTIVE, ImageStatus.PENDING_DELETE),
    transitions=(
        Transition(
            name="upload",
            sources=UPLOADABLE,
            through=(ImageStatus.SAVING, ImageStatus.SAVED, ImageStatus.PROBING),
            to=ImageStatus.ACTIVE,
            failed=ImageStatus.KILLED,
            flow="image-upload",
            deadline_s=4 * 3600,
            also_failed=(ImageStatus.SAVE_FAIL,),
        ),
        Transition(
            name="import",
            sources=UPLOADABLE,
            through=(ImageStatus.SAVING, ImageStatus.SAVED, ImageStatus.PROBING),
            to=ImageStatus.ACTIVE,
            failed=ImageStatus.KILLED,
            flow="image-import",
            deadline_s=19 * 3600,
            also_failed=(ImageStatus.SAVE_FAIL,),
        ),
        Transition(
            name="save",
            sources=(),
            through=(ImageStatus.SAVING, ImageStatus.SAVED, ImageStatus.PROBING),
            to=ImageStatus.ACTIVE,
            failed=ImageStatus.KILLED,
            flow="image-save",
            deadline_s=6 * 3600,
            also_failed=(ImageStatus.SAVE_FAIL,),
        ),
        Transition(
            name="probe",
            sources=(ImageStatus.ACTIVE,),
            through=(ImageStatus.PROBING,),
            to=ImageStatus.ACTIVE,
            failed=ImageStatus.ACTIVE,
            flow="image-probe",
            deadline_s=360,
        ),
        Transition(
            name="delete",
            sources=(
                ImageStatus.QUEUED,
                ImageStatus.ACTIVE,
                ImageStatus.PENDING_DELETE,
                ImageStatus.KILLED,
                ImageStatus.SAVE_FAIL,
                ImageStatus.DELETE_FAIL,
            ),
            through=(ImageStatus.DELETING,),
            to=None,
            failed=ImageStatus.DELETE_FAIL,
            flow="image-delete",
            deadline_s=3600,
            force=(ImageStatus.SAVING, ImageStatus.SAVED),
        ),
    ),
)


def read_properties(sent: JsonMapping) -> JsonObject:
    """Properties as they are stored: every value a text; absent and empty ones are left out.

    Raises:
        InvalidInputError: a name that cannot stand in a header, or a value that is not one text.
        OutOfRangeError: more than 64 of them.
    """
    if len(sent) > MAX_PROPERTIES:
        raise OutOfRangeError(f"properties: more than {MAX_PROPERTIES}", field="properties")
    found: JsonObject = {}
    for name, value in sent.items():
        if not _PROPERTY.fullmatch(name):
            raise InvalidInputError(f"properties: {name[:64]!a} is no name of a property", field="properties")
        text = str(value).lower() if isinstance(value, bool) else value
        if text not in (None, ""):
            found[name] = read_str(text, f"properties.{name}", 1024)
    return found


def os_facts(sent: Mapping[str, Any], properties: JsonObject) -> JsonObject:
    """The columns about the operating system, and the properties of the same names, which clients look at: each kept
    like the other. sent: columns that are to be set; a property of that name counts where none is.
    """
    facts: JsonObject = {}
    for name in OS_FACTS:
        text = str(sent.get(name) or properties.get(name) or "")
        facts[name] = _spelled(name, text)
    kept = {name: value for name, value in properties.items() if name not in facts}
    return {**facts, "properties": {**kept, **{name: value for name, value in facts.items() if value}}}


def _spelled(name: str, text: str) -> str:
    if name == "os_arch":
        return read_str(ARCHITECTURES.get(text.lower(), text), name, 16)
    if name == "os_type":
        text = next((known for known in OS_TYPES if known.lower() == text.lower()), text)
    return read_str(text, name, 32 if name == "os_type" else 64)


def _prepare(_tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    values = {**draft, "properties": read_properties(draft.get("properties") or {})}
    return {**values, **os_facts(values, values["properties"])}


def _check_update(_tx: Transaction, _caller: Any, image: Image, changes: JsonObject) -> JsonObject:
    if "properties" not in changes and not any(name in changes for name in OS_FACTS):
        return changes
    sent: JsonObject = changes.get("properties") or {}
    kept = {name: value for name, value in image.properties.items() if name not in sent}
    merged = {**kept, **read_properties(sent)}
    if len(merged) > MAX_PROPERTIES:
        raise OutOfRangeError(f"properties: more than {MAX_PROPERTIES}", field="properties")
    columns = {name: changes[name] for name in OS_FACTS if name in changes}
    cleared = {name for name, value in columns.items() if not value}
    return {**changes, **os_facts(columns, {name: value for name, value in merged.items() if name not in cleared})}


def _check_delete(_tx: Transaction, _caller: Any, image: Image) -> None:
    if image.protected:
        raise ProtectedResourceError(f"image {image.name} is protected, cannot delete", field="protected")


def _details(_tx: Transaction, page: Sequence[Image]) -> Sequence[JsonObject]:
    return [
        {
            "owner": image.tenant_id,
            "disable_delete": image.protected,
            "oss_checksum": image.oss_checksum or image.checksum,
        }
        for image in page
    ]


def _subformats(tx: Transaction, _caller: Any, image: Image, _params: JsonObject) -> Sequence[JsonObject]:
    own = {"format": image.disk_format, "is_raw": image.disk_format == "raw"}
    facts = {name: getattr(image, name) for name in ("size", "checksum", "fast_hash", "sha256", "status")}
    return [{**own, **facts}, *(shown_form(form) for form in subimages_of(tx, image.id))]


_MEMBER = (param("project", "Project", refers="projects", alias=("member_id",), required=True),)

IMAGES = Resource(
    entity=Image,
    service="image",
    area="image",
    singular="image",
    plural="images",
    doc="Contents that disks start with.",
    level=Level.PROJECT,
    columns=(
        "id",
        "name",
        "disk_format",
        "size",
        "status",
        "is_public",
        "protected",
        "is_standard",
        "min_disk",
        "min_ram",
        "os_arch",
        "checksum",
        "created_at",
    ),
    unique=(("name", "tenant_id", "name_key"),),
    lifecycle=IMAGE_LIFECYCLE,
    actions=(
        Action(
            name="convert",
            doc="Make the contents available in another format.",
            params=(
                param(
                    "format",
                    "qcow2, raw, vmdk, vhd or vhdx",
                    width=20,
                    alias=("disk_format",),
                    required=True,
                    example="raw",
                ),
            ),
        ),
        Action(
            name="subformats",
            doc="The formats that it is available in.",
            kind=ActionKind.SPEC,
            run=_subformats,
            params=(),
        ),
        Action(
            name="mark-standard",
            doc="Offer the image as one of the platform's own.",
            params=(param("is_standard", "Whether it is one; absent: it is", bool),),
        ),
        Action(name="probe", doc="Look at the bytes again.", params=(), transition="probe"),
        Action(
            name="update-status",
            doc="Set the status by hand.",
            params=(
                param("status", "Status", required=True, width=36, example="active"),
                param("reason", "Why", width=1024, multiline=True),
            ),
        ),
        Action(name="cancel-delete", doc="Take it out of the recycle bin; names it by its id.", params=()),
        Action(name="add-member", doc="Show the image to one more project.", params=_MEMBER),
        Action(name="remove-member", doc="Show the image to one project less.", params=_MEMBER),
    ),
    prepare=_prepare,
    check_update=_check_update,
    check_delete=_check_delete,
    narrow=narrow,
    details=_details,
)

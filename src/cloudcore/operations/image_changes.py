"""What an update of an image says besides its fields: what an action does as well is done, the rest is refused by its name."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.entity import evolve
from cloudcore.model.errors import NotSupportedError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import read_flag, read_str, said
from cloudcore.model.resource import field_map
from cloudcore.model.wire import read_value
from cloudcore.operations.creating import wanted_owner
from cloudcore.operations.platform import Platform
from cloudcore.operations.sharing import need, share, share_new, unshare
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.image.image import IMAGES, UPLOADABLE

OWNER = "owner"
FORMAT = "disk_format"


def with_owner(body: JsonMapping) -> JsonMapping:
    """The body of a new image with its owner under the name that every type has for it."""
    owner = read_str(said(body, OWNER), OWNER, 128)
    return {**body, "project_id": owner} if owner and wanted_owner(body)[0] is None else body


def follow(platform: Platform, tx: Transaction, caller: Caller, image: Any, body: JsonMapping) -> Any:
    """Share an image, make it standard and correct its format while it waits for its bytes, where the body says so.

    The image as it is then. What follows from its bytes and from time (`size`, `checksum`, `status`) is passed over: clients
    send back what they were shown.

    Raises:
        NotSupportedError: it would have another owner, or the format that its bytes have not.
        ForbiddenError: the caller may not share it with everybody, or make it standard.
    """
    _check_owner(platform, image, body)
    image = _with_format(tx, image, body)
    if _says(body, "is_standard") and read_flag(body, "is_standard") is not image.is_standard:
        need(platform, caller, IMAGES, "mark-standard", Scope.SYSTEM)
        image = tx.of(IMAGES, PLATFORM).save(evolve(image, is_standard=not image.is_standard), action="mark_standard")
    if _says(body, "is_public") and read_flag(body, "is_public") is not image.is_public:
        if image.is_public:
            unshare(platform, tx, caller, IMAGES, image)
        elif _says(body, "public_scope"):
            return share_new(platform, tx, caller, IMAGES, image, body)
        else:
            share(platform, tx, caller, IMAGES, image, {"scope": "system"})
        return tx.of(IMAGES, PLATFORM).get(image.id)
    return image


def _says(body: JsonMapping, name: str) -> bool:
    return body.get(name) not in (None, "")


def _check_owner(platform: Platform, image: Any, body: JsonMapping) -> None:
    owner = read_str(said(body, OWNER), OWNER, 128)
    if owner and owner != image.tenant_id:
        named = platform.directory.projects([image.tenant_id]).get(image.tenant_id)
        if named is None or named.name != owner:
            raise NotSupportedError("an image is given to another project by its action change-owner", field=OWNER)


def _with_format(tx: Transaction, image: Any, body: JsonMapping) -> Any:
    if not _says(body, FORMAT) or body[FORMAT] == image.disk_format:
        return image
    if image.status not in UPLOADABLE:
        raise NotSupportedError(
            "an image has the format of its bytes; its action convert makes another form", field=FORMAT
        )
    changes: JsonObject = {FORMAT: read_value(field_map(IMAGES.entity)[FORMAT], body[FORMAT])}
    return tx.of(IMAGES, PLATFORM).save(evolve(image, **changes))

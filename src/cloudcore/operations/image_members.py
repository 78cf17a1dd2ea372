"""Single projects that an image is shown to, one by one: the older form of sharing, over the same records."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, MissingParameterError, ResourceNotFoundError
from cloudcore.model.json import JsonMapping
from cloudcore.model.reading import read_str, said
from cloudcore.operations.platform import Platform
from cloudcore.operations.sharing import share, shown_to, unshare
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.image.image import IMAGES


def add_member(platform: Platform, tx: Transaction, caller: Caller, image: Any, body: JsonMapping) -> None:
    """Show an image to one more project, besides those that see it already.

    Raises:
        InvalidInputError: whole domains, or everybody, see it already.
        ResourceNotFoundError: there is no such project.
        ForbiddenError: the caller may not share it.
    """
    if image.public_scope in ("domain", "system"):
        raise InvalidInputError(f"image {image.name} is shared with a whole {image.public_scope}", field="project")
    wanted = {"scope": "project", "shared_project_ids": [*_members(platform, tx, image), _project(body)]}
    share(platform, tx, caller, IMAGES, image, wanted)


def remove_member(platform: Platform, tx: Transaction, caller: Caller, image: Any, body: JsonMapping) -> None:
    """Show an image to one project less; to nobody but its owner after the last one.

    Raises:
        ResourceNotFoundError: it is not shown to this project.
        ForbiddenError: the caller may not share it.
    """
    members, project = _members(platform, tx, image), _project(body)
    gone = [ident for ident, name in members.items() if project in (ident, name)]
    if not gone:
        raise ResourceNotFoundError(f"image {image.name} is not shared with project {project}", field="project")
    left = [ident for ident in members if ident != gone[0]]
    if left:
        share(platform, tx, caller, IMAGES, image, {"scope": "project", "shared_project_ids": left})
    else:
        unshare(platform, tx, caller, IMAGES, image)


def _members(platform: Platform, tx: Transaction, image: Any) -> dict[str, str]:
    """Names by id of the projects that see it now."""
    (shown,) = shown_to(platform, tx, IMAGES, [image])
    return {one["id"]: one["name"] for one in shown.get("shared_projects", ())}


def _project(body: JsonMapping) -> str:
    project = read_str(said(body, "project", "member_id"), "project", 128)
    if not project:
        raise MissingParameterError("project is missing", field="project")
    return project

"""Reads an effect's arguments and the ids in them; nothing that comes in is trusted to be of its type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import attrs

from cloudcore.model.effects import Mark
from cloudcore.model.errors import InvalidFormatError, InvalidInputError, MissingParameterError, OutOfRangeError
from cloudcore.model.guest import GuestDescription, from_json
from cloudcore.model.json import JsonMapping

_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
MAX_FENCE = 2**63 - 1


def required(args: JsonMapping, field: str) -> Any:
    """The value, which must be there and not null."""
    value = args.get(field)
    if value is None:
        raise MissingParameterError(f"{field} is missing", field=field)
    return value


def text(args: JsonMapping, field: str, *, longest: int = 4096) -> str:
    """A string of 1 to `longest` characters without control characters."""
    value = required(args, field)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise InvalidInputError(f"{field} must be a line of 1 to {longest} characters", field=field)
    return value


def number(args: JsonMapping, field: str, low: int, high: int) -> int:
    """An integer within the limits, both included."""
    value = required(args, field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInputError(f"{field} must be an integer", field=field)
    if not low <= value <= high:
        raise OutOfRangeError(f"{field} must be between {low} and {high}", field=field)
    return value


def one_of(args: JsonMapping, field: str, choices: tuple[str, ...]) -> str:
    """One of the choices."""
    value = required(args, field)
    if value not in choices:
        raise InvalidInputError(f"{field} must be one of {', '.join(choices)}", field=field)
    return str(value)


def ident(args: JsonMapping, field: str) -> str:
    """An id that is safe as the name of a file: letters, digits and dashes, at most 64."""
    return checked_id(required(args, field), field)


def checked_id(value: object, field: str) -> str:
    """See `ident`."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise InvalidFormatError(f"{field} must have 1 to 64 letters, digits or dashes", field=field)
    return value


def sha256(args: JsonMapping, field: str) -> str:
    """A SHA-256 in lower-case hex."""
    value = required(args, field)
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise InvalidFormatError(f"{field} must be a SHA-256 in hex", field=field)
    return value.lower()


def mark(args: JsonMapping, deployment: str, resource: str) -> Mark:
    """The mark of an effect, which must be of this deployment and of that resource."""
    value = required(args, "mark")
    if not isinstance(value, dict):
        raise InvalidInputError("mark must be an object", field="mark")
    found = Mark(
        deployment=ident(value, "deployment"),
        resource=ident(value, "resource"),
        fence=number(value, "fence", 0, MAX_FENCE),
    )
    return own_mark(found, deployment, resource)


def own_mark(found: Mark, deployment: str, resource: str) -> Mark:
    """The mark again, if it is of this deployment and of that resource."""
    if found.deployment != deployment:
        raise InvalidInputError("mark is of another deployment", field="mark.deployment")
    if found.resource != resource:
        raise InvalidInputError(f"mark is of another resource than {resource}", field="mark.resource")
    return found


def description(args: JsonMapping, deployment: str) -> GuestDescription:
    """The guest description in `desc`, whose ids are safe and whose mark is ours."""
    value = required(args, "desc")
    if not isinstance(value, dict):
        raise InvalidInputError("desc must be an object", field="desc")
    try:
        desc = from_json(value)
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise InvalidFormatError("desc is not a guest description", field="desc", internal=repr(e)) from e
    guest = checked_id(desc.guest_id, "desc.guest_id")
    own_mark(desc.mark, deployment, guest)
    number(attrs.asdict(desc.mark), "fence", 0, MAX_FENCE)
    if args.get("guest_id", guest) != guest:
        raise InvalidInputError("guest_id and desc.guest_id differ", field="guest_id")
    return desc


@attrs.frozen
class StorageFolder:
    """The folders of one storage; each thing in them is a folder of its own, made complete and then renamed in place."""

    root: Path

    @property
    def images(self) -> Path:
        """Cached images, by id."""
        return self.root / "images"

    @property
    def volumes(self) -> Path:
        """Volumes, by id."""
        return self.root / "volumes"

    @property
    def trash(self) -> Path:
        """Removed volumes, by the time of their removal and id."""
        return self.root / "trash"

    def volume(self, volume_id: str, disk_format: str) -> Path:
        """The file that guests use."""
        return self.volumes / checked_id(volume_id, "volume_id") / f"disk.{disk_format}"


@attrs.frozen
class Storages:
    """The storages that this host may touch, and no other folder."""

    paths: tuple[Path, ...]

    def named(self, path: object, field: str = "storage_path") -> StorageFolder:
        """The storage with this path, which must be one of the configured ones, letter by letter."""
        for known in self.paths:
            if path == str(known):
                return StorageFolder(known)
        raise InvalidInputError(f"{field} is not a storage of this host", field=field)

    def all(self) -> list[StorageFolder]:
        """Every storage, in the configured order."""
        return [StorageFolder(path) for path in self.paths]

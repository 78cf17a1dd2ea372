"""Reads an effect's arguments; nothing that comes in is trusted to be of its type."""

from __future__ import annotations

import re
from typing import Any

from cloudcore.model.effects import Mark
from cloudcore.model.errors import InvalidFormatError, InvalidInputError, MissingParameterError, OutOfRangeError
from cloudcore.model.guest import GuestDescription, from_json
from cloudcore.model.json import JsonMapping

_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_FENCE = 2**63 - 1


def line(args: JsonMapping, field: str) -> str:
    """A string of 1 to 4096 printable characters."""
    value = _required(args, field)
    if not isinstance(value, str) or not 0 < len(value) <= 4096 or not value.isprintable():
        raise InvalidInputError(f"{field} must be a line of 1 to 4096 characters", field=field)
    return value


def ident(args: JsonMapping, field: str) -> str:
    """An id: 1 to 64 letters, digits or dashes."""
    return _checked_id(_required(args, field), field)


def number(args: JsonMapping, field: str, low: int, high: int) -> int:
    """An integer within the limits, both included."""
    value = _required(args, field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidInputError(f"{field} must be an integer", field=field)
    if not low <= value <= high:
        raise OutOfRangeError(f"{field} must be between {low} and {high}", field=field)
    return value


def flag(args: JsonMapping, field: str) -> bool:
    """True or false."""
    value = _required(args, field)
    if not isinstance(value, bool):
        raise InvalidInputError(f"{field} must be true or false", field=field)
    return value


def one_of(args: JsonMapping, field: str, choices: tuple[str, ...]) -> str:
    """One of the choices."""
    value = _required(args, field)
    if value not in choices:
        raise InvalidInputError(f"{field} must be one of {', '.join(choices)}", field=field)
    return str(value)


def sha256(args: JsonMapping, field: str) -> str:
    """A SHA-256 in lower-case hex."""
    value = _required(args, field)
    if not isinstance(value, str) or not _SHA256.fullmatch(value.lower()):
        raise InvalidFormatError(f"{field} must be a SHA-256 in hex", field=field)
    return value.lower()


def mark(args: JsonMapping, deployment: str, resource: str) -> Mark:
    """The mark of an effect, which must be of this deployment and of that resource."""
    value = _required(args, "mark")
    if not isinstance(value, dict):
        raise InvalidInputError("mark must be an object", field="mark")
    found = Mark(
        deployment=ident(value, "deployment"),
        resource=ident(value, "resource"),
        fence=number(value, "fence", 0, _MAX_FENCE),
    )
    return _own(found, deployment, resource)


def description(args: JsonMapping, deployment: str) -> GuestDescription:
    """The guest description in `desc`, whose ids are safe and whose mark is ours."""
    value = _required(args, "desc")
    if not isinstance(value, dict):
        raise InvalidInputError("desc must be an object", field="desc")
    try:
        desc = from_json(value)
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise InvalidFormatError("desc is not a guest description", field="desc", internal=repr(e)) from e
    _own(desc.mark, deployment, _checked_id(desc.guest_id, "desc.guest_id"))
    if args.get("guest_id", desc.guest_id) != desc.guest_id:
        raise InvalidInputError("guest_id and desc.guest_id differ", field="guest_id")
    for disk in desc.disks:
        _checked_id(disk.volume_id, "desc.disks.volume_id")
    return desc


def _required(args: JsonMapping, field: str) -> Any:
    value = args.get(field)
    if value is None:
        raise MissingParameterError(f"{field} is missing", field=field)
    return value


def _checked_id(value: object, field: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise InvalidFormatError(f"{field} must have 1 to 64 letters, digits or dashes", field=field)
    return value


def _own(found: Mark, deployment: str, resource: str) -> Mark:
    if found.deployment != deployment:
        raise InvalidInputError("mark is of another deployment", field="mark.deployment")
    if found.resource != resource:
        raise InvalidInputError(f"mark is of another resource than {resource}", field="mark.resource")
    return found

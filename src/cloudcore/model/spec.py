"""What is said of one field: `Spec`, and `Ref` where it refers to another resource."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Any

import attrs

from cloudcore.model.units import Unit


class Level(IntEnum):
    """Who owns a resource; wider is larger. Also the scopes in which a caller may act."""

    USER = 0
    PROJECT = 1
    DOMAIN = 2
    SYSTEM = 3


class Show(Enum):
    """Where a field is visible."""

    LIST = "list"  # everywhere
    DETAIL = "detail"  # only when one object, or details, are asked for
    FILTER = "filter"  # lists may be narrowed and ordered by it, but another field tells it
    NEVER = "never"  # stays inside


class OnDelete(StrEnum):
    """What becomes of the referring row when its target goes."""

    REFUSE = "refuse"
    CASCADE = "cascade"
    CLEAR = "clear"


@attrs.frozen
class Spec:
    """What is said of one field.

    doc: what it means, one line, no full stop.
    create: a caller may send it when creating; required: and must.
    update: a caller may change it later.
    admin: only a caller with domain scope or wider may send it.
    width: longest text, in characters.
    minimum, maximum: inclusive limits of a number.
    choices: the allowed texts, where the type is not an enum.
    search: the list parameter `search` looks into it.
    index: lists are often filtered by it.
    below: lists of what lies in it, however deep, can be narrowed by it too (`servers?city=`).
    secret: redacted in history and logs, and never shown.
    sealed: encrypted at rest (implies secret).
    volatile: changes without a new version and without history (heartbeats, progress).
    multiline: may hold line breaks.
    alias: other names under which a caller may send it.
    of: what a list has: str or dict; None for anything.
    lenient: JSON that is stored and can't be read is taken for empty, and known by its type (`cloudcore.model.json`), instead
        of making the whole row unreadable.
    null: shown as null where there is none, instead of being left out.
    example: a value, where one can't be made up from the rest.
    """

    doc: str
    create: bool = False
    required: bool = False
    update: bool = False
    admin: bool = False
    show: Show = Show.LIST
    width: int = 255
    unit: Unit | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[str, ...] | None = None
    search: bool = False
    index: bool = False
    below: bool = False
    secret: bool = False
    sealed: bool = False
    volatile: bool = False
    multiline: bool = False
    alias: tuple[str, ...] = ()
    of: type | None = None
    lenient: bool = False
    null: bool = False
    example: Any = None


@attrs.frozen
class Ref:
    """The field holds the id of another resource.

    target: plural of the other type.
    on_delete: what happens to this row when the other goes.
    show: keys of the other's own wire form and details that details of this one repeat. The other's name is always
        shown under the field's name without `_id`.
    alias: names under which a caller may send an id or a name (the field's name and the same without `_id` always are);
        details show the id under those that end in `_id`, the name under the others.
    context: the other may be the parent in a URL (`POST /zones/{id}/hosts`).
    """

    target: str
    on_delete: OnDelete = OnDelete.REFUSE
    show: tuple[str, ...] = ()
    alias: tuple[str, ...] = ()
    context: bool = True


def default_of(value: Any) -> Any:
    """The plain value of a default: the text of an enum member, everything else as it is."""
    return value.value if isinstance(value, Enum) else value

"""Resource types of the storage suites, and random values for any field."""

from __future__ import annotations

import typing
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import attrs
from hypothesis import strategies as st

from cloudcore.model.entity import Entity, ProjectOwned, entity
from cloudcore.model.history import HISTORY
from cloudcore.model.json import JsonObject
from cloudcore.model.resource import Field, Level, Ref, Resource, Spec, fields_of


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@entity
class Shelf(ProjectOwned):
    """A small thing with a few numbers."""

    colour: Annotated[Colour, Spec("Colour")] = Colour.RED
    used: Annotated[int, Spec("Places taken")] = 0
    heat: Annotated[float, Spec("Measured", volatile=True)] = 0.0


@entity
class Item(ProjectOwned):
    """A thing with a field of each kind."""

    shelf_id: Annotated[str | None, Spec("Where it stands", width=64), Ref("shelves")] = None
    serial: Annotated[str | None, Spec("Number of the maker", width=64)] = None
    note: Annotated[str | None, Spec("Text", width=200)] = None
    size: Annotated[int | None, Spec("Number")] = None
    weight: Annotated[float | None, Spec("Number with a fraction")] = None
    broken: Annotated[bool | None, Spec("Flag")] = None
    seen_at: Annotated[datetime | None, Spec("Time")] = None
    colour: Annotated[Colour | None, Spec("Colour")] = None
    labels: Annotated[JsonObject | None, Spec("Keys and values")] = None
    words: Annotated[list[str], Spec("Words")] = attrs.field(factory=list)
    pin: Annotated[str, Spec("Sealed", width=8192, sealed=True)] = ""
    code: Annotated[str, Spec("Not for logs", secret=True)] = ""
    load: Annotated[float, Spec("Measured", volatile=True)] = 0.0


def _resource(kind: type[Any], singular: str, plural: str, unique: tuple[tuple[str, ...], ...]) -> Resource[Any]:
    return Resource(
        entity=kind,
        service="test",
        area="test",
        singular=singular,
        plural=plural,
        doc="",
        level=Level.PROJECT,
        unique=unique,
    )


SHELVES: Resource[Shelf] = _resource(Shelf, "shelf", "shelves", (("name", "tenant_id"),))
ITEMS: Resource[Item] = _resource(
    Item, "item", "items", (("name", "tenant_id"), ("serial",), ("tenant_id", "shelf_id", "size"))
)
TYPES: tuple[Resource[Any], ...] = (SHELVES, ITEMS, HISTORY)


def shelf(ident: str, **values: Any) -> Shelf:
    return Shelf(**({"id": ident, "name": f"n-{ident}", "domain_id": "d", "tenant_id": "t"} | values))


def item(ident: str, **values: Any) -> Item:
    return Item(**({"id": ident, "name": f"n-{ident}", "domain_id": "d", "tenant_id": "t"} | values))


CHARACTERS = st.characters(exclude_categories=("Cs",), exclude_characters="\x00")
JSON_LEAVES = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(CHARACTERS, max_size=10)
)  # fmt: skip
JSON_VALUES = st.recursive(
    JSON_LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=6), inner, max_size=3),
    max_leaves=6,
)
TIMES = st.datetimes(timezones=st.just(UTC))


def values_of(kind: type[Entity], field: Field) -> st.SearchStrategy[Any]:
    """Any value that a field may be stored with."""
    found = _plain_values(kind, field)
    return st.none() | found if field.nullable else found


def _plain_values(kind: type[Entity], field: Field) -> st.SearchStrategy[Any]:
    if field.enum is not None:
        return st.sampled_from(list(field.enum))
    if field.kind is str and field.spec.choices:
        return st.sampled_from(field.spec.choices)
    if field.kind is str:
        width = field.spec.width
        longest = st.sampled_from(("a" * width, "😀" * width, "'" * width))
        return st.text(CHARACTERS, max_size=min(width, 30)) | longest
    if field.kind is list:
        hint = typing.get_type_hints(kind, include_extras=False)[field.name]
        inner = next((a for a in typing.get_args(hint) if a is not type(None)), Any)
        return st.lists(st.text(CHARACTERS, max_size=8) if inner is str else JSON_VALUES, max_size=4)
    return _KINDS[field.kind]


_KINDS: dict[type, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    datetime: TIMES,
    dict: st.dictionaries(st.text(CHARACTERS, max_size=8), JSON_VALUES, max_size=3),
}


def entities(resource: Resource[Any]) -> st.SearchStrategy[Any]:
    """Any entity of a type, as it may be added."""
    kind = resource.entity
    fields = {f.name: values_of(kind, f) for f in fields_of(kind)}
    fields["id"] = st.text("0123456789abcdef-", min_size=1, max_size=64)
    return st.builds(kind, **fields)

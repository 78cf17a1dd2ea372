"""A page is written as its rows are, one by one: every type, values of all kinds, absent ones among them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from cloudcore.model.entity import from_row
from cloudcore.model.resource import Field, Resource, fields_of
from cloudcore.model.wire import page_to_wire, to_wire, written_fields
from cloudcore.operations.types import TYPES

LENGTHS = (0, 1, 3, 4, 50)
_VALUES: dict[type, tuple[Any, ...]] = {
    str: ("", "text", "x" * 40),
    int: (0, 7),
    float: (0.0, 1.5),
    bool: (False, True),
    datetime: (datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
    dict: ({}, {"user:a": "b", "__own": "c"}, {"__own": "c"}),
    list: ([], ["a"], [{"b": 1}]),
}


def _value(field: Field, chance: random.Random) -> Any:
    choices = tuple(field.enum) if field.enum is not None else _VALUES[field.kind]
    return chance.choice((*choices, None) if field.nullable or field.kind is datetime else choices)


def _page(resource: Resource[Any], length: int, chance: random.Random) -> list[Any]:
    fields = fields_of(resource.entity)
    # Some columns are empty in every row, some are full, most are mixed.
    fixed = {f.name: _value(f, chance) for f in fields if chance.random() < 0.3}
    return [
        from_row(resource.entity, {f.name: fixed.get(f.name, _value(f, chance)) for f in fields}) for _ in range(length)
    ]


@pytest.mark.parametrize("resource", TYPES, ids=lambda r: r.plural)
def test_a_page_is_written_as_its_rows_are(resource: Resource[Any]) -> None:
    chance = random.Random(resource.plural)
    for length in LENGTHS:
        page = _page(resource, length, chance)
        for detail in (True, False):
            rows = [to_wire(resource, row, detail=detail) for row in page]
            written = page_to_wire(resource, page, detail=detail)
            assert written == rows
            assert [list(item) for item in written] == [list(item) for item in rows], "the keys are in another order"


def test_some_fields_alone_need_no_others() -> None:
    server = next(r for r in TYPES if r.plural == "servers")
    page = [from_row(server.entity, {"id": f"s{n}", "name": "x" * (n % 2)}) for n in range(6)]
    assert page_to_wire(server, page, only=frozenset({"id", "name"})) == [
        {"id": f"s{n}", "name": "x"} if n % 2 else {"id": f"s{n}"} for n in range(6)
    ]


@pytest.mark.parametrize("resource", TYPES, ids=lambda r: r.plural)
def test_what_is_sealed_or_secret_is_never_written(resource: Resource[Any]) -> None:
    hidden = {f.name for f in fields_of(resource.entity) if f.spec.sealed or f.spec.secret}
    for detail in (True, False):
        assert hidden.isdisjoint(written_fields(resource.entity, detail=detail))

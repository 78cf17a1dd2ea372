"""A page is written as its rows are, one by one: every type, values of all kinds, absent ones among them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from cloudcore.model.columns import ABSENT, Columns, Parts, Rows, parts_of
from cloudcore.model.entity import from_row
from cloudcore.model.reading import format_time
from cloudcore.model.resource import Field, Resource, fields_of
from cloudcore.model.wire import page_to_wire, public_tags, written_fields
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


def _written(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """One row as the wire has it: what is empty is left out, but for 0 and false, and null where the field says so."""
    null = {field.name for field in fields_of(type(row)) if field.spec.null}
    values = {name: getattr(row, name) for name in sorted(names)}
    kept = {n: v for n, v in values.items() if v or n in null or (v is not None and isinstance(v, bool | int | float))}
    for name, value in kept.items():
        if isinstance(value, datetime):
            kept[name] = format_time(value)
        elif name == "metadata":
            kept[name] = public_tags(value)
    return kept


@pytest.mark.parametrize("resource", TYPES, ids=lambda r: r.plural)
def test_a_page_is_written_as_its_rows_are(resource: Resource[Any]) -> None:
    chance = random.Random(resource.plural)
    every = tuple(f.name for f in fields_of(resource.entity))
    for length in LENGTHS:
        page = _page(resource, length, chance)
        for detail in (True, False):
            names = written_fields(resource.entity, detail=detail)
            written = page_to_wire(resource, parts_of(resource.entity, page, every), detail=detail).rows()
            assert written == [_written(row, names) for row in page]
            assert all(list(item) == sorted(item) for item in written)
            assert all(type(value) is not datetime for item in written for value in item.values())


def test_some_fields_alone_need_no_others() -> None:
    server = next(r for r in TYPES if r.plural == "servers")
    page = Parts(server.entity, {"id": [f"s{n}" for n in range(6)], "name": ["x" * (n % 2) for n in range(6)]}, 6)
    assert page_to_wire(server, page, only=frozenset({"id", "name"})).rows() == [
        {"id": f"s{n}", "name": "x"} if n % 2 else {"id": f"s{n}"} for n in range(6)
    ]


class TestColumns:
    def test_what_comes_later_counts_where_it_is_there(self) -> None:
        page = Columns(3)
        page.put("a", [1, 2, 3])
        page.put("a", [ABSENT, 5, ABSENT], holed=True)
        page.put("b", [ABSENT, 1, 2], holed=True)
        page.put("b", [7, ABSENT, ABSENT], holed=True)
        page.put_rows([{"c": 1}, {}, {"a": 6}])
        assert page.rows() == [{"a": 1, "b": 7, "c": 1}, {"a": 5, "b": 1}, {"a": 6, "b": 2}]

    def test_gaps_are_filled_and_columns_copied(self) -> None:
        page = Columns(2)
        page.put_of("a", ["x", None], {"x": 1})
        page.copy("b", "a")
        page.copy("c", "nothing")
        page.fill("a", 9)
        page.fill("d", 4)
        page.put_same("e", value=False)
        page.fill_from("b", "d")
        page.fill_from("g", "f")
        assert page.rows() == [{"a": 1, "b": 1, "d": 4, "e": False}, {"a": 9, "b": 4, "d": 4, "e": False}]
        page.put_of("h", [None, "x"], {"x": 1})
        assert page.rows(("d", "h", "f")) == [{"d": 4}, {"d": 4, "h": 1}]
        assert page.rows(("f",)) == [{}, {}]
        assert Columns(1).rows() == [{}]


def test_rows_are_made_when_they_are_asked_for_or_in_pieces() -> None:
    page = Columns(5)
    page.put("n", range(5))
    page.put_of("odd", range(5), {1: True, 3: True})
    rows = Rows(page)
    whole = [{"n": n, "odd": True} if n % 2 else {"n": n} for n in range(5)]
    assert [len(piece) for piece in rows.pieces(2)] == [2, 2, 1]
    assert [row for piece in rows.pieces(2) for row in piece] == whole
    assert len(rows) == 5
    assert rows == whole
    assert whole == rows
    assert rows != whole[1:]
    assert (rows[1], rows[-2:], list(rows)) == (whole[1], whole[-2:], whole)
    assert rows[0] is rows[0]
    assert Rows(page, ("odd",)) == [{}, {"odd": True}, {}, {"odd": True}, {}]
    assert [len(piece) for piece in Rows(page, ("other",)).pieces(2)] == [2, 2, 1]
    assert Rows(Columns(0)) == []
    other = Columns(5)
    other.put("m", [0] * 5)
    page.put_all(other)
    page.put_all([{"n": 9}, {}, {}, {}, {}])
    assert page.rows()[:2] == [{"m": 0, "n": 9}, {"m": 0, "n": 1, "odd": True}]


def test_parts_are_entities_and_columns() -> None:
    server = next(r for r in TYPES if r.plural == "servers")
    page = Parts(server.entity, {"id": ("a", "b", "c"), "vcpu_count": [1, 2, 4]}, 3)
    assert [(row.id, row.vcpu_count) for row in page] == [("a", 1), ("b", 2), ("c", 4)]
    assert page[1] is page[1]
    assert not hasattr(page[0], "name")
    tail = page[1:]
    assert (len(tail), tail.columns, tail[-1].id) == (2, {"id": ("b", "c"), "vcpu_count": [2, 4]}, "c")
    assert parts_of(server.entity, page, ("id",)) is page
    again = parts_of(server.entity, list(page), ("vcpu_count",))
    assert again.columns == {"vcpu_count": (1, 2, 4)}
    assert parts_of(server.entity, [], ("id", "name")).columns == {"id": (), "name": ()}


@pytest.mark.parametrize("resource", TYPES, ids=lambda r: r.plural)
def test_what_is_sealed_or_secret_is_never_written(resource: Resource[Any]) -> None:
    hidden = {f.name for f in fields_of(resource.entity) if f.spec.sealed or f.spec.secret}
    for detail in (True, False):
        assert hidden.isdisjoint(written_fields(resource.entity, detail=detail))


@pytest.mark.parametrize(
    ("found", "rows"),
    [
        ({"x": {"a": 1, "b": 2}, "y": {"b": 3, "a": 4}}, [{"a": 1, "b": 2}, {"a": 4, "b": 3}, {"a": 1, "b": 2}]),
        ({"x": {"a": 1, "b": 2}, "y": {"b": 3}}, [{"a": 1, "b": 2}, {"a": 0, "b": 3}, {"a": 1, "b": 2}]),
        ({"x": {"a": 1, "b": 2}}, [{"a": 1, "b": 2}, {"a": 0}, {"a": 1, "b": 2}]),
        ({"x": {"a": 1}, "y": {"a": 2}}, [{"a": 1}, {"a": 2}, {"a": 1}]),
        ({}, [{"a": 0}] * 3),
    ],
)
def test_rows_get_the_keys_of_what_their_ids_mean(found: dict[str, dict[str, int]], rows: list[dict[str, int]]) -> None:
    page = Columns(3)
    page.put_same("a", 0)
    page.put_found(["x", "y", "x"], found)
    assert page.rows() == rows

"""Rows that hold an id which a unit has drawn are known to be its own; others are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from tests.contracts.storage_suite import statements
from tests.contracts.storage_types import Item, Shelf

from cloudcore.model.entity import evolve
from cloudcore.model.history import HISTORY
from cloudcore.model.query import PLATFORM, Query, eq, one_of
from cloudcore.model.resource import Level, Resource
from cloudcore.ports.unit_of_work import Author
from cloudcore_adapters.memory.world import SystemClock, SystemIds
from cloudcore_adapters.sql import SqlUnitOfWork


def _type(kind: type, singular: str, plural: str) -> Resource[object]:
    return Resource(
        entity=kind, service="test", area="own", singular=singular, plural=plural, doc="", level=Level.PROJECT
    )


SHELVES, ITEMS = _type(Shelf, "shelf", "shelves"), _type(Item, "item", "items")


@pytest.fixture
def uow() -> Iterator[SqlUnitOfWork]:
    made = SqlUnitOfWork("sqlite://", (SHELVES, ITEMS, HISTORY), SystemIds(), clock=SystemClock(), sealer=None)
    made.metadata.create_all(made.engine)
    yield made
    made.close()


def _item(ident: str, shelf: str) -> Item:
    return Item(id=ident, name=ident, domain_id="d", tenant_id="t", shelf_id=shelf)


def _asked(engine: sa.Engine, ask: object) -> tuple[object, int]:
    with statements(engine) as seen:
        return ask(), len(seen)  # type: ignore[operator]


def test_rows_of_a_drawn_id_are_found_without_asking(uow: SqlUnitOfWork) -> None:
    with uow.write(Author()) as tx:
        items, shelf = tx.of(ITEMS, PLATFORM), tx.new_id()
        for ident in ("b", "a", "c"):
            items.add(_item(ident, shelf))
        items.add(_item("other", "elsewhere"))
        items.save(evolve(items.get("c"), size=7))
        mine = Query(where=eq("shelf_id", shelf))
        found, asked = _asked(uow.engine, lambda: items.columns(("id", "size"), mine))
        assert (found, asked) == ([("a", None), ("b", None), ("c", 7)], 0)
        items.save(evolve(items.get("a"), shelf_id="elsewhere"))
        assert [row.id for row in items.find(Query(where=one_of("shelf_id", [shelf])))] == ["b", "c"]
        items.remove(items.get("b"))
        items.touch([("c", {"load": 0.5})])
        found, asked = _asked(uow.engine, lambda: [(row.id, row.load) for row in items.find(mine)])
        assert found == [("c", 0.5)]
        assert asked
        tx.commit()


def test_rows_of_another_id_are_asked_for(uow: SqlUnitOfWork) -> None:
    with uow.write(Author()) as tx:
        tx.of(ITEMS, PLATFORM).add(_item("before", "s"))
        tx.commit()
    with uow.write(Author()) as tx:
        tx.of(SHELVES, PLATFORM).add(Shelf(id="s", name="s", domain_id="d", tenant_id="t"))
        items = tx.of(ITEMS, PLATFORM)
        assert [row.id for row in items.find(Query(where=eq("shelf_id", "s")))] == ["before"]
        assert not items.find(Query(where=one_of("shelf_id", [tx.new_id()])))

"""How every storage reads columns of rows, and what a unit reads again. Part of the repositories' suite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.contracts.storage_types import ITEMS, item

from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidInputError
from cloudcore.model.query import EVERYTHING, Order, Query, both, eq, one_of
from cloudcore.model.resource import fields_of
from cloudcore.ports.unit_of_work import Author

if TYPE_CHECKING:
    from tests.contracts.storage_suite import Storage

OURS = eq("tenant_id", "t")


class ReadingContract:
    """Expects a `storage` fixture."""

    def test_columns_are_those_of_the_rows_that_are_found(self, storage: Storage) -> None:
        storage.put(ITEMS, *(item(f"i{i}", size=9 - i, pin="77" if i % 2 else "") for i in range(5)))
        names = tuple(f.name for f in fields_of(ITEMS.entity))
        for query in (Query(), Query(where=eq("size", 7)), Query(order=(Order("size"),), offset=1, limit=2)):
            with storage.uow.read() as tx:
                rows = tx.of(ITEMS, OURS)
                found = rows.find(query)
                assert rows.columns(names, query) == [tuple(getattr(r, n) for n in names) for r in found]
                open_ones = ("size", "colour", "created_at", "labels")
                assert rows.columns(open_ones, query) == [tuple(getattr(r, n) for n in open_ones) for r in found]
                assert rows.columns((), query) == [()] * len(found)
                assert list(tx.of(ITEMS, eq("tenant_id", "other")).columns(names, query)) == []
                with pytest.raises(InvalidInputError):
                    rows.columns(("id", "nothing"), query)

    def test_parts_are_the_rows_that_are_found_without_other_fields(self, storage: Storage) -> None:
        storage.put(ITEMS, *(item(f"i{i}", size=9 - i, pin="77") for i in range(5)))
        names = ("id", "size", "created_at", "pin")
        by_id = one_of("id", ["i1", "i3"])
        for query in (Query(), Query(where=by_id), Query(order=(Order("size"),), offset=1, limit=2)):
            with storage.uow.read() as tx:
                rows = tx.of(ITEMS, OURS)
                for _ in range(2):
                    parts = rows.parts(names, query)
                    found = rows.find(query)  # a unit that knows the rows by now answers from what it knows
                    assert [[getattr(p, n) for n in names] for p in parts] == [
                        [getattr(r, n) for n in names] for r in found
                    ]
                    assert not any(hasattr(part, "colour") for part in parts)
                assert list(tx.of(ITEMS, eq("tenant_id", "other")).parts(names, query)) == []
                with pytest.raises(InvalidInputError):
                    rows.parts(("id", "nothing"), query)

    def test_rows_in_no_order_are_the_same_rows(self, storage: Storage) -> None:
        storage.put(ITEMS, *(item(f"i{i}", size=i % 3) for i in range(9)))
        with storage.uow.read() as tx:
            rows = tx.of(ITEMS, OURS)
            for where in (eq("size", 1), one_of("size", [0, 2])):
                found = {row.id for row in rows.find(Query(where=where))}
                assert {row.id for row in rows.find(Query(where=where, is_ordered=False))} == found
                assert {row[0] for row in rows.columns(("id",), Query(where=where, is_ordered=False))} == found

    def test_a_condition_that_nothing_satisfies_leaves_the_others_values_over(self, storage: Storage) -> None:
        storage.put(ITEMS, item("a", size=1))
        never, one = one_of("size", []), eq("size", 1)
        with storage.uow.read() as tx:
            rows = tx.of(ITEMS, OURS)
            for where in (both(never, one), both(one, never), both(eq("name", "n-a"), never, one)):
                assert rows.find(Query(where=where, limit=3)) == []
                assert list(rows.columns(("id", "size"), Query(where=where))) == []
                assert rows.count(where) == 0
                assert tx.of(ITEMS, where).count() == 0

    def test_counts_leave_out_what_is_hidden(self, storage: Storage) -> None:
        flags = [(False, False)] * 3 + [(True, False)] * 2 + [(False, True), (True, True)]
        storage.put(ITEMS, *(item(f"i{n}", pending_deleted=p, is_system=s) for n, (p, s) in enumerate(flags)))
        kept, own = eq("pending_deleted", False), eq("is_system", False)
        asked = (both(kept, own), both(own, kept), both(kept, kept), both(kept, eq("is_system", True)), kept, own)
        with storage.uow.read() as tx:
            for where in (*asked, both(kept, own, eq("name", "n-i0")), both(kept, eq("broken", False))):
                for scope, rest in ((where, EVERYTHING), (EVERYTHING, where), (OURS, where), (kept, where)):
                    rows = tx.of(ITEMS, scope)
                    assert rows.count(rest) == len(rows.find(Query(where=rest)))
            assert tx.of(ITEMS, kept).count(own) == tx.of(ITEMS, both(own, kept)).count() == 3

    def test_what_a_unit_reads_again_shows_what_it_wrote(self, storage: Storage) -> None:
        storage.put(ITEMS, item("a", size=1), item("b"))
        with storage.uow.write(Author()) as tx:
            rows, by_id = tx.of(ITEMS, EVERYTHING), Query(where=one_of("id", ["b", "a", "b"]))
            named = Query(where=eq("description", "new"))
            assert [r.id for r in rows.find(by_id)] == ["a", "b"]
            assert rows.find(named) == []
            first = rows.get("a")
            assert first is not None
            saved = rows.save(evolve(first, description="new"))
            assert [r.description for r in rows.find(by_id)] == ["new", first.description]
            assert [r.id for r in rows.find(named)] == ["a"]
            assert rows.adjust("a", {"size": 3})
            rows.touch([("a", {"load": 0.5})])
            again = rows.get("a")
            assert again is not None
            assert (again.size, again.load, again.update_version) == (saved.size + 3, 0.5, 1)
            assert [r.size for r in rows.find(named)] == [again.size]
            rows.remove(again)
            assert rows.get("a") is None
            assert [r.id for r in rows.find(by_id)] == ["b"]
            assert rows.find(named) == []
            rows.add(item("c", description="new"))
            assert [r.id for r in rows.find(named)] == ["c"]
            assert tx.of(ITEMS, eq("tenant_id", "other")).get("b") is None

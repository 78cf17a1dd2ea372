"""What every storage must do. A test module subclasses these with a `storage` fixture for each engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from tests.contracts.storage_reading_suite import ReadingContract
from tests.contracts.storage_types import ITEMS, SHELVES, Colour, entities, item, shelf
from tests.effort import examples

from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    BackendError,
    Contention,
    DuplicateNameError,
    DuplicateResourceError,
)
from cloudcore.model.history import HISTORY, Fact
from cloudcore.model.query import EVERYTHING, Exists, Order, Query, eq
from cloudcore.model.resource import fields_of
from cloudcore.ports.unit_of_work import Adjustment, Author, UnitOfWork
from cloudcore.resources import registry

AUTHOR = Author(actor={"user_id": "u1", "user": "ann"}, request_id="r1")
OURS = eq("tenant_id", "t")


@attrs.frozen(kw_only=True)
class Storage:
    """One engine under test.

    parallel: whether two units may write different rows at the same time.
    engine: where statements can be counted.
    """

    uow: UnitOfWork
    parallel: bool
    engine: sa.Engine | None = None

    def put(self, resource: Any, *rows: Any) -> None:
        """Commit these rows."""
        with self.uow.write(AUTHOR) as tx:
            for row in rows:
                tx.of(resource, EVERYTHING).add(row)
            tx.commit()

    def get(self, resource: Any, ident: str, scope: Any = EVERYTHING) -> Any:
        """One committed row."""
        with self.uow.read() as tx:
            return tx.of(resource, scope).get(ident)

    def find(self, resource: Any, query: Query, scope: Any = EVERYTHING) -> list[Any]:
        """Committed rows."""
        with self.uow.read() as tx:
            return list(tx.of(resource, scope).find(query))

    def history(self, obj_id: str) -> list[Any]:
        """The records of one object, oldest first."""
        return self.find(HISTORY, Query(where=eq("obj_id", obj_id), order=(Order("recorded_at"), Order("version"))))


_AROUND = ("BEGIN", "SET TRANSACTION", "SELECT CAST(EXTRACT(EPOCH", "SELECT CAST(UNIX_TIMESTAMP")
"""How statements begin that open a unit or ask for its time."""


@contextmanager
def statements(engine: sa.Engine) -> Iterator[list[str]]:
    """The statements that the engine executes meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(_AROUND):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def again(work: Callable[[], Any], times: int = 200) -> Any:
    """Run until it meets no contention."""
    for attempt in range(times - 1):
        try:
            return work()
        except Contention:
            time.sleep(min(0.02, 0.001 * attempt))
    return work()


class UnitContract:
    """Units of work."""

    def test_nothing_is_kept_without_commit(self, storage: Storage) -> None:
        with storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).add(shelf("a"))
            assert tx.of(SHELVES, EVERYTHING).get("a") is not None
        assert storage.get(SHELVES, "a") is None
        assert storage.history("a") == []

    def test_nothing_is_kept_after_an_error(self, storage: Storage) -> None:
        with pytest.raises(LookupError), storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).add(shelf("a"))
            raise LookupError
        assert storage.get(SHELVES, "a") is None

    def test_commit_keeps_everything(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"), shelf("b"))
        assert [r.id for r in storage.find(SHELVES, Query())] == ["a", "b"]

    def test_a_read_unit_refuses_every_write(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))
        row = storage.get(SHELVES, "a")
        with storage.uow.read() as tx:
            rows = tx.of(SHELVES, EVERYTHING)
            for write in (
                lambda: rows.add(shelf("b")),
                lambda: rows.save(evolve(row, name="x")),
                lambda: rows.remove(row),
                lambda: rows.touch([("a", {"heat": 1.0})]),
                lambda: rows.adjust("a", {"used": 1}),
                lambda: tx.record(Fact(action="login", obj_type="user")),
                tx.commit,
            ):
                with pytest.raises(BackendError):
                    write()

    def test_a_unit_ends_with_its_commit(self, storage: Storage) -> None:
        with storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).add(shelf("a"))
            tx.commit()
            with pytest.raises(BackendError):
                tx.of(SHELVES, EVERYTHING).add(shelf("b"))
        assert storage.get(SHELVES, "b") is None

    def test_time_is_utc_and_stands_within_a_unit(self, storage: Storage) -> None:
        with storage.uow.write(AUTHOR) as tx:
            first = tx.now
            assert first.utcoffset() == timedelta(0)
            stored = tx.of(SHELVES, EVERYTHING).add(shelf("a"))
            assert stored.created_at == stored.updated_at == first == tx.now

    def test_a_duplicate_does_not_end_the_unit(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a", name="taken"))
        with storage.uow.write(AUTHOR) as tx:
            rows = tx.of(SHELVES, EVERYTHING)
            with pytest.raises(DuplicateNameError):
                rows.add(shelf("b", name="taken"))
            rows.add(shelf("b", name="taken-2"))
            tx.commit()
        assert storage.get(SHELVES, "b").name == "taken-2"


class RepositoryContract(ReadingContract):
    """Reading and writing rows."""

    @settings(max_examples=examples(10), deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_what_is_stored_comes_back(self, storage: Storage, data: st.DataObject) -> None:
        resource = data.draw(st.sampled_from((ITEMS, SHELVES)))
        _roundtrip(storage, resource, data.draw(entities(resource)))

    def test_stale_write_conflicts(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))
        old = storage.get(SHELVES, "a")
        with storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).save(evolve(old, description="first"))
            tx.commit()
        with storage.uow.write(AUTHOR) as tx, pytest.raises(Contention):
            tx.of(SHELVES, EVERYTHING).save(evolve(old, description="second"))
        with storage.uow.write(AUTHOR) as tx, pytest.raises(Contention):
            tx.of(SHELVES, EVERYTHING).remove(old)
        assert storage.get(SHELVES, "a").description == "first"

    def test_saving_a_removed_row_conflicts(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))
        old = storage.get(SHELVES, "a")
        with storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).remove(old)
            assert tx.of(SHELVES, EVERYTHING).get("a") is None
            with pytest.raises(Contention):
                tx.of(SHELVES, EVERYTHING).save(evolve(old, description="x"))

    def test_save_counts_versions_and_stamps(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))
        with storage.uow.write(AUTHOR) as tx:
            rows = tx.of(SHELVES, EVERYTHING)
            first = rows.get("a")
            assert first is not None
            second = rows.save(evolve(first, description="x"))
            third = rows.save(evolve(second, colour=Colour.GREEN))
            tx.commit()
        assert [first.update_version, second.update_version, third.update_version] == [0, 1, 2]
        kept = storage.get(SHELVES, "a")
        assert (kept.description, kept.colour, kept.update_version) == ("x", Colour.GREEN, 2)
        assert kept.updated_at >= kept.created_at == first.created_at

    def test_a_taken_name_is_a_duplicate_name(self, storage: Storage) -> None:
        storage.put(ITEMS, item("a", name="x"))
        with storage.uow.write(AUTHOR) as tx, pytest.raises(DuplicateNameError, match="x") as caught:
            tx.of(ITEMS, EVERYTHING).add(item("b", name="x"))
        assert caught.value.field == "name"

    def test_another_unique_set_is_a_duplicate_resource(self, storage: Storage) -> None:
        storage.put(ITEMS, item("a", serial="1", shelf_id="s", size=3))
        for double in (item("b", serial="1"), item("b", shelf_id="s", size=3), item("a", name="other")):
            with storage.uow.write(AUTHOR) as tx, pytest.raises(DuplicateResourceError):
                tx.of(ITEMS, EVERYTHING).add(double)

    def test_absent_values_are_not_unique(self, storage: Storage) -> None:
        storage.put(ITEMS, item("a", shelf_id="s"), item("b", shelf_id="s"))
        assert storage.get(ITEMS, "b") is not None

    def test_renaming_onto_a_taken_name_is_a_duplicate(self, storage: Storage) -> None:
        storage.put(ITEMS, item("a", name="x"), item("b", name="y"))
        with storage.uow.write(AUTHOR) as tx:
            rows = tx.of(ITEMS, EVERYTHING)
            row = rows.get("b")
            assert row is not None
            with pytest.raises(DuplicateNameError):
                rows.save(evolve(row, name="x"))
            rows.save(evolve(row, name="z"))
            tx.commit()
        assert storage.get(ITEMS, "b").name == "z"

    def test_the_scope_hides_rows_from_reads(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"), shelf("b", tenant_id="other"))
        with storage.uow.read() as tx:
            rows = tx.of(SHELVES, OURS)
            assert rows.get("b") is None
            assert [r.id for r in rows.find()] == ["a"]
            assert rows.count() == 1
            assert rows.totals(by=("tenant_id",)) == [{"tenant_id": "t", "count": 1}]

    def test_the_scope_hides_rows_from_writes(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("b", tenant_id="other"))
        row = storage.get(SHELVES, "b")
        for change in (
            lambda rows: rows.save(evolve(row, description="x")),
            lambda rows: rows.save(row),
            lambda rows: rows.remove(row),
        ):
            with storage.uow.write(AUTHOR) as tx, pytest.raises(Contention):
                change(tx.of(SHELVES, OURS))
        with storage.uow.write(AUTHOR) as tx:
            assert tx.of(SHELVES, EVERYTHING).get("b") is not None
            with pytest.raises(Contention):
                tx.of(SHELVES, OURS).save(evolve(row, description="x"))
            tx.of(SHELVES, OURS).touch([("b", {"heat": 9.0})])
            assert not tx.of(SHELVES, OURS).adjust("b", {"used": 1})
            tx.commit()
        assert (storage.get(SHELVES, "b").heat, storage.get(SHELVES, "b").used) == (0.0, 0)

    def test_a_scope_may_look_at_another_type(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("s1"), shelf("s2", tenant_id="other"))
        storage.put(ITEMS, item("a", shelf_id="s1"), item("b", shelf_id="s2"), item("c"))
        scope = Exists("shelves", "id", "shelf_id", OURS)
        assert [r.id for r in storage.find(ITEMS, Query(), scope)] == ["a"]
        with storage.uow.write(AUTHOR) as tx:
            row = tx.of(ITEMS, EVERYTHING).get("b")
            assert row is not None
            with pytest.raises(Contention):
                tx.of(ITEMS, scope).save(evolve(row, note="x"))

    def test_touch_sets_volatile_fields_only(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"), shelf("b"))
        with storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).touch([("a", {"heat": 1.5}), ("gone", {"heat": 2.0}), ("b", {"heat": 2.5})])
            with pytest.raises(BackendError):
                tx.of(SHELVES, EVERYTHING).touch([("a", {"name": "x"})])
            tx.commit()
        rows = storage.find(SHELVES, Query())
        assert [(r.id, r.heat, r.update_version) for r in rows] == [("a", 1.5, 0), ("b", 2.5, 0)]
        assert len(storage.history("a")) == 1

    def test_save_leaves_volatile_fields_alone(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))
        old = storage.get(SHELVES, "a")
        with storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).touch([("a", {"heat": 7.0})])
            saved = tx.of(SHELVES, EVERYTHING).save(evolve(old, description="x", heat=1.0))
            tx.commit()
        assert saved.heat == storage.get(SHELVES, "a").heat == 7.0

    def test_a_save_from_a_known_row_sets_volatile_fields_with_it(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))
        old = storage.get(SHELVES, "a")
        with storage.uow.write(AUTHOR) as tx:
            rows = tx.of(SHELVES, EVERYTHING)
            saved = rows.save(evolve(old, description="x"), old=old, volatile={"heat": 7.0})
            again = rows.save(evolve(saved, description="y"), old=saved, volatile={"heat": 8.0})
            same = rows.save(again, old=again, volatile={"heat": 9.0})
            with pytest.raises(BackendError):
                rows.save(evolve(same, description="z"), old=same, volatile={"name": "x"})
            assert (saved.heat, again.update_version, same.update_version) == (7.0, 2, 2)
            assert (rows.get("a") or old).description == "y"
            tx.commit()
        row = storage.get(SHELVES, "a")
        assert (row.heat, row.description, row.update_version) == (9.0, "y", 2)
        assert [record.after.get("description") for record in storage.history("a")[1:]] == ["x", "y"]

    def test_a_save_from_a_row_that_moved_on_conflicts(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a", used=1))
        old = storage.get(SHELVES, "a")
        with storage.uow.write(AUTHOR) as tx:
            tx.of(SHELVES, EVERYTHING).adjust("a", {"used": 1})
            tx.of(SHELVES, EVERYTHING).save(evolve(old, description="x"), old=old)
            tx.commit()
        assert storage.get(SHELVES, "a").used == 2
        with storage.uow.write(AUTHOR) as tx:
            for stale in (evolve(old, description="y"), old):
                with pytest.raises(Contention):
                    tx.of(SHELVES, EVERYTHING).save(stale, old=old, volatile={"heat": 5.0})
        assert storage.get(SHELVES, "a").heat == 0.0

    def test_adjust_keeps_limits(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a", used=5))
        with storage.uow.write(AUTHOR) as tx:
            rows = tx.of(SHELVES, EVERYTHING)
            assert rows.adjust("a", {"used": 3}, limits={"used": 8})
            assert not rows.adjust("a", {"used": 1}, limits={"used": 8})
            assert not rows.adjust("a", {"used": -9})
            assert rows.adjust("a", {"used": -2}, limits={"used": 1})
            assert not rows.adjust("a", {"used": 2**63 - 1}, limits={"used": 2**63 - 1})
            assert not rows.adjust("gone", {"used": 1})
            tx.commit()
        kept = storage.get(SHELVES, "a")
        assert (kept.used, kept.update_version) == (6, 0)
        assert len(storage.history("a")) == 1

    def test_rows_are_adjusted_together_each_for_itself(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a", used=5), shelf("b", used=1), shelf("c"))
        storage.put(ITEMS, item("x"), item("y"))
        wanted = [
            Adjustment(resource=SHELVES, ident="a", deltas={"used": 3}, limits={"used": 8}, given=[(ITEMS, "x", 0)]),
            Adjustment(resource=SHELVES, ident="b", deltas={"used": 3}, limits={"used": 3}),
            Adjustment(resource=SHELVES, ident="gone", deltas={"used": 1}),
            Adjustment(resource=SHELVES, ident="c", deltas={"used": 1}, given=[(ITEMS, "x", 0), (ITEMS, "y", 1)]),
        ]
        with storage.uow.write(AUTHOR) as tx:
            assert list(tx.adjust(wanted)) == [True, False, False, False]
            assert list(tx.adjust(wanted[:1])) == [False]
            row = tx.of(ITEMS, EVERYTHING).get("y")
            assert row is not None
            tx.of(ITEMS, EVERYTHING).save(evolve(row, size=3))
            assert list(tx.adjust(wanted[2:])) == [False, True]
            assert list(tx.adjust([])) == []
            assert list(tx.adjust([attrs.evolve(wanted[0], given=[(ITEMS, "z", 0)]), wanted[1]])) == [False, False]
            seen = tx.of(SHELVES, EVERYTHING).get("a")
            assert seen is not None
            assert seen.used == 8
            tx.commit()
        assert [storage.get(SHELVES, name).used for name in "abc"] == [8, 1, 1]

    def test_totals_group_and_add(self, storage: Storage) -> None:
        storage.put(
            ITEMS,
            item("a", note="x", size=1), item("b", note="x", size=2**40), item("c", size=7), item("d", colour=Colour.RED, size=None),
        )  # fmt: skip
        with storage.uow.read() as tx:
            rows = tx.of(ITEMS, EVERYTHING)
            assert rows.totals(sums=("size",)) == [{"count": 4, "size": 2**40 + 8}]
            assert rows.totals(sums=("size",), by=("note",)) == [
                {"note": None, "count": 2, "size": 7},
                {"note": "x", "count": 2, "size": 2**40 + 1},
            ]
            assert rows.totals(by=("colour", "note"))[-1] == {"colour": Colour.RED, "note": None, "count": 1}
            assert rows.totals(eq("id", "nobody"), sums=("size",)) == [{"count": 0, "size": 0}]
            assert rows.totals(eq("id", "nobody"), by=("note",)) == []

    def test_pages_follow_each_other(self, storage: Storage) -> None:
        times = [datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=i // 3) for i in range(10)]
        storage.put(
            ITEMS,
            *(
                item(f"i{i}", name=f"n{i % 2}{i}", created_at=t, note=None if i % 4 else str(i))
                for i, t in enumerate(times)
            ),
        )
        for order in (
            (Order("created_at"), Order("name")),
            (Order("created_at", descending=True), Order("name", descending=True), Order("id", descending=True)),
            (Order("note"), Order("created_at", descending=True)),
            (Order("note", descending=True),),
        ):
            everything = storage.find(ITEMS, Query(order=order))
            pages, after = [], None
            while page := storage.find(ITEMS, Query(order=order, limit=3, after=after)):
                pages.extend(page)
                after = (*(getattr(page[-1], o.field) for o in order), page[-1].id)
            assert [r.id for r in pages] == [r.id for r in everything]
            assert len(pages) == 10
            assert [r.id for r in storage.find(ITEMS, Query(order=order, offset=4, limit=3))] == [
                r.id for r in everything[4:7]
            ]

    def test_a_page_is_one_statement(self, storage: Storage) -> None:
        if storage.engine is None:
            pytest.skip("this engine has no statements")
        storage.put(ITEMS, *(item(f"i{i}") for i in range(5)))
        with storage.uow.write(AUTHOR) as tx:
            rows = tx.of(ITEMS, OURS)
            for call in (
                lambda: rows.find(Query(where=eq("domain_id", "d"), order=(Order("name"),), limit=4)),
                lambda: rows.get("i1"),
                rows.count,
                lambda: rows.totals(by=("tenant_id",)),
                lambda: rows.adjust("i1", {"size": 1}),
                lambda: rows.touch((f"i{i}", {"load": 1.0}) for i in range(5)),
            ):
                with statements(storage.engine) as seen:
                    call()
                assert len(seen) == 1, seen


def check_every_type(storage: Storage, data: st.DataObject, resource: Any) -> None:
    """A random entity of a registered type comes back as it was."""
    _roundtrip(storage, resource, data.draw(entities(resource)))


REGISTERED = registry.ALL


def _roundtrip(storage: Storage, resource: Any, entity: Any) -> None:
    with storage.uow.write(AUTHOR) as tx:
        rows = tx.of(resource, EVERYTHING)
        stored = rows.add(entity)
        back = rows.get(entity.id)
        assert back is not None
        for field in fields_of(resource.entity):
            value = getattr(back, field.name)
            assert value == getattr(stored, field.name), field.name
            assert value is None or type(value) is type(getattr(stored, field.name)), field.name
            if field.name not in ("created_at", "updated_at", "update_version"):
                assert value == getattr(entity, field.name), field.name

"""What every storage must do with its history, and with several threads at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.contracts.storage_suite import AUTHOR, Storage, again
from tests.contracts.storage_types import ITEMS, SHELVES, item, shelf

from cloudcore.model.entity import evolve
from cloudcore.model.errors import BackendError, CloudcoreError
from cloudcore.model.history import HISTORY, REDACTED, Fact
from cloudcore.model.query import EVERYTHING, Compare, IsNull, Op, Order, Query
from cloudcore.ports.unit_of_work import Author


class HistoryContract:
    """The history that commits write."""

    def test_each_change_is_one_record(self, storage: Storage) -> None:
        storage.put(ITEMS, item("a", note="x"))
        with storage.uow.write(AUTHOR) as tx:
            rows = tx.of(ITEMS, EVERYTHING)
            row = rows.get("a")
            assert row is not None
            row = rows.save(evolve(row, note="y", size=3), action="resize")
            rows.remove(row)
            tx.commit()
        made, changed, removed = storage.history("a")
        assert (made.action, changed.action, removed.action) == ("create", "resize", "delete")
        assert (changed.before, changed.after) == ({"note": "x", "size": None}, {"note": "y", "size": 3})
        assert removed.before["note"] == "y"
        assert removed.after == {}
        assert (changed.obj_type, changed.version, changed.owner_tenant_id) == ("item", 1, "t")
        assert (changed.request_id, changed.user_id, changed.position) == ("r1", "u1", None)
        assert changed.transaction == removed.transaction != made.transaction
        assert (changed.ordinal, removed.ordinal) == (0, 1)

    def test_a_unit_may_hold_the_work_of_several(self, storage: Storage) -> None:
        with storage.uow.write(AUTHOR) as tx:
            rows = tx.of(ITEMS, EVERYTHING)
            rows.add(item("a"))
            tx.act_as(Author(actor={"user_id": "u2"}, request_id="r2"))
            tx.act_as(Author(actor={"user_id": "u3"}, request_id="r3"))
            rows.add(item("b"))
            tx.record(Fact(action="look", obj_type="item", obj_id="b"))
            tx.commit()
        (first,), (second, fact) = storage.history("a"), storage.history("b")
        assert [(r.user_id, r.request_id) for r in (first, second, fact)] == [("u1", "r1"), ("u3", "r3"), ("u3", "r3")]
        assert first.transaction == second.transaction == fact.transaction

    def test_a_revision_is_another_after_each_commit_that_changes_rows(self, storage: Storage) -> None:
        kinds = {ITEMS.plural}
        seen, apart = [storage.uow.revision()], storage.uow.revision(without=kinds)
        storage.put(ITEMS, item("a"))
        seen.append(storage.uow.revision())
        with storage.uow.write(AUTHOR) as tx:
            row = tx.of(ITEMS, EVERYTHING).get("a")
            assert row is not None
            tx.of(ITEMS, EVERYTHING).save(evolve(row, size=7))
            assert storage.uow.revision() == seen[-1], "not before the commit"
            tx.commit()
        seen.append(storage.uow.revision())
        with storage.uow.write(AUTHOR) as tx:
            tx.of(ITEMS, EVERYTHING).add(item("b"))
        assert storage.uow.revision() == seen[-1], "nothing was kept"
        assert len(set(seen)) == len(seen)
        assert storage.uow.revision(without=kinds) == apart

    def test_what_commits_adjust_is_told_to_who_asks_again(self, storage: Storage) -> None:
        for name in ("a", "b", "c"):
            storage.put(SHELVES, shelf(name))
        first, none = storage.uow.written(SHELVES.plural, None)
        assert not none
        with storage.uow.write(AUTHOR) as tx:
            rows = tx.of(SHELVES, EVERYTHING)
            for name in ("b", "a", "b"):
                assert rows.adjust(name, {"used": 1})
            assert not rows.adjust("c", {"used": 9}, limits={"used": 5})
            assert not storage.uow.written(SHELVES.plural, first)[1], "not before the commit"
            tx.commit()
        with storage.uow.write(AUTHOR) as tx:
            assert tx.of(SHELVES, EVERYTHING).adjust("c", {"used": 1})
        second, found = storage.uow.written(SHELVES.plural, first)
        assert found == {"b": 2, "a": 1}, "what was not kept, or did not fit, is not told"
        assert not storage.uow.written("others", first)[1]
        assert not storage.uow.written(SHELVES.plural, second)[1]

    def test_secrets_are_redacted(self, storage: Storage) -> None:
        storage.put(ITEMS, item("a", pin="1234", code="5678"))
        with storage.uow.write(AUTHOR) as tx:
            row = tx.of(ITEMS, EVERYTHING).get("a")
            assert row is not None
            assert (row.pin, row.code) == ("1234", "5678")
            tx.of(ITEMS, EVERYTHING).save(evolve(row, pin="9999"))
            tx.commit()
        assert storage.get(ITEMS, "a").pin == "9999"
        made, changed = storage.history("a")
        assert (made.after["pin"], made.after["code"]) == (REDACTED, REDACTED)
        assert (changed.before, changed.after) == ({"pin": REDACTED}, {"pin": REDACTED})

    def test_saving_what_is_there_leaves_no_trace(self, storage: Storage) -> None:
        storage.put(ITEMS, item("a", labels={"k": [1, 2]}, pin="1234", weight=0.1))
        known = storage.get(ITEMS, "a")
        for read_again in (False, True):
            with storage.uow.write(AUTHOR) as tx:
                rows = tx.of(ITEMS, EVERYTHING)
                row = rows.get("a") if read_again else known
                assert row is not None
                assert rows.save(row).update_version == 0
                tx.commit()
        assert len(storage.history("a")) == 1

    def test_facts_are_records(self, storage: Storage) -> None:
        with storage.uow.write(AUTHOR) as tx:
            tx.record(Fact(action="login", obj_type="user", obj_id="u9", success=False, notes={"why": "password"}))
            tx.commit()
        (record,) = storage.history("u9")
        assert (record.action, record.success, record.after) == ("login", False, {"why": "password"})

    def test_positions_are_given_after_commit(self, storage: Storage) -> None:
        """One unit stays open while another commits; a reader by position misses nothing and sees nothing twice."""
        seen: list[str] = []
        first_wrote, may_commit = threading.Event(), threading.Event()

        def slow() -> None:
            with storage.uow.write(AUTHOR) as tx:
                tx.of(SHELVES, EVERYTHING).add(shelf("slow"))
                first_wrote.set()
                assert may_commit.wait(20)
                tx.commit()

        with ThreadPoolExecutor(2) as pool:
            one = pool.submit(slow)
            assert first_wrote.wait(20)
            two = pool.submit(storage.put, SHELVES, shelf("quick"))
            if storage.parallel:
                two.result(20)
                _number(storage)
                _follow(storage, seen)
                assert seen == ["quick"]
            may_commit.set()
            one.result(20)
            two.result(20)
        with storage.uow.read() as tx:
            assert tx.of(HISTORY, EVERYTHING).count(IsNull("position")) == (1 if storage.parallel else 2)
        _number(storage)
        _follow(storage, seen)
        assert seen == (["quick", "slow"] if storage.parallel else ["slow", "quick"])


class ConcurrencyContract:
    """Several threads at once."""

    def test_adjust_admits_exactly_what_fits(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))

        def take() -> bool:
            with storage.uow.write(AUTHOR) as tx:
                taken = tx.of(SHELVES, EVERYTHING).adjust("a", {"used": 3}, limits={"used": 100})
                tx.commit()
                return taken

        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda _: again(take), range(48)))
        assert results.count(True) == 33
        assert storage.get(SHELVES, "a").used == 99

    def test_of_two_equal_names_one_wins(self, storage: Storage) -> None:
        start = threading.Barrier(2)

        def add(ident: str) -> str:
            start.wait(20)
            try:
                again(lambda: storage.put(SHELVES, shelf(ident, name="same")))
            except CloudcoreError as error:
                return type(error).__name__
            return "kept"

        with ThreadPoolExecutor(2) as pool:
            results = sorted(pool.map(add, ("a", "b")))
        assert results == ["DuplicateNameError", "kept"]
        assert len(storage.find(SHELVES, Query())) == 1

    def test_no_save_is_lost(self, storage: Storage) -> None:
        storage.put(ITEMS, item("a", size=0))

        def bump() -> None:
            with storage.uow.write(AUTHOR) as tx:
                row = tx.of(ITEMS, EVERYTHING).get("a")
                assert row is not None
                assert row.size is not None
                tx.of(ITEMS, EVERYTHING).save(evolve(row, size=row.size + 1))
                tx.commit()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: again(bump), range(24)))
        kept = storage.get(ITEMS, "a")
        assert (kept.size, kept.update_version) == (24, 24)
        assert [r.version for r in storage.history("a")] == list(range(25))

    def test_what_is_steady_nobody_changes_until_the_unit_ends(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))
        order = list[str]()

        def change() -> None:
            with storage.uow.write(AUTHOR) as tx:
                assert tx.of(SHELVES, EVERYTHING).adjust("a", {"used": 1})
                tx.commit()
            order.append("changed")

        with ThreadPoolExecutor(1) as pool:
            with storage.uow.write(AUTHOR) as tx:
                assert tx.of(SHELVES, EVERYTHING).get("a", steady=True) is not None
                changing = pool.submit(lambda: again(change))
                time.sleep(0.3)
                row = tx.of(SHELVES, EVERYTHING).get("a", steady=True)
                assert row is not None
                assert row.used == 0
                order.append("steady")
                tx.commit()
            changing.result(30)
        assert order == ["steady", "changed"]
        assert storage.get(SHELVES, "a").used == 1

    def test_several_have_one_row_steady(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))
        if not storage.parallel:
            return
        with storage.uow.write(AUTHOR) as one, storage.uow.write(AUTHOR) as other:
            assert one.of(SHELVES, EVERYTHING).get("a", steady=True) is not None
            assert other.of(SHELVES, EVERYTHING).get("a", steady=True) is not None
            assert other.of(SHELVES, EVERYTHING).get("b", steady=True) is None
            other.commit()
            one.commit()

    def test_a_unit_that_reads_has_nothing_steady(self, storage: Storage) -> None:
        storage.put(SHELVES, shelf("a"))
        with storage.uow.read() as tx, pytest.raises(BackendError):
            tx.of(SHELVES, EVERYTHING).get("a", steady=True)


def _number(storage: Storage) -> None:
    """Give positions to the committed records that have none, as the leased sequencer does."""
    with storage.uow.write(AUTHOR) as tx:
        rows = tx.of(HISTORY, EVERYTHING)
        waiting = rows.find(Query(where=IsNull("position"), order=(Order("recorded_at"), Order("ordinal"))))
        last = rows.find(
            Query(where=Compare("position", Op.GE, 0), order=(Order("position", descending=True),), limit=1)
        )
        start = (last[0].position or 0) + 1 if last else 1
        rows.touch((row.id, {"position": start + i}) for i, row in enumerate(waiting))
        tx.commit()


def _follow(storage: Storage, seen: list[str]) -> None:
    """Read on from the last position, as consumers do."""
    query = Query(where=Compare("position", Op.GT, len(seen)), order=(Order("position"),))
    records = storage.find(HISTORY, query)
    assert [r.position for r in records] == list(range(len(seen) + 1, len(seen) + 1 + len(records)))
    seen.extend(r.obj_id for r in records)

"""The order in which committed records get their positions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from cloudcore.model.history import HISTORY, HistoryRecord
from cloudcore.model.query import PLATFORM, Order, Query
from cloudcore.operations.numbering import in_order, number
from cloudcore.ports.unit_of_work import Author

MIDNIGHT = datetime(2026, 1, 1, tzinfo=UTC)


def record(second: int, unit: str, thing: str, version: int, *, ordinal: int = 0, gone: bool = False) -> HistoryRecord:
    return HistoryRecord(
        id=f"{unit}-{ordinal}",
        recorded_at=MIDNIGHT + timedelta(seconds=second),
        transaction=unit,
        ordinal=ordinal,
        action="any",
        obj_type="thing",
        obj_id=thing,
        version=version,
        before={"a": 1} if version or gone else {},
        after={} if gone else {"a": 2},
    )


def ids(records: Any) -> list[str]:
    return [one.id for one in records]


def test_without_a_contradiction_time_decides() -> None:
    records = [record(1, "a", "x", 0), record(2, "b", "y", 0), record(3, "c", "x", 1)]

    assert ids(in_order(records)) == ["a-0", "b-0", "c-0"]


def test_an_earlier_change_of_a_thing_comes_first_though_its_unit_began_later() -> None:
    records = [record(1, "late", "x", 2), record(2, "other", "y", 0), record(3, "early", "x", 1)]

    assert ids(in_order(records)) == ["other-0", "early-0", "late-0"]


def test_a_removal_comes_after_the_last_change() -> None:
    records = [record(1, "removal", "x", 1, gone=True), record(2, "change", "x", 1)]

    assert ids(in_order(records)) == ["change-0", "removal-0"]


def test_what_one_unit_changed_stays_together_and_takes_others_along() -> None:
    records = [
        record(1, "second", "x", 2),
        record(1, "second", "y", 1, ordinal=1),
        record(1, "third", "y", 2),
        record(5, "first", "x", 1),
    ]

    assert ids(in_order(records)) == ["first-0", "second-0", "second-1", "third-0"]


def test_a_thing_that_was_made_anew_stays_as_time_says() -> None:
    records = [record(1, "a", "x", 0), record(2, "b", "x", 0, gone=True), record(3, "c", "x", 0)]

    assert ids(in_order(records)) == ["a-0", "b-0", "c-0"]


@pytest.mark.parametrize("batch", [2, 500])
def test_also_more_than_fit_into_one_batch_are_numbered_in_order(people: Any, batch: int) -> None:
    platform = people.cloud.platform
    number(platform)
    with platform.uow.write(Author()) as tx:
        told = tx.of(HISTORY, PLATFORM)
        for second, version in ((1, 4), (2, 3), (3, 2), (4, 1)):
            told.add(attrs.evolve(record(second, f"u{version}", "x", version), recorded_at=MIDNIGHT))
        tx.commit()

    while number(platform, batch):
        pass

    with platform.uow.read() as tx:
        rows = tx.of(HISTORY, PLATFORM).find(Query(order=(Order("position"),)))
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert [row.version for row in rows if row.obj_id == "x"] == [1, 2, 3, 4]

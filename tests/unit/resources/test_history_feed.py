"""The history as a feed: every record once, in one order, to those who may see it."""

from __future__ import annotations

from typing import Any

import pytest

from cloudcore.model.errors import CloudcoreError, ForbiddenError, InvalidInputError, OutOfRangeError
from cloudcore.ports.session import Session


def told(session: Session, after: str, **more: Any) -> list[dict[str, Any]]:
    return list(session.list("history", {"after": after, **more}).items)


def begin(people: Any) -> str:
    people.cloud.number_history()
    return str(people.admin.list("history").next_marker)


def test_what_happens_after_a_position_is_told_once_and_in_order(people: Any) -> None:
    start = begin(people)
    for name in ("a", "b", "c"):
        people.admin.create("keypairs", {"name": name})
    people.admin.update("keypairs", "b", {"description": "d"})
    people.admin.delete("keypairs", "a")
    people.cloud.number_history()

    seen: list[tuple[str, str]] = []
    after = start
    for _ in range(20):
        page = people.admin.list("history", {"after": after, "obj_type": "keypair", "limit": 2})
        seen += [(row["action"], row["obj_name"]) for row in page.items]
        positions = [row["position"] for row in page.items]
        assert positions == sorted(positions)
        assert all(int(after) < p <= int(page.next_marker) for p in positions)
        after = page.next_marker
    assert seen == [("create", "a"), ("create", "b"), ("create", "c"), ("update", "b"), ("delete", "a")]


def test_a_change_is_told_in_full(people: Any) -> None:
    people.admin.create("keypairs", {"name": "a", "description": "old"})
    start = begin(people)
    people.admin.update("keypairs", "a", {"description": "new"})
    people.cloud.number_history()
    (row,) = told(people.admin, start, obj_type="keypair")
    assert (row["before"], row["after"]) == ({"description": "old"}, {"description": "new"})
    assert row["user"] == "sysadmin"
    assert row["transaction"]


def test_without_a_position_it_tells_where_the_present_is(people: Any) -> None:
    start = begin(people)
    page = people.admin.list("history")
    assert (page.items, page.next_marker, page.marker_field) == ([], start, "position")


def test_records_that_are_filtered_out_are_passed_over(people: Any) -> None:
    start = begin(people)
    for number in range(5):
        people.admin.create("keypairs", {"name": f"k{number}"})
    people.cloud.number_history()
    page = people.admin.list("history", {"after": start, "obj_type": "server", "limit": 1})
    assert page.items == []
    assert int(page.next_marker) > int(start)


def test_nobody_hears_of_others(people: Any) -> None:
    start = begin(people)
    people.bob.create("keypairs", {"name": "bobs"})
    people.eve.create("keypairs", {"name": "eves"})
    people.cloud.number_history()
    assert [row["obj_name"] for row in told(people.eve, start, obj_type="keypair")] == ["eves"]
    assert [row["obj_name"] for row in told(people.admin, start, obj_type="keypair")] == ["bobs", "eves"]
    assert told(people.eve, start, obj_name="bobs") == []
    with pytest.raises(ForbiddenError):
        told(people.eve, start, scope="system")


def test_what_was_not_numbered_is_not_told_yet(people: Any) -> None:
    start = begin(people)
    people.admin.create("keypairs", {"name": "a"})
    assert told(people.admin, start) == []
    people.cloud.number_history()
    assert [row["obj_name"] for row in told(people.admin, start, obj_type="keypair")] == ["a"]


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        ({"after": "99999999"}, OutOfRangeError),
        ({"after": "-1"}, InvalidInputError),
        ({"after": "x"}, InvalidInputError),
        ({"after": "0", "limit": "x"}, InvalidInputError),
    ],
)
def test_a_wrong_position_names_its_field(people: Any, params: dict[str, str], kind: type[CloudcoreError]) -> None:
    with pytest.raises(kind) as caught:
        people.admin.list("history", params)
    assert caught.value.field in params

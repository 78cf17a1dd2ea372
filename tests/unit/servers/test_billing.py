"""Until when servers are wanted: terms, renewal, and release at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    CloudcoreError,
    ForbiddenError,
    InvalidInputError,
    InvalidStatusError,
    ResourceNotFoundError,
)
from cloudcore.model.reading import read_time
from cloudcore.model.term import read_term
from cloudcore.operations.terms import follow_terms
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.host import HOSTS

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def at(shown: Any, name: str) -> datetime:
    return read_time(shown[name], name)


def follow(world: World, **more: int) -> tuple[int, list[str]]:
    refused: list[str] = []
    done = follow_terms(world.cloud.platform, lambda ident, _error: refused.append(ident), **more)
    world.settle()
    return done, refused


@pytest.mark.parametrize(
    ("term", "end"),
    [
        ("30i", NOW + timedelta(minutes=30)),
        ("2H", NOW + timedelta(hours=2)),
        ("7D", NOW + 7 * DAY),
        ("2W", NOW + 14 * DAY),
        ("1M", datetime(2026, 2, 28, 12, 0, tzinfo=UTC)),
        ("11M", datetime(2026, 12, 31, 12, 0, tzinfo=UTC)),
        ("12M", datetime(2027, 1, 31, 12, 0, tzinfo=UTC)),
        ("10Y", datetime(2036, 1, 31, 12, 0, tzinfo=UTC)),
    ],
)
def test_a_term_ends_when_people_expect_it(term: str, end: datetime) -> None:
    assert read_term(term, "duration", NOW) == (term, end)


@pytest.mark.parametrize("term", ["", "1", "M", "1m", "-1M", "1.5M", "0D", "11Y", "121M", "999999D", "1M ", None, [1]])
def test_what_is_no_term_is_refused_by_name(term: Any) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_term(term, "duration", NOW)
    assert refused.value.field == "duration"


def test_what_is_paid_in_advance_stays_until_its_term_ends(world: World) -> None:
    before = datetime.now(UTC)
    made = world.server(world.alice, billing_type="prepaid", duration="1M", auto_renew=True)
    assert (made["billing_type"], made["billing_cycle"], made["auto_renew"]) == ("prepaid", "1M", True)
    end = at(made, "expired_at")
    assert timedelta(days=27) < end - before < timedelta(days=32)
    with pytest.raises(ForbiddenError):
        world.alice.delete("servers", "web")
    more = world.act(world.alice, "web", "renew", duration="2W")
    assert (at(more, "expired_at") - end, more["billing_cycle"]) == (14 * DAY, "2W")
    kept = world.act(world.alice, "web", "set-auto-renew", auto_renew=False, duration="1W")
    assert (kept["auto_renew"], kept["billing_cycle"]) == (False, "1W")
    world.change(SERVERS, made["id"], expired_at=before - DAY)
    assert follow(world) == (0, [])
    world.alice.delete("servers", "web")


def test_terms_are_renewed_at_their_end_if_that_was_asked_for(world: World) -> None:
    made = world.server(world.alice, billing_type="prepaid", billing_cycle="1D", auto_renew=True)
    ended = at(made, "expired_at") - 5 * DAY
    world.change(SERVERS, made["id"], expired_at=ended)
    assert follow(world) == (1, [])
    after = world.alice.get("servers", "web")
    assert at(after, "expired_at") == ended + 5 * DAY > datetime.now(UTC)
    assert follow(world) == (0, [])


def test_what_is_to_be_released_is_deleted_at_its_time_and_not_before(world: World) -> None:
    made = world.server(world.alice, duration="7D", disable_delete=True)
    assert made["billing_type"] == "postpaid"
    assert "expired_at" not in made
    assert timedelta(days=6) < at(made, "release_at") - datetime.now(UTC) <= timedelta(days=7)
    assert follow(world) == (0, [])
    world.change(SERVERS, made["id"], release_at=datetime.now(UTC) - DAY)
    assert follow(world) == (1, [])
    with pytest.raises(ResourceNotFoundError):
        world.alice.get("servers", "web")
    assert world.rows(DISKS) == []
    assert follow(world) == (0, [])


def test_a_time_of_release_is_set_moved_and_taken_off(world: World) -> None:
    made = world.server(world.alice, release_at="2100-01-01T00:00:00Z")
    assert made["release_at"] == "2100-01-01T00:00:00.000000Z"
    moved = world.act(world.alice, "web", "postpaid-expire", duration="2H")
    assert at(moved, "release_at") < datetime.now(UTC) + DAY
    moved = world.act(world.alice, "web", "postpaid-expire", expire_time="2099-01-01T00:00:00Z")
    assert moved["release_at"] == "2099-01-01T00:00:00.000000Z"
    assert "release_at" not in world.act(world.alice, "web", "cancel-expire")
    assert follow(world) == (0, [])


def test_what_cannot_be_released_now_is_told_of_and_tried_again(world: World) -> None:
    made = world.server(world.alice, duration="1D")
    world.change(SERVERS, made["id"], release_at=datetime.now(UTC) - DAY)
    world.change(HOSTS, world.host_id, host_status="offline")
    assert follow(world) == (0, [made["id"]])
    world.change(HOSTS, world.host_id, host_status="online")
    assert follow(world) == (1, [])


def test_none_waits_behind_those_that_are_refused(world: World) -> None:
    names = ("first", "second", "third")
    made = [world.server(world.alice, name, duration="1D")["id"] for name in names]
    for number, ident in enumerate(made):
        world.change(
            SERVERS, ident, release_at=datetime.now(UTC) - DAY + number * timedelta(hours=1), freezed=number < 2
        )
    assert follow(world, at_once=1) == (1, made[:2])
    assert {row.name for row in world.rows(SERVERS)} == {"first", "second"}


def test_it_is_paid_the_other_way_from_now_on(world: World) -> None:
    world.server(world.alice, duration="7D")
    advance = world.act(world.alice, "web", "change-billing-type", billing_type="prepaid", duration="1Y")
    assert (advance["billing_type"], advance["billing_cycle"]) == ("prepaid", "1Y")
    assert "release_at" not in advance
    use = world.act(world.alice, "web", "change-billing-type", billing_type="postpaid")
    assert use["billing_type"] == "postpaid"
    assert not {"expired_at", "billing_cycle", "release_at"} & set(use)
    world.alice.delete("servers", "web")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"billing_type": "prepaid"}, "duration"),
        ({"billing_type": "barter"}, "billing_type"),
        ({"duration": "soon"}, "duration"),
        ({"billing_cycle": "1X"}, "billing_cycle"),
        ({"auto_renew": True}, "auto_renew"),
        ({"release_at": "2001-01-01T00:00:00Z"}, "release_at"),
        ({"release_at": "2100-01-01", "duration": "1D"}, "release_at"),
        ({"billing_type": "prepaid", "duration": "1D", "release_at": "2100-01-01"}, "release_at"),
    ],
)
def test_terms_that_make_no_sense_are_refused_at_create(world: World, sent: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        world.server(world.alice, **sent)
    assert refused.value.field == field
    assert world.rows(SERVERS) == []


@pytest.mark.parametrize(
    ("action", "sent", "error"),
    [
        ("renew", {"duration": "1M"}, InvalidStatusError),
        ("renew", {}, InvalidInputError),
        ("set-auto-renew", {"auto_renew": True}, InvalidStatusError),
        ("postpaid-expire", {}, InvalidInputError),
        ("postpaid-expire", {"duration": "x"}, InvalidInputError),
        ("postpaid-expire", {"release_at": "2001-01-01"}, InvalidInputError),
        ("change-billing-type", {}, InvalidInputError),
        ("change-billing-type", {"billing_type": "prepaid"}, InvalidInputError),
    ],
)
def test_actions_that_make_no_sense_change_nothing(
    world: World, action: str, sent: dict[str, Any], error: type[CloudcoreError]
) -> None:
    before = world.server(world.alice)
    with pytest.raises(error):
        world.alice.perform("servers", "web", action, sent)
    with pytest.raises(ResourceNotFoundError):
        world.bob.perform("servers", before["id"], action, sent)
    assert world.alice.get("servers", "web") == before

"""Long exports: sent page by page, whole and in order."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from tests.wire.exchange import World

from cloudcore.auth.caller import platform_caller
from cloudcore.model.query import PLATFORM
from cloudcore.operations.run import writing
from cloudcore.resources.compute.keypair import KEYPAIRS, Keypair
from cloudcore_adapters.rest.exporting import PAGE, ExportReply

MANY = 2 * PAGE + 345
LIST = "/compute/keypairs?admin=true&export_keys=id,name&filter=name.startswith(row-)&order_by=name&order=asc"


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    owner = made.place.admin.caller.user_id

    def fill(tx: Any) -> None:
        for number in range(MANY):
            tx.of(KEYPAIRS, PLATFORM).add(
                Keypair(id=f"key-{number}", name=f"row-{number:06d}", owner_id=owner, public_key="ssh-rsa AAAA")
            )

    writing(made.place.cloud.platform, platform_caller("test"), fill)
    return made


def told(world: World, path: str) -> Any:
    answer = world.ask("admin", "GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(body: Any) -> list[str]:
    return [row["name"] for row in body["keypairs"]]


def rows(first: int, behind: int) -> list[str]:
    return [f"row-{number:06d}" for number in range(first, behind)]


@pytest.mark.parametrize("limit", [PAGE + 1, 2 * PAGE, MANY, MANY + 1, 100_000])
def test_a_long_export_is_what_one_answer_would_be(world: World, limit: int) -> None:
    answer = world.ask("admin", "GET", f"{LIST}&export_limit={limit}")
    assert "content-length" not in answer.headers
    body = answer.json()
    assert names(body) == rows(0, min(limit, MANY))
    assert set(body["keypairs"][0]) == {"id", "name"}
    assert (body["total"], body["limit"]) == (MANY, limit)
    assert set(body) == {"keypairs", "total", "limit"}


def test_a_long_export_begins_behind_an_offset_or_a_marker(world: World) -> None:
    body = told(world, f"{LIST}&export_limit=2000&offset=500")
    assert names(body) == rows(500, MANY)
    assert (body["total"], body["offset"], body["limit"]) == (MANY, 500, 2000)
    body = told(world, f"{LIST}&export_limit=1500&paging_marker=")
    assert names(body) == rows(0, 1500)
    rest = told(world, f"{LIST}&export_limit=1500&paging_marker={body['next_marker']}")
    assert names(rest) == rows(1500, MANY)
    assert (rest["next_marker"], rest["limit"]) == ("", 1500)
    assert "total" not in rest


def test_an_export_of_nothing_is_an_empty_list(world: World) -> None:
    assert told(world, f"{LIST}&export_limit=5000&name=nobody") == {"keypairs": []}
    assert told(world, f"{LIST}&export_limit=5000&offset=90000")["keypairs"] == []


def test_what_is_wrong_with_an_export_is_said_before_it_begins(world: World) -> None:
    for more, status in (("&filter=nothing.equals(1)", 400), ("&paging_marker=x", 400), ("&export_limit=many", 400)):
        assert world.ask("admin", "GET", f"{LIST}&export_limit=5000{more}").status_code == status, more
    assert world.ask("bob", "GET", "/compute/hosts?export_keys=id&export_limit=5000").status_code == 403
    head = world.ask("admin", "HEAD", f"{LIST}&export_limit=5000")
    assert (head.status_code, head.content) == (200, b"")


def test_the_gateway_makes_a_table_of_it(world: World) -> None:
    answer = world.ask("admin", "GET", LIST.replace("/compute/", "/api/v1/") + "&export_limit=5000")
    assert [line.split(",")[1] for line in answer.text.split()] == ["name", *rows(0, MANY)]


def test_an_export_holds_a_page_in_memory_whatever_its_length(world: World) -> None:
    session = world.place.admin
    params = {"export_keys": "id,name,public_key,created_at", "filter": "name.startswith(row-)", "admin": "true"}

    def peak(limit: int) -> int:
        asked = {**params, "export_limit": str(limit)}
        tracemalloc.start()
        reply = ExportReply("keypairs", lambda one: session.list("keypairs", one), asked, None)  # type: ignore[arg-type]
        sent = len(reply._first) + sum(len(piece) for piece in reply._pieces)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert sent > 50 * min(limit, MANY)
        return most

    one = peak(PAGE + 1)
    assert peak(MANY) < 1.5 * one

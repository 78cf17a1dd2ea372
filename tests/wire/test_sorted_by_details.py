"""Lists sorted by what only details say, and by addresses as numbers."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.exchange import World

from cloudcore_apps.inprocess import simulated_cloud

STARTS = ("10.127.9.10", "10.127.10.10", "10.127.128.10")


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    body = {"name": "low", "wire": "wire0", "guest_ip_start": STARTS[0], "guest_ip_end": "10.127.9.20"}
    world.make("network", {**body, "guest_ip_mask": 24})
    return world


def _listed(world: World, query: str) -> Any:
    answer = world.ask("admin", "GET", f"/compute/networks?filter=guest_ip_start.startswith(10.127.)&{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def _starts(world: World, query: str) -> tuple[str, ...]:
    return tuple(row["guest_ip_start"] for row in _listed(world, query)["networks"])


@pytest.mark.parametrize("details", ["true", "false"])
def test_addresses_are_sorted_as_numbers(world: World, details: str) -> None:
    for query, expected in (
        ("order_by_ip_start=asc", STARTS),
        ("order_by_ip_start=desc", STARTS[::-1]),
        ("order_by=ip_start&order=asc", STARTS),
        ("order_by_ip_end=asc", STARTS),
    ):
        assert _starts(world, f"{query}&details={details}") == expected, query


def test_pages_say_where_they_are(world: World) -> None:
    found = _listed(world, "order_by_ip_start=asc&limit=2&offset=1&field=name&field=guest_ip_start")
    assert [row["guest_ip_start"] for row in found["networks"]] == list(STARTS[1:])
    assert (found["total"], found["limit"], found["offset"]) == (3, 2, 1)
    assert set(found["networks"][0]) == {"name", "guest_ip_start"}
    assert _listed(world, "order_by_ip_start=asc&offset=3") == {"networks": [], "total": 3}
    whole = _listed(world, "order_by_ip_start=asc&force_no_paging=true&export_keys=guest_ip_start")
    assert len(whole["networks"]) == 3


def test_a_page_by_marker_says_that_it_cannot(world: World) -> None:
    answer = world.ask("admin", "GET", "/compute/networks?order_by_ip_start=asc&paging_marker=")
    assert (answer.status_code, answer.json()["data"]) == (400, {"field": "paging_marker"})


def test_hosts_are_sorted_by_how_full_they_are() -> None:
    place = simulated_cloud(hosts=3)
    for number, size in ((1, 2048), (2, 3072), (3, 1024)):
        place.admin.create("disks", {"name": f"disk-{number}", "size": size, "prefer_host_id": f"sim-{number}"})
        cores = {"cpu_reserved": 8 * number, "mem_reserved": 1024 * number}
        place.admin.update("hosts", f"sim-{number}", cores)
    place.settle()
    full = ["sim-2", "sim-1", "sim-3"]
    for key in ("storage_used", "storage_commit_rate", "virtual_storage_usage"):
        for way, names in (("desc", full), ("asc", full[::-1])):
            rows = place.admin.list("hosts", {f"order_by_{key}": way}).items
            assert [row["name"] for row in rows] == names, (key, way)
    for key in ("storage", "cpu_commit_rate", "mem_commit_rate", "virtual_cpu_usage", "virtual_mem_usage"):
        # All alike: the usual order, in which the last one is first.
        assert place.admin.list("hosts", {f"order_by_{key}": "asc"}).items[0]["name"] == "sim-3", key

"""What operators do to hosts over the wire."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.wire.exchange import World


@pytest.fixture
def world() -> Iterator[World]:
    return World()


def host_of(world: World) -> Any:
    return world.ask("admin", "GET", "/compute/hosts").json()["hosts"][0]


def act(world: World, action: str, body: Any = None, who: str = "admin") -> Any:
    return world.ask(who, "POST", f"/compute/hosts/{host_of(world)['id']}/{action}", json=body or {})


def create(world: World) -> Any:
    body = {"name": "later", "vcpu_count": 1, "vmem_size": 64, "disks": ["tiny:1g"], "nets": ["net0"]}
    return world.ask("admin", "POST", "/compute/servers", json={"server": body})


@pytest.mark.parametrize(
    ("begin", "end"), [("maintenance", "unmaintenance"), ("host-maintenance", "host-exit-maintenance")]
)
def test_nothing_is_placed_on_a_host_under_maintenance(world: World, begin: str, end: str) -> None:
    assert act(world, end).status_code == 400
    assert act(world, begin).status_code == 200
    host = host_of(world)
    assert (host["status"], host["is_maintenance"]) == ("maintaining", True)
    refused = create(world)
    assert (refused.status_code, refused.json()["class"]) == (400, "InsufficientResourceError")
    assert "maintaining" in refused.text
    assert act(world, end).status_code == 200
    host = host_of(world)
    assert (host["status"], host["is_maintenance"]) == ("running", False)
    assert create(world).status_code == 200
    world.place.settle()


def test_maintenance_stops_servers_where_that_is_said(world: World) -> None:
    def on() -> set[str]:
        rows = world.ask("admin", "GET", "/compute/servers?filter=power_states.equals(on)").json()["servers"]
        return {row["name"] for row in rows}

    started = on()
    assert started
    kept = act(world, "maintenance").json()["host"]
    assert ({one["name"] for one in kept["stay"]}, kept["stopping"], kept["left"]) == (started, [], 0)
    assert "on" in kept["stay"][0]["reason"]
    emptied = act(world, "maintenance", {"stop": True}).json()["host"]
    assert {one["name"] for one in emptied["stopping"]} == started
    world.place.settle()
    assert on() == set()
    assert act(world, "maintenance").json()["host"]["stay"] == []


def test_a_host_is_asked_how_its_servers_are(world: World) -> None:
    answer = act(world, "syncstatus").json()["host"]
    assert answer["asked"]
    world.place.settle()
    flows = world.ask("admin", "GET", "/compute/tasks?flow=server-syncstatus").json()["tasks"]
    assert {task["obj_id"] for task in flows} == {one["id"] for one in answer["asked"]}
    assert {task["state"] for task in flows} == {"complete"}


def test_a_ping_says_what_is_known_of_the_host(world: World) -> None:
    host = act(world, "ping").json()["host"]
    assert (host["status"], host["host_status"]) == ("running", "online")


@pytest.mark.parametrize("action", ["maintenance", "unmaintenance", "syncstatus", "ping"])
def test_they_are_for_those_who_run_hosts(world: World, action: str) -> None:
    assert act(world, action, who="bob").status_code in (403, 404)
    assert host_of(world)["status"] == "running"


def test_what_would_be_kept_and_change_nothing_is_refused(world: World) -> None:
    path = f"/compute/hosts/{host_of(world)['id']}"
    refused = world.ask("admin", "PUT", path, json={"host": {"enable_numa_allocate": True}})
    assert (refused.status_code, refused.json()["class"]) == (406, "NotSupportedError")
    assert refused.json()["data"]["field"] == "enable_numa_allocate"
    assert world.ask("admin", "PUT", path, json={"host": {"enable_numa_allocate": False}}).status_code == 200

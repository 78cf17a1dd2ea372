"""How much there is, what can be had, and tasks that are told that a part is over."""

from __future__ import annotations

import pytest
from tests.wire.exchange import SECRET, World

from cloudcore.model.errors import ForbiddenError, InvalidInputError, ResourceNotFoundError


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_usage_counts_each_scope_by_itself(world: World) -> None:
    told = world.ask("admin", "GET", "/compute/usages").json()["usage"]
    assert told["all.servers"] == told["domain.servers"] == told["servers"] == 3
    assert (told["all.servers.running"], told["all.servers.cpu"], told["all.servers.memory"]) == (1, 3, 3072)
    assert told["all.disks"] == 6
    bob = world.ask("bob", "GET", "/compute/usages").json()["usage"]
    assert bob["servers"] == 0
    assert not [key for key in bob if key.startswith("all.")]


def test_usage_of_another_owner(world: World) -> None:
    for query, key, count in (
        ("project=proj1", "servers", 0),
        ("project=system", "servers", 3),
        ("tenant=system&project_domain=Default", "servers", 3),
        ("project_domain=default", "domain.servers", 3),
    ):
        told = world.ask("admin", "GET", f"/compute/usages?{query}").json()["usage"]
        assert told[key] == count, query
        assert "all.servers" not in told
    assert world.ask("bob", "GET", "/compute/usages?project=proj1").json()["usage"]["servers"] == 0
    far = world.make("domain", {"name": "far"})
    assert world.ask("admin", "GET", f"/compute/usages?project_domain={far}").json()["usage"]["domain.servers"] == 0
    assert world.ask("bob", "GET", f"/compute/usages?project_domain={far}").status_code == 404


def test_usage_of_every_service_and_place(world: World) -> None:
    assert world.ask("admin", "GET", "/v3/usages?scope=domain").json()["usage"]["domain.projects"] == 2
    assert world.ask("admin", "GET", "/image/v1/usages").json()["usage"]["all.images"] == 1
    here = world.ask("admin", "GET", "/compute/usages/zones/zone0").json()["usage"]
    assert (here["all.servers"], here["all.hosts"]) == (3, 1)
    assert "all.keypairs" not in here


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("bob", "/compute/usages?scope=system", 403),
        ("admin", "/compute/usages?scope=planet", 400),
        ("admin", "/compute/usages/zones/nowhere", 404),
        ("admin", "/compute/usages?project=nowhere", 404),
        ("admin", "/compute/usages?project_domain=nowhere", 404),
        ("admin", "/compute/usages/keypairs/x", 404),
        ("none", "/compute/usages", 401),
        ("none", "/compute/capabilities", 401),
        ("none", "/compute/stats", 401),
        ("bob", "/compute/stats", 403),
        ("bob", "/worker_stats", 403),
        ("bob", "/process_stats", 403),
        ("bob", "/app-options", 403),
    ],
)
def test_who_may_not_ask_is_told_so(world: World, who: str, path: str, status: int) -> None:
    assert world.ask(who, "GET", path).status_code == status


def test_capabilities_are_bare_and_places_have_theirs_in_an_envelope(world: World) -> None:
    whole = world.ask("admin", "GET", "/compute/capabilities").json()
    assert whole["hypervisors"]
    assert whole["usable"] is True
    assert whole["gpu_models"] == []
    zone = world.ask("admin", "GET", "/compute/zones/zone0/capability").json()["zone"]
    region = world.ask("admin", "GET", "/compute/cloudregions/default/capability").json()["cloudregion"]
    assert zone == region == whole
    (kinds,) = {tuple(by) for by in zone["storage_types3"].values()}
    assert zone["storage_types3"][zone["hypervisors"][0]][kinds[0]]["capacity"] > 0


def test_how_full_storages_are_is_not_for_everybody(world: World) -> None:
    answer = world.ask("bob", "GET", "/compute/capabilities")
    assert answer.status_code == 200
    assert '"free_capacity"' not in answer.text
    assert answer.json()["storage_types"] == ["local"]


def test_a_task_is_called_back_wrapped_or_bare(world: World) -> None:
    path = f"/compute/tasks/{world.words['task']}"
    for body in (
        {"tasks": {"__status__": "OK", "size": 1}},
        {"size": 1},
        {"__status__": "error", "__reason__": "no"},
        {},
    ):
        answer = world.ask("admin", "POST", path, json=body)
        assert (answer.status_code, answer.json()) == (200, {"tasks": {"result": "ok"}})
    assert world.ask("admin", "POST", "/v3/tasks/" + world.words["task"], json={}).status_code == 200
    wrong = world.ask("admin", "POST", path, json={"__status__": "perhaps"})
    assert (wrong.status_code, wrong.json()["data"]) == (400, {"field": "__status__"})
    assert world.ask("bob", "POST", path, json={}).status_code == 404
    assert world.ask("admin", "POST", "/compute/tasks/no-such-task", json={}).status_code == 404


def test_processes_tell_administrators_how_they_are(world: World) -> None:
    assert world.ask("admin", "GET", "/compute/stats").json()["total"] > 0
    pools = world.ask("admin", "GET", "/worker_stats").json()["workers"]
    assert {pool["name"] for pool in pools} == {"requests", "transfers"}
    assert world.ask("admin", "GET", "/process_stats").json()["mem_size"] > 1 << 20
    assert "json_bytes" in world.ask("admin", "GET", "/app-options").json()["app-options"]["limits"]


def test_the_library_asks_the_same(world: World) -> None:
    admin = world.place.admin
    assert admin.property("usages", "compute")["all.servers"] == 3
    assert admin.property("usages", "zones/zone0")["all.hosts"] == 1
    assert admin.property("capabilities", "all")["usable"] is True
    with pytest.raises(InvalidInputError):
        admin.property("usages", "compute", {"scope": "planet"})
    with pytest.raises(ResourceNotFoundError):
        admin.property("usages", "zones/nowhere")
    bob = world.place.cloud.login("bob", SECRET, project="proj1")
    with pytest.raises(ForbiddenError):
        bob.property("usages", "compute", {"scope": "system"})

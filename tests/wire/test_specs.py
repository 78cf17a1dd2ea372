"""What is asked of hardware, of all tags, and of services' configuration."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.exchange import SECRET, World


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def told(world: World, path: str, who: str = "admin") -> Any:
    answer = world.ask(who, "GET", path)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


def test_specs_count_kinds_and_list_what_is_of_one(world: World) -> None:
    everything = told(world, "/compute/specs")["spec"]
    assert set(everything) == {"hosts", "isolated_devices", "servers"}
    hosts = told(world, "/compute/specs/hosts")["spec"]
    assert everything["hosts"] == hosts
    ((key, kind),) = hosts.items()
    assert (kind["count"], kind["nic"]) == (1, 1)
    assert key.split("/")[0] == f"cpu:{kind['cpu']}"
    assert f"mem:{kind['mem']}M" in key.split("/")
    quoted = key.replace("/", "%2F")
    (host,) = told(world, f"/compute/specs/hosts/{quoted}/resource")["spec"]
    assert host["id"] == told(world, "/compute/hosts")["hosts"][0]["id"]
    assert host["zone"] == "zone0"
    assert told(world, f"/compute/specs/hosts/nic:1%2Fcpu:{kind['cpu']}/resource")["spec"] == [host]
    assert told(world, "/compute/specs/hosts/nic:77/resource")["spec"] == []
    assert told(world, "/compute/specs/hosts?filter=name.equals(none)")["spec"] == {}


def test_specs_of_servers_are_those_that_the_caller_may_list(world: World) -> None:
    servers = told(world, "/compute/specs/servers")["spec"]
    assert servers == told(world, "/compute/specs/guests")["spec"]
    assert sum(kind["count"] for kind in servers.values()) == len(told(world, "/compute/servers")["servers"]) == 2
    (key,) = servers
    assert len(told(world, f"/compute/specs/servers/{key.replace('/', '%2F')}/resource")["spec"]) == 2
    assert told(world, "/compute/specs", "bob")["spec"] == {"servers": {}}
    for path, who, status in (
        ("/compute/specs/hosts", "bob", 403),
        ("/compute/specs/hosts/nic:1/resource", "bob", 403),
        ("/compute/specs/vpcs", "admin", 404),
        ("/compute/specs", "none", 401),
    ):
        assert world.ask(who, "GET", path).status_code == status, path


def test_tags_of_all_types_are_counted(world: World) -> None:
    pairs = told(world, "/compute/metadatas/tag-value-pairs?resources=network")["metadata"]
    assert pairs == {"data": [{"count": 2, "key": "user:site", "value": "lab"}], "total": 1}
    keys = told(world, "/compute/metadatas/tag-value-pairs?key_only=true&key=user:site")["metadata"]
    assert keys["data"] == [{"count": 2, "key": "user:site", "value": ""}]
    tree = told(world, "/compute/metadatas/tag-value-tree?resources=network&key=user:site")["metadata"]
    assert tree["count"] == 2
    assert [(one["value"], one["count"]) for one in tree["children"]] == [("lab", 2)]
    assert told(world, "/v3/metadatas/tag-value-pairs?resources=user")["metadata"] == {"data": [], "total": 0}
    assert world.ask("admin", "GET", "/compute/metadatas/tag-value-list").status_code == 404
    assert world.ask("bob", "GET", "/compute/metadatas/tag-value-pairs?resources=host").status_code == 403


def test_configuration_of_services_is_kept_merged_and_taken_out(world: World) -> None:
    path = "/v3/services/common/config"
    assert told(world, path) == {"service": {"config": None}}
    assert "common" not in {one["type"] for one in told(world, "/v3/auth/catalog")["catalog"]}
    first = {"config": {"default": {"api_server": "https://here", "port": 1}, "more": {"a": [1]}}}
    answer = world.ask("admin", "POST", path, json={**first, "action": "update"})
    assert (answer.status_code, answer.json()["service"]) == (200, first)
    version = told(world, "/v3/services/common")["service"]["config_version"]
    body = {"service": {"config": {"default": {"port": None}, "more": {"a": None}}, "action": "remove"}}
    left = world.ask("admin", "POST", path, json=body).json()["service"]["config"]
    assert left == told(world, path)["service"]["config"] == {"default": {"api_server": "https://here"}}
    assert told(world, "/v3/services/common")["service"]["config_version"] == version + 1
    assert "config" not in told(world, "/v3/services/common")["service"]
    same = {"config": {"default": {"api_server": "https://here"}}, "action": "replace"}
    assert world.ask("admin", "POST", path, json=same).status_code == 200
    assert told(world, "/v3/services/common")["service"]["config_version"] == version + 1
    world.make("user", {"name": "eve", "password": SECRET})
    grant = "/v3/projects/system/users/eve/roles/sys_adtadmin"
    assert world.ask("admin", "PUT", grant, json={}).status_code == 200
    world.tokens["eve"] = world.login("eve", SECRET, "system")
    assert told(world, "/v3/services/common", "eve")["service"]["name"] == "common"
    assert world.ask("eve", "GET", path).status_code == 403
    record = told(world, "/log/actions?obj_type=service&limit=1")["actions"][0]
    assert "https://here" not in str(record)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "config"),
        ({"config": 3}, "config"),
        ({"config": {"default": 3}}, "config.default"),
        ({"config": {"default": {"a": 1}}, "action": "burn"}, "action"),
        ({"config": {"default": {"a": "x" * 70_000}}}, "config"),
    ],
)
def test_configuration_that_is_none_is_refused_and_changes_nothing(
    world: World, body: dict[str, Any], field: str
) -> None:
    before = told(world, "/v3/services/region2/config")
    answer = world.ask("admin", "POST", "/v3/services/region2/config", json=body)
    assert (answer.status_code, answer.json()["data"]["field"]) == (400, field), answer.text
    assert told(world, "/v3/services/region2/config") == before


def test_configuration_is_for_administrators(world: World) -> None:
    assert world.ask("bob", "GET", "/v3/services/common/config").status_code in (403, 404)
    sent = {"config": {"default": {"a": 1}}}
    assert world.ask("bob", "POST", "/v3/services/common/config", json=sent).status_code in (403, 404)
    assert world.ask("none", "GET", "/v3/services/common/config").status_code == 401

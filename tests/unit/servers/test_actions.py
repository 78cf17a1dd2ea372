"""Every action and detail that existing clients know is answered: done, refused for what was sent, or not supported."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.unit.servers.world import SECRET, World
from tests.wire.documented_actions import ACTIONS, CLASS_ACTIONS, DETAILS

from cloudcore.cloud import TYPES
from cloudcore.model.errors import (
    ActionNotFoundError,
    CloudcoreError,
    ConflictError,
    InvalidInputError,
    InvalidStatusError,
    NotSupportedError,
    ResourceNotFoundError,
    SpecNotFoundError,
)
from cloudcore.model.resource import ActionKind
from cloudcore.operations import later
from cloudcore.operations.batches import batch_actions
from cloudcore.operations.ladder import ladder_actions
from cloudcore.resources.network.eip import EIPS
from cloudcore_adapters.rest.app import build_app

BY_PLURAL = {resource.plural: resource for resource in TYPES}


def offered(plural: str, kind: ActionKind) -> set[str]:
    resource = BY_PLURAL[plural]
    found = {action.name for action in resource.actions if action.kind == kind}
    if kind is ActionKind.PERFORM:
        return found | set(ladder_actions(resource.entity))
    if kind is ActionKind.CLASS:
        return found | set(batch_actions(resource.entity)) | {"check-create-data"}
    return found | {"status", "metadata"}


@pytest.mark.parametrize(
    ("documented", "kind", "refused"),
    [
        (ACTIONS, ActionKind.PERFORM, later.ACTIONS),
        (CLASS_ACTIONS, ActionKind.CLASS, later.CLASS_ACTIONS),
        (DETAILS, ActionKind.SPEC, later.DETAILS),
    ],
    ids=["actions", "class actions", "details"],
)
def test_what_clients_ask_for_is_offered_or_refused_and_never_both(documented: Any, kind: Any, refused: Any) -> None:
    for plural, words in documented.items():
        unknown = set(words.split()) - offered(plural, kind) - set(refused.get(plural, ()))
        assert unknown == set(), plural
    for plural, names in refused.items():
        assert names & offered(plural, kind) == set(), plural


def answer_of(world: World, server: str, action: str) -> Any:
    """What an action says to an empty body: its answer or its error."""
    try:
        return world.alice.perform("servers", server, action, {})
    except CloudcoreError as error:
        return error


def test_no_action_or_detail_of_a_server_is_unknown(world: World) -> None:
    server = world.server(world.alice)["id"]
    for name in ACTIONS["servers"].split():
        said = answer_of(world, server, name)
        assert not isinstance(said, ActionNotFoundError), name
        if later.is_later(later.ACTIONS, "servers", name):
            assert isinstance(said, NotSupportedError), name
        world.settle()
    for name in DETAILS["servers"].split():
        if later.is_later(later.DETAILS, "servers", name):
            with pytest.raises(NotSupportedError):
                world.alice.detail("servers", server, name)
        else:
            assert world.alice.detail("servers", server, name) is not None


def test_what_is_not_offered_tells_nothing_of_others_servers(world: World) -> None:
    server = world.server(world.alice)["id"]
    for work in (
        lambda: world.bob.perform("servers", server, "migrate-forecast"),
        lambda: world.bob.detail("servers", server, "vnc"),
    ):
        with pytest.raises(ResourceNotFoundError):
            work()
    with pytest.raises(ActionNotFoundError):
        world.alice.perform("servers", server, "levitate")
    with pytest.raises(SpecNotFoundError):
        world.alice.detail("servers", server, "levity")


def test_over_rest_it_is_406_with_its_class(world: World) -> None:
    server = world.server(world.alice)["id"]
    client = TestClient(build_app(world.cloud))
    user = {"name": "alice", "password": SECRET, "domain": {"name": "Default"}}
    scope = {"project": {"name": "alices", "domain": {"name": "Default"}}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}
    token = client.post("/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]
    for method, path in (
        ("POST", f"/compute/servers/{server}/migrate-forecast"),
        ("POST", "/compute/servers/batch-migrate"),
        ("GET", f"/compute/servers/{server}/vnc"),
    ):
        answer = client.request(method, path, headers={"X-Auth-Token": token}, json={} if method == "POST" else None)
        assert (answer.status_code, answer.json()["class"]) == (406, "NotSupportedError"), answer.text


def test_a_server_gets_and_loses_public_addresses(world: World) -> None:
    world.admin.create(
        "networks",
        {"name": "public", "wire": world.admin.list("wires").items[0]["id"], "server_type": "eip",
         "guest_ip_prefix": "198.51.100.0/29", "is_public": True},
    )  # fmt: skip
    world.admin.perform("networks", "public", "public", {"scope": "system"})
    web = world.server(world.alice)
    shown = world.alice.perform("servers", "web", "create-eip", {"bandwidth": 10})
    (eip,) = world.rows(EIPS)
    assert (eip.bandwidth, eip.associate_id, eip.tenant_id) == (10, web["id"], web["tenant_id"])
    assert shown["eip"] == eip.ip_addr
    assert shown["eip_mode"] == "elastic_ip"
    with pytest.raises(ConflictError):
        world.alice.perform("servers", "web", "create-eip", {})
    assert len(world.rows(EIPS)) == 1
    world.alice.perform("servers", "web", "dissociate-eip")
    with pytest.raises(InvalidStatusError):
        world.alice.perform("servers", "web", "dissociate-eip")
    world.server(world.bob, "theirs")
    with pytest.raises(ResourceNotFoundError):
        world.bob.perform("servers", "theirs", "associate-eip", {"eip_id": eip.id})
    world.alice.perform("servers", "web", "associate-eip", {"eip_id": eip.id})
    world.alice.perform("servers", "web", "dissociate-eip", {"auto_delete": True})
    assert world.rows(EIPS) == []


def test_groups_source_checks_and_tags_are_set_from_the_servers_side(world: World) -> None:
    web = world.server(world.alice, on=False)["id"]
    world.alice.create("instancegroups", {"name": "apart"})
    world.alice.perform("servers", web, "bind-groups", {"group_ids": ["apart"]})
    assert world.alice.get("instancegroups", "apart")["guest_count"] == 1
    world.alice.perform("servers", web, "unbind-groups", {"group_ids": ["apart"]})
    assert world.alice.get("instancegroups", "apart")["guest_count"] == 0
    shown = world.alice.perform("servers", web, "modify-src-check", {"src_mac_check": False})
    assert (shown["src_ip_check"], shown["src_mac_check"]) == (False, False)
    with pytest.raises(InvalidInputError):
        world.alice.perform("servers", web, "modify-src-check", {})
    body = {"resources": [{"id": web}, {"id": "web"}], "metadata": {"env": "test"}}
    world.alice.perform_class("servers", "batch-user-metadata", body)
    assert world.alice.get("servers", web)["metadata"] == {"user:env": "test"}
    with pytest.raises(ResourceNotFoundError):
        world.bob.perform_class("servers", "batch-user-metadata", body)
    for wrong in ({}, {"resources": []}, {"resources": [{"type": "disk", "id": web}], "metadata": {}}):
        with pytest.raises(InvalidInputError):
            world.alice.perform_class("servers", "batch-user-metadata", wrong)


def test_a_server_tells_how_to_make_one_like_it(world: World) -> None:
    web = world.server(world.alice, on=False, user_data="#cloud-config\n")
    told = world.alice.detail("servers", web["id"], "create-params")
    assert "user_data" not in told
    made = world.alice.create("servers", told)
    world.settle()
    other = world.alice.get("servers", made["id"])
    assert [(d["size"], d["image_id"]) for d in other["disks_info"]] == [
        (d["size"], d["image_id"]) for d in web["disks_info"]
    ]
    assert (other["vcpu_count"], other["vmem_size"]) == (web["vcpu_count"], web["vmem_size"])


def test_the_port_of_its_ssh_server_is_recorded() -> None:
    world = World()
    world.server(world.alice)
    assert world.act(world.alice, "web", "set-sshport", port="2222")["ssh_port"] == 2222
    assert world.alice.detail("servers", "web", "sshport") == {"port": 2222}
    for port in (None, 0, 65_536, "ssh"):
        with pytest.raises(CloudcoreError) as caught:
            world.act(world.alice, "web", "set-sshport", port=port)
        assert caught.value.field == "port"
    assert world.alice.get("servers", "web")["ssh_port"] == 2222


def test_what_system_runs_in_a_server_is_recorded() -> None:
    world = World()
    world.server(world.alice)
    told = world.act(world.alice, "web", "set-os-info", type="Windows", distribution="Windows Server", version="2022")
    assert told["os_type"] == "Windows"
    assert told["metadata"] == {"os_type": "Windows", "os_distribution": "Windows Server", "os_version": "2022"}
    assert [one["name"] for one in world.alice.list("servers", {"os_dist": "Windows Server"}).items] == ["web"]
    with pytest.raises(CloudcoreError) as caught:
        world.act(world.alice, "web", "set-os-info")
    assert caught.value.field == "type"

"""Addresses of groups, of networks and public ones."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    CloudcoreError,
    ConflictError,
    InvalidStatusError,
    NotEmptyError,
    ResourceNotFoundError,
)


@pytest.fixture
def world() -> World:
    made = World()
    made.alice.create(
        "networks", {"name": "front", "wire": "wire0", "guest_ip_prefix": "10.9.0.0/29", "alloc_policy": "stepup"}
    )
    public = {"name": "public", "wire": "wire0", "guest_ip_prefix": "10.9.1.0/29", "server_type": "eip"}
    made.admin.create("networks", public)
    made.admin.perform("networks", "public", "public", {"scope": "system"})
    made.alice.create("instancegroups", {"name": "web"})
    return made


def attach(world: World, **sent: Any) -> Any:
    return world.alice.perform("instancegroups", "web", "attachnetwork", {"network_id": "front", **sent})


def free(world: World) -> list[str]:
    return list(world.alice.detail("networks", "front", "available-addresses")["addresses"])


def test_an_address_of_a_group_is_given_to_nobody_else(world: World) -> None:
    before = free(world)
    assert attach(world)["vips"] == before[:1]
    assert attach(world, ip_addr=before[2])["vips"] == [before[0], before[2]]
    assert free(world) == [before[1], *before[3:]]
    with pytest.raises(ConflictError):
        attach(world, ip_addr=before[2])
    with pytest.raises(CloudcoreError) as caught:
        world.server(world.alice, on=False, nets=[{"network": "front", "address": before[0]}])
    assert before[0] in str(caught.value) or caught.value.field
    assert world.server(world.alice, on=False, nets=["front"])["nics"][0]["ip_addr"] == before[1]
    shown = world.alice.get("networks", "front")
    assert (shown["group_vnics"], shown["group_count"]) == (2, 2)
    held = world.alice.detail("networks", "front", "addresses")["addresses"]
    assert [row["owner"] for row in held if row["owner_type"] == "instancegroup"] == ["web", "web"]
    assert world.alice.list("groupnetworks", {"group": "web"}).total == 2


def test_addresses_are_given_back_one_by_one_or_all(world: World) -> None:
    before = free(world)
    for _ in range(3):
        attach(world)
    assert world.alice.perform("instancegroups", "web", "detachnetwork", {"ip_addr": before[1]})["vips"] == [
        before[0],
        before[2],
    ]
    assert attach(world)["vips"] == [before[0], before[1], before[2]]
    assert world.alice.perform("instancegroups", "web", "detachnetwork", {})["vips"] == []
    assert free(world) == before
    assert world.alice.get("networks", "front")["group_count"] == 0
    with pytest.raises(CloudcoreError) as caught:
        world.alice.perform("instancegroups", "web", "detachnetwork", {})
    assert caught.value.field == "ip_addr"


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("network_id", {"network_id": ""}),
        ("network_id", {"network_id": "public"}),
        ("address", {"ip_addr": "10.8.0.1"}),
        ("address", {"ip_addr": "one"}),
        ("ip_addr", {"reserved": True}),
    ],
)
def test_what_is_wrong_is_named_and_takes_nothing(world: World, field: str, sent: Any) -> None:
    before = free(world)
    with pytest.raises(CloudcoreError) as caught:
        attach(world, **sent)
    assert caught.value.field == field
    assert free(world) == before


def test_a_reserved_address_is_taken_by_who_may_give_it_back(world: World) -> None:
    ip = free(world)[0]
    world.alice.perform("networks", "front", "reserve-ip", {"ips": [ip]})
    with pytest.raises(ConflictError):
        attach(world, ip_addr=ip)
    assert attach(world, ip_addr=ip, reserved=True)["vips"] == [ip]
    assert world.alice.detail("networks", "front", "reserved-ips")["reserved_ips"] == []


def test_a_full_network_refuses_servers_and_groups(world: World) -> None:
    for _ in free(world):
        attach(world)
    with pytest.raises(CloudcoreError, match="no free address"):
        attach(world)
    with pytest.raises(CloudcoreError, match="no host fits"):
        world.server(world.alice, on=False, nets=["front"])


def test_a_group_with_addresses_and_a_network_with_groups_stay(world: World) -> None:
    attach(world)
    with pytest.raises(NotEmptyError):
        world.alice.delete("instancegroups", "web")
    with pytest.raises(NotEmptyError):
        world.alice.delete("networks", "front")
    world.alice.perform("instancegroups", "web", "detachnetwork", {})
    world.alice.delete("instancegroups", "web")
    world.alice.delete("networks", "front")


def test_a_public_address_leads_to_a_group(world: World) -> None:
    with pytest.raises(CloudcoreError) as caught:
        world.alice.perform("instancegroups", "web", "create-eip", {"bandwidth": 5})
    assert caught.value.field == "ip_addr"
    assert world.alice.list("eips").items == []
    (ip,) = attach(world)["vips"]
    world.alice.perform("instancegroups", "web", "create-eip", {"bandwidth": 5})
    (eip,) = world.alice.list("eips").items
    assert (eip["associate_type"], eip["associate_name"], eip["bandwidth"]) == ("instancegroup", "web", 5)
    with pytest.raises(ConflictError):
        world.alice.perform("instancegroups", "web", "detachnetwork", {})
    with pytest.raises(ConflictError):
        world.alice.perform("instancegroups", "web", "create-eip", {})
    world.alice.perform("instancegroups", "web", "dissociate-eip", {})
    with pytest.raises(InvalidStatusError):
        world.alice.perform("instancegroups", "web", "dissociate-eip", {})
    world.alice.perform("instancegroups", "web", "associate-eip", {"eip": eip["id"], "ip_addr": ip})
    world.alice.perform("instancegroups", "web", "dissociate-eip", {"auto_delete": True})
    assert world.alice.list("eips").items == []
    world.alice.perform("instancegroups", "web", "detachnetwork", {})


def test_groups_and_networks_of_others_are_not_there(world: World) -> None:
    front = world.alice.get("networks", "front")["id"]
    with pytest.raises(ResourceNotFoundError):
        world.bob.perform("instancegroups", "web", "attachnetwork", {"network_id": front})
    world.bob.create("instancegroups", {"name": "own"})
    with pytest.raises(ResourceNotFoundError):
        world.bob.perform("instancegroups", "own", "attachnetwork", {"network_id": front})

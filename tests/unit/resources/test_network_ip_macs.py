"""Hardware addresses that go with addresses of networks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import CloudcoreError, ConflictError, ForbiddenError, ResourceNotFoundError

MAC, OTHER = "00:22:ab:cd:ef:01", "00:22:ab:cd:ef:02"


@pytest.fixture
def world() -> World:
    made = World()
    body = {"name": "front", "wire": "wire0", "guest_ip_prefix": "10.9.0.0/28", "alloc_policy": "stepup"}
    made.alice.create("networks", body)
    return made


def bind(world: World, ip: str = "10.9.0.5", mac: str = MAC, session: Any = None, network: str = "front") -> Any:
    body = {"network_id": network, "ip_addr": ip, "mac_addr": mac}
    return (session or world.alice).create("network_ip_macs", body)


def card(world: World, name: str, **net: Any) -> Any:
    return world.server(world.alice, name, on=False, nets=[{"network": "front", **net}])["nics"][0]


def test_a_card_that_gets_the_address_has_the_hardware_address(world: World) -> None:
    made = bind(world, mac=MAC.upper().replace(":", "-"))
    assert (made["ip_addr"], made["mac_addr"], made["network"]) == ("10.9.0.5", MAC, "front")
    assert card(world, "named", address="10.9.0.5")["mac"] == MAC
    bind(world, next_free(world), OTHER)
    assert card(world, "chosen")["mac"] == OTHER
    assert card(world, "own", mac="00:22:aa:aa:aa:aa")["mac"] == "00:22:aa:aa:aa:aa"


def next_free(world: World) -> str:
    return str(world.alice.detail("networks", "front", "available-addresses", {"limit": 1})["addresses"][0])


def test_a_hardware_address_that_a_card_has_is_given_to_no_other(world: World) -> None:
    bind(world)
    assert card(world, "holder", mac=MAC)["mac"] == MAC
    assert card(world, "web", address="10.9.0.5")["mac"] != MAC


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("ip_addr", {"ip_addr": "10.8.0.5"}),
        ("ip_addr", {"ip_addr": "five"}),
        ("ip_addr", {"ip_addr": ""}),
        ("mac_addr", {"mac_addr": "ff:ff:ff:ff:ff:ff"}),
        ("mac_addr", {"mac_addr": "none"}),
        ("network_id", {"network_id": "nowhere"}),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(world: World, field: str, sent: Any) -> None:
    with pytest.raises(CloudcoreError) as caught:
        world.alice.create("network_ip_macs", {"network_id": "front", "ip_addr": "10.9.0.5", "mac_addr": MAC, **sent})
    assert caught.value.field == field
    assert world.alice.list("network_ip_macs").items == []
    assert world.alice.get("networks", "front")["bound_count"] == 0


def test_each_address_and_each_hardware_address_of_a_network_stands_once(world: World) -> None:
    made = bind(world)
    for ip, mac in (("10.9.0.5", OTHER), ("10.9.0.6", MAC)):
        with pytest.raises(ConflictError):
            bind(world, ip, mac)
    bind(world, "10.9.0.6", OTHER)
    with pytest.raises(ConflictError):
        world.alice.update("network_ip_macs", made["id"], {"ip_addr": "10.9.0.6"})
    assert world.alice.update("network_ip_macs", made["id"], {"ip_addr": "10.9.0.7"})["ip_addr"] == "10.9.0.7"


def test_an_address_that_a_card_has_keeps_its_hardware_address(world: World) -> None:
    held = card(world, "web", address="10.9.0.5")
    with pytest.raises(ConflictError, match="another hardware address"):
        bind(world)
    assert bind(world, mac=held["mac"])["mac_addr"] == held["mac"]


def test_several_are_made_all_or_none(world: World) -> None:
    pairs = {"10.9.0.5": MAC, "10.9.0.6": MAC}
    with pytest.raises(ConflictError):
        world.alice.perform_class("network_ip_macs", "batch-create", {"network_id": "front", "ip_mac": pairs})
    assert world.alice.list("network_ip_macs").items == []
    pairs["10.9.0.6"] = OTHER
    told = world.alice.perform_class("network_ip_macs", "batch-create", {"network_id": "front", "ip_mac": pairs})
    assert told == {"count": 2}
    assert world.alice.list("network_ip_macs", {"network_id": "front", "mac_addr": OTHER}).total == 1
    for wrong in ({}, {f"10.9.1.{n}": MAC for n in range(256)} | {"10.9.2.1": MAC}):
        with pytest.raises(CloudcoreError) as caught:
            world.alice.perform_class("network_ip_macs", "batch-create", {"network_id": "front", "ip_mac": wrong})
        assert caught.value.field == "ip_mac"
    assert world.alice.get("networks", "front")["bound_count"] == 2
    for row in world.alice.list("network_ip_macs").items:
        world.alice.delete("network_ip_macs", row["id"])
    assert world.alice.get("networks", "front")["bound_count"] == 0


def test_they_go_with_their_network_and_belong_to_its_project(world: World) -> None:
    made = bind(world)
    with pytest.raises(ResourceNotFoundError):
        world.bob.get("network_ip_macs", made["id"])
    with pytest.raises(ResourceNotFoundError):
        bind(world, "10.9.0.6", OTHER, session=world.bob, network=world.alice.get("networks", "front")["id"])
    shared = world.admin.get("networks", "default")
    with pytest.raises(ForbiddenError):
        bind(world, shared["guest_ip_start"], OTHER, network="default")
    world.alice.delete("networks", "front")
    assert world.admin.list("network_ip_macs", {"scope": "system"}).items == []

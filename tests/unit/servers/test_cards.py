"""Network cards of servers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.servers.world import World

from cloudcore.model.effects import Mark
from cloudcore.model.errors import (
    ConflictError,
    ForbiddenError,
    InsufficientResourceError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.network.reservedip import RESERVEDIPS, Reservedip
from cloudcore_adapters.simulated.machine import Lease


def plugged(world: World, server: Any) -> list[tuple[str, str]]:
    return [(nic.mac, nic.ip) for nic in world.guest(server["id"]).nics]


def recorded(server: Any) -> list[tuple[str, str]]:
    return [(nic["mac"], nic["ip_addr"]) for nic in server["nics"]]


def address(server: Any, last: int) -> str:
    return f"{server['ips'].split(',')[0].rpartition('.')[0]}.{last}"


@pytest.mark.parametrize("on", [True, False], ids=["running", "stopped"])
def test_a_card_goes_in_and_out(world: World, on: bool) -> None:
    server = world.server(world.alice, on=on)
    begun = world.alice.perform("servers", "web", "attachnetwork", {"nets": ["default"]})
    assert begun["status"] == "sync_config"
    world.settle()
    after = world.alice.get("servers", "web")
    assert (after["status"], len(after["nics"])) == (server["status"], 2)
    assert plugged(world, server) == recorded(after)
    assert len(world.host.machine.leases) == 2

    after = world.act(world.alice, "web", "detachnetwork", ip_addr=after["nics"][1]["ip_addr"])

    assert (after["status"], len(after["nics"]), after["ips"]) == (server["status"], 1, server["ips"])
    assert plugged(world, server) == recorded(after)
    assert (len(world.host.machine.leases), world.rows(RESERVEDIPS)) == (1, [])


def test_the_first_card_can_go_and_the_next_takes_the_default_route(world: World) -> None:
    server = world.server(world.alice)
    world.act(world.alice, "web", "attachnetwork", nets=["default"])
    after = world.act(world.alice, "web", "detachnetwork", mac=server["macs"].upper())
    assert [(nic["index"], nic["is_default"]) for nic in after["nics"]] == [(1, True)]
    again = world.act(world.alice, "web", "attachnetwork", net_desc="default")
    assert [nic["index"] for nic in again["nics"]] == [0, 1]


def test_an_address_is_reserved_when_its_card_goes(world: World) -> None:
    server = world.server(world.admin)
    world.act(world.admin, "web", "detachnetwork", index=0, reserve=True)
    kept = world.rows(RESERVEDIPS)
    assert [(row.ip_addr, row.notes) for row in kept] == [(server["ips"], "of server web")]
    with pytest.raises(ConflictError):
        world.act(world.admin, "web", "attachnetwork", nets=[f"default:{server['ips']}"])


def test_who_may_not_reserve_in_a_network_reserves_nothing(world: World) -> None:
    world.server(world.alice)
    with pytest.raises(ForbiddenError):
        world.act(world.alice, "web", "detachnetwork", index=0, reserve=True)
    assert len(world.rows(GUESTNETWORKS)) == 1


@pytest.mark.parametrize("reserve", [True, False])
def test_a_card_changes_its_address(world: World, reserve: bool) -> None:
    server = world.server(world.admin)
    old = server["ips"]
    wanted = address(server, 77)
    after = world.act(world.admin, "web", "change-ipaddr", ip_addr=old, net_desc=f"default:{wanted}", reserve=reserve)
    assert (after["status"], after["ips"], after["macs"]) == ("running", wanted, server["macs"])
    assert plugged(world, server) == recorded(after)
    assert [row.ip_addr for row in world.rows(RESERVEDIPS)] == ([old] if reserve else [])
    assert [lease.ip for lease in world.host.machine.leases.values()] == [wanted]


def test_a_card_gets_any_other_address_of_its_network(world: World) -> None:
    server = world.server(world.alice)
    after = world.act(world.alice, "web", "change-ipaddr", index=0, net_desc={"network": "default"})
    assert after["ips"] not in ("", server["ips"])


def test_an_expired_reservation_is_in_nobodys_way(world: World) -> None:
    server = world.server(world.admin)
    network = server["nics"][0]["network_id"]
    past = world.cloud.platform.clock.now() - timedelta(hours=1)
    world.insert(RESERVEDIPS, Reservedip(id="old", network_id=network, ip_addr=server["ips"], expired_at=past))
    world.act(world.admin, "web", "change-ipaddr", index=0, net_desc=address(server, 78))
    world.insert(RESERVEDIPS, Reservedip(id="old2", network_id=network, ip_addr=address(server, 78), expired_at=past))
    after = world.act(world.admin, "web", "detachnetwork", index=0, reserve=True)
    assert (after["status"], [row.ip_addr for row in world.rows(RESERVEDIPS)]) == ("running", [address(server, 78)])


def test_a_failed_change_gives_the_old_address_back(world: World) -> None:
    server = world.server(world.alice)
    wanted, bridge = address(server, 79), world.guest(server["id"]).nics[0].bridge
    theirs = Mark(deployment="another", resource="stray", fence=1)
    world.host.machine.leases["stray"] = Lease(mac="00:22:00:00:00:01", ip=wanted, bridge=bridge, mark=theirs)
    world.act(world.alice, "web", "change-ipaddr", index=0, net_desc=wanted)
    after = world.alice.get("servers", "web")
    assert (after["status"], after["ips"]) == ("restart_network_failed", server["ips"])
    assert (plugged(world, server), world.rows(RESERVEDIPS)) == (recorded(after), [])


def test_an_index_that_was_not_said_comes_as_0(world: World) -> None:
    world.server(world.alice)
    after = world.act(world.alice, "web", "attachnetwork", nets=[{"network": "default", "index": 0}])
    assert [nic["index"] for nic in after["nics"]] == [0, 1]


@pytest.mark.parametrize(
    ("nets", "error", "field"),
    [
        ([], MissingParameterError, "nets"),
        (["nowhere"], ResourceNotFoundError, "nets.1.network"),
        (["default:10.0.0.300"], InvalidInputError, "nets.1.address"),
        (["default:192.0.2.7"], InvalidInputError, "nets.1.address"),
        ([{"network": "default", "index": 3}] * 2, InvalidInputError, "nets"),
        ([{"network": "default", "vip": True}], NotSupportedError, "nets.1.vip"),
        (["default"] * 8, OutOfRangeError, "nets"),
    ],
)
def test_cards_that_cannot_be_plugged_in_change_nothing(world: World, nets: Any, error: Any, field: str) -> None:
    world.server(world.alice)
    with pytest.raises(error) as refused:
        world.act(world.alice, "web", "attachnetwork", nets=nets)
    assert refused.value.field == field
    assert (len(world.rows(GUESTNETWORKS)), world.alice.get("servers", "web")["status"]) == (1, "running")


def test_a_taken_address_is_refused(world: World) -> None:
    world.server(world.alice)
    other = world.server(world.bob)
    with pytest.raises(ConflictError):
        world.act(world.alice, "web", "attachnetwork", nets=[f"default:{other['ips']}"])
    with pytest.raises(ConflictError):
        world.act(world.alice, "web", "change-ipaddr", index=0, net_desc=f"default:{other['ips']}")
    with pytest.raises(ConflictError):
        world.act(world.alice, "web", "attachnetwork", nets=[{"network": "default", "mac": other["macs"]}])


def test_a_network_that_the_host_does_not_reach_is_explained(world: World) -> None:
    world.server(world.admin)
    zone = world.admin.list("zones").items[0]["id"]
    vpc = world.admin.list("vpcs").items[0]["id"]
    wire = world.admin.create("wires", {"name": "far", "zone_id": zone, "vpc_id": vpc, "bandwidth": 1000})["id"]
    world.admin.create("networks", {"name": "far", "wire_id": wire, "guest_ip_prefix": "10.77.0.0/24"})
    with pytest.raises(InsufficientResourceError, match="host_network"):
        world.act(world.admin, "web", "attachnetwork", nets=["far"])


@pytest.mark.parametrize("action", ["detachnetwork", "change-ipaddr", "change-bandwidth"])
@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        ({}, MissingParameterError, "mac"),
        ({"mac": "00:22:00:00:00:99"}, InvalidInputError, "mac"),
        ({"mac": "x"}, InvalidInputError, "mac"),
        ({"ip_addr": "10.0.0.99"}, InvalidInputError, "ip_addr"),
        ({"index": 5}, InvalidInputError, "index"),
        ({"index": -1}, InvalidInputError, "index"),
    ],
)
def test_a_card_that_is_not_there_is_named(world: World, action: str, body: Any, error: Any, field: str) -> None:
    world.server(world.alice)
    with pytest.raises(error) as refused:
        world.act(world.alice, "web", action, **body)
    assert refused.value.field == field


def test_bandwidth_is_recorded(world: World) -> None:
    world.server(world.alice)
    after = world.act(world.alice, "web", "change-bandwidth", index=0, bandwidth="1g", tx_bw_limit=20)
    assert after["nics"][0]["bw_limit_mbps"] == 1000
    nic = world.rows(GUESTNETWORKS)[0]
    assert (nic.bw_limit, nic.rx_bw_limit, nic.tx_bw_limit) == (1000, 0, 20)
    with pytest.raises(MissingParameterError):
        world.act(world.alice, "web", "change-bandwidth", index=0)
    with pytest.raises(InvalidInputError):
        world.act(world.alice, "web", "change-bandwidth", index=0, bandwidth="fast")


def test_cards_of_others_are_not_found(world: World) -> None:
    server = world.server(world.alice)
    for action in ("attachnetwork", "detachnetwork", "change-ipaddr", "change-bandwidth"):
        with pytest.raises(ResourceNotFoundError):
            world.bob.perform("servers", server["id"], action, {"index": 0, "nets": ["default"]})

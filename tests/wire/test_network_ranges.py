"""Networks are divided, joined and moved, and every address keeps its holder."""

from __future__ import annotations

from typing import Any

import pytest
from tests.wire.exchange import World


@pytest.fixture
def world() -> World:
    return World()


def perform(world: World, network: str, action: str, status: int = 200, **body: Any) -> Any:
    answer = world.ask("admin", "POST", f"/compute/networks/{network}/{action}", json={"network": body})
    assert answer.status_code == status, answer.text
    world.place.settle()
    return answer.json()["network"] if status == 200 else answer.json()


def network(world: World, name: str) -> Any:
    return world.ask("admin", "GET", f"/compute/networks/{name}").json()["network"]


def holders(world: World, name: str) -> dict[str, str]:
    """Address → kind of who holds it."""
    rows = world.ask("admin", "GET", f"/compute/networks/{name}/addresses").json()["network"]["addresses"]
    return {row["ip_addr"]: row["owner_type"] for row in rows}


def crowd(world: World) -> dict[str, str]:
    """Somebody of every kind in net0, low and high; who holds what."""
    perform(world, "net0", "reserve-ip", ips=["10.127.10.20", "10.127.10.200"], notes="kept")
    bound = {"network_id": world.words["net0"], "mac_addr": "00:22:33:44:55:66", "ip_addr": "10.127.10.199"}
    assert world.ask("admin", "POST", "/compute/network_ip_macs", json={"network_ip_mac": bound}).status_code == 200
    group = world.ask("admin", "POST", "/compute/instancegroups", json={"instancegroup": {"name": "pair"}}).json()
    taken = {"network_id": "net0", "ip_addr": "10.127.10.198"}
    path = f"/compute/instancegroups/{group['instancegroup']['id']}/attachnetwork"
    answer = world.ask("admin", "POST", path, json={"instancegroup": taken})
    assert answer.status_code == 200, answer.text
    return holders(world, "net0")


def test_the_upper_part_takes_its_holders_along_and_comes_back(world: World) -> None:
    assert world.ask("admin", "POST", "/compute/networks/net0/public", json={}).status_code == 200
    before, whole = crowd(world), network(world, "net0")
    perform(world, "net0", "split", split_ip="10.127.10.100", name="upper")
    low, high = network(world, "net0"), network(world, "upper")
    assert (low["guest_ip_start"], low["guest_ip_end"]) == ("10.127.10.10", "10.127.10.99")
    assert (high["guest_ip_start"], high["guest_ip_end"]) == ("10.127.10.100", "10.127.10.250")
    for name in ("guest_ip_mask", "guest_gateway", "guest_dns", "wire_id", "tenant_id", "is_public", "public_scope"):
        assert low.get(name) == high.get(name) == whole.get(name), name
    assert (low["reserve_vnics4"], high["reserve_vnics4"], high["group_vnics"]) == (1, 1, 1)
    assert low["ports_used"] + high["ports_used"] == whole["ports_used"]
    assert {**holders(world, "net0"), **holders(world, "upper")} == before
    server = world.ask("admin", "GET", "/compute/servers/vm3").json()["server"]
    assert server["nics"][0]["network_id"] == high["id"]
    made = world.make("server", {**world._server("vm9"), "nets": [{"network": "upper"}]})
    assert world.ask("admin", "DELETE", f"/compute/servers/{made}?override_pending_delete=true").status_code in (
        200,
        400,
    )

    perform(world, "upper", "merge", target="net0")
    assert world.ask("admin", "GET", "/compute/networks/upper").status_code == 404
    again = network(world, "net0")
    assert {key: again[key] for key in ("guest_ip_start", "guest_ip_end", "ports")} == {
        key: whole[key] for key in ("guest_ip_start", "guest_ip_end", "ports")
    }
    assert before.items() <= holders(world, "net0").items()
    rows = world.ask("admin", "GET", f"/compute/network_ip_macs?network_id={again['id']}").json()["network_ip_macs"]
    assert [row["ip_addr"] for row in rows] == ["10.127.10.199"]


def test_a_part_without_a_name_gets_one_like_its_network(world: World) -> None:
    perform(world, "hostnet", "split", split_ip="10.127.128.200")
    assert network(world, "hostnet-1")["ports"] == 51


@pytest.mark.parametrize("at", ["10.127.10.10", "10.127.10.251", "10.127.11.1", "nowhere", ""])
def test_a_network_is_divided_within_itself(world: World, at: str) -> None:
    refused = perform(world, "net0", "split", 400, split_ip=at)
    assert refused["data"]["field"] == "split_ip"
    assert network(world, "net0")["guest_ip_end"] == "10.127.10.250"


def test_only_neighbours_that_are_alike_become_one(world: World) -> None:
    assert perform(world, "net0", "merge", 409, target="hostnet")["data"]["field"] == "target"
    assert perform(world, "net0", "merge", 400, target="net0")["data"]["field"] == "target"
    assert perform(world, "net0", "merge", 404, target="nowhere")["code"] == 404
    perform(world, "net0", "split", split_ip="10.127.10.100", name="upper")
    assert world.ask("admin", "PUT", "/compute/networks/upper", json={"network": {"vlan_id": 7}}).status_code == 200
    assert "vlan_id" in perform(world, "upper", "merge", 409, target="net0")["details"]
    assert network(world, "upper")["guest_ip_end"] == "10.127.10.250"


def test_a_network_that_nobody_uses_moves_to_another_wire(world: World) -> None:
    wire = {"name": "w2", "bandwidth": 1000, "vpc": "default", "zone": "zone0"}
    made = world.ask("admin", "POST", "/compute/wires", json={"wire": wire}).json()["wire"]["id"]
    assert perform(world, "net0", "switch-wire", 409, wire_id="w2")["data"]["field"] == "wire_id"
    assert perform(world, "hostnet", "switch-wire", wire_id="w2")["wire_id"] == made
    assert perform(world, "hostnet", "switch-wire", wire_id="w2")["wire_id"] == made
    second = {"name": "same", "wire": "wire0", "guest_ip_prefix": "10.127.128.0/24"}
    assert world.ask("admin", "POST", "/compute/networks", json={"network": second}).status_code == 200
    assert perform(world, "hostnet", "switch-wire", 409, wire_id="wire0")["data"]["field"] == "guest_ip_start"

"""Cards that are devices: a free virtual function on the wire of the network, counted and taken together."""

from __future__ import annotations

import attrs
import pytest

from cloudcore.scheduling import (
    DeviceRequest,
    DeviceRow,
    HostRow,
    Inventory,
    NetworkRow,
    NicRequest,
    Pool,
    Request,
    relaxations,
    schedule,
)

VF = DeviceRequest(dev_type="NIC")


def function(ident: str, host: str, wire: str, **changes: object) -> DeviceRow:
    values: dict[str, object] = {"model": "X710", "dev_type": "NIC", **changes}
    return DeviceRow(id=ident, host_id=host, wire_id=wire, **values)  # type: ignore[arg-type]


@pytest.fixture
def inventory() -> Inventory:
    """Host a has functions on w1, b one on w2, c none; all reach both wires."""
    return Inventory.build(
        [HostRow(id=ident, cpu_count=8, mem_size=8192) for ident in "abc"],
        (),
        [NetworkRow(id="n1", wire_id="w1", free_ports=9), NetworkRow(id="n2", wire_id="w2", free_ports=9)],
        (),
        [(host, wire) for host in "abc" for wire in ("w1", "w2")],
        [function("a1", "a", "w1"), function("a2", "a", "w1"), function("b1", "b", "w2"), function("c1", "c", "")],
    )


def refused_by(inventory: Inventory, request: Request) -> dict[str, str]:
    refusal = schedule(inventory, request).refusal
    assert refusal is not None
    return {one.host_name: one.text for each in refusal.removals for one in each.examples}


def test_a_card_gets_a_function_on_the_wire_of_its_network(inventory):
    on_first = Request(nets=[NicRequest(network_id="n1", device=VF)])
    (placed,) = schedule(inventory, on_first).placements
    assert placed.host_id == "a"
    assert (placed.nets[0].network_ids, placed.nets[0].device_ids) == (("n1",), ("a1", "a2"))
    assert placed.devices == ()
    assert placed.device_ids == ["a1"]
    (placed,) = schedule(inventory, Request(nets=[NicRequest(network_id="n2", device=VF)])).placements
    assert (placed.host_id, placed.nets[0].device_ids) == ("b", ("b1",))


def test_where_there_is_none_the_reason_and_what_helps_are_told(inventory):
    request = Request(prefer_host="c", nets=[NicRequest(device=VF)])
    assert refused_by(inventory, request)["c"].startswith("nic 0 (NIC): request: 1, free: 0")
    skipping = attrs.evolve(request, ignore_filters=["host_isolated_device"])
    assert refused_by(inventory, skipping)["c"] == "nic 0: no free device on the wire of such a network"
    assert "card 0 as an ordinary one" in [one.text for one in relaxations(inventory, request)]
    other = Request(prefer_host="b", nets=[NicRequest(network_id="n1", device=VF)])
    assert schedule(inventory, other).refusal is not None


def test_cards_and_plain_devices_share_what_there_is(inventory):
    two = Request(nets=[NicRequest(device=VF), NicRequest(device=VF, index=1)])
    (placed,) = schedule(inventory, two).placements
    assert placed.host_id == "a"
    assert sorted(placed.device_ids) == ["a1", "a2"]
    also = attrs.evolve(two, devices=[VF])
    assert schedule(inventory, also).refusal is not None
    mixed = Request(nets=[NicRequest(device=VF), NicRequest(index=1)], devices=[VF])
    (placed,) = schedule(inventory, mixed).placements
    assert (placed.host_id, len(set(placed.device_ids))) == ("a", 2)
    assert [bool(nic.device_ids) for nic in placed.nets] == [True, False]


def test_cards_of_one_server_may_be_on_several_wires():
    inventory = Inventory.build(
        [HostRow(id="a", cpu_count=8, mem_size=8192)],
        (),
        [NetworkRow(id="n1", wire_id="w1", free_ports=1), NetworkRow(id="n2", wire_id="w2", free_ports=1)],
        (),
        [("a", "w1"), ("a", "w2")],
        [function("f1", "a", "w1"), function("f2", "a", "w2"), function("f3", "a", "w1")],
    )
    two = Request(nets=[NicRequest(device=VF), NicRequest(device=VF, index=1)])
    (placed,) = schedule(inventory, two).placements
    found = {(nic.network_ids[0], nic.device_ids[0]) for nic in placed.nets}
    assert {network for network, _ in found} == {"n1", "n2"}
    assert ("n2", "f2") in found


def test_a_batch_and_a_pool_give_each_function_once(inventory):
    request = Request(count=3, nets=[NicRequest(device=VF)])
    placed = schedule(inventory, request).placements
    assert sorted(one.device_ids[0] for one in placed) == ["a1", "a2", "b1"]
    assert schedule(inventory, attrs.evolve(request, count=4)).fitting == 3
    pool, one = Pool(inventory), attrs.evolve(request, count=1)
    given = [pool.place(attrs.evolve(one, seed=str(n))).placements[0] for n in range(3)]
    assert sorted(each.device_ids[0] for each in given) == ["a1", "a2", "b1"]
    assert pool.place(one).refusal is not None
    pool.release(one, given[0])
    assert pool.place(one).placements[0].device_ids == given[0].device_ids

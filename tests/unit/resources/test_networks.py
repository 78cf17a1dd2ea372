from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.auth.caller import SYSTEM
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    CloudcoreError,
    ConflictError,
    ForbiddenError,
    InsufficientResourceError,
    InvalidFormatError,
    InvalidInputError,
    MissingParameterError,
    NotEmptyError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Verb
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS, Guestnetwork
from cloudcore.resources.network.network import NETWORKS, Network, is_exit
from cloudcore.resources.network.ranges import allocate_address, range_of
from cloudcore.resources.network.vpc import VPCS
from cloudcore.resources.network.wire import WIRES
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import SeededIds

from .conftest import SECRET, People, add_server

RANDOM = SeededIds(5).random_bytes


def net(tx: Any) -> Network:
    found = tx.of(NETWORKS, PLATFORM).get("n1")
    assert found is not None
    return found  # type: ignore[no-any-return]


def prepared(tx: Any, **draft: Any) -> Any:
    return NETWORKS.prepare(tx, SYSTEM, {"wire_id": "w1", **draft})


def test_a_prefix_gives_range_mask_and_gateway(tx: Any) -> None:
    draft = prepared(tx, guest_ip_prefix="10.2.0.0/24")
    assert draft == {
        "wire_id": "w1",
        "guest_ip_start": "10.2.0.2",
        "guest_ip_end": "10.2.0.254",
        "guest_ip_mask": 24,
        "guest_gateway": "10.2.0.1",
    }


def test_start_end_and_mask_are_taken_as_sent(tx: Any) -> None:
    sent = {"guest_ip_start": "10.2.0.10", "guest_ip_end": "10.2.0.20", "guest_ip_mask": 24}
    assert prepared(tx, **sent) == {"wire_id": "w1", **sent}


GOOD = {"guest_ip_start": "10.2.0.10", "guest_ip_end": "10.2.0.20", "guest_ip_mask": 24}


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"guest_ip_start": ""}, MissingParameterError, "guest_ip_start"),
        ({"guest_ip_mask": 0}, MissingParameterError, "guest_ip_mask"),
        ({"guest_ip_mask": 31}, OutOfRangeError, "guest_ip_mask"),
        ({"guest_ip_start": "10.2.0.300"}, InvalidFormatError, "guest_ip_start"),
        ({"guest_ip_start": "10.2.0.010"}, InvalidFormatError, "guest_ip_start"),
        ({"guest_ip_end": "10.2.0.9"}, InvalidInputError, "guest_ip_end"),
        ({"guest_ip_end": "10.2.1.9"}, InvalidInputError, "guest_ip_end"),
        ({"guest_ip_start": "10.2.0.0"}, InvalidInputError, "guest_ip_start"),
        ({"guest_ip_end": "10.2.0.255"}, InvalidInputError, "guest_ip_end"),
        ({"guest_gateway": "10.2.0.15"}, InvalidInputError, "guest_gateway"),
        ({"guest_gateway": "10.3.0.1"}, InvalidInputError, "guest_gateway"),
        (
            {"guest_ip_start": "10.2.0.1", "guest_ip_end": "10.3.0.9", "guest_ip_mask": 8},
            OutOfRangeError,
            "guest_ip_end",
        ),
        ({"guest_ip_prefix": "10.2.0.0/31"}, OutOfRangeError, "guest_ip_prefix"),
        ({"guest_ip_prefix": "10.2.0.1/24"}, InvalidFormatError, "guest_ip_prefix"),
        ({"guest_ip_prefix": "0.0.0.0/1"}, OutOfRangeError, "guest_ip_end"),
        ({"guest_ip6_start": "fd00::1"}, NotSupportedError, "guest_ip6_start"),
        ({"guest_dns": "10.0.0.1,evil\n"}, InvalidFormatError, "guest_dns"),
        ({"guest_dns": "fd00::1%eth0"}, InvalidFormatError, "guest_dns"),
        ({"guest_ntp": "pool.ntp.org; rm"}, InvalidInputError, "guest_ntp"),
        ({"wire_id": "gone"}, ResourceNotFoundError, "wire_id"),
    ],
)
def test_a_wrong_range_is_refused_by_field(
    tx: Any, changes: dict[str, Any], error: type[CloudcoreError], field: str
) -> None:
    with pytest.raises(error) as caught:
        prepared(tx, **{**GOOD, **changes})
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("start", "end"), [("10.1.0.19", "10.1.0.25"), ("10.1.0.5", "10.1.0.10"), ("10.1.0.12", "10.1.0.13")]
)
def test_ranges_of_one_wire_must_not_overlap(tx: Any, start: str, end: str) -> None:
    with pytest.raises(ConflictError, match="net1"):
        prepared(tx, guest_ip_start=start, guest_ip_end=end, guest_ip_mask=24)


def test_two_units_that_place_ranges_on_a_wire_exclude_each_other(store: MemoryStore, tx: Any) -> None:
    prepared(tx, **GOOD)
    assert tx.of(WIRES, PLATFORM).get("w1").ranges_version == 1
    assert tx.of(WIRES, PLATFORM).get("w1").update_version == 0


def test_growing_a_range_is_allowed_and_shrinking_below_used_addresses_is_not(tx: Any) -> None:
    add_server(tx, "a", ip="10.1.0.19")
    grown = NETWORKS.check_update(tx, SYSTEM, net(tx), {"guest_ip_end": "10.1.0.40"})
    assert grown == {"guest_ip_start": "10.1.0.10", "guest_ip_end": "10.1.0.40"}
    with pytest.raises(ConflictError, match=r"10\.1\.0\.19 is in use"):
        NETWORKS.check_update(tx, SYSTEM, net(tx), {"guest_ip_end": "10.1.0.18"})


def test_other_changes_leave_the_range_alone(tx: Any, store: Any) -> None:
    assert NETWORKS.check_update(tx, SYSTEM, net(tx), {"guest_dns": "9.9.9.9"}) == {"guest_dns": "9.9.9.9"}
    assert "adjust wires" not in store.asked


def test_a_network_in_use_stays(tx: Any) -> None:
    NETWORKS.check_delete(tx, SYSTEM, net(tx))
    add_server(tx, "a", ip="10.1.0.19")
    with pytest.raises(NotEmptyError):
        NETWORKS.check_delete(tx, SYSTEM, net(tx))


def hold(tx: Any, *addresses: str) -> None:
    for address in addresses:
        card = Guestnetwork(id=address, guest_id=address, network_id="n1", ip_addr=address, mac_addr=address)
        tx.of(GUESTNETWORKS, PLATFORM).add(card)


@pytest.mark.parametrize(
    ("policy", "first"), [("none", "10.1.0.18"), ("stepdown", "10.1.0.18"), ("stepup", "10.1.0.11")]
)
def test_addresses_are_taken_in_the_policy_order(tx: Any, policy: str, first: str) -> None:
    hold(tx, "10.1.0.10", "10.1.0.19")
    assert allocate_address(tx, evolve(net(tx), alloc_policy=policy), random=RANDOM) == first


def test_addresses_picked_in_the_unit_are_passed_over(tx: Any) -> None:
    assert allocate_address(tx, net(tx), random=RANDOM, taken_in_unit=("10.1.0.19", "10.1.0.18")) == "10.1.0.17"


def test_a_full_network_says_so(tx: Any) -> None:
    hold(tx, *(f"10.1.0.{n}" for n in range(10, 19)))
    assert allocate_address(tx, evolve(net(tx), alloc_policy="random"), random=RANDOM) == "10.1.0.19"
    with pytest.raises(InsufficientResourceError):
        allocate_address(tx, net(tx), random=RANDOM, taken_in_unit=("10.1.0.19",))


def test_a_wanted_address_is_given_or_refused(tx: Any) -> None:
    hold(tx, "10.1.0.12")
    assert allocate_address(tx, net(tx), random=RANDOM, wanted="10.1.0.13") == "10.1.0.13"
    with pytest.raises(ConflictError):
        allocate_address(tx, net(tx), random=RANDOM, wanted="10.1.0.12")
    with pytest.raises(ConflictError):
        allocate_address(tx, net(tx), random=RANDOM, wanted="10.1.0.13", taken_in_unit=["10.1.0.13"])
    with pytest.raises(InvalidInputError):
        allocate_address(tx, net(tx), random=RANDOM, wanted="10.1.0.1")


def test_a_large_and_nearly_full_network_needs_one_question_for_256_addresses(tx: Any, store: Any) -> None:
    wide = evolve(net(tx), guest_ip_start="10.1.0.10", guest_ip_end="10.1.2.250", guest_ip_mask=16)
    hold(tx, *(str(a) for a in list(range_of(wide).step_up())[1:]))
    store.asked.clear()
    assert allocate_address(tx, wide, random=RANDOM) == "10.1.0.10"
    assert len(store.asked) <= 7


@given(st.sets(st.integers(10, 19)), st.sampled_from(["none", "stepup", "stepdown", "random"]))
def test_an_allocated_address_is_free_and_inside(used: set[int], policy: str) -> None:
    from .conftest import CountingStore, fill

    with CountingStore().write(Author()) as unit:
        fill(unit)
        hold(unit, *(f"10.1.0.{n}" for n in sorted(used)))
        network = evolve(net(unit), alloc_policy=policy)
        if len(used) == 10:
            with pytest.raises(InsufficientResourceError):
                allocate_address(unit, network, random=RANDOM)
        else:
            number = int(allocate_address(unit, network, random=RANDOM).rsplit(".", 1)[1])
            assert number not in used
            assert 10 <= number <= 19


def test_details_count_ports(tx: Any) -> None:
    add_server(tx, "a", ip="10.1.0.19")
    (extra,) = NETWORKS.details(tx, [net(tx)])  # type: ignore[misc]
    assert (extra["ports"], extra["ports_used"], extra["vnics4"], extra["exit"]) == (10, 1, 1, False)


@pytest.mark.parametrize(("address", "public"), [("10.0.0.1", False), ("192.168.3.4", False), ("8.8.8.8", True)])
def test_exit_networks_have_public_addresses(address: str, public: bool) -> None:
    assert is_exit(address) is public


def test_wires_need_a_zone_and_vpcs_are_not_made(tx: Any) -> None:
    with pytest.raises(MissingParameterError):
        WIRES.prepare(tx, SYSTEM, {"name": "w"})
    assert WIRES.prepare(tx, SYSTEM, {"zone_id": "z1"}) == {"zone_id": "z1"}
    with pytest.raises(ForbiddenError):
        VPCS.check_delete(tx, SYSTEM, tx.of(VPCS, PLATFORM).get("default"))
    with pytest.raises(NotSupportedError):
        VPCS.check_offered(Verb.CREATE)
    assert Verb.CREATE in VPCS.verbs
    assert not VPCS.offers(Verb.CREATE)
    (extra,) = VPCS.details(tx, [tx.of(VPCS, PLATFORM).get("default")])  # type: ignore[misc]
    assert (extra["wire_count"], extra["network_count"]) == (1, 1)


class TestWithoutAWire:
    RANGE: Any = {"guest_ip_prefix": "10.3.0.0/24"}

    @pytest.mark.parametrize(
        "named", [{"vpc": "default"}, {"zone": "zone0"}, {"vpc_id": "default", "zone_id": "zone0"}]
    )
    def test_it_lies_on_the_only_one(self, people: People, named: Any) -> None:
        made = people.admin.create("networks", {"name": "n", **self.RANGE, **named})
        assert made["wire"] == "wire0"

    def test_several_are_a_question(self, people: People) -> None:
        people.admin.create("wires", {"name": "wire1", "zone": "zone0", "vpc": "default"})
        with pytest.raises(ConflictError) as caught:
            people.admin.create("networks", {"name": "n", **self.RANGE, "zone": "zone0"})
        assert caught.value.field == "wire_id"

    def test_none_is_no_place(self, people: People) -> None:
        people.admin.create("zones", {"name": "far"})
        with pytest.raises(InvalidInputError) as caught:
            people.admin.create("networks", {"name": "n", **self.RANGE, "zone": "far"})
        assert caught.value.field == "wire_id"

    def test_neither_is_asked_for(self, people: People) -> None:
        with pytest.raises(MissingParameterError) as caught:
            people.admin.create("networks", {"name": "n", **self.RANGE})
        assert caught.value.field == "wire_id"

    def test_who_makes_no_networks_learns_nothing_of_wires(self, people: People) -> None:
        people.cloud.grant(people.admin, "bob", "users", "eve", "project_viewer", remove=False)
        viewer = people.cloud.login("eve", SECRET, project="bob")
        with pytest.raises(ForbiddenError):
            viewer.create("networks", {"name": "n", **self.RANGE, "zone": "nowhere"})

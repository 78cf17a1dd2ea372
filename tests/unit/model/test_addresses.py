from __future__ import annotations

import random
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudcore.model.addresses import (
    IPv4Range,
    Order,
    candidates,
    first_free,
    generate_mac,
    parse_ipv4,
    parse_ipv6,
    parse_mac,
    parse_range,
    parse_subnet,
    range_of_subnet,
)
from cloudcore.model.errors import InvalidFormatError, InvalidInputError, OutOfRangeError

RANDOM = random.Random(7).randbytes
RANGES = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 300)).map(
    lambda ends: IPv4Range(IPv4Address(ends[0]), IPv4Address(min(ends[0] + ends[1], 2**32 - 1)))
)


@given(RANGES)
def test_both_orders_visit_every_address_once(addresses):
    up = list(addresses.step_up())

    assert len(addresses) == len(up)
    assert up == sorted(set(up))
    assert up[::-1] == list(addresses.step_down())
    assert all(address in addresses for address in up)


@given(RANGES, RANGES)
def test_ranges_overlap_when_they_share_an_address(one, other):
    shared = set(one.step_up()) & set(other.step_up())

    assert bool(shared) == one.overlaps(other) == other.overlaps(one)


@given(RANGES, st.sampled_from(Order), st.sets(st.integers(0, 300)))
def test_the_first_free_address_is_free_or_the_range_is_full(addresses, order, taken):
    used = {addresses.first + n for n in taken if int(addresses.first) + n < 2**32}

    found = first_free(addresses, used, order, RANDOM)

    assert found in addresses if found else used >= set(addresses.step_up())
    assert found not in used


def test_policies_start_at_their_own_end():
    addresses = IPv4Range(IPv4Address("10.0.0.10"), IPv4Address("10.0.0.12"))

    assert IPv4Address("10.0.0.12") == first_free(addresses, (), Order.STEP_DOWN, RANDOM)
    assert IPv4Address("10.0.0.10") == first_free(addresses, (), Order.STEP_UP, RANDOM)
    assert set(addresses.step_up()) == set(candidates(addresses, Order.RANDOM, RANDOM))


@pytest.mark.parametrize(
    "bad", ["", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1/32", "10.0.0.1\n", "\u0661.0.0.1", "::1", "0x7f.1"]
)
def test_what_is_no_ipv4_address_is_refused(bad):
    with pytest.raises(InvalidFormatError) as caught:
        parse_ipv4(bad, "nets.0.address")
    assert caught.value.field == "nets.0.address"


@pytest.mark.parametrize("bad", ["", "10.0.0.1", "fe80::1%eth0", "::ffff:169.254.169.254", "[::1]", "1::2::3"])
def test_what_is_no_ipv6_address_is_refused(bad):
    with pytest.raises(InvalidFormatError):
        parse_ipv6(bad, "nets.0.address6")


@pytest.mark.parametrize(
    "bad",
    ["10.0.0.0", "10.0.0.1/24", "10.0.0.0/33", "10.0.0.0/255.0.0.0", "10.0.0.0/-1", "10.0.0.0/\u0668", "::/0", "/8"],
)
def test_what_is_no_subnet_is_refused(bad):
    with pytest.raises(InvalidFormatError):
        parse_subnet(bad, "guest_ip_prefix")


def test_a_subnet_gives_its_range_and_gateway():
    addresses, gateway = range_of_subnet(parse_subnet("10.1.0.0/24", "p"), "p")
    assert (str(addresses.first), str(addresses.last), str(gateway)) == ("10.1.0.2", "10.1.0.254", "10.1.0.1")

    addresses, _ = range_of_subnet(parse_subnet("10.1.0.0/29", "p"), "p", reserve_ends=True)
    assert (str(addresses.first), str(addresses.last)) == ("10.1.0.2", "10.1.0.5")


@pytest.mark.parametrize(("subnet", "ends"), [("10.0.0.0/31", False), ("10.0.0.0/32", False), ("10.0.0.0/30", True)])
def test_a_subnet_that_is_too_small_is_refused(subnet, ends):
    with pytest.raises(OutOfRangeError):
        range_of_subnet(parse_subnet(subnet, "p"), "p", reserve_ends=ends)


def test_a_range_is_checked_with_its_mask_and_gateway():
    addresses, subnet = parse_range("10.1.0.10", "10.1.0.200", 24, "10.1.0.1")

    assert len(addresses) == 191
    assert str(subnet) == "10.1.0.0/24"


@pytest.mark.parametrize(
    ("args", "field"),
    [
        (("10.1.0.10", "10.1.0.9", 24), "guest_ip_end"),
        (("10.1.0.10", "10.1.1.9", 24), "guest_ip_end"),
        (("10.1.0.0", "10.1.0.9", 24), "guest_ip_start"),
        (("10.1.0.1", "10.1.0.255", 24), "guest_ip_end"),
        (("10.1.0.1", "10.1.0.9", 31), "guest_ip_mask"),
        (("10.1.0.1", "10.1.0.9", 0), "guest_ip_mask"),
        (("x", "10.1.0.9", 24), "guest_ip_start"),
        (("10.1.0.1", "10.1.0.9", 24, "10.1.0.5"), "guest_gateway"),
        (("10.1.0.1", "10.1.0.9", 24, "10.2.0.1"), "guest_gateway"),
        (("10.1.0.1", "10.1.0.9", 24, "10.1.0.255"), "guest_gateway"),
    ],
)
def test_a_range_that_contradicts_itself_is_refused(args, field):
    with pytest.raises(InvalidInputError) as caught:
        parse_range(*args)
    assert field == caught.value.field


@pytest.mark.parametrize("text", ["0022abcdef01", "00:22:AB:cd:ef:01", "00-22-ab-cd-ef-01"])
def test_hardware_addresses_have_one_form(text):
    assert parse_mac(text, "mac") == "00:22:ab:cd:ef:01"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "0022abcdef0",
        "00:22:ab:cd:ef-01",
        "01:00:5e:00:00:01",
        "ff" * 6,
        "00" * 6,
        "0022abcdef0g",
        "0022abcdef01\n",
        "\uff10022abcdef01",
    ],
)
def test_what_is_no_hardware_address_is_refused(bad):
    with pytest.raises(InvalidFormatError):
        parse_mac(bad, "mac")


def test_a_generated_hardware_address_is_free():
    blocks = iter([b"\0\0\0\1", b"\0\0\0\1", b"\0\0\0\2"])

    assert generate_mac(lambda _: next(blocks), {"00:22:00:00:00:01"}.__contains__) == "00:22:00:00:00:02"


def test_running_out_of_hardware_addresses_is_said():
    with pytest.raises(InvalidInputError, match="no free"):
        generate_mac(RANDOM, lambda _: True)


@pytest.mark.parametrize("down", [False, True])
def test_blocks_have_three_numbers_in_common_and_are_the_whole_range(down: bool) -> None:
    wide = IPv4Range(IPv4Address("10.0.0.250"), IPv4Address("10.0.2.3"))
    texts = [text for block in wide.blocks(down=down) for text in block.texts()[:: -1 if down else 1]]
    assert texts == [str(address) for address in (wide.step_down() if down else wide.step_up())]
    assert all(len({text.rpartition(".")[0] for text in block.texts()}) == 1 for block in wide.blocks())
    assert wide.texts() == [str(address) for address in wide.step_up()]

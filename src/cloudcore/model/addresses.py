"""IPv4 and IPv6 addresses, address ranges of subnets, and hardware addresses, as pure functions.

Ranges keep both ends. Nothing is excluded implicitly: a gateway or a broadcast address that must stay free lies outside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, NetmaskValueError

import attrs

from cloudcore.model.errors import InvalidFormatError, InvalidInputError, OutOfRangeError

MAC_PREFIX = "00:22"
MAX_PREFIX_LENGTH = 30
_MAC = re.compile(
    r"[0-9a-f]{12}|[0-9a-f]{2}(?:(?P<separator>[:-])[0-9a-f]{2})(?:(?P=separator)[0-9a-f]{2}){4}", re.ASCII
)
_SUBNET = re.compile(r"[0-9.]{7,15}/[0-9]{1,2}", re.ASCII)
RANDOM_TRIES = 5
"""So many addresses are tried at random before all are tried in order."""

RandomBytes = Callable[[int], bytes]
"""`n → n random bytes`."""


class Order(StrEnum):
    """In which order free addresses are taken; the values are those of a network's `alloc_policy`."""

    STEP_DOWN = "stepdown"
    STEP_UP = "stepup"
    RANDOM = "random"


@attrs.frozen
class IPv4Range:
    """The addresses from `first` to `last`, both included; `first` is not above `last`."""

    first: IPv4Address
    last: IPv4Address

    def __len__(self) -> int:
        return int(self.last) - int(self.first) + 1

    def __contains__(self, address: object) -> bool:
        return isinstance(address, IPv4Address) and self.first <= address <= self.last

    def overlaps(self, other: IPv4Range) -> bool:
        """Whether the two share an address."""
        return self.first <= other.last and other.first <= self.last

    def step_up(self) -> Iterator[IPv4Address]:
        """All addresses from the lowest."""
        return (IPv4Address(number) for number in range(int(self.first), int(self.last) + 1))

    def step_down(self) -> Iterator[IPv4Address]:
        """All addresses from the highest."""
        return (IPv4Address(number) for number in range(int(self.last), int(self.first) - 1, -1))

    def blocks(self, *, down: bool = False) -> Iterator[IPv4Range]:
        """The parts of the range whose addresses have the first three numbers in common, from the lowest or the highest."""
        first, last = int(self.first), int(self.last)
        starts = range(first & ~255, last + 1, 256)
        for start in reversed(starts) if down else starts:
            yield IPv4Range(IPv4Address(max(start, first)), IPv4Address(min(start | 255, last)))

    def texts(self) -> list[str]:
        """All addresses as text, from the lowest."""
        first = str(self.first).split(".")
        if int(self.first) | 255 != int(self.last) | 255:
            return [str(address) for address in self.step_up()]
        stem, low = ".".join(first[:3]), int(first[3])
        return [f"{stem}.{number}" for number in range(low, low + len(self))]


def parse_ipv4(text: str, field: str) -> IPv4Address:
    """Read a dotted address without leading zeros.

    Raises:
        InvalidFormatError: it is none.
    """
    try:
        return IPv4Address(text)
    except (AddressValueError, ValueError) as error:
        raise InvalidFormatError(f"{field}: {text[:40]!a} is not an IPv4 address", field=field) from error


def parse_ipv6(text: str, field: str) -> IPv6Address:
    """Read an IPv6 address without a zone; IPv4-mapped ones are refused, for they are IPv4 in disguise.

    Raises:
        InvalidFormatError: it is none.
    """
    try:
        address = IPv6Address(text)
    except (AddressValueError, ValueError) as error:
        raise InvalidFormatError(f"{field}: {text[:60]!a} is not an IPv6 address", field=field) from error
    if address.scope_id is not None or address.ipv4_mapped is not None:
        raise InvalidFormatError(f"{field}: {text[:60]!a} has a zone or an IPv4 address in it", field=field)
    return address


def parse_subnet(text: str, field: str) -> IPv4Network:
    """Read `10.0.0.0/24`; bits of the host part must be zero.

    Raises:
        InvalidFormatError: it is no subnet.
    """
    if _SUBNET.fullmatch(text):
        try:
            return IPv4Network(text)
        except (AddressValueError, NetmaskValueError, ValueError) as error:
            raise InvalidFormatError(f"{field}: {text} is not a subnet such as 10.0.0.0/24", field=field) from error
    raise InvalidFormatError(f"{field}: {text[:40]!a} is not a subnet such as 10.0.0.0/24", field=field)


def range_of_subnet(subnet: IPv4Network, field: str, *, reserve_ends: bool = False) -> tuple[IPv4Range, IPv4Address]:
    """The usable range of a subnet, and its first host address, which becomes the gateway.

    reserve_ends: in a VPC the gateway leads and the last host address is kept free as well.

    Raises:
        OutOfRangeError: the prefix is longer than 30 bits, or 29 where the ends are reserved.
    """
    longest = MAX_PREFIX_LENGTH - reserve_ends
    if subnet.prefixlen > longest:
        raise OutOfRangeError(f"{field}: the prefix length must be at most {longest}", field=field)
    network, broadcast = subnet.network_address, subnet.broadcast_address
    return IPv4Range(network + 2, broadcast - 1 - reserve_ends), network + 1


def parse_range(start: str, end: str, prefix_length: int, gateway: str | None = None) -> tuple[IPv4Range, IPv4Network]:
    """Read a network's `guest_ip_start`, `guest_ip_end`, `guest_ip_mask` and `guest_gateway` and check them together.

    Raises:
        InvalidFormatError: an address does not parse.
        OutOfRangeError: the prefix length is not between 1 and 30.
        InvalidInputError: the ends are in the wrong order or in different subnets, are the subnet's own or its
            broadcast address, or the gateway is outside the subnet or inside the range.
    """
    if not 1 <= prefix_length <= MAX_PREFIX_LENGTH:
        raise OutOfRangeError(f"guest_ip_mask: must be between 1 and {MAX_PREFIX_LENGTH}", field="guest_ip_mask")
    first, last = parse_ipv4(start, "guest_ip_start"), parse_ipv4(end, "guest_ip_end")
    subnet = IPv4Network((first, prefix_length), strict=False)
    if first > last:
        raise InvalidInputError("guest_ip_end: is below guest_ip_start", field="guest_ip_end")
    if last not in subnet:
        raise InvalidInputError(f"guest_ip_end: is outside the subnet {subnet}", field="guest_ip_end")
    if first == subnet.network_address:
        raise InvalidInputError("guest_ip_start: is the subnet's own address", field="guest_ip_start")
    if last == subnet.broadcast_address:
        raise InvalidInputError("guest_ip_end: is the subnet's broadcast address", field="guest_ip_end")
    found = IPv4Range(first, last)
    if gateway:
        _check_gateway(parse_ipv4(gateway, "guest_gateway"), subnet, found)
    return found, subnet


def candidates(addresses: IPv4Range, order: Order, random: RandomBytes) -> Iterator[IPv4Address]:
    """Every address of the range in the order to be tried; random tries five at random, then steps up.

    Source: IPAM of the wire's networks (`alloc_policy`).
    """
    if order is Order.STEP_DOWN:
        yield from addresses.step_down()
        return
    if order is Order.RANDOM:
        for _ in range(RANDOM_TRIES):
            yield addresses.first + int.from_bytes(random(8), "big") % len(addresses)
    yield from addresses.step_up()


def first_free(
    addresses: IPv4Range, used: Container[IPv4Address], order: Order, random: RandomBytes
) -> IPv4Address | None:
    """The first address in the order that is not used; none if the range is full."""
    return next((address for address in candidates(addresses, order, random) if address not in used), None)


def parse_mac(text: str, field: str) -> str:
    """Read twelve hex digits, bare or in pairs with `:` or `-`, as `00:22:ab:cd:ef:01`.

    Raises:
        InvalidFormatError: it is no hardware address, or one of a group or of nobody.
    """
    lowered = text.lower() if text.isascii() else ""
    if not _MAC.fullmatch(lowered):
        raise InvalidFormatError(f"{field}: {text[:40]!a} is not a hardware address", field=field)
    digits = lowered.replace(":", "").replace("-", "")
    if int(digits[:2], 16) & 1 or int(digits, 16) == 0:
        raise InvalidFormatError(f"{field}: {text[:40]!a} is not the address of one card", field=field)
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def generate_mac(
    random: RandomBytes, taken: Callable[[str], bool], *, prefix: str = MAC_PREFIX, tries: int = 100
) -> str:
    """A hardware address of the prefix and four random bytes that is not taken.

    prefix: two bytes, such as `00:22`.

    Raises:
        InvalidInputError: none was free within `tries`.
    """
    for _ in range(tries):
        mac = parse_mac(prefix.replace(":", "") + random(4).hex(), "mac")
        if not taken(mac):
            return mac
    raise InvalidInputError(f"no free hardware address with prefix {prefix}", field="mac")


def _check_gateway(gateway: IPv4Address, subnet: IPv4Network, addresses: IPv4Range) -> None:
    if gateway not in subnet or gateway in (subnet.network_address, subnet.broadcast_address):
        raise InvalidInputError(f"guest_gateway: is not a host address of the subnet {subnet}", field="guest_gateway")
    if gateway in addresses:
        raise InvalidInputError("guest_gateway: lies inside the range of guest addresses", field="guest_gateway")

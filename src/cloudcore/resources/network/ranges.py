"""Address ranges of networks: what a range may be, and taking addresses out of it.

Two changes of ranges on one wire exclude each other: each counts the wire's `ranges_version` up before it looks.

An address of a network has one holder at a time: a card of a server, a group, a reservation or a public address. Cards are
made side by side, and a unique set decides between two that take the same address. Whoever else takes addresses has the
network to himself before he looks (`alone`), and whoever gives one to a card has it steady meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from ipaddress import IPv4Address
from itertools import islice
from typing import TYPE_CHECKING, Any

from cloudcore.model.addresses import (
    RANDOM_TRIES,
    IPv4Range,
    Order,
    RandomBytes,
    candidates,
    parse_ipv4,
    parse_ipv6,
    parse_range,
    parse_subnet,
    range_of_subnet,
)
from cloudcore.model.errors import (
    ConflictError,
    InsufficientResourceError,
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, And, Compare, Expr, IsNull, Not, Op, Query, both, eq, one_of
from cloudcore.model.reading import read_str
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import groupnetwork, guestnetwork
from cloudcore.resources.network import eip, reservedip
from cloudcore.resources.network import network as networks
from cloudcore.resources.network import wire as wires

if TYPE_CHECKING:
    from cloudcore.resources.network.network import Network

MAX_ADDRESSES = 65_536
_RANGE_FIELDS = ("guest_ip_start", "guest_ip_end", "guest_ip_mask", "guest_gateway")
_V6_FIELDS = ("guest_ip6_start", "guest_ip6_end", "guest_ip6_mask", "guest_gateway6")


def range_of(network: Network) -> IPv4Range:
    """The addresses of a stored network."""
    return IPv4Range(IPv4Address(network.guest_ip_start), IPv4Address(network.guest_ip_end))


def alone(tx: Transaction, network: Network) -> Network:
    """The network as it is; until the unit ends nobody else takes an address of it or changes it.

    Raises:
        ResourceNotFoundError: it was deleted.
    """
    repository = tx.of(networks.NETWORKS, PLATFORM)
    if repository.adjust(network.id, {"update_version": 0}) and (found := repository.get(network.id)) is not None:
        return found
    raise ResourceNotFoundError(f"network {network.name} was deleted", field="network_id")


def prepare(tx: Transaction, draft: JsonObject) -> JsonObject:
    """Check the range of a network that is to be made, filling it in from `guest_ip_prefix`.

    Raises:
        MissingParameterError: neither a prefix nor start, end and mask were sent.
        InvalidInputError: the range is not one of guests' addresses of one subnet, or has more than 65,536 addresses.
        ConflictError: it shares addresses with another network of the wire.
    """
    values = dict(draft)
    prefix = values.pop("guest_ip_prefix", None)
    if prefix:
        values.update(_from_prefix(read_str(prefix, "guest_ip_prefix", 32), values.get("guest_gateway") or ""))
    for name in _RANGE_FIELDS[:3]:
        if not values.get(name):
            raise MissingParameterError(f"{name} is missing: send guest_ip_prefix, or start, end and mask", field=name)
    wanted = _checked(values)
    _check_other_fields(values)
    check_overlap(tx, values["wire_id"], wanted, but="")
    return {**values, "guest_ip_start": str(wanted.first), "guest_ip_end": str(wanted.last)}


def check_update(tx: Transaction, network: Network, changes: JsonObject) -> JsonObject:
    """Check a changed range: as for a new one, and every address in use must stay inside.

    Raises:
        InvalidInputError, ConflictError: as for `prepare`, or an address in use would fall out.
    """
    _check_other_fields(changes)
    if all(changes.get(name, getattr(network, name)) == getattr(network, name) for name in _RANGE_FIELDS):
        return changes
    merged = {name: changes.get(name, getattr(network, name)) for name in _RANGE_FIELDS}
    wanted = _checked(merged)
    present = alone(tx, network)
    check_overlap(tx, network.wire_id, wanted, but=network.id)
    for address in used_addresses(tx, present):
        if address not in wanted:
            raise ConflictError(f"address {address} is in use and would fall out of the range", field="guest_ip_start")
    return {**changes, "guest_ip_start": str(wanted.first), "guest_ip_end": str(wanted.last)}


def used_addresses(tx: Transaction, network: Network) -> tuple[IPv4Address, ...]:
    """Every address of the network that somebody holds, in text order."""
    found: dict[str, None] = {}
    for holder, where in _holders(tx, network):
        rows = tx.of(holder, PLATFORM).totals(both(where, Not(IsNull("ip_addr"))), by=("ip_addr",))
        found.update((row["ip_addr"], None) for row in rows)
    return tuple(IPv4Address(text) for text in sorted(found))


def addresses_in_use(tx: Transaction, networks: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
    """Network → kind of holder (`vnics4`, `reserve_vnics4`, `eip_vnics`, `group_vnics`) → how many addresses it holds."""
    found: dict[str, dict[str, int]] = {}
    for name, holder in _all_holders():
        where = both(one_of("network_id", networks), Not(IsNull("ip_addr")))
        if name == "reserve_vnics4":
            where = both(where, reservedip.unexpired(tx.now))
        for row in tx.of(holder, PLATFORM).totals(where, by=("network_id",)):
            found.setdefault(row["network_id"], {})[name] = int(row["count"])
    return found


def _all_holders() -> Iterator[tuple[str, Resource[Any]]]:
    yield "vnics4", guestnetwork.GUESTNETWORKS
    yield "reserve_vnics4", reservedip.RESERVEDIPS
    yield "eip_vnics", eip.EIPS
    yield "group_vnics", groupnetwork.GROUPNETWORKS


def _holders(tx: Transaction, network: Network) -> Iterator[tuple[Resource[Any], Expr]]:
    """The types that hold addresses, and which of their rows do so in a network now."""
    here = eq("network_id", network.id)
    yield guestnetwork.GUESTNETWORKS, here
    yield reservedip.RESERVEDIPS, both(here, reservedip.unexpired(tx.now))
    if network.server_type == "eip":
        yield eip.EIPS, here
    if network.group_count:
        yield groupnetwork.GROUPNETWORKS, here


def allocate_address(
    tx: Transaction,
    network: Network,
    *,
    random: RandomBytes,
    wanted: str | None = None,
    taken_in_unit: Collection[str] = (),
) -> str:
    """A free address of the network, which the unit has steady, for a card, or `alone`, for others.

    random: bytes for the policy `random`. taken_in_unit: addresses that this unit has picked but not yet stored.

    Raises:
        InvalidInputError: the wanted address is none, or outside the range.
        ConflictError: the wanted address is taken.
        InsufficientResourceError: no address is free.
    """
    addresses = range_of(network)
    if wanted:
        return _wanted(tx, network, addresses, wanted, taken_in_unit)
    order = Order(network.alloc_policy) if network.alloc_policy in tuple(Order) else Order.STEP_DOWN
    found = None
    if order is Order.RANDOM:
        tried = [str(address) for address in islice(candidates(addresses, order, random), RANDOM_TRIES)]
        found = _first_free(tx, network, tried, taken_in_unit)
    found = found or _in_order(tx, network, addresses, order, taken_in_unit)
    if found is None:
        raise InsufficientResourceError(f"network {network.name} has no free address")
    return found


def _first_free(tx: Transaction, network: Network, texts: Sequence[str], taken: Collection[str]) -> str | None:
    used = _used_of(tx, network, texts)
    return next((text for text in texts if text not in used and text not in taken), None)


def _in_order(
    tx: Transaction, network: Network, addresses: IPv4Range, order: Order, taken: Collection[str]
) -> str | None:
    """The first free address from the lowest or the highest; blocks that cards alone fill are counted, not looked through."""
    down = order is Order.STEP_DOWN
    for block in addresses.blocks(down=down):
        if _cards_in(tx, network, block) < len(block):
            used, texts = _used_in(tx, network, block), block.texts()
            found = next((t for t in (texts[::-1] if down else texts) if t not in used and t not in taken), None)
            if found is not None:
                return found
    # A card outside the range would have been counted for one inside: nothing but all addresses says that all are used.
    used = {str(address) for address in used_addresses(tx, network)}
    texts = addresses.texts()
    return next((text for text in (texts[::-1] if down else texts) if text not in used and text not in taken), None)


def _cards_in(tx: Transaction, network: Network, block: IPv4Range) -> int:
    """How many cards have an address with the first three numbers of the block's."""
    return tx.of(guestnetwork.GUESTNETWORKS, PLATFORM).count(both(eq("network_id", network.id), _within(block)))


def _used_in(tx: Transaction, network: Network, block: IPv4Range) -> Collection[str]:
    """The addresses with the first three numbers of the block's that somebody holds."""
    return {
        address
        for holder, where in _holders(tx, network)
        for (address,) in tx.of(holder, PLATFORM).columns(
            ("ip_addr",), Query(where=both(where, _within(block)), is_ordered=False)
        )
    }


def _within(block: IPv4Range) -> Expr:
    """Whether an address has the first three numbers of the block's."""
    stem = str(block.first).rpartition(".")[0]
    # A slash is what follows the dot.
    return And((Compare("ip_addr", Op.GT, f"{stem}."), Compare("ip_addr", Op.LT, f"{stem}/")))


def _wanted(tx: Transaction, network: Network, addresses: IPv4Range, wanted: str, taken: Collection[str]) -> str:
    address = parse_ipv4(wanted, "address")
    if address not in addresses:
        raise InvalidInputError(f"address {address} is outside the range of network {network.name}", field="address")
    text = str(address)
    if text in taken or _used_of(tx, network, [text]):
        raise ConflictError(f"address {text} is in use", field="address")
    return text


def _used_of(tx: Transaction, network: Network, texts: Collection[str]) -> Collection[str]:
    used: set[str] = set()
    for holder, where in _holders(tx, network):
        rows = tx.of(holder, PLATFORM).totals(both(where, one_of("ip_addr", texts)), by=("ip_addr",))
        used.update(row["ip_addr"] for row in rows)
    return used


def _from_prefix(text: str, gateway: str) -> JsonObject:
    subnet = parse_subnet(text, "guest_ip_prefix")
    found, first_host = range_of_subnet(subnet, "guest_ip_prefix")
    return {
        "guest_ip_start": str(found.first),
        "guest_ip_end": str(found.last),
        "guest_ip_mask": subnet.prefixlen,
        "guest_gateway": gateway or str(first_host),
    }


def _checked(values: Mapping[str, Any]) -> IPv4Range:
    wanted, _subnet = parse_range(
        values["guest_ip_start"], values["guest_ip_end"], values["guest_ip_mask"], values.get("guest_gateway") or None
    )
    if len(wanted) > MAX_ADDRESSES:
        raise OutOfRangeError(f"guest_ip_end: more than {MAX_ADDRESSES} addresses", field="guest_ip_end")
    return wanted


def _check_other_fields(values: Mapping[str, Any]) -> None:
    for name in _V6_FIELDS:
        if values.get(name):
            raise NotSupportedError(f"{name}: networks have IPv4 addresses only", field=name)
    for name in ("guest_dns", "guest_dhcp", "guest_ntp"):
        for part in str(values.get(name) or "").split(","):
            if part.strip():
                _check_server(part.strip(), name)


def _check_server(text: str, field: str) -> None:
    if ":" in text:
        parse_ipv6(text, field)
    elif field != "guest_ntp" or text.replace(".", "").isdigit():
        parse_ipv4(text, field)
    elif not all(c.isascii() and (c.isalnum() or c in ".-") for c in text):
        raise InvalidInputError(f"{field}: {text[:64]!a} is no host name", field=field)


def check_overlap(tx: Transaction, wire_id: str, wanted: IPv4Range, *, but: str) -> None:
    """Refuse addresses that another network of the wire has; until the unit ends nobody else changes ranges there.

    Raises:
        ConflictError: one has.
        ResourceNotFoundError: the wire was deleted.
    """
    if not tx.of(wires.WIRES, PLATFORM).adjust(wire_id, {"ranges_version": 1}):
        raise ResourceNotFoundError("the wire is gone", field="wire_id")
    for other in tx.of(networks.NETWORKS, PLATFORM).find(Query(where=eq("wire_id", wire_id))):
        if other.id != but and range_of(other).overlaps(wanted):
            raise ConflictError(f"the range shares addresses with network {other.name}", field="guest_ip_start")

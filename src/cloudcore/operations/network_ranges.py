"""Networks that are divided, joined, or moved to another wire: their addresses keep their holders."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.addresses import IPv4Range, parse_ipv4
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ConflictError, InvalidInputError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.model.reading import read_str
from cloudcore.model.resource import Resource
from cloudcore.operations.access import fetch, fetch_for
from cloudcore.operations.creating import insert
from cloudcore.operations.generic import check_not_frozen, remove
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.groupnetwork import GROUPNETWORKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.tagging import SCHEDTAGNETWORKS
from cloudcore.resources.infrastructure.sharedresource import SHAREDRESOURCES
from cloudcore.resources.network import ranges
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.networkipmac import NETWORK_IP_MACS
from cloudcore.resources.network.reservedip import RESERVEDIPS
from cloudcore.resources.network.wire import WIRES

_HOLDERS: tuple[tuple[Resource[Any], str], ...] = (
    (GUESTNETWORKS, ""),
    (RESERVEDIPS, ""),
    (EIPS, ""),
    (GROUPNETWORKS, "group_count"),
    (NETWORK_IP_MACS, "bound_count"),
)
"""What names an address of a network, and the field of the network that counts it."""

_COPIED = (
    *("wire_id", "ifname_hint", "guest_ip_mask", "guest_gateway", "guest_dns", "guest_dhcp", "guest_ntp"),
    *("guest_domain", "vlan_id", "server_type", "alloc_policy", "alloc_timout_seconds", "is_auto_alloc", "bgp_type"),
    *("description", "is_public", "public_scope", "public_src", "tenant_id", "domain_id"),
)
_ALIKE = ("wire_id", "guest_ip_mask", "guest_gateway", "vlan_id", "server_type")
"""What two networks must have in common to become one."""


def split(platform: Platform, tx: Transaction, caller: Caller, network: Any, body: JsonMapping) -> None:
    """Make another network of the addresses from `split_ip` on, with whoever holds them; it is shared and tagged alike.

    body: split_ip; name of the new one, made up of the old one's where there is none.

    Raises:
        InvalidInputError: the address is none of the network's, or its first.
    """
    network = ranges.alone(tx, network)
    at, whole = parse_ipv4(read_str(body.get("split_ip", ""), "split_ip", 64), "split_ip"), ranges.range_of(network)
    if at not in whole or at == whole.first:
        raise InvalidInputError(
            f"split_ip must lie behind {whole.first}, and not behind {whole.last}", field="split_ip"
        )
    tx.of(NETWORKS, PLATFORM).save(evolve(network, guest_ip_end=str(at - 1)))
    upper = {"guest_ip_start": str(at), "guest_ip_end": str(whole.last)}
    named = {"name": body["name"]} if body.get("name") else {"generate_name": network.name}
    given = {**{field: getattr(network, field) for field in _COPIED}, **upper}
    wanted = {**named, "project_id": network.tenant_id, "wire_id": network.wire_id}
    made = insert(platform, tx, caller, NETWORKS, wanted, given=given)
    _move(tx, network, made, IPv4Range(at, whole.last))
    _copy_to(tx, network, made)


def merge(platform: Platform, tx: Transaction, caller: Caller, network: Any, body: JsonMapping) -> JsonObject:
    """Add the addresses of a network, with whoever holds them, to one beside it; the details of that one.

    body: target.

    Raises:
        InvalidInputError: they are one and the same.
        ConflictError: they do not lie side by side, or differ in more than their addresses.
    """
    target = fetch_for(
        platform, tx, caller, NETWORKS, read_str(body.get("target", ""), "target", 128), "perform", "merge"
    )
    check_not_frozen(target)
    if target.id == network.id:
        raise InvalidInputError("target must be another network", field="target")
    # In the order of ids, as everybody who has several has them.
    held = {one.id: ranges.alone(tx, one) for one in sorted((network, target), key=lambda one: one.id)}
    network, target = held[network.id], held[target.id]
    different = [name for name in _ALIKE if getattr(network, name) != getattr(target, name)]
    if different:
        raise ConflictError(f"target differs in {', '.join(different)}", field="target")
    joined = _joined(ranges.range_of(network), ranges.range_of(target))
    _move(tx, network, target, ranges.range_of(network))
    remove(platform, tx, caller, NETWORKS, _present(tx, network))
    changes = ranges.check_update(
        tx, _present(tx, target), {"guest_ip_start": str(joined.first), "guest_ip_end": str(joined.last)}
    )
    stored = tx.of(NETWORKS, PLATFORM).save(evolve(_present(tx, target), **changes))
    return detail_rows(platform, tx, NETWORKS, [stored])[0]


def switch_wire(platform: Platform, tx: Transaction, caller: Caller, network: Any, body: JsonMapping) -> None:
    """Move a network that nobody uses to another wire of its VPC.

    body: wire_id.

    Raises:
        ConflictError: cards, groups or public addresses use it, or another network there has an address of it.
        InvalidInputError: the wire is of another VPC.
    """
    wire = fetch(platform, tx, caller, WIRES, read_str(body.get("wire_id", ""), "wire_id", 128))
    network = ranges.alone(tx, network)
    if wire.id == network.wire_id:
        return
    present = tx.of(WIRES, PLATFORM).get(network.wire_id)
    if present is not None and present.vpc_id != wire.vpc_id:
        raise InvalidInputError("wire_id must be a wire of the same VPC", field="wire_id")
    used = dict(ranges.addresses_in_use(tx, [network.id]).get(network.id, {}))
    used.pop("reserve_vnics4", None)
    if number := sum(used.values()):
        raise ConflictError(
            f"{number} addresses of the network are in use: their cards are on its wire", field="wire_id"
        )
    ranges.check_overlap(tx, wire.id, ranges.range_of(network), but=network.id)
    tx.of(NETWORKS, PLATFORM).save(evolve(network, wire_id=wire.id))


def _present(tx: Transaction, network: Any) -> Any:
    """The network as this unit has it by now."""
    return tx.of(NETWORKS, PLATFORM).get(network.id) or network


def _joined(one: IPv4Range, other: IPv4Range) -> IPv4Range:
    lower, upper = sorted((one, other), key=lambda each: each.first)
    if lower.last + 1 != upper.first:
        raise ConflictError("target must end where the network begins, or begin where it ends", field="target")
    joined = IPv4Range(lower.first, upper.last)
    if len(joined) > ranges.MAX_ADDRESSES:
        raise OutOfRangeError(f"target: together they have more than {ranges.MAX_ADDRESSES} addresses", field="target")
    return joined


def _move(tx: Transaction, network: Any, to: Any, addresses: IPv4Range) -> None:
    """Have whoever holds one of these addresses of a network hold it of another one."""
    for resource, counter in _HOLDERS:
        repository, moved = tx.of(resource, PLATFORM), 0
        for row in repository.find(Query(where=eq("network_id", network.id))):
            if row.ip_addr and IPv4Address(row.ip_addr) in addresses:
                repository.save(evolve(row, network_id=to.id))
                moved += 1
        if counter and moved:
            tx.of(NETWORKS, PLATFORM).adjust(network.id, {counter: -moved})
            tx.of(NETWORKS, PLATFORM).adjust(to.id, {counter: moved})


def _copy_to(tx: Transaction, network: Any, made: Any) -> None:
    """Give the new one the scheduling tags of the old one, and show it to whom that is shown."""
    for resource, side in ((SCHEDTAGNETWORKS, "network_id"), (SHAREDRESOURCES, "resource_id")):
        repository = tx.of(resource, PLATFORM)
        for row in repository.find(Query(where=eq(side, network.id))):
            repository.add(evolve(row, id=tx.new_id(), **{side: made.id}))

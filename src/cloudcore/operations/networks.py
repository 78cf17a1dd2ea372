"""What networks say of their addresses: who holds which, and which are free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import ConflictError, InvalidInputError, MissingParameterError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Expr, IsNull, Not, Order, Query, both, eq, one_of
from cloudcore.model.reading import format_time, read_str, said
from cloudcore.model.resource import Resource
from cloudcore.operations.access import fetch, reach, widest
from cloudcore.operations.generic import create_row
from cloudcore.operations.parameter import number
from cloudcore.operations.platform import Platform
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.groupnetwork import GROUPNETWORKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.instancegroup import INSTANCEGROUPS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.networkipmac import NETWORK_IP_MACS
from cloudcore.resources.network.ranges import range_of, used_addresses
from cloudcore.resources.network.reservedip import RESERVEDIPS, unexpired
from cloudcore.resources.network.vpc import VPCS
from cloudcore.resources.network.wire import WIRES

MOST = 2048
MOST_BOUND = 256
"""Addresses of one call."""


def create_network(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make a network; one whose wire is not named lies on the only wire of its VPC, or of its VPC in its zone.

    Raises:
        ConflictError: several wires lie there.
        InvalidInputError: none does.
    """
    reach(platform, caller, NETWORKS, "create")
    if said(body, "wire_id", "wire") == "":
        body = {**body, "wire_id": _only_wire(platform, tx, caller, body)}
    return create_row(platform, tx, caller, NETWORKS, body)


def _only_wire(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> str:
    where: list[Expr] = []
    if vpc := read_str(said(body, "vpc_id", "vpc"), "vpc", 128):
        where.append(eq("vpc_id", fetch(platform, tx, caller, VPCS, vpc).id))
    if zone := read_str(said(body, "zone_id", "zone"), "zone", 128):
        where.append(eq("zone_id", fetch(platform, tx, caller, ZONES, zone).id))
    if not where:
        raise MissingParameterError("wire_id is missing", field="wire_id")
    seen = reach(platform, caller, WIRES, "get").where
    wires = tx.of(WIRES, seen).find(Query(where=both(*where), limit=2))
    if len(wires) > 1:
        raise ConflictError("several wires lie there: name the one that is meant", field="wire_id")
    if not wires:
        raise InvalidInputError("no wire lies there: make one, or name one", field="wire_id")
    return str(wires[0].id)


def bind_macs(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Make several hardware addresses go with addresses of one network, all or none; raises as a create does.

    Raises:
        OutOfRangeError: they are too many at once.
        InvalidInputError: a hardware address is no text.
    """
    pairs = body["ip_mac"]
    if not 1 <= len(pairs) <= MOST_BOUND:
        raise OutOfRangeError(f"ip_mac must have 1 to {MOST_BOUND} addresses", field="ip_mac")
    for ip in sorted(pairs):
        entry = {"network_id": body["network_id"], "ip_addr": ip, "mac_addr": read_str(pairs[ip], "ip_mac", 32)}
        create_row(platform, tx, caller, NETWORK_IP_MACS, entry)
    return {"count": len(pairs)}


def addresses(platform: Platform, tx: Transaction, caller: Caller, network: Any, _params: JsonMapping) -> JsonObject:
    """The addresses in use, each with who has it where the caller may see that."""
    held = both(eq("network_id", network.id), Not(IsNull("ip_addr")))
    cards = tx.of(GUESTNETWORKS, PLATFORM).find(Query(where=held, order=(Order("ip_addr"),)))
    eips = tx.of(EIPS, PLATFORM).find(Query(where=both(held, Not(eq("ip_addr", ""))), order=(Order("ip_addr"),)))
    servers = _seen(platform, tx, caller, SERVERS, [card.guest_id for card in cards])
    public = _seen(platform, tx, caller, EIPS, [eip.id for eip in eips])
    rows = [_row(card.ip_addr or "", "server", servers.get(card.guest_id), card) for card in cards]
    rows += [_row(eip.ip_addr, "eip", public.get(eip.id), eip) for eip in eips]
    rows += _of_groups(platform, tx, caller, network)
    rows += [{"ip_addr": one.ip_addr, "owner_type": "reservedip"} for one in _reserved(tx, network)]
    return {"addresses": rows}


def _of_groups(platform: Platform, tx: Transaction, caller: Caller, network: Any) -> list[JsonObject]:
    if not network.group_count:
        return []
    held = tx.of(GROUPNETWORKS, PLATFORM).find(Query(where=eq("network_id", network.id), order=(Order("ip_addr"),)))
    groups = _seen(platform, tx, caller, INSTANCEGROUPS, [row.group_id for row in held])
    return [_row(row.ip_addr, "instancegroup", groups.get(row.group_id), row) for row in held]


def available_addresses(
    _platform: Platform, tx: Transaction, _caller: Caller, network: Any, params: JsonMapping
) -> JsonObject:
    """The addresses that are free, lowest first; `limit` of them, at most 2,048."""
    wanted = number(params, "limit")
    used = set(used_addresses(tx, network))
    found = _first((str(a) for a in range_of(network).step_up() if a not in used), min(wanted, MOST) or MOST)
    return {"addresses": found}


def reserved_ips(
    _platform: Platform, tx: Transaction, _caller: Caller, network: Any, _params: JsonMapping
) -> JsonObject:
    """The addresses that are kept from being given out."""
    return {"reserved_ips": [{"ip_addr": one.ip_addr, "notes": one.notes} for one in _reserved(tx, network)]}


def _reserved(tx: Transaction, network: Any) -> Sequence[Any]:
    where = both(eq("network_id", network.id), unexpired(tx.now))
    return tx.of(RESERVEDIPS, PLATFORM).find(Query(where=where, order=(Order("ip_addr"),)))


def _seen(
    platform: Platform, tx: Transaction, caller: Caller, resource: Resource[Any], idents: Sequence[str]
) -> Mapping[str, Any]:
    granted = widest(platform, caller, resource, "get")
    if granted is None or not idents:
        return {}
    return {row.id: row for row in tx.of(resource, granted.where).find(Query(where=one_of("id", idents)))}


def _row(address: str, kind: str, owner: Any, holder: Any) -> JsonObject:
    row: JsonObject = {"ip_addr": address, "owner_type": kind}
    if owner is None:
        return row
    row |= {"owner": owner.name, "owner_id": owner.id, "created_at": format_time(holder.created_at)}
    return row | ({"mac_addr": holder.mac_addr} if kind == "server" else {})


def _first(texts: Iterator[str], most: int) -> list[str]:
    return [text for text, _ in zip(texts, range(most), strict=False)]

"""Addresses of groups, of networks and public ones."""

from __future__ import annotations

from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    ConflictError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Order, Query, both, eq
from cloudcore.model.reading import read_flag, read_str
from cloudcore.operations import addresses
from cloudcore.operations.access import fetch, fetch_for
from cloudcore.operations.platform import Platform
from cloudcore.operations.staying import steady
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.groupnetwork import GROUPNETWORKS, Groupnetwork
from cloudcore.resources.compute.instancegroup import INSTANCEGROUPS
from cloudcore.resources.network.eip import EIPS, OF_GROUP
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.ranges import allocate_address, alone
from cloudcore.resources.network.reservedip import RESERVEDIPS

MOST = 64
"""Addresses of one group."""
_OF_EIP = ("bandwidth", "charge_type", "bgp_type", "network", "network_id")


def attach_network(platform: Platform, tx: Transaction, caller: Caller, group: Any, body: JsonMapping) -> None:
    """Take an address of a network for a group: the one that is named, else any free one.

    Raises:
        ResourceNotFoundError: the network is not there, or not for the caller.
        InvalidInputError: it is not for servers, or the address lies outside it.
        ConflictError: the address is taken.
        InsufficientResourceError: none is free.
        OutOfRangeError: the group has as many as it may.
    """
    steady(tx, INSTANCEGROUPS, group.id)
    named = read_str(body.get("network_id") or "", "network_id", 128)
    network = alone(tx, fetch(platform, tx, caller, NETWORKS, named))
    if network.server_type != "guest":
        raise InvalidInputError(f"network {network.name} is for {network.server_type}, not guest", field="network_id")
    wanted = read_str(body.get("ip_addr") or "", "ip_addr", 64)
    if read_flag(body, "reserved"):
        _take_back(platform, tx, caller, network, wanted)
    held = _held(tx, group)
    if len(held) >= MOST:
        raise OutOfRangeError(f"a group has at most {MOST} addresses", field="network_id")
    address = allocate_address(tx, network, random=platform.ids.random_bytes, wanted=wanted or None)
    if not tx.of(NETWORKS, PLATFORM).adjust(network.id, {"group_count": 1}):
        raise ResourceNotFoundError("the network is gone", field="network_id")
    index = next(n for n in range(MOST) if n not in {row.index for row in held})
    made = Groupnetwork(id=tx.new_id(), group_id=group.id, network_id=network.id, ip_addr=address, index=index)
    tx.of(GROUPNETWORKS, PLATFORM).add(made)


def detach_network(_platform: Platform, tx: Transaction, _caller: Caller, group: Any, body: JsonMapping) -> None:
    """Give an address of a group back; without one that is named, all of them.

    Raises:
        InvalidInputError: the group has none, or not this one.
        ConflictError: a public address leads to it.
    """
    wanted = read_str(body.get("ip_addr") or "", "ip_addr", 64)
    found = [row for row in _held(tx, group) if wanted in ("", row.ip_addr)]
    if not found:
        raise InvalidInputError(f"group {group.name} has no address {wanted}".rstrip(), field="ip_addr")
    for row in found:
        if row.eip_id:
            raise ConflictError(f"a public address leads to {row.ip_addr}: dissociate it first", field="eip_id")
        tx.of(GROUPNETWORKS, PLATFORM).remove(row)
        tx.of(NETWORKS, PLATFORM).adjust(row.network_id, {"group_count": -1})


def associate(platform: Platform, tx: Transaction, caller: Caller, group: Any, body: JsonMapping) -> None:
    """Give a group a public address that nothing has; raises as `addresses.associate_eip`."""
    named = read_str(body.get("eip_id") or "", "eip_id", 128)
    if not named:
        raise MissingParameterError("eip_id is missing", field="eip_id")
    eip = fetch_for(platform, tx, caller, EIPS, named, "perform", "associate")
    _give(platform, tx, caller, group, eip, body)


def create(platform: Platform, tx: Transaction, caller: Caller, group: Any, body: JsonMapping) -> None:
    """Take a new public address for a group, of its project; raises as `addresses.create_eip` and `associate`."""
    wanted = {key: body[key] for key in _OF_EIP if body.get(key) not in (None, "")}
    sent: JsonObject = {"generate_name": f"eip-for-{group.name}"[:120], "project_id": group.tenant_id, **wanted}
    made = addresses.create_eip(platform, tx, caller, sent)
    _give(platform, tx, caller, group, tx.of(EIPS, PLATFORM).get(str(made["id"])), body)


def dissociate(platform: Platform, tx: Transaction, caller: Caller, group: Any, body: JsonMapping) -> None:
    """Part a group from its public address; raises as `addresses.dissociate_eip`.

    Raises:
        InvalidStatusError: it has none.
    """
    where = both(eq("associate_type", OF_GROUP), eq("associate_id", group.id))
    found = tx.of(EIPS, PLATFORM).find(Query(where=where, limit=1))
    if not found:
        raise InvalidStatusError(f"group {group.name} has no public address", field="eip_id")
    eip = fetch_for(platform, tx, caller, EIPS, found[0].id, "perform", "dissociate")
    addresses.dissociate_eip(platform, tx, caller, eip, body)


def _give(platform: Platform, tx: Transaction, caller: Caller, group: Any, eip: Any, body: JsonMapping) -> None:
    wanted = {"instance_type": OF_GROUP, "instance_id": group.id, "ip_addr": body.get("ip_addr") or ""}
    addresses.associate_eip(platform, tx, caller, eip, wanted)


def _held(tx: Transaction, group: Any) -> list[Any]:
    return list(tx.of(GROUPNETWORKS, PLATFORM).find(Query(where=eq("group_id", group.id), order=(Order("index"),))))


def _take_back(platform: Platform, tx: Transaction, caller: Caller, network: Any, address: str) -> None:
    """Give an address that was kept back, for the group that takes it."""
    if not address:
        raise MissingParameterError("ip_addr is missing: say which reserved address", field="ip_addr")
    fetch_for(platform, tx, caller, NETWORKS, network.id, "perform", "release-reserved-ip")
    for kept in tx.of(RESERVEDIPS, PLATFORM).find(
        Query(where=both(eq("network_id", network.id), eq("ip_addr", address)))
    ):
        tx.of(RESERVEDIPS, PLATFORM).remove(kept)

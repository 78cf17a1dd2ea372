"""Reserved addresses of networks, and public addresses for servers."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import (
    ConflictError,
    InsufficientResourceError,
    InvalidFormatError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, IsNull, Not, Order, Query, both, eq
from cloudcore.model.reading import read_flag, read_int, read_list_of_str, read_str, said
from cloudcore.operations.access import fetch, fetch_for, reach
from cloudcore.operations.begin import check_idle
from cloudcore.operations.creating import insert
from cloudcore.operations.generic import check_in_use
from cloudcore.operations.ladder import Call, ladder_actions
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counted import count_out
from cloudcore.resources.compute.groupnetwork import GROUPNETWORKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.instancegroup import INSTANCEGROUPS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.network.eip import EIPS, OF_GROUP, OF_SERVER
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.ranges import allocate_address, alone
from cloudcore.resources.network.reservedip import RESERVEDIPS, Liveness, Reservedip

MOST_RESERVED = 256
_DURATION = re.compile(r"([0-9]{1,6})([mhdwMY])", re.ASCII)
_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 10_080, "M": 43_200, "Y": 525_600}


def reserve_ip(platform: Platform, tx: Transaction, _caller: Caller, network: Any, body: JsonMapping) -> None:
    """Keep addresses of a network from being given out.

    Raises:
        ConflictError: one is in use or reserved already; nothing is reserved.
    """
    idents = read_list_of_str(body.get("ips") or body.get("ip"), "ips", max_items=MOST_RESERVED, max_length=64)
    if not idents:
        raise MissingParameterError("ips is missing", field="ips")
    until = tx.now + _duration(body["duration"]) if body.get("duration") else None
    notes = read_str(body.get("notes") or "", "notes", 512)
    status = read_str(body.get("status") or Liveness.UNKNOWN.value, "status", 12)
    if status not in tuple(Liveness):
        raise InvalidInputError("status must be one of online, offline, unknown", field="status")
    network = alone(tx, network)
    for ident in idents:
        address = allocate_address(tx, network, random=platform.ids.random_bytes, wanted=ident)
        _drop_expired(tx, network.id, address)
        kept = Reservedip(
            id=tx.new_id(),
            network_id=network.id,
            ip_addr=address,
            notes=notes,
            expired_at=until,
            status=Liveness(status),
        )
        tx.of(RESERVEDIPS, PLATFORM).add(kept)


def release_reserved_ip(_platform: Platform, tx: Transaction, _caller: Caller, network: Any, body: JsonMapping) -> None:
    """Give a reserved address back.

    Raises:
        ResourceNotFoundError: it is not reserved.
    """
    address = read_str(body.get("ip") or body.get("ip_addr") or "", "ip", 64)
    where = both(eq("network_id", network.id), eq("ip_addr", address))
    found = tx.of(RESERVEDIPS, PLATFORM).find(Query(where=where, limit=1))
    if not found:
        raise ResourceNotFoundError(f"address {address} is not reserved", field="ip")
    tx.of(RESERVEDIPS, PLATFORM).remove(found[0])


def _drop_expired(tx: Transaction, network_id: str, address: str) -> None:
    where = both(eq("network_id", network_id), eq("ip_addr", address))
    for old in tx.of(RESERVEDIPS, PLATFORM).find(Query(where=where)):
        tx.of(RESERVEDIPS, PLATFORM).remove(old)


def _duration(sent: Any) -> timedelta:
    text = read_str(sent, "duration", 16)
    match = _DURATION.fullmatch(text)
    if match is None or match[1].strip("0") == "":
        raise InvalidFormatError("duration must be a number and one of m, h, d, w, M, Y, such as 3h", field="duration")
    minutes = int(match[1]) * _MINUTES[match[2]]
    if minutes > 100 * _MINUTES["Y"]:
        raise OutOfRangeError("duration must be at most 100 years", field="duration")
    return timedelta(minutes=minutes)


def create_eip(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """Take a public address of a network of type `eip`: of the one that is named, else of any that has one free.

    Raises:
        InsufficientResourceError: none is free.
    """
    reach(platform, caller, EIPS, "create")
    wanted = read_str(said(body, "ip_addr", "ip"), "ip_addr", 64)
    named = read_str(said(body, "network_id", "network"), "network_id", 128)
    if named:
        networks = [fetch(platform, tx, caller, NETWORKS, named)]
        if networks[0].server_type != "eip":
            raise InvalidInputError("the network is not of type eip", field="network_id")
    else:
        visible = reach(platform, caller, NETWORKS, "list").where
        pools = Query(where=both(eq("server_type", "eip"), eq("pending_deleted", False)), order=(Order("name"),))
        networks = list(tx.of(NETWORKS, visible).find(pools))
    for network in networks:
        try:
            address = allocate_address(
                tx,
                alone(tx, network),
                random=platform.ids.random_bytes,
                wanted=wanted or None,
            )
        except InsufficientResourceError:
            continue
        except (InvalidInputError, ResourceNotFoundError):
            if named:
                raise
            continue
        given = {"network_id": network.id, "ip_addr": address}
        stored = insert(platform, tx, caller, EIPS, body, given=given)
        return detail_rows(platform, tx, EIPS, [stored])[0]
    raise InsufficientResourceError("no network of type eip has this or any free address", field="network_id")


def associate_eip(platform: Platform, tx: Transaction, caller: Caller, eip: Any, body: JsonMapping) -> None:
    """Give a public address to a server or group of its project: to the card or address `ip_addr`, else to the first.

    Raises:
        InvalidStatusError: something has it already.
        ConflictError: the server has another one.
        ResourceBusyError: a long operation holds the server.
    """
    kind = read_str(body.get("instance_type") or OF_SERVER, "instance_type", 32)
    if kind not in (OF_SERVER, OF_GROUP):
        raise NotSupportedError("public addresses are given to servers and groups only", field="instance_type")
    if eip.associate_id:
        raise InvalidStatusError("the address is in use: dissociate it first", field="associate_id")
    ident = read_str(body.get("instance_id") or body.get("instance") or "", "instance_id", 128)
    if not ident:
        raise MissingParameterError("instance_id is missing", field="instance_id")
    if kind == OF_GROUP:
        _associate_group(platform, tx, caller, eip, ident, read_str(body.get("ip_addr") or "", "ip_addr", 64))
        return
    server = fetch_for(platform, tx, caller, SERVERS, ident, "update")
    if server.tenant_id != eip.tenant_id:
        raise InvalidInputError("the server belongs to another project", field="instance_id")
    check_in_use(server)
    check_idle(tx, SERVERS, server)
    taken = both(eq("associate_type", "server"), eq("associate_id", server.id))
    if tx.of(EIPS, PLATFORM).count(taken):
        raise ConflictError("the server has a public address already", field="instance_id")
    where = both(eq("guest_id", server.id), Not(IsNull("ip_addr")))
    if body.get("ip_addr"):
        where = both(where, eq("ip_addr", read_str(body["ip_addr"], "ip_addr", 64)))
    cards = tx.of(GUESTNETWORKS, PLATFORM).find(Query(where=where, order=(Order("index"),), limit=1))
    if not cards:
        raise InvalidInputError("the server has no card with this or any address", field="ip_addr")
    tx.of(GUESTNETWORKS, PLATFORM).save(evolve(cards[0], eip_id=eip.id))
    tx.of(EIPS, PLATFORM).save(evolve(eip, associate_type="server", associate_id=server.id), action="associate")


def _associate_group(platform: Platform, tx: Transaction, caller: Caller, eip: Any, ident: str, address: str) -> None:
    group = fetch_for(platform, tx, caller, INSTANCEGROUPS, ident, "update")
    if group.tenant_id != eip.tenant_id:
        raise InvalidInputError("the group belongs to another project", field="instance_id")
    taken = both(eq("associate_type", OF_GROUP), eq("associate_id", group.id))
    if tx.of(EIPS, PLATFORM).count(taken):
        raise ConflictError("the group has a public address already", field="instance_id")
    where = both(eq("group_id", group.id), eq("ip_addr", address)) if address else eq("group_id", group.id)
    rows = tx.of(GROUPNETWORKS, PLATFORM).find(Query(where=where, order=(Order("index"),), limit=1))
    if not rows:
        raise InvalidInputError("the group has not this or any address", field="ip_addr")
    tx.of(GROUPNETWORKS, PLATFORM).save(evolve(rows[0], eip_id=eip.id))
    tx.of(EIPS, PLATFORM).save(evolve(eip, associate_type=OF_GROUP, associate_id=group.id), action="associate")


def dissociate_eip(platform: Platform, tx: Transaction, caller: Caller, eip: Any, body: JsonMapping) -> None:
    """Part a public address from what has it; with `auto_delete` it goes.

    Raises:
        InvalidStatusError: nothing has it.
        ForbiddenError: it would go, and the caller may not delete it.
    """
    if not eip.associate_id:
        raise InvalidStatusError("the address is not in use", field="associate_id")
    for card in tx.of(GUESTNETWORKS, PLATFORM).find(Query(where=eq("eip_id", eip.id))):
        tx.of(GUESTNETWORKS, PLATFORM).save(evolve(card, eip_id=""))
    if eip.associate_type == OF_GROUP:
        for row in tx.of(GROUPNETWORKS, PLATFORM).find(Query(where=eq("eip_id", eip.id))):
            tx.of(GROUPNETWORKS, PLATFORM).save(evolve(row, eip_id=""))
    free = evolve(eip, associate_type="", associate_id="")
    stored = tx.of(EIPS, PLATFORM).save(free, action="dissociate")
    if read_flag(body, "auto_delete"):
        fetch_for(platform, tx, caller, EIPS, eip.id, "delete")
        tx.of(EIPS, PLATFORM).remove(stored)
        count_out(tx, EIPS, stored)


def change_owner(platform: Platform, tx: Transaction, caller: Caller, eip: Any, body: JsonMapping) -> None:
    """Give a public address that nothing has to another project.

    Raises:
        InvalidStatusError: something has it: that stays with its own project.
    """
    if eip.associate_id:
        raise InvalidStatusError("the address is in use: dissociate it first", field="associate_id")
    call = Call(platform=platform, tx=tx, caller=caller, resource=EIPS, body=body)
    ladder_actions(EIPS.entity)["change-owner"](call, eip)


def change_bandwidth(_platform: Platform, tx: Transaction, _caller: Caller, eip: Any, body: JsonMapping) -> None:
    """Change the bandwidth (Mbps) of a public address."""
    if body.get("bandwidth") in (None, ""):
        raise MissingParameterError("bandwidth is missing", field="bandwidth")
    bandwidth = read_int(body["bandwidth"], "bandwidth", 0, 1_000_000)
    tx.of(EIPS, PLATFORM).save(evolve(eip, bandwidth=bandwidth), action="change-bandwidth")

"""What a new server is tied to besides disks and cards: security groups, groups, a public address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    ConflictError,
    Contention,
    InvalidInputError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.reading import read_str, said
from cloudcore.operations.access import fetch_for
from cloudcore.operations.members import check_dispersed, join_groups
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.eips import give_new, give_taken
from cloudcore.operations.servers.marks import ASKED, OF_SERVER, marks_now
from cloudcore.operations.servers.security import MOST, named_secgroups
from cloudcore.operations.staying import steady
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.groupguest import GROUPGUESTS
from cloudcore.resources.compute.guestsecgroup import GUESTSECGROUPS, Guestsecgroup
from cloudcore.resources.compute.instancegroup import INSTANCEGROUPS
from cloudcore.resources.compute.keypair import KEYPAIRS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.spec import NicSpec, collect, parse_bandwidth_mbps
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.network.secgroup import SECGROUPS, default_for
from cloudcore.scheduling import Mark, Request, Room

MOST_GROUPS = 16
_GROUP = ("groups", "group", "group_ids")
_SECGROUP = ("secgroups", "secgroup_ids", "secgroup_id", "secgroup", "secgrp_id", "secgrp")


@attrs.frozen(kw_only=True)
class Bonds:
    """Checked. secgroups, groups: ids; eip: id of one to give; new_eip: one to take; marks: hosts that groups would rather avoid, and that reach its disks; rooms: of groups that insist; apart: of those that don't."""

    secgroups: tuple[str, ...]
    groups: tuple[Any, ...]
    eip: str
    new_eip: JsonObject | None
    marks: tuple[Mark, ...]
    rooms: tuple[Room, ...]
    apart: tuple[Room, ...]


def read_bonds(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    body: JsonMapping,
    belongs: JsonObject,
    count: int,
    nics: Sequence[NicSpec] = (),
) -> Bonds:
    """Read them from a create body. belongs: the new server's domain and project. nics: its cards.

    Raises:
        ResourceNotFoundError: a group or address is not there, or not for the caller.
        InvalidInputError: names the field.
    """
    groups = _groups(platform, tx, caller, body, belongs)
    return Bonds(
        secgroups=_secgroups(platform, tx, caller, body, belongs, nics),
        groups=tuple(groups),
        eip=_eip(platform, tx, caller, body, count),
        new_eip=_new_eip(body),
        marks=tuple(_crowded(tx, groups)),
        rooms=_rooms(tx, [group for group in groups if group.force_dispersion]),
        apart=_rooms(tx, [group for group in groups if not group.force_dispersion]),
    )


def bind(platform: Platform, tx: Transaction, caller: Caller, server: Any, bonds: Bonds) -> None:
    """Tie a server that was just inserted, with its cards, before its long operation begins."""
    if server.keypair_id:
        steady(tx, KEYPAIRS, server.keypair_id)
    for ident in bonds.secgroups:
        steady(tx, SECGROUPS, ident)
        tx.of(GUESTSECGROUPS, PLATFORM).add(Guestsecgroup(id=tx.new_id(), guest_id=server.id, secgroup_id=ident))
    if bonds.groups:
        join_groups(tx, server.id, [group.id for group in bonds.groups])
    if bonds.eip:
        give_taken(platform, tx, caller, server, bonds.eip)
    elif bonds.new_eip is not None:
        give_new(platform, tx, caller, server, bonds.new_eip)


def bonds_now(tx: Transaction, request: Request) -> Request:
    """A request of some time ago with what its tags mark and the hosts that its groups are on now.

    Tags and groups that are gone say nothing any more, nor does a host that it was wanted on.
    """
    rooms = [
        attrs.evolve(room, most=group.granularity, present=present_hosts(tx, group))
        for room in request.rooms
        for group in tx.of(INSTANCEGROUPS, PLATFORM).find(
            Query(where=both(eq("name", room.name), eq("tenant_id", request.project_id)))
        )
    ]
    is_there = not request.prefer_host or tx.of(HOSTS, PLATFORM).get(request.prefer_host) is not None
    wanted = request.prefer_host if is_there else ""
    return attrs.evolve(
        request,
        marks=marks_now(tx, request.marks, OF_SERVER),
        disks=tuple(attrs.evolve(one, marks=marks_now(tx, one.marks, ("storages",))) for one in request.disks),
        nets=tuple(attrs.evolve(one, marks=marks_now(tx, one.marks, ("networks",))) for one in request.nets),
        rooms=tuple(rooms),
        prefer_host=wanted,
    )


def check_room(tx: Transaction, bonds: Bonds) -> None:
    """Decide again when others of a group went to the same host meanwhile.

    Raises:
        Contention: they did.
    """
    try:
        for group in bonds.groups:
            if group.force_dispersion:
                check_dispersed(tx, group)
    except ConflictError as error:
        raise Contention("the group's servers moved closer meanwhile", internal=str(error)) from error


def _secgroups(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    body: JsonMapping,
    belongs: JsonObject,
    nics: Sequence[NicSpec],
) -> tuple[str, ...]:
    """The server's groups: those of the body, else of its first card; every card that names some has to name the same."""
    of_cards = [
        (nic, named_secgroups(platform, tx, caller, {"secgroup_ids": list(nic.secgroups)}))
        for nic in nics
        if nic.secgroups
    ]
    first = next((found for nic, found in of_cards if nic.index == min(one.index for one in nics)), None)
    is_said = any(body.get(key) not in (None, "", []) for key in _SECGROUP)
    if first is not None and not is_said:
        body = {"secgroup_ids": first}
    wanted = _of_server(platform, tx, caller, body, belongs)
    for nic, found in of_cards:
        if set(found) != set(wanted):
            where = f"nets.{nic.index}.secgroups"
            raise NotSupportedError(f"{where}: all cards of a server are in its security groups", field=where)
    return wanted


def _of_server(
    platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, belongs: JsonObject
) -> tuple[str, ...]:
    if any(body.get(key) not in (None, "", []) for key in _SECGROUP):
        found = named_secgroups(platform, tx, caller, body)
        if len(found) > MOST:
            raise OutOfRangeError(f"a server has at most {MOST} security groups", field="secgroups")
        return tuple(found)
    usual = default_for(tx, belongs["tenant_id"])
    return (usual,) if tx.of(SECGROUPS, PLATFORM).get(usual) is not None else ()


def _groups(
    platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, belongs: JsonObject
) -> Sequence[Any]:
    sent = next((body[key] for key in _GROUP if body.get(key) not in (None, "", [])), None)
    entries = collect({**body, "groups": sent}, plural="groups", legacy="group")
    names: list[Any] = [cast("JsonObject", entry).get("id") if isinstance(entry, dict) else entry for entry in entries]
    if len(names) > MOST_GROUPS:
        raise OutOfRangeError(f"a server is in at most {MOST_GROUPS} groups", field="groups")
    found = [_group(platform, tx, caller, name, f"groups.{place}") for place, name in enumerate(names)]
    for place, group in enumerate(found):
        if group.tenant_id != belongs["tenant_id"]:
            raise InvalidInputError(
                f"group {group.name} belongs to another project than the server", field=f"groups.{place}"
            )
    return [group for group in {group.id: group for group in found}.values() if group.enabled]


def _group(platform: Platform, tx: Transaction, caller: Caller, name: Any, field: str) -> Any:
    ident = read_str(name, field, 128)
    try:
        return fetch_for(platform, tx, caller, INSTANCEGROUPS, ident, "perform", "bind-guests")
    except ResourceNotFoundError as error:
        raise ResourceNotFoundError(f"group {ident[:64]} not found", field=field) from error


def present_hosts(tx: Transaction, group: Any) -> dict[str, int]:
    """Host → how many servers of the group are there."""
    members = tx.of(GROUPGUESTS, PLATFORM).columns(("guest_id",), Query(where=eq("group_id", group.id)))
    rows = tx.of(SERVERS, PLATFORM).totals(one_of("id", [row[0] for row in members]), by=("host_id",))
    return {str(row["host_id"]): int(row["count"]) for row in rows if row["host_id"]}


def _rooms(tx: Transaction, groups: Sequence[Any]) -> tuple[Room, ...]:
    return tuple(Room(name=one.name, most=one.granularity, present=present_hosts(tx, one)) for one in groups)


def _crowded(tx: Transaction, groups: Sequence[Any]) -> list[Mark]:
    """Hosts to avoid where groups would rather have no more servers."""
    found: list[Mark] = []
    for group in groups:
        if not group.force_dispersion:
            full = [host for host, number in present_hosts(tx, group).items() if number >= group.granularity]
            found.append(Mark(name=f"group {group.name}", strategy="avoid", hosts=frozenset(full), weight=ASKED))
    return found


def _eip(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, count: int) -> str:
    named = read_str(said(body, "eip", "eip_id"), "eip", 128)
    if not named:
        return ""
    if body.get("eip_bw"):
        raise InvalidInputError("eip_bw is for new addresses: it excludes eip", field="eip_bw")
    if count > 1:
        raise InvalidInputError("one public address cannot be given to several servers", field="eip")
    return str(fetch_for(platform, tx, caller, EIPS, named, "perform", "associate").id)


def _new_eip(body: JsonMapping) -> JsonObject | None:
    if body.get("eip_bw") in (None, "", 0, "0"):
        return None
    wanted: JsonObject = {"bandwidth": parse_bandwidth_mbps(body["eip_bw"], "eip_bw")}
    for key in ("charge_type", "bgp_type", "auto_dellocate"):
        if body.get(f"eip_{key}") not in (None, ""):
            wanted[key] = body[f"eip_{key}"]
    return wanted

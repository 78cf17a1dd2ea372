"""What a new server is tied to besides disks and cards: security groups, groups, scheduling tags, a public address."""

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
from cloudcore.model.query import PLATFORM, Compare, Op, Query, both, eq, one_of
from cloudcore.model.reading import read_str
from cloudcore.operations.access import fetch_for, reach
from cloudcore.operations.members import check_dispersed, check_tag_scope, join_groups
from cloudcore.operations.platform import Platform
from cloudcore.operations.refs import find_one
from cloudcore.operations.servers.eips import give_new, give_taken
from cloudcore.operations.servers.security import MOST, named_secgroups
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.groupguest import GROUPGUESTS
from cloudcore.resources.compute.guestsecgroup import GUESTSECGROUPS, Guestsecgroup
from cloudcore.resources.compute.instancegroup import INSTANCEGROUPS
from cloudcore.resources.compute.schedtag import SCHEDTAGS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.spec import SchedtagSpec, collect, parse_bandwidth_mbps, parse_schedtag
from cloudcore.resources.compute.tagging import SCHEDTAGHOSTS, SCHEDTAGZONES
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.network.secgroup import SECGROUPS, default_for
from cloudcore.scheduling import Mark, Request, Room

MOST_GROUPS = 16
_ASKED, _USUAL = 10, 1
"""Weights of tags that are asked for, and of those that hold for every request."""
_GROUP = ("groups", "group", "group_ids")
_SECGROUP = ("secgroups", "secgroup_ids", "secgroup_id", "secgroup", "secgrp_id", "secgrp")


@attrs.frozen(kw_only=True)
class Bonds:
    """Checked. secgroups, groups: ids; eip: id of one to give; new_eip: one to take; marks, rooms: for the scheduler."""

    secgroups: tuple[str, ...]
    groups: tuple[Any, ...]
    eip: str
    new_eip: JsonObject | None
    marks: tuple[Mark, ...]
    rooms: tuple[Room, ...]


def read_bonds(
    platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, belongs: JsonObject, count: int
) -> Bonds:
    """Read them from a create body. belongs: the new server's domain and project.

    Raises:
        ResourceNotFoundError: a group, tag or address is not there, or not for the caller.
        ForbiddenError: a tag is kept for others.
        InvalidInputError: names the field.
    """
    groups = _groups(platform, tx, caller, body, belongs)
    return Bonds(
        secgroups=_secgroups(platform, tx, caller, body, belongs),
        groups=tuple(groups),
        eip=_eip(platform, tx, caller, body, count),
        new_eip=_new_eip(body),
        marks=(*_marks(platform, tx, caller, body, belongs), *_crowded(tx, groups)),
        rooms=tuple(
            Room(name=group.name, most=group.granularity, present=present_hosts(tx, group))
            for group in groups
            if group.force_dispersion
        ),
    )


def bind(platform: Platform, tx: Transaction, caller: Caller, server: Any, bonds: Bonds) -> None:
    """Tie a server that was just inserted, with its cards, before its long operation begins."""
    for ident in bonds.secgroups:
        tx.of(GUESTSECGROUPS, PLATFORM).add(Guestsecgroup(id=tx.new_id(), guest_id=server.id, secgroup_id=ident))
    if bonds.groups:
        join_groups(tx, server.id, [group.id for group in bonds.groups])
    if bonds.eip:
        give_taken(platform, tx, caller, server, bonds.eip)
    elif bonds.new_eip is not None:
        give_new(platform, tx, caller, server, bonds.new_eip)


def bonds_now(tx: Transaction, request: Request) -> Request:
    """A request of some time ago with the hosts that its tags mark and its groups are on now.

    Tags and groups that are gone say nothing any more, nor does a host that it was wanted on.
    """
    marks = [
        attrs.evolve(mark, hosts=marked_hosts(tx, tag, "schedtags"))
        for mark in request.marks
        for tag in tx.of(SCHEDTAGS, PLATFORM).find(Query(where=eq("name", mark.name)))
        if tag.resource_type in ("hosts", "zones")
    ]
    rooms = [
        attrs.evolve(room, most=group.granularity, present=present_hosts(tx, group))
        for room in request.rooms
        for group in tx.of(INSTANCEGROUPS, PLATFORM).find(
            Query(where=both(eq("name", room.name), eq("tenant_id", request.project_id)))
        )
    ]
    is_there = not request.prefer_host or tx.of(HOSTS, PLATFORM).get(request.prefer_host) is not None
    wanted = request.prefer_host if is_there else ""
    return attrs.evolve(request, marks=tuple(marks), rooms=tuple(rooms), prefer_host=wanted)


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
    found = [
        fetch_for(
            platform, tx, caller, INSTANCEGROUPS, read_str(name, f"groups.{place}", 128), "perform", "bind-guests"
        )
        for place, name in enumerate(names)
    ]
    for place, group in enumerate(found):
        if group.tenant_id != belongs["tenant_id"]:
            raise InvalidInputError(
                f"group {group.name} belongs to another project than the server", field=f"groups.{place}"
            )
    return [group for group in {group.id: group for group in found}.values() if group.enabled]


def present_hosts(tx: Transaction, group: Any) -> dict[str, int]:
    """Host → how many servers of the group are there."""
    members = tx.of(GROUPGUESTS, PLATFORM).columns(("guest_id",), Query(where=eq("group_id", group.id)))
    rows = tx.of(SERVERS, PLATFORM).totals(one_of("id", [row[0] for row in members]), by=("host_id",))
    return {str(row["host_id"]): int(row["count"]) for row in rows if row["host_id"]}


def _crowded(tx: Transaction, groups: Sequence[Any]) -> list[Mark]:
    """Hosts to avoid where groups would rather have no more servers."""
    found: list[Mark] = []
    for group in groups:
        if not group.force_dispersion:
            full = [host for host, number in present_hosts(tx, group).items() if number >= group.granularity]
            found.append(Mark(name=f"group {group.name}", strategy="avoid", hosts=frozenset(full), weight=_ASKED))
    return found


def _marks(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, belongs: JsonObject) -> list[Mark]:
    asked: list[Mark] = []
    mentioned: set[str] = set()
    for place, entry in enumerate(collect(body, plural="schedtags", legacy="schedtag")):
        field = f"schedtags.{place}"
        wish = parse_schedtag(entry, field)
        tag = _tag(platform, tx, caller, wish, field)
        check_tag_scope(tag, project_id=belongs["tenant_id"], domain_id=belongs["domain_id"])
        strategy = wish.strategy or tag.default_strategy
        if not strategy:
            raise InvalidInputError(f"{field}: require, exclude, prefer or avoid?", field=field)
        weight = wish.weight if wish.weight > 1 else _ASKED
        asked.append(Mark(name=tag.name, strategy=strategy, hosts=marked_hosts(tx, tag, field), weight=weight))
        mentioned.add(tag.id)
    return [*asked, *_usual(tx, mentioned, belongs)]


def _usual(tx: Transaction, mentioned: set[str], belongs: JsonObject) -> list[Mark]:
    """Tags of hosts that hold for every request that does not mention them."""
    where = both(eq("resource_type", "hosts"), Compare("default_strategy", Op.GT, ""))
    return [
        Mark(name=tag.name, strategy=tag.default_strategy, hosts=marked_hosts(tx, tag, "schedtags"), weight=_USUAL)
        for tag in tx.of(SCHEDTAGS, PLATFORM).find(Query(where=where))
        if tag.id not in mentioned
        and tag.domain_id in (None, "", belongs["domain_id"])
        and tag.tenant_id in (None, "", belongs["tenant_id"])
    ]


def _tag(platform: Platform, tx: Transaction, caller: Caller, wish: SchedtagSpec, field: str) -> Any:
    kind = wish.resource_type or "hosts"
    where = both(reach(platform, caller, SCHEDTAGS, "list").where, eq("resource_type", kind))
    try:
        return find_one(tx, SCHEDTAGS, wish.id, where)
    except ResourceNotFoundError as error:
        raise ResourceNotFoundError(f"scheduling tag {wish.id[:64]} of {kind} not found", field=field) from error


def marked_hosts(tx: Transaction, tag: Any, field: str) -> frozenset[str]:
    """The ids of the hosts that a tag marks, itself or by their zone."""
    mine = Query(where=eq("schedtag_id", tag.id))
    if tag.resource_type == "hosts":
        return frozenset(row[0] for row in tx.of(SCHEDTAGHOSTS, PLATFORM).columns(("host_id",), mine))
    if tag.resource_type == "zones":
        zones = [row[0] for row in tx.of(SCHEDTAGZONES, PLATFORM).columns(("zone_id",), mine)]
        found = tx.of(HOSTS, PLATFORM).columns(("id",), Query(where=one_of("zone_id", zones)))
        return frozenset(row[0] for row in found)
    raise NotSupportedError(f"{field}: tags of {tag.resource_type} are not supported", field=field)


def _eip(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, count: int) -> str:
    named = read_str(body.get("eip") or body.get("eip_id") or "", "eip", 128)
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

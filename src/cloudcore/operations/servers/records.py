"""What is only recorded of a server, and what is told of how it was made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InvalidInputError, MissingParameterError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Compare, Expr, Op, Order, Query, both, eq, one_of
from cloudcore.model.reading import read_bool, read_int, read_list_of_str, read_str, read_time
from cloudcore.operations import members
from cloudcore.operations.access import fetch, fetch_for, reach
from cloudcore.operations.instancesnapshots import config_of
from cloudcore.operations.listing import DEFAULT_LIMIT
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.snapshots import create_snapshot
from cloudcore.operations.tags import merged
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS, as_device
from cloudcore.resources.compute.guestsecgroup import GUESTSECGROUPS
from cloudcore.resources.compute.instancegroup import INSTANCEGROUPS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.tasks.task import ENDED, OPEN, TASKS

OS_PARTS = ("type", "distribution", "version", "arch")
"""What is said of the system in a server."""


def modify_src_check(_platform: Platform, tx: Transaction, _caller: Caller, server: Any, body: JsonMapping) -> None:
    """Say whether packets of other addresses or cards are dropped; without the check of cards there is none of addresses.

    Raises:
        MissingParameterError: neither is sent.
    """
    sent = [name for name in ("src_ip_check", "src_mac_check") if body.get(name) not in (None, "")]
    if not sent:
        raise MissingParameterError("src_ip_check is missing", field="src_ip_check")
    changes = {name: read_bool(body[name], name) for name in sent}
    if not changes.get("src_mac_check", server.src_mac_check):
        changes["src_ip_check"] = False
    tx.of(SERVERS, PLATFORM).save(evolve(server, **changes), action="modify_src_check")


def bind_groups(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Put a server into groups of its project; raises as `members.bind_guests`."""
    for group in _groups(platform, tx, caller, body, "bind-guests"):
        members.bind_guests(platform, tx, caller, group, {"guests": [server.id]})


def unbind_groups(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Take a server out of groups."""
    for group in _groups(platform, tx, caller, body, "unbind-guests"):
        members.unbind_guests(platform, tx, caller, group, {"guests": [server.id]})


def ssh_port(_platform: Platform, _tx: Transaction, _caller: Caller, server: Any, _params: JsonMapping) -> JsonObject:
    """The port of its SSH server."""
    return {"port": server.ssh_port}


def set_ssh_port(_platform: Platform, tx: Transaction, _caller: Caller, server: Any, body: JsonMapping) -> None:
    """Say on which port its SSH server listens; nothing in the guest changes.

    Raises:
        MissingParameterError: no port is sent.
    """
    if body.get("port") in (None, ""):
        raise MissingParameterError("port is missing", field="port")
    port = read_int(body["port"], "port", 1, 65_535)
    tx.of(SERVERS, PLATFORM).save(evolve(server, ssh_port=port), action="set_ssh_port")


def set_os_info(_platform: Platform, tx: Transaction, _caller: Caller, server: Any, body: JsonMapping) -> None:
    """Say which system runs in a server: its kind, and distribution, version and architecture as tags; nothing in it changes.

    Raises:
        MissingParameterError: nothing is sent.
    """
    said = {name: read_str(body[name], name, 64) for name in OS_PARTS if body.get(name) not in (None, "")}
    if not said:
        raise MissingParameterError("type is missing: say type, distribution, version or arch", field="type")
    tags = merged(server.metadata, {f"os_{name}": value for name, value in said.items()})
    changed = evolve(server, os_type=said.get("type", server.os_type), metadata=tags)
    tx.of(SERVERS, PLATFORM).save(changed, action="set_os_info")


def tasks_of(platform: Platform, tx: Transaction, caller: Caller, server: Any, params: JsonMapping) -> JsonObject:
    """The tasks of a server that the caller may list, newest first; at most 2,048.

    Raises:
        ForbiddenError: he may list none.
    """
    where: list[Expr] = [
        reach(platform, caller, TASKS, "list").where,
        eq("obj_type", "server"),
        eq("obj_id", server.id),
    ]
    if params.get("is_open") not in (None, ""):
        where.append(one_of("state", OPEN if params["is_open"] else ENDED))
    if params.get("since"):
        where.append(Compare("created_at", Op.GE, read_time(params["since"], "since")))
    query = Query(where=both(*where), order=(Order("created_at", descending=True),), limit=DEFAULT_LIMIT)
    return {"tasks": detail_rows(platform, tx, TASKS, tx.of(TASKS, PLATFORM).find(query))}


def keep_disk(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to keep one of a server's disks as it is now.

    Raises:
        InvalidInputError: the disk is not the server's.
        Others of `create_snapshot`.
    """
    disk: Any = fetch(platform, tx, caller, DISKS, read_str(body.get("disk_id"), "disk_id", 128))
    if not tx.of(GUESTDISKS, PLATFORM).count(both(eq("guest_id", server.id), eq("disk_id", disk.id))):
        raise InvalidInputError(f"server {server.name} has no disk {disk.name}", field="disk_id")
    create_snapshot(platform, tx, caller, {"disk_id": disk.id, "name": body.get("name")})


def create_params(
    _platform: Platform, tx: Transaction, _caller: Caller, server: Any, _params: JsonMapping
) -> JsonObject:
    """A create body for a server like this one: its size, disks, networks and groups; no addresses and no secrets."""
    groups = tx.of(GUESTSECGROUPS, PLATFORM).columns(("secgroup_id",), Query(where=eq("guest_id", server.id)))
    body: JsonObject = {
        "generate_name": server.name,
        **config_of(server),
        "disks": _disks(tx, server.id),
        "nets": _nets(tx, server.id),
        "secgroups": sorted(row[0] for row in groups),
        "keypair_id": server.keypair_id,
    }
    return {key: value for key, value in body.items() if value not in (None, "", [])}


def _groups(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, action: str) -> Sequence[Any]:
    names = read_list_of_str(body.get("group_ids") or [], "group_ids", max_items=members.MOST)
    if not names:
        raise MissingParameterError("group_ids is missing", field="group_ids")
    return [fetch_for(platform, tx, caller, INSTANCEGROUPS, name, "perform", action) for name in names]


def _disks(tx: Transaction, server_id: str) -> list[JsonObject]:
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server_id), order=(Order("index"),)))
    disks = {d.id: d for d in tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [k.disk_id for k in links])))}
    return [_disk(link, disks[link.disk_id]) for link in links if link.disk_id in disks]


def _disk(link: Any, disk: Any) -> JsonObject:
    entry: JsonObject = {
        "index": link.index,
        "image_id": disk.template_id,
        "size": disk.disk_size,
        "disk_type": disk.disk_type,
        "format": "" if disk.template_id else disk.disk_format,
        "fs": disk.fs_format,
        "driver": link.driver,
        "cache": link.cache_mode,
        "auto_delete": disk.auto_delete,
    }
    return {key: value for key, value in entry.items() if value not in (None, "")}


def _nets(tx: Transaction, server_id: str) -> list[JsonObject]:
    where = Query(where=eq("guest_id", server_id), order=(Order("index"),))
    return [
        {"index": nic.index, "network": nic.network_id, **(as_device(nic) or {"driver": nic.driver})}
        for nic in tx.of(GUESTNETWORKS, PLATFORM).find(where)
    ]

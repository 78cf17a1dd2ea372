"""Servers like a server: with its disks as they are now, or with new disks of the same images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError, MissingParameterError, OutOfRangeError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM, Order, Query, eq, one_of
from cloudcore.model.reading import read_flag, read_int, read_str
from cloudcore.operations.access import fetch_for
from cloudcore.operations.generic import check_in_use
from cloudcore.operations.idempotency import once
from cloudcore.operations.instancesnapshots import config_of, create_instance_snapshot
from cloudcore.operations.platform import Platform
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.run import reading, writing
from cloudcore.operations.servers.create import MOST_IN_ONE_UNIT, create_servers, insert_servers
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS, as_device
from cloudcore.resources.compute.server import SERVERS

_KEPT = ("prefer_host", "prefer_host_id", "disable_delete", "project_id", "project", "hostname", "description")


def snapshot_and_clone(platform: Platform, caller: Caller, ident: str, body: JsonMapping, key: str = "") -> JsonObject:
    """Make servers of a server as it is now, or of one of its instance snapshots; gives the server's details with `guests`.

    key: as of `create_servers`. The instance snapshot and the servers are begun in one commit; the servers' disks wait for it, and it stays.

    Raises:
        Those of `create_instance_snapshot` and `create_servers`.
    """
    count = read_int(body.get("count") or 1, "count", 1, MOST_IN_ONE_UNIT)
    start = read_flag(body, "auto_start")

    def make(tx: Transaction) -> JsonObject:
        server = _source(platform, tx, caller, ident, body, "snapshot-and-clone")
        kept = body.get("instance_snapshot_id") or body.get("instance_snapshot")
        if not kept:
            named = {"generate_name": f"{read_str(body['name'], 'name', 128)[:100]}-source"}
            kept = create_instance_snapshot(platform, tx, caller, server, named)["instance_snapshot_id"]
        wanted = {**_wish(tx, server, body), "auto_start": start, "instance_snapshot_id": kept}
        made = insert_servers(platform, tx, caller, wanted, count)
        return _answer(platform, tx, server, made, instance_snapshot_id=kept)

    def work(tx: Transaction) -> JsonObject:
        asked = ["perform", "servers", ident, "snapshot-and-clone", body]
        return once(tx, caller, key, asked, lambda: [make(tx)])[0] if key else make(tx)

    return writing(platform, caller, work)


def clone(platform: Platform, caller: Caller, ident: str, body: JsonMapping, key: str = "") -> JsonObject:
    """Make a server like another one, with new disks of the same images and sizes; gives the other's details with `guests`.

    key: as of `create_servers`.

    Raises:
        InvalidInputError: its system disk was not made of an image.
        Those of `create_servers`.
    """

    def read(tx: Transaction) -> tuple[Any, JsonObject]:
        server = _source(platform, tx, caller, ident, body, "clone")
        wish = {**config_of(server), **_wish(tx, server, body), "disks": _disks(tx, server)}
        if server.keypair_id and not body.get("keypair"):
            wish["keypair"] = server.keypair_id
        return server, {**wish, "auto_start": read_flag(body, "auto_start")}

    server, wish = reading(platform, read)
    said = {k: v for k, v in wish.items() if v not in (None, "")}
    asked = ["perform", "servers", ident, "clone", body]
    made = create_servers(platform, caller, said, 1, key=key, asked=asked)
    return reading(platform, lambda tx: _answer(platform, tx, server, made))


def _source(platform: Platform, tx: Transaction, caller: Caller, ident: str, body: JsonMapping, action: str) -> Any:
    server = fetch_for(platform, tx, caller, SERVERS, ident, "perform", action)
    check_in_use(server)
    if not body.get("name"):
        raise MissingParameterError("name is missing", field="name")
    for key in ("eip", "eip_bw"):
        if body.get(key):
            raise InvalidInputError("a clone gets no public address: associate one afterwards", field=key)
    return server


def _wish(tx: Transaction, server: Any, body: JsonMapping) -> JsonObject:
    """What of a create body does not come from the disks: the name, the same networks, the caller's own words."""
    where = Query(where=eq("guest_id", server.id), order=(Order("index"),))
    nets = [{"network": nic.network_id, **as_device(nic)} for nic in tx.of(GUESTNETWORKS, PLATFORM).find(where)]
    said = {key: body[key] for key in _KEPT if key in body}
    return {"name": body["name"], "nets": nets, **said}


def _disks(tx: Transaction, server: Any) -> list[JsonObject]:
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id), order=(Order("index"),)))
    disks = {d.id: d for d in tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [k.disk_id for k in links])))}
    if len(links) > MOST_IN_ONE_UNIT:
        raise OutOfRangeError(f"the server has more than {MOST_IN_ONE_UNIT} disks", field="disks")
    found: list[JsonObject] = []
    for link in links:
        disk = disks[link.disk_id]
        if link.index == 0 and not disk.template_id:
            raise InvalidInputError(f"disk {disk.name} was not made of an image: use snapshot-and-clone", field="disks")
        entry = {"image_id": disk.template_id, "size": disk.disk_size, "driver": link.driver, "cache": link.cache_mode}
        found.append({**entry, "format": "" if disk.template_id else disk.disk_format, "disk_type": disk.disk_type})
    return found


def _answer(platform: Platform, tx: Transaction, server: Any, made: Sequence[JsonMapping], **more: Any) -> JsonObject:
    (shown,) = detail_rows(platform, tx, SERVERS, [tx.of(SERVERS, PLATFORM).get(server.id)])
    guests = [{key: one[key] for key in ("id", "name", "status")} for one in made]
    return {**shown, **more, "guests": guests}

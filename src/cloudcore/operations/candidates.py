"""Hosts as the scheduler sees them: what they have, what is given out, what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import InvalidInputError
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import Expr, Order, Query, both, eq, one_of
from cloudcore.model.reading import read_bool, read_int, read_str
from cloudcore.operations.access import fetch, fetch_for, reach
from cloudcore.operations.placement import claims_of, host_types, storages_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.room import host_limits, storage_limit
from cloudcore.operations.rows import detail_rows
from cloudcore.operations.shares import free_of_nodes
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.infrastructure.cloudregion import CLOUDREGIONS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.host.nodes import keeps_nodes
from cloudcore.resources.infrastructure.zone import ZONES

MOST = 5000
TYPES = ("all", "host", "baremetal")


def candidate_list(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> JsonObject:
    """A page of hosts by name: those of a type, region or zone, with `available` only those that servers can go to.

    Raises:
        ForbiddenError: the caller may not list hosts.
        InvalidInputError, ResourceNotFoundError: of what it asks for; names it.
    """
    hosts = tx.of(HOSTS, both(reach(platform, caller, HOSTS, "list").where, *_wanted(platform, tx, caller, body)))
    limit = read_int(body.get("limit") or 20, "limit", 1, MOST)
    offset = read_int(body.get("offset") or 0, "offset", 0, 2**31)
    page = hosts.find(Query(order=(Order("name"), Order("id")), limit=limit, offset=offset))
    return {"data": candidates_of(platform, tx, page), "total": hosts.count(), "limit": limit, "offset": offset}


def candidate_detail(platform: Platform, tx: Transaction, caller: Caller, ident: str) -> JsonObject:
    """One host with all that a decision looks at.

    Raises:
        ResourceNotFoundError: there is none, or not for the caller.
    """
    host = fetch_for(platform, tx, caller, HOSTS, ident, "get")
    (short,) = candidates_of(platform, tx, [host])
    (full,) = detail_rows(platform, tx, HOSTS, [host])
    stores, claims = storages_of(tx, [host.id]).get(host.id, ()), claims_of(tx, [])[1]
    storages = [
        {
            "id": one.id,
            "name": one.name,
            "storage_type": one.storage_type,
            "medium_type": one.medium_type,
            "capacity": one.capacity,
            "free_capacity": storage_limit(one, platform.settings) - claims.get(one.id, 0),
        }
        for one in stores
    ]
    answer: JsonObject = {**full, **short, "storages": storages}
    if keeps_nodes(host):
        free = free_of_nodes(tx, platform.settings, host)
        answer["numa_nodes"] = [{"node_id": one, "cpu_free": cpus, "mem_free": size} for one, cpus, size in free]
    return {"candidate": answer}


def candidates_of(platform: Platform, tx: Transaction, page: Sequence[Any]) -> list[JsonObject]:
    """The rows of some hosts, in their order. CPUs; memory and storage in MiB."""
    idents = [host.id for host in page]
    claims, stored = claims_of(tx, idents)
    stores = storages_of(tx, idents)
    return [_candidate(platform, host, claims.get(host.id), stores.get(host.id, ()), stored) for host in page]


def _wanted(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> list[Expr]:
    kind = read_str(body.get("type") or "all", "type", 20)
    if kind not in TYPES:
        raise InvalidInputError(f"type must be one of {', '.join(TYPES)}", field="type")
    parts: list[Expr] = []
    if kind != "all":
        baremetal = kind == "baremetal"
        parts.append(eq("host_type", "baremetal") if baremetal else one_of("host_type", _with_guests(tx)))
    if zone := read_str(body.get("zone") or "", "zone", 128):
        parts.append(eq("zone_id", fetch(platform, tx, caller, ZONES, zone).id))
    if region := read_str(body.get("region") or "", "region", 128):
        found = fetch(platform, tx, caller, CLOUDREGIONS, region)
        zones = tx.of(ZONES, both(reach(platform, caller, ZONES, "list").where, eq("cloudregion_id", found.id)))
        parts.append(one_of("zone_id", [row[0] for row in zones.columns(("id",))]))
    if read_bool(body.get("available") or False, "available"):
        parts += [eq("enabled", True), eq("host_status", "online"), eq("status", "running")]
    return parts


def _with_guests(tx: Transaction) -> list[str]:
    return sorted(host_types(tx) - {"baremetal"})


def _candidate(platform: Platform, host: Any, claim: Any, stores: Sequence[Any], stored: dict[str, int]) -> JsonObject:
    settings = platform.settings
    cpu, memory = host_limits(host, settings)
    used_cpu, used_memory = (claim.vcpus, claim.memory_mib) if claim is not None else (0, 0)
    room = sum(storage_limit(one, settings) for one in stores)
    kept = sum(int(one.reserved) for one in stores)
    return {
        "id": host.id,
        "name": host.name,
        # The wire spells the key so.
        "cpu": {"free": cpu - used_cpu, "reserverd": host.cpu_reserved, "total": cpu + host.cpu_reserved},
        "mem": {"free": memory - used_memory, "reserverd": host.mem_reserved, "total": memory + host.mem_reserved},
        "storage": {
            "free": room - sum(stored.get(one.id, 0) for one in stores),
            "reserverd": kept,
            "total": room + kept,
        },
        "status": host.status,
        "host_status": str(host.host_status),
        "enable_status": "enable" if host.enabled else "disable",
        "host_type": host.host_type,
        "pending_usage": {},
    }

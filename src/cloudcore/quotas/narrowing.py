"""Limits that are narrowed to keys, such as the servers of one hypervisor: their texts, and what matches them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from cloudcore.model.query import PLATFORM, Exists, Expr, IsNull, Not, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.host import HOSTS


def write_keys(keys: Mapping[str, str]) -> str:
    """The one text of a set of keys; empty for none."""
    return json.dumps(dict(keys), sort_keys=True, separators=(",", ":")) if keys else ""


def read_keys(text: str) -> Mapping[str, str]:
    """The keys of such a text."""
    found: Any = json.loads(text) if text else {}
    return {str(name): str(value) for name, value in found.items()}


def matching(tx: Transaction, domain_id: str, project_id: str, keys: Mapping[str, str]) -> Mapping[str, int]:
    """What an owner's servers that match the keys count for."""
    where = both(owned(domain_id, project_id), Not(IsNull("host_id")), eq("pending_deleted", False))
    if "hypervisor" in keys:
        where = both(where, eq("hypervisor", keys["hypervisor"]))
    if "zone_id" in keys:
        where = both(where, Exists("hosts", "id", "host_id", eq("zone_id", keys["zone_id"])))
    return servers_of(tx, where)


def servers_of(tx: Transaction, where: Expr) -> Mapping[str, int]:
    """What servers count for."""
    rows = tx.of(SERVERS, PLATFORM).totals(where, sums=("vcpu_count", "vmem_size"))
    row: Mapping[str, Any] = rows[0] if rows else {}
    return {
        "count": int(row.get("count") or 0),
        "cpu": int(row.get("vcpu_count") or 0),
        "memory": int(row.get("vmem_size") or 0),
    }


def owned(domain_id: str, project_id: str) -> Expr:
    """Rows of a project, or of a domain as a whole."""
    whole = eq("domain_id", domain_id)
    return both(whole, eq("tenant_id", project_id)) if project_id else whole


def quota_keys(tx: Transaction, servers: Sequence[Any]) -> Mapping[str, Collection[str]]:
    """What narrowed limits are matched with when these servers are charged."""
    hosts = Query(where=one_of("id", [server.host_id for server in servers if server.host_id]))
    zones = {row[0] for row in tx.of(HOSTS, PLATFORM).columns(("zone_id",), hosts)}
    return {"hypervisor": {server.hypervisor for server in servers}, "zone_id": zones}

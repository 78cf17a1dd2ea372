"""What counters are counted from: the rows of each, whose they are, and which of them have a key that limits know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

import attrs

from cloudcore.model.entity import ProjectOwned
from cloudcore.model.errors import CloudcoreError
from cloudcore.model.query import (
    EVERYTHING,
    NOTHING,
    PLATFORM,
    Compare,
    Exists,
    Expr,
    IsNull,
    Not,
    Op,
    Query,
    both,
    eq,
    one_of,
)
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.family import CLOUD_KEYS
from cloudcore.resources.compute.disk import DISKS, DiskStatus
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.instancesnapshot import INSTANCE_SNAPSHOTS, InstanceSnapshotStatus
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.snapshot import SNAPSHOTS, SnapshotStatus
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.infrastructure.cloudregion import ON_PREMISE
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.network.eip import EIPS
from cloudcore.resources.network.network import NETWORKS, is_exit
from cloudcore.resources.network.vpc import VPCS
from cloudcore.resources.registry import ALL

Charged: TypeAlias = Mapping[str, Collection[str]]
"""What something is charged for: ids by plural."""

Having: TypeAlias = Callable[[str], Expr]
"""The rows that have a key with this value."""

HERE = {"provider": ON_PREMISE, "brand": ON_PREMISE, "cloud_env": "onpremise"}


@attrs.frozen(kw_only=True)
class Source:
    """The rows that some counters are counted from.

    counters: field of the limits → the column that is added up; empty: how many rows there are.
    where: which rows count. refine: more of that, where other rows have to be looked at.
    keys: of these rows, by name; those that say whose cloud it is, all rows have.
    of_server: the rows are owned by who owns the server that they belong to.
    """

    resource: Resource[Any]
    counters: Mapping[str, str]
    where: Expr = EVERYTHING
    refine: Callable[[Transaction], Expr] = lambda _tx: EVERYTHING
    keys: Mapping[str, Having] = MappingProxyType({})
    of_server: bool = False

    def having(self, keys: Mapping[str, str]) -> Expr:
        """The rows that match all of these keys; none where they have no such key."""
        return both(*(self._having(name, value) for name, value in keys.items()))

    def _having(self, name: str, value: str) -> Expr:
        if name in CLOUD_KEYS:
            return EVERYTHING if value.lower() == HERE[name].lower() else NOTHING
        known = self.keys.get(name)
        return known(value) if known is not None else NOTHING

    def owned(self, domain_id: str, project_id: str) -> Expr:
        """The rows of a project, or of a domain as a whole."""
        mine = owned(domain_id, project_id)
        if self.of_server:
            return Exists(SERVERS.plural, "id", "guest_id", both(mine, eq("pending_deleted", False)))
        return mine


def counted_now(
    tx: Transaction,
    domain_id: str,
    project_id: str,
    fields: Collection[str],
    keys: Mapping[str, str],
    only: Charged | None = None,
) -> dict[str, int]:
    """What the rows of a project, or of a domain, say of these counters; 0 of those that nothing is counted from.

    keys: only rows that match them. only: of these rows alone.
    """
    found = dict.fromkeys(fields, 0)
    for source in SOURCES:
        wanted = {field: column for field, column in source.counters.items() if field in found}
        if not wanted or (only is not None and not only.get(source.resource.plural)):
            continue
        where = both(source.owned(domain_id, project_id), source.where, source.having(keys), source.refine(tx))
        if only is not None:
            where = both(where, one_of("id", only[source.resource.plural]))
        sums = tuple(column for column in wanted.values() if column)
        rows = tx.of(source.resource, PLATFORM).totals(where, sums=sums)
        row: Mapping[str, Any] = rows[0] if rows else {}
        found.update({field: int(row.get(column or "count") or 0) for field, column in wanted.items()})
    return found


def counted_by_owner(
    tx: Transaction, whose: Expr, fields: Collection[str], keys: Mapping[str, str], *, projects: bool
) -> Mapping[tuple[str, str], Mapping[str, int]]:
    """The same as `counted_now` of many owners, by domain and project: in as many statements as of one.

    whose: of which owners, of their `domain_id` and `tenant_id`. projects: of each project; else of domains as a whole.
    """
    found: dict[tuple[str, str], dict[str, int]] = {}
    for source in SOURCES:
        wanted = {field: column for field, column in source.counters.items() if field in fields}
        if not wanted or (projects and not (source.of_server or is_of_projects(source.resource))):
            continue
        sums = tuple(column for column in wanted.values() if column)
        for owner, row in _grouped(tx, source, whose, keys, sums, projects=projects):
            amounts = found.setdefault(owner, dict.fromkeys(fields, 0))
            for field, column in wanted.items():
                amounts[field] += int(row.get(column or "count") or 0)
    return found


def _grouped(
    tx: Transaction, source: Source, whose: Expr, keys: Mapping[str, str], sums: Sequence[str], *, projects: bool
) -> Iterator[tuple[tuple[str, str], Mapping[str, Any]]]:
    """The totals of a source, and whose they are."""
    where = both(source.where, source.having(keys), source.refine(tx))
    if source.of_server:
        there = both(whose, eq("pending_deleted", False))
        servers = tx.of(SERVERS, PLATFORM).columns(("id", "domain_id", "tenant_id"), Query(where=there))
        homes = {ident: (domain, project if projects else "") for ident, domain, project in servers}
        of_them = both(where, Exists(SERVERS.plural, "id", "guest_id", there))
        for row in tx.of(source.resource, PLATFORM).totals(of_them, sums=sums, by=("guest_id",)):
            if row["guest_id"] in homes:
                yield homes[row["guest_id"]], row
        return
    by = ("domain_id", "tenant_id") if projects else ("domain_id",)
    for row in tx.of(source.resource, PLATFORM).totals(both(whose, where), sums=sums, by=by):
        yield (str(row["domain_id"]), str(row.get("tenant_id") or "")), row


def owned(domain_id: str, project_id: str) -> Expr:
    """Rows of a project, or of a domain as a whole."""
    whole = eq("domain_id", domain_id)
    return both(whole, eq("tenant_id", project_id)) if project_id else whole


def is_of_projects(resource: Resource[Any]) -> bool:
    """Whether projects own rows of the type."""
    return issubclass(resource.entity, ProjectOwned)


def charged_of(tx: Transaction, servers: Sequence[str]) -> Charged:
    """All that hangs on servers and counts: themselves, their disks, cards and devices."""
    from cloudcore.resources.compute.guestdisk import GUESTDISKS

    def ids(resource: Resource[Any], column: str) -> list[str]:
        rows = tx.of(resource, PLATFORM).find(_of(servers))
        return [str(getattr(row, column)) for row in rows]

    return {
        SERVERS.plural: list(servers),
        DISKS.plural: ids(GUESTDISKS, "disk_id"),
        GUESTNETWORKS.plural: ids(GUESTNETWORKS, "id"),
        ISOLATED_DEVICES.plural: ids(ISOLATED_DEVICES, "id"),
    }


def _of(servers: Sequence[str]) -> Query:
    return Query(where=one_of("guest_id", servers))


def _host_in_zone(zone: str) -> Expr:
    return Exists(HOSTS.plural, "id", "host_id", eq("zone_id", zone))


def _in_region(region: str) -> Expr:
    return Exists("zones", "id", "zone_id", eq("cloudregion_id", region))


def _host_in_region(region: str) -> Expr:
    return Exists(HOSTS.plural, "id", "host_id", _in_region(region))


def _on_storage(where: Having) -> Having:
    return lambda value: Exists("storages", "id", "storage_id", where(value))


def _of_guest(where: Having) -> Having:
    return lambda value: Exists(SERVERS.plural, "id", "guest_id", where(value))


def _disk_of(hypervisor: str) -> Expr:
    """Disks on storages of hosts on which such servers run."""
    try:
        kind = driver_for(hypervisor).host_type
    except CloudcoreError:
        return NOTHING
    hosts = Exists(HOSTS.plural, "id", "host_id", eq("host_type", kind))
    return Exists("hoststorages", "storage_id", "storage_id", hosts)


def _exits(tx: Transaction) -> list[str]:
    rows = tx.of(NETWORKS, PLATFORM).columns(("id", "guest_ip_start"))
    return [str(ident) for ident, start in rows if is_exit(start or "")]


def _is_not(status: str) -> Expr:
    return Compare("status", Op.NE, str(status))


def _region(region: str) -> Expr:
    return eq("cloudregion_id", region)


def _type(kind: str) -> Expr:
    iso = eq("disk_format", "iso")
    return {"iso": iso, "image": Not(iso)}.get(kind, NOTHING)


_KEPT = eq("pending_deleted", False)
_OF_CARDS: Mapping[str, Having] = MappingProxyType({"region_id": _of_guest(_host_in_region)})
_REGION: Mapping[str, Having] = MappingProxyType({"region_id": _region})
_KEYS_OF_PLAIN: Mapping[str, Mapping[str, Having]] = MappingProxyType(
    {
        EIPS.plural: _REGION,
        VPCS.plural: _REGION,
        HOSTS.plural: MappingProxyType({"region_id": _in_region}),
    }
)

SOURCES: tuple[Source, ...] = (
    Source(
        resource=SERVERS,
        counters=MappingProxyType({"count": "", "cpu": "vcpu_count", "memory": "vmem_size"}),
        where=both(Not(IsNull("host_id")), _KEPT),
        keys=MappingProxyType(
            {
                "hypervisor": lambda value: eq("hypervisor", value),
                "zone_id": _host_in_zone,
                "region_id": _host_in_region,
            }
        ),
    ),
    Source(
        resource=DISKS,
        counters=MappingProxyType({"storage": "disk_size"}),
        where=both(_is_not(DiskStatus.ALLOC_FAILED), _KEPT),
        keys=MappingProxyType(
            {
                "hypervisor": _disk_of,
                "zone_id": _on_storage(lambda value: eq("zone_id", value)),
                "region_id": _on_storage(_in_region),
            }
        ),
    ),
    Source(
        resource=SNAPSHOTS,
        counters=MappingProxyType({"snapshot": ""}),
        where=_is_not(SnapshotStatus.CREATE_FAILED),
        keys=_REGION,
    ),
    Source(
        resource=INSTANCE_SNAPSHOTS,
        counters=MappingProxyType({"instance_snapshot": ""}),
        where=_is_not(InstanceSnapshotStatus.CREATE_FAILED),
        keys=_REGION,
    ),
    Source(
        resource=IMAGES,
        counters=MappingProxyType({"image": ""}),
        where=eq("quota_held", True),
        keys=MappingProxyType({"type": _type}),
    ),
    Source(
        resource=GUESTNETWORKS,
        counters=MappingProxyType({"port": ""}),
        refine=lambda tx: Not(one_of("network_id", _exits(tx))),
        keys=_OF_CARDS,
        of_server=True,
    ),
    Source(
        resource=GUESTNETWORKS,
        counters=MappingProxyType({"eport": ""}),
        refine=lambda tx: one_of("network_id", _exits(tx)),
        keys=_OF_CARDS,
        of_server=True,
    ),
    Source(
        resource=ISOLATED_DEVICES,
        counters=MappingProxyType({"isolated_device": ""}),
        keys=MappingProxyType(
            {
                "hypervisor": _of_guest(lambda value: eq("hypervisor", value)),
                "zone_id": _host_in_zone,
                "region_id": _host_in_region,
            }
        ),
        of_server=True,
    ),
    *(
        Source(
            resource=resource,
            counters=MappingProxyType({resource.counts_as: ""}),
            keys=_KEYS_OF_PLAIN.get(resource.plural, MappingProxyType({})),
        )
        for resource in ALL
        if resource.counts_as
    ),
)
"""Every counter that anything is counted from."""

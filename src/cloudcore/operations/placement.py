"""Where a server goes: the inventory as it stands, and the admission of one placement. The decision is `deciding`'s.

The decision is made on a snapshot, outside the unit that writes. The unit admits it by conditional updates; a placement
that no longer fits is replaced by the decision's next alternative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType, SimpleNamespace
from typing import Any

import attrs

from cloudcore.model.errors import InsufficientResourceError
from cloudcore.model.json import JsonObject
from cloudcore.model.query import EVERYTHING, PLATFORM, Compare, Expr, Op, Query, both, eq, one_of
from cloudcore.model.resource import Resource
from cloudcore.operations.classes import classes_of
from cloudcore.operations.packing import Packing, packing_of
from cloudcore.operations.platform import Settings
from cloudcore.operations.room import limits_for, storage_limit
from cloudcore.operations.shares import claim_share, node_rows
from cloudcore.operations.sharing import targets_by_row
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import claim_storage, claim_together, host_claim, storage_claim
from cloudcore.quotas.kept import kept_of_hosts
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.compute.nodeclaim import NODECLAIMS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.zone import ZONES, ZoneStatus
from cloudcore.resources.network.network import NETWORKS, is_exit
from cloudcore.resources.network.ranges import addresses_in_use, range_of
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.hostwire import HOSTWIRES
from cloudcore.resources.storage.storage import STORAGES
from cloudcore.resources.storage.storageclaim import STORAGECLAIMS
from cloudcore.scheduling import HostRow, Inventory, Kept, NetworkRow, Placement, Request, StorageRow
from cloudcore.scheduling.claims import with_actual, with_claims, with_kept, with_networks, with_node_claims
from cloudcore.scheduling.pool import Terms

_ALL = Query()
_NO_TERMS: Mapping[str, Terms] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Seat:
    """An admitted placement. storages: storage id per disk, in the request's order; networks, devices: candidates of each.

    pins: what it holds of which NUMA nodes, as the wire has it.
    functions: of each card the devices that it may be; none of an ordinary one.
    """

    host_id: str
    storages: tuple[str, ...]
    networks: tuple[tuple[str, ...], ...]
    devices: tuple[tuple[str, ...], ...] = ()
    pins: list[JsonObject] = attrs.field(factory=list[JsonObject])
    functions: tuple[tuple[str, ...], ...] = ()


@attrs.frozen(kw_only=True)
class Surroundings:
    """What a decision looks at beside the row of a host. zones: by id; shared: of `targets_by_row`."""

    zones: Mapping[str, Any]
    packing: Packing
    shared: Mapping[str, tuple[str, ...]]


def inventory_of(
    tx: Transaction, settings: Settings, *, host_type: str, networks: Sequence[str] | None, host_id: str = ""
) -> Inventory:
    """The columns of all hosts of a type, or of one host; a fixed number of queries. networks: only these, None: all."""
    of_type = eq("host_type", host_type)
    bare = unclaimed(tx, settings, both(of_type, eq("id", host_id)) if host_id else of_type)
    return claimed(tx, with_networks(bare, networks_now(tx, networks)))


def everything(tx: Transaction, settings: Settings, *, networks: Sequence[str] | None) -> Inventory:
    """The columns of all hosts of all types; a fixed number of queries. networks: as of `inventory_of`."""
    return claimed(tx, with_networks(unclaimed(tx, settings, EVERYTHING), networks_now(tx, networks)))


def surroundings(tx: Transaction, settings: Settings) -> Surroundings:
    """What is beside the hosts now."""
    zones = {z.id: z for z in read_columns(tx, ZONES, ("id", "status", "cloudregion_id"))}
    packing = packing_of(tx, settings)
    return Surroundings(zones=zones, packing=packing, shared=targets_by_row(tx, HOSTS, "domain"))


def unclaimed(tx: Transaction, settings: Settings, which: Expr, beside: Surroundings | None = None) -> Inventory:
    """These hosts with their storages, as if nothing were claimed of them, and no networks.

    beside: what was read already.
    """
    around = beside or surroundings(tx, settings)
    # Links of other types' hosts are among these; the inventory leaves them out.
    return Inventory.build(
        [host_row(h, settings, around) for h in read_columns(tx, HOSTS, HOST_COLUMNS, Query(where=which))],
        [_storage(s, settings) for s in read_columns(tx, STORAGES, _STORAGE)],
        [],
        _attached(tx, _ALL),
        [(host, wire) for host, wire in tx.of(HOSTWIRES, PLATFORM).columns(("host_id", "wire_id"))],
    )


def claimed(tx: Transaction, bare: Inventory) -> Inventory:
    """The columns with what is claimed now of hosts and storages of which nothing was."""
    claims = tx.of(HOSTCLAIMS, PLATFORM).columns(_CLAIM)
    left = with_claims(bare, claims, tx.of(STORAGECLAIMS, PLATFORM).columns(("id", "size_mib")))
    left = with_kept(left, {host: Kept(*numbers) for host, numbers in kept_of_hosts(tx).items()})
    if left.hosts.has_nodes:
        left = with_node_claims(left, tx.of(NODECLAIMS, PLATFORM).columns(NODE_CLAIM))
    return with_actual(left, measured(tx))


def measured(tx: Transaction) -> dict[str, int]:
    """What is really free (MiB) of storages that say how much is in use, by id."""
    told = Query(where=Compare("actual_capacity_used", Op.GT, 0))
    rows = tx.of(STORAGES, PLATFORM).columns(("id", "capacity", "actual_capacity_used"), told)
    return {ident: max(capacity - used, 0) for ident, capacity, used in rows}


def networks_now(tx: Transaction, networks: Sequence[str] | None) -> list[NetworkRow]:
    """Networks with the ports that are free now: these, or all of them."""
    nets = read_columns(tx, NETWORKS, _NETWORK, Query() if networks is None else Query(where=one_of("id", networks)))
    used = addresses_in_use(tx, [n.id for n in nets])
    some = any(n.is_public and n.public_scope in ("domain", "project") for n in nets)
    shared = [targets_by_row(tx, NETWORKS, kind) if some else {} for kind in ("domain", "project")]
    return [_network(n, sum(used.get(n.id, {}).values()), *(each.get(n.id, ()) for each in shared)) for n in nets]


HOST_COLUMNS = (
    *("id", "name", "zone_id", "domain_id", "is_public", "public_scope", "status", "host_status", "enabled"),
    *("host_type", "cpu_architecture", "resource_type", "cpu_count", "cpu_cmtbound", "cpu_reserved"),
    *("mem_size", "mem_cmtbound", "mem_reserved", "kvm_cap_max_vcpu", "cpu_desc", "cpu_microcode", "page_size_kb"),
    *("enable_numa_allocate", "topology", "metadata"),
)
NODE_CLAIM = ("host_id", "node", "vcpus", "memory_mib")
_CLAIM = ("id", "vcpus", "memory_mib", "guests", "update_version")
_STORAGE = (
    *("id", "name", "storage_type", "medium_type", "status", "enabled", "is_sys_disk_store"),
    *("capacity", "cmtbound", "reserved"),
)
_NETWORK = (
    *("id", "name", "wire_id", "status", "server_type", "is_auto_alloc", "guest_ip_start", "guest_ip_end"),
    *("tenant_id", "domain_id", "is_public", "public_scope", "guest_ip6_start"),
)


def read_columns(tx: Transaction, resource: Resource[Any], names: Sequence[str], query: Query = _ALL) -> Sequence[Any]:
    """These columns of rows, as objects that have nothing else."""
    return [
        SimpleNamespace(**dict(zip(names, row, strict=True))) for row in tx.of(resource, PLATFORM).columns(names, query)
    ]


def host_types(tx: Transaction) -> frozenset[str]:
    """The types of which there are hosts."""
    return frozenset(row["host_type"] for row in tx.of(HOSTS, PLATFORM).totals(by=("host_type",)))


def claims_of(tx: Transaction, hosts: Sequence[str]) -> tuple[dict[str, Any], dict[str, int]]:
    """What is claimed of these hosts, by id, and of every storage in MiB."""
    rows = tx.of(HOSTCLAIMS, PLATFORM).find(Query(where=one_of("id", hosts))) if hosts else ()
    return {row.id: row for row in rows}, dict(tx.of(STORAGECLAIMS, PLATFORM).columns(("id", "size_mib")))


def storages_of(tx: Transaction, hosts: Sequence[str]) -> dict[str, list[Any]]:
    """The storages that each of these hosts can use."""
    links = _attached(tx, Query(where=one_of("host_id", hosts)))
    where = one_of("id", {storage for _, storage in links})
    known = {row.id: row for row in read_columns(tx, STORAGES, _STORAGE, Query(where=where))} if links else {}
    found: dict[str, list[Any]] = {}
    for host, storage in links:
        if storage in known:
            found.setdefault(host, []).append(known[storage])
    return found


def _attached(tx: Transaction, query: Query) -> list[tuple[str, str]]:
    """Host and storage of each attachment that has a folder: nothing can be made on one that has none."""
    rows = tx.of(HOSTSTORAGES, PLATFORM).columns(("host_id", "storage_id", "mount_point"), query)
    return [(host, storage) for host, storage, folder in rows if folder]


def admit(
    tx: Transaction,
    settings: Settings,
    placement: Placement,
    request: Request,
    terms: Mapping[str, Terms] = _NO_TERMS,
    *,
    extra: int = 0,
) -> Seat | None:
    """Claim the placement's host, its nodes and storages; None when they do not fit any more. What it wrote then is not kept apart:
    the caller tries storages and hosts in turn and gives up the unit when nothing fits.

    terms: what was known of them when it was decided; where that still holds and they fit, no row is read. extra: as of
        `claim_share`.
    """
    if not placement.nodes and (seat := _admitted(tx, placement, request, terms)) is not None:
        return seat
    host = tx.of(HOSTS, PLATFORM).get(placement.host_id)
    if host is None or not host.enabled:
        return None
    limits = limits_for(tx, host, settings, has_devices=request.has_devices)
    pins = claim_share(tx, settings, host, request, limits=limits, extra=extra, chosen=placement.nodes)
    if pins is None:
        return None
    chosen = tuple(
        _claim_disk(tx, settings, choice.storage_ids, disk.size_mib) for choice, disk in _pairs(placement, request)
    )
    if None in chosen:
        raise InsufficientResourceError("the storage was taken by others meanwhile", data={"retry": True})
    return _seat(placement, tuple(c for c in chosen if c is not None), pins)


def _seat(placement: Placement, storages: tuple[str, ...], pins: Sequence[JsonObject] = ()) -> Seat:
    return Seat(
        host_id=placement.host_id,
        storages=storages,
        networks=tuple(tuple(choice.network_ids) for choice in placement.nets),
        devices=tuple(choice.device_ids for choice in placement.devices),
        pins=list(pins),
        functions=tuple(choice.device_ids for choice in placement.nets),
    )


def _admitted(tx: Transaction, placement: Placement, request: Request, terms: Mapping[str, Terms]) -> Seat | None:
    """The seat, where host and storages are still as they were known to be and have room; None, with nothing written, else."""
    storages = tuple(choice.storage_ids[0] for choice in placement.disks)
    if not terms or not terms.keys() >= {placement.host_id, *storages}:
        return None
    sizes: dict[str, int] = {}
    for ident, disk in zip(storages, request.disks, strict=True):
        sizes[ident] = sizes.get(ident, 0) + disk.size_mib
    cpu_limit, memory_limit = terms[placement.host_id].limits
    wanted = [
        host_claim(
            placement.host_id,
            vcpus=request.vcpus,
            memory_mib=request.memory_mib,
            cpu_limit=cpu_limit,
            memory_limit=memory_limit,
            version=terms[placement.host_id].version,
        ),
        *[
            storage_claim(ident, size_mib=size, limit_mib=terms[ident].limits[0], version=terms[ident].version)
            for ident, size in sorted(sizes.items())
        ],
    ]
    return _seat(placement, storages) if claim_together(tx, wanted) else None


def _pairs(placement: Placement, request: Request) -> Iterable[tuple[Any, Any]]:
    return zip(placement.disks, request.disks, strict=True)


def _claim_disk(tx: Transaction, settings: Settings, candidates: Sequence[str], size_mib: int) -> str | None:
    for storage_id in candidates:
        storage = tx.of(STORAGES, PLATFORM).get(storage_id)
        if storage is None:
            continue
        if claim_storage(tx, storage_id, size_mib=size_mib, limit_mib=storage_limit(storage, settings)):
            return storage_id
    return None


def host_row(host: Any, settings: Settings, beside: Surroundings) -> HostRow:
    """What a decision looks at of a host, with nothing claimed of it. host: with `HOST_COLUMNS`."""
    zone = beside.zones.get(host.zone_id)
    return HostRow(
        id=host.id,
        name=host.name,
        region_id=zone.cloudregion_id if zone is not None else "",
        zone_id=host.zone_id,
        domain_id=host.domain_id,
        is_public=host.is_public,
        public_scope=host.public_scope,
        status=host.status,
        host_status=str(host.host_status),
        enabled=host.enabled,
        zone_enabled=zone is not None and zone.status == ZoneStatus.ENABLE,
        host_type=host.host_type,
        architecture=host.cpu_architecture or "x86_64",
        resource_type=host.resource_type,
        cpu_count=host.cpu_count,
        cpu_cmtbound=host.cpu_cmtbound if host.cpu_cmtbound is not None else settings.cpu_overcommit,
        cpu_reserved=host.cpu_reserved,
        mem_size=host.mem_size,
        mem_cmtbound=host.mem_cmtbound if host.mem_cmtbound is not None else settings.memory_overcommit,
        mem_reserved=host.mem_reserved,
        max_vcpu=host.kvm_cap_max_vcpu,
        packs=beside.packing.packs(host.id, host.zone_id),
        cpu_desc=host.cpu_desc,
        cpu_microcode=host.cpu_microcode,
        page_size_kb=host.page_size_kb,
        shared_domain_ids=beside.shared.get(host.id, ()) if host.is_public else (),
        nodes=node_rows(host),
        classes=classes_of(host.metadata),
    )


def _storage(storage: Any, settings: Settings) -> StorageRow:
    return StorageRow(
        id=storage.id,
        name=storage.name,
        storage_type=storage.storage_type,
        medium_type=storage.medium_type,
        status=storage.status,
        enabled=storage.enabled,
        is_sys_disk_store=storage.is_sys_disk_store,
        capacity=storage.capacity,
        cmtbound=storage.cmtbound if storage.cmtbound is not None else settings.storage_overcommit,
        reserved=storage.reserved,
    )


def _network(network: Any, used: int, domains: tuple[str, ...], projects: tuple[str, ...]) -> NetworkRow:
    return NetworkRow(
        id=network.id,
        name=network.name,
        wire_id=network.wire_id,
        status=network.status,
        free_ports=max(len(range_of(network)) - used, 0),
        server_type=network.server_type,
        is_auto_alloc=network.is_auto_alloc,
        is_exit=is_exit(network.guest_ip_start),
        guest_ip_start=network.guest_ip_start,
        guest_ip_end=network.guest_ip_end,
        project_id=network.tenant_id,
        domain_id=network.domain_id,
        is_public=network.is_public,
        public_scope=network.public_scope,
        shared_domain_ids=domains,
        shared_project_ids=projects,
        has_ipv6=bool(network.guest_ip6_start),
    )

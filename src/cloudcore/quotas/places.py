"""Where things are that limits count: by region, zone and hypervisor, for many limits in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import attrs

from cloudcore.model.errors import CloudcoreError
from cloudcore.model.query import PLATFORM, Expr, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.counting import HERE, SOURCES, Charged, Source
from cloudcore.quotas.family import CLOUD_KEYS
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.storage import STORAGES

PLACED = ("count", "cpu", "memory", "storage", "isolated_device", "port", "eport")
"""Counters of what goes where a server goes."""
_BY = {SERVERS.plural: ("host_id", "hypervisor"), DISKS.plural: ("storage_id",)}


@attrs.frozen
class Spot:
    """Where something is. hypervisors: those that it counts for."""

    region: str
    zone: str
    hypervisors: frozenset[str] = frozenset()

    def matches(self, keys: Mapping[str, str]) -> bool:
        """Whether what is here matches all keys of a limit."""
        return all(self._has(name, value) for name, value in keys.items())

    def _has(self, name: str, value: str) -> bool:
        if name in CLOUD_KEYS:
            return value.lower() == HERE[name].lower()
        if name == "hypervisor":
            return value in self.hypervisors
        return value == {"region_id": self.region, "zone_id": self.zone}.get(name)


def has_place(keys: Mapping[str, str]) -> bool:
    """Whether a limit is narrowed to a region or zone."""
    return "region_id" in keys or "zone_id" in keys


def knows(field: str, keys: Mapping[str, str]) -> bool:
    """Whether what a counter is counted from has all of these keys: cards have no zone, for one."""
    return any(field in source.counters and {*keys} <= {*source.keys, *CLOUD_KEYS} for source in SOURCES)


def spots_of_hosts(tx: Transaction) -> dict[str, Spot]:
    """Where each host is."""
    regions = dict(tx.of(ZONES, PLATFORM).columns(("id", "cloudregion_id")))
    rows = tx.of(HOSTS, PLATFORM).columns(("id", "zone_id"))
    return {host: Spot(regions.get(zone) or "", zone or "") for host, zone in rows}


def held_in(
    tx: Transaction,
    domain_id: str,
    project_id: str,
    fields: Collection[str],
    narrowings: Sequence[Mapping[str, str]],
    only: Charged | None = None,
) -> list[dict[str, int]]:
    """What the rows of a project, or of a domain, say of these counters for each of many narrowings: as `counted_now` of one.

    fields: of `PLACED`. only: of these rows alone.
    """
    found = [dict.fromkeys(fields, 0) for _ in narrowings]
    if not found:
        return found
    hosts = spots_of_hosts(tx)
    for source in SOURCES:
        wanted = {field: column for field, column in source.counters.items() if field in fields}
        if not wanted or (only is not None and not only.get(source.resource.plural)):
            continue
        whose = source.owned(domain_id, project_id)
        if only is not None:
            whose = both(whose, one_of("id", only[source.resource.plural]))
        for spot, row in _spots(tx, source, hosts, whose, narrowings):
            for keys, amounts in zip(narrowings, found, strict=True):
                if {*keys} <= {*source.keys, *CLOUD_KEYS} and spot.matches(keys):
                    for field, column in wanted.items():
                        amounts[field] += int(row.get(column or "count") or 0)
    return found


def _spots(
    tx: Transaction,
    source: Source,
    hosts: Mapping[str, Spot],
    whose: Expr,
    narrowings: Sequence[Mapping[str, str]],
) -> Iterator[tuple[Spot, Mapping[str, Any]]]:
    """The totals of a source, and where what they are of is."""
    plural = source.resource.plural
    sums = tuple(column for column in source.counters.values() if column)
    where = both(whose, source.where, source.refine(tx))
    rows = tx.of(source.resource, PLATFORM).totals(where, sums=sums, by=_BY.get(plural, ("guest_id",)))
    if plural == SERVERS.plural:
        for row in rows:
            if (spot := hosts.get(row["host_id"] or "")) is not None:
                yield attrs.evolve(spot, hypervisors=frozenset({str(row["hypervisor"])})), row
    elif plural == DISKS.plural:
        stores = _spots_of_storages(tx, {keys["hypervisor"] for keys in narrowings if "hypervisor" in keys})
        for row in rows:
            if (spot := stores.get(row["storage_id"] or "")) is not None:
                yield spot, row
    elif rows:
        there = one_of("id", sorted(str(row["guest_id"]) for row in rows))
        names = ("id", "host_id", "hypervisor")
        guests = {row[0]: row[1:] for row in tx.of(SERVERS, PLATFORM).columns(names, Query(where=there))}
        for row in rows:
            host, hypervisor = guests.get(row["guest_id"], ("", ""))
            if (spot := hosts.get(host or "")) is not None:
                yield attrs.evolve(spot, hypervisors=frozenset({str(hypervisor)})), row


def _spots_of_storages(tx: Transaction, hypervisors: Collection[str]) -> dict[str, Spot]:
    """Where each storage is, and which of these hypervisors run on hosts that have it."""
    regions = dict(tx.of(ZONES, PLATFORM).columns(("id", "cloudregion_id")))
    runs: defaultdict[str, set[str]] = defaultdict(set)
    if hypervisors:
        kinds = dict(tx.of(HOSTS, PLATFORM).columns(("id", "host_type")))
        for host, storage in tx.of(HOSTSTORAGES, PLATFORM).columns(("host_id", "storage_id")):
            runs[storage] |= {each for each in hypervisors if _host_type(each) == kinds.get(host)}
    rows = tx.of(STORAGES, PLATFORM).columns(("id", "zone_id"))
    return {
        storage: Spot(regions.get(zone) or "", zone or "", frozenset(runs.get(storage, ()))) for storage, zone in rows
    }


def _host_type(hypervisor: str) -> str:
    try:
        return driver_for(hypervisor).host_type
    except CloudcoreError:
        return ""


def cards_of(tx: Transaction, guests: Collection[str]) -> dict[str, dict[str, int]]:
    """Server → its cards by counter."""
    found: dict[str, dict[str, int]] = {guest: {} for guest in guests}
    for source in SOURCES:
        if source.resource is GUESTNETWORKS and guests:
            (field,) = source.counters
            where = both(one_of("guest_id", sorted(guests)), source.refine(tx))
            for row in tx.of(GUESTNETWORKS, PLATFORM).totals(where, by=("guest_id",)):
                found[row["guest_id"]][field] = int(row["count"])
    return found


def mine(domain_id: str, project_id: str) -> Any:
    """Rows of an owner that are not in the recycle bin."""
    whole = both(eq("domain_id", domain_id), eq("pending_deleted", False))
    return both(whole, eq("tenant_id", project_id)) if project_id else whole

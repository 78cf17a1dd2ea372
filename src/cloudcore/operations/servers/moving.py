"""Servers of hosts, as what could move elsewhere: what each needs of its next host, and what keeps it where it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.model.query import PLATFORM, Order, Query, both, eq, one_of
from cloudcore.operations.classes import classes_of_projects
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.ways import COLUMNS, Ways, ways
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.server import SERVERS, PowerState
from cloudcore.resources.compute.server.lifecycle import SAVED
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.storage.hostwire import HOSTWIRES
from cloudcore.resources.storage.storage import LOCAL, STORAGES
from cloudcore.scheduling import DiskRequest, Mark, Request
from cloudcore.scheduling.moving import Guest
from cloudcore.scheduling.request import KEEPS_NODES, TAKES_RUNNING

_NOWHERE = frozenset[str]()
NETWORKS_OF = "its networks"
"""The tag that a request has for hosts that reach all networks of a server."""
_GIVEN = frozenset({"arch", "size", "storages", "numa_nodes", NETWORKS_OF, TAKES_RUNNING, KEEPS_NODES})
"""What of a server that moves is as it is."""


def guests_of(platform: Platform, tx: Transaction, hosts: Sequence[str] | None = None) -> list[Guest]:
    """The servers of some hosts, or of all, the oldest first; a fixed number of queries. Those in the recycle bin are none."""
    on_hosts = (
        eq("pending_deleted", False) if hosts is None else both(eq("pending_deleted", False), one_of("host_id", hosts))
    )
    rows = tx.of(SERVERS, PLATFORM).find(Query(where=on_hosts, order=(Order("created_at"), Order("id"))))
    return described(platform, tx, [row for row in rows if row.host_id])


def ways_of(tx: Transaction) -> Ways:
    """How running servers get from host to host; one query."""
    return ways(tx.of(HOSTS, PLATFORM).columns(COLUMNS))


def described(platform: Platform, tx: Transaction, rows: Sequence[Any]) -> list[Guest]:
    """These servers, in their order."""
    idents = [row.id for row in rows]
    stores, own = _storages(tx, idents)
    wires = _wires(tx, idents)
    reach = _reaching(tx) if any(wires.values()) else {}
    classes = classes_of_projects(platform, (row.tenant_id for row in rows))
    roads = ways_of(tx)
    like = roads.like()
    held = {
        row[0]
        for row in tx.of(ISOLATED_DEVICES, PLATFORM).columns(("guest_id",), Query(where=one_of("guest_id", idents)))
    }
    return [
        Guest(
            id=row.id,
            name=row.name,
            host_id=row.host_id,
            is_on=row.power_states == PowerState.ON,
            stuck=_stuck(row, own.get(row.id, ""), row.id in held),
            request=attrs.evolve(_request(row, stores[row.id], wires[row.id], reach), classes=classes[row.tenant_id]),
            live_hosts=like.get(row.host_id, _NOWHERE) if _could_run_on(row, roads) else _NOWHERE,
        )
        for row in rows
    ]


def _could_run_on(row: Any, roads: Ways) -> bool:
    return row.power_states == PowerState.ON and not roads.barred(row)


def _stuck(row: Any, own_disk: str, has_devices: bool) -> str:
    if row.status in SAVED:
        return "its memory is kept on its host: stop it by force first"
    if has_devices:
        return "it has devices of its host"
    return f"disk {own_disk} is on a storage of its host alone" if own_disk else ""


def _storages(tx: Transaction, idents: Sequence[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The storages of each server, and of those with disks on storage of their host the first such disk."""
    links = tx.of(GUESTDISKS, PLATFORM).columns(("guest_id", "disk_id"), Query(where=one_of("guest_id", idents)))
    disks = {
        ident: (name, storage)
        for ident, name, storage in tx.of(DISKS, PLATFORM).columns(
            ("id", "name", "storage_id"), Query(where=one_of("id", [disk for _, disk in links]))
        )
    }
    wanted = sorted({storage for _, storage in disks.values()})
    kinds = dict(tx.of(STORAGES, PLATFORM).columns(("id", "storage_type"), Query(where=one_of("id", wanted))))
    stores: defaultdict[str, list[str]] = defaultdict(list)
    own: dict[str, str] = {}
    for guest, disk in links:
        name, storage = disks.get(disk, ("", ""))
        if storage in kinds and storage not in stores[guest]:
            stores[guest].append(storage)
        if kinds.get(storage) in LOCAL:
            own[guest] = min(own.get(guest, name), name)
    return stores, own


def _wires(tx: Transaction, idents: Sequence[str]) -> dict[str, frozenset[str]]:
    cards = tx.of(GUESTNETWORKS, PLATFORM).columns(("guest_id", "network_id"), Query(where=one_of("guest_id", idents)))
    networks = sorted({network for _, network in cards})
    wires = dict(tx.of(NETWORKS, PLATFORM).columns(("id", "wire_id"), Query(where=one_of("id", networks))))
    found: dict[str, frozenset[str]] = dict.fromkeys(idents, frozenset())
    for guest, network in cards:
        if network in wires:
            found[guest] |= {wires[network]}
    return found


def _reaching(tx: Transaction) -> dict[str, frozenset[str]]:
    """Wire → the hosts that have it; none where every host has every wire."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for host, wire in tx.of(HOSTWIRES, PLATFORM).columns(("host_id", "wire_id")):
        found[wire].add(host)
    everyone = {row[0] for row in tx.of(HOSTS, PLATFORM).columns(("id",))}
    if all(hosts >= everyone for hosts in found.values()):
        return {}
    return {wire: frozenset(hosts) for wire, hosts in found.items()}


def _request(row: Any, stores: Sequence[str], wires: frozenset[str], reach: dict[str, frozenset[str]]) -> Request:
    """To hosts that reach all its storages, whose space is taken already, and all its networks, whose addresses are."""
    marks: tuple[Mark, ...] = ()
    if wires and reach:
        first, *rest = (reach.get(wire, frozenset[str]()) for wire in sorted(wires))
        hosts = first.intersection(*rest)
        marks = (Mark(name=NETWORKS_OF, strategy="require", hosts=hosts),)
    return Request(
        vcpus=int(row.vcpu_count + row.extra_cpu_count),
        memory_mib=row.vmem_size,
        disks=[DiskRequest(size_mib=1, storage_id=one, index=place) for place, one in enumerate(stores)],
        hypervisor=row.hypervisor or "kvm",
        arch=row.os_arch or "",
        present_host=row.host_id,
        marks=marks,
        given=_GIVEN,
        project_id=row.tenant_id,
        domain_id=row.domain_id,
        is_admin=True,
        seed=row.id,
    )

"""What details of a host add: counts of guests, commitments of CPU, memory and storage, network cards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import hostclaim, isolateddevice, schedtag, server
from cloudcore.resources.infrastructure.host.policy import moves_guests
from cloudcore.resources.storage import hoststorage, hostwire, storage

if TYPE_CHECKING:
    from cloudcore.resources.infrastructure.host import Host

DEFAULT_CPU_CMTBOUND = 8.0
DEFAULT_MEM_CMTBOUND = 1.0


def host_details(tx: Transaction, page: Sequence[Host]) -> Sequence[JsonObject]:
    """Extra keys of a page of hosts, in its order; at most eleven queries whatever its length. Sizes in MiB."""
    ids = [host.id for host in page]
    claims = {c.id: c for c in tx.of(hostclaim.HOSTCLAIMS, PLATFORM).find(Query(where=one_of("id", ids)))}
    guests = _guests(tx, ids)
    stored = _storage(tx, ids)
    cards = tx.of(hostwire.HOSTWIRES, PLATFORM).find(Query(where=one_of("host_id", ids)))
    devices = _devices(tx, ids)
    marks = dict(zip(ids, schedtag.shown(tx, "hosts", ids), strict=True))
    return [
        {
            **marks[host.id],
            **_committed(host, claims.get(host.id)),
            **guests[host.id],
            **stored[host.id],
            **_nics([card for card in cards if card.host_id == host.id]),
            "auto_migrate_on_host_down": moves_guests(host),
            "isolated_device_count": devices.get(host.id, 0),
        }
        for host in page
    ]


def _devices(tx: Transaction, ids: Sequence[str]) -> Mapping[str, int]:
    rows = tx.of(isolateddevice.ISOLATED_DEVICES, PLATFORM).totals(one_of("host_id", ids), by=("host_id",))
    return {row["host_id"]: int(row["count"]) for row in rows}


def _committed(host: Host, claim: hostclaim.Hostclaim | None) -> JsonObject:
    vcpus, memory = (claim.vcpus, claim.memory_mib) if claim is not None else (0, 0)
    return {
        "cpu_commit": vcpus,
        "mem_commit": memory,
        "cpu_commit_bound": DEFAULT_CPU_CMTBOUND if host.cpu_cmtbound is None else host.cpu_cmtbound,
        "mem_commit_bound": DEFAULT_MEM_CMTBOUND if host.mem_cmtbound is None else host.mem_cmtbound,
        "cpu_commit_rate": rate(vcpus, host.cpu_count - host.cpu_reserved),
        "mem_commit_rate": rate(memory, host.mem_size - host.mem_reserved),
    }


def rate(used: float, total: float) -> float:
    """Used by total, to four places; 0 of nothing."""
    return round(used / total, 4) if total > 0 else 0.0


def _guests(tx: Transaction, ids: Iterable[str]) -> Mapping[str, dict[str, int]]:
    counted: defaultdict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_COUNTS, 0))
    columns = {
        server.ServerStatus.RUNNING.value: "running_guests",
        server.ServerStatus.READY.value: "ready_guests",
    }
    rows = tx.of(server.SERVERS, PLATFORM).totals(
        one_of("host_id", ids), by=("host_id", "status", "is_system", "pending_deleted")
    )
    for row in rows:
        counts, number = counted[row["host_id"]], int(row["count"])
        if row["pending_deleted"]:
            counts["pending_deleted_guests"] += number
            continue
        counts["guests"] += number
        if not row["is_system"]:
            counts["nonsystem_guests"] += number
        counts[columns.get(row["status"], "other_guests")] += number
    return counted


_COUNTS = ("guests", "nonsystem_guests", "running_guests", "ready_guests", "other_guests", "pending_deleted_guests")


def _storage(tx: Transaction, ids: Iterable[str]) -> Mapping[str, JsonObject]:
    attached = tx.of(hoststorage.HOSTSTORAGES, PLATFORM).find(Query(where=one_of("host_id", ids)))
    storages = tx.of(storage.STORAGES, PLATFORM).find(
        Query(where=both(one_of("id", [a.storage_id for a in attached]), eq("enabled", True)))
    )
    filled = {s.id: extra for s, extra in zip(storages, storage.amounts(tx, storages), strict=True)}
    summed: dict[str, Any] = defaultdict(lambda: dict.fromkeys(_STORAGE, 0))
    by_id = {s.id: s for s in storages}
    for link in attached:
        if (found := by_id.get(link.storage_id)) is None:
            continue
        sums, extra = summed[link.host_id], filled[link.storage_id]
        sums["storage"] += found.capacity
        sums["storage_used"] += extra["used_capacity"]
        sums["actual_storage_used"] += found.actual_capacity_used
        sums["storage_virtual"] += extra["virtual_capacity"]
        sums["storage_free"] += extra["free_capacity"]
        sums["storage_commit_rate"] = rate(sums["storage_used"], sums["storage"])
    return summed


_STORAGE = (
    "storage",
    "storage_used",
    "actual_storage_used",
    "storage_waste",
    "storage_virtual",
    "storage_free",
    "storage_commit_rate",
)


def _nics(cards: Sequence[hostwire.Hostwire]) -> JsonObject:
    shown = [
        {"mac": c.mac_addr, "wire_id": c.wire_id, "bridge": c.bridge, "interface": c.interface, "index": index}
        for index, c in enumerate(cards)
    ]
    return {"nic_count": len(shown), "nic_info": shown}

"""Rows into columns: every amount is checked, text is encoded, what is free is worked out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from ipaddress import ip_address
from itertools import pairwise
from math import isfinite
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np

from cloudcore.model.errors import DuplicateResourceError, InvalidFormatError, OutOfRangeError
from cloudcore.scheduling.columns import LIMIT, BoolArray, Coded, FloatArray, IntArray, Sharing, frozen, rows_by_key
from cloudcore.scheduling.horizon import HORIZON
from cloudcore.scheduling.raid import drives_text
from cloudcore.scheduling.rows import DeviceRow, HostRow, NetworkRow, StorageRow, labels_text, plugs_text
from cloudcore.scheduling.tables import KEPT_COLUMNS, Devices, Hosts, Networks, Storages

_HOST_AMOUNTS = (
    *("cpu_count", "cpu_reserved", "cpu_claimed", "mem_size", "mem_reserved", "mem_claimed"),
    *("max_vcpu", "guests", "creating", "generation"),
)
Row = TypeVar("Row", HostRow, StorageRow, NetworkRow, DeviceRow)


def ordered(rows: Iterable[Row], kind: str) -> list[Row]:
    """Sort rows by id.

    Raises:
        DuplicateResourceError: two have one id.
    """
    ordered = sorted(rows, key=attrgetter("id"))
    for one, next_one in pairwise(ordered):
        if one.id == next_one.id:
            raise DuplicateResourceError(f"two {kind} rows have the id {one.id[:64]!r}", field="id")
    return ordered


def _amounts(rows: Sequence[Row], name: str, *, absent: int | None = None) -> IntArray:
    values = list(map(attrgetter(name), rows))
    if absent is not None:
        values = [absent if value is None else value for value in values]
    if any(type(value) is not int or not 0 <= value <= LIMIT for value in values):
        wrong = next(n for n, value in enumerate(values) if type(value) is not int or not 0 <= value <= LIMIT)
        raise OutOfRangeError(f"{name} of {rows[wrong].id[:64]!r} is not a whole number from 0 to 2**50", field=name)
    return np.array(values, dtype=np.int64)


def _ratios(rows: Sequence[Row], name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    array = np.array([getattr(row, name) for row in rows], dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
    if wrong.size:
        raise OutOfRangeError(f"{name} of {rows[int(wrong[0])].id[:64]!r} is not a ratio of 0 or more", field=name)
    return array


def _flags(rows: Sequence[Row], name: str) -> BoolArray:
    array = np.array([bool(getattr(row, name)) for row in rows], dtype=np.bool_)
    frozen(array)
    return array


def _texts(rows: Sequence[Row], name: str) -> Coded:
    return Coded.of(map(attrgetter(name), rows))


def _total(amount: IntArray, ratio: np.ndarray[Any, np.dtype[np.float64]]) -> IntArray:
    total = np.minimum(amount * ratio, float(LIMIT)).astype(np.int64)
    frozen(total)
    return total


def _free(total: IntArray, *taken: IntArray) -> IntArray:
    free: IntArray = np.maximum(total - sum(taken), 0)
    frozen(free)
    return free


def _fixed(array: IntArray) -> IntArray:
    frozen(array)
    return array


def _sharing(rows: Sequence[HostRow] | Sequence[NetworkRow]) -> Sharing:
    scopes = [row.public_scope if row.is_public else "none" for row in rows]
    system_wide = np.array([scope == "system" for scope in scopes], dtype=np.bool_)
    domain_wide = np.array([scope == "domain" for scope in scopes], dtype=np.bool_)
    frozen(system_wide)
    frozen(domain_wide)
    return Sharing(
        domain=Coded.of(row.domain_id for row in rows),
        project=Coded.of(row.project_id if isinstance(row, NetworkRow) else "" for row in rows),
        system_wide=system_wide,
        domain_wide=domain_wide,
        shared_domains=rows_by_key([row.shared_domain_ids if row.is_public else () for row in rows]),
        shared_projects=rows_by_key(
            [row.shared_project_ids if isinstance(row, NetworkRow) and row.is_public else () for row in rows]
        ),
    )


def _crowds(rows: Sequence[HostRow]) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for row, host in enumerate(rows):
        for project, guests in host.project_guests.items():
            found.setdefault(project, {})[row] = guests
    return found


def hosts_of(rows: Sequence[HostRow]) -> Hosts:
    """Columns of rows in id order."""
    ids = tuple(row.id for row in rows)
    digests = b"".join(blake2b(ident.encode(errors="surrogatepass"), digest_size=8).digest() for ident in ids)
    cpu_total = _total(_amounts(rows, "cpu_count"), _ratios(rows, "cpu_cmtbound"))
    mem_total = _total(_amounts(rows, "mem_size"), _ratios(rows, "mem_cmtbound"))
    nodes = nodes_of(rows, max((len(row.nodes) for row in rows), default=0))
    return Hosts(
        ids=ids,
        names=tuple(row.name or row.id for row in rows),
        index={ident: row for row, ident in enumerate(ids)},
        keys=np.frombuffer(digests, dtype="<u8"),
        region=_texts(rows, "region_id"),
        zone=_texts(rows, "zone_id"),
        manager=_texts(rows, "manager_id"),
        sharing=_sharing(rows),
        status=_texts(rows, "status"),
        host_status=_texts(rows, "host_status"),
        enabled=_flags(rows, "enabled"),
        zone_enabled=_flags(rows, "zone_enabled"),
        provider_ready=_flags(rows, "provider_ready"),
        host_type=_texts(rows, "host_type"),
        architecture=_texts(rows, "architecture"),
        resource_type=_texts(rows, "resource_type"),
        cpu_desc=_texts(rows, "cpu_desc"),
        cpu_microcode=_texts(rows, "cpu_microcode"),
        kernel=_texts(rows, "kernel"),
        page_size_kb=Coded.of(str(row.page_size_kb) for row in rows),
        classes=Coded.of(labels_text(row.classes) for row in rows),
        drives=Coded.of(drives_text(row.drives) for row in rows),
        plugs=Coded.of(plugs_text(row.plugs) for row in rows),
        firmware=_texts(rows, "firmware"),
        starts_from_cd=_flags(rows, "starts_from_cd"),
        cpu_total=cpu_total,
        cpu_free=_free(cpu_total, _amounts(rows, "cpu_reserved"), _amounts(rows, "cpu_claimed")),
        mem_total_mib=mem_total,
        mem_free_mib=_free(mem_total, _amounts(rows, "mem_reserved"), _amounts(rows, "mem_claimed")),
        max_vcpu=_fixed(_amounts(rows, "max_vcpu")),
        guests=_fixed(_amounts(rows, "guests")),
        creating=_fixed(_amounts(rows, "creating")),
        node_ids=nodes[0],
        node_cpu_free=nodes[1],
        node_mem_free_mib=nodes[2],
        kept=kept_of(rows, len(KEPT_COLUMNS) if any(row.kept for row in rows) else 0),
        crowds=_crowds(rows),
        packs=_flags(rows, "packs"),
        leaving=leaving_of(rows, len(HORIZON) if any(row.leaving for row in rows) else 0),
        generation=_fixed(_amounts(rows, "generation")),
    )


def leaving_of(rows: Sequence[HostRow], width: int) -> FloatArray:
    """The probability that each host is empty after each of `HORIZON`: one without guests is, and of others that nothing is known of
    nobody leaves. width: as many, or 0 for none.
    """
    table: FloatArray = np.zeros((len(rows), width), order="F")
    for line, row in enumerate(rows) if width else ():
        table[line] = row.leaving or float(row.guests == 0)
    frozen(table)
    return table


def kept_of(rows: Sequence[HostRow], width: int) -> IntArray:
    """`KEPT_COLUMNS` of each host, one line a host. width: as many, or 0 for none.

    Raises:
        OutOfRangeError: an amount is negative or beyond 2**50.
    """
    table = np.zeros((len(rows), width), dtype=np.int64, order="F")
    for line, row in enumerate(rows) if width else ():
        for place, name in enumerate(KEPT_COLUMNS):
            value = getattr(row.kept, name) if row.kept is not None else 0
            if type(value) is not int or not 0 <= value <= LIMIT:
                raise OutOfRangeError(
                    f"kept.{name} of {row.id[:64]!r} is not a whole number from 0 to 2**50", field="kept"
                )
            table[line, place] = value
    frozen(table)
    return table


def nodes_of(rows: Sequence[HostRow], width: int) -> tuple[IntArray, IntArray, IntArray]:
    """Ids, free CPUs and free memory (MiB) of the NUMA nodes of each host, one line a host, filled up to `width`.

    Raises:
        OutOfRangeError: an amount is negative or beyond 2**50.
    """
    table = np.zeros((3, len(rows), width), dtype=np.int64)
    table[0] = -1
    for line, row in enumerate(rows):
        for place, node in enumerate(row.nodes):
            amounts = (node.id, node.cpus, node.memory_mib, node.cpus_claimed, node.memory_claimed_mib)
            if any(type(value) is not int or not 0 <= value <= LIMIT for value in amounts):
                raise OutOfRangeError(
                    f"a node of {row.id[:64]!r} is not of whole numbers from 0 to 2**50", field="nodes"
                )
            cpus = int(min(node.cpus * row.cpu_cmtbound, LIMIT)) - node.cpus_claimed
            memory = node.memory_mib - node.memory_claimed_mib
            table[:, line, place] = node.id, max(cpus, 0), max(memory, 0)
    frozen(table)
    ids, cpus_free, memory_free = table
    return ids, cpus_free, memory_free


def amounts_of(host: HostRow) -> dict[str, int]:
    """The amounts of one host, as its columns have them.

    Raises:
        OutOfRangeError: as `hosts_of`.
    """
    for name in _HOST_AMOUNTS:
        value = getattr(host, name)
        if type(value) is not int or not 0 <= value <= LIMIT:
            _amounts([host], name)
    if (
        not (isfinite(host.cpu_cmtbound) and isfinite(host.mem_cmtbound))
        or min(host.cpu_cmtbound, host.mem_cmtbound) < 0
    ):
        _ratios([host], "cpu_cmtbound")
        _ratios([host], "mem_cmtbound")
    cpu = int(min(host.cpu_count * host.cpu_cmtbound, LIMIT))
    memory = int(min(host.mem_size * host.mem_cmtbound, LIMIT))
    return {
        "cpu_total": cpu,
        "cpu_free": max(cpu - host.cpu_reserved - host.cpu_claimed, 0),
        "mem_total_mib": memory,
        "mem_free_mib": max(memory - host.mem_reserved - host.mem_claimed, 0),
        "max_vcpu": host.max_vcpu,
        "guests": host.guests,
        "creating": host.creating,
        "generation": host.generation,
    }


def storages_of(rows: Sequence[StorageRow]) -> Storages:
    """Columns of rows in id order."""
    total = _total(_amounts(rows, "capacity"), _ratios(rows, "cmtbound"))
    nominal = _free(total, _amounts(rows, "reserved"), _amounts(rows, "claimed"))
    free = np.minimum(nominal, _amounts(rows, "actual_free", absent=LIMIT))
    ids = tuple(row.id for row in rows)
    return Storages(
        ids=ids,
        names=tuple(row.name or row.id for row in rows),
        index={ident: row for row, ident in enumerate(ids)},
        storage_type=_texts(rows, "storage_type"),
        medium_type=_texts(rows, "medium_type"),
        usable=_fixed_flags(_flags(rows, "enabled") & _texts(rows, "status").equals("online")),
        is_sys_disk_store=_flags(rows, "is_sys_disk_store"),
        free_mib=_fixed(free),
    )


def devices_of(rows: Sequence[DeviceRow], hosts: Mapping[str, int]) -> Devices:
    """Columns of rows in id order, of which each has its host among `hosts`."""
    ids = tuple(row.id for row in rows)
    return Devices(
        ids=ids,
        index={ident: row for row, ident in enumerate(ids)},
        host=_fixed(np.array([hosts[row.host_id] for row in rows], dtype=np.int64)),
        dev_type=_texts(rows, "dev_type"),
        model=_texts(rows, "model"),
        vendor=_texts(rows, "vendor"),
        path=_texts(rows, "path"),
        wire=_texts(rows, "wire_id"),
        memory_mib=_fixed(_amounts(rows, "memory_mib")),
        free=_flags(rows, "free"),
    )


def _fixed_flags(array: BoolArray) -> BoolArray:
    frozen(array)
    return array


def networks_of(rows: Sequence[NetworkRow], wires: Mapping[str, int]) -> Networks:
    """Columns of rows in id order; wires: their row numbers."""
    ids = tuple(row.id for row in rows)
    return Networks(
        ids=ids,
        names=_texts(rows, "name"),
        index={ident: row for row, ident in enumerate(ids)},
        wire=_fixed(np.array([wires[row.wire_id] for row in rows], dtype=np.int64)),
        usable=_fixed_flags(_texts(rows, "status").equals("available")),
        free_ports=_fixed(_amounts(rows, "free_ports")),
        server_type=_texts(rows, "server_type"),
        is_auto_alloc=_flags(rows, "is_auto_alloc"),
        is_exit=_flags(rows, "is_exit"),
        has_ipv6=_flags(rows, "has_ipv6"),
        ranges=tuple(_address_range(row) for row in rows),
        sharing=_sharing(rows),
    )


def _address_range(row: NetworkRow) -> tuple[int, int, int] | None:
    if not row.guest_ip_start or not row.guest_ip_end:
        return None
    try:
        first, last = ip_address(row.guest_ip_start), ip_address(row.guest_ip_end)
    except ValueError as error:
        raise InvalidFormatError(f"network {row.id[:64]!r}: {error}", field="guest_ip_start") from error
    return first.version, int(first), int(last)

"""What there is to place servers on: immutable columns of hosts, storages and networks.

    hosts ──< host_storages >── storages        a storage may be attached to several hosts
    hosts ──< host_wires >── wires ──< networks

Free amounts are computed once, when the columns are built:
free = int(physical * overcommit) - reserved - claimed, never below 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from ipaddress import ip_address
from itertools import pairwise
from operator import attrgetter
from typing import Any, TypeVar

import attrs
import numpy as np

from cloudcore.model.errors import DuplicateResourceError, InvalidFormatError, OutOfRangeError
from cloudcore.scheduling.columns import (
    LIMIT,
    Adjacency,
    BoolArray,
    Coded,
    FloatArray,
    IntArray,
    Sharing,
    frozen,
    rows_by_key,
)
from cloudcore.scheduling.rows import HostRow, NetworkRow, StorageRow

Row = TypeVar("Row", HostRow, StorageRow, NetworkRow)


@attrs.frozen(eq=False, kw_only=True)
class Hosts:
    """Columns of hosts, in id order. CPUs are counted after overcommit, memory in MiB after overcommit.

    keys: a hash of each id, for breaking ties.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    index: Mapping[str, int]
    keys: np.ndarray[Any, np.dtype[np.uint64]]
    region: Coded
    zone: Coded
    manager: Coded
    sharing: Sharing
    status: Coded
    host_status: Coded
    enabled: BoolArray
    zone_enabled: BoolArray
    provider_ready: BoolArray
    host_type: Coded
    architecture: Coded
    resource_type: Coded
    cpu_total: IntArray
    cpu_free: IntArray
    mem_total_mib: IntArray
    mem_free_mib: IntArray
    max_vcpu: IntArray
    guests: IntArray
    creating: IntArray
    project_guests: Mapping[str, tuple[IntArray, IntArray]]
    generation: IntArray

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def ready(self) -> BoolArray:
        """The hosts that run and answer, and above which everything is enabled."""
        up = self.status.equals("running") & self.host_status.equals("online")
        return up & self.enabled & self.zone_enabled & self.provider_ready

    @cached_property
    def cpu_shares(self) -> tuple[FloatArray, FloatArray]:
        """Of each host's CPUs: the share that is free, and the share that one CPU is."""
        return _shares(self.cpu_free, self.cpu_total)

    @cached_property
    def mem_shares(self) -> tuple[FloatArray, FloatArray]:
        """Of each host's memory: the share that is free, and the share that one MiB is."""
        return _shares(self.mem_free_mib, self.mem_total_mib)

    @cached_property
    def calm(self) -> FloatArray:
        """1 without a guest in creation, 1/2 with one, 1/3 with two, and so on."""
        return np.reciprocal(1.0 + self.creating.astype(np.float64))


def _shares(free: IntArray, total: IntArray) -> tuple[FloatArray, FloatArray]:
    one = 1.0 / np.maximum(total, 1)
    return free * one, one


@attrs.frozen(eq=False, kw_only=True)
class Storages:
    """Columns of storages, in id order. free_mib: the most that new disks may take in sum."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    index: Mapping[str, int]
    storage_type: Coded
    medium_type: Coded
    usable: BoolArray
    is_sys_disk_store: BoolArray
    free_mib: IntArray


@attrs.frozen(eq=False, kw_only=True)
class Networks:
    """Columns of networks, in id order. `wire` holds row numbers of wires; `first` and `last` are parsed addresses."""

    ids: tuple[str, ...]
    names: Coded
    index: Mapping[str, int]
    wire: IntArray
    usable: BoolArray
    free_ports: IntArray
    server_type: Coded
    is_auto_alloc: BoolArray
    is_exit: BoolArray
    ranges: tuple[tuple[int, int, int] | None, ...]
    sharing: Sharing


@attrs.frozen(eq=False, kw_only=True)
class Inventory:
    """Everything that a decision looks at. Immutable: `with_free` makes a new one.

    storage_slots, wire_slots: the storages and wires of each host as a matrix, one line a host, filled up with their number.
    """

    hosts: Hosts
    storages: Storages
    networks: Networks
    wires: Mapping[str, int]
    host_storages: Adjacency
    storage_slots: IntArray
    wire_slots: IntArray
    host_wires: Adjacency
    wire_networks: Adjacency

    @classmethod
    def build(
        cls,
        hosts: Iterable[HostRow],
        storages: Iterable[StorageRow] = (),
        networks: Iterable[NetworkRow] = (),
        host_storages: Iterable[tuple[str, str]] = (),
        host_wires: Iterable[tuple[str, str]] = (),
    ) -> Inventory:
        """Build columns from rows in any order.

        host_storages: pairs (host id, storage id). host_wires: pairs (host id, wire id). A pair that names a host or
        storage that is not among the rows is left out: links and rows may come from two readings of a database.

        Raises:
            DuplicateResourceError: two rows have one id.
            OutOfRangeError: an amount is negative, not finite, or beyond 2**50.
            InvalidFormatError: an address of a network does not parse.
        """
        host_columns = _hosts(_ordered(hosts, "host"))
        storage_columns = _storages(_ordered(storages, "storage"))
        network_rows = _ordered(networks, "network")
        links = [(host_columns.index[host], wire) for host, wire in host_wires if host in host_columns.index]
        wires = {wire: n for n, wire in enumerate(sorted({w for _, w in links} | {r.wire_id for r in network_rows}))}
        network_columns = _networks(network_rows, wires)
        attached = [
            (host_columns.index[host], storage_columns.index[storage])
            for host, storage in host_storages
            if host in host_columns.index and storage in storage_columns.index
        ]
        adjacency = Adjacency.of([h for h, _ in attached], [s for _, s in attached], len(host_columns))
        plugged = Adjacency.of([h for h, _ in links], [wires[w] for _, w in links], len(host_columns))
        return cls(
            hosts=host_columns,
            storages=storage_columns,
            networks=network_columns,
            wires=wires,
            host_storages=adjacency,
            storage_slots=adjacency.padded(len(storage_columns.ids)),
            host_wires=plugged,
            wire_slots=plugged.padded(len(wires)),
            wire_networks=Adjacency.of(network_columns.wire.tolist(), range(len(network_rows)), len(wires)),
        )

    def with_free(self, *, storage_mib: IntArray, ports: IntArray) -> Inventory:
        """The same inventory with other free amounts of storages and networks."""
        storages = attrs.evolve(self.storages, free_mib=storage_mib)
        return attrs.evolve(self, storages=storages, networks=attrs.evolve(self.networks, free_ports=ports))


def network_columns(networks: Iterable[NetworkRow], known: Mapping[str, int]) -> tuple[Networks, Mapping[str, int]]:
    """Columns of networks, and the row numbers of wires: those known, then the other ones in order.

    Raises:
        As `Inventory.build`.
    """
    rows = _ordered(networks, "network")
    wires = dict(known)
    for wire in sorted({row.wire_id for row in rows}):
        wires.setdefault(wire, len(wires))
    return _networks(rows, wires), wires


def _ordered(rows: Iterable[Row], kind: str) -> list[Row]:
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


def _project_guests(rows: Sequence[HostRow]) -> dict[str, tuple[IntArray, IntArray]]:
    found: dict[str, tuple[list[int], list[int]]] = {}
    for row, host in enumerate(rows):
        for project, guests in host.project_guests.items():
            at, counts = found.setdefault(project, ([], []))
            at.append(row)
            counts.append(guests)
    return {project: (np.array(at), np.array(counts)) for project, (at, counts) in found.items()}


def _hosts(rows: Sequence[HostRow]) -> Hosts:
    ids = tuple(row.id for row in rows)
    digests = b"".join(blake2b(ident.encode(errors="surrogatepass"), digest_size=8).digest() for ident in ids)
    cpu_total = _total(_amounts(rows, "cpu_count"), _ratios(rows, "cpu_cmtbound"))
    mem_total = _total(_amounts(rows, "mem_size"), _ratios(rows, "mem_cmtbound"))
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
        cpu_total=cpu_total,
        cpu_free=_free(cpu_total, _amounts(rows, "cpu_reserved"), _amounts(rows, "cpu_claimed")),
        mem_total_mib=mem_total,
        mem_free_mib=_free(mem_total, _amounts(rows, "mem_reserved"), _amounts(rows, "mem_claimed")),
        max_vcpu=_fixed(_amounts(rows, "max_vcpu")),
        guests=_fixed(_amounts(rows, "guests")),
        creating=_fixed(_amounts(rows, "creating")),
        project_guests=_project_guests(rows),
        generation=_fixed(_amounts(rows, "generation")),
    )


def _storages(rows: Sequence[StorageRow]) -> Storages:
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


def _fixed_flags(array: BoolArray) -> BoolArray:
    frozen(array)
    return array


def _networks(rows: Sequence[NetworkRow], wires: Mapping[str, int]) -> Networks:
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

"""What is taken of an inventory, put upon columns that were built without: a few vector operations instead of a build."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from cloudcore.scheduling.columns import Adjacency, IntArray, frozen
from cloudcore.scheduling.filling import amounts_of, kept_of, nodes_of
from cloudcore.scheduling.inventory import Inventory, device_columns, network_columns
from cloudcore.scheduling.rows import DeviceRow, HostRow, Kept, NetworkRow
from cloudcore.scheduling.tables import KEPT_COLUMNS, NODE_COLUMNS, Hosts


def with_claims(inventory: Inventory, hosts: Iterable[Sequence[Any]], storages: Iterable[Sequence[Any]]) -> Inventory:
    """The inventory with this taken of its hosts and storages, which were built with nothing claimed.

    hosts: (id, vCPUs, memory in MiB, guests, generation); storages: (id, MiB). Those of others are passed over.
    """
    columns, stores = inventory.hosts, inventory.storages
    vcpus, memory, guests, generation = _by_row(columns.index, hosts, 4, len(columns))
    (sizes,) = _by_row(stores.index, storages, 1, len(stores.ids))
    return attrs.evolve(
        inventory,
        hosts=attrs.evolve(
            columns,
            cpu_free=_left(columns.cpu_free, vcpus),
            mem_free_mib=_left(columns.mem_free_mib, memory),
            guests=guests,
            generation=generation,
        ),
        storages=attrs.evolve(stores, free_mib=_left(stores.free_mib, sizes)),
    )


def with_node_claims(inventory: Inventory, claims: Iterable[Sequence[Any]]) -> Inventory:
    """The inventory with this taken of its NUMA nodes, which were built with nothing claimed.

    claims: (id of the host, node, CPUs, memory in MiB). Those of others are passed over.
    """
    hosts = inventory.hosts
    cpus, memory = hosts.node_cpu_free.copy(), hosts.node_mem_free_mib.copy()
    for host, node, vcpus, size in claims:
        row = hosts.index.get(host)
        places = np.flatnonzero(hosts.node_ids[row] == node) if row is not None else ()
        for place in places:
            cpus[row, place] = max(int(cpus[row, place]) - vcpus, 0)
            memory[row, place] = max(int(memory[row, place]) - size, 0)
    frozen(cpus)
    frozen(memory)
    return attrs.evolve(inventory, hosts=attrs.evolve(hosts, node_cpu_free=cpus, node_mem_free_mib=memory))


def with_guests(
    inventory: Inventory, project_id: str, crowd: Mapping[str, int], creating: Mapping[str, int]
) -> Inventory:
    """The inventory with the guests of a project, and the guests in creation, by host; those of other projects are forgotten."""
    hosts = inventory.hosts
    busy = np.zeros(len(hosts), dtype=np.int64)
    for ident, number in creating.items():
        if ident in hosts.index:
            busy[hosts.index[ident]] = number
    frozen(busy)
    counts = {hosts.index[ident]: number for ident, number in crowd.items() if ident in hosts.index}
    return attrs.evolve(inventory, hosts=attrs.evolve(hosts, creating=busy, crowds={project_id: counts}))


def with_actual(inventory: Inventory, free: Mapping[str, int]) -> Inventory:
    """The inventory with no more room (MiB) on storages than was measured there."""
    stores = inventory.storages
    known = [(stores.index[ident], amount) for ident, amount in free.items() if ident in stores.index]
    if not known:
        return inventory
    room = stores.free_mib.copy()
    for row, amount in known:
        room[row] = min(int(room[row]), amount)
    frozen(room)
    return attrs.evolve(inventory, storages=attrs.evolve(stores, free_mib=room))


def with_devices(inventory: Inventory, devices: Iterable[DeviceRow]) -> Inventory:
    """The inventory with these devices instead of its own; those of other hosts are passed over.

    Raises:
        As `Inventory.build`.
    """
    columns, slots = device_columns(devices, inventory.hosts.index)
    return attrs.evolve(inventory, devices=columns, device_slots=slots)


def with_kept(inventory: Inventory, kept: Mapping[str, Kept]) -> Inventory:
    """The inventory with what is kept of hosts for servers with devices; nothing is of others."""
    columns = inventory.hosts
    if not kept and not columns.kept.shape[1]:
        return inventory
    table = kept_of([HostRow(id=ident, kept=kept.get(ident)) for ident in columns.ids], len(KEPT_COLUMNS))
    return attrs.evolve(inventory, hosts=attrs.evolve(columns, kept=table))


def with_hosts(inventory: Inventory, hosts: Sequence[HostRow]) -> Inventory:
    """The inventory with what rows say is free of their hosts, and everything else as it was. They are among its hosts.

    Raises:
        OutOfRangeError: as `Inventory.build`.
    """
    if not hosts:
        return inventory
    known = {inventory.hosts.index[host.id]: host for host in hosts}
    columns = with_nodes(inventory.hosts, known)
    amounts = [amounts_of(host) for host in known.values()]
    changed: dict[str, Any] = {}
    for name in ("cpu_free", "mem_free_mib"):
        before, after = getattr(columns, name), [each[name] for each in amounts]
        if before[list(known)].tolist() != after:
            changed[name] = before.copy()
            changed[name][list(known)] = after
            frozen(changed[name])
    return attrs.evolve(inventory, hosts=attrs.evolve(columns, **changed) if changed else columns)


def with_networks(inventory: Inventory, networks: Iterable[NetworkRow]) -> Inventory:
    """The inventory with these networks instead of its own.

    Raises:
        As `Inventory.build`.
    """
    columns, wires = network_columns(networks, inventory.wires)
    return attrs.evolve(
        inventory,
        networks=columns,
        wires=wires,
        wire_slots=inventory.wire_slots
        if len(wires) == len(inventory.wires)
        else inventory.host_wires.padded(len(wires)),
        wire_networks=Adjacency.of(columns.wire.tolist(), range(len(columns.ids)), len(wires)),
    )


def with_nodes(hosts: Hosts, rows: Mapping[int, HostRow]) -> Hosts:
    """The columns with the NUMA nodes that these say of their hosts, by row."""
    width = max([hosts.node_ids.shape[1], *[len(row.nodes) for row in rows.values()]])
    if not width:
        return hosts
    changed: dict[str, Any] = {}
    order = list(rows)
    fresh = nodes_of([rows[row] for row in order], width)
    for name, lines in zip(NODE_COLUMNS, fresh, strict=True):
        column = getattr(hosts, name)
        filler = -1 if name == "node_ids" else 0
        column = np.pad(column, ((0, 0), (0, width - column.shape[1])), constant_values=filler)
        column[order] = lines
        frozen(column)
        changed[name] = column
    return attrs.evolve(hosts, **changed)


def _left(free: IntArray, taken: IntArray) -> IntArray:
    left: IntArray = np.maximum(free - taken, 0)
    frozen(left)
    return left


def _by_row(index: Mapping[str, int], rows: Iterable[Sequence[Any]], width: int, size: int) -> list[IntArray]:
    """The numbers that stand behind the ids of rows, as `width` columns; 0 where there is no row."""
    known = [row for row in rows if row[0] in index]
    table = np.zeros((width, size), dtype=np.int64)
    if known:
        table[:, [index[row[0]] for row in known]] = np.array([row[1:] for row in known], dtype=np.int64).T
    frozen(table)
    return list(table)

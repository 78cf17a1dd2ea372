"""What there is to place servers on: immutable columns of hosts, storages, networks and devices.

    hosts ──< host_storages >── storages        a storage may be attached to several hosts
    hosts ──< host_wires >── wires ──< networks
    hosts ──< devices                           a device is in one host

Free amounts are computed once, when the columns are built:
free = int(physical * overcommit) - reserved - claimed, never below 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import attrs

from cloudcore.scheduling.columns import Adjacency, BoolArray, IntArray
from cloudcore.scheduling.filling import devices_of, hosts_of, networks_of, ordered, storages_of
from cloudcore.scheduling.rows import DeviceRow, HostRow, NetworkRow, StorageRow
from cloudcore.scheduling.tables import Crowds, Devices, Hosts, Networks, Storages


@attrs.frozen(eq=False, kw_only=True)
class Inventory:
    """Everything that a decision looks at. Immutable: `with_left` makes a new one.

    storage_slots, wire_slots, device_slots: the storages, wires and devices of each host as a matrix, one line a host,
        filled up with their number.
    """

    hosts: Hosts
    storages: Storages
    networks: Networks
    devices: Devices
    wires: Mapping[str, int]
    storage_slots: IntArray
    wire_slots: IntArray
    device_slots: IntArray
    wire_networks: Adjacency

    @classmethod
    def build(
        cls,
        hosts: Iterable[HostRow],
        storages: Iterable[StorageRow] = (),
        networks: Iterable[NetworkRow] = (),
        host_storages: Iterable[tuple[str, str]] = (),
        host_wires: Iterable[tuple[str, str]] = (),
        devices: Iterable[DeviceRow] = (),
    ) -> Inventory:
        """Build columns from rows in any order.

        host_storages: pairs (host id, storage id). host_wires: pairs (host id, wire id). A pair that names a host or
        storage that is not among the rows, and a device of such a host, are left out: links and rows may come from two
        readings of a database.

        Raises:
            DuplicateResourceError: two rows have one id.
            OutOfRangeError: an amount is negative, not finite, or beyond 2**50.
            InvalidFormatError: an address of a network does not parse.
        """
        host_columns = hosts_of(ordered(hosts, "host"))
        index = host_columns.index
        storage_columns = storages_of(ordered(storages, "storage"))
        devices_known, device_slots = device_columns(devices, index)
        network_rows = ordered(networks, "network")
        links = [(index[host], wire) for host, wire in host_wires if host in index]
        wires = {wire: n for n, wire in enumerate(sorted({w for _, w in links} | {r.wire_id for r in network_rows}))}
        network_columns = networks_of(network_rows, wires)
        attached = [
            (index[host], storage_columns.index[storage])
            for host, storage in host_storages
            if host in index and storage in storage_columns.index
        ]
        return cls(
            hosts=host_columns,
            storages=storage_columns,
            networks=network_columns,
            devices=devices_known,
            wires=wires,
            storage_slots=_slots(attached, len(index), len(storage_columns.ids)),
            wire_slots=_slots([(host, wires[wire]) for host, wire in links], len(index), len(wires)),
            device_slots=device_slots,
            wire_networks=Adjacency.of(network_columns.wire.tolist(), range(len(network_rows)), len(wires)),
        )

    @cached_property
    def host_storages(self) -> Adjacency:
        """The storages of each host."""
        return Adjacency.of_slots(self.storage_slots, len(self.storages.ids))

    @cached_property
    def host_wires(self) -> Adjacency:
        """The wires of each host."""
        return Adjacency.of_slots(self.wire_slots, len(self.wires))

    def with_left(
        self,
        *,
        storage_mib: IntArray,
        ports: IntArray,
        devices: BoolArray,
        nodes: tuple[IntArray, IntArray] | None = None,
    ) -> Inventory:
        """The same inventory with other free amounts of storages and networks, and other free devices.

        nodes: other free CPUs and memory of NUMA nodes; None: as they are.
        """
        hosts = self.hosts
        if nodes is not None:
            hosts = attrs.evolve(hosts, node_cpu_free=nodes[0], node_mem_free_mib=nodes[1])
        return attrs.evolve(
            self,
            hosts=hosts,
            storages=attrs.evolve(self.storages, free_mib=storage_mib),
            networks=attrs.evolve(self.networks, free_ports=ports),
            devices=attrs.evolve(self.devices, free=devices),
        )

    def part(self, rows: IntArray, crowds: Crowds) -> Inventory:
        """The same inventory with some of its hosts, on which projects have these guests (by place), and everything else."""
        return attrs.evolve(
            self,
            hosts=self.hosts.taken(rows, crowds),
            storage_slots=self.storage_slots[rows],
            wire_slots=self.wire_slots[rows],
            device_slots=self.device_slots[rows],
        )


def _slots(pairs: Sequence[tuple[int, int]], hosts: int, filler: int) -> IntArray:
    """Pairs (host, what it has) as a matrix."""
    return Adjacency.of([host for host, _ in pairs], [one for _, one in pairs], hosts).padded(filler)


def device_columns(devices: Iterable[DeviceRow], hosts: Mapping[str, int]) -> tuple[Devices, IntArray]:
    """Columns of the devices of these hosts, and the slots of each host.

    Raises:
        As `Inventory.build`.
    """
    columns = devices_of(ordered((one for one in devices if one.host_id in hosts), "device"), hosts)
    pairs = [(host, device) for device, host in enumerate(columns.host.tolist())]
    return columns, _slots(pairs, len(hosts), len(columns.ids))


def network_columns(networks: Iterable[NetworkRow], known: Mapping[str, int]) -> tuple[Networks, Mapping[str, int]]:
    """Columns of networks, and the row numbers of wires: those known, then the other ones in order.

    Raises:
        As `Inventory.build`.
    """
    rows = ordered(networks, "network")
    wires = dict(known)
    for wire in sorted({row.wire_id for row in rows}):
        wires.setdefault(wire, len(wires))
    return networks_of(rows, wires), wires

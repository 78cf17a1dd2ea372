"""An inventory that is kept up to date in place: claims are taken and given back, rows of hosts are taken over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import attrs
import numpy as np

from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.scheduling.changes import Changes
from cloudcore.scheduling.columns import BoolArray, FloatArray, IntArray, Memo, frozen
from cloudcore.scheduling.decision import Placement
from cloudcore.scheduling.filling import amounts_of, hosts_of, kept_of, leaving_of, nodes_of
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.raid import drives_text
from cloudcore.scheduling.request import Request
from cloudcore.scheduling.rows import HostRow, Kept, labels_text, plugs_text
from cloudcore.scheduling.tables import KEPT_COLUMNS, NODE_COLUMNS, Crowds, Hosts

_AMOUNTS = ("cpu_total", "cpu_free", "mem_total_mib", "mem_free_mib", "max_vcpu", "guests", "creating", "generation")
_LEFT = ("cpu_free", "mem_free_mib", "guests", "generation")
_FLAGS = ("enabled", "zone_enabled", "provider_ready", "packs", "starts_from_cd")
_STATES = ("status", "host_status")
_SURE = 1e-3
"""Of whom it was less probable that he leaves, nothing is known when he does: how the others stand is told anew."""
_PLACES: Mapping[str, Callable[[HostRow], str]] = {
    "region": attrgetter("region_id"),
    "zone": attrgetter("zone_id"),
    "manager": attrgetter("manager_id"),
    "host_type": attrgetter("host_type"),
    "architecture": attrgetter("architecture"),
    "resource_type": attrgetter("resource_type"),
    "cpu_desc": attrgetter("cpu_desc"),
    "cpu_microcode": attrgetter("cpu_microcode"),
    "kernel": attrgetter("kernel"),
    "page_size_kb": lambda host: str(host.page_size_kb),
    "drives": lambda host: drives_text(host.drives),
    "plugs": lambda host: plugs_text(host.plugs),
    "firmware": attrgetter("firmware"),
    "classes": lambda host: labels_text(host.classes),
}


class Standing:
    """Columns of which a reader sees the present state through `live`, whose arrays can't be written to.

    live: as it is now. A column that is worked out of others, such as `Hosts.ready`, is worked out once for one object: so
    it is read of `fresh`, of `snapshot` or of a part. changes: what has happened. epoch: how often all hosts were to be
    judged anew, because one is somewhere else now or is another kind of host.
    """

    def __init__(self, inventory: Inventory) -> None:
        hosts = inventory.hosts
        self._amounts: dict[str, IntArray] = {name: getattr(hosts, name).copy() for name in (*_AMOUNTS, *NODE_COLUMNS)}
        self._flags: dict[str, BoolArray] = {name: getattr(hosts, name).copy() for name in _FLAGS}
        self._rooms, self._ports = inventory.storages.free_mib.copy(), inventory.networks.free_ports.copy()
        self._free = inventory.devices.free.copy()
        self._leaving, self._kept = hosts.leaving.copy(), hosts.kept.copy()
        self._crowds = {project: dict(counts) for project, counts in hosts.crowds.items()}
        self._projects: dict[int, set[str]] = {}
        for project, counts in self._crowds.items():
            for row in counts:
                self._projects.setdefault(row, set()).add(project)
        views: dict[str, Any] = {name: _view(each) for name, each in (*self._amounts.items(), *self._flags.items())}
        self.live = attrs.evolve(
            inventory.with_left(storage_mib=_view(self._rooms), ports=_view(self._ports), devices=_view(self._free)),
            hosts=attrs.evolve(
                hosts, crowds=self._crowds, leaving=_view(self._leaving), kept=_view(self._kept), **views
            ),
        )
        self.changes = Changes(inventory)
        self.epoch = 0
        self._is_told = False

    def fresh(self) -> Inventory:
        """The present state, with nothing worked out yet; good until the next change."""
        return attrs.evolve(self.live, hosts=attrs.evolve(self.live.hosts))

    def snapshot(self, project: str | None = None) -> Inventory:
        """The present state, which does not change any more. project: whose guests matter, None: everybody's."""
        crowds = self._crowds if project is None else {project: self._crowds.get(project, {})}
        columns: dict[str, Any] = {name: _copy(each) for name, each in (*self._amounts.items(), *self._flags.items())}
        left = self.live.with_left(storage_mib=_copy(self._rooms), ports=_copy(self._ports), devices=_copy(self._free))
        kept = {name: dict(counts) for name, counts in crowds.items() if counts}
        columns |= {"leaving": _copy(self._leaving), "kept": _copy(self._kept)}
        return attrs.evolve(left, hosts=attrs.evolve(self.live.hosts, crowds=kept, **columns))

    def part(self, rows: IntArray, project: str) -> Inventory:
        """The present state of some hosts, with the guests of one project."""
        counts = self._crowds.get(project, {})
        crowds: Crowds = {project: {place: counts[row] for place, row in enumerate(rows.tolist()) if row in counts}}
        return self.live.part(rows, crowds)

    def move(self, request: Request, placement: Placement, sign: int) -> None:
        """Take what one server needs from where it was placed (1), or give it back (-1).

        Raises:
            ResourceNotFoundError: the host, a storage, a network or a device is not in the inventory.
        """
        live = self.live
        row = _row(live.hosts.index, placement.host_id)
        storages = [_row(live.storages.index, disk.storage_ids[0]) for disk in placement.disks]
        networks = [_row(live.networks.index, nic.network_ids[0]) for nic in placement.nets]
        devices = [_row(live.devices.index, ident) for ident in placement.device_ids]
        sizes = {disk.index: disk.size_mib for disk in request.disks}
        for storage, disk in zip(storages, placement.disks, strict=True):
            self._put_storage(storage, int(self._rooms[storage]) - sign * sizes[disk.index])
        for network in networks:
            self._put_network(network, int(self._ports[network]) - sign)
        for device in devices:
            self._free[device] = sign < 0
        self._take_nodes(row, placement, sign)
        self._take_host(row, request, sign)

    def take_all(self, request: Request, placements: Sequence[Placement]) -> None:
        """As `move` for each of many servers, with one change for what several of them share.

        Raises:
            ResourceNotFoundError: as `move`; then some are taken and some are not.
        """
        live, sizes = self.live, {disk.index: disk.size_mib for disk in request.disks}
        hosts = Counter([one.host_id for one in placements])
        ports = Counter([nic.network_ids[0] for one in placements for nic in one.nets])
        rooms: dict[str, int] = {}
        for one in placements:
            for disk in one.disks:
                rooms[disk.storage_ids[0]] = rooms.get(disk.storage_ids[0], 0) + sizes[disk.index]
            for ident in one.device_ids:
                self._free[_row(live.devices.index, ident)] = False
            self._take_nodes(_row(live.hosts.index, one.host_id), one, 1)
        for ident, size in rooms.items():
            row = _row(live.storages.index, ident)
            self._put_storage(row, int(self._rooms[row]) - size)
        for ident, count in ports.items():
            row = _row(live.networks.index, ident)
            self._put_network(row, int(self._ports[row]) - count)
        for ident, count in hosts.items():
            self._take_host(_row(live.hosts.index, ident), request, count)

    def refresh(self, host: HostRow) -> None:
        """Take over everything that a row says of its host.

        Raises:
            ResourceNotFoundError: the host is not in the inventory.
            OutOfRangeError: as `Inventory.build`.
        """
        row = _row(self.live.hosts.index, host.id)
        for name, amount in amounts_of(host).items():
            self._amounts[name][row] = amount
        for name in _FLAGS:
            self._flags[name][row] = getattr(host, name)
        self._put_nodes(row, host)
        self._put_leaving(row, host)
        if host.kept is not None or self._kept.shape[1]:
            self._put_kept({row: host.kept})
        hosts = self.live.hosts
        states: dict[str, Any] = {
            name: getattr(hosts, name).put(row, getattr(host, name))
            for name in _STATES
            if getattr(hosts, name)[row] != getattr(host, name)
        }
        if states:
            self.live = attrs.evolve(self.live, hosts=attrs.evolve(hosts, **states))
        for project in sorted({*self._projects.get(row, ()), *host.project_guests}) if not self._is_told else ():
            self._put_guests(project, row, host.project_guests.get(project, 0))
        self._replace(row, host)
        self.changes.host(row)

    def adopt(self, left: Inventory) -> None:
        """Take over what is left of each host and storage, from columns with the same ids."""
        hosts, amounts = left.hosts, [self._amounts[name] for name in _LEFT]
        wanted = [getattr(hosts, name) for name in _LEFT]
        differs = np.logical_or.reduce([have != want for have, want in zip(amounts, wanted, strict=True)])
        for row in np.flatnonzero(differs).tolist():
            self.set_host(hosts.ids[row], (*[int(want[row]) for want in wanted],))
        if hosts.has_nodes:
            self._adopt_nodes(hosts)
        self._adopt_kept(hosts.kept)
        rooms = left.storages.free_mib
        for row in np.flatnonzero(self._rooms != rooms).tolist():
            self._put_storage(row, int(rooms[row]))

    def set_host(self, host_id: str, left: tuple[int, ...]) -> None:
        """Take over free CPUs, free memory (MiB), guests and generation of a host; whose the guests are is forgotten where
        nobody tells by `set_guests`.

        Raises:
            ResourceNotFoundError: it is not in the inventory.
        """
        row = _row(self.live.hosts.index, host_id)
        for name, amount in zip(_LEFT, left, strict=True):
            self._amounts[name][row] = amount
        if not self._amounts["guests"][row]:
            self._leaving[row] = 1.0
        for project in sorted(self._projects.get(row, ())) if not self._is_told else ():
            self._put_guests(project, row, 0)
        self.changes.host(row)

    def set_nodes(self, host_id: str, left: Mapping[int, tuple[int, int]]) -> None:
        """Take over free CPUs and free memory (MiB) of NUMA nodes of a host, by the number of the node.

        Raises:
            ResourceNotFoundError: it is not in the inventory.
        """
        row = _row(self.live.hosts.index, host_id)
        ids: list[int] = self._amounts["node_ids"][row].tolist()
        for node, free in left.items():
            if node in ids:
                for name, amount in zip(NODE_COLUMNS[1:], free, strict=True):
                    self._amounts[name][row, ids.index(node)] = amount
        self.changes.host(row)

    def set_guests(self, project: str, guests: Mapping[str, int]) -> None:
        """Take over how many guests of a project there are, by host; from now on rows and claims say nothing of whose guests are."""
        self._is_told = True
        index = self.live.hosts.index
        wanted = {index[ident]: number for ident, number in guests.items() if ident in index}
        known = self._crowds.get(project, {})
        for row in sorted({*known, *wanted}):
            number = wanted.get(row, 0)
            if known.get(row, 0) != number:
                self._put_guests(project, row, number)
                self.changes.host(row)

    def set_creating(self, guests: Mapping[str, int]) -> None:
        """Take over how many guests are in creation, by host."""
        creating, index = self._amounts["creating"], self.live.hosts.index
        wanted = np.zeros(len(creating), dtype=np.int64)
        for ident, number in guests.items():
            if ident in index:
                wanted[index[ident]] = number
        for row in np.flatnonzero(creating != wanted).tolist():
            creating[row] = wanted[row]
            self.changes.host(row)

    def set_leaving(self, leaving: FloatArray) -> None:
        """Take over when hosts are empty, one line a host in the order of their ids."""
        self._leaving = np.array(leaving, order="F")
        self.live = attrs.evolve(self.live, hosts=attrs.evolve(self.live.hosts, leaving=_view(self._leaving)))
        self.epoch += 1

    def set_kept(self, kept: Mapping[str, Kept]) -> None:
        """Take over what is kept of hosts for servers with devices; nothing is of others."""
        index = self.live.hosts.index
        wanted: dict[int, Kept | None] = dict.fromkeys(np.flatnonzero(self._kept.any(axis=1)).tolist())
        wanted.update({index[ident]: one for ident, one in kept.items() if ident in index})
        if wanted:
            self._put_kept(wanted)

    def set_storage(self, storage_id: str, free_mib: int) -> None:
        """Take over how much room a storage has.

        Raises:
            ResourceNotFoundError: it is not in the inventory.
        """
        self._put_storage(_row(self.live.storages.index, storage_id), free_mib)

    def set_network(self, network_id: str, free_ports: int) -> None:
        """Take over how many ports of a network are free.

        Raises:
            ResourceNotFoundError: it is not in the inventory.
        """
        self._put_network(_row(self.live.networks.index, network_id), free_ports)

    def _take_host(self, row: int, request: Request, servers: int) -> None:
        amounts, project = self._amounts, request.project_id
        amounts["cpu_free"][row] -= servers * request.vcpus
        amounts["mem_free_mib"][row] -= servers * request.memory_mib
        amounts["guests"][row] += servers
        amounts["generation"][row] += abs(servers)
        self._take_time(row, request, servers)
        if request.has_devices and self._kept.shape[1]:
            self._kept[row, 2:] += servers * np.array((request.vcpus, request.memory_mib))
        self._put_guests(project, row, max(self._crowds.get(project, {}).get(row, 0) + servers, 0))
        self.changes.host(row)

    def _take_time(self, row: int, request: Request, servers: int) -> None:
        """Servers come to a host, or go: it is empty when all are gone. Whoever is not known to leave stays."""
        if not self._leaving.shape[1]:
            return
        gone = 1.0 - np.array(request.stays) if request.stays else np.zeros(self._leaving.shape[1])
        if self._amounts["guests"][row] <= 0:
            self._leaving[row] = 1.0
        elif servers > 0:
            self._leaving[row] *= gone**servers
        else:
            some = gone > _SURE
            self._leaving[row, some] = np.minimum(self._leaving[row, some] / gone[some] ** -servers, 1.0)

    def _adopt_kept(self, kept: IntArray) -> None:
        if not kept.shape[1]:
            kept = np.zeros_like(self._kept)
        elif not self._kept.shape[1]:
            self._widen_kept()
        for row in np.flatnonzero((self._kept != kept).any(axis=1)).tolist():
            self._kept[row] = kept[row]
            self.changes.host(row)

    def _widen_kept(self) -> None:
        self._kept = np.zeros((len(self._kept), len(KEPT_COLUMNS)), dtype=np.int64, order="F")
        self.live = attrs.evolve(self.live, hosts=attrs.evolve(self.live.hosts, kept=_view(self._kept)))

    def _put_kept(self, wanted: Mapping[int, Kept | None]) -> None:
        if not self._kept.shape[1]:
            self._widen_kept()
        for row, one in wanted.items():
            line = kept_of([HostRow(id=self.live.hosts.ids[row], kept=one)], len(KEPT_COLUMNS))[0]
            if (self._kept[row] != line).any():
                self._kept[row] = line
                self.changes.host(row)

    def _put_leaving(self, row: int, host: HostRow) -> None:
        if host.leaving and not self._leaving.shape[1]:
            self.set_leaving(
                leaving_of([HostRow(id="", guests=int(n)) for n in self._amounts["guests"]], len(host.leaving))
            )
        self._leaving[row : row + 1] = leaving_of([host], self._leaving.shape[1])

    def _take_nodes(self, row: int, placement: Placement, sign: int) -> None:
        ids: list[int] = self._amounts["node_ids"][row].tolist() if placement.nodes else []
        for one in placement.nodes:
            if one.node in ids:
                place = ids.index(one.node)
                self._amounts["node_cpu_free"][row, place] -= sign * one.vcpus
                self._amounts["node_mem_free_mib"][row, place] -= sign * one.memory_mib

    def _put_nodes(self, row: int, host: HostRow) -> None:
        """Take over the NUMA nodes of a host, of which there may be more than any host had."""
        width = self._amounts["node_ids"].shape[1]
        if len(host.nodes) > width:
            more = len(host.nodes) - width
            for name in NODE_COLUMNS:
                filler = -1 if name == "node_ids" else 0
                self._amounts[name] = np.pad(self._amounts[name], ((0, 0), (0, more)), constant_values=filler)
            views: dict[str, Any] = {name: _view(self._amounts[name]) for name in NODE_COLUMNS}
            self.live = attrs.evolve(self.live, hosts=attrs.evolve(self.live.hosts, **views))
            width = len(host.nodes)
        for name, line in zip(NODE_COLUMNS, nodes_of([host], width), strict=True):
            self._amounts[name][row] = line[0]

    def _adopt_nodes(self, hosts: Hosts) -> None:
        for row in np.flatnonzero(np.any(self._amounts["node_ids"] >= 0, axis=1)).tolist():
            for name in NODE_COLUMNS[1:]:
                wanted = getattr(hosts, name)[row]
                if (self._amounts[name][row] != wanted).any():
                    self._amounts[name][row] = wanted
                    self.changes.host(row)

    def _replace(self, row: int, host: HostRow) -> None:
        hosts = self.live.hosts
        moved = [name for name, text in _PLACES.items() if getattr(hosts, name)[row] != text(host)]
        if not moved and hosts.names[row] == (host.name or host.id) and hosts.sharing.is_as(row, host):
            return
        one: Hosts = hosts_of([host])
        places: dict[str, Any] = {name: getattr(hosts, name).put(row, getattr(one, name)[0]) for name in moved}
        names = (*hosts.names[:row], one.names[0], *hosts.names[row + 1 :])
        changed = attrs.evolve(hosts, names=names, sharing=hosts.sharing.put(row, one.sharing), memo=Memo(), **places)
        self.live = attrs.evolve(self.live, hosts=changed)
        self.epoch += 1

    def _put_storage(self, row: int, free_mib: int) -> None:
        self.changes.storage(row, int(self._rooms[row]), free_mib)
        self._rooms[row] = free_mib

    def _put_network(self, row: int, ports: int) -> None:
        self.changes.network(row, int(self._ports[row]), ports)
        self._ports[row] = ports

    def _put_guests(self, project: str, row: int, guests: int) -> None:
        if guests:
            self._crowds.setdefault(project, {})[row] = guests
            self._projects.setdefault(row, set()).add(project)
        elif project in self._crowds:
            self._crowds[project].pop(row, None)
            self._projects.get(row, set()).discard(project)


def _view(array: Any) -> Any:
    view = array.view()
    frozen(view)
    return view


def _copy(array: Any) -> Any:
    copy = array.copy()
    frozen(copy)
    return copy


def _row(index: Mapping[str, int], ident: str) -> int:
    row = index.get(ident)
    if row is None:
        raise ResourceNotFoundError(f"{ident[:64]} is not in the inventory")
    return row

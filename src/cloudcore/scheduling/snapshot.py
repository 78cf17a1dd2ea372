"""An inventory as plain rows: to be written to a file, read from one, and looked at again later.

    {"format": "cloudcore-inventory", "version": 1, "hosts": [...], "storages": [...], "networks": [...], "devices": [...],
     "host_storages": [[host, storage], ...], "host_wires": [[host, wire], ...], "servers": [...]}

Rows have the fields of `cloudcore.scheduling.rows`; what is as by default is left out. Amounts of rows that were made of
columns are those after overcommit, so that nothing else is reserved: a decision by them is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Any, cast

import attrs

from cloudcore.model.errors import DuplicateResourceError, InvalidInputError
from cloudcore.model.json import Json, JsonObject
from cloudcore.scheduling import form
from cloudcore.scheduling.columns import IntArray, Sharing
from cloudcore.scheduling.inventory import Inventory
from cloudcore.scheduling.moving import Guest
from cloudcore.scheduling.raid import drives_in
from cloudcore.scheduling.rows import DeviceRow, HostRow, Kept, Labels, NetworkRow, NodeRow, StorageRow, plugs_in
from cloudcore.scheduling.tables import KEPT_COLUMNS

FORMAT = "cloudcore-inventory"
VERSION = 1


@attrs.frozen(kw_only=True)
class Snapshot:
    """The rows of an inventory, and which storages and wires its hosts have. servers: what is on them, where that is known."""

    hosts: tuple[HostRow, ...] = ()
    storages: tuple[StorageRow, ...] = ()
    networks: tuple[NetworkRow, ...] = ()
    devices: tuple[DeviceRow, ...] = ()
    host_storages: tuple[tuple[str, str], ...] = ()
    host_wires: tuple[tuple[str, str], ...] = ()
    servers: tuple[Guest, ...] = ()

    def build(self) -> Inventory:
        """The columns of these rows.

        Raises:
            As `Inventory.build`.
        """
        return Inventory.build(
            self.hosts, self.storages, self.networks, self.host_storages, self.host_wires, self.devices
        )

    def written(self) -> JsonObject:
        """As JSON, with its format and version."""
        rows = {name: [form.written(row) for row in getattr(self, name)] for name in _ROWS}
        links = {name: [list(pair) for pair in getattr(self, name)] for name in _LINKS}
        return {"format": FORMAT, "version": VERSION, **rows, **links}


_ROWS: dict[str, type[Any]] = {
    "hosts": HostRow,
    "storages": StorageRow,
    "networks": NetworkRow,
    "devices": DeviceRow,
    "servers": Guest,
}
_LINKS = ("host_storages", "host_wires")
_WIRES = ("names of wires",)
"""The question by which a memo knows them."""


def read_snapshot(value: Json) -> Snapshot:
    """The snapshot that JSON describes; it can be built.

    Raises:
        InvalidInputError: it is of another format or version, or something in it is wrong; names the place and the reason.
    """
    if not isinstance(value, dict):
        raise InvalidInputError("a snapshot is an object", field="format")
    sent = cast("JsonObject", value)
    if sent.get("format") != FORMAT:
        raise InvalidInputError(f"format must be {FORMAT}", field="format")
    if sent.get("version") != VERSION:
        raise InvalidInputError(f"version must be {VERSION}", field="version")
    for name in sent:
        if name not in ("format", "version", *_ROWS, *_LINKS):
            raise InvalidInputError(f"{str(name)[:64]} is not known", field=str(name)[:64])
    rows: dict[str, Any] = {name: form.read_lines(kind, sent.get(name, []), name) for name, kind in _ROWS.items()}
    links: dict[str, Any] = {
        name: tuple(
            (form.text(pair[0], f"{name}[{n}][0]"), form.text(pair[1], f"{name}[{n}][1]"))
            for n, pair in enumerate(form.pairs_of(sent.get(name, []), name))
        )
        for name in _LINKS
    }
    found = Snapshot(**rows, **links)
    try:
        found.build()
    except DuplicateResourceError as error:
        raise InvalidInputError(str(error), field=error.field) from error
    return found


def snapshot_of(
    inventory: Inventory, rows: Sequence[int] | None = None, *, networks: Collection[str] | None = None
) -> Snapshot:
    """The rows of an inventory by which any decision is the same.

    rows: only these hosts, with their storages, networks and devices. networks: only these; None: all.
    """
    hosts = range(len(inventory.hosts)) if rows is None else rows
    everything = rows is None
    stored = [(host, each) for host in hosts for each in _of(inventory.storage_slots, host, inventory.storages)]
    wired = [(host, each) for host in hosts for each in _of(inventory.wire_slots, host, inventory.wires)]
    held = [each for host in hosts for each in _of(inventory.device_slots, host, inventory.devices)]
    wires = inventory.networks.memo.recall(_WIRES, lambda: {row: name for name, row in inventory.wires.items()})
    seen = wires if everything else sorted({wire for _, wire in wired})
    index = inventory.networks.index
    if networks is None:
        nets = [int(net) for wire in seen for net in inventory.wire_networks.of_row(wire)]
    else:
        nets = [index[ident] for ident in networks if ident in index]
    ids = inventory.hosts.ids
    stores = range(len(inventory.storages.ids)) if everything else sorted({each for _, each in stored})
    return Snapshot(
        hosts=tuple(_host(inventory, row) for row in hosts),
        storages=tuple(_storage(inventory, row) for row in stores),
        networks=tuple(_network(inventory, row, wires) for row in sorted(nets)),
        devices=tuple(_device(inventory, row) for row in sorted(held)),
        host_storages=tuple((ids[host], inventory.storages.ids[each]) for host, each in stored),
        host_wires=tuple((ids[host], wires[each]) for host, each in wired),
    )


def _of(slots: IntArray, host: int, kind: Any) -> Iterable[int]:
    filler = len(kind.ids) if hasattr(kind, "ids") else len(kind)
    line: list[int] = slots[host].tolist()
    return [each for each in line if each != filler]


def _host(inventory: Inventory, row: int) -> HostRow:
    hosts = inventory.hosts
    cpu, memory = int(hosts.cpu_total[row]), int(hosts.mem_total_mib[row])
    return HostRow(
        id=hosts.ids[row],
        name=hosts.names[row],
        region_id=hosts.region[row],
        zone_id=hosts.zone[row],
        manager_id=hosts.manager[row],
        **_shared(hosts.sharing, row),
        status=hosts.status[row],
        host_status=hosts.host_status[row],
        enabled=bool(hosts.enabled[row]),
        zone_enabled=bool(hosts.zone_enabled[row]),
        provider_ready=bool(hosts.provider_ready[row]),
        host_type=hosts.host_type[row],
        architecture=hosts.architecture[row],
        cpu_desc=hosts.cpu_desc[row],
        cpu_microcode=hosts.cpu_microcode[row],
        kernel=hosts.kernel[row],
        page_size_kb=int(hosts.page_size_kb[row]),
        classes=_labels(hosts.classes[row]),
        drives=drives_in(hosts.drives[row]),
        plugs=plugs_in(hosts.plugs[row]),
        firmware=hosts.firmware[row],
        starts_from_cd=bool(hosts.starts_from_cd[row]),
        resource_type=hosts.resource_type[row],
        cpu_count=cpu,
        cpu_cmtbound=1.0,
        cpu_claimed=cpu - int(hosts.cpu_free[row]),
        mem_size=memory,
        mem_cmtbound=1.0,
        mem_claimed=memory - int(hosts.mem_free_mib[row]),
        nodes=_nodes(inventory, row),
        kept=kept_on(inventory, row),
        packs=bool(hosts.packs[row]),
        leaving=tuple(hosts.leaving[row].tolist()),
        max_vcpu=int(hosts.max_vcpu[row]),
        guests=int(hosts.guests[row]),
        creating=int(hosts.creating[row]),
        project_guests={project: counts[row] for project, counts in hosts.crowds.items() if row in counts},
        generation=int(hosts.generation[row]),
    )


def kept_on(inventory: Inventory, row: int) -> Kept | None:
    """What is kept of a host for servers with devices."""
    line = inventory.hosts.kept[row].tolist()
    return Kept(**dict(zip(KEPT_COLUMNS, line, strict=True))) if any(line) else None


def _nodes(inventory: Inventory, row: int) -> tuple[NodeRow, ...]:
    hosts = inventory.hosts
    return tuple(
        NodeRow(id=int(ident), cpus=int(hosts.node_cpu_free[row, n]), memory_mib=int(hosts.node_mem_free_mib[row, n]))
        for n, ident in enumerate(hosts.node_ids[row])
        if ident >= 0
    )


def _labels(line: str) -> Labels:
    """Labels whose text is this one; that is all that decisions look at."""
    name, _, value = line.partition("=")
    return ((name, value),) if line else ()


def _shared(sharing: Sharing, row: int) -> dict[str, Any]:
    """Who owns a row and whom it is shared with, as fields of a row."""
    scope = "system" if sharing.system_wide[row] else "domain" if sharing.domain_wide[row] else "none"
    domains = tuple(key for key, rows in sorted(sharing.shared_domains.items()) if row in rows)
    is_public = scope != "none" or bool(domains)
    return {
        "domain_id": sharing.domain[row],
        "is_public": is_public,
        "public_scope": scope,
        "shared_domain_ids": domains,
    }


def _storage(inventory: Inventory, row: int) -> StorageRow:
    storages = inventory.storages
    return StorageRow(
        id=storages.ids[row],
        name=storages.names[row],
        storage_type=storages.storage_type[row],
        medium_type=storages.medium_type[row],
        enabled=bool(storages.usable[row]),
        is_sys_disk_store=bool(storages.is_sys_disk_store[row]),
        capacity=int(storages.free_mib[row]),
    )


def _network(inventory: Inventory, row: int, wires: dict[int, str]) -> NetworkRow:
    networks = inventory.networks
    projects = tuple(key for key, rows in sorted(networks.sharing.shared_projects.items()) if row in rows)
    shared = _shared(networks.sharing, row)
    shared["is_public"] = shared["is_public"] or bool(projects)
    first, last = _ends(networks.ranges[row])
    return NetworkRow(
        id=networks.ids[row],
        name=networks.names[row],
        wire_id=wires[int(networks.wire[row])],
        status="available" if networks.usable[row] else "unknown",
        free_ports=int(networks.free_ports[row]),
        server_type=networks.server_type[row],
        is_auto_alloc=bool(networks.is_auto_alloc[row]),
        is_exit=bool(networks.is_exit[row]),
        has_ipv6=bool(networks.has_ipv6[row]),
        guest_ip_start=first,
        guest_ip_end=last,
        project_id=networks.sharing.project[row],
        shared_project_ids=projects,
        **shared,
    )


def _ends(known: tuple[int, int, int] | None) -> tuple[str, str]:
    if known is None:
        return "", ""
    version, first, last = known
    kind = IPv4Address if version == 4 else IPv6Address
    return str(kind(first)), str(kind(last))


def _device(inventory: Inventory, row: int) -> DeviceRow:
    devices = inventory.devices
    return DeviceRow(
        id=devices.ids[row],
        host_id=inventory.hosts.ids[int(devices.host[row])],
        dev_type=devices.dev_type[row],
        model=devices.model[row],
        vendor=devices.vendor[row],
        path=devices.path[row],
        wire_id=devices.wire[row],
        memory_mib=int(devices.memory_mib[row]),
        free=bool(devices.free[row]),
    )


def kept_rows(inventory: Inventory, ids: Iterable[str]) -> list[int]:
    """The row numbers of these hosts, each once, in order; ids of others are passed over."""
    index = inventory.hosts.index
    return sorted({index[ident] for ident in ids if ident in index})

"""What details of a server add: its disks, cards, addresses and the facts of its host."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from cloudcore.model.entity import Entity
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import disk, guestdisk, guestnetwork
from cloudcore.resources.infrastructure import host
from cloudcore.resources.network import network, vpc, wire
from cloudcore.resources.storage import cachedimage, storage

if TYPE_CHECKING:
    from cloudcore.resources.compute.server import Server

E = TypeVar("E", bound=Entity)


@attrs.frozen(kw_only=True)
class _Around:
    """Everything that the servers of a page are connected to, by id, as far as it is shown."""

    links: Mapping[str, Sequence[guestdisk.Guestdisk]]
    disks: Mapping[str, disk.Disk]
    storages: Mapping[str, storage.Storage]
    images: Mapping[str, cachedimage.Cachedimage]
    nics: Mapping[str, Sequence[guestnetwork.Guestnetwork]]
    networks: Mapping[str, network.Network]
    wires: Mapping[str, wire.Wire]
    vpcs: Mapping[str, vpc.Vpc]
    hosts: Mapping[str, JsonObject]


_LINK = ("guest_id", "disk_id", "index", "boot_index", "driver", "cache_mode", "aio_mode", "iops", "bps")
_DISK = (
    *("id", "name", "fs_format", "disk_type", "disk_size", "disk_format", "auto_reset", "auto_delete", "storage_id"),
    *("throughput", "template_id", "preallocation"),
)
_NIC = (
    *("guest_id", "network_id", "index", "ip_addr", "ip6_addr", "mac_addr", "is_default", "team_with", "driver"),
    *("port_mappings", "bw_limit", "ifname", "billing_type", "charge_type", "virtual"),
)
_NETWORK = ("id", "name", "wire_id", "guest_ip_mask", "vlan_id", "bgp_type")
_HOST = (
    *("id", "sn", "status", "enabled", "access_ip", "access_mac", "billing_type", "resource_type", "host_status"),
    "cpu_architecture",
)


def server_details(tx: Transaction, page: Sequence[Server]) -> Sequence[JsonObject]:
    """Extra keys of a page of servers, in its order; nine queries whatever its length. Sizes in MiB."""
    around = _around(tx, page)
    return [
        {
            **_disks(server, around),
            **_nics(server, around),
            **around.hosts.get(server.host_id or "", {}),
            "is_gpu": False,
            "can_recycle": False,
            "cdrom_support": True,
        }
        for server in page
    ]


def _around(tx: Transaction, page: Sequence[Server]) -> _Around:
    mine = Query(where=one_of("guest_id", [server.id for server in page]))
    links = tx.of(guestdisk.GUESTDISKS, PLATFORM).parts(_LINK, mine)
    nics = tx.of(guestnetwork.GUESTNETWORKS, PLATFORM).parts(_NIC, mine)
    disks = _by_id(tx, disk.DISKS, _DISK, (link.disk_id for link in links))
    networks = _by_id(tx, network.NETWORKS, _NETWORK, (nic.network_id for nic in nics))
    wires = _by_id(tx, wire.WIRES, ("id", "vpc_id"), (n.wire_id for n in networks.values()))
    hosts = _by_id(tx, host.HOSTS, _HOST, (server.host_id for server in page))
    return _Around(
        links=_by_guest(sorted(links, key=lambda link: link.index)),
        disks=disks,
        storages=_by_id(
            tx, storage.STORAGES, ("id", "medium_type", "storage_type"), (d.storage_id for d in disks.values())
        ),
        images=_by_id(tx, cachedimage.CACHEDIMAGES, ("id", "name"), (d.template_id for d in disks.values())),
        nics=_by_guest(sorted(nics, key=lambda nic: nic.index)),
        networks=networks,
        wires=wires,
        vpcs=_by_id(tx, vpc.VPCS, ("id", "name", "external_access_mode"), (w.vpc_id for w in wires.values())),
        hosts={ident: _host(found) for ident, found in hosts.items()},
    )


def _by_id(tx: Transaction, resource: Resource[E], names: Sequence[str], ids: Iterable[str | None]) -> Mapping[str, E]:
    wanted = list(dict.fromkeys(ident for ident in ids if ident))
    if not wanted:
        return {}
    return {row.id: row for row in tx.of(resource, PLATFORM).parts(names, Query(where=one_of("id", wanted)))}


def _by_guest(rows: Iterable[Any]) -> Mapping[str, Sequence[Any]]:
    grouped: defaultdict[str, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[row.guest_id].append(row)
    return grouped


def _disks(server: Server, around: _Around) -> JsonObject:
    shown = [
        _disk(link, around.disks[link.disk_id], around)
        for link in around.links.get(server.id, ())
        if link.disk_id in around.disks
    ]
    return {
        "disks_info": shown,
        "disk": sum(d["size"] for d in shown),
        "disk_count": len(shown),
        "disks": "\n".join(
            f"disk{d['index']}:{d['size']}M/{d['disk_format']}/{d['driver']}/{d['cache_mode']}" for d in shown
        ),
    }


def _disk(link: guestdisk.Guestdisk, found: disk.Disk, around: _Around) -> JsonObject:
    where = around.storages.get(found.storage_id)
    image = around.images.get(found.template_id)
    return {
        "id": found.id,
        "name": found.name,
        "fs": found.fs_format,
        "disk_type": found.disk_type,
        "index": link.index,
        "boot_index": link.boot_index,
        "size": found.disk_size,
        "disk_format": found.disk_format,
        "driver": link.driver,
        "cache_mode": link.cache_mode,
        "aio_mode": link.aio_mode,
        "auto_reset": found.auto_reset,
        "auto_delete": found.auto_delete,
        "medium_type": where.medium_type if where else "",
        "storage_type": where.storage_type if where else "",
        "storage_id": found.storage_id,
        "iops": link.iops,
        "throughput": found.throughput,
        "bps": link.bps,
        "image_id": found.template_id,
        "image": image.name if image else "",
        "preallocation": found.preallocation,
    }


def _nics(server: Server, around: _Around) -> JsonObject:
    nics = around.nics.get(server.id, ())
    shown = [_nic(nic, around) for nic in nics]
    out: JsonObject = {
        "nics": shown,
        "ips": ",".join(nic.ip_addr for nic in nics if nic.ip_addr),
        "macs": ",".join(nic.mac_addr for nic in nics),
        "networks": "\n".join(_nic_text(nic, around) for nic in nics),
    }
    home = next((around.vpcs[n["vpc_id"]] for n in shown if n["vpc_id"] in around.vpcs), None)
    if home is not None:
        out |= {"vpc": home.name, "vpc_id": home.id, "vpc_external_access_mode": home.external_access_mode}
    return out


def _nic(nic: guestnetwork.Guestnetwork, around: _Around) -> JsonObject:
    net = around.networks.get(nic.network_id)
    segment = around.wires.get(net.wire_id) if net else None
    return {
        "index": nic.index,
        "network_id": nic.network_id,
        "network": net.name if net else "",
        "ip_addr": nic.ip_addr or "",
        "ip6_addr": nic.ip6_addr or "",
        "mac": nic.mac_addr,
        "is_exit": bool(nic.ip_addr) and network.is_exit(nic.ip_addr or ""),
        "is_default": nic.is_default,
        "nic_type": "",
        "team_with": nic.team_with,
        "vpc_id": segment.vpc_id if segment else "",
        "guest_id": nic.guest_id,
        "sub_ips": "",
        "port_mappings": nic.port_mappings,
        "bw_limit_mbps": nic.bw_limit,
        "ifname": nic.ifname,
        "bgp_type": net.bgp_type if net else "",
        "billing_type": nic.billing_type,
        "charge_type": nic.charge_type,
    }


def _nic_text(nic: guestnetwork.Guestnetwork, around: _Around) -> str:
    net = around.networks.get(nic.network_id)
    mask, vlan, name = (net.guest_ip_mask, net.vlan_id, net.name) if net else (0, 1, "")
    return (
        f"eth{nic.index}:{nic.ip_addr or ''}/{mask}/{nic.mac_addr}/{vlan}/{name}/{nic.driver}/"
        f"{nic.bw_limit}/{'true' if nic.virtual else 'false'}"
    )


def _host(found: host.Host) -> JsonObject:
    return {
        "host_sn": found.sn,
        "host_status": found.status,
        "host_enabled": found.enabled,
        "host_access_ip": found.access_ip,
        "host_access_mac": found.access_mac or "",
        "host_billing_type": found.billing_type,
        "host_resource_type": found.resource_type,
        "host_service_status": str(found.host_status),
        "arch": found.cpu_architecture,
    }

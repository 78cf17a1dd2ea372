"""What details of a server add: its disks, cards, addresses and the facts of its host.

Rows are read as tuples of the columns that are shown: a page has thousands of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from cloudcore.model.columns import Columns, Parts
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import disk, guestdisk, guestnetwork, guestsecgroup
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.server.ties import UNTIED, ties_of
from cloudcore.resources.infrastructure import host
from cloudcore.resources.network import network, vpc, wire
from cloudcore.resources.storage import cachedimage, storage

if TYPE_CHECKING:
    from cloudcore.resources.compute.server import Server

_LINK = ("index", "guest_id", "disk_id", "boot_index", "driver", "cache_mode", "aio_mode", "iops", "bps")
_DISK = (
    *("id", "name", "fs_format", "disk_type", "disk_size", "disk_format", "auto_reset", "auto_delete", "storage_id"),
    *("throughput", "template_id", "preallocation"),
)
_NIC = (
    *("index", "guest_id", "network_id", "ip_addr", "ip6_addr", "mac_addr", "is_default", "team_with", "driver"),
    *("port_mappings", "bw_limit", "ifname", "billing_type", "charge_type", "virtual"),
)
_NETWORK = ("id", "name", "guest_ip_mask", "vlan_id", "bgp_type", "wire_id")
_HOST = (
    *("id", "sn", "status", "enabled", "access_ip", "access_mac", "billing_type", "resource_type", "host_status"),
    "cpu_architecture",
)

_UNSUPPORTED = (("can_recycle", False), ("floppy_support", False))

_first = itemgetter(0)


def server_details(tx: Transaction, page: Parts[Server]) -> Columns:
    """Extra keys of a page of servers, in its order; fourteen queries whatever its length. Sizes in MiB."""
    ids = page.columns["id"]
    shown = Columns(len(page))
    _put_disks(shown, tx, ids)
    _put_cards(shown, tx, ids)
    _put_media(shown, tx, page)
    _put_groups(shown, tx, ids, page.columns["secgrp_id"])
    hosts, host_ids = _hosts(tx, page.columns["host_id"]), page.columns["host_id"]
    shown.put_found(host_ids, hosts)
    for key, value in (*UNTIED.items(), *_UNSUPPORTED):
        shown.put_same(key, value)
    shown.put_found(ids, ties_of(tx, ids))
    return shown


def _by_id(
    tx: Transaction, resource: Resource[Any], names: Sequence[str], ids: Iterable[str | None]
) -> Mapping[str, tuple[Any, ...]]:
    """These columns of rows, the first of which is their id."""
    wanted = [ident for ident in dict.fromkeys(ids) if ident]
    if not wanted:
        return {}
    return {row[0]: row for row in tx.of(resource, PLATFORM).columns(names, Query(where=one_of("id", wanted)))}


def _groups(tx: Transaction, ids: Sequence[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """By server, ids and names of its security groups."""
    query = Query(where=one_of("guest_id", ids), is_ordered=False)
    links = tx.of(guestsecgroup.GUESTSECGROUPS, PLATFORM).columns(("guest_id", "secgroup_id"), query)
    names = _by_id(tx, _SECGROUPS(), ("id", "name"), (link[1] for link in links))
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for guest_id, ident in links:
        if ident in names:
            found[guest_id].append((ident, names[ident][1]))
    return found


def _SECGROUPS() -> Resource[Any]:  # noqa: N802 - a constant that would be imported in a circle
    from cloudcore.resources.network.secgroup import SECGROUPS

    return SECGROUPS


def _put_groups(shown: Columns, tx: Transaction, ids: Sequence[str], firsts: Sequence[str]) -> None:
    """Set what security groups servers have, the first one first and the others by name."""
    found = _groups(tx, ids)
    groups = [
        _first_first(found[ident], first) if ident in found else () for ident, first in zip(ids, firsts, strict=True)
    ]
    shown.put("secgroups", [[{"id": ident, "name": name} for ident, name in group] for group in groups])
    names = [group[0][1] if group and group[0][0] == first else "" for group, first in zip(groups, firsts, strict=True)]
    shown.put("secgroup", names)


def _first_first(group: Sequence[tuple[str, str]], first: str) -> Sequence[tuple[str, str]]:
    return sorted(group, key=lambda one: (one[0] != first, one[1])) if len(group) > 1 else group


def _put_disks(shown: Columns, tx: Transaction, ids: Sequence[str]) -> None:
    """Set what the disks of servers add."""
    found = _disks(tx, ids)
    disks = [found.get(ident) or [] for ident in ids]
    shown.put("disks_info", disks)
    shown.put("disk", [sum([one["size"] for one in mine]) for mine in disks])
    shown.put("disk_count", [len(mine) for mine in disks])
    lines = [
        "\n".join([f"disk{d['index']}:{d['size']}M/{d['disk_format']}/{d['driver']}/{d['cache_mode']}" for d in mine])
        for mine in disks
    ]
    shown.put("disks", lines)


def _disks(tx: Transaction, ids: Sequence[str]) -> Mapping[str, list[JsonObject]]:
    """By server, its disks; the keys of each stand in their order, as those of the row do."""
    query = Query(where=one_of("guest_id", ids), is_ordered=False)
    links = sorted(tx.of(guestdisk.GUESTDISKS, PLATFORM).columns(_LINK, query), key=_first)
    disks = _by_id(tx, disk.DISKS, _DISK, [link[2] for link in links])
    storages = _by_id(tx, storage.STORAGES, ("id", "medium_type", "storage_type"), [d[8] for d in disks.values()])
    images = _by_id(tx, cachedimage.CACHEDIMAGES, ("id", "name"), [d[10] for d in disks.values()])
    shown: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for index, guest, ident, boot_index, driver, cache_mode, aio_mode, iops, bps in links:
        if ident not in disks:
            continue
        _, name, fs, kind, size, form, reset, delete, storage_id, throughput, template_id, preallocation = disks[ident]
        _, medium_type, storage_type = storages.get(storage_id, _NO_STORAGE)
        shown[guest].append(
            {
                "aio_mode": aio_mode,
                "auto_delete": delete,
                "auto_reset": reset,
                "boot_index": boot_index,
                "bps": bps,
                "cache_mode": cache_mode,
                "disk_format": form,
                "disk_type": kind,
                "driver": driver,
                "fs": fs,
                "id": ident,
                "image": images[template_id][1] if template_id in images else "",
                "image_id": template_id,
                "index": index,
                "iops": iops,
                "medium_type": medium_type,
                "name": name,
                "preallocation": preallocation,
                "size": size,
                "storage_id": storage_id,
                "storage_type": storage_type,
                "throughput": throughput,
            }
        )
    return shown


def _put_media(shown: Columns, tx: Transaction, page: Parts[Server]) -> None:
    """Set what is in the CD drives of servers; a query where anything is."""
    held, places = page.columns["cdrom_image_id"], page.columns["cdrom_boot_index"]
    names = _by_id(tx, cachedimage.CACHEDIMAGES, ("id", "name", "size"), held)
    shown.put("cdrom_support", [driver_for(name).supports_cdrom for name in page.columns["hypervisor"]])
    shown.put("cdrom", [_media(names.get(one), one, place) for one, place in zip(held, places, strict=True)])


def _media(image: tuple[Any, ...] | None, ident: str, boot_index: int) -> list[JsonObject]:
    if not ident:
        return []
    name, size = image[1:] if image is not None else ("", 0)
    return [{"ordinal": 0, "name": name, "detail": f"{name}({ident}/{size})", "boot_index": boot_index}]


def _put_cards(shown: Columns, tx: Transaction, ids: Sequence[str]) -> None:
    """Set what the network cards of servers add."""
    found, homes = _cards(tx, ids)
    cards = [found.get(ident) or [] for ident in ids]
    shown.put("nics", [[card for card, _ in mine] for mine in cards])
    shown.put("ips", [",".join([card["ip_addr"] for card, _ in mine if card["ip_addr"]]) for mine in cards])
    shown.put("macs", [",".join([card["mac"] for card, _ in mine]) for mine in cards])
    shown.put("networks", ["\n".join([line for _, line in mine]) for mine in cards])
    first = [next((card["vpc_id"] for card, _ in mine if card["vpc_id"] in homes), "") for mine in cards]
    shown.put_found(first, homes)


def _cards(
    tx: Transaction, ids: Sequence[str]
) -> tuple[Mapping[str, list[tuple[JsonObject, str]]], Mapping[str, JsonObject]]:
    """By server, its cards, each as an object and as a line of text; by VPC, what its servers say of it."""
    query = Query(where=one_of("guest_id", ids), is_ordered=False)
    nics = sorted(tx.of(guestnetwork.GUESTNETWORKS, PLATFORM).columns(_NIC, query), key=_first)
    networks = _by_id(tx, network.NETWORKS, _NETWORK, [nic[2] for nic in nics])
    wires = _by_id(tx, wire.WIRES, ("id", "vpc_id"), [n[5] for n in networks.values()])
    vpcs = _by_id(tx, vpc.VPCS, ("id", "name", "external_access_mode"), [w[1] for w in wires.values()])
    shown: defaultdict[str, list[tuple[JsonObject, str]]] = defaultdict(list)
    for nic in nics:
        net = networks.get(nic[2], _NOWHERE)
        shown[nic[1]].append(_card(nic, net, wires[net[5]][1] if net[5] in wires else ""))
    return shown, {
        ident: {"vpc": name, "vpc_id": ident, "vpc_external_access_mode": mode} for ident, name, mode in vpcs.values()
    }


_NO_STORAGE = ("", "", "")
_NOWHERE = ("", "", 0, 1, "", "")


def _card(nic: tuple[Any, ...], net: tuple[Any, ...], vpc_id: str) -> tuple[JsonObject, str]:
    """A card as an object and as a line of text."""
    index, guest, network_id, ip, ip6, mac, default, team, driver, mappings, limit, ifname, billing, charge, virtual = (
        nic
    )
    _, name, mask, vlan, bgp_type, _wire = net
    card: JsonObject = {
        "bgp_type": bgp_type,
        "billing_type": billing,
        "bw_limit_mbps": limit,
        "charge_type": charge,
        "guest_id": guest,
        "ifname": ifname,
        "index": index,
        "ip6_addr": ip6 or "",
        "ip_addr": ip or "",
        "is_default": default,
        "is_exit": bool(ip) and network.is_exit(ip),
        "mac": mac,
        "network": name,
        "network_id": network_id,
        "nic_type": "",
        "port_mappings": mappings,
        "sub_ips": "",
        "team_with": team,
        "vpc_id": vpc_id,
    }
    line = f"eth{index}:{ip or ''}/{mask}/{mac}/{vlan}/{name}/{driver}/{limit}/{'true' if virtual else 'false'}"
    return card, line


def _hosts(tx: Transaction, ids: Iterable[str | None]) -> Mapping[str, JsonObject]:
    """By host, what its servers say of it."""
    rows = _by_id(tx, host.HOSTS, _HOST, ids)
    return {
        ident: {
            "host_sn": sn,
            "host_status": status,
            "host_enabled": enabled,
            "host_access_ip": ip,
            "host_access_mac": mac or "",
            "host_billing_type": billing,
            "host_resource_type": kind,
            "host_service_status": str(agent),
            "arch": arch,
        }
        for ident, sn, status, enabled, ip, mac, billing, kind, agent, arch in rows.values()
    }

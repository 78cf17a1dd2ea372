"""What details of a server add: its disks, cards, addresses and the facts of its host.

Rows are read as tuples of the columns that are shown: a page has thousands of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Query, one_of
from cloudcore.model.resource import Resource
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import disk, guestdisk, guestnetwork, guestsecgroup
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

_first = itemgetter(0)


def server_details(tx: Transaction, page: Sequence[Server]) -> Sequence[JsonObject]:
    """Extra keys of a page of servers, in its order; fourteen queries whatever its length. Sizes in MiB."""
    ids = [server.id for server in page]
    disks, cards, hosts = _disks(tx, ids), _cards(tx, ids), _hosts(tx, page)
    groups = _groups(tx, ids)
    ties = ties_of(tx, ids)
    no_disks, no_cards = _all_disks([]), _all_cards([], {})
    return [
        {
            **disks.get(server.id, no_disks),
            **cards.get(server.id, no_cards),
            **hosts.get(server.host_id or "", {}),
            **_of_groups(groups.get(server.id, ()), server.secgrp_id),
            **ties.get(server.id, UNTIED),
            "can_recycle": False,
            "cdrom_support": False,
            "floppy_support": False,
        }
        for server in page
    ]


def _by_id(
    tx: Transaction, resource: Resource[Any], names: Sequence[str], ids: Iterable[str | None]
) -> Mapping[str, tuple[Any, ...]]:
    """These columns of rows, the first of which is their id."""
    wanted = list(dict.fromkeys(ident for ident in ids if ident))
    if not wanted:
        return {}
    return {row[0]: row for row in tx.of(resource, PLATFORM).columns(names, Query(where=one_of("id", wanted)))}


def _groups(tx: Transaction, ids: Sequence[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
    """By server, ids and names of its security groups."""
    query = Query(where=one_of("guest_id", ids))
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


def _of_groups(groups: Sequence[tuple[str, str]], first: str) -> JsonObject:
    shown = sorted(groups, key=lambda group: (group[0] != first, group[1]))
    return {
        "secgroups": [{"id": ident, "name": name} for ident, name in shown],
        "secgroup": next((name for ident, name in shown if ident == first), ""),
    }


def _disks(tx: Transaction, ids: Sequence[str]) -> Mapping[str, JsonObject]:
    """By server, what its disks add."""
    query = Query(where=one_of("guest_id", ids))
    links = sorted(tx.of(guestdisk.GUESTDISKS, PLATFORM).columns(_LINK, query), key=_first)
    disks = _by_id(tx, disk.DISKS, _DISK, (link[2] for link in links))
    storages = _by_id(tx, storage.STORAGES, ("id", "medium_type", "storage_type"), (d[8] for d in disks.values()))
    images = _by_id(tx, cachedimage.CACHEDIMAGES, ("id", "name"), (d[10] for d in disks.values()))
    shown: defaultdict[str, list[JsonObject]] = defaultdict(list)
    for link in links:
        found = disks.get(link[2])
        if found is not None:
            where = storages.get(found[8], ("", "", ""))
            shown[link[1]].append(_disk(link, found, where, images.get(found[10], ("", ""))[1]))
    return {ident: _all_disks(mine) for ident, mine in shown.items()}


def _disk(link: tuple[Any, ...], found: tuple[Any, ...], where: tuple[Any, ...], image: str) -> JsonObject:
    index, _guest, ident, boot_index, driver, cache_mode, aio_mode, iops, bps = link
    _, name, fs, kind, size, form, reset, delete, storage_id, throughput, template_id, preallocation = found
    return {
        "id": ident,
        "name": name,
        "fs": fs,
        "disk_type": kind,
        "index": index,
        "boot_index": boot_index,
        "size": size,
        "disk_format": form,
        "driver": driver,
        "cache_mode": cache_mode,
        "aio_mode": aio_mode,
        "auto_reset": reset,
        "auto_delete": delete,
        "medium_type": where[1],
        "storage_type": where[2],
        "storage_id": storage_id,
        "iops": iops,
        "throughput": throughput,
        "bps": bps,
        "image_id": template_id,
        "image": image,
        "preallocation": preallocation,
    }


def _all_disks(shown: Sequence[JsonObject]) -> JsonObject:
    lines = [f"disk{d['index']}:{d['size']}M/{d['disk_format']}/{d['driver']}/{d['cache_mode']}" for d in shown]
    return {
        "disks_info": shown,
        "disk": sum([d["size"] for d in shown]),
        "disk_count": len(shown),
        "disks": "\n".join(lines),
    }


def _cards(tx: Transaction, ids: Sequence[str]) -> Mapping[str, JsonObject]:
    """By server, what its network cards add."""
    query = Query(where=one_of("guest_id", ids))
    nics = sorted(tx.of(guestnetwork.GUESTNETWORKS, PLATFORM).columns(_NIC, query), key=_first)
    networks = _by_id(tx, network.NETWORKS, _NETWORK, (nic[2] for nic in nics))
    wires = _by_id(tx, wire.WIRES, ("id", "vpc_id"), (n[5] for n in networks.values()))
    vpcs = _by_id(tx, vpc.VPCS, ("id", "name", "external_access_mode"), (w[1] for w in wires.values()))
    homes: Mapping[str, JsonObject] = {
        ident: {"vpc": name, "vpc_id": ident, "vpc_external_access_mode": mode} for ident, name, mode in vpcs.values()
    }
    shown: defaultdict[str, list[tuple[JsonObject, str]]] = defaultdict(list)
    for nic in nics:
        net = networks.get(nic[2], _NOWHERE)
        shown[nic[1]].append(_card(nic, net, wires.get(net[5], ("", ""))[1]))
    return {ident: _all_cards(mine, homes) for ident, mine in shown.items()}


_NOWHERE = ("", "", 0, 1, "", "")


def _card(nic: tuple[Any, ...], net: tuple[Any, ...], vpc_id: str) -> tuple[JsonObject, str]:
    """A card as an object and as a line of text."""
    index, guest, network_id, ip, ip6, mac, default, team, driver, mappings, limit, ifname, billing, charge, virtual = (
        nic
    )
    _, name, mask, vlan, bgp_type, _wire = net
    card: JsonObject = {
        "index": index,
        "network_id": network_id,
        "network": name,
        "ip_addr": ip or "",
        "ip6_addr": ip6 or "",
        "mac": mac,
        "is_exit": bool(ip) and network.is_exit(ip),
        "is_default": default,
        "nic_type": "",
        "team_with": team,
        "vpc_id": vpc_id,
        "guest_id": guest,
        "sub_ips": "",
        "port_mappings": mappings,
        "bw_limit_mbps": limit,
        "ifname": ifname,
        "bgp_type": bgp_type,
        "billing_type": billing,
        "charge_type": charge,
    }
    line = f"eth{index}:{ip or ''}/{mask}/{mac}/{vlan}/{name}/{driver}/{limit}/{'true' if virtual else 'false'}"
    return card, line


def _all_cards(shown: Sequence[tuple[JsonObject, str]], homes: Mapping[str, JsonObject]) -> JsonObject:
    cards = [card for card, _ in shown]
    nowhere: JsonObject = {}
    home = next((homes[card["vpc_id"]] for card in cards if card["vpc_id"] in homes), nowhere)
    return {
        "nics": cards,
        "ips": ",".join([card["ip_addr"] for card in cards if card["ip_addr"]]),
        "macs": ",".join([card["mac"] for card in cards]),
        "networks": "\n".join([line for _, line in shown]),
        **home,
    }


def _hosts(tx: Transaction, page: Sequence[Server]) -> Mapping[str, JsonObject]:
    """By host, what its servers say of it."""
    rows = _by_id(tx, host.HOSTS, _HOST, (server.host_id for server in page))
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

"""What lists of servers can be asked besides columns: cards, disks, devices, public addresses, groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.filter import (
    ListFilter,
    among,
    containing,
    for_architecture,
    holds,
    over,
    reaching,
    refused,
    spelled,
)
from cloudcore.model.query import (
    EVERYTHING,
    NOTHING,
    Contains,
    Exists,
    Expr,
    IsNull,
    Like,
    Match,
    Not,
    Order,
    Sum,
    Via,
    both,
    either,
    eq,
    one_of,
)

_CARDS = Via("guestnetworks", "id", "guest_id")
_NETWORK = Via("networks", "network_id")
_DEVICES = Via("isolated_devices", "id", "guest_id")
_DISKS = (Via("guestdisks", "id", "guest_id"), Via("disks", "disk_id"))
_GPU = over((_DEVICES,), Match("dev_type", Like.STARTSWITH, "GPU"))
_EIP = over((Via("eips", "id", "associate_id"),), eq("associate_type", "server"))
_BACKED = Not(eq("backup_host_id", ""))
_BAREMETAL = eq("hypervisor", "baremetal")

_KINDS: dict[str, Expr] = {
    "normal": both(Not(_GPU), Not(_BACKED), Not(_BAREMETAL)),
    "gpu": _GPU,
    "backup": _BACKED,
    "baremetal": _BAREMETAL,
}


def _kinds(_tx: Any, values: Sequence[str]) -> Expr:
    return either(*(_KINDS[kind] for kind in values if kind in _KINDS))


def _system(_tx: Any, values: Sequence[str]) -> Expr:
    return Contains("metadata", "os_distribution", tuple(values))


def _attachable(_tx: Any, disks: Sequence[str]) -> Expr:
    """Servers on hosts that reach the storage of one of the disks."""
    steps = (Via("hoststorages", "host_id", "host_id"), Via("disks", "storage_id", "storage_id"))
    return over(steps, one_of("id", disks))


def _of_own_vpcs(_tx: Any, providers: Sequence[str]) -> Expr:
    return EVERYTHING if "OneCloud" in providers else NOTHING


def _where_found(found: Sequence[str]) -> Expr:
    return EVERYTHING if found else Not(EVERYTHING)


SERVER_FILTERS: tuple[ListFilter, ...] = (
    reaching("wire", "Wire of one of its cards", "wires", "wire_id", _CARDS, _NETWORK),
    reaching("vpc", "VPC of one of its cards", "vpcs", "vpc_id", _CARDS, _NETWORK, Via("wires", "wire_id")),
    among("ip_addr", "Address of one of its cards", "ip_addr", _CARDS),
    among("ip_addrs", "Addresses of its cards", "ip_addr", _CARDS),
    containing("ip_match", "Part of an address of its cards", ("ip_addr",), _CARDS),
    among("mac_addr", "Hardware address of one of its cards", "mac_addr", _CARDS),
    spelled("os_type", "Kind of its system", "os_type"),
    for_architecture("os_arch", "os_arch"),
    ListFilter(name="os_dist", doc="Distribution of its system", where=_system),
    holds("gpu", "Has a graphics processor", _GPU),
    holds("normal", "Neither graphics processor nor second instance", _KINDS["normal"]),
    holds("backup", "Has a second instance", _BACKED),
    holds("bakcup", "The same, as old clients spell it", _BACKED),
    holds("baremetal", "Is a whole machine", _BAREMETAL),
    ListFilter(name="server_type", doc="normal, gpu, backup or baremetal", where=_kinds),
    among("custom_dev_type", "Kind of one of its devices", "dev_type", _DEVICES),
    reaching("isolated_device_id", "Device", "isolated_devices", "id", _DEVICES),
    reaching("isolate_device_id", "The same, as old clients spell it", "isolated_devices", "id", _DEVICES),
    reaching("admin_secgroup", "Security group of the platform", "secgroups", "admin_secgrp_id"),
    ListFilter(name="vpc_provider", doc="OneCloud: all VPCs are the platform's own", where=_of_own_vpcs),
    holds(
        "binding_disks_snapshotpolicy", "A disk of it has a policy of snapshots",
        over((_DISKS[0], Via("snapshotpolicydisks", "disk_id", "disk_id")), EVERYTHING),
    ),
    refused("scaling_group", "there are no scaling groups"),
    holds("with_eip", "Has a public address", _EIP),
    holds("without_eip", "Has no public address", Not(_EIP)),
    holds("eip_associable", "Can get a public address", both(Not(_EIP), over((_CARDS,), EVERYTHING))),
    ListFilter(
        name="usable_server_for_eip", doc="Servers that could get this public address", target="eips",
        where=lambda _tx, eips: both(Not(_EIP), over((_CARDS,), EVERYTHING), _where_found(eips)),
    ),
    ListFilter(
        name="attachable_servers_for_disk", doc="Servers that this disk could be attached to", target="disks",
        where=_attachable,
    ),
    among("host_sn", "Serial number of its host", "sn", Via("hosts", "host_id")),
    holds("with_host", "Has a host", Not(IsNull("host_id"))),
    reaching("get_all_guests_on_host", "All servers of a host", "hosts", "host_id"),
    among("resource_type", "Kind of host: shared, prepaid, dedicated", "resource_type", Via("hosts", "host_id")),
    reaching("instancegroup", "Instance group", "instancegroups", "group_id", Via("groupguests", "id", "guest_id")),
    reaching("group", "Instance group", "instancegroups", "group_id", Via("groupguests", "id", "guest_id")),
    reaching(
        "snapshotpolicy", "Policy of snapshots", "snapshotpolicies", "snapshotpolicy_id",
        Via("snapshotpolicyservers", "id", "server_id"),
    ),
    holds(
        "binding_snapshotpolicy", "Has a policy of snapshots",
        over((Via("snapshotpolicyservers", "id", "server_id"),), EVERYTHING),
    ),
)  # fmt: skip


SERVER_ORDERS: tuple[tuple[str, Order], ...] = (
    ("disk", Order("disk_size", via=_DISKS)),
    ("ip", Order("ip_addr", via=(_CARDS,))),
    ("os_dist", Order("metadata", key="os_distribution")),
    ("disk_count", Order("", counted=Exists("guestdisks", "guest_id", "id", EVERYTHING))),
)

SERVER_SUMS: tuple[Sum, ...] = (
    Sum("total_cpu_count", "vcpu_count"),
    Sum("total_mem_size_mb", "vmem_size"),
    Sum("total_disk_size_mb", "disk_size", via=_DISKS),
)

"""What lists of regions, zones and hosts can be asked besides columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cloudcore.model.filter import ListFilter, among, for_architecture, holds, only, over, reaching, refused
from cloudcore.model.query import EVERYTHING, NOTHING, Exists, Expr, Not, Order, Via, both, either, eq, one_of

_ENABLED = eq("enabled", True)
_BAREMETAL = eq("is_baremetal", True)
_ZONES = Via("zones", "id", "cloudregion_id")
_HOSTS = Via("hosts", "id", "zone_id")
_IN_USE = eq("pending_deleted", False)


def _hosts(where: Expr = EVERYTHING) -> Order:
    return Order("", counted=Exists("hosts", "zone_id", "id", where))


_NETWORKS = (Via("wires", "id", "zone_id"), Via("networks", "id", "wire_id"))
_AVAILABLE = eq("status", "available")
_SERVED = frozenset({"project", "compute", "network"})
"""What a cloud of the platform's own can do, by the names that clients have for it."""


def _serves(_tx: Any, values: Sequence[str]) -> Expr:
    return EVERYTHING if not _SERVED.isdisjoint(values) else NOTHING


def _sells(_tx: Any, values: Sequence[str]) -> Expr:
    return EVERYTHING if "servers" in values else NOTHING


_PLACE_FILTERS: tuple[ListFilter, ...] = (
    ListFilter(name="capability", doc="What can be had there: compute, network, project", where=_serves),
    ListFilter(name="service", doc="Type of which there are sizes there: servers", where=_sells),
    only("read_only", "Of cloud accounts that are only looked at: none is", NOTHING),
)

REGION_FILTERS: tuple[ListFilter, ...] = (
    *_PLACE_FILTERS,
    only("usable", "Has a network that can be used", both(_ENABLED, over((_ZONES, *_NETWORKS), _AVAILABLE))),
    only("usable_vpc", "Has a VPC that can be used", over((Via("vpcs", "id", "cloudregion_id"),), _AVAILABLE)),
)

ZONE_FILTERS: tuple[ListFilter, ...] = (
    *_PLACE_FILTERS,
    only("usable", "Has a network that can be used", over(_NETWORKS, _AVAILABLE)),
    only(
        "usable_vpc", "Its region has a VPC that can be used",
        over((Via("vpcs", "cloudregion_id", "cloudregion_id"),), _AVAILABLE),
    ),
)  # fmt: skip

REGION_ORDERS: tuple[tuple[str, Order], ...] = (
    ("zone_count", Order("", counted=Exists("zones", "cloudregion_id", "id", EVERYTHING))),
    ("vpc_count", Order("", counted=Exists("vpcs", "cloudregion_id", "id", EVERYTHING))),
    ("guest_count", Order("id", via=(_ZONES, _HOSTS, Via("servers", "id", "host_id")), number=True)),
)

ZONE_ORDERS: tuple[tuple[str, Order], ...] = (
    ("wires", Order("", counted=Exists("wires", "zone_id", "id", EVERYTHING))),
    ("hosts", _hosts()),
    ("hosts_enabled", _hosts(_ENABLED)),
    ("baremetals", _hosts(_BAREMETAL)),
    ("baremetals_enabled", _hosts(both(_BAREMETAL, _ENABLED))),
)

_KINDS = {"kvm": "hypervisor"}
_WIRES = Via("hostwires", "id", "host_id")


def _any_mac(_tx: Any, values: Sequence[str]) -> Expr:
    macs = [text.lower() for text in values]
    return either(one_of("access_mac", macs), over((_WIRES,), one_of("mac_addr", macs)))


def _any_ip(_tx: Any, values: Sequence[str]) -> Expr:
    return either(*(one_of(field, values) for field in ("access_ip", "ipmi_ip", "public_ip")))


HOST_FILTERS: tuple[ListFilter, ...] = (
    ListFilter(name="any_mac", doc="Hardware address of one of its cards", where=_any_mac),
    ListFilter(name="any_ip", doc="Address of its own, of its BMC, or public", where=_any_ip),
    ListFilter(
        name="hypervisor", doc="Hypervisor that it runs",
        where=lambda _tx, values: one_of("host_type", [_KINDS.get(v, v) for v in values]),
    ),
    for_architecture("os_arch", "cpu_architecture"),
    only("usable", "Servers are placed on it", both(_ENABLED, eq("host_status", "online"), eq("status", "running"))),
    only("cdrom_boot", "Can start from a disc of its BMC: none can", NOTHING),
    refused("storage_not_attached", "which hosts lack a storage is not asked; `storage_id` says which have it"),
    holds("is_empty", "Has no servers", Not(over((Via("servers", "id", "host_id"),), EVERYTHING))),
    holds("baremetal", "Is managed as a machine, not as a hypervisor", eq("host_type", "baremetal")),
    among(
        "host_storage_type", "Kind of one of its storages", "storage_type",
        Via("hoststorages", "id", "host_id"), Via("storages", "storage_id"),
    ),
    reaching(
        "cachedimage", "Image that is kept on one of its storages", "cachedimages", "cachedimage_id",
        Via("hoststorages", "id", "host_id"), Via("storages", "storage_id"),
        Via("storagecachedimages", "storagecache_id", "storagecache_id"),
    ),
    reaching(
        "server_id_for_network", "Hosts that reach the networks of a server", "servers", "guest_id",
        _WIRES, Via("networks", "wire_id", "wire_id"), Via("guestnetworks", "id", "network_id"),
    ),
)  # fmt: skip

HOST_ORDERS: tuple[tuple[str, Order], ...] = (
    ("server_count", Order("", counted=Exists("servers", "host_id", "id", _IN_USE))),
    ("cpu_commit", Order("vcpus", via=(Via("hostclaims", "id"),))),
    ("mem_commit", Order("memory_mib", via=(Via("hostclaims", "id"),))),
    ("cpu_usage", Order("cpu_usage_percent")),
    ("mem_usage", Order("memory_used_mb")),
    ("storage_usage", Order("root_partition_used_capacity_mb")),
)
_RATES = ("storage_commit_rate", "cpu_commit_rate", "mem_commit_rate")
HOST_WORKED_OUT: Mapping[str, str] = MappingProxyType(
    {
        **{key: key for key in ("storage", "storage_used", *_RATES)},
        "virtual_cpu_usage": "cpu_commit_rate",
        "virtual_mem_usage": "mem_commit_rate",
        "virtual_storage_usage": "storage_commit_rate",
    }
)

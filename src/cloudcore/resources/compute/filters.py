"""What lists of disks, devices, sizes and tags can be asked besides columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudcore.model.filter import ListFilter, among, for_architecture, holds, only, over, reaching, refused
from cloudcore.model.query import (
    EVERYTHING,
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

_HELD = Via("guestdisks", "id", "disk_id")
_STORAGE = Via("storages", "storage_id")
_OF_ONE_HOST = eq("storage_type", "local")
_BOUND = Via("snapshotpolicydisks", "id", "disk_id")
_SERVER_BOUND = Via("snapshotpolicyservers", "guest_id", "server_id")
_IN_USE = eq("pending_deleted", False)

DISK_FILTERS: tuple[ListFilter, ...] = (
    for_architecture("os_arch", "os_arch"),
    holds("unused", "No server has it", Not(over((_HELD,), EVERYTHING))),
    reaching(
        "storage_host", "Host that reaches its storage", "hosts", "host_id",
        Via("hoststorages", "storage_id", "storage_id"),
    ),
    refused("cloud_type", "disks are not told by public and private clouds; ask for `cloud_env`"),
    among("type", "Kind: sys, data, swap", "disk_type"),
    holds("local", "On a storage of one host", over((_STORAGE,), _OF_ONE_HOST)),
    holds("share", "On a storage of several hosts", over((_STORAGE,), Not(_OF_ONE_HOST))),
    among("image_id", "Image that it was made of", "template_id"),
    among("template", "Image that it was made of", "template_id"),
    among("snapshot", "Snapshot that it was made of", "snapshot_id"),
    among("guest_status", "Status of its server", "status", _HELD, Via("servers", "guest_id")),
    holds("binding_snapshotpolicy", "Has a policy of snapshots", over((_BOUND,), EVERYTHING)),
    holds("binding_server_snapshotpolicy", "Its server has one", over((_HELD, _SERVER_BOUND), EVERYTHING)),
)  # fmt: skip
DISK_ORDERS: tuple[tuple[str, Order], ...] = (
    ("server", Order("name", via=(_HELD, Via("servers", "guest_id")))),
    ("guest_count", Order("", counted=Exists("guestdisks", "disk_id", "id", EVERYTHING))),
)
DISK_SUMS: tuple[Sum, ...] = (Sum("total_disk_size_mb", "disk_size"),)

DEVICE_FILTERS: tuple[ListFilter, ...] = (
    holds("gpu", "Graphics processors", Match("dev_type", Like.STARTSWITH, "GPU")),
    holds("usb", "USB devices", eq("dev_type", "USB")),
    refused("show_baremetal_isolated_devices", "devices of whole machines are not told from others"),
    holds("unused", "No server has it", either(IsNull("guest_id"), eq("guest_id", ""))),
)

_DISK_OF = (Via("guestdisks", "disk_id", "disk_id"),)

SNAPSHOT_FILTERS: tuple[ListFilter, ...] = (
    for_architecture("os_arch", "os_arch"),
    holds(
        "is_instance_snapshot", "Part of a snapshot of a whole server",
        over((Via("instancesnapshotjoints", "id", "snapshot_id"),), EVERYTHING),
    ),
    holds("local", "On a storage of one host", over((_STORAGE,), _OF_ONE_HOST)),
    holds("share", "On a storage of several hosts", over((_STORAGE,), Not(_OF_ONE_HOST))),
    holds("unused", "Its disk is gone", Not(over((Via("disks", "disk_id"),), EVERYTHING))),
    reaching("server", "Server whose disk it is of", "servers", "guest_id", *_DISK_OF),
)  # fmt: skip
SNAPSHOT_ORDERS: tuple[tuple[str, Order], ...] = (
    ("guest", Order("name", via=(*_DISK_OF, Via("servers", "guest_id")))),
    ("disk_name", Order("name", via=(Via("disks", "disk_id"),))),
)
INSTANCE_SNAPSHOT_ORDERS: tuple[tuple[str, Order], ...] = (
    (
        "disk_snapshot_count",
        Order("", counted=Exists("instancesnapshotjoints", "instance_snapshot_id", "id", EVERYTHING)),
    ),
    ("guest", Order("name", via=(Via("servers", "guest_id"),))),
)


def _sold_in(_tx: Any, zones: Sequence[str]) -> Expr:
    """Sizes of the zones, and those of their regions that belong to no zone."""
    anywhere = over((Via("zones", "cloudregion_id", "cloudregion_id"),), one_of("id", zones))
    return either(one_of("zone_id", zones), both(eq("zone_id", None), anywhere))


SKU_FILTERS: tuple[ListFilter, ...] = (
    for_architecture("cpu_arch", "cpu_arch", unsaid=True),
    ListFilter(name="zone", doc="Zone in which servers are made of it", target="zones", where=_sold_in),
    only("usable", "Servers are made of it", both(eq("enabled", True), eq("postpaid_status", "available"))),
    refused("spec", "sizes have no specification besides their columns"),
)
SKU_ORDERS: tuple[tuple[str, Order], ...] = (
    ("price", Order("hour_price")),
    ("total_guest_count", Order("", counted=Exists("servers", "instance_type", "name", _IN_USE))),
)

SCHEDTAG_FILTERS: tuple[ListFilter, ...] = (
    reaching(
        "zone", "Zone of a host that has it", "zones", "zone_id",
        Via("schedtaghosts", "id", "schedtag_id"), Via("hosts", "host_id"),
    ),
    refused("cloudprovider_id", "there are no cloud accounts"),
)  # fmt: skip

CARD_FILTERS: tuple[ListFilter, ...] = (
    among("ip", "Its address", "ip_addr"),
    among("mac", "Its hardware address", "mac_addr"),
)

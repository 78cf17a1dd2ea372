"""The mini-languages of server creation: disks, networks, sizes and scheduling tags, as pure parsers."""

from __future__ import annotations

from cloudcore.resources.compute.spec.device import DeviceWish, parse_device
from cloudcore.resources.compute.spec.disk import DiskSpec, check_boot_order, parse_disk
from cloudcore.resources.compute.spec.net import NicSpec, parse_nic
from cloudcore.resources.compute.spec.ports import PortMappingSpec
from cloudcore.resources.compute.spec.size import (
    parse_bandwidth_mbps,
    parse_disk_mib,
    parse_memory_mib,
    parse_vcpu_count,
)
from cloudcore.resources.compute.spec.text import DeviceSpec, SchedtagSpec, collect, parse_schedtag

__all__ = [
    "DeviceSpec",
    "DeviceWish",
    "DiskSpec",
    "NicSpec",
    "PortMappingSpec",
    "SchedtagSpec",
    "check_boot_order",
    "collect",
    "parse_bandwidth_mbps",
    "parse_device",
    "parse_disk",
    "parse_disk_mib",
    "parse_memory_mib",
    "parse_nic",
    "parse_schedtag",
    "parse_vcpu_count",
]

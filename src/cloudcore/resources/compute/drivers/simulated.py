"""Guests of a simulated cloud: nothing runs, everything behaves; for tests, demonstrations and capacity planning."""

from __future__ import annotations

from types import MappingProxyType

from cloudcore.resources.compute.drivers.driver import Driver, Family
from cloudcore.resources.compute.drivers.kvm import KVM

SIMULATED = Driver(
    hypervisor="simulated",
    provider="Simulated",
    host_type="simulated",
    family=Family.CLOUD_MANAGED,
    max_vcpus=512,
    min_memory_mib=1,
    max_memory_mib=24_576 * 1024,
    max_disks=32,
    max_nics=16,
    min_root_mib=1,
    max_disk_mib=64 * 1024 * 1024,
    disk_formats=("raw", "qcow2"),
    disk_drivers=("virtio",),
    cache_modes=("none",),
    nic_drivers=("virtio",),
    backends=("local",),
    architectures=("x86_64", "aarch64"),
    bios=("BIOS", "UEFI"),
    machines=("pc", "virt"),
    machine_by_arch=MappingProxyType({"aarch64": "virt"}),
    vga=("std",),
    vdi=("vnc",),
    actions=KVM.actions,
)

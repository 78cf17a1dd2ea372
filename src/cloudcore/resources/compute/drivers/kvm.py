"""KVM and QEMU guests on hosts with an agent of ours."""

from __future__ import annotations

from types import MappingProxyType

from cloudcore.resources.compute.drivers.driver import Driver, Family
from cloudcore.resources.compute.server.lifecycle import SERVER_LIFECYCLE, ServerStatus

_GIB = 1024
_ACTIONS: dict[str, tuple[ServerStatus, ...]] = {
    t.name: tuple(ServerStatus(s) for s in (*t.sources, *t.force)) for t in SERVER_LIFECYCLE.transitions if t.sources
}

KVM = Driver(
    hypervisor="kvm",
    provider="OneCloud",
    host_type="hypervisor",
    family=Family.AGENT_MANAGED,
    max_vcpus=256,
    min_memory_mib=8,
    max_memory_mib=4096 * _GIB,
    max_disks=24,
    max_nics=8,
    min_root_mib=1,
    max_disk_mib=64 * 1024 * _GIB,
    disk_formats=("qcow2", "raw"),
    disk_drivers=("virtio", "scsi", "sata", "ide"),
    hot_disk_drivers=("virtio", "scsi"),
    cache_modes=("none", "writeback", "writethrough"),
    nic_drivers=("virtio", "e1000", "vmxnet3"),
    backends=("local",),
    architectures=("x86_64", "aarch64"),
    bios=("BIOS", "UEFI"),
    machines=("pc", "q35", "virt"),
    machine_by_arch=MappingProxyType({"aarch64": "virt"}),
    vga=("std", "cirrus", "qxl", "virtio", "vmware"),
    vdi=("vnc", "spice"),
    actions=MappingProxyType(_ACTIONS),
    supports_cdrom=True,
    supports_console=True,
)

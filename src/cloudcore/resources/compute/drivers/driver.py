"""What a driver is: the limits, defaults and rules of one hypervisor or cloud."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs

from cloudcore.model.errors import InvalidInputError, InvalidStatusError, NotSupportedError, OutOfRangeError
from cloudcore.resources.compute.server.lifecycle import ServerStatus


class Family(StrEnum):
    """Who does the work; flows branch on nothing else."""

    AGENT_MANAGED = "agent-managed"
    CLOUD_MANAGED = "cloud-managed"
    BAREMETAL = "baremetal"


@attrs.frozen(kw_only=True)
class Driver:
    """One hypervisor or cloud. Memory and disks in MiB.

    host_type: the `host_type` of hosts that run it.
    backends, disk_formats, disk_drivers, nic_drivers, bios, machines, vga, vdi: accepted values; the first is the
        default.
    machine_by_arch: the default machine where it is not the first.
    min_root_mib: the smallest system disk; max_disk_mib: the largest disk of any kind.
    hot_disk_drivers: buses that disks can be plugged into while the server runs.
    actions: which actions of servers it offers, and in which statuses; the lifecycle's own table narrows them further.
    """

    hypervisor: str
    provider: str
    host_type: str
    family: Family
    max_vcpus: int
    min_memory_mib: int
    max_memory_mib: int
    max_disks: int
    max_nics: int
    min_root_mib: int
    max_disk_mib: int
    disk_formats: tuple[str, ...]
    disk_drivers: tuple[str, ...]
    cache_modes: tuple[str, ...]
    nic_drivers: tuple[str, ...]
    backends: tuple[str, ...]
    architectures: tuple[str, ...]
    bios: tuple[str, ...]
    machines: tuple[str, ...]
    machine_by_arch: Mapping[str, str]
    vga: tuple[str, ...]
    vdi: tuple[str, ...]
    actions: Mapping[str, tuple[ServerStatus, ...]]
    hot_disk_drivers: tuple[str, ...] = ("virtio",)
    needs_image: bool = True
    supports_cdrom: bool = False
    supports_console: bool = False
    supports_user_data: bool = True

    @property
    def default_disk_driver(self) -> str:
        """The bus of disks that name none."""
        return self.disk_drivers[0]

    @property
    def default_nic_driver(self) -> str:
        """The model of cards that name none."""
        return self.nic_drivers[0]

    @property
    def default_format(self) -> str:
        """The format of disks that name none."""
        return self.disk_formats[0]

    @property
    def default_backend(self) -> str:
        """The storage technology of disks that name none."""
        return self.backends[0]

    def default_machine(self, architecture: str) -> str:
        """The machine of guests that name none."""
        return self.machine_by_arch.get(architecture, self.machines[0])

    def check_machine(self, machine: str, architecture: str) -> None:
        """Refuse a machine that guests of this architecture do not run on; empty is the default one.

        Raises:
            InvalidInputError: it is of another architecture.
        """
        own = self.machine_by_arch.get(architecture)
        others = set(self.machine_by_arch.values())
        if machine and (machine in others if own is None else machine != own):
            raise InvalidInputError(f"machine: {machine} is not for guests of {architecture}", field="machine")

    def check_size(self, vcpus: int, memory_mib: int) -> None:
        """Refuse guests that are too small or too large.

        Raises:
            OutOfRangeError: names the field and the limits.
        """
        if not 1 <= vcpus <= self.max_vcpus:
            raise OutOfRangeError(f"vcpu_count: must be between 1 and {self.max_vcpus}", field="vcpu_count")
        if not self.min_memory_mib <= memory_mib <= self.max_memory_mib:
            raise OutOfRangeError(
                f"vmem_size: must be between {self.min_memory_mib} and {self.max_memory_mib} MiB", field="vmem_size"
            )

    def check_counts(self, disks: int, nics: int) -> None:
        """Refuse guests with too many devices.

        Raises:
            OutOfRangeError: names the field and the limit.
        """
        if not 1 <= disks <= self.max_disks:
            raise OutOfRangeError(f"disks: must be between 1 and {self.max_disks}", field="disks")
        if not 0 <= nics <= self.max_nics:
            raise OutOfRangeError(f"nets: must be at most {self.max_nics}", field="nets")

    def check_disk_size(self, size_mib: int, *, root: bool) -> None:
        """Refuse disks that are too small or too large.

        Raises:
            OutOfRangeError: names the limits.
        """
        least = self.min_root_mib if root else 1
        if not least <= size_mib <= self.max_disk_mib:
            raise OutOfRangeError(f"disk size must be between {least} and {self.max_disk_mib} MiB", field="disks")

    def choose(self, kind: str, wanted: str) -> str:
        """The wanted value of one of the tuples of accepted values, by the tuple's name; its default for none.

        Raises:
            InvalidInputError: it is not accepted.
        """
        accepted: tuple[str, ...] = getattr(self, kind)
        if not wanted:
            return accepted[0]
        found = next((value for value in accepted if value.lower() == wanted.lower()), None)
        if found is None:
            raise InvalidInputError(
                f"{kind}: {wanted[:40]!a} is not one of {', '.join(accepted)} for {self.hypervisor}", field=kind
            )
        return found

    def check_action(self, action: str, status: str) -> None:
        """Refuse actions that it does not offer, or not in this status.

        Raises:
            NotSupportedError: it never does.
            InvalidStatusError: names the statuses in which it does.
        """
        allowed = self.actions.get(action)
        if allowed is None:
            raise NotSupportedError(f"{self.hypervisor} servers have no {action}")
        if status not in allowed:
            wanted = ", ".join(allowed)
            raise InvalidStatusError(f"cannot {action} server in status {status}; allowed: {wanted}", field="status")

"""Plain values from which an inventory is built: what a database adapter or a library user fills in.

Ownership: a row without project and domain belongs to a request without project and domain, and to no other.
Numbers are checked when the inventory is built, all rows of a column at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import attrs

from cloudcore.scheduling import horizon
from cloudcore.scheduling.raid import Drive

Labels: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values, in order."""


def labels_of(value: Mapping[str, str] | Labels) -> Labels:
    """Labels in order, from a mapping or from pairs."""
    return tuple(sorted(value)) if isinstance(value, tuple) else tuple(sorted(value.items()))


def labels_text(labels: Labels) -> str:
    """Labels in one line, by which they are compared."""
    return ", ".join(f"{name}={value}" for name, value in labels)


def plugs_text(plugs: Mapping[str, int]) -> str:
    """How many cards are plugged into each wire in one line, by which machines are compared."""
    return ", ".join(f"{wire}={number}" for wire, number in sorted(plugs.items()))


def plugs_in(line: str) -> dict[str, int]:
    """What a line of `plugs_text` says."""
    pairs = [one.rpartition("=") for one in line.split(", ")] if line else []
    return {wire: int(number) for wire, _, number in pairs}


def _drives(value: Iterable[Drive]) -> tuple[Drive, ...]:
    return tuple(value)


def _no_counts() -> Mapping[str, int]:
    return {}


@attrs.frozen(kw_only=True)
class NodeRow:
    """One NUMA node of a host: CPUs that have its memory (MiB) near to them.

    cpus: hardware threads; how many times they may be given out is the host's bound, memory is given out once.
    """

    id: int
    cpus: int = 0
    memory_mib: int = 0
    cpus_claimed: int = 0
    memory_claimed_mib: int = 0


def _nodes(value: Iterable[NodeRow]) -> tuple[NodeRow, ...]:
    return tuple(value)


@attrs.frozen
class Kept:
    """CPUs and memory (MiB) of a host that are kept for servers that have devices of it, and what such servers hold of all."""

    cpus: int = 0
    memory_mib: int = 0
    cpus_held: int = 0
    memory_held_mib: int = 0


@attrs.frozen(kw_only=True)
class HostRow:
    """One host. Memory in MiB.

    cpu_cmtbound, mem_cmtbound: how many times the physical amount may be given out.
    cpu_claimed, mem_claimed: what the guests of the host hold, those that are being created included.
    kept: what only servers with devices of the host may have of it, and what they do.
    max_vcpu: the most virtual CPUs of one guest; 0 is no limit.
    guests, creating: guests on the host, and how many of them are being created.
    project_guests: guests per project id, for keeping a project's guests apart.
    kernel, page_size_kb: what it runs; a server that moves while it runs may need the same.
    classes: labels of its class; a request has the same, or the host is not for it.
    drives, plugs: of a machine that is given out as a whole: its drives in the order of detection, and how many of its cards
        are plugged into each wire.
    firmware: such a machine starts by, `BIOS` or `UEFI`; empty: unknown. starts_from_cd: one can be put in from afar.
    nodes: of a host whose guests are kept on NUMA nodes; none where a guest may use all of it.
    packs: whether servers fill it before they go to an empty host; else they are spread.
    leaving: the probability that all its guests are gone after each of `horizon.HORIZON`; none: nothing is known of them.
    generation: the number that the claim of a placement is made against.
    """

    id: str
    name: str = ""
    region_id: str = ""
    zone_id: str = ""
    manager_id: str = ""
    domain_id: str = ""
    is_public: bool = False
    public_scope: str = "none"
    shared_domain_ids: tuple[str, ...] = ()
    status: str = "running"
    host_status: str = "online"
    enabled: bool = True
    zone_enabled: bool = True
    provider_ready: bool = True
    host_type: str = "hypervisor"
    architecture: str = "x86_64"
    cpu_desc: str = ""
    cpu_microcode: str = ""
    kernel: str = ""
    page_size_kb: int = 4
    classes: Labels = attrs.field(default=(), converter=labels_of)
    resource_type: str = "shared"
    cpu_count: int = 0
    cpu_cmtbound: float = 8.0
    cpu_reserved: int = 0
    cpu_claimed: int = 0
    mem_size: int = 0
    mem_cmtbound: float = 1.0
    mem_reserved: int = 0
    mem_claimed: int = 0
    kept: Kept | None = None
    max_vcpu: int = 0
    guests: int = 0
    creating: int = 0
    project_guests: Mapping[str, int] = attrs.field(factory=_no_counts)
    nodes: tuple[NodeRow, ...] = attrs.field(default=(), converter=_nodes)
    drives: tuple[Drive, ...] = attrs.field(default=(), converter=_drives)
    plugs: Mapping[str, int] = attrs.field(factory=_no_counts)
    firmware: str = ""
    starts_from_cd: bool = False
    packs: bool = False
    leaving: tuple[float, ...] = attrs.field(default=(), converter=horizon.probabilities, validator=horizon.check)
    generation: int = 0


@attrs.frozen(kw_only=True)
class StorageRow:
    """One storage. Sizes in MiB.

    claimed: the nominal sizes of all its disks. actual_free: what its agent last measured; None when nobody did.
    is_sys_disk_store: whether the first disk of a guest may live here.
    """

    id: str
    name: str = ""
    storage_type: str = "local"
    medium_type: str = "ssd"
    status: str = "online"
    enabled: bool = True
    is_sys_disk_store: bool = True
    capacity: int = 0
    cmtbound: float = 1.0
    reserved: int = 0
    claimed: int = 0
    actual_free: int | None = None


@attrs.frozen(kw_only=True)
class NetworkRow:
    """One network. `free_ports` is the number of addresses that nobody holds.

    guest_ip_start, guest_ip_end: the first and last address, inclusive; empty when addresses are not checked.
    is_auto_alloc: whether it may be chosen for a caller who named no network.
    has_ipv6: whether it gives IPv6 addresses too.
    """

    id: str
    name: str = ""
    wire_id: str = ""
    status: str = "available"
    free_ports: int = 0
    server_type: str = "guest"
    is_auto_alloc: bool = True
    is_exit: bool = False
    has_ipv6: bool = False
    guest_ip_start: str = ""
    guest_ip_end: str = ""
    project_id: str = ""
    domain_id: str = ""
    is_public: bool = False
    public_scope: str = "none"
    shared_domain_ids: tuple[str, ...] = ()
    shared_project_ids: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class DeviceRow:
    """One device that a server can have for itself, such as a GPU.

    dev_type: such as `GPU-HPC`. vendor: PCI id of who made it. wire_id: of a network card. memory_mib: of the device itself. free: nobody has it.
    """

    id: str
    host_id: str
    dev_type: str = ""
    model: str = ""
    vendor: str = ""
    path: str = ""
    wire_id: str = ""
    memory_mib: int = 0
    free: bool = True

"""What a host says of itself."""

from __future__ import annotations

from enum import StrEnum

import attrs

from cloudcore.model.effects import Mark


@attrs.frozen(kw_only=True)
class StorageFacts:
    """One storage of a host. Sizes in MiB; path is a folder on the host."""

    name: str
    path: str
    capacity_mib: int
    used_mib: int
    storage_type: str = "local"
    medium_type: str = "ssd"


@attrs.frozen(kw_only=True)
class BridgeFacts:
    """One network that guests can plug into.

    cidr: the subnet that the host serves on it by DHCP, or None when others do.
    """

    name: str
    mac: str
    cidr: str | None = None
    gateway: str | None = None


@attrs.frozen(kw_only=True)
class NodeFacts:
    """One NUMA node: processors, by their numbers on the host, that have its memory (MiB) near to them.

    cpus: in the order in which guests get them where all are equally busy: one thread of each core before the second ones.
    """

    id: int
    cpus: tuple[int, ...]
    memory_mib: int


@attrs.frozen(kw_only=True)
class Facts:
    """One host. Memory in MiB, frequency in MHz.

    virt_type: `kvm` (proven by booting a probe), `qemu` (software emulation) or `simulated`.
    migrate_uri: how other hosts reach this one to give it guests that run; empty: it takes none.
    nodes: its NUMA nodes; none where they are not known.
    """

    hostname: str
    uuid: str
    arch: str
    cpu_count: int
    cpu_desc: str
    cpu_mhz: int
    memory_mib: int
    virt_type: str
    version: str
    storages: tuple[StorageFacts, ...]
    bridges: tuple[BridgeFacts, ...]
    migrate_uri: str = ""
    nodes: tuple[NodeFacts, ...] = ()


class FoundKind(StrEnum):
    """What kind of thing was found on a host."""

    GUEST = "guest"
    VOLUME = "volume"
    IMAGE = "image"
    LEASE = "lease"


@attrs.frozen(kw_only=True)
class Found:
    """One marked thing on a host; `ident` is its name there."""

    kind: FoundKind
    ident: str
    mark: Mark
    power_state: str | None = None

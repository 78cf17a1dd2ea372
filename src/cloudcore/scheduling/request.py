"""What is to be placed: a batch of identical servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import Any

import attrs

from cloudcore.model.errors import DuplicateResourceError, InvalidFormatError, OutOfRangeError
from cloudcore.scheduling import horizon
from cloudcore.scheduling.raid import RaidConfig
from cloudcore.scheduling.rows import Labels, labels_of

MAX_COUNT = 10_000
MAX_VCPUS = 4096
MAX_MIB = 1 << 40
MAX_PARTS = 32
_HOST_TYPES = {"kvm": "hypervisor", "": "hypervisor"}

HARD = ("require", "exclude")
"""Strategies of tags that a place has to meet."""

Check = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def _between(low: int, high: int) -> Check:
    def check(_: object, attribute: attrs.Attribute[Any], value: object) -> None:
        if type(value) is not int or not low <= value <= high:
            raise OutOfRangeError(f"{attribute.name} must be a whole number from {low} to {high}", field=attribute.name)

    return check


def _few(_: object, attribute: attrs.Attribute[Any], value: tuple[object, ...]) -> None:
    if len(value) > MAX_PARTS:
        raise OutOfRangeError(f"more than {MAX_PARTS} {attribute.name}", field=attribute.name)


def _address(_: object, attribute: attrs.Attribute[Any], value: str) -> None:
    if not value:
        return
    try:
        ip_address(value)
    except ValueError as error:
        raise InvalidFormatError(f"{value[:64]!r} is not an address", field=attribute.name) from error


@attrs.frozen(kw_only=True, cache_hash=True)
class Mark:
    """A scheduling tag that matters for the request, and what has it.

    strategy: `require` and `exclude` are hard, `prefer` and `avoid` count by `weight`.
    hosts, zones, regions: ids of those that have it; a host has it that is among them or in one of them.
    storages, networks: of a tag that a disk or a card asks for.
    """

    name: str
    strategy: str
    hosts: frozenset[str] = frozenset()
    weight: int = 10
    zones: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    storages: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()

    @property
    def is_hard(self) -> bool:
        """Whether what does not meet it is out of the question."""
        return self.strategy in HARD


@attrs.frozen(kw_only=True, cache_hash=True)
class DiskRequest:
    """One new disk. An empty backend, medium or storage_id leaves the choice to the scheduler.

    index: its position in the server; the disk at 0 holds the system.
    marks: scheduling tags of storages, which don't matter for a disk that names its storage.
    least_mib: less would not hold what it is made of.
    """

    size_mib: int = attrs.field(validator=_between(1, MAX_MIB))
    backend: str = ""
    medium: str = ""
    storage_id: str = ""
    marks: tuple[Mark, ...] = ()
    index: int = attrs.field(default=0, validator=_between(0, MAX_PARTS))
    least_mib: int = attrs.field(default=1, validator=_between(1, MAX_MIB))


@attrs.frozen(kw_only=True, cache_hash=True)
class NicRequest:
    """One network card. Without `network_id` (an id or a name) any network that suits is taken.

    exit: from a public segment. private: only from a network that is not shared. address: this one and no other.
    ipv6: only a network that has IPv6 addresses. teaming: of a machine: two of its cards as one.
    device: it is one of these for the server alone, a virtual function of a card on the network's wire; of type `NIC`.
    marks: scheduling tags of networks, which don't matter for a card that names its network.
    """

    network_id: str = ""
    wire_id: str = ""
    exit: bool = False
    private: bool = False
    address: str = attrs.field(default="", validator=_address)
    ipv6: bool = False
    teaming: bool = False
    device: DeviceRequest | None = None
    marks: tuple[Mark, ...] = ()
    index: int = attrs.field(default=0, validator=_between(0, MAX_PARTS))


@attrs.frozen(kw_only=True, cache_hash=True)
class DeviceRequest:
    """One device for the server alone: this one, or any of this kind. Empty texts leave it open.

    memory_mib: the least memory of its own. index: its position in the server.
    """

    device_id: str = ""
    dev_type: str = ""
    model: str = ""
    vendor: str = ""
    path: str = ""
    memory_mib: int = attrs.field(default=0, validator=_between(0, MAX_MIB))
    index: int = attrs.field(default=0, validator=_between(0, MAX_PARTS))


TAKES_RUNNING = "a way in for servers that run"
"""The mark of hosts that take running servers of hosts like the present one."""
KEEPS_NODES = "keeps servers on NUMA nodes"
"""The mark of hosts that do, for a server that runs on several."""


@attrs.frozen(kw_only=True, cache_hash=True)
class Live:
    """What a server that moves while it runs needs of its next host to be as it is; empty or 0 where it does not matter."""

    cpu_desc: str = ""
    cpu_microcode: str = ""
    kernel: str = ""
    page_size_kb: int = 0


@attrs.frozen(kw_only=True)
class Room:
    """A group of servers of which at most `most` run on one host. present: host id → how many of it run there."""

    name: str
    most: int = attrs.field(validator=_between(1, MAX_COUNT))
    present: Mapping[str, int]


@attrs.frozen(kw_only=True)
class Allowance:
    """What a limit leaves in a region or zone; without either, anywhere.

    name: whose limit it is, and what it is narrowed to. owner: whose, so that requests of one share it. free: counter → how
    much of it may be taken yet; memory and storage in MiB. It counts a server, its CPUs, memory, disks, devices and cards.
    each: what one server counts for, where that is not what a new one like it would.
    """

    name: str
    owner: str = ""
    region: str = ""
    zone: str = ""
    free: Mapping[str, int]
    each: Mapping[str, int] = attrs.field(factory=dict[str, int])


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _names(value: Iterable[str]) -> frozenset[str]:
    return frozenset(_texts(value))


def _some_names(value: Iterable[str] | None) -> frozenset[str] | None:
    return None if value is None else _names(value)


def _numbers(value: Iterable[int]) -> tuple[int, ...]:
    return tuple(value)


def _raid(value: Iterable[RaidConfig]) -> tuple[RaidConfig, ...]:
    return tuple(value)


def _disks(value: Iterable[DiskRequest]) -> tuple[DiskRequest, ...]:
    return tuple(value)


def _devices(value: Iterable[DeviceRequest]) -> tuple[DeviceRequest, ...]:
    return tuple(value)


def _nets(value: Iterable[NicRequest]) -> tuple[NicRequest, ...]:
    return tuple(value)


@attrs.frozen(kw_only=True)
class Request:
    """`count` servers that are alike, and who wants them.

    vcpus, memory_mib: of one server; 0 when its driver does not count them.
    arch: `x86_64`, `aarch64`, `riscv64` or one of their other names; empty for any.
    prefer_…: hard restrictions, as on the wire; empty for none.
    present_host: where the server is that is to move; it is not placed there again.
    live: set for a server that runs on while it moves.
    image_zones, size_zones: where its image can be used and its size is for sale; None for anywhere.
    size_regions: where its size is for sale in every zone, beside `size_zones`.
    classes, source_classes: labels of its project, and of the image that it is made of; None where it is made of none.
    network_types: server types of networks that may be chosen when none is named.
    is_admin, is_domain_admin: the caller may use any network, or any of the domain.
    seed: the request's id; among equally good hosts it decides, so a repeated request is placed alike.
    best_effort: place as many as fit and refuse only when none does.
    ignore_filters: names of filters that are skipped.
    raid, firmware, from_cd: of a machine that is given out as a whole: the arrays that its drives become, `BIOS` or `UEFI` that
        the image starts by, whether it starts from a CD.
    numa_nodes: on so many NUMA nodes each, where a host keeps guests on nodes; 0 for as few as will do.
    prefer_numa_nodes: ids of nodes that are taken first where they do.
    marks: scheduling tags that it or the platform asks for. rooms: groups whose servers are kept apart; apart: those whose are
        as far as there is room, where it is for several. allowances: of limits.
    given: what of it is no wish that could be given up: `arch`, `size`, `storages`, `numa_nodes`, and names of marks.
    least_vcpus, least_memory_mib: a server does with no less.
    stays: the probability that a server of it is still there after each of `horizon.HORIZON`; none: nothing is known.

    Raises:
        OutOfRangeError: a number or a length is outside its limits.
        InvalidFormatError: an address does not parse.
        DuplicateResourceError: one address is wanted more than once.
    """

    count: int = attrs.field(default=1, validator=_between(1, MAX_COUNT))
    vcpus: int = attrs.field(default=1, validator=_between(0, MAX_VCPUS))
    memory_mib: int = attrs.field(default=0, validator=_between(0, MAX_MIB))
    disks: tuple[DiskRequest, ...] = attrs.field(default=(), converter=_disks, validator=_few)
    nets: tuple[NicRequest, ...] = attrs.field(default=(), converter=_nets, validator=_few)
    devices: tuple[DeviceRequest, ...] = attrs.field(default=(), converter=_devices, validator=_few)
    hypervisor: str = "kvm"
    arch: str = ""
    resource_type: str = "shared"
    prefer_region: str = ""
    prefer_zone: str = ""
    prefer_zones: tuple[str, ...] = attrs.field(default=(), converter=_texts)
    prefer_manager: str = ""
    prefer_wire: str = ""
    prefer_host: str = ""
    present_host: str = ""
    live: Live | None = None
    image_zones: frozenset[str] | None = attrs.field(default=None, converter=_some_names)
    size_zones: frozenset[str] | None = attrs.field(default=None, converter=_some_names)
    size_regions: frozenset[str] = attrs.field(default=frozenset[str](), converter=_names)
    classes: Labels = attrs.field(default=(), converter=labels_of)
    source_classes: Labels | None = attrs.field(default=None, converter=attrs.converters.optional(labels_of))
    project_id: str = ""
    domain_id: str = ""
    is_admin: bool = False
    is_domain_admin: bool = False
    network_types: tuple[str, ...] = attrs.field(default=("guest",), converter=_texts)
    seed: str = ""
    best_effort: bool = False
    ignore_filters: frozenset[str] = attrs.field(default=frozenset[str](), converter=_names)

    raid: tuple[RaidConfig, ...] = attrs.field(default=(), converter=_raid, validator=_few)
    firmware: str = ""
    from_cd: bool = False
    numa_nodes: int = attrs.field(default=0, validator=_between(0, MAX_PARTS))
    prefer_numa_nodes: tuple[int, ...] = attrs.field(default=(), converter=_numbers)
    marks: tuple[Mark, ...] = ()
    rooms: tuple[Room, ...] = ()
    apart: tuple[Room, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    given: frozenset[str] = attrs.field(default=frozenset[str](), converter=_names)
    least_vcpus: int = attrs.field(default=1, validator=_between(0, MAX_VCPUS))
    least_memory_mib: int = attrs.field(default=1, validator=_between(0, MAX_MIB))
    stays: tuple[float, ...] = attrs.field(default=(), converter=horizon.probabilities, validator=horizon.check)

    def __attrs_post_init__(self) -> None:
        addresses = [ip_address(nic.address) for nic in self.nets if nic.address]
        if len(set(addresses)) < len(addresses) or (addresses and self.count > 1):
            raise DuplicateResourceError("one address cannot be given to several cards", field="address")

    @property
    def has_devices(self) -> bool:
        """Whether a server of it gets devices of its host, and what is kept for such servers."""
        return bool(self.devices or self.passed)

    @property
    def passed(self) -> tuple[DeviceRequest, ...]:
        """All devices of a server: those that it asks for, and then its cards that are some."""
        cards = [nic.device for nic in self.nets if nic.device is not None]
        return (*self.devices, *cards) if cards else self.devices

    def passed_at(self, card: int) -> int:
        """The place among `passed` of the card at a position of `nets`."""
        return len(self.devices) + sum(nic.device is not None for nic in self.nets[:card])

    @property
    def host_type(self) -> str:
        """The type of host that runs the hypervisor; `kvm` runs on type `hypervisor`."""
        return _HOST_TYPES.get(self.hypervisor, self.hypervisor)

"""The guest description: everything a hypervisor needs to make and run one guest.

It is stored in effects, so its JSON form (`to_json`, `from_json`) is versioned and only ever grows.
"""

from __future__ import annotations

from typing import Any, cast

import attrs

from cloudcore.model.effects import Mark
from cloudcore.model.json import JsonMapping, JsonObject


@attrs.frozen(kw_only=True)
class GuestDisk:
    """One disk, in boot order by `index`; those with a `boot_index` of 0 or more come first, by that.

    iops, bytes_per_s: the most of both ways together; 0 is no bound.
    """

    volume_id: str
    storage_path: str
    index: int
    size_mib: int
    format: str = "qcow2"
    driver: str = "virtio"
    cache: str = "none"
    boot_index: int = -1
    iops: int = 0
    bytes_per_s: int = 0


@attrs.frozen(kw_only=True)
class GuestNic:
    """One network card with the address that DHCP must give it.

    bridge: the name of the host's network (a libvirt network) that it plugs into.
    prefix: length of the subnet mask.
    rx_mbps, tx_mbps: the most that goes in and out; 0 is no bound. queues: of a virtio card, so that several processors
        serve it.
    device: PCI address of the host's device that it is; empty for a card that the hypervisor makes. vlan: of such a device's
        frames; 0 is none.
    """

    index: int
    mac: str
    ip: str
    prefix: int
    gateway: str | None
    dns: tuple[str, ...] = ()
    bridge: str
    driver: str = "virtio"
    rx_mbps: int = 0
    tx_mbps: int = 0
    queues: int = 1
    device: str = ""
    vlan: int = 0


@attrs.frozen(kw_only=True)
class GuestDevice:
    """One device of the host that is passed on whole.

    kind: `pci`, `usb` or `mdev`; address: `0000:3b:00.0` or `3b:00.0`, `BUS:DEVICE` in decimal, or a mediated device's UUID.
    """

    device_id: str
    kind: str
    address: str


@attrs.frozen(kw_only=True)
class GuestPin:
    """What a guest has of one NUMA node of its host: a processor of the host for each of its own there, and memory in MiB.

    cpus: so many of the guest's processors are there as it has, in the order of the pins. extra: processors for the work that is
        done for the guest.
    """

    node: int
    cpus: tuple[int, ...]
    memory_mib: int
    extra: tuple[int, ...] = ()


@attrs.frozen(kw_only=True)
class GuestMedium:
    """What is in the CD drive: an image from the cache of a storage."""

    image_id: str
    storage_path: str
    boot_index: int = -1


@attrs.frozen(kw_only=True)
class GuestDescription:
    """One guest.

    vga: model of its graphics card; vdi: protocol of its screen; boot_order: c, d, n for disks, CDs, network cards.
    seed: files of a NoCloud seed (`meta-data`, `user-data`, `network-config`), by name.
    pins: of the NUMA nodes that it is kept on; none where it may use all of its host.
    """

    guest_id: str
    name: str
    hostname: str
    vcpus: int
    memory_mib: int
    arch: str = "x86_64"
    bios: str = "BIOS"
    machine: str = "pc"
    vga: str = "std"
    vdi: str = "vnc"
    boot_order: str = "c"
    disks: tuple[GuestDisk, ...]
    nics: tuple[GuestNic, ...]
    devices: tuple[GuestDevice, ...] = ()
    medium: GuestMedium | None = None
    pins: tuple[GuestPin, ...] = ()
    seed: tuple[tuple[str, str], ...] = ()
    mark: Mark
    version: int = 1


AGENT_QUESTIONS = ("guest-ping", "guest-info", "guest-network-get-interfaces")
"""What guests' agents are asked: each only tells something. Named as QEMU's agent has them."""


def to_json(desc: GuestDescription) -> JsonObject:
    """The description as JSON; `from_json` reads it back. What only later releases know is there where it is said."""
    return {
        **_said(desc, _LATER),
        "disks": [_said(disk, _LATER_OF_DISKS) for disk in desc.disks],
        "nics": [{**_said(nic, _LATER_OF_NICS), "dns": list(nic.dns)} for nic in desc.nics],
        **({"devices": [attrs.asdict(one, recurse=False) for one in desc.devices]} if desc.devices else {}),
        **({"medium": attrs.asdict(desc.medium)} if desc.medium is not None else {}),
        **({"pins": [_pin_said(one) for one in desc.pins]} if desc.pins else {}),
        "seed": [list(file) for file in desc.seed],
        "mark": attrs.asdict(desc.mark, recurse=False),
    }


def from_json(data: JsonMapping) -> GuestDescription:
    """Read a description that `to_json` wrote, in this release or an earlier one."""
    known: dict[str, Any] = {k: v for k, v in data.items() if k in _GUEST}
    known["disks"] = tuple(GuestDisk(**disk) for disk in data["disks"])
    known["nics"] = tuple(_nic(nic) for nic in data["nics"])
    known["devices"] = tuple(GuestDevice(**device) for device in data.get("devices", ()))
    known["medium"] = GuestMedium(**data["medium"]) if data.get("medium") else None
    known["pins"] = tuple(_pin(one) for one in data.get("pins", ()))
    known["seed"] = tuple((name, text) for name, text in data.get("seed", ()))
    known["mark"] = Mark(**data["mark"])
    return GuestDescription(**known)


_LATER = frozenset(("devices", "medium", "pins", "vga", "vdi", "boot_order"))
_LATER_OF_DISKS = frozenset(("iops", "bytes_per_s"))
_LATER_OF_NICS = frozenset(("rx_mbps", "tx_mbps", "queues", "device", "vlan"))


def _said(part: Any, later: frozenset[str]) -> JsonObject:
    """Its fields; of the later ones those that differ from their defaults: an agent of a former release reads the rest."""
    known: Any = attrs.fields_dict(cast("Any", type(part)))
    usual = {name: known[name].default for name in later if name in known}
    fields = attrs.asdict(part, recurse=False)
    return {name: value for name, value in fields.items() if name not in usual or value != usual[name]}


def _pin_said(pin: GuestPin) -> JsonObject:
    return {**attrs.asdict(pin, recurse=False), "cpus": list(pin.cpus), "extra": list(pin.extra)}


def _pin(data: JsonMapping) -> GuestPin:
    values: dict[str, Any] = {**data, "cpus": tuple(data["cpus"]), "extra": tuple(data.get("extra", ()))}
    return GuestPin(**values)


def _nic(data: JsonMapping) -> GuestNic:
    values: dict[str, Any] = {**data, "dns": tuple(data.get("dns", ()))}
    return GuestNic(**values)


_GUEST = {field.name for field in attrs.fields(GuestDescription)}

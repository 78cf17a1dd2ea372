"""The guest description: everything a hypervisor needs to make and run one guest.

It is stored in effects, so its JSON form (`to_json`, `from_json`) is versioned and only ever grows.
"""

from __future__ import annotations

from typing import Any

import attrs

from cloudcore.model.effects import Mark
from cloudcore.model.json import JsonMapping, JsonObject


@attrs.frozen(kw_only=True)
class GuestDisk:
    """One disk, in boot order by `index`; those with a `boot_index` of 0 or more come first, by that."""

    volume_id: str
    storage_path: str
    index: int
    size_mib: int
    format: str = "qcow2"
    driver: str = "virtio"
    cache: str = "none"
    boot_index: int = -1


@attrs.frozen(kw_only=True)
class GuestNic:
    """One network card with the address that DHCP must give it.

    bridge: the name of the host's network (a libvirt network) that it plugs into.
    prefix: length of the subnet mask.
    """

    index: int
    mac: str
    ip: str
    prefix: int
    gateway: str | None
    dns: tuple[str, ...] = ()
    bridge: str
    driver: str = "virtio"


@attrs.frozen(kw_only=True)
class GuestDescription:
    """One guest.

    seed: files of a NoCloud seed (`meta-data`, `user-data`, `network-config`), by name.
    """

    guest_id: str
    name: str
    hostname: str
    vcpus: int
    memory_mib: int
    arch: str = "x86_64"
    bios: str = "BIOS"
    machine: str = "pc"
    disks: tuple[GuestDisk, ...]
    nics: tuple[GuestNic, ...]
    seed: tuple[tuple[str, str], ...] = ()
    mark: Mark
    version: int = 1


def to_json(desc: GuestDescription) -> JsonObject:
    """The description as JSON; `from_json` reads it back."""
    return {
        **attrs.asdict(desc, recurse=False),
        "disks": [attrs.asdict(disk, recurse=False) for disk in desc.disks],
        "nics": [{**attrs.asdict(nic, recurse=False), "dns": list(nic.dns)} for nic in desc.nics],
        "seed": [list(file) for file in desc.seed],
        "mark": attrs.asdict(desc.mark, recurse=False),
    }


def from_json(data: JsonMapping) -> GuestDescription:
    """Read a description that `to_json` wrote, in this release or an earlier one."""
    known: dict[str, Any] = {k: v for k, v in data.items() if k in _GUEST}
    known["disks"] = tuple(GuestDisk(**disk) for disk in data["disks"])
    known["nics"] = tuple(_nic(nic) for nic in data["nics"])
    known["seed"] = tuple((name, text) for name, text in data.get("seed", ()))
    known["mark"] = Mark(**data["mark"])
    return GuestDescription(**known)


def _nic(data: JsonMapping) -> GuestNic:
    values: dict[str, Any] = {**data, "dns": tuple(data.get("dns", ()))}
    return GuestNic(**values)


_GUEST = {field.name for field in attrs.fields(GuestDescription)}

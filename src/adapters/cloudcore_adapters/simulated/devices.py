"""How the guests of a simulated host change while they are there: devices, size, volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.errors import BackendError, ConflictError, ResourceNotFoundError
from cloudcore.model.guest import GuestDescription
from cloudcore.model.json import JsonObject
from cloudcore_adapters.simulated import arguments

if TYPE_CHECKING:
    from cloudcore_adapters.simulated.machine import SimulatedMachine

_MAX_VOLUME_MIB = 1 << 26


def sync(machine: SimulatedMachine, effect: Effect) -> JsonObject:
    """Perform `guest-sync`; processors and memory of a guest that is on only grow, and what is less waits."""
    wanted = arguments.description(effect.args, machine.deployment)
    machine.define(wanted)
    domain = machine.domains[wanted.guest_id]
    if domain.power_state == "off":
        return {"power_state": "off", "pending": []}
    running = _grown(machine, domain.desc, wanted)
    machine.domains[wanted.guest_id] = attrs.evolve(domain, desc=running)
    waiting = [name for name, field in _SIZES.items() if getattr(running, field) != getattr(wanted, field)]
    if running.nics != wanted.nics:
        waiting.append("queues")
    return {"power_state": domain.power_state, "pending": waiting}


def check_free(machine: SimulatedMachine, desc: GuestDescription) -> None:
    """Refuse a device of the host that another guest uses."""
    wanted = {(device.kind, device.address) for device in desc.devices}
    for ident, other in machine.domains.items():
        used = other.power_state != "off"
        if (
            used
            and ident != desc.guest_id
            and wanted & {(device.kind, device.address) for device in other.desc.devices}
        ):
            raise ConflictError(f"a device belongs to guest {ident}", field="desc.devices")


def move_disk(machine: SimulatedMachine, effect: Effect) -> JsonObject:
    """Perform `guest-move-disk`; a guest that uses the volume there already is left as it is."""
    args = effect.args
    path, ident = machine.storage(args), arguments.ident(args, "volume_id")
    domain = machine.domains.get(arguments.ident(args, "guest_id"))
    target = machine.volumes.get((path, ident))
    if domain is None:
        raise ResourceNotFoundError("this host has no such guest", field="guest_id")
    machine.require_ours(domain.desc.mark, f"guest {domain.desc.guest_id}")
    if target is None or target.format != arguments.one_of(args, "format", ("qcow2", "raw")):
        raise ResourceNotFoundError("the volume is not on this storage", field="storage_path")
    disk = next((disk for disk in domain.desc.disks if disk.volume_id == ident), None)
    if disk is None or domain.power_state == "saved":
        what = "is saved" if disk is not None else "has no such disk"
        raise ConflictError(f"the guest {what}", field="volume_id")
    if disk.storage_path != path:
        machine.volumes[path, ident] = attrs.evolve(target, data=machine.volumes[disk.storage_path, ident].data)
        disks = tuple(attrs.evolve(one, storage_path=path) if one is disk else one for one in domain.desc.disks)
        machine.domains[domain.desc.guest_id] = attrs.evolve(domain, desc=attrs.evolve(domain.desc, disks=disks))
    return {}


def resize(machine: SimulatedMachine, effect: Effect) -> JsonObject:
    """Perform `volume-resize`; a volume that is as large already is left as it is."""
    args = effect.args
    key = (machine.storage(args), arguments.ident(args, "volume_id"))
    size = arguments.number(args, "size_mib", 1, _MAX_VOLUME_MIB)
    if args.get("guest_id") is not None:
        arguments.ident(args, "guest_id")
    volume = machine.volumes.get(key)
    if volume is None:
        raise ResourceNotFoundError(f"volume {key[1]} is not on this storage", field="volume_id")
    machine.require_ours(volume.mark, f"volume {key[1]}")
    if args.get("format") != volume.format:
        raise ConflictError("the volume is there in another format", field="format")
    grown = max(size, volume.size_mib)
    limit = machine.capacity.storage_mib
    if limit is not None and sum(v.size_mib for v in machine.volumes.values()) + grown - volume.size_mib > limit:
        raise BackendError("the storage is full")
    machine.volumes[key] = attrs.evolve(volume, size_mib=grown)
    return {"size_mib": grown}


_SIZES = {"vcpus": "vcpus", "memory": "memory_mib"}
_FIXED = ("machine", "bios", "vga", "vdi")


def _grown(machine: SimulatedMachine, running: GuestDescription, wanted: GuestDescription) -> GuestDescription:
    memory = max(running.memory_mib, wanted.memory_mib)
    others = sum(
        d.desc.memory_mib
        for ident, d in machine.domains.items()
        if ident != wanted.guest_id and d.power_state in ("on", "paused")
    )
    limit = machine.capacity.memory_mib
    if limit is not None and memory > running.memory_mib and others + memory > limit:
        raise BackendError("the host's memory is full")
    fixed = {name: getattr(running, name) for name in _FIXED}
    # A card has the queues that it was plugged in with.
    queues = {nic.mac: nic.queues for nic in running.nics}
    fixed["nics"] = tuple(attrs.evolve(nic, queues=queues.get(nic.mac, nic.queues)) for nic in wanted.nics)
    return attrs.evolve(wanted, vcpus=max(running.vcpus, wanted.vcpus), memory_mib=memory, **fixed)

"""What the flows of servers share: the rows around a server, its description for a hypervisor, its effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import attrs

from cloudcore.model.effects import Effect
from cloudcore.model.entity import evolve
from cloudcore.model.errors import ResourceNotFoundError
from cloudcore.model.guest import GuestDescription, GuestDevice, GuestDisk, GuestMedium, GuestNic, GuestPin, to_json
from cloudcore.model.json import JsonObject
from cloudcore.model.names import derive_hostname
from cloudcore.model.query import PLATFORM, Order, Query, eq, one_of
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.guestdisk import GUESTDISKS
from cloudcore.resources.compute.guestnetwork import GUESTNETWORKS, PASSED
from cloudcore.resources.compute.isolateddevice import ISOLATED_DEVICES
from cloudcore.resources.compute.keypair import KEYPAIRS
from cloudcore.resources.compute.seed import cloud_config, meta_data
from cloudcore.resources.compute.server import SERVERS, PowerState, ServerStatus
from cloudcore.resources.compute.server.pins import Pin, read_pins
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.storage.hoststorage import HOSTSTORAGES
from cloudcore.resources.storage.hostwire import HOSTWIRES
from cloudcore.tasks.flow import Context
from cloudcore.tasks.flows.volumes import reached

START_S = 120
SAVE_S = 1800
CREATE_S = 120
SYNC_S = 120
MIB = 1 << 20


@attrs.frozen(kw_only=True)
class Guest:
    """A server with its disks, in boot order. mounts: storage id → folder on the server's host."""

    server: Any
    links: Sequence[Any]
    disks: Mapping[str, Any]
    mounts: Mapping[str, str]

    @property
    def attached(self) -> list[tuple[Any, Any]]:
        """Each link with its disk, in boot order."""
        return [(link, self.disks[link.disk_id]) for link in self.links if link.disk_id in self.disks]

    def folder(self, disk: Any) -> str:
        """Where the disk's storage is on the host; empty when it is not there."""
        return self.mounts.get(disk.storage_id, "")


def server_of(ctx: Context) -> Any:
    """The server that the task works on, or whose disks it works on (`server_id` in its parameters).

    Raises:
        ResourceNotFoundError: it is gone.
    """
    ident = str(ctx.params.get("server_id") or ctx.task.obj_id)
    server = ctx.tx.of(SERVERS, PLATFORM).get(ident)
    if server is None:
        raise ResourceNotFoundError(f"server {ident} not found")
    return server


def guest_of(ctx: Context) -> Guest:
    """The task's server with its disks and mounts."""
    return around(ctx, server_of(ctx))


def around(ctx: Context, server: Any) -> Guest:
    """A server, as it was just saved, with its disks and mounts."""
    tx = ctx.tx
    links = tx.of(GUESTDISKS, PLATFORM).find(Query(where=eq("guest_id", server.id), order=(Order("index"),)))
    disks = tx.of(DISKS, PLATFORM).find(Query(where=one_of("id", [link.disk_id for link in links])))
    return Guest(
        server=server,
        links=links,
        disks={disk.id: disk for disk in disks},
        mounts=mounts_of(ctx, server.host_id, [disk.storage_id for disk in disks]),
    )


def mounts_of(ctx: Context, host_id: str | None, storages: Sequence[str]) -> Mapping[str, str]:
    """Storage id → folder on the host."""
    if host_id is None or not storages:
        return {}
    # All of the host's, whose number is small: the question is then the same for every server on it.
    rows = ctx.tx.of(HOSTSTORAGES, PLATFORM).find(Query(where=eq("host_id", host_id)))
    return {row.storage_id: row.mount_point for row in rows if row.storage_id in storages}


def move(ctx: Context, status: StrEnum, *, reason: str = "", action: str = "status", **changes: Any) -> Any:
    """Give the server another status, with whatever else changes; nothing is written when all is so already."""
    server = server_of(ctx)
    changed = evolve(server, status=str(status), status_reason=reason[:1000], **changes)
    return ctx.tx.of(SERVERS, PLATFORM).save(changed, action=action)


def back(ctx: Context, *, reason: str = "", action: str = "status", **changes: Any) -> Any:
    """Give the server the stable status of its power: what flows do that leave the guest on or off as it was."""
    on = changes.get("power_states", server_of(ctx).power_states) == PowerState.ON
    return move(ctx, ServerStatus.RUNNING if on else ServerStatus.READY, reason=reason, action=action, **changes)


def host_effect(server: Any, kind: str, resource: str, args: JsonObject) -> Effect:
    """An effect on the server's host."""
    return Effect(kind=kind, target=f"host:{server.host_id}", resource=resource, args=args)


def start_effect(ctx: Context, *, but: Sequence[str] = ()) -> Effect:
    """Power on; `but`: as for `sync_effect`."""
    return _described(ctx, "guest-start", but)


def stop_effect(ctx: Context, *, force: bool, grace_s: int) -> Effect:
    """Power off."""
    server = server_of(ctx)
    args: JsonObject = {"guest_id": server.id, "force": force, "timeout_s": grace_s}
    return host_effect(server, "guest-stop", server.id, args)


def sync_effect(ctx: Context, *, but: Sequence[str] = (), **sizes: Any) -> Effect:
    """Make the guest what its record says.

    but: ids of guestdisks, guestnetworks and devices that are left out; sizes: what differs from the record.
    """
    return _described(ctx, "guest-sync", but, **sizes)


def _described(ctx: Context, kind: str, but: Sequence[str], **sizes: Any) -> Effect:
    guest = guest_of(ctx)
    shown = attrs.evolve(guest, server=evolve(guest.server, **sizes), links=[x for x in guest.links if x.id not in but])
    args: JsonObject = {"guest_id": guest.server.id, "desc": describe(ctx, shown, but=but)}
    return host_effect(guest.server, kind, guest.server.id, args)


def guest_effect(ctx: Context, kind: str) -> Effect:
    """An effect on the guest that needs nothing but its id."""
    server = server_of(ctx)
    return host_effect(server, kind, server.id, {"guest_id": server.id})


def left_on(ctx: Context, host_id: str) -> Effect:
    """Remove what is there of the guest on a host that is not its own, or will not be."""
    return _removed(ctx, around(ctx, evolve(server_of(ctx), host_id=host_id)))


def delete_effect(ctx: Context) -> Effect:
    """Remove the guest, but not its volumes."""
    return _removed(ctx, guest_of(ctx))


def _removed(ctx: Context, guest: Guest) -> Effect:
    # A disk whose storage is not on the host has nothing there, and must not keep the guest from being removed.
    there = [link for link, disk in guest.attached if guest.folder(disk)]
    args: JsonObject = {"guest_id": guest.server.id, "desc": describe(ctx, attrs.evolve(guest, links=there))}
    return host_effect(guest.server, "guest-delete", guest.server.id, args)


def describe(ctx: Context, guest: Guest, *, but: Sequence[str] = ()) -> JsonObject:
    """The guest as a hypervisor takes it, without the cards and devices of these ids."""
    server = guest.server
    description = GuestDescription(
        guest_id=server.id,
        name=server.name,
        hostname=server.hostname or derive_hostname(server.name),
        vcpus=server.vcpu_count,
        memory_mib=server.vmem_size,
        arch=server.os_arch or "x86_64",
        bios=server.bios or "BIOS",
        machine=server.machine or "pc",
        vga=server.vga or "std",
        vdi=server.vdi or "vnc",
        boot_order=server.boot_order or "c",
        disks=tuple(_disk(guest, link, disk) for link, disk in guest.attached),
        nics=tuple(_nics(ctx, guest, but)),
        devices=tuple(_devices(ctx, guest, but)),
        medium=_medium(ctx, guest),
        pins=tuple(_pin(one) for one in read_pins(server.cpu_numa_pin)),
        seed=_seed(ctx, guest),
        mark=ctx.mark(server.id),
    )
    return to_json(description)


def _disk(guest: Guest, link: Any, disk: Any) -> GuestDisk:
    return GuestDisk(
        volume_id=disk.id,
        storage_path=reached(guest.folder(disk)),
        index=link.index,
        size_mib=disk.disk_size,
        format=disk.disk_format,
        driver=link.driver or "virtio",
        cache=link.cache_mode or "none",
        boot_index=link.boot_index,
        iops=link.iops or disk.iops,
        bytes_per_s=link.bps or disk.throughput * MIB,
    )


def _nics(ctx: Context, guest: Guest, but: Sequence[str]) -> list[GuestNic]:
    where = eq("guest_id", guest.server.id)
    nics = ctx.tx.of(GUESTNETWORKS, PLATFORM).find(Query(where=where, order=(Order("index"),)))
    idents = [nic.network_id for nic in nics]
    networks = {n.id: n for n in ctx.tx.of(NETWORKS, PLATFORM).find(Query(where=one_of("id", idents)))}
    where = eq("host_id", guest.server.host_id)
    bridges = {row.wire_id: row.bridge for row in ctx.tx.of(HOSTWIRES, PLATFORM).find(Query(where=where))}
    plugged = [nic for nic in nics if nic.network_id in networks and nic.id not in but]
    functions = {one.network_index: one.addr for one in _passed(ctx, guest) if one.network_index >= 0}
    return [_nic(nic, networks[nic.network_id], bridges, functions.get(nic.index, "")) for nic in plugged]


def _nic(nic: Any, network: Any, bridges: Mapping[str, str], device: str) -> GuestNic:
    return GuestNic(
        index=nic.index,
        mac=nic.mac_addr,
        ip=nic.ip_addr,
        prefix=network.guest_ip_mask,
        gateway=network.guest_gateway or None,
        dns=tuple(part.strip() for part in network.guest_dns.split(",") if part.strip()),
        bridge=bridges.get(network.wire_id, ""),
        driver="virtio" if nic.driver in ("", PASSED) else nic.driver,
        rx_mbps=nic.rx_bw_limit or nic.bw_limit,
        tx_mbps=nic.tx_bw_limit or nic.bw_limit,
        queues=nic.num_queues,
        device=device,
        vlan=network.vlan_id if device and network.vlan_id > 1 else 0,
    )


def _devices(ctx: Context, guest: Guest, but: Sequence[str]) -> list[GuestDevice]:
    found = [one for one in _passed(ctx, guest) if one.network_index < 0 and one.id not in but]
    return [GuestDevice(device_id=one.id, kind=_kind(one), address=one.mdev_id or one.addr) for one in found]


def _passed(ctx: Context, guest: Guest) -> Sequence[Any]:
    """The devices of its host that a server has, those that are its cards among them."""
    if not guest.server.had_devices:
        return ()
    query = Query(where=eq("guest_id", guest.server.id), order=(Order("id"),))
    return ctx.tx.of(ISOLATED_DEVICES, PLATFORM).find(query)


def _medium(ctx: Context, guest: Guest) -> GuestMedium | None:
    server = guest.server
    if not server.cdrom_image_id:
        return None
    path = mounts_of(ctx, server.host_id, [server.cdrom_storage_id]).get(server.cdrom_storage_id, "")
    return GuestMedium(image_id=server.cdrom_image_id, storage_path=reached(path), boot_index=server.cdrom_boot_index)


def _pin(pin: Pin) -> GuestPin:
    own = len(pin.cpus) - pin.extra
    return GuestPin(node=pin.node, cpus=pin.cpus[:own], memory_mib=pin.memory_mib, extra=pin.cpus[own:])


def _kind(device: Any) -> str:
    return "mdev" if device.mdev_id else "usb" if device.dev_type.startswith("USB") else "pci"


def _seed(ctx: Context, guest: Guest) -> tuple[tuple[str, str], ...]:
    """Without the password and the owner's part, which are added on the way to the host."""
    server = guest.server
    hostname = server.hostname or derive_hostname(server.name)
    keypair = ctx.tx.of(KEYPAIRS, PLATFORM).get(server.keypair_id) if server.keypair_id else None
    keys = [keypair.public_key] if keypair is not None else []
    instance = f"{server.id}-{server.deployments}" if server.deployments else server.id
    return (("meta-data", meta_data(instance, hostname, keys)), ("user-data", cloud_config(hostname, keys)))

"""Changing the size of a server: processors, memory, disks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.model.errors import (
    Contention,
    InsufficientResourceError,
    InvalidInputError,
    InvalidStatusError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.query import PLATFORM
from cloudcore.model.reading import read_flag, read_int
from cloudcore.operations.access import fetch_for
from cloudcore.operations.allowances import for_move
from cloudcore.operations.begin import check_idle, start_transition
from cloudcore.operations.deciding import decide
from cloudcore.operations.occupants import occupants_of
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.platform import Platform
from cloudcore.operations.room import limits_for
from cloudcore.operations.servers.devices import devices_of
from cloudcore.operations.servers.disks import charge_disks, free_indexes, is_on, links_of, make_disks
from cloudcore.operations.servers.moving import described
from cloudcore.operations.servers.resize import growth
from cloudcore.operations.servers.size import find_size
from cloudcore.operations.shares import free_in_words, resized_pins
from cloudcore.operations.veil import hosts_shown, veil
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import hold_hosts, resize_host
from cloudcore.quotas.ledger import charge
from cloudcore.resources.compute.disk import DISKS
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.spec import DiskSpec, collect, parse_disk, parse_memory_mib, parse_vcpu_count
from cloudcore.resources.image.image import IMAGES
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.host.nodes import keeps_nodes
from cloudcore.scheduling import Occupant, Request, schedule
from cloudcore.scheduling.claims import with_kept
from cloudcore.scheduling.relaxation import without

SIZES = ("vcpu_count", "vmem_size", "instance_type")
_LATER = ("set_traffic_limits", "reset_traffic_limits")
_FIXED = ("cpu_sockets", "extra_cpu_count")
_NEVER_0 = ("vcpu_count", "ncpu_count", "vmem_size", "cpu_sockets")
_ASKED = ("vcpu_count", "ncpu_count", "vmem_size", "instance_type", "sku", "flavor", "disks", "disk.0")


def change_config(platform: Platform, tx: Transaction, caller: Caller, server: Any, body: JsonMapping) -> None:
    """Begin to change the size of a server on the host where it is.

    Raises:
        InvalidInputError: names the field that is wrong.
        InvalidStatusError: it runs and would shrink, and may not be stopped.
        InsufficientResourceError: its host or a storage has no room; says how much there is.
        OutOfQuotaError: a limit would be exceeded.
    """
    after = _sizes(tx, server, body)
    before = {key: getattr(server, key) for key in SIZES}
    stop = is_on(server) and read_flag(body, "force_stop")
    start = read_flag(body, "auto_start") and (stop or not is_on(server))
    grown, fresh, links = _disks(tx, server, body)
    more = {key: after[key] - before[key] for key in SIZES[:2]}
    if is_on(server) and not stop and min(more.values()) < 0:
        field = min(more, key=lambda key: more[key])
        raise InvalidStatusError(f"server {server.name} runs and cannot shrink: send force_stop", field=field)
    check_idle(tx, SERVERS, server)
    grow = {disk.id: _grown(platform, tx, caller, server, disk, spec) for disk, spec in grown}
    delta = sum(size - disk.disk_size for (disk, _), size in zip(grown, grow.values(), strict=True))
    made = make_disks(platform, tx, caller, server, fresh, taken=[link.index for link in links]) if fresh else []
    _admit(platform, tx, caller, server, vcpus=max(more["vcpu_count"], 0), memory_mib=max(more["vmem_size"], 0))
    before["cpu_numa_pin"] = server.cpu_numa_pin
    after["cpu_numa_pin"] = _pins(platform, tx, server, after, stops=stop)
    params: JsonObject = {
        "before": before,
        "after": after,
        "grow": {disk.id: grow[disk.id] for disk, _ in grown if grow[disk.id] > disk.disk_size},
        "disk_ids": [disk.id for disk in made],
        "stop": stop,
        "start": start,
    }
    start_transition(platform, tx, caller, SERVERS, server, "change-config", params)
    wanted = {
        "cpu": max(more["vcpu_count"], 0),
        "memory": max(more["vmem_size"], 0),
        "storage": delta,
    }
    grown_of = {SERVERS.plural: [server.id], DISKS.plural: list(grow)}
    charge(tx, server.domain_id, server.tenant_id, wanted, lambda: grown_of, inserted=False)
    charge_disks(tx, server, made)


def _sizes(tx: Transaction, server: Any, sent: JsonMapping) -> JsonObject:
    """The sizes that the server shall have. Clients send 0 for one that was not said."""
    body = {key: value for key, value in sent.items() if key not in _NEVER_0 or value not in (0, "0")}
    for key in _LATER:
        if body.get(key):
            raise NotSupportedError(f"{key} is not supported", field=key)
    for key in _FIXED:
        if body.get(key) not in (None, "") and read_int(body[key], key) != getattr(server, key):
            raise NotSupportedError(f"{key} cannot be changed", field=key)
    if all(body.get(key) in (None, "", []) for key in _ASKED):
        reason = "nothing to change: send vcpu_count, vmem_size, instance_type or disks"
        raise MissingParameterError(reason, field="vcpu_count")
    vcpus = parse_vcpu_count({key: value for key, value in body.items() if value != ""})
    memory = parse_memory_mib(body["vmem_size"]) if body.get("vmem_size") not in (None, "") else None
    found = _sku(tx, server, body)
    if found is not None:
        if vcpus not in (None, found.cpu_core_count) or memory not in (None, found.memory_size_mb):
            raise InvalidInputError(
                f"instance_type {found.name} has {found.cpu_core_count} CPUs and {found.memory_size_mb} MiB",
                field="instance_type",
            )
        vcpus, memory = found.cpu_core_count, found.memory_size_mb
    after = {
        "vcpu_count": vcpus if vcpus is not None else server.vcpu_count,
        "vmem_size": memory if memory is not None else server.vmem_size,
    }
    driver_for(server.hypervisor).check_size(after["vcpu_count"], after["vmem_size"])
    same = all(after[key] == getattr(server, key) for key in SIZES[:2])
    after["instance_type"] = found.name if found is not None else server.instance_type if same else ""
    _check_image(tx, server, after["vmem_size"])
    return after


def _sku(tx: Transaction, server: Any, body: JsonMapping) -> Any:
    named = body.get("instance_type") or body.get("sku") or body.get("flavor")
    if not named:
        return None
    host = tx.of(HOSTS, PLATFORM).get(server.host_id) if server.host_id else None
    return find_size(tx, named, host.zone_id if host is not None else "")


def _check_image(tx: Transaction, server: Any, memory_mib: int) -> None:
    """Keep what the image of its system disk needs; a server that has less already may keep that."""
    links = links_of(tx, server)
    disk = tx.of(DISKS, PLATFORM).get(links[0].disk_id) if links else None
    image = tx.of(IMAGES, PLATFORM).get(disk.template_id) if disk is not None and disk.template_id else None
    if image is not None and memory_mib < min(image.min_ram, server.vmem_size):
        raise OutOfRangeError(
            f"vmem_size must be at least {image.min_ram} MiB for image {image.name}", field="vmem_size"
        )


def _disks(
    tx: Transaction, server: Any, body: JsonMapping
) -> tuple[list[tuple[Any, DiskSpec]], list[DiskSpec], Sequence[Any]]:
    """The disks that are there with what is wanted of them, what is wanted of further ones, and the present links."""
    links = links_of(tx, server)
    present = {link.index: link.disk_id for link in links}
    free = free_indexes(links)
    grown: list[tuple[Any, DiskSpec]] = []
    fresh: list[DiskSpec] = []
    for place, entry in enumerate(collect(body, plural="disks", legacy="disk")):
        spec = parse_disk(entry, links[place].index if place < len(links) else next(free))
        ident = spec.disk_id or present.get(spec.index, "")
        if not ident:
            fresh.append(spec)
            continue
        if ident not in present.values():
            raise InvalidInputError(
                f"disks.{place}.disk_id: the server has no such disk", field=f"disks.{place}.disk_id"
            )
        if ident in [disk.id for disk, _ in grown]:
            raise InvalidInputError(f"disks.{place}: names a disk twice", field=f"disks.{place}")
        disk = tx.of(DISKS, PLATFORM).get(ident)
        if disk is not None:
            grown.append((disk, spec))
    return grown, fresh, links


def _grown(platform: Platform, tx: Transaction, caller: Caller, server: Any, disk: Any, spec: DiskSpec) -> int:
    """The size that a present disk shall have; its growth is claimed."""
    if spec.size_mib is None or spec.size_mib == disk.disk_size:
        return int(disk.disk_size)
    fetch_for(platform, tx, caller, DISKS, disk.id, "update")
    return growth(platform, tx, disk, server, spec.size_mib, f"disks.{spec.index}.size")


def _admit(platform: Platform, tx: Transaction, caller: Caller, server: Any, *, vcpus: int, memory_mib: int) -> None:
    """Claim what the server grows by of its host, or say in the scheduler's words why it does not fit in its new size."""
    if not vcpus and not memory_mib:
        return
    host = tx.of(HOSTS, PLATFORM).get(server.host_id) if server.host_id else None
    if host is None:
        raise InvalidStatusError(f"server {server.name} is on no host", field="status")
    has_devices = bool(devices_of(tx, server))
    request = _grown_request(caller, server, host, vcpus=vcpus, memory_mib=memory_mib)
    inventory = inventory_of(tx, platform.settings, host_type=request.host_type, networks=(), host_id=host.id)
    if has_devices:
        inventory = with_kept(inventory, {})
    held = Occupant(id=server.id, host_id=host.id, vcpus=_vcpus(server), memory_mib=server.vmem_size)

    def others() -> list[Occupant]:
        return [one for one in occupants_of(platform, tx, caller, request) if one.id != server.id]

    try:
        decide(without(inventory, held), request, others)
    except InsufficientResourceError as error:
        raise _no_room(platform, tx, caller, server, request, error) from error
    cpu_limit, memory_limit = limits_for(tx, host, platform.settings, has_devices=has_devices)
    fits = resize_host(tx, host.id, vcpus=vcpus, memory_mib=memory_mib, cpu_limit=cpu_limit, memory_limit=memory_limit)
    if not fits:
        raise Contention("the room was taken by others", internal=host.id)


def _grown_request(caller: Caller, server: Any, host: Any, *, vcpus: int, memory_mib: int) -> Request:
    """The server in its new size on its host."""
    driver = driver_for(server.hypervisor)
    return Request(
        vcpus=_vcpus(server) + vcpus,
        memory_mib=server.vmem_size + memory_mib,
        least_vcpus=_vcpus(server),
        least_memory_mib=server.vmem_size,
        hypervisor=driver.hypervisor if driver.host_type == "hypervisor" else driver.host_type,
        prefer_host=host.id,
        project_id=server.tenant_id,
        domain_id=server.domain_id,
        is_admin=True,
        seed=caller.request_id,
        # The server is on its host already, whatever else that may take; its nodes are chosen for all of it.
        ignore_filters=frozenset({"resource_type", "host_domain", "host_numa", "class_metadata"}),
    )


def _no_room(
    platform: Platform, tx: Transaction, caller: Caller, server: Any, request: Request, error: InsufficientResourceError
) -> InsufficientResourceError:
    """Why its host has no room for it, and whether another one has to which it could move first."""
    size = f"{request.vcpus} CPUs and {request.memory_mib} MiB"
    found, helps = dict(error.data), ""
    (guest,) = described(platform, tx, [server])
    if not guest.stuck:
        elsewhere = attrs.evolve(guest.request, vcpus=request.vcpus, memory_mib=request.memory_mib)
        inventory = inventory_of(tx, platform.settings, host_type=elsewhere.host_type, networks=[])
        if schedule(inventory, for_move(tx, server, elsewhere)).refusal is None:
            helps = "; another host has room for it: migrate it first"
            found["relaxations"] = [*found.get("relaxations", []), "on another host, after `migrate`"]
    return InsufficientResourceError(
        f"server {server.name} does not get {size} on its host: {error}{helps}",
        data=veil(found, hosts_shown(platform, tx, caller)),
    )


def _vcpus(server: Any) -> int:
    return int(server.vcpu_count + server.extra_cpu_count)


def _pins(platform: Platform, tx: Transaction, server: Any, after: JsonMapping, *, stops: bool) -> list[Any]:
    """What the server has of NUMA nodes in its new size; what that is more is claimed."""
    present: list[Any] = server.cpu_numa_pin
    host = tx.of(HOSTS, PLATFORM).get(server.host_id) if server.host_id else None
    is_same = all(after[key] == getattr(server, key) for key in SIZES[:2])
    if is_same or host is None or not (present or keeps_nodes(host)):
        return present
    if is_on(server) and not stops:
        raise InvalidStatusError(
            f"server {server.name} is kept on NUMA nodes: it changes its size while it is off; send force_stop",
            field="vcpu_count",
        )
    hold_hosts(tx, [host.id])
    extra = int(server.extra_cpu_count)
    request = Request(vcpus=after["vcpu_count"] + extra, memory_mib=after["vmem_size"])
    pins = resized_pins(tx, platform.settings, host, request, before=present, extra=extra)
    if pins is None:
        raise InsufficientResourceError(
            f"server {server.name} does not fit on NUMA nodes of its host in equal parts: {request.vcpus} CPUs and "
            f"{request.memory_mib} MiB, free on {free_in_words(tx, platform.settings, host, present)}",
            field="vcpu_count",
        )
    return pins

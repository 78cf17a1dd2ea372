"""What a caller wants of a new server: read, checked against the driver, and looked up within what he may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import (
    InvalidInputError,
    MissingParameterError,
    NotSupportedError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.names import validate_hostname
from cloudcore.model.reading import read_bool, read_str
from cloudcore.model.wire import read_create
from cloudcore.operations.access import fetch, reach
from cloudcore.operations.creating import owner
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.login import default_account, read_login, read_user_data
from cloudcore.operations.servers.source import Source, disk_size, disk_source, like_snapshot, located
from cloudcore.operations.tags import tags_sent
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.drivers import Driver, driver_for
from cloudcore.resources.compute.server import SERVERS
from cloudcore.resources.compute.spec import (
    DiskSpec,
    NicSpec,
    collect,
    parse_disk,
    parse_memory_mib,
    parse_nic,
    parse_vcpu_count,
)
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.wire import WIRES
from cloudcore.scheduling import DiskRequest, NicRequest, Request

_LATER = (
    *("isolated_devices", "isolated_device.0", "baremetal_disk_configs", "groups", "schedtags", "schedtag.0", "backup"),
    *("instance_backup_id", "guest_image_id", "cdrom", "eip", "eip_bw", "public_ip_bw", "pod"),
    *("kickstart_config", "encrypt_key_id", "encrypt_key_new", "deploy_configs", "instance_type", "sku", "flavor"),
    *("secgroups", "secgrp_id", "backup_host", "prefer_backup_host"),
)
_PREFER = (("prefer_zone", ZONES), ("prefer_host", HOSTS), ("prefer_wire", WIRES))


@attrs.frozen(kw_only=True)
class Wanted:
    """A checked wish. draft: the server's own columns, without name and place; sources: by disk index."""

    driver: Driver
    draft: JsonObject
    owner: JsonObject
    disks: tuple[DiskSpec, ...]
    sizes: tuple[int, ...]
    sources: tuple[Source | None, ...]
    nics: tuple[NicSpec, ...]
    request: Request
    auto_start: bool
    name: str
    generate_name: str


def read_wanted(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, count: int) -> Wanted:
    """Read a create body.

    Raises:
        InvalidInputError: names the field that is wrong.
        ResourceNotFoundError: an image, network or other reference is not there, or not for the caller.
        NotSupportedError: something that this release does not do.
        ForbiddenError: he may not create servers.
    """
    granted = reach(platform, caller, SERVERS, "create")
    body = like_snapshot(platform, tx, caller, body)
    for key in _LATER:
        if body.get(key) not in (None, "", [], {}, False):
            raise NotSupportedError(f"{key} is not supported when creating a server", field=key)
    driver = driver_for(str(body.get("hypervisor") or "kvm"))
    draft = _columns(tx, platform, caller, body, driver, granted.scope)
    disks = _disks(body, driver)
    sources = tuple(disk_source(platform, tx, caller, disk, driver) for disk in disks)
    disks = tuple(located(disk, source) for disk, source in zip(disks, sources, strict=True))
    sizes = tuple(disk_size(disk, source, driver) for disk, source in zip(disks, sources, strict=True))
    nics = _nics(platform, tx, caller, body, driver)
    belongs = owner(platform, caller, SERVERS, body, granted.scope)
    _take_from_source(draft, sources[0], draft["vmem_size"])
    return Wanted(
        driver=driver,
        draft=draft,
        owner=belongs,
        disks=disks,
        sizes=sizes,
        sources=sources,
        nics=nics,
        request=_request(platform, tx, caller, body, draft, driver, disks, sizes, nics, belongs, count, granted.scope),
        auto_start=read_bool(body.get("auto_start") or False, "auto_start"),
        name=read_str(body.get("name") or "", "name", 128),
        generate_name=read_str(body.get("generate_name") or "", "generate_name", 128),
    )


def _columns(
    tx: Transaction, platform: Platform, caller: Caller, body: JsonMapping, driver: Driver, scope: Scope
) -> JsonObject:
    sized = {k: v for k, v in body.items() if k not in ("vmem_size", "vcpu_count", "ncpu_count")}
    if sized.get("cpu_sockets") in (0, "0"):
        # Clients in Go send what was not given as 0.
        del sized["cpu_sockets"]
    if body.get("vmem_size") in (None, ""):
        raise MissingParameterError("vmem_size is missing", field="vmem_size")
    memory = parse_memory_mib(body["vmem_size"])
    sized["vmem_size"] = memory
    sized["vcpu_count"] = parse_vcpu_count(body) or 1
    draft = read_create(SERVERS, sized, admin=scope.covers(Scope.DOMAIN))
    draft.pop("name", None)
    driver.check_size(draft["vcpu_count"], memory)
    draft["bios"] = driver.choose("bios", draft.get("bios") or "")
    draft["vga"] = driver.choose("vga", draft.get("vga") or "")
    draft["vdi"] = driver.choose("vdi", draft.get("vdi") or "")
    draft["machine"] = driver.choose("machines", draft["machine"]) if draft.get("machine") else ""
    if draft.get("hostname"):
        windows = str(draft.get("os_type") or "").lower() == "windows"
        draft["hostname"] = validate_hostname(draft["hostname"], windows=windows)
    draft["hypervisor"] = driver.hypervisor
    draft["user_data"] = read_user_data(body)
    draft["metadata"] = tags_sent(body)
    draft.update(read_login(platform, tx, caller, body, draft.get("os_type") or ""))
    if draft.get("login_password"):
        draft["login_account"] = draft.get("login_account") or default_account(draft.get("os_type") or "")
        draft["login_updated_at"] = tx.now
    return draft


def _disks(body: JsonMapping, driver: Driver) -> tuple[DiskSpec, ...]:
    entries = collect(body, plural="disks", legacy="disk")
    if not entries:
        raise MissingParameterError("a server needs a disk with an image", field="disks")
    driver.check_counts(len(entries), 0)
    disks = tuple(sorted((parse_disk(entry, n) for n, entry in enumerate(entries)), key=lambda disk: disk.index))
    check_apart("disks", [disk.index for disk in disks])
    check_boot_order(disks, ())
    if disks[0].index != 0:
        raise InvalidInputError(
            "disks.0: one disk has to have index 0: the system starts from it", field="disks.0.index"
        )
    for disk in disks:
        check_disk(disk)
    return disks


def check_apart(plural: str, indexes: Sequence[int]) -> None:
    """Refuse two entries at one position.

    Raises:
        InvalidInputError: names the second one.
    """
    for place, index in enumerate(indexes):
        if index in indexes[:place]:
            raise InvalidInputError(f"{plural}.{index}.index: there is another one", field=f"{plural}.{index}.index")


def check_boot_order(disks: Sequence[DiskSpec], taken: Sequence[int]) -> None:
    """Refuse two disks at one place in the boot order. taken: places of disks that are there.

    Raises:
        InvalidInputError: names the second one.
    """
    known = [place for place in taken if place >= 0]
    for disk in disks:
        if disk.boot_index is None or disk.boot_index < 0:
            continue
        if disk.boot_index in known:
            where = f"disks.{disk.index}.boot_index"
            raise InvalidInputError(f"{where}: another disk boots at position {disk.boot_index}", field=where)
        known.append(disk.boot_index)


def check_disk(disk: DiskSpec) -> None:
    """Refuse what this release does not do with a new disk.

    Raises:
        NotSupportedError: names the field.
    """
    for name in ("backup_id", "disk_id", "existing_path", "image_encrypt_key_id"):
        if getattr(disk, name):
            raise NotSupportedError(f"disks.{disk.index}.{name} is not supported", field=f"disks.{disk.index}.{name}")
    if disk.schedtags:
        raise NotSupportedError("schedtags of disks are not supported", field=f"disks.{disk.index}.schedtags")
    if (disk.image_id or disk.snapshot_id) and disk.format not in ("", "qcow2"):
        raise NotSupportedError("a disk with an image or a snapshot is qcow2", field=f"disks.{disk.index}.format")


def _nics(
    platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, driver: Driver
) -> tuple[NicSpec, ...]:
    entries = collect(body, plural="nets", legacy="net") or [{"exit": False}]
    driver.check_counts(1, len(entries))
    nics = tuple(parse_nic(entry, index) for index, entry in enumerate(entries))
    check_apart("nets", [nic.index for nic in nics])
    found: list[NicSpec] = []
    for nic in nics:
        check_card(nic)
        network = card_network(platform, tx, caller, nic) if nic.network else ""
        found.append(attrs.evolve(nic, network=network))
    return tuple(found)


def check_card(nic: NicSpec) -> None:
    """Refuse what this release does not do with a new card.

    Raises:
        NotSupportedError: names the field.
    """
    if nic.sriov_device or nic.require_teaming or nic.vip or nic.reserved or nic.address6 or nic.require_ipv6:
        raise NotSupportedError(
            "SR-IOV, teaming, virtual, reserved and IPv6 addresses are not supported", field=f"nets.{nic.index}"
        )


def card_network(platform: Platform, tx: Transaction, caller: Caller, nic: NicSpec) -> str:
    """The id of the network that a new card names.

    Raises:
        ResourceNotFoundError: it is not there, or not for the caller.
    """
    try:
        return str(fetch(platform, tx, caller, NETWORKS, nic.network).id)
    except ResourceNotFoundError as error:
        where = f"nets.{nic.index}.network"
        raise ResourceNotFoundError(f"network {nic.network[:128]} not found", field=where) from error


def _take_from_source(draft: JsonObject, source: Source | None, memory: int) -> None:
    if source is None:
        return
    if memory < source.min_ram:
        raise OutOfRangeError(f"vmem_size must be at least {source.min_ram} MiB for {source.what}", field="vmem_size")
    draft.setdefault("os_type", source.os_type)
    if not draft.get("os_arch"):
        draft["os_arch"] = source.os_arch or "x86_64"


def _request(
    platform: Platform,
    tx: Transaction,
    caller: Caller,
    body: JsonMapping,
    draft: JsonObject,
    driver: Driver,
    disks: Sequence[DiskSpec],
    sizes: Sequence[int],
    nics: Sequence[NicSpec],
    belongs: JsonObject,
    count: int,
    scope: Scope,
) -> Request:
    preferred = {name: _preferred(platform, tx, caller, body, name, kind) for name, kind in _PREFER}
    region = body.get("prefer_region") or body.get("prefer_region_id") or ""
    if count > 1 and any(nic.address for nic in nics):
        raise InvalidInputError("one address cannot be given to several servers", field="nets")
    return Request(
        count=count,
        vcpus=draft["vcpu_count"] + draft.get("extra_cpu_count", 0),
        memory_mib=draft["vmem_size"],
        disks=tuple(
            DiskRequest(size_mib=size, backend=d.backend, medium=d.medium, storage_id=d.storage_id, index=d.index)
            for d, size in zip(disks, sizes, strict=True)
        ),
        nets=tuple(
            NicRequest(network_id=n.network, exit=n.exit, private=n.private, address=n.address, index=n.index)
            for n in nics
        ),
        hypervisor=driver.hypervisor if driver.host_type == "hypervisor" else driver.host_type,
        arch=draft.get("os_arch", ""),
        resource_type=read_str(body.get("resource_type") or "shared", "resource_type", 32),
        prefer_region=read_str(region, "prefer_region", 128),
        prefer_zone=preferred["prefer_zone"],
        prefer_wire=preferred["prefer_wire"],
        prefer_host=preferred["prefer_host"],
        project_id=belongs["tenant_id"],
        domain_id=belongs["domain_id"],
        is_admin=scope is Scope.SYSTEM,
        is_domain_admin=scope is Scope.DOMAIN,
        seed=caller.request_id,
    )


def _preferred(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, name: str, kind: Any) -> str:
    value = body.get(name) or body.get(f"{name}_id")
    return str(fetch(platform, tx, caller, kind, read_str(value, name, 128)).id) if value else ""

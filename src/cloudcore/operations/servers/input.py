"""What a caller wants of a new server: read, checked against the driver, and looked up within what he may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from cloudcore.auth.caller import Caller
from cloudcore.auth.scopes import Scope
from cloudcore.model.errors import (
    ForbiddenError,
    InvalidInputError,
    MissingParameterError,
    OutOfRangeError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.model.names import validate_hostname
from cloudcore.model.param import read_params
from cloudcore.model.reading import read_flag, read_list_of_str, read_str, said
from cloudcore.model.wire import read_create
from cloudcore.operations.access import fetch, fetch_for, reach
from cloudcore.operations.classes import classes_of_projects
from cloudcore.operations.creating import owner
from cloudcore.operations.guest_saving import like_guest_image
from cloudcore.operations.platform import Platform
from cloudcore.operations.servers.billing import read_terms
from cloudcore.operations.servers.bonds import Bonds, read_bonds
from cloudcore.operations.servers.devices import read_devices
from cloudcore.operations.servers.existing import Existing, read_existing
from cloudcore.operations.servers.files import read_deploy_configs
from cloudcore.operations.servers.functions import check_functions, read_function
from cloudcore.operations.servers.login import default_account, read_login, read_user_data
from cloudcore.operations.servers.marks import Marks, read_marks
from cloudcore.operations.servers.media import Medium, read_medium
from cloudcore.operations.servers.parts import disk_requests, given_of, nic_requests, read_nodes
from cloudcore.operations.servers.size import SIZE_KEYS, size_of, sold_where
from cloudcore.operations.servers.source import Source, disk_size, disk_source, like_snapshot, located
from cloudcore.operations.servers.unsupported import check_card, check_disk, check_server
from cloudcore.operations.tags import first_tags
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.drivers import Driver, driver_for
from cloudcore.resources.compute.server import SERVERS, check_boot_devices
from cloudcore.resources.compute.spec import (
    DiskSpec,
    NicSpec,
    check_boot_order,
    collect,
    parse_disk,
    parse_nic,
)
from cloudcore.resources.infrastructure.cloudregion import CLOUDREGIONS
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.resources.infrastructure.zone import ZONES
from cloudcore.resources.network.network import NETWORKS
from cloudcore.resources.network.wire import WIRES
from cloudcore.resources.storage.storage import STORAGES
from cloudcore.scheduling import Request
from cloudcore.scheduling.switches import as_counted

_SHOWN = ("vcpu_count", "vmem_size", "hypervisor")
"""What conditions of policies see as it was understood, and not as it was sent."""
_PREFER = (("prefer_region", CLOUDREGIONS), ("prefer_zone", ZONES), ("prefer_host", HOSTS), ("prefer_wire", WIRES))
_RESOURCE_TYPES = ("shared", "dedicated", "prepaid", "prepaid_recycle")
"""How hosts are given out."""


@attrs.frozen(kw_only=True)
class Wanted:
    """A checked wish.

    draft: the server's own columns, without name and place; sources: by disk index; bonds: what it is tied to.
    """

    driver: Driver
    draft: JsonObject
    owner: JsonObject
    disks: tuple[DiskSpec, ...]
    existing: tuple[Existing, ...]
    sizes: tuple[int, ...]
    sources: tuple[Source | None, ...]
    nics: tuple[NicSpec, ...]
    medium: Medium | None
    bonds: Bonds
    request: Request
    auto_start: bool
    name: str
    generate_name: str


def read_wanted(
    platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, count: int, *, placing: bool = False
) -> Wanted:
    """Read a create body.

    placing: only a place is asked for, so that disks may be empty or left out.

    Raises:
        InvalidInputError: names the field that is wrong.
        ResourceNotFoundError: an image, network or other reference is not there, or not for the caller.
        NotSupportedError: something that this release does not do.
        ForbiddenError: he may not create servers.
    """
    granted = reach(platform, caller, SERVERS, "create")
    read_params(SERVERS.extra_params, body)
    body = like_guest_image(platform, tx, caller, like_snapshot(platform, tx, caller, body))
    check_server(body, placing=placing)
    driver = driver_for(read_str(said(body, "hypervisor", otherwise="kvm"), "hypervisor", 16))
    medium = read_medium(platform, tx, caller, body, driver)
    if placing or medium is not None:
        driver = attrs.evolve(driver, needs_image=False)
    draft = _columns(tx, platform, caller, body, driver, granted.scope)
    belongs = owner(platform, caller, SERVERS, body, granted.scope)
    named = _disks(body, driver, needed=not placing)
    existing = read_existing(platform, tx, caller, named, belongs, count)
    disks = tuple(_stored(platform, tx, caller, disk) for disk in named if not disk.disk_id)
    sources = tuple(disk_source(platform, tx, caller, disk, driver) for disk in disks)
    disks = tuple(located(disk, source) for disk, source in zip(disks, sources, strict=True))
    sizes = tuple(disk_size(disk, source, driver) for disk, source in zip(disks, sources, strict=True))
    nics = _nics(platform, tx, caller, body, driver)
    _take_from_source(draft, sources[0] if sources else None, draft["vmem_size"])
    driver.check_machine(draft.get("machine") or "", draft.get("os_arch") or "x86_64")
    bonds = read_bonds(platform, tx, caller, body, belongs, count, nics)
    bonds = attrs.evolve(bonds, marks=(*bonds.marks, *(one.mark for one in existing)))
    shown = {**body, **{key: draft[key] for key in _SHOWN}}
    marks = read_marks(platform, tx, caller, shown, belongs, disks, nics)
    return Wanted(
        driver=driver,
        draft=draft,
        owner=belongs,
        disks=disks,
        existing=existing,
        sizes=sizes,
        sources=sources,
        nics=nics,
        medium=medium,
        bonds=bonds,
        request=_request(
            *(platform, tx, caller, body, draft, driver, disks, sizes, sources),
            *(nics, bonds, marks, belongs, count, granted.scope),
        ),
        auto_start=read_flag(body, "auto_start"),
        name=_text(body, "name"),
        generate_name=_text(body, "generate_name"),
    )


def _text(body: JsonMapping, name: str) -> str:
    return "" if body.get(name) is None else read_str(body[name], name, 128)


def _columns(
    tx: Transaction, platform: Platform, caller: Caller, body: JsonMapping, driver: Driver, scope: Scope
) -> JsonObject:
    sized = {k: v for k, v in body.items() if k not in SIZE_KEYS}
    if sized.get("cpu_sockets") in (0, "0"):
        # Clients in Go send what was not given as 0.
        del sized["cpu_sockets"]
    zone = _preferred(platform, tx, caller, body, "prefer_zone", ZONES)
    sized.update(size_of(tx, body, zone))
    memory = sized["vmem_size"]
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
    if draft.get("boot_order"):
        check_boot_devices(draft["boot_order"])
    if draft.get("src_mac_check") is False:
        draft["src_ip_check"] = False
    draft["user_data"] = read_user_data(body)
    draft["metadata"] = first_tags(body)
    draft["deploy_configs"] = read_deploy_configs(body)
    draft.update(read_terms(body, tx.now))
    draft.update(read_login(platform, tx, caller, body, draft.get("os_type") or ""))
    if draft.get("login_password"):
        draft["login_account"] = draft.get("login_account") or default_account(draft.get("os_type") or "")
        draft["login_updated_at"] = tx.now
    return draft


def _disks(body: JsonMapping, driver: Driver, *, needed: bool) -> tuple[DiskSpec, ...]:
    entries = collect(body, plural="disks", legacy="disk")
    if not entries and not needed:
        return ()
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
        check_disk(disk, placed=True)
    return disks


def _stored(platform: Platform, tx: Transaction, caller: Caller, disk: DiskSpec) -> DiskSpec:
    """The disk with the id of the storage that it names; who may not look at storages names it by its id alone.

    Raises:
        ResourceNotFoundError: there is no such storage, or not for the caller.
    """
    where = f"disks.{disk.index}.storage_id"
    try:
        found = str(fetch(platform, tx, caller, STORAGES, disk.storage_id).id) if disk.storage_id else ""
    except ForbiddenError:
        return disk
    except ResourceNotFoundError as error:
        raise ResourceNotFoundError(f"{where}: storage {disk.storage_id[:64]} not found", field=where) from error
    return attrs.evolve(disk, storage_id=found)


def check_apart(plural: str, indexes: Sequence[int]) -> None:
    """Refuse two entries at one position.

    Raises:
        InvalidInputError: names the second one.
    """
    for place, index in enumerate(indexes):
        if index in indexes[:place]:
            raise InvalidInputError(f"{plural}.{index}.index: there is another one", field=f"{plural}.{index}.index")


def _nics(
    platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, driver: Driver
) -> tuple[NicSpec, ...]:
    entries = collect(body, plural="nets", legacy="net") or [{"exit": False}]
    driver.check_counts(1, len(entries))
    nics = tuple(parse_nic(entry, index) for index, entry in enumerate(entries))
    check_apart("nets", [nic.index for nic in nics])
    found: list[NicSpec] = []
    for nic in nics:
        check_card(nic, placed=True)
        network = card_network(platform, tx, caller, nic) if nic.network else ""
        wire = str(fetch(platform, tx, caller, WIRES, nic.wire).id) if nic.wire else ""
        if nic.reserved:
            check_reserved(platform, tx, caller, nic, network)
        device = read_function(platform, tx, caller, nic.sriov_device, nic.index)
        found.append(attrs.evolve(nic, network=network, wire=wire, sriov_device=device))
    check_functions(found)
    return tuple(found)


def check_reserved(platform: Platform, tx: Transaction, caller: Caller, nic: NicSpec, network: str) -> None:
    """Refuse to take an address that is kept from being given out, of who may not give it back.

    Raises:
        MissingParameterError: the card names no address, or no network.
        ForbiddenError: he may not give addresses of the network back.
    """
    missing = "" if nic.address else "address"
    if missing or not network:
        where = f"nets.{nic.index}.{missing or 'network'}"
        raise MissingParameterError(f"{where} is missing: say which reserved address", field=where)
    fetch_for(platform, tx, caller, NETWORKS, network, "perform", "release-reserved-ip")


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
    if draft.get("keypair_id") and str(draft["os_type"]).lower() == "windows":
        raise InvalidInputError("a Windows server takes no SSH key", field="keypair")
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
    sources: Sequence[Source | None],
    nics: Sequence[NicSpec],
    bonds: Bonds,
    marks: Marks,
    belongs: JsonObject,
    count: int,
    scope: Scope,
) -> Request:
    preferred = {name: _preferred(platform, tx, caller, body, name, kind) for name, kind in _PREFER}
    if count > 1 and any(nic.address for nic in nics):
        raise InvalidInputError("one address cannot be given to several servers", field="nets")
    zones, regions = sold_where(tx, body, preferred["prefer_zone"])
    request = Request(
        count=count,
        vcpus=draft["vcpu_count"] + draft.get("extra_cpu_count", 0),
        memory_mib=draft["vmem_size"],
        disks=disk_requests(disks, sizes, sources, marks, driver),
        nets=nic_requests(nics, marks),
        hypervisor=driver.hypervisor if driver.host_type == "hypervisor" else driver.host_type,
        arch=draft.get("os_arch", ""),
        resource_type=_resource_type(body),
        prefer_region=preferred["prefer_region"],
        prefer_zone=preferred["prefer_zone"],
        prefer_zones=_zones(platform, tx, caller, body),
        size_zones=zones,
        size_regions=regions,
        classes=classes_of_projects(platform, [belongs["tenant_id"]])[belongs["tenant_id"]],
        source_classes=next((one.classes for one in sources[:1] if one is not None), None),
        marks=(*marks.server, *bonds.marks),
        rooms=bonds.rooms,
        apart=bonds.apart if count > 1 else (),
        devices=read_devices(platform, tx, caller, body),
        prefer_wire=preferred["prefer_wire"],
        prefer_numa_nodes=read_nodes(body),
        prefer_host=preferred["prefer_host"],
        project_id=belongs["tenant_id"],
        domain_id=belongs["domain_id"],
        is_admin=scope is Scope.SYSTEM,
        is_domain_admin=scope is Scope.DOMAIN,
        seed=caller.request_id,
        given=given_of(draft, sources, bonds),
        least_memory_mib=max([driver.min_memory_mib, *(one.min_ram for one in sources[:1] if one is not None)]),
    )
    return as_counted(request)


def _preferred(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping, name: str, kind: Any) -> str:
    value = read_str(said(body, name, f"{name}_id"), name, 128)
    return _named(platform, tx, caller, kind, value, name) if value else ""


def _named(platform: Platform, tx: Transaction, caller: Caller, kind: Any, value: str, field: str) -> str:
    try:
        return str(fetch(platform, tx, caller, kind, value).id)
    except ResourceNotFoundError as error:
        raise ResourceNotFoundError(f"{kind.singular} {value[:64]} not found", field=field) from error


def _resource_type(body: JsonMapping) -> str:
    kind = read_str(said(body, "resource_type", otherwise="shared"), "resource_type", 32)
    if kind not in _RESOURCE_TYPES:
        known = ", ".join(_RESOURCE_TYPES)
        raise InvalidInputError(f"resource_type {kind!a} is none of {known}", field="resource_type")
    return kind


def _zones(platform: Platform, tx: Transaction, caller: Caller, body: JsonMapping) -> tuple[str, ...]:
    named = read_list_of_str(said(body, "prefer_zones", "prefer_zone_ids", otherwise=[]), "prefer_zones", 64, 128)
    return tuple(_named(platform, tx, caller, ZONES, name, f"prefer_zones.{n}") for n, name in enumerate(named))

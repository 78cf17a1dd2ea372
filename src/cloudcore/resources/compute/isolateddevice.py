"""Devices of hosts that one server has for itself: GPUs, disks, network cards, USB."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import DomainOwned, External, Sharable, entity
from cloudcore.model.errors import ConflictError, NotSupportedError, ResourceNotFoundError
from cloudcore.model.filter import ListFilter
from cloudcore.model.json import JsonObject
from cloudcore.model.query import PLATFORM, Expr, Like, Match, Query, both, either, eq, one_of
from cloudcore.model.resource import Action, Level, OnDelete, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute import server
from cloudcore.resources.compute.filters import DEVICE_FILTERS
from cloudcore.resources.infrastructure import host
from cloudcore.resources.network import wire

VENDORS = {"10de": "NVIDIA", "1002": "AMD", "8086": "Intel", "1e36": "Enflame", "19e5": "Huawei"}
"""PCI vendor ids of those who make accelerators; other vendors are shown by their id."""


@entity
class IsolatedDevice(Sharable, External, DomainOwned):
    """One device of one host; guest_id names the server that has it."""

    host_id: Annotated[
        str,
        Spec("Host", create=True, required=True, width=128, index=True),
        Ref("hosts", on_delete=OnDelete.CASCADE, show=("zone", "zone_id", "cloudregion", "cloudregion_id")),
    ]
    dev_type: Annotated[
        str, Spec("Kind, such as GPU-HPC", create=True, required=True, update=True, admin=True, width=16, index=True)
    ]
    sharing_mode: Annotated[str, Spec("How it is shared", create=True, update=True, admin=True, width=16)] = ""
    hot_pluggable: Annotated[bool, Spec("May come to a running server", create=True, update=True, admin=True)] = False
    model: Annotated[
        str, Spec("Model", create=True, required=True, update=True, admin=True, width=512, search=True, index=True)
    ]
    guest_id: Annotated[
        str | None,
        Spec("Server that has it", width=128, index=True),
        Ref("servers", on_delete=OnDelete.CLEAR, alias=("server", "server_id")),
    ] = None
    network_index: Annotated[int, Spec("Card that it is", show=Show.NEVER, minimum=-1)] = -1
    wire_id: Annotated[str, Spec("Wire of a network card", create=True, update=True, admin=True, width=128)] = ""
    ovs_offload_interface: Annotated[str, Spec("Interface", create=True, update=True, admin=True, width=16)] = ""
    is_infiniband_nic: Annotated[bool, Spec("An InfiniBand card", create=True)] = False
    nvme_size_mb: Annotated[int, Spec("Size", create=True, update=True, admin=True, unit=Unit.MIB)] = 0
    disk_index: Annotated[int, Spec("Disk that it is", show=Show.NEVER, minimum=-1)] = -1
    addr: Annotated[str, Spec("PCI or USB address", create=True, update=True, admin=True, width=64, index=True)] = ""
    device_path: Annotated[str, Spec("Path on the host", create=True, update=True, width=128)] = ""
    card_path: Annotated[str, Spec("Path of the card", create=True, update=True, width=128)] = ""
    render_path: Annotated[str, Spec("Path for rendering", create=True, update=True, width=128)] = ""
    index: Annotated[int, Spec("Number on the host", update=True, minimum=-1)] = -1
    device_minor: Annotated[int, Spec("Minor number", update=True, minimum=-1)] = -1
    mdev_id: Annotated[str, Spec("Mediated device", create=True, update=True, admin=True, width=36)] = ""
    frl: Annotated[str, Spec("Frame rate limit", create=True, update=True, admin=True, width=16)] = ""
    framebuffer: Annotated[str, Spec("Frame buffer", create=True, update=True, admin=True, width=16)] = ""
    max_resolution: Annotated[str, Spec("Resolution", create=True, update=True, admin=True, width=16)] = ""
    num_heads: Annotated[str, Spec("Displays", create=True, update=True, admin=True, width=16)] = ""
    max_instance: Annotated[str, Spec("Instances", create=True, update=True, admin=True, width=16)] = ""
    mps_memory_limit: Annotated[int, Spec("Memory limit", create=True, update=True, admin=True, minimum=-1)] = -1
    mps_memory_total: Annotated[int, Spec("Memory", create=True, update=True, admin=True, minimum=-1)] = -1
    mps_thread_percentage: Annotated[int, Spec("Threads", create=True, update=True, admin=True, minimum=-1)] = -1
    vendor_device_id: Annotated[
        str, Spec("PCI vendor and device, such as 10de:1eb8", create=True, admin=True, width=16, index=True)
    ] = ""
    reserved_memory: Annotated[
        int, Spec("Kept for servers with devices", create=True, update=True, admin=True, unit=Unit.MIB, minimum=0)
    ] = 0
    reserved_cpu: Annotated[
        int, Spec("CPUs kept for servers with devices", create=True, update=True, admin=True, minimum=0)
    ] = 0
    reserved_storage: Annotated[
        int, Spec("Always 0: of storage nothing is kept", create=True, update=True, admin=True, unit=Unit.MIB)
    ] = 0
    pcie_info: Annotated[JsonObject, Spec("Of its PCIe slot", create=True, update=True)] = attrs.field(
        factory=dict[str, Any]
    )
    numa_node: Annotated[int, Spec("NUMA node; -1: any", create=True, update=True, admin=True, minimum=-1)] = -1
    memory_size: Annotated[int, Spec("Memory", create=True, update=True, admin=True, unit=Unit.MIB)] = 0
    virtual_num: Annotated[int, Spec("How many it counts for", create=True, update=True, admin=True, minimum=1)] = 1


def _prepare(tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    owner = tx.of(host.HOSTS, PLATFORM).get(draft["host_id"])
    if owner is None:
        raise ResourceNotFoundError("the host is gone", field="host_id")
    where = both(
        eq("host_id", owner.id), eq("addr", draft.get("addr") or ""), eq("mdev_id", draft.get("mdev_id") or "")
    )
    if draft.get("addr") and tx.of(ISOLATED_DEVICES, PLATFORM).count(where):
        raise ConflictError("the host has a device at this address already", field="addr")
    _keep_wire(tx, draft)
    _check_reserved(draft)
    return {**draft, "domain_id": owner.domain_id}


def _check_update(tx: Transaction, _caller: Any, _device: IsolatedDevice, changes: JsonObject) -> JsonObject:
    _keep_wire(tx, changes)
    _check_reserved(changes)
    return changes


def _check_reserved(values: JsonObject) -> None:
    """Refuse what would be kept with the device and bound nothing."""
    if values.get("reserved_storage"):
        raise NotSupportedError(
            "reserved_storage: storage is not kept for servers with devices", field="reserved_storage"
        )


def _keep_wire(tx: Transaction, values: JsonObject) -> None:
    """Have the wire that is named stay until the unit ends, which who deletes it waits for."""
    ident = values.get("wire_id")
    if ident and not tx.of(wire.WIRES, PLATFORM).adjust(ident, {"update_version": 0}):
        raise ResourceNotFoundError(f"wire {ident[:64]} not found", field="wire_id")


def _check_delete(_tx: Transaction, _caller: Any, device: IsolatedDevice) -> None:
    if device.guest_id is not None:
        raise ConflictError("a server has the device: detach it first", field="guest_id")


def _details(tx: Transaction, page: Sequence[IsolatedDevice]) -> Sequence[JsonObject]:
    guests = [device.guest_id for device in page if device.guest_id is not None]
    known = {g.id: g for g in tx.of(server.SERVERS, PLATFORM).find(Query(where=one_of("id", guests)))} if guests else {}
    return [_described(device, known.get(device.guest_id or "")) for device in page]


def _described(device: IsolatedDevice, guest: Any) -> JsonObject:
    vendor = device.vendor_device_id.partition(":")[0].lower()
    shown: JsonObject = {"vendor": VENDORS.get(vendor, vendor), "allocated_count": 0 if guest is None else 1}
    return shown if guest is None else {**shown, "guest": guest.name, "guest_status": guest.status}


def _by_vendor(_tx: Any, values: Sequence[str]) -> Expr:
    wanted = [text.lower() for text in values]
    prefixes = [v for v, name in VENDORS.items() if name.lower() in wanted] + wanted
    return either(*(Match("vendor_device_id", Like.STARTSWITH, f"{prefix}:") for prefix in prefixes))


ISOLATED_DEVICES = Resource(
    entity=IsolatedDevice,
    service="compute",
    area="compute",
    singular="isolated_device",
    plural="isolated_devices",
    doc="Devices of hosts that one server has for itself.",
    level=Level.DOMAIN,
    filters=(*DEVICE_FILTERS, ListFilter(name="vendor", doc="Name or PCI id of who made it", where=_by_vendor)),
    columns=("id", "name", "dev_type", "model", "addr", "vendor_device_id", "host_id", "host", "guest_id", "guest"),
    actions=(Action(name="purge", doc="Remove the record of a device that is gone.", params=()),),
    prepare=_prepare,
    check_update=_check_update,
    check_delete=_check_delete,
    details=_details,
)

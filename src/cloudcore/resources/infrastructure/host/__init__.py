"""Hosts: the machines that servers run on.

status.py has the statuses, policy.py what happens when one goes down, care.py what an operator does, details.py the counts and commitments that details add.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Billed, DomainOwned, Enabled, External, Sharable, Statused, entity
from cloudcore.model.errors import InvalidStatusError, NotEmptyError, NotSupportedError
from cloudcore.model.json import JsonObject
from cloudcore.model.param import param
from cloudcore.model.query import PLATFORM, Query, both, eq, one_of
from cloudcore.model.resource import Action, Level, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.actions import CACHE, CACHED, COMMIT_BOUND, PURGE, SET_SCHEDTAG
from cloudcore.resources.compute import hostclaim, hostlease
from cloudcore.resources.compute import server as servers
from cloudcore.resources.infrastructure.filters import HOST_FILTERS, HOST_ORDERS, HOST_WORKED_OUT
from cloudcore.resources.infrastructure.host.care import CARE_ACTIONS
from cloudcore.resources.infrastructure.host.details import host_details
from cloudcore.resources.infrastructure.host.policy import POLICY_ACTIONS
from cloudcore.resources.infrastructure.host.status import HOST_LIFECYCLE, AgentStatus, HostStatus
from cloudcore.resources.storage import hoststorage
from cloudcore.resources.storage import storage as storages

__all__ = ["HOSTS", "AgentStatus", "Host", "HostStatus"]


@entity
class Host(Sharable, Statused, Enabled, External, Billed, DomainOwned):
    """One machine. Memory and storage in MiB; a commit bound that is absent is the deployment's."""

    zone_id: Annotated[
        str,
        Spec("Zone", create=True, width=128, index=True),
        Ref("zones", show=("cloudregion", "cloudregion_id", "region", "region_id", "provider")),
    ]
    hostname: Annotated[str, Spec("Its own name", create=True, update=True, admin=True, width=60)] = ""
    rack: Annotated[str, Spec("Rack", create=True, update=True, admin=True, width=16, show=Show.DETAIL)] = ""
    slots: Annotated[str, Spec("Slots", create=True, update=True, admin=True, width=16, show=Show.DETAIL)] = ""
    access_mac: Annotated[
        str | None, Spec("Hardware address of its management card", create=True, update=True, admin=True, width=32)
    ] = None
    access_ip: Annotated[str, Spec("Management address", create=True, update=True, admin=True, width=64)] = ""
    manager_uri: Annotated[str, Spec("URL of its agent", create=True, update=True, admin=True, width=256)] = ""
    migrate_uri: Annotated[
        str, Spec("How other hosts reach it to give it servers that run", width=256, show=Show.DETAIL)
    ] = ""
    sys_info: Annotated[JsonObject, Spec("Vendor and model", create=True, update=True, admin=True)] = attrs.field(
        factory=dict[str, Any]
    )
    sn: Annotated[str, Spec("Serial number", create=True, update=True, admin=True, width=128)] = ""
    cpu_count: Annotated[int, Spec("Hardware threads", create=True, update=True, admin=True, maximum=65_536)] = 0
    node_count: Annotated[int, Spec("Sockets", create=True, update=True, admin=True, maximum=1024)] = 0
    cpu_desc: Annotated[
        str, Spec("Model of the CPU", create=True, update=True, admin=True, width=128, show=Show.DETAIL)
    ] = ""
    cpu_mhz: Annotated[int, Spec("Clock", create=True, update=True, admin=True, unit=Unit.MHZ, show=Show.DETAIL)] = 0
    cpu_cache: Annotated[
        int, Spec("Cache of the CPU", create=True, update=True, admin=True, unit=Unit.KIB, show=Show.DETAIL)
    ] = 0
    cpu_reserved: Annotated[int, Spec("Threads kept for the host", create=True, update=True, admin=True)] = 0
    cpu_cmtbound: Annotated[
        float | None, Spec("CPU overcommit", create=True, admin=True, unit=Unit.RATIO, minimum=0, maximum=1000)
    ] = None
    cpu_microcode: Annotated[
        str, Spec("Microcode", create=True, update=True, admin=True, width=64, show=Show.DETAIL)
    ] = ""
    cpu_architecture: Annotated[
        str, Spec("Such as x86_64", create=True, update=True, admin=True, width=16, index=True)
    ] = ""
    kvm_cap_max_vcpu: Annotated[
        int, Spec("Most vCPUs of a guest; 0: no bound", create=True, update=True, admin=True)
    ] = 0
    mem_size: Annotated[int, Spec("Memory", create=True, update=True, admin=True, unit=Unit.MIB)] = 0
    mem_reserved: Annotated[int, Spec("Kept for the host", create=True, update=True, admin=True, unit=Unit.MIB)] = 0
    mem_cmtbound: Annotated[
        float | None, Spec("Memory overcommit", create=True, admin=True, unit=Unit.RATIO, minimum=0, maximum=1000)
    ] = None
    page_size_kb: Annotated[int, Spec("Page size", create=True, update=True, admin=True, unit=Unit.KIB)] = 4
    enable_numa_allocate: Annotated[
        bool, Spec("Keep each server on NUMA nodes", create=True, update=True, admin=True)
    ] = False
    topology: Annotated[list[Any], Spec("Its NUMA nodes, as its agent tells", show=Show.DETAIL)] = attrs.field(
        factory=list[Any]
    )
    storage_size: Annotated[int, Spec("Local storage", create=True, update=True, admin=True, unit=Unit.MIB)] = 0
    storage_type: Annotated[
        str, Spec("Medium of local disks: rotate, ssd, hybrid", create=True, update=True, admin=True, width=20)
    ] = ""
    storage_driver: Annotated[
        str, Spec("RAID driver", create=True, update=True, admin=True, width=20, show=Show.DETAIL)
    ] = ""
    storage_info: Annotated[
        list[Any], Spec("Physical disks", create=True, update=True, admin=True, show=Show.DETAIL)
    ] = attrs.field(factory=list[Any])
    root_partition_used_capacity_mb: Annotated[
        int, Spec("Used of the root file system", create=True, update=True, admin=True, unit=Unit.MIB, volatile=True)
    ] = 0
    memory_used_mb: Annotated[
        int, Spec("Memory in use", create=True, update=True, admin=True, unit=Unit.MIB, volatile=True)
    ] = 0
    cpu_usage_percent: Annotated[
        float, Spec("CPU in use", create=True, update=True, admin=True, unit=Unit.PERCENT, volatile=True)
    ] = 0.0
    ipmi_ip: Annotated[str, Spec("Address of its BMC", width=64)] = ""
    ipmi_info: Annotated[
        JsonObject, Spec("How to reach the BMC", create=True, update=True, admin=True, show=Show.DETAIL, secret=True)
    ] = attrs.field(factory=dict[str, Any])
    host_status: Annotated[AgentStatus, Spec("Whether its agent answers", width=16, index=True)] = AgentStatus.OFFLINE
    host_type: Annotated[
        str, Spec("hypervisor, baremetal, or a cloud's", create=True, update=True, admin=True, width=36, index=True)
    ] = "hypervisor"
    version: Annotated[str, Spec("Version of the agent", create=True, update=True, admin=True, width=64)] = ""
    ovn_version: Annotated[str, Spec("Version of OVN", create=True, update=True, admin=True, width=64)] = ""
    is_baremetal: Annotated[bool, Spec("Can be given out as a whole", create=True, update=True, admin=True)] = False
    is_maintenance: Annotated[bool, Spec("Under maintenance")] = False
    last_ping_at: Annotated[datetime | None, Spec("Last heartbeat", show=Show.NEVER, volatile=True)] = None
    enable_health_check: Annotated[bool, Spec("Move its guests when it fails", show=Show.NEVER)] = False
    resource_type: Annotated[
        str, Spec("shared, prepaid or dedicated", create=True, update=True, admin=True, width=36)
    ] = "shared"
    real_external_id: Annotated[str, Spec("Id over there", width=256, show=Show.DETAIL)] = ""
    is_import: Annotated[bool, Spec("Taken over from elsewhere", create=True, admin=True)] = False
    enable_pxe_boot: Annotated[bool, Spec("May boot by PXE", create=True, update=True, admin=True)] = True
    uuid: Annotated[str, Spec("UUID in SMBIOS", create=True, update=True, admin=True, width=64)] = ""
    boot_mode: Annotated[str, Spec("pxe or iso", create=True, update=True, admin=True, width=8)] = ""
    ovn_mapped_ip_addr: Annotated[str, Spec("Address in the overlay", width=16)] = ""
    ovn_mapped_ip6_addr: Annotated[str, Spec("IPv6 address in the overlay", width=64)] = ""
    uefi_info: Annotated[JsonObject, Spec("UEFI facts", create=True, update=True, admin=True, show=Show.DETAIL)] = (
        attrs.field(factory=dict[str, Any])
    )
    public_ip: Annotated[str, Spec("Public address", update=True, width=64)] = ""


def _check_delete(tx: Transaction, _caller: Any, host: Host) -> None:
    if host.enabled:
        raise InvalidStatusError("disable the host before deleting it", field="enabled")
    if tx.of(servers.SERVERS, PLATFORM).count(eq("host_id", host.id)):
        raise NotEmptyError("servers are on this host")


def _prepare(_tx: Transaction, _caller: Any, draft: JsonObject) -> JsonObject:
    """A flag that is kept and changes nothing would be a promise."""
    if draft.get("enable_numa_allocate"):
        raise NotSupportedError("no agent has told the host's NUMA nodes yet", field="enable_numa_allocate")
    return draft


def _check_update(tx: Transaction, _caller: Any, host: Host, changes: JsonObject) -> JsonObject:
    if changes.get("enable_numa_allocate") and not host.enable_numa_allocate:
        _check_nodes(tx, host)
    return changes


def _check_nodes(tx: Transaction, host: Host) -> None:
    """Servers that may use all of a host would take of nodes what nobody counts."""
    if not host.topology:
        raise NotSupportedError(
            f"the agent of host {host.name} has not told its NUMA nodes", field="enable_numa_allocate"
        )
    # Whoever has taken a share of it is through then, and whoever comes sees the flag; see `operations.shares`.
    claims = tx.of(hostclaim.HOSTCLAIMS, PLATFORM)
    claims.adjust(host.id, {"guests": 0})
    held = sum(guests for (guests,) in claims.columns(("guests",), Query(where=eq("id", host.id))))
    there = Query(where=both(eq("host_id", host.id), eq("pending_deleted", False)))
    rows = tx.of(servers.SERVERS, PLATFORM).columns(("name", "cpu_numa_pin"), there)
    loose = sorted(name for name, pins in rows if not pins)
    if loose or held > len(rows):
        which = f"such as {loose[0]}" if loose else "which are on their way"
        raise InvalidStatusError(
            f"{max(held - len(rows) + len(loose), 1)} servers of host {host.name} are kept on no NUMA nodes, {which}: "
            "it can be switched on when they are elsewhere",
            field="enable_numa_allocate",
        )


def _parts(tx: Transaction, host: Host) -> list[tuple[Any, Any]]:
    """Its ledger, its lease, and the storages that are its own: one with disks on it keeps the host."""
    claim = tx.of(hostclaim.HOSTCLAIMS, PLATFORM).get(host.id)
    lease = tx.of(hostlease.HOSTLEASES, PLATFORM).get(host.id)
    found: list[tuple[Any, Any]] = [(hostclaim.HOSTCLAIMS, claim), (hostlease.HOSTLEASES, lease)]
    own = [(kind, row) for kind, row in found if row is not None]
    links = tx.of(hoststorage.HOSTSTORAGES, PLATFORM).find(Query(where=eq("host_id", host.id)))
    places = tx.of(storages.STORAGES, PLATFORM).find(Query(where=one_of("id", [link.storage_id for link in links])))
    return [*own, *((storages.STORAGES, row) for row in places if row.storage_type in storages.LOCAL)]


HOSTS = Resource(
    entity=Host,
    service="compute",
    area="infrastructure",
    singular="host",
    plural="hosts",
    doc="Machines that servers run on.",
    example={
        "name": "host-2",
        "zone_id": "zone0",
        "access_mac": "00:22:00:00:00:02",
        "cpu_count": 8,
        "mem_size": 16384,
    },
    level=Level.DOMAIN,
    filters=HOST_FILTERS,
    orders=HOST_ORDERS,
    worked_out=HOST_WORKED_OUT,
    columns=(
        "id",
        "name",
        "access_mac",
        "access_ip",
        "manager_uri",
        "status",
        "host_status",
        "enabled",
        "host_type",
        "zone_id",
        "cpu_count",
        "mem_size",
        "storage_size",
        "version",
    ),
    unique=(("name", "domain_id"), ("access_mac",)),
    lifecycle=HOST_LIFECYCLE,
    actions=(
        SET_SCHEDTAG,
        PURGE,
        *POLICY_ACTIONS,
        *CARE_ACTIONS,
        Action(name="cache-image", doc="Fetch an image to its storages before a server needs it.", params=CACHE),
        Action(
            name="uncache-image",
            doc="Remove an image from its storages, of which no disk is made there.",
            params=CACHED,
        ),
        Action(
            name=COMMIT_BOUND,
            doc="Say how far more may be promised than it has.",
            params=(
                param("cpu_cmtbound", "Of CPUs", float, minimum=0, maximum=1000, unit=Unit.RATIO),
                param("mem_cmtbound", "Of memory", float, minimum=0, maximum=1000, unit=Unit.RATIO),
            ),
        ),
    ),
    details=host_details,
    prepare=_prepare,
    check_update=_check_update,
    check_delete=_check_delete,
    parts=_parts,
    counts_as="host",
)

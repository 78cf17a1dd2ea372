"""Servers: the guests that run on hosts.

lifecycle.py has the statuses and the ways between them, power.py, login.py and actions.py what can be asked of one (actions.py: of
its devices), details.py what details add.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import attrs

from cloudcore.model.entity import Billed, DeleteProtected, External, ProjectOwned, Statused, entity
from cloudcore.model.errors import ForbiddenError, InvalidInputError, InvalidStatusError
from cloudcore.model.json import JsonObject
from cloudcore.model.names import validate_hostname
from cloudcore.model.param import ANY, param
from cloudcore.model.query import PLATFORM
from cloudcore.model.resource import Level, Ref, Resource, Show, Spec
from cloudcore.model.units import Unit
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.resources.compute.drivers import driver_for
from cloudcore.resources.compute.server.actions import DEVICE_ACTIONS, SNAPSHOT_ACTIONS
from cloudcore.resources.compute.server.details import server_details
from cloudcore.resources.compute.server.filters import SERVER_FILTERS, SERVER_ORDERS, SERVER_SUMS
from cloudcore.resources.compute.server.lifecycle import CHANGEABLE, SERVER_LIFECYCLE, PowerState, ServerStatus
from cloudcore.resources.compute.server.login import DEPLOY_DOC, LOGIN_ACTIONS
from cloudcore.resources.compute.server.power import POWER_ACTIONS
from cloudcore.resources.compute.server.records import RECORD_ACTIONS
from cloudcore.resources.compute.server.security import SECURITY_ACTIONS
from cloudcore.resources.infrastructure import host as hosts

__all__ = ["CHANGEABLE", "SERVERS", "SERVER_LIFECYCLE", "PowerState", "Server", "ServerStatus", "check_boot_devices"]

_HOST_KEYS = (
    "zone",
    "zone_id",
    "cloudregion",
    "cloudregion_id",
    "region",
    "region_id",
    "provider",
    "host_type",
)


@entity
class Server(Statused, External, Billed, DeleteProtected, ProjectOwned):
    """One guest. Memory in MiB. What creating accepts besides these fields is read by `cloudcore.resources.compute.spec`.

    user_data, login_password, deploy_configs: what the guest finds at its first start; sealed, because people put secrets there.
    """

    hostname: Annotated[str, Spec("Name that the guest calls itself", create=True, update=True, width=253)] = ""
    power_states: Annotated[PowerState, Spec("What the hypervisor says", width=16)] = PowerState.OFF
    vcpu_count: Annotated[
        int, Spec("Virtual CPUs; 0: one", create=True, minimum=0, maximum=4096, index=True, alias=("ncpu_count",))
    ] = 1
    cpu_sockets: Annotated[int, Spec("Sockets; 0: one", create=True, minimum=0, maximum=256)] = 1
    extra_cpu_count: Annotated[
        int, Spec("Further CPUs that no quota counts", create=True, admin=True, maximum=4096)
    ] = 0
    vmem_size: Annotated[int, Spec("Memory", create=True, unit=Unit.MIB, minimum=1, index=True)]
    cpu_numa_pin: Annotated[
        list[Any], Spec("What it has of which NUMA nodes of its host", show=Show.DETAIL, lenient=True)
    ] = attrs.field(factory=list[Any])
    boot_order: Annotated[str, Spec("Order of c, d, n: disk, CD, network", create=True, update=True, width=8)] = "cdn"
    shutdown_behavior: Annotated[
        str,
        Spec(
            "When the guest shuts itself down",
            create=True,
            update=True,
            width=16,
            choices=("stop", "terminate", "stop_release_gpu"),
        ),
    ] = "stop"
    shutdown_mode: Annotated[
        str, Spec("Charged while stopped", width=24, choices=("keep_charging", "stop_charging"))
    ] = "keep_charging"
    keypair_id: Annotated[str | None, Spec("Key pair", create=True, width=128, index=True), Ref("keypairs")] = None
    host_id: Annotated[str | None, Spec("Host", width=128, index=True), Ref("hosts", show=_HOST_KEYS)] = None
    backup_host_id: Annotated[str, Spec("Host of its second instance", width=128)] = ""
    backup_guest_status: Annotated[str, Spec("Status of its second instance", width=36)] = ""
    progress_mbps: Annotated[float, Spec("Speed of what is under way", update=True, unit=Unit.MBPS, volatile=True)] = (
        0.0
    )
    vga: Annotated[
        str,
        Spec(
            "Graphics card",
            create=True,
            update=True,
            width=36,
            choices=("", "std", "vmware", "cirrus", "qxl", "virtio"),
        ),
    ] = "std"
    vdi: Annotated[str, Spec("Screen protocol", create=True, update=True, width=36, choices=("vnc", "spice"))] = "vnc"
    machine: Annotated[str, Spec("Machine: pc, q35, virt", create=True, update=True, width=36)] = ""
    bios: Annotated[str, Spec("Firmware", create=True, update=True, width=36, choices=("BIOS", "UEFI"))] = "BIOS"
    os_type: Annotated[str, Spec("Kind of system: Linux, Windows …", create=True, width=36, index=True)] = ""
    os_arch: Annotated[str, Spec("Architecture", create=True, width=16)] = ""
    flavor_id: Annotated[str, Spec("Size from the catalogue", width=128)] = ""
    secgrp_id: Annotated[str, Spec("Security group", width=128)] = ""
    admin_secgrp_id: Annotated[str, Spec("Security group of the platform", width=128)] = ""
    src_ip_check: Annotated[bool, Spec("Drop packets from other addresses", create=True, update=True)] = True
    src_mac_check: Annotated[bool, Spec("Drop packets from other cards", create=True, update=True)] = True
    hypervisor: Annotated[str, Spec("Hypervisor", create=True, width=16, index=True)] = "kvm"
    instance_type: Annotated[str, Spec("Size by name", create=True, width=64, alias=("sku", "flavor"))] = ""
    is_daemon: Annotated[bool, Spec("Starts with its host", create=True, update=True, admin=True)] = False
    internet_max_bandwidth_out: Annotated[int, Spec("Public bandwidth", unit=Unit.MBPS)] = 0
    throughput: Annotated[int, Spec("Bandwidth inside the cloud", unit=Unit.MBPS)] = 0
    qga_status: Annotated[str, Spec("Status of the guest agent", width=36)] = "unknown"
    health_status: Annotated[str, Spec("Health, as checked from outside", width=36)] = ""
    rescue_mode: Annotated[bool, Spec("Booted from a rescue system")] = False
    last_start_at: Annotated[datetime | None, Spec("When it last began to run")] = None
    ssh_port: Annotated[int, Spec("Port of its SSH server", update=True, minimum=1, maximum=65_535)] = 22
    sshable_last_state: Annotated[bool, Spec("SSH worked when it was last tried")] = False
    cdrom_image_id: Annotated[str, Spec("Image in its CD drive", width=128, index=True, show=Show.NEVER)] = ""
    cdrom_storage_id: Annotated[str, Spec("Storage in whose cache that lies", width=128, show=Show.NEVER)] = ""
    cdrom_boot_index: Annotated[
        int, Spec("Boot position of the drive; -1: by boot_order", minimum=-1, show=Show.NEVER)
    ] = -1
    had_devices: Annotated[
        bool, Spec("Devices of its host were given to it once: whether it has any is to be asked", show=Show.NEVER)
    ] = False
    encrypt_key_id: Annotated[str, Spec("Key that encrypts its disks", width=36)] = ""
    name_key: Annotated[
        str, Spec("Its id while it is in the recycle bin: others may have its name then", width=128, show=Show.NEVER)
    ] = ""
    login_account: Annotated[str, Spec("Account of its first user", create=True, width=32, show=Show.DETAIL)] = ""
    login_password: Annotated[
        str, Spec("Password of that account", width=256, show=Show.NEVER, sealed=True, secret=True)
    ] = ""
    next_password: Annotated[
        str, Spec("Password that is being set", width=256, show=Show.NEVER, sealed=True, secret=True)
    ] = ""
    login_updated_at: Annotated[datetime | None, Spec("When its login was last changed", show=Show.DETAIL)] = None
    deployments: Annotated[int, Spec("How often its login was deployed anew", show=Show.DETAIL)] = 0
    deploy_configs: Annotated[
        str,
        Spec("Files to write, as JSON", width=524_288, show=Show.NEVER, sealed=True, secret=True, multiline=True),
    ] = ""
    user_data: Annotated[
        str, Spec("Cloud-init data", width=65_536, show=Show.NEVER, sealed=True, secret=True, multiline=True)
    ] = ""


def check_boot_devices(order: str) -> None:
    """Refuse a `boot_order` that is not made of c, d and n.

    Raises:
        InvalidInputError: it is not.
    """
    if not order or len(set(order)) != len(order) or not set(order) <= set("cdn"):
        raise InvalidInputError("boot_order must be made of c, d and n, each once at most", field="boot_order")


def _check_update(_tx: Transaction, _caller: Any, server: Server, sent: JsonObject) -> JsonObject:
    # A server has some of each: clients send an empty text for what they leave as it is.
    changes = {name: value for name, value in sent.items() if value != "" or name not in _WHEN_STOPPED}
    check_boot_devices(changes.get("boot_order", server.boot_order))
    driver = driver_for(server.hypervisor)
    for name, kind in _CHOSEN:
        if changes.get(name):
            changes[name] = driver.choose(kind, changes[name])
    if changes.get("hostname"):
        changes["hostname"] = validate_hostname(changes["hostname"], windows=server.os_type.lower() == "windows")
    moved = [name for name in _WHEN_STOPPED if name in changes and changes[name] != getattr(server, name)]
    if moved and server.status != ServerStatus.READY:
        raise InvalidStatusError(f"{moved[0]} can be changed in status {ServerStatus.READY} only", field=moved[0])
    return changes


_CHOSEN = (("bios", "bios"), ("vga", "vga"), ("vdi", "vdi"), ("machine", "machines"))
_WHEN_STOPPED = ("boot_order", "vga", "vdi", "machine", "bios")


def _check_delete(tx: Transaction, _caller: Any, server: Server) -> None:
    if server.disable_delete:
        raise InvalidStatusError(f"server {server.name} is locked, cannot delete", field="disable_delete")
    if server.billing_type == "prepaid" and server.expired_at is not None and server.expired_at > tx.now:
        raise ForbiddenError("the server is paid for in advance and has not expired")
    host = tx.of(hosts.HOSTS, PLATFORM).get(server.host_id) if server.host_id else None
    if host is not None and (not host.enabled or host.host_status != hosts.AgentStatus.ONLINE):
        raise InvalidInputError(f"host {host.name} is disabled or offline", field="host_id")


SERVERS = Resource(
    entity=Server,
    service="compute",
    area="compute",
    singular="server",
    plural="servers",
    doc="Guests that run on hosts.",
    extra_params=(
        param(
            "disks",
            "Disks: objects such as {image_id, size} in MiB, or texts such as tiny:10g; the first one starts it",
            ANY,
            alias=("disk",),
        ),
        param(
            "nets", "Cards: objects such as {network, address}, or texts such as default:10.0.0.5", ANY, alias=("net",)
        ),
        param(
            "isolated_devices",
            "Devices of its host: objects such as {dev_type, model}, or texts such as GPU-HPC:Tesla T4 or an id",
            ANY,
            alias=("isolated_device",),
        ),
        param(
            "cdrom", "ISO image for its CD drive; its first disk needs none then", refers="images", alias=("cdrom_id",)
        ),
        param("cdrom_boot_index", "Boot position of that; -1: by boot_order", int, minimum=-1, maximum=127),
        param("auto_start", "Start it when it is made", bool),
        param("password", "Password of its account", width=128, secret=True),
        param("reset_password", "Make a password", bool),
        param("user_data", "What cloud-init finds in it", width=131_072, multiline=True),
        param(
            "deploy_configs", DEPLOY_DOC, ANY, example=[{"path": "/etc/motd", "content": "hello", "action": "create"}]
        ),
        param("secgroups", "Security groups", list, of=str, refers="secgroups"),
        param("prefer_region", "Region to make it in", refers="cloudregions", alias=("prefer_region_id",)),
        param(
            "prefer_zones", "Zones, of which it goes to one", list, of=str, refers="zones", alias=("prefer_zone_ids",)
        ),
        param("prefer_numa_nodes", "NUMA nodes to take first where its host keeps servers on nodes", list, of=int),
        param(
            "instance_snapshot_id",
            "Instance snapshot to make it of",
            refers="instance_snapshots",
            alias=("instance_snapshot",),
        ),
        param(
            "guest_image_id", "Guest image that its first disks are of", refers="guestimages", alias=("guest_image",)
        ),
        param(
            "duration",
            "Term, such as 1M: paid in advance, or after which it is deleted",
            width=16,
            alias=("billing_cycle",),
        ),
        param("auto_renew", "Renew what is paid in advance", bool),
        param("release_at", "When it is deleted by itself", datetime),
        param("resource_type", "shared; nothing else is offered", width=32),
    ),
    example={
        "name": "web",
        "vcpu_count": 1,
        "vmem_size": 256,
        "disks": [{"image_id": "tiny", "size": 1024}],
        "nets": [{"network": "default"}],
        "auto_start": True,
        "disable_delete": False,
    },
    level=Level.PROJECT,
    filters=SERVER_FILTERS,
    orders=SERVER_ORDERS,
    sums=SERVER_SUMS,
    columns=(
        "id",
        "name",
        "status",
        "power_states",
        "vcpu_count",
        "vmem_size",
        "ips",
        "hypervisor",
        "host",
        "os_type",
        "billing_type",
        "created_at",
    ),
    unique=(("name", "tenant_id", "name_key"),),
    indexes=(("host_id", "status"), ("release_at",), ("expired_at",)),
    lifecycle=SERVER_LIFECYCLE,
    actions=(*POWER_ACTIONS, *LOGIN_ACTIONS, *SECURITY_ACTIONS, *SNAPSHOT_ACTIONS, *DEVICE_ACTIONS, *RECORD_ACTIONS),
    check_update=_check_update,
    check_delete=_check_delete,
    details=server_details,
)

"""`server-create`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from cloudcore_apps.climc import options
from cloudcore_apps.climc.commands import made

DEPLOY_HELP = "File to write in it: its content, or the name of a file here; + appends to what is there."
PLACES = {"region": "cloud-region", "zone": "zone", "wire": "wire", "host": "host", "manager": ""}


def _text(name: str, doc: str, dest: str, *, noun: str = "", **more: Any) -> click.Option:
    complete = options.names_of(noun) if noun else None
    return click.Option([name, dest], help=doc, shell_complete=complete, **more)


PARAMS: list[click.Parameter] = [
    click.Argument(["name"]),
    _text("--ncpu", "Virtual CPUs.", "vcpu_count", type=click.IntRange(1)),
    _text("--mem-spec", "Memory: 512M, 2G; a bare number is MiB.", "vmem_size"),
    _text(
        "--disk",
        "IMAGE:SIZE or SIZE, such as debian:10g; the first is the system disk.",
        "disks",
        noun="image",
        multiple=True,
    ),
    _text("--net", "Network, such as default or default:10.0.0.5.", "nets", noun="network", multiple=True),
    _text("--instance-type", "Size by name.", "instance_type", noun="server-sku"),
    _text("--hypervisor", "Hypervisor, such as kvm.", "hypervisor"),
    _text("--keypair", "SSH key of the login account.", "keypair", noun="keypair"),
    options.password("Password of the login account."),
    _text("--login-account", "Name of the login account.", "login_account"),
    _text("--user-data-file", "File with cloud-init user data.", "user_data_file", type=click.Path(dir_okay=False)),
    *(_text(f"--prefer-{p}", f"Only in this {p}.", f"prefer_{p}", noun=noun) for p, noun in PLACES.items()),
    _text("--prefer-zones", "Only in one of these zones.", "prefer_zones", noun="zone", multiple=True),
    _text(
        "--prefer-numa-node",
        "NUMA node to take first, where the host keeps servers on nodes.",
        "prefer_numa_nodes",
        type=click.IntRange(0, 1023),
        multiple=True,
    ),
    _text("--schedtag", "TAG:STRATEGY for the choice of the host.", "schedtags", multiple=True),
    _text("--deploy", DEPLOY_HELP, "deploy", multiple=True, metavar="[+]PATH:CONTENT"),
    _text("--group", "Group whose members are kept apart.", "groups", noun="instancegroup", multiple=True),
    _text(
        "--isolated-device",
        "Device for itself: kind or model, such as GPU-HPC or 'Tesla T4', or an id.",
        "isolated_devices",
        multiple=True,
    ),
    _text("--guest-image-id", "Guest image that its first disks are of.", "guest_image_id", noun="guest-image"),
    _text("--cdrom", "ISO image for its CD drive.", "cdrom", noun="image"),
    _text("--cdrom-boot-index", "Boot position of that.", "cdrom_boot_index", type=click.IntRange(-1, 127)),
    _text("--secgroups", "Security group.", "secgroups", noun="secgroup", multiple=True),
    _text("--eip", "Public address to give it.", "eip", noun="eip"),
    _text("--eip-bw", "Bandwidth (Mbps) of a new public address for it.", "eip_bw", type=click.IntRange(1)),
    _text("--eip-charge-type", "How that is charged.", "eip_charge_type", type=click.Choice(["traffic", "bandwidth"])),
    _text("--tenant", "Project that owns it.", "tenant", noun="project"),
    _text("--description", "Free text.", "description"),
    _text("--hostname", "Name that the guest calls itself.", "hostname"),
    _text("--os-type", "Kind of system.", "os_type"),
    _text("--bios", "Firmware.", "bios", type=click.Choice(["BIOS", "UEFI"])),
    _text("--machine", "Machine.", "machine", type=click.Choice(["pc", "q35", "virt"])),
    _text("--vga", "Graphics card.", "vga", type=click.Choice(["std", "vmware", "cirrus", "qxl", "virtio"])),
    _text("--vdi", "Screen protocol.", "vdi", type=click.Choice(["vnc", "spice"])),
    _text("--boot", "Order of c, d, n: disk, CD, network.", "boot_order"),
    _text("--cpu-sockets", "Sockets.", "cpu_sockets", type=click.IntRange(1)),
    _text("--shutdown-behavior", "What a shutdown inside does.", "shutdown_behavior"),
    _text("--meta", "Tag.", "meta", multiple=True, metavar="KEY=VALUE"),
    _text("--duration", "Term, such as 1M: paid in advance, or after which it is deleted.", "duration", metavar="TERM"),
    _text("--billing-type", "How it is paid: postpaid or prepaid.", "billing_type", metavar="TYPE"),
    _text("--auto-renew", "Renew what is paid in advance.", "auto_renew", is_flag=True),
    _text("--auto-start", "Start it when it is made.", "auto_start", is_flag=True),
    _text("--allow-delete", "Without protection against deletion.", "allow_delete", is_flag=True),
    _text("--enable-cloud-init", "Let cloud-init run in the guest.", "enable_cloud_init", is_flag=True),
    _text("--no-account-init", "Leave the image's accounts as they are.", "no_account_init", is_flag=True),
    _text("--is-system", "For the platform itself.", "is_system", is_flag=True),
    _text("--generate-name", "Number the name if it is taken.", "generate", is_flag=True),
    _text("--dry-run", "Only check whether it could be made.", "dry_run", is_flag=True),
    _text("--count", "How many.", "count", type=click.IntRange(1, 1000), default=1),
    *options.waiting(),
]


def body_of(values: dict[str, Any]) -> dict[str, Any]:
    """The server as it is asked for, from the command's options."""
    told = dict(values)
    flags = {k: told.pop(k, False) for k in ("allow_delete", "no_account_init", "generate")}
    path, meta = told.pop("user_data_file", None), told.pop("meta", ())
    files = files_of(told.pop("deploy", ()))
    body = {k: v for k, v in options.given(told).items() if v is not False}
    if flags["generate"]:
        body["generate_name"] = body.pop("name")
    if flags["allow_delete"]:
        body["disable_delete"] = False
    if flags["no_account_init"]:
        body["reset_password"] = False
    if path:
        body["user_data"] = _read(path)
    if files:
        body["deploy_configs"] = files
    if meta:
        body["__meta__"] = options.pairs(meta, "--meta")
    return body


def files_of(told: Sequence[str]) -> list[dict[str, str]]:
    """The files that are described as [+]PATH:CONTENT, where CONTENT may name a file."""
    found: list[dict[str, str]] = []
    for text in told:
        path, colon, content = text.partition(":")
        if not path or not colon:
            raise click.BadParameter(f"{text} is not [+]PATH:CONTENT", param_hint="--deploy")
        if Path(content).is_file():
            content = _read(content, "--deploy")
        action = "append" if path.startswith("+") else "create"
        found.append({"action": action, "path": path.removeprefix("+"), "content": content})
    return found


def _read(path: str, option: str = "--user-data-file") -> str:
    try:
        return options.read_text(path)
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror}", param_hint=option) from error
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error


def _run(count: int, wait: bool, timeout_s: float, **values: Any) -> None:
    made("servers", body_of(values), count=count, wait=wait and not values["dry_run"], timeout_s=timeout_s)


create = click.Command(
    "server-create",
    callback=_run,
    params=PARAMS,
    help="Create a server.\n\n  climc server-create --ncpu 1 --mem-spec 256M --disk tiny:1g --net default --auto-start web",
)

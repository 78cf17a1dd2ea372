"""What the wire lets a caller ask of a new server and this release does not do: each is refused by its name."""

from __future__ import annotations

import re
from typing import Any

from cloudcore.model.errors import NotSupportedError
from cloudcore.model.json import JsonMapping
from cloudcore.operations.later import is_said
from cloudcore.resources.compute.guestnetwork import check_queues
from cloudcore.resources.compute.spec import DiskSpec, NicSpec

_KEYS = (
    *("baremetal_disk_configs", "baremetal_root_disk_matcher", "host_path_requirements", "pod"),
    *("backup", "backup_host", "backup_host_id", "prefer_backup_host", "prefer_backup_host_id"),
    *("instance_backup_id", "kickstart_config"),
    *("deploy_telegraf", "encrypt_key_id", "encrypt_key_new", "eip_tx_bw", "eip_rx_bw", "public_ip_bw"),
    *("public_ip_charge_type", "auto_prepaid_recycle"),
    *("enable_tpm", "disable_usb_kbd", "enable_memclean", "network_tags", "fake_create"),
    *("prefer_manager", "prefer_manager_id", "manager", "manager_id", "cloudprovider", "cloudprovider_id"),
    *("cpu_numa_pin", "for_guests", "guest_ids", "pending_usages", "reuse_network"),
)
_DOTTED = re.compile(r"baremetal_disk_config\.[0-9]+", re.ASCII)
_ONLY = {
    "provider": ("OneCloud",),
    "baremetal": (False,),
}
_DISK = (*("backup_id", "existing_path", "image_encrypt_key_id", "nvme_device", "auto_reset"),)
_CARD = (
    *("require_teaming", "vip", "address6", "addresses6", "require_ipv6", "strict_ipv6"),
    *("tx_traffic_limit", "rx_traffic_limit", "port_mappings", "standby_port_count"),
    *("standby_addr_count", "project_id", "domain_id"),
)


_OF_ORDINARY = ("driver", "num_queues", "bw_limit", "tx_bw_limit", "rx_bw_limit", "ifname")


def check_server(body: JsonMapping, *, placing: bool = False) -> None:
    """Refuse what is not done for a new server. placing: the scheduler is asked alone, which suggests anyway.

    Raises:
        NotSupportedError: names the field.
    """
    if not placing and is_said(body.get("suggestion")):
        raise NotSupportedError("suggestion: ask the scheduler (POST /scheduler/test), or dry_run", field="suggestion")
    for key, value in body.items():
        if is_said(value) and (key in _KEYS or _DOTTED.fullmatch(key)):
            raise NotSupportedError(f"{key} is not supported of a new server, nor asked of the scheduler", field=key)
        if is_said(value) and key in _ONLY and _plain(value) not in _ONLY[key]:
            only = ", ".join(str(one) for one in _ONLY[key])
            raise NotSupportedError(f"{key} {str(value)[:64]!a} is not supported; there is {only}", field=key)


def check_disk(disk: DiskSpec, *, placed: bool = False, within: str | None = None) -> None:
    """Refuse what is not done with a new disk.

    placed: the scheduler says where it goes; else tags matter to nobody, and a disk that is there is attached, not made.
    within: what stands before the names of fields; of a server's disk if not given its place.

    Raises:
        NotSupportedError: names the field.
    """
    under = f"disks.{disk.index}." if within is None else within
    for name in _DISK if placed else (*_DISK, "disk_id", "schedtags"):
        if getattr(disk, name):
            where = f"{under}{name}"
            raise NotSupportedError(f"{where} is not supported", field=where)
    if disk.preallocation not in ("", "off"):
        where = f"{under}preallocation"
        raise NotSupportedError(f"{where}: space is taken as it is used only", field=where)
    if (disk.image_id or disk.snapshot_id) and disk.format not in ("", "qcow2"):
        raise NotSupportedError("a disk with an image or a snapshot is qcow2", field=f"{under}format")


def check_card(card: NicSpec, *, placed: bool = False) -> None:
    """Refuse what is not done with a new network card.

    placed: the scheduler says where it goes; else tags matter to nobody, and its server has its security groups already.

    Raises:
        NotSupportedError: names the field.
    """
    for name in _CARD if placed else (*_CARD, "secgroups", "schedtags", "sriov_device"):
        if getattr(card, name):
            where = f"nets.{card.index}.{name}"
            raise NotSupportedError(f"{where} is not supported", field=where)
    for name, only in (("net_type", "guest"), ("billing_type", "postpaid")):
        if getattr(card, name) not in ("", only):
            where = f"nets.{card.index}.{name}"
            raise NotSupportedError(f"{where} is not supported; there is {only}", field=where)
    for name in _OF_ORDINARY if card.sriov_device is not None else ():
        if getattr(card, name):
            where = f"nets.{card.index}.{name}"
            raise NotSupportedError(f"{where} is not supported of a card that is a device", field=where)
    check_queues(card.driver, card.num_queues, f"nets.{card.index}.num_queues")


def _plain(value: Any) -> Any:
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value

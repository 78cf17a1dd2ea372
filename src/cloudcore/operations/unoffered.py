"""What the wire lets a caller say of a new or changed thing and nothing here follows: each is refused by its name.

Servers have a table of their own, see `cloudcore.operations.servers.unsupported`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cloudcore.model.errors import NotSupportedError
from cloudcore.model.json import JsonMapping
from cloudcore.model.resource import Resource, field_map
from cloudcore.model.wire import read_value
from cloudcore.operations.later import is_said

_PROVIDERS = "users come from identity alone: there are no other providers"
_ORGANISATIONS = "organisations are not offered; limit the policy by tags (domain_tags, project_tags, object_tags)"
_ENCRYPTION = "encrypted images are not available"
_CLOUDS = "there are no accounts of other clouds"
_IPV4 = "networks have IPv4 addresses only"
_GLOBAL = "there are no VPCs of several regions"
_PUBLIC = "addresses of networks are reached from outside by eips alone"
_TERMS: Mapping[str, str] = dict.fromkeys(
    ("duration", "billing_cycle", "auto_renew", "release_at", "expired_at"),
    "only servers are paid for in advance, or released at a time",
)
_CERTIFICATES = "certificates of services are given to them where they are started"

KEYS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "users": {"idp_id": _PROVIDERS, "idp_entity_id": _PROVIDERS},
        "images": {"encrypt_key_id": _ENCRYPTION},
        "guestimages": {"encrypt_key_id": _ENCRYPTION},
        "disks": {
            **dict.fromkeys(("prefer_manager", "prefer_manager_id"), _CLOUDS),
            **dict.fromkeys(("encrypt_key_id", "encrypt_key_new"), "encrypted disks are not available"),
            **_TERMS,
            "auto_reset": "a disk keeps its content when its server stops",
        },
        "eips": _TERMS,
        "keypairs": {"private_key": "a private key stays with its owner: send the public one"},
        "secgroups": {"globalvpc_id": _GLOBAL},
        "vpcs": {"globalvpc_id": _GLOBAL},
        "networks": {"guest_ip6_prefix": _IPV4, "assign_public_ip": _PUBLIC},
        "policies": {"org_node_id": _ORGANISATIONS},
        "endpoints": {"service_certificate": _CERTIFICATES, "service_certificate_id": _CERTIFICATES},
    }
)
"""By plural and key, why. A policy that was limited otherwise, or not at all, would allow more than was asked for."""
ONLY: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("disks", "billing_type"): "postpaid",
        ("disks", "preallocation"): "off",
        ("eips", "billing_type"): "postpaid",
    }
)
"""By plural and key, the one value that is followed."""


NEW: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "hosts": frozenset(
            (
                *(
                    "ipmi_username",
                    "ipmi_password",
                    "ipmi_ip_addr",
                    "ipmi_present",
                    "ipmi_lan_channel",
                    "ipmi_verified",
                ),
                *("ipmi_cipher_suite", "ipmi_redfish_api", "ipmi_cdrom_boot", "ipmi_pxe_boot"),
                *("access_net", "access_wire", "no_probe", "no_bmc"),
            )
        )
    }
)
"""What is said of a new bare machine, by type. Agents send more than is read when they change their host: that stays."""

_ADDRESS = "an address is another one's: take a new one"
_CONFIG = "the action change-config does that"
_SIZE = "a size stays what servers have of it: make another"
_END = "it is said when a snapshot is made"
STAYS: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "disks": {"size": ("disk_size", "the action resize does that")},
        "eips": {
            "ip_addr": ("ip_addr", _ADDRESS),
            **{name: (name, "associate and dissociate do that") for name in ("associate_type", "associate_id")},
        },
        "instance_snapshots": {"expired_at": ("expired_at", _END)},
        "networks": {"wire_id": ("wire_id", "the action switch-wire does that")},
        "servers": {name: (name, _CONFIG) for name in ("vcpu_count", "vmem_size", "instance_type")},
        "serverskus": {name: (name, _SIZE) for name in ("cpu_core_count", "memory_size_mb")},
        "snapshots": {"expired_at": ("expired_at", _END)},
    }
)
"""By plural and key, the field that an update leaves as it is, and why. Clients that send all of a row send it as it is."""


def check_new(plural: str, body: JsonMapping) -> None:
    """Refuse what nothing here follows of a new thing alone; raises as `check_offered`, which it includes."""
    for key in sorted(NEW.get(plural, ())):
        if is_said(body.get(key)):
            raise NotSupportedError(f"{key}: there are no bare machines", field=key)
    check_offered(plural, body)


def check_staying(resource: Resource[Any], row: Any, body: JsonMapping) -> None:
    """Refuse an update that would have another value than the row of what no update changes.

    Raises:
        NotSupportedError: names the field.
        InvalidInputError: the value is none.
    """
    for key, (name, why) in STAYS.get(resource.plural, {}).items():
        if is_said(body.get(key)) and read_value(field_map(resource.entity)[name], body[key]) != getattr(row, name):
            raise NotSupportedError(f"{key} is not changed by an update: {why}", field=key)


def check_offered(plural: str, body: JsonMapping) -> None:
    """Refuse what nothing here follows; what says nothing is passed over.

    Raises:
        NotSupportedError: names the field.
    """
    for key, why in KEYS.get(plural, {}).items():
        if is_said(body.get(key)):
            raise NotSupportedError(f"{key}: {why}", field=key)
    for (whose, key), value in ONLY.items():
        if whose == plural and is_said(body.get(key)) and str(body[key]).lower() != value:
            raise NotSupportedError(f"{key} {str(body[key])[:64]!a} is not supported; there is {value}", field=key)

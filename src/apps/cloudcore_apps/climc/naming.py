"""What commands are called, where the type's own words are not what people type."""

from __future__ import annotations

from collections.abc import Mapping

NOUNS: Mapping[str, str] = {
    "cloudregions": "cloud-region",
    "storagecaches": "storage-cache",
    "cachedimages": "cached-image",
    "storagecachedimages": "storage-cached-image",
    "hoststorages": "host-storage",
    "hostwires": "host-wire",
    "guestdisks": "server-disk",
    "guestimages": "guest-image",
    "guestnetworks": "server-network",
    "rolepolicies": "role-policy",
    "role_assignments": "role-assignment",
    "secgrouprules": "secgroup-rule",
    "serverskus": "server-sku",
    "schedpolicies": "sched-policy",
    "dynamicschedtags": "dynamic-schedtag",
    "schedtaghosts": "schedtag-host",
    "schedtagstorages": "schedtag-storage",
    "schedtagnetworks": "schedtag-network",
    "schedtagzones": "schedtag-zone",
    "schedtagcloudregions": "schedtag-cloudregion",
    "snapshotpolicies": "snapshot-policy",
    "snapshotpolicydisks": "snapshot-policy-disk",
    "snapshotpolicyservers": "snapshot-policy-server",
    "reservedips": "reserved-ip",
    "guestsecgroups": "server-secgroup",
}

ARGUMENTS: Mapping[str, tuple[tuple[str, bool], ...]] = {
    "networks": (
        ("wire_id", True),
        ("name", True),
        ("guest_ip_start", False),
        ("guest_ip_end", False),
        ("guest_ip_mask", False),
    ),
    "wires": (("zone_id", True), ("name", True), ("bandwidth", False)),
    "vpcs": (("cloudregion_id", True), ("name", True), ("cidr_block", False)),
    "disks": (("name", True), ("size", False)),
    "storages": (("name", True), ("zone_id", True)),
    "hosts": (("name", True), ("access_mac", True)),
    "services": (("type", True), ("name", True)),
    "endpoints": (("service_id", True), ("region_id", True), ("interface", True), ("url", True)),
    "regions": (("id", True),),
    "serverskus": (("cpu_core_count", True), ("memory_size_mb", True)),
    "secgrouprules": (("secgroup_id", True), ("direction", True), ("protocol", True), ("action", True)),
    "schedpolicies": (("name", True), ("strategy", True), ("schedtag_id", True), ("condition", True)),
    "dynamicschedtags": (("name", True), ("schedtag_id", True), ("condition", True)),
}
"""Arguments of create commands by position, and whether each must be there; elsewhere it is the name alone."""

ARGUMENT_WORDS: Mapping[str, str] = {
    "guest_ip_start": "START_IP",
    "guest_ip_end": "END_IP",
    "guest_ip_mask": "NET_MASK",
    "access_mac": "MAC",
    "cidr_block": "CIDR",
}

ALIASES: Mapping[str, str] = {
    "description": "--desc",
    "guest_gateway": "--gateway",
    "guest_dns": "--dns",
    "guest_dhcp": "--dhcp",
    "guest_ntp": "--ntp",
    "guest_domain": "--dns-domain",
    "guest_ip6_start": "--start-ip6",
    "guest_ip6_end": "--end-ip6",
    "guest_ip6_mask": "--net-mask6",
    "guest_gateway6": "--gateway6",
    "guest_ip_prefix": "--prefix",
}
"""Shorter options of some fields."""

DELETING: Mapping[str, tuple[tuple[str, str], ...]] = {
    "servers": (
        ("delete_snapshots", "With the snapshots of its disks"),
        ("delete_eip", "With its public address"),
        ("delete_disks", "With all its disks"),
    ),
    "disks": (("delete_snapshots", "With its snapshots"),),
}
"""What can be said when deleting, yes or no."""


def noun_of(plural: str, singular: str) -> str:
    """The first part of a type's commands."""
    return NOUNS.get(plural, singular.replace("_", "-"))


def option_of(name: str) -> str:
    """A field's option."""
    return "--" + name.replace("_", "-")


def options_of(name: str) -> list[str]:
    """An input's option, after its shorter one where it has one."""
    return [*([ALIASES[name]] if name in ALIASES else []), option_of(name)]


def word_of(name: str) -> str:
    """A field's word where it is an argument."""
    return ARGUMENT_WORDS.get(name, name.removesuffix("_id").upper())

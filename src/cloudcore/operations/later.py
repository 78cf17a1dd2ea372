"""Actions, named details and whole types that the wire knows and that this release does not offer.

They are refused as not supported instead of as unknown, to whoever may see the thing that is named, types to whoever is
logged in; nothing advertises them. What is offered one day leaves these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cloudcore.model.errors import NotSupportedError
from cloudcore.model.json import JsonMapping

_MIGRATION = "migrate-forecast set-live-migrate-params migrate-network"
_BACKUP = "create-backup start-backup delete-backup switch-to-backup reconcile-backup"
_MEDIA = "insertvfd ejectvfd"
_TUNING = (
    "set-extra-option del-extra-option set-qemu-params set-tpm set-nic-traffic-limit "
    "reset-nic-traffic-limit cpuset cpuset-remove set-cpu-numa-pin enable-memclean change-disk-driver "
    "set-root-disk-matcher disable-auto-merge-snapshot disable-auto-merge-snapshots calculate-record-checksum"
)
_AGENT = "qga-command qga-set-network monitor sync-os-info make-sshable set-sshable"
_FORWARD = "open-forward close-forward list-forward"
_BILLING = "prepaid-recycle undo-prepaid-recycle"
_CONVERSION = "convert convert-to-kvm publicip-to-eip save-template instance-backup remote-update"
_RESCUE = "start-rescue stop-rescue set-kickstart delete-kickstart"
_SECURITY = (
    "add-network-secgroup set-network-secgroup revoke-network-secgroup assign-admin-secgroup revoke-admin-secgroup"
)
_ADDRESSES = "add-sub-ips update-sub-ips sync-fix-nics"
_DEVICES = "probe-isolated-devices restore-virtual-isolated-devices"
_PARTS = "delete-disk delete-eip"
_CALLBACKS = (
    "dirty-server-start dirty-server-verify event upload-status have-agent update-kickstart-status kickstart-complete "
    "block-mirror-ready block-stream-failed slave-block-stream-ready stream-disks-complete"
)

ACTIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        plural: frozenset(words.split())
        for plural, words in {
            "servers": " ".join(
                (
                    *(_MIGRATION, _BACKUP, _MEDIA, _TUNING, _AGENT, _FORWARD, _BILLING, _CONVERSION, _RESCUE),
                    *(_SECURITY, _PARTS, _CALLBACKS, _ADDRESSES, _DEVICES),
                )
            ),
            "disks": "change-billing-type change-storage-type migrate private public purge rebuild reset-template syncstatus",
            "snapshots": "deleted purge syncstatus",
            "instance_snapshots": "purge",
            "hosts": (
                "add-netif convert-hypervisor disable-netif eject-iso "
                "enable-netif initialize insert-iso ipmi-probe login-info "
                "offline online prepare probe-isolated-devices remove-all-netifs remove-netif "
                "renew-prepaid-recycle report-dmesg reserve-cpus reset restart-host-agent set-host-files "
                "set-reserved-resource-for-isolated-device start stop sync-config sync-guest-nic-traffics "
                "sync-isolated-devices undo-convert undo-prepaid-recycle unreserve-cpus "
                "update-storage validate-ipmi"
            ),
            "storages": "ceph-run force-detach-host set-hardware-info",
            "cachedimages": "cache-image refresh uncache-image",
            "cloudregions": "default-vpc purge sync-images sync-skus",
            "vpcs": "sync",
            "wires": "merge-from merge-network merge-to",
            "networks": "set-bgp-type sync sync-additional-wires",
            "secgroups": "clean",
            "images": "update-torrent-status",
            "eips": "purge remote-update sync",
            "users": "link-idp unlink-idp",
            "domains": "unlink-idp",
        }.items()
    }
)
"""Of one thing, by type."""

CLASS_ACTIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "servers": frozenset(("batch-migrate", "dirty-server-start", "import", "import-from-libvirt", "upload-status")),
        "networks": frozenset(("try-create-network",)),
        "hosts": frozenset(("validate-ipmi",)),
        "serverskus": frozenset(("batch-update-price", "sync-skus")),
        "cloudregions": frozenset(("sync-skus",)),
        "secgroups": frozenset(("clean",)),
        "projects": frozenset(("clean",)),
    }
)
"""Of a type."""

DETAILS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "servers": frozenset(
            (
                *("vnc", "desc", "sshable", "make-sshable-cmd", "hardware-info", "numa-info", "cpuset-cores"),
                *("qemu-info", "jnlp", "virt-install", "modification-types", "kickstart"),
                *("screen-dump-show", "remote-nics"),
            )
        ),
        "hosts": frozenset(
            (
                *("api-stats", "app-options", "guest-isolated-devices-initialized", "host-files", "ipmi"),
                *("isolated-device-numa-stats", "jnlp", "nics", "spec", "tap-config", "vnc", "worker-stats"),
            )
        ),
        "disks": frozenset(("download",)),
        "cloudregions": frozenset(("disk-capability",)),
        "zones": frozenset(("disk-capability",)),
        "vpcs": frozenset(("topology",)),
        "wires": frozenset(("topology",)),
        "storages": frozenset(("hardware-info",)),
    }
)
"""Named details, by type."""

PARAMETERS: Mapping[tuple[str, str], frozenset[str]] = MappingProxyType(
    {
        ("servers", "start"): frozenset(("qemu_version", "auto_prepaid")),
        ("servers", "stop"): frozenset(("stop_charging",)),
        ("servers", "reset"): frozenset(("instance_snapshot", "instance_snapshot_id")),
        ("servers", "change-disk-storage"): frozenset(("keep_origin_disk",)),
        ("servers", "attachnetwork"): frozenset(("disable_sync_config",)),
        ("servers", "detachnetwork"): frozenset(("ip6_addr", "force")),
        ("servers", "change-ipaddr"): frozenset(("ip6_addr", "restart_network")),
        ("hosts", "host-maintenance"): frozenset(("prefer_host_id", "prefer_host")),
    }
)
"""What may be sent with an action of a type and asks for something else than what is done, once it says anything."""

_SILENT: tuple[Any, ...] = (None, "", [], {}, False, 0, "0", "false", "off", "no")

COLLECTION: Mapping[str, frozenset[str]] = MappingProxyType(
    {"hosts": frozenset(("bm-start-register-script", "host-type-count", "k8s-master-node-ips", "node-count"))}
)
"""Properties of collections, by type."""


TYPES: frozenset[str] = frozenset(
    (
        *(
            "sshkeypairs",
            "hostfiles",
            "guestcdroms",
            "guestfloppys",
            "guest_screen_dumps",
            "guest_network_traffic_logs",
        ),
        *("guestisolateddevices", "guestnetworksecgroups", "isolated_device_models", "host_isolated_device_models"),
        *("baremetalagents", "baremetalnetworks", "baremetalprofiles", "hostcachedimages", "hostdmesgs"),
        *("networkaddresses", "network_interfaces", "networkinterfacenetworks"),
        *("cloudaccounts", "cloudproviders", "schedtagcloudproviders", "servertemplates", "scalinggroups"),
        *("netinterfaces", "dns_zonevpcs", "dbinstancenetworks", "scalinggroupguests", "scalinggroupnetworks"),
        *("policy_definitions", "policy_assignments"),
        *("scope-resources", "history-data-clean", "db_stats", "misc"),
        *("cloudproviderregions", "instancebackupjoints"),
        *("instancebackups", "diskbackups", "backupstorages", "hostbackupstorages", "historyusages"),
        *("scheduledtasks", "scheduledtaskactivities", "scalingpolicies", "scalingactivities"),
        *("loadbalancers", "loadbalancerlisteners", "loadbalancerlistenerrules", "loadbalancernetworks"),
        *("loadbalancerbackendgroups", "loadbalancerbackends", "loadbalanceracls", "loadbalancercertificates"),
        *("loadbalancerclusters", "loadbalanceragents"),
        *("dns_zones", "dnsrecords", "dns_recordsets", "natgateways", "natsentries", "natdentries", "nat_skus"),
        *("globalvpcs", "inter_vpc_networks", "vpc_peering_connections", "route_tables", "networkinterfaces"),
        *("buckets", "file_systems", "access_groups", "dbinstances", "dbinstance_skus", "elasticcaches"),
        *(
            "elasticcacheskus",
            "waf_instances",
            "kube_clusters",
            "proxysettings",
            "project_mappings",
            "externalprojects",
        ),
    )
)
"""Types of compute that are not served, and what it is asked besides types."""

BESIDE: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("hosts", "networks"): "baremetalnetworks",
        ("hosts", "cachedimages"): "hostcachedimages",
        ("hosts", "isolated_device_models"): "host_isolated_device_models",
        ("hosts", "backupstorages"): "hostbackupstorages",
        ("schedtags", "cloudproviders"): "schedtagcloudproviders",
    }
)
"""Those of them that connect two others, by the plural of one and the word of the other in its path."""


def check_parameters(plural: str, action: str, body: JsonMapping) -> None:
    """Refuse what a body says with an action and nothing would come of.

    Raises:
        NotSupportedError: names the field.
    """
    for name in PARAMETERS.get((plural, action), ()):
        if is_said(body.get(name)):
            raise NotSupportedError(f"{name} of {action} is not supported", field=name)


def is_said(value: Any) -> bool:
    """Whether a value asks for anything: clients in Go send zeros for what was not said."""
    return (value.lower() if isinstance(value, str) else value) not in _SILENT


def is_later(table: Mapping[str, frozenset[str]], plural: str, name: str) -> bool:
    """Whether the wire knows this, and this release does not offer it."""
    return name in table.get(plural, ())


def refused_type(plural: str) -> NotSupportedError:
    """The error that says that a type is not served."""
    return NotSupportedError(f"{plural} are not supported", data={"plural": plural})


def refused(plural: str, name: str) -> NotSupportedError:
    """The error that says so."""
    return NotSupportedError(f"{name} of {plural} is not supported", data={"plural": plural, "name": name})

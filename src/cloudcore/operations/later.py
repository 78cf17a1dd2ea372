"""Actions and named details that the wire knows and that this release does not offer.

They are refused as not supported instead of as unknown, to whoever may see the thing that is named; nothing advertises
them. What is offered one day leaves these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from cloudcore.model.errors import NotSupportedError

_MIGRATION = "migrate-forecast cancel-live-migrate set-live-migrate-params migrate-network"
_BACKUP = "create-backup start-backup delete-backup switch-to-backup reconcile-backup"
_MEDIA = "insertvfd ejectvfd"
_TUNING = (
    "sendkeys set-extra-option del-extra-option set-qemu-params set-tpm set-nic-traffic-limit "
    "reset-nic-traffic-limit cpuset cpuset-remove set-cpu-numa-pin"
)
_AGENT = "qga-command qga-set-network monitor"
_FORWARD = "open-forward close-forward list-forward"
_BILLING = "prepaid-recycle undo-prepaid-recycle"
_CONVERSION = "convert convert-to-kvm publicip-to-eip save-template"
_RESCUE = "start-rescue stop-rescue"
_SECURITY = "add-network-secgroup set-network-secgroup revoke-network-secgroup"
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
                    *(_SECURITY, _PARTS, _CALLBACKS),
                )
            ),
            "disks": "change-billing-type change-storage-type migrate private public purge rebuild syncstatus",
            "snapshots": "deleted purge syncstatus",
            "instance_snapshots": "purge",
            "snapshotpolicies": "syncstatus",
            "instancegroups": "associate-eip attachnetwork create-eip detachnetwork dissociate-eip",
            "hosts": (
                "add-netif convert-hypervisor disable-netif eject-iso "
                "enable-netif initialize insert-iso ipmi-probe login-info "
                "offline online prepare probe-isolated-devices remove-all-netifs remove-netif "
                "renew-prepaid-recycle report-dmesg reserve-cpus reset restart-host-agent set-host-files "
                "set-reserved-resource-for-isolated-device start stop sync-config sync-guest-nic-traffics "
                "sync-isolated-devices undo-convert undo-prepaid-recycle unreserve-cpus "
                "update-storage validate-ipmi"
            ),
            "storages": "force-detach-host set-hardware-info",
            "cachedimages": "cache-image refresh uncache-image",
            "cloudregions": "default-vpc purge sync-images sync-skus",
            "vpcs": "sync syncstatus",
            "wires": "merge-from merge-network merge-to",
            "networks": "merge set-bgp-type split switch-wire sync sync-additional-wires syncstatus",
            "secgroups": "clean syncstatus",
            "images": "update-torrent-status",
            "eips": "purge remote-update sync syncstatus",
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
        "cloudregions": frozenset(("disk-capability",)),
        "zones": frozenset(("disk-capability",)),
        "vpcs": frozenset(("topology",)),
        "wires": frozenset(("topology",)),
        "storages": frozenset(("hardware-info",)),
    }
)
"""Named details, by type."""

COLLECTION: Mapping[str, frozenset[str]] = MappingProxyType(
    {"hosts": frozenset(("bm-start-register-script", "host-type-count", "k8s-master-node-ips", "node-count"))}
)
"""Properties of collections, by type."""


def is_later(table: Mapping[str, frozenset[str]], plural: str, name: str) -> bool:
    """Whether the wire knows this, and this release does not offer it."""
    return name in table.get(plural, ())


def refused(plural: str, name: str) -> NotSupportedError:
    """The error that says so."""
    return NotSupportedError(f"{name} of {plural} is not supported", data={"plural": plural, "name": name})

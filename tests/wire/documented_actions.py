"""What existing clients do to each type, and which details they ask for by name. Facts of the wire, as texts of names."""

from __future__ import annotations

ACTIONS: dict[str, str] = {
    "cachedimages": "cache-image refresh uncache-image",
    "cloudregions": "default-vpc purge set-schedtag sync-images sync-skus",
    "disks": (
        "bind-snapshotpolicy cancel-delete change-billing-type change-owner change-storage-type disk-reset migrate "
        "purge rebuild resize save set-snapshotpolicy syncstatus unbind-snapshotpolicy"
    ),
    "dynamicschedtags": "evaluate",
    "eips": "associate change-bandwidth dissociate purge remote-update sync syncstatus",
    "hosts": (
        "add-netif auto-migrate-on-host-down cache-image change-owner convert-hypervisor disable disable-netif "
        "eject-iso enable enable-netif host-exit-maintenance host-maintenance initialize insert-iso ipmi-probe "
        "login-info maintenance offline online ping prepare private probe-isolated-devices public purge "
        "remove-all-netifs remove-netif renew-prepaid-recycle report-dmesg reserve-cpus reset restart-host-agent "
        "set-commit-bound set-host-files set-reserved-resource-for-isolated-device set-schedtag start status stop "
        "sync-config sync-guest-nic-traffics sync-isolated-devices syncstatus undo-convert undo-prepaid-recycle "
        "unmaintenance unreserve-cpus update-storage validate-ipmi"
    ),
    "instance_snapshots": "purge",
    "instancegroups": (
        "associate-eip attachnetwork bind-guests create-eip detachnetwork disable dissociate-eip enable unbind-guests"
    ),
    "isolated_devices": "private public purge",
    "keypairs": "private public",
    "networks": (
        "change-owner merge purge release-reserved-ip reserve-ip set-bgp-type set-schedtag split status switch-wire "
        "sync sync-additional-wires syncstatus"
    ),
    "schedpolicies": "evaluate",
    "schedtags": "set-resource set-scope",
    "secgroups": "add-rule clean clone import-rules syncstatus",
    "servers": (
        "start stop restart reset suspend resume deploy set-password rebuild-root change-config createdisk attachdisk "
        "detachdisk resize-disk change-disk-storage attachnetwork detachnetwork change-ipaddr change-bandwidth "
        "add-secgroup revoke-secgroup set-secgroup assign-secgroup add-network-secgroup associate-eip dissociate-eip "
        "create-eip publicip-to-eip migrate live-migrate migrate-forecast cancel-live-migrate save-image "
        "save-guest-image save-template instance-snapshot instance-snapshot-reset snapshot-and-clone create-backup "
        "start-backup delete-backup switch-to-backup insertiso ejectiso insertvfd ejectvfd sync syncstatus status purge "
        "cancel-delete user-data set-boot-index set-extra-option del-extra-option set-qemu-params set-tpm "
        "set-network-num-queues set-nic-traffic-limit reset-nic-traffic-limit io-throttle cpuset cpuset-remove "
        "set-cpu-numa-pin modify-src-check start-rescue stop-rescue clone monitor qga-set-password qga-command qga-ping "
        "qga-guest-info-task qga-get-network qga-set-network open-forward close-forward list-forward login-info "
        "change-owner freeze unfreeze convert convert-to-kvm prepaid-recycle renew set-auto-renew postpaid-expire "
        "cancel-expire bind-snapshotpolicy set-snapshotpolicy bind-groups unbind-groups dirty-server-start "
        "dirty-server-verify event upload-status have-agent update-kickstart-status kickstart-complete "
        "block-mirror-ready block-stream-failed slave-block-stream-ready stream-disks-complete"
    ),
    "snapshotpolicies": "bind-disks bind-resources syncstatus unbind-disks unbind-resources",
    "snapshots": "deleted purge syncstatus",
    "storagecaches": "cache-image uncache-image",
    "storages": (
        "cache-image change-owner disable enable force-detach-host offline online private public set-commit-bound "
        "set-hardware-info set-schedtag uncache-image"
    ),
    "vpcs": "change-owner private public purge sync syncstatus",
    "wires": "merge-from merge-network merge-to set-class-metadata",
    "zones": "purge set-schedtag",
}
"""To one thing of a type."""

CLASS_ACTIONS: dict[str, str] = {
    "servers": (
        "batch-migrate batch-user-metadata batch-set-user-metadata dirty-server-start import import-from-libvirt "
        "upload-status check-create-data"
    ),
    "serverskus": "batch-update-price sync-skus",
    "snapshots": "delete-disk-snapshots",
}
"""To a type."""

DETAILS: dict[str, str] = {
    "cloudregions": "capability disk-capability",
    "hosts": (
        "api-stats app-options guest-isolated-devices-initialized host-files ipmi isolated-device-numa-stats jnlp nics "
        "spec tap-config vnc worker-stats"
    ),
    "keypairs": "privatekey",
    "networks": "addresses available-addresses reserved-ips",
    "servers": (
        "status vnc desc create-params sshable sshport make-sshable-cmd metadata hardware-info numa-info cpuset-cores "
        "qemu-info iso jnlp virt-install modification-types tasks kickstart screen-dump-show remote-nics"
    ),
    "storages": "hardware-info",
    "vpcs": "topology",
    "wires": "topology",
    "zones": "capability disk-capability",
}
"""Of one thing, by name."""

"""What existing clients do to each type, and which details they read. Facts of the wire, as texts of names."""

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


SHOWN: dict[str, str] = {
    "cachedimages": "status os_type os_distribution os_version hypervisor cached_count",
    "cloudregions": "cloud_env",
    "disks": (
        "guests guest guest_count guest_status guest_billing_type guest_snapshotpolicy_count auto_delete_at "
        "snapshotpolicies"
    ),
    "eips": "associate_name server_private_ip",
    "hosts": (
        "schedtags server_id server server_ips server_pending_deleted nic_count nic_info cpu_commit mem_commit guests "
        "backup_guests nonsystem_guests running_guests ready_guests other_guests pending_deleted_guests cpu_commit_rate "
        "mem_commit_rate cpu_commit_bound mem_commit_bound storage storage_used actual_storage_used storage_waste "
        "storage_virtual storage_free storage_commit_rate spec is_prepaid_recycle can_prepare prepare_fail_reason "
        "allow_health_check auto_migrate_on_host_down auto_migrate_on_host_shutdown reserved_resource_for_gpu "
        "isolated_device_count isolated_device_type_count guest_pinned_cpus sys_warn sys_error host_files"
    ),
    "instance_snapshots": "guest_status guest storage_type snapshots properties size size_mb virtual_size_mb",
    "keypairs": "private_key_len linked_guest_count",
    "networks": (
        "exit ports dns routes schedtags is_classic additional_wires vnics vnics4 vnics6 bm_vnics lb_vnics eip_vnics "
        "group_vnics reserve_vnics4 reserve_vnics6 rds_vnics nat_vnics bm_reused_vnics networkinterface_vnics "
        "ports_used total ports6_used total6"
    ),
    "schedtags": (
        "dynamic_schedtag_count schedpolicy_count host_count server_count other_count resource_count join_model_keyword"
    ),
    "secgroups": (
        "guest_cnt guest_nic_cnt system_guest_cnt admin_guest_cnt loadbalancer_cnt rds_cnt redis_cnt total_cnt"
    ),
    "servers": (
        "disks_info disk disk_count disks nics networks ips macs sub_ips vip vip_eip virtual_ips eip eip_mode secgroups "
        "secgroup secgrp_id network_secgroups security_rules admin_security_rules keypair isolated_devices is_gpu "
        "gpu_model gpu_count cdrom floppy cdrom_support floppy_support vpc vpc_id vpc_external_access_mode host host_sn "
        "host_type host_status host_enabled host_access_ip host_access_mac host_eip host_billing_type "
        "host_resource_type host_service_status arch zone zone_id cloudregion cloudregion_id region region_id manager "
        "manager_id account account_id provider brand cloud_env project tenant project_domain project_metadata metadata "
        "os_name scaling_group_id scaling_status is_prepaid_recycle can_recycle auto_delete_at monitor_url "
        "snapshotpolicy_count disks_snapshotpolicy_count backup_host_name backup_host_status containers"
    ),
    "serverskus": "cloud_env total_guest_count regional_availability",
    "snapshotpolicies": "binding_disk_count binding_resource_count snapshot_count",
    "snapshots": "storage_type storage disk_status guest guest_id guest_status disk_name is_sub_snapshot",
    "storagecaches": "storages size count host",
    "storages": (
        "real_time_used_capacity virtual_capacity hosts schedtags commit_bound master_host_name host_count disk_count "
        "snapshot_count used wasted used_capacity waste_capacity virtual_capacity commit_rate free_capacity"
    ),
    "vpcs": (
        "wire_count network_count routetable_count natgateway_count dns_zone_count request_vpc_peer_count "
        "accpet_vpc_peer_count"
    ),
}
"""What details add to the columns of a type."""

"""What existing clients know of each type: columns with what may be sent, list parameters and sort keys.

A column is `name`, followed by what is said of it: C it may be sent when creating, U it may be changed, - it is hidden.
Facts of the wire, in the order in which it lists them.
"""

from __future__ import annotations

import attrs


@attrs.frozen
class Documented:
    """One type as the wire knows it, each a text of names."""

    columns: str
    filters: str = ""
    orders: str = ""


WIRE: dict[str, Documented] = {
    "cachedimages": Documented(
        columns="size:CU info:CU last_sync last_ref ref_count uefi image_type",
        filters="image_type host_schedtag_id valid cloud_env",
    ),
    "cloudregions": Documented(
        columns="environment provider",
        filters="city service environment read_only",
        orders="zone_count vpc_count guest_count",
    ),
    "disks": Documented(
        columns=(
            "disk_format disk_size access_path pci_path backup_storage_id template_id snapshot_id backup_id "
            "device fs_format fs_features disk_type:U preallocation:U nonpersistent auto_reset:U is_ssd:CU iops:C "
            "throughput:C"
        ),
        filters=(
            "server_id server unused type disk_type disk_format disk_size fs_format image_id template template_id "
            "snapshot_id snapshot guest_status binding_snapshotpolicy binding_server_snapshotpolicy"
        ),
        orders="server guest_count",
    ),
    "dynamicschedtags": Documented(
        columns="condition:CU enabled:CU",
    ),
    "eips": Documented(
        columns=(
            "network_id:C mode:C ip_addr:U associate_type:U associate_id:U bandwidth:C bgp_type:C "
            "auto_dellocate:CU rx_bw_limit tx_bw_limit"
        ),
        filters=(
            "usable_eip_for_associate_type usable_eip_for_associate_id mode is_associated ip_addr associate_type "
            "associate_name associate_id charge_type bgp_type auto_dellocate"
        ),
        orders="ip",
    ),
    "guestdisks": Documented(
        columns="image_path:C driver cache_mode aio_mode iops:U bps:U mountpoint index:U boot_index:U",
    ),
    "guestnetworks": Documented(
        columns=(
            "network_id mac_addr ip_addr ip6_addr driver:U num_queues:U bw_limit rx_traffic_limit rx_traffic_used "
            "tx_traffic_limit tx_traffic_used index:U virtual ifname:U team_with mapped_ip_addr mapped_ip6_addr "
            "eip_id is_default port_mappings:U rx_bw_limit tx_bw_limit"
        ),
    ),
    "hosts": Documented(
        columns=(
            "rack:CU slots:CU access_mac:U access_ip:U manager_uri:CU sys_info:CU sn:CU cpu_count:CU "
            "node_count:CU cpu_desc:CU cpu_mhz:CU cpu_cache:CU cpu_reserved:CU cpu_cmtbound:C cpu_microcode:CU "
            "cpu_architecture:CU kvm_cap_max_vcpu:CU mem_size:CU mem_reserved:CU mem_cmtbound:C page_size_kb:CU "
            "enable_numa_allocate:CU storage_size:CU storage_type:CU storage_driver:CU storage_info:CU "
            "root_partition_used_capacity_mb:CU memory_used_mb:CU cpu_usage_percent:CU ipmi_ip ipmi_info:CU "
            "host_status host_type:CU version:CU ovn_version:CU is_baremetal:CU is_maintenance last_ping_at:- "
            "enable_health_check:- resource_type:CU real_external_id is_import:C enable_pxe_boot:CU uuid:CU "
            "boot_mode:CU ovn_mapped_ip_addr ovn_mapped_ip6_addr uefi_info:CU public_ip:U"
        ),
        filters=(
            "resource_type any_mac any_ip storage_not_attached hypervisor is_empty baremetal rack slots "
            "access_mac access_ip public_ip sn cpu_count mem_size storage_type host_storage_type ipmi_ip "
            "host_status host_type version ovn_version is_maintenance is_import enable_pxe_boot uuid boot_mode "
            "server_id_for_network cpu_architecture os_arch"
        ),
        orders=(
            "server_count storage storage_commit_rate cpu_commit_rate mem_commit_rate storage_used cpu_commit "
            "mem_commit cpu_usage mem_usage storage_usage virtual_mem_usage virtual_cpu_usage "
            "virtual_storage_usage"
        ),
    ),
    "instance_snapshots": Documented(
        columns=(
            "guest_id:C server_config server_metadata auto_delete:U ref_count sec_groups keypair_id os_type "
            "instance_type:C image_id with_memory memory_size_kb memory_file_host_id memory_file_path "
            "memory_file_checksum"
        ),
        filters="os_type with_memory",
        orders="disk_snapshot_count guest",
    ),
    "instancegroups": Documented(
        columns="service_type:CU parent_id:CU sched_strategy:CU granularity:CU force_dispersion:CU",
    ),
    "isolated_devices": Documented(
        columns=(
            "dev_type:CU sharing_mode:CU hot_pluggable:CU model:CU guest_id:- network_index:- wire_id:CU "
            "ovs_offload_interface:CU is_infiniband_nic:C nvme_size_mb:CU disk_index:- addr:CU device_path:CU "
            "card_path:CU render_path:CU index:U device_minor:U mdev_id:CU frl:CU framebuffer:CU "
            "max_resolution:CU num_heads:CU max_instance:CU mps_memory_limit:CU mps_memory_total:CU "
            "mps_thread_percentage:CU vendor_device_id:C reserved_memory:CU reserved_cpu:CU reserved_storage:CU "
            "pcie_info:CU numa_node:CU memory_size:CU virtual_num:CU"
        ),
        filters=(
            "gpu usb unused dev_type model addr device_path vendor_device_id vendor numa_node "
            "show_baremetal_isolated_devices guest_id index device_minor"
        ),
    ),
    "keypairs": Documented(
        columns="scheme:C fingerprint:C private_key:C- public_key:C",
        filters="scheme fingerprint",
    ),
    "networks": Documented(
        columns=(
            "ifname_hint:C guest_ip_start:CU guest_ip_end:CU guest_ip_mask:CU guest_gateway:CU guest_dns:CU "
            "guest_dhcp:CU guest_ntp:CU guest_domain:U guest_ip6_start:CU guest_ip6_end:CU guest_ip6_mask:CU "
            "guest_gateway6:CU vlan_id:CU server_type:CU alloc_policy:CU alloc_timout_seconds is_auto_alloc:CU "
            "bgp_type:CU"
        ),
        filters=(
            "route_table_id ip ip_match ifname_hint guest_ip_start guest_ip_end guest_ip_mask guest_gateway "
            "guest_dns guest_dhcp guest_ntp guest_domain guest_ip6_start guest_ip6_end guest_ip6_mask "
            "guest_gateway6 guest_dns6 guest_domain6 vlan_id server_type alloc_policy is_auto_alloc is_classic "
            "host_schedtag_id bgp_type host_type lb_cluster_id"
        ),
        orders="ip_start ip_end",
    ),
    "schedpolicies": Documented(
        columns="condition:CU strategy:CU enabled:CU",
    ),
    "schedtags": Documented(
        columns="default_strategy:CU resource_type:C",
        filters="resource_type type default_strategy zone_id",
    ),
    "secgrouprules": Documented(
        columns="id priority:U protocol:CU ports:CU direction:C cidr:CU action:CU description:CU target_type:C",
    ),
    "secgroups": Documented(
        columns="is_dirty:-",
        filters="ip ports direction vpc_id loadbalancer_id ip_set_id",
        orders="guest_cnt",
    ),
    "servers": Documented(
        columns=(
            "name description hostname status power_states progress vcpu_count cpu_sockets extra_cpu_count "
            "vmem_size cpu_numa_pin boot_order:U shutdown_behavior:U shutdown_mode keypair_id host_id "
            "backup_host_id backup_guest_status progress_mbps:U vga:U vdi:U machine:U bios:U os_type os_arch "
            "flavor_id secgrp_id admin_secgrp_id src_ip_check:U src_mac_check:U hypervisor instance_type "
            "is_daemon:U internet_max_bandwidth_out throughput qga_status health_status rescue_mode last_start_at "
            "ssh_port:U sshable_last_state disable_delete:U external_id tenant_id domain_id encrypt_key_id "
            "billing_type expired_at release_at billing_cycle auto_renew"
        ),
        filters=(
            "hypervisor vcpu_count vmem_size ip_addr ip_addrs os_type os_dist host_id zone_id cloudregion_id "
            "vpc_id network_id wire_id secgroup_id group_id gpu normal backup bakcup baremetal custom_dev_type "
            "server_type with_eip without_eip eip_associable usable_server_for_eip attachable_servers_for_disk "
            "disk_id isolated_device_id snapshotpolicy_id binding_snapshotpolicy get_all_guests_on_host with_host "
            "resource_type billing_type boot_order vga vdi machine bios instance_type src_ip_check"
        ),
        orders="disk host ip os_dist",
    ),
    "serverskus": Documented(
        columns=(
            "instance_type_family:CU instance_type_category:CU local_category:CU prepaid_status:CU "
            "postpaid_status:CU cpu_arch:CU cpu_core_count:C memory_size_mb:C cpu_model:CU os_name:CU "
            "sys_disk_resizable:CU sys_disk_type:CU sys_disk_min_size_gb:CU sys_disk_max_size_gb:CU "
            "attached_disk_type:CU attached_disk_size_gb:CU attached_disk_count:CU data_disk_types:CU "
            "data_disk_max_count:CU disk_performance:CU nic_type:CU nic_max_count:CU nic_bandwidth:CU "
            "gpu_attachable:CU gpu_spec:CU gpu_count:CU gpu_max_count:CU hour_price:CU month_price:CU currency:CU "
            "provider:C md5:-"
        ),
        filters="memory_size_mb cpu_core_count postpaid_status prepaid_status distinct cpu_arch",
        orders="total_guest_count",
    ),
    "snapshotpolicies": Documented(
        columns="retention_days:CU retention_count:CU type:C repeat_weekdays:CU time_points:CU",
        filters="type resource_id",
        orders="bind_disk_count snapshot_count",
    ),
    "snapshots": Documented(
        columns=(
            "disk_id:C storage_id:C created_by:C location:C size:C virtual_size:C out_of_chain:C fake_deleted:- "
            "disk_type:C os_type:C ref_count backing_disk_id:- disk_backup_id:- expired_at:C"
        ),
        filters="fake_deleted disk_type is_instance_snapshot out_of_chain os_type server_id unused storage_id",
        orders="guest disk_name",
    ),
    "storagecachedimages": Documented(
        columns="cachedimage_id:C status:CU path:CU last_download download_refcnt",
    ),
    "storagecaches": Documented(
        columns="path:CU master_host:CU",
        filters="path",
    ),
    "storages": Documented(
        columns=(
            "capacity:CU actual_capacity_used:CU reserved:CU storage_type:C medium_type:CU cmtbound "
            "storage_conf:U storagecache_id:CU master_host is_sys_disk_store:CU"
        ),
        filters="host_schedtag_id image_id host_id server_id is_baremetal storage_type",
    ),
    "vpcs": Documented(
        columns="is_default:C cidr_block:CU cidr_block6:CU external_access_mode:CU direct:U",
        filters=(
            "usable_for_inter_vpc_network_id zone_id globalvpc is_default cidr_block cidr_block6 external_access_mode"
        ),
        orders="network_count wire_count",
    ),
    "wires": Documented(
        columns="bandwidth:CU mtu:CU schedule_rank:U",
        filters="bandwidth host_type",
        orders="network_count",
    ),
    "zones": Documented(
        columns="location:U contacts:U name_cn:- manager_uri:U",
        filters="service read_only location contacts",
        orders="wires hosts hosts_enabled baremetals baremetals_enabled",
    ),
}

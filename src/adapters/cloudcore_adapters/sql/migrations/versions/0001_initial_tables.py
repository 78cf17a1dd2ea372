"""Initial tables."""
# ruff: noqa: PLR0915, Q000, RUF100
# fmt: off

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cloudcore_adapters.sql import types

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Add what this release needs."""
    op.create_table('audit_counters',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('value', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_audit_counters')
    )
    op.create_index('ix_audit_counters_created_at_id', 'audit_counters', ['created_at', 'id'], unique=False)
    op.create_table('audit_history',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('position', types.integer(), nullable=True),
    sa.Column('recorded_at', types.integer(), nullable=False),
    sa.Column('transaction', types.text(64), nullable=False),
    sa.Column('ordinal', types.integer(), nullable=False),
    sa.Column('request_id', types.text(128), server_default='', nullable=False),
    sa.Column('actor', types.text(), server_default='{}', nullable=False),
    sa.Column('user_id', types.text(64), server_default='', nullable=False),
    sa.Column('service', types.text(32), server_default='', nullable=False),
    sa.Column('action', types.text(64), nullable=False),
    sa.Column('obj_type', types.text(40), nullable=False),
    sa.Column('obj_id', types.text(128), nullable=False),
    sa.Column('obj_name', types.text(128), server_default='', nullable=False),
    sa.Column('owner_domain_id', types.text(64), server_default='', nullable=False),
    sa.Column('owner_tenant_id', types.text(64), server_default='', nullable=False),
    sa.Column('version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('success', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('before', types.text(), server_default='{}', nullable=False),
    sa.Column('after', types.text(), server_default='{}', nullable=False),
    sa.Column('format', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_audit_history')
    )
    op.create_index('ix_audit_history_action', 'audit_history', ['action'], unique=False)
    op.create_index('ix_audit_history_created_at_id', 'audit_history', ['created_at', 'id'], unique=False)
    op.create_index('ix_audit_history_obj_id_position', 'audit_history', ['obj_id', 'position'], unique=False)
    op.create_index('ix_audit_history_obj_type', 'audit_history', ['obj_type'], unique=False)
    op.create_index('ix_audit_history_owner_domain_id', 'audit_history', ['owner_domain_id'], unique=False)
    op.create_index('ix_audit_history_owner_tenant_id_position', 'audit_history', ['owner_tenant_id', 'position'], unique=False)
    op.create_index('ix_audit_history_position', 'audit_history', ['position'], unique=False)
    op.create_index('ix_audit_history_recorded_at', 'audit_history', ['recorded_at'], unique=False)
    op.create_index('ix_audit_history_user_id', 'audit_history', ['user_id'], unique=False)
    op.create_table('audit_idempotencies',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('fingerprint', types.text(64), nullable=False),
    sa.Column('answer', types.text(), server_default='[]', nullable=False),
    sa.Column('expires_at', types.integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_audit_idempotencies')
    )
    op.create_index('ix_audit_idempotencies_created_at_id', 'audit_idempotencies', ['created_at', 'id'], unique=False)
    op.create_index('ix_audit_idempotencies_expires_at', 'audit_idempotencies', ['expires_at'], unique=False)
    op.create_table('compute_disks',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), nullable=False),
    sa.Column('project_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_system', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('freezed', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted_at', types.integer(), nullable=True),
    sa.Column('billing_type', types.text(36), server_default='postpaid', nullable=False),
    sa.Column('billing_cycle', types.text(10), server_default='', nullable=False),
    sa.Column('expired_at', types.integer(), nullable=True),
    sa.Column('release_at', types.integer(), nullable=True),
    sa.Column('auto_renew', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('status', types.text(36), server_default='init', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('storage_id', types.text(128), nullable=False),
    sa.Column('disk_format', types.text(32), server_default='qcow2', nullable=False),
    sa.Column('disk_size', types.integer(), nullable=False),
    sa.Column('access_path', types.text(256), server_default='', nullable=False),
    sa.Column('pci_path', types.text(64), server_default='', nullable=False),
    sa.Column('backup_storage_id', types.text(128), server_default='', nullable=False),
    sa.Column('template_id', types.text(256), server_default='', nullable=False),
    sa.Column('snapshot_id', types.text(256), server_default='', nullable=False),
    sa.Column('backup_id', types.text(256), server_default='', nullable=False),
    sa.Column('device', types.text(64), server_default='', nullable=False),
    sa.Column('fs_format', types.text(32), server_default='', nullable=False),
    sa.Column('fs_features', types.text(), server_default='{}', nullable=False),
    sa.Column('disk_type', types.text(32), server_default='data', nullable=False),
    sa.Column('preallocation', types.text(12), server_default='off', nullable=False),
    sa.Column('nonpersistent', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('auto_reset', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('auto_delete', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('os_arch', types.text(16), server_default='', nullable=False),
    sa.Column('is_ssd', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('iops', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('throughput', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('encrypt_key_id', types.text(36), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_disks')
    )
    op.create_index('ix_compute_disks_created_at_name_id_pending_delet_a7e0b7c086', 'compute_disks', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_compute_disks_disk_size', 'compute_disks', ['disk_size'], unique=False)
    op.create_index('ix_compute_disks_domain_id_created_at_name_id_pen_b1b80c4a67', 'compute_disks', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_compute_disks_external_id', 'compute_disks', ['external_id'], unique=False)
    op.create_index('ix_compute_disks_name', 'compute_disks', ['name'], unique=False)
    op.create_index('ix_compute_disks_status', 'compute_disks', ['status'], unique=False)
    op.create_index('ix_compute_disks_storage_id', 'compute_disks', ['storage_id'], unique=False)
    op.create_index('ix_compute_disks_template_id', 'compute_disks', ['template_id'], unique=False)
    op.create_index('ix_compute_disks_tenant_id_created_at_name_id_pen_2f899882fb', 'compute_disks', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_table('compute_dynamicschedtags',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('schedtag_id', types.text(128), nullable=False),
    sa.Column('condition', types.text(1024), nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_dynamicschedtags'),
    sa.UniqueConstraint('name', name='uq_compute_dynamicschedtags_name')
    )
    op.create_index('ix_compute_dynamicschedtags_created_at_name_id', 'compute_dynamicschedtags', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_compute_dynamicschedtags_schedtag_id', 'compute_dynamicschedtags', ['schedtag_id'], unique=False)
    op.create_table('compute_groupguests',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('group_id', types.text(128), nullable=False),
    sa.Column('guest_id', types.text(128), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_groupguests'),
    sa.UniqueConstraint('group_id', 'guest_id', name='uq_compute_groupguests_group_id_guest_id')
    )
    op.create_index('ix_compute_groupguests_created_at_id', 'compute_groupguests', ['created_at', 'id'], unique=False)
    op.create_index('ix_compute_groupguests_guest_id', 'compute_groupguests', ['guest_id'], unique=False)
    op.create_table('compute_guestdisks',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('guest_id', types.text(128), nullable=False),
    sa.Column('disk_id', types.text(128), nullable=False),
    sa.Column('image_path', types.text(256), server_default='', nullable=False),
    sa.Column('driver', types.text(32), server_default='virtio', nullable=False),
    sa.Column('cache_mode', types.text(32), server_default='none', nullable=False),
    sa.Column('aio_mode', types.text(32), server_default='', nullable=False),
    sa.Column('iops', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('bps', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('mountpoint', types.text(256), server_default='', nullable=False),
    sa.Column('index', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('boot_index', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_guestdisks'),
    sa.UniqueConstraint('disk_id', name='uq_compute_guestdisks_disk_id'),
    sa.UniqueConstraint('guest_id', 'index', name='uq_compute_guestdisks_guest_id_index')
    )
    op.create_index('ix_compute_guestdisks_created_at_id', 'compute_guestdisks', ['created_at', 'id'], unique=False)
    op.create_table('compute_guestnetworks',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('billing_type', types.text(36), server_default='postpaid', nullable=False),
    sa.Column('billing_cycle', types.text(10), server_default='', nullable=False),
    sa.Column('expired_at', types.integer(), nullable=True),
    sa.Column('release_at', types.integer(), nullable=True),
    sa.Column('auto_renew', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('guest_id', types.text(128), nullable=False),
    sa.Column('network_id', types.text(128), nullable=False),
    sa.Column('mac_addr', types.text(32), nullable=False),
    sa.Column('ip_addr', types.text(16), nullable=True),
    sa.Column('ip6_addr', types.text(64), nullable=True),
    sa.Column('driver', types.text(16), server_default='virtio', nullable=False),
    sa.Column('num_queues', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('bw_limit', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('rx_bw_limit', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('tx_bw_limit', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('rx_traffic_limit', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('rx_traffic_used', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('tx_traffic_limit', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('tx_traffic_used', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('index', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('virtual', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('ifname', types.text(16), server_default='', nullable=False),
    sa.Column('team_with', types.text(32), server_default='', nullable=False),
    sa.Column('mapped_ip_addr', types.text(16), server_default='', nullable=False),
    sa.Column('mapped_ip6_addr', types.text(64), server_default='', nullable=False),
    sa.Column('eip_id', types.text(128), server_default='', nullable=False),
    sa.Column('is_default', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('port_mappings', types.text(), server_default='[]', nullable=False),
    sa.Column('charge_type', types.text(32), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_guestnetworks'),
    sa.UniqueConstraint('guest_id', 'index', name='uq_compute_guestnetworks_guest_id_index'),
    sa.UniqueConstraint('mac_addr', name='uq_compute_guestnetworks_mac_addr'),
    sa.UniqueConstraint('network_id', 'ip_addr', name='uq_compute_guestnetworks_network_id_ip_addr')
    )
    op.create_index('ix_compute_guestnetworks_created_at_id', 'compute_guestnetworks', ['created_at', 'id'], unique=False)
    op.create_index('ix_compute_guestnetworks_ip_addr', 'compute_guestnetworks', ['ip_addr'], unique=False)
    op.create_table('compute_guestsecgroups',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('guest_id', types.text(128), nullable=False),
    sa.Column('secgroup_id', types.text(128), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_guestsecgroups'),
    sa.UniqueConstraint('guest_id', 'secgroup_id', name='uq_compute_guestsecgroups_guest_id_secgroup_id')
    )
    op.create_index('ix_compute_guestsecgroups_created_at_id', 'compute_guestsecgroups', ['created_at', 'id'], unique=False)
    op.create_index('ix_compute_guestsecgroups_secgroup_id', 'compute_guestsecgroups', ['secgroup_id'], unique=False)
    op.create_table('compute_hostclaims',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('vcpus', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('memory_mib', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('guests', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_hostclaims')
    )
    op.create_index('ix_compute_hostclaims_created_at_id', 'compute_hostclaims', ['created_at', 'id'], unique=False)
    op.create_table('compute_instancegroups',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), nullable=False),
    sa.Column('project_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_system', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('freezed', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted_at', types.integer(), nullable=True),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('service_type', types.text(36), server_default='', nullable=False),
    sa.Column('parent_id', types.text(128), nullable=True),
    sa.Column('zone_id', types.text(128), nullable=True),
    sa.Column('sched_strategy', types.text(16), server_default='', nullable=False),
    sa.Column('granularity', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('force_dispersion', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_instancegroups'),
    sa.UniqueConstraint('name', 'tenant_id', name='uq_compute_instancegroups_name_tenant_id')
    )
    op.create_index('ix_compute_instancegroups_created_at_name_id_pend_47c7efe02d', 'compute_instancegroups', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_compute_instancegroups_domain_id_created_at_na_b9587a586b', 'compute_instancegroups', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_compute_instancegroups_parent_id', 'compute_instancegroups', ['parent_id'], unique=False)
    op.create_index('ix_compute_instancegroups_tenant_id_created_at_na_f4f41932a9', 'compute_instancegroups', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_compute_instancegroups_zone_id', 'compute_instancegroups', ['zone_id'], unique=False)
    op.create_table('compute_isolated_devices',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('domain_src', types.text(10), server_default='local', nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('host_id', types.text(128), nullable=False),
    sa.Column('dev_type', types.text(16), nullable=False),
    sa.Column('sharing_mode', types.text(16), server_default='', nullable=False),
    sa.Column('hot_pluggable', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('model', types.text(512), nullable=False),
    sa.Column('guest_id', types.text(128), nullable=True),
    sa.Column('network_index', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('wire_id', types.text(128), server_default='', nullable=False),
    sa.Column('ovs_offload_interface', types.text(16), server_default='', nullable=False),
    sa.Column('is_infiniband_nic', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('nvme_size_mb', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('disk_index', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('addr', types.text(64), server_default='', nullable=False),
    sa.Column('device_path', types.text(128), server_default='', nullable=False),
    sa.Column('card_path', types.text(128), server_default='', nullable=False),
    sa.Column('render_path', types.text(128), server_default='', nullable=False),
    sa.Column('index', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('device_minor', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('mdev_id', types.text(36), server_default='', nullable=False),
    sa.Column('frl', types.text(16), server_default='', nullable=False),
    sa.Column('framebuffer', types.text(16), server_default='', nullable=False),
    sa.Column('max_resolution', types.text(16), server_default='', nullable=False),
    sa.Column('num_heads', types.text(16), server_default='', nullable=False),
    sa.Column('max_instance', types.text(16), server_default='', nullable=False),
    sa.Column('mps_memory_limit', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('mps_memory_total', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('mps_thread_percentage', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('vendor_device_id', types.text(16), server_default='', nullable=False),
    sa.Column('reserved_memory', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('reserved_cpu', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('reserved_storage', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('pcie_info', types.text(), server_default='{}', nullable=False),
    sa.Column('numa_node', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('memory_size', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('virtual_num', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_isolated_devices')
    )
    op.create_index('ix_compute_isolated_devices_addr', 'compute_isolated_devices', ['addr'], unique=False)
    op.create_index('ix_compute_isolated_devices_created_at_name_id', 'compute_isolated_devices', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_compute_isolated_devices_dev_type', 'compute_isolated_devices', ['dev_type'], unique=False)
    op.create_index('ix_compute_isolated_devices_domain_id_created_at_name_id', 'compute_isolated_devices', ['domain_id', 'created_at', 'name', 'id'], unique=False)
    op.create_index('ix_compute_isolated_devices_external_id', 'compute_isolated_devices', ['external_id'], unique=False)
    op.create_index('ix_compute_isolated_devices_guest_id', 'compute_isolated_devices', ['guest_id'], unique=False)
    op.create_index('ix_compute_isolated_devices_host_id', 'compute_isolated_devices', ['host_id'], unique=False)
    op.create_index('ix_compute_isolated_devices_model', 'compute_isolated_devices', ['model'], unique=False)
    op.create_index('ix_compute_isolated_devices_name', 'compute_isolated_devices', ['name'], unique=False)
    op.create_index('ix_compute_isolated_devices_vendor_device_id', 'compute_isolated_devices', ['vendor_device_id'], unique=False)
    op.create_table('compute_keypairs',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('owner_id', types.text(64), nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('scheme', types.text(12), server_default='RSA', nullable=False),
    sa.Column('fingerprint', types.text(64), server_default='', nullable=False),
    sa.Column('public_key', types.text(4096), server_default='', nullable=False),
    sa.Column('private_key', types.text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_keypairs'),
    sa.UniqueConstraint('name', 'owner_id', name='uq_compute_keypairs_name_owner_id')
    )
    op.create_index('ix_compute_keypairs_created_at_name_id', 'compute_keypairs', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_compute_keypairs_owner_id_created_at_name_id', 'compute_keypairs', ['owner_id', 'created_at', 'name', 'id'], unique=False)
    op.create_table('compute_schedpolicies',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('schedtag_id', types.text(128), nullable=False),
    sa.Column('condition', types.text(1024), nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('strategy', types.text(16), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_schedpolicies'),
    sa.UniqueConstraint('name', name='uq_compute_schedpolicies_name')
    )
    op.create_index('ix_compute_schedpolicies_created_at_name_id', 'compute_schedpolicies', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_compute_schedpolicies_schedtag_id', 'compute_schedpolicies', ['schedtag_id'], unique=False)
    op.create_table('compute_schedtagcloudregions',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('schedtag_id', types.text(128), nullable=False),
    sa.Column('cloudregion_id', types.text(128), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_schedtagcloudregions'),
    sa.UniqueConstraint('schedtag_id', 'cloudregion_id', name='uq_compute_schedtagcloudregions_schedtag_id_cloudregion_id')
    )
    op.create_index('ix_compute_schedtagcloudregions_cloudregion_id', 'compute_schedtagcloudregions', ['cloudregion_id'], unique=False)
    op.create_index('ix_compute_schedtagcloudregions_created_at_id', 'compute_schedtagcloudregions', ['created_at', 'id'], unique=False)
    op.create_table('compute_schedtaghosts',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('schedtag_id', types.text(128), nullable=False),
    sa.Column('host_id', types.text(128), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_schedtaghosts'),
    sa.UniqueConstraint('schedtag_id', 'host_id', name='uq_compute_schedtaghosts_schedtag_id_host_id')
    )
    op.create_index('ix_compute_schedtaghosts_created_at_id', 'compute_schedtaghosts', ['created_at', 'id'], unique=False)
    op.create_index('ix_compute_schedtaghosts_host_id', 'compute_schedtaghosts', ['host_id'], unique=False)
    op.create_table('compute_schedtagnetworks',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('schedtag_id', types.text(128), nullable=False),
    sa.Column('network_id', types.text(128), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_schedtagnetworks'),
    sa.UniqueConstraint('schedtag_id', 'network_id', name='uq_compute_schedtagnetworks_schedtag_id_network_id')
    )
    op.create_index('ix_compute_schedtagnetworks_created_at_id', 'compute_schedtagnetworks', ['created_at', 'id'], unique=False)
    op.create_index('ix_compute_schedtagnetworks_network_id', 'compute_schedtagnetworks', ['network_id'], unique=False)
    op.create_table('compute_schedtags',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('resource_type', types.text(16), nullable=False),
    sa.Column('default_strategy', types.text(16), server_default='', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=True),
    sa.Column('tenant_id', types.text(64), nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_compute_schedtags'),
    sa.UniqueConstraint('name', 'resource_type', name='uq_compute_schedtags_name_resource_type')
    )
    op.create_index('ix_compute_schedtags_created_at_name_id', 'compute_schedtags', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_compute_schedtags_domain_id_created_at_name_id', 'compute_schedtags', ['domain_id', 'created_at', 'name', 'id'], unique=False)
    op.create_index('ix_compute_schedtags_resource_type', 'compute_schedtags', ['resource_type'], unique=False)
    op.create_index('ix_compute_schedtags_tenant_id_created_at_name_id', 'compute_schedtags', ['tenant_id', 'created_at', 'name', 'id'], unique=False)
    op.create_table('compute_schedtagstorages',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('schedtag_id', types.text(128), nullable=False),
    sa.Column('storage_id', types.text(128), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_schedtagstorages'),
    sa.UniqueConstraint('schedtag_id', 'storage_id', name='uq_compute_schedtagstorages_schedtag_id_storage_id')
    )
    op.create_index('ix_compute_schedtagstorages_created_at_id', 'compute_schedtagstorages', ['created_at', 'id'], unique=False)
    op.create_index('ix_compute_schedtagstorages_storage_id', 'compute_schedtagstorages', ['storage_id'], unique=False)
    op.create_table('compute_schedtagzones',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('schedtag_id', types.text(128), nullable=False),
    sa.Column('zone_id', types.text(128), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_schedtagzones'),
    sa.UniqueConstraint('schedtag_id', 'zone_id', name='uq_compute_schedtagzones_schedtag_id_zone_id')
    )
    op.create_index('ix_compute_schedtagzones_created_at_id', 'compute_schedtagzones', ['created_at', 'id'], unique=False)
    op.create_index('ix_compute_schedtagzones_zone_id', 'compute_schedtagzones', ['zone_id'], unique=False)
    op.create_table('compute_servers',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), nullable=False),
    sa.Column('project_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_system', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('freezed', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted_at', types.integer(), nullable=True),
    sa.Column('disable_delete', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('billing_type', types.text(36), server_default='postpaid', nullable=False),
    sa.Column('billing_cycle', types.text(10), server_default='', nullable=False),
    sa.Column('expired_at', types.integer(), nullable=True),
    sa.Column('release_at', types.integer(), nullable=True),
    sa.Column('auto_renew', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('status', types.text(36), server_default='init', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('hostname', types.text(253), server_default='', nullable=False),
    sa.Column('power_states', types.text(16), server_default='off', nullable=False),
    sa.Column('vcpu_count', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('cpu_sockets', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('extra_cpu_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('vmem_size', types.integer(), nullable=False),
    sa.Column('cpu_numa_pin', types.text(1024), server_default='', nullable=False),
    sa.Column('boot_order', types.text(8), server_default='cdn', nullable=False),
    sa.Column('shutdown_behavior', types.text(16), server_default='stop', nullable=False),
    sa.Column('shutdown_mode', types.text(24), server_default='keep_charging', nullable=False),
    sa.Column('keypair_id', types.text(128), nullable=True),
    sa.Column('host_id', types.text(128), nullable=True),
    sa.Column('backup_host_id', types.text(128), server_default='', nullable=False),
    sa.Column('backup_guest_status', types.text(36), server_default='', nullable=False),
    sa.Column('progress_mbps', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('vga', types.text(36), server_default='std', nullable=False),
    sa.Column('vdi', types.text(36), server_default='vnc', nullable=False),
    sa.Column('machine', types.text(36), server_default='', nullable=False),
    sa.Column('bios', types.text(36), server_default='BIOS', nullable=False),
    sa.Column('os_type', types.text(36), server_default='', nullable=False),
    sa.Column('os_arch', types.text(16), server_default='', nullable=False),
    sa.Column('flavor_id', types.text(128), server_default='', nullable=False),
    sa.Column('secgrp_id', types.text(128), server_default='', nullable=False),
    sa.Column('admin_secgrp_id', types.text(128), server_default='', nullable=False),
    sa.Column('src_ip_check', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('src_mac_check', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('hypervisor', types.text(16), server_default='kvm', nullable=False),
    sa.Column('instance_type', types.text(64), server_default='', nullable=False),
    sa.Column('is_daemon', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('internet_max_bandwidth_out', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('throughput', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('qga_status', types.text(36), server_default='unknown', nullable=False),
    sa.Column('health_status', types.text(36), server_default='', nullable=False),
    sa.Column('rescue_mode', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('last_start_at', types.integer(), nullable=True),
    sa.Column('ssh_port', types.integer(), server_default=sa.text('(22)'), nullable=False),
    sa.Column('sshable_last_state', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('encrypt_key_id', types.text(36), server_default='', nullable=False),
    sa.Column('login_account', types.text(32), server_default='', nullable=False),
    sa.Column('login_password', types.text(), server_default='', nullable=False),
    sa.Column('user_data', types.text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_servers'),
    sa.UniqueConstraint('name', 'tenant_id', name='uq_compute_servers_name_tenant_id')
    )
    op.create_index('ix_compute_servers_created_at_name_id_pending_del_7413e31ffd', 'compute_servers', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_compute_servers_domain_id_created_at_name_id_p_c8dd1afbad', 'compute_servers', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_compute_servers_external_id', 'compute_servers', ['external_id'], unique=False)
    op.create_index('ix_compute_servers_host_id_status', 'compute_servers', ['host_id', 'status'], unique=False)
    op.create_index('ix_compute_servers_hypervisor', 'compute_servers', ['hypervisor'], unique=False)
    op.create_index('ix_compute_servers_keypair_id', 'compute_servers', ['keypair_id'], unique=False)
    op.create_index('ix_compute_servers_os_type', 'compute_servers', ['os_type'], unique=False)
    op.create_index('ix_compute_servers_status', 'compute_servers', ['status'], unique=False)
    op.create_index('ix_compute_servers_tenant_id_created_at_name_id_p_a3f3de5edf', 'compute_servers', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_compute_servers_vcpu_count', 'compute_servers', ['vcpu_count'], unique=False)
    op.create_index('ix_compute_servers_vmem_size', 'compute_servers', ['vmem_size'], unique=False)
    op.create_table('compute_serverskus',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('status', types.text(36), server_default='init', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('name', types.text(128), server_default='', nullable=False),
    sa.Column('cloudregion_id', types.text(128), server_default='default', nullable=False),
    sa.Column('zone_id', types.text(64), nullable=True),
    sa.Column('instance_type_family', types.text(32), server_default='', nullable=False),
    sa.Column('instance_type_category', types.text(32), server_default='general_purpose', nullable=False),
    sa.Column('local_category', types.text(32), server_default='', nullable=False),
    sa.Column('prepaid_status', types.text(32), server_default='available', nullable=False),
    sa.Column('postpaid_status', types.text(32), server_default='available', nullable=False),
    sa.Column('cpu_arch', types.text(16), server_default='', nullable=False),
    sa.Column('cpu_core_count', types.integer(), nullable=False),
    sa.Column('memory_size_mb', types.integer(), nullable=False),
    sa.Column('cpu_model', types.text(64), server_default='', nullable=False),
    sa.Column('os_name', types.text(16), server_default='Any', nullable=False),
    sa.Column('sys_disk_resizable', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('sys_disk_type', types.text(128), server_default='', nullable=False),
    sa.Column('sys_disk_min_size_gb', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('sys_disk_max_size_gb', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('attached_disk_type', types.text(32), server_default='', nullable=False),
    sa.Column('attached_disk_size_gb', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('attached_disk_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('data_disk_types', types.text(128), server_default='', nullable=False),
    sa.Column('data_disk_max_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('disk_performance', types.text(64), server_default='', nullable=False),
    sa.Column('nic_type', types.text(32), server_default='', nullable=False),
    sa.Column('nic_max_count', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('nic_bandwidth', types.text(64), server_default='', nullable=False),
    sa.Column('gpu_attachable', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('gpu_spec', types.text(128), server_default='', nullable=False),
    sa.Column('gpu_count', types.text(16), server_default='', nullable=False),
    sa.Column('gpu_max_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('hour_price', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('month_price', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('currency', types.text(16), server_default='', nullable=False),
    sa.Column('provider', types.text(64), server_default='OneCloud', nullable=False),
    sa.Column('md5', types.text(32), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_serverskus')
    )
    op.create_index('ix_compute_serverskus_cloudregion_id', 'compute_serverskus', ['cloudregion_id'], unique=False)
    op.create_index('ix_compute_serverskus_cpu_core_count_memory_size_mb', 'compute_serverskus', ['cpu_core_count', 'memory_size_mb'], unique=False)
    op.create_index('ix_compute_serverskus_created_at_name_id', 'compute_serverskus', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_compute_serverskus_external_id', 'compute_serverskus', ['external_id'], unique=False)
    op.create_index('ix_compute_serverskus_memory_size_mb', 'compute_serverskus', ['memory_size_mb'], unique=False)
    op.create_index('ix_compute_serverskus_name', 'compute_serverskus', ['name'], unique=False)
    op.create_index('ix_compute_serverskus_provider', 'compute_serverskus', ['provider'], unique=False)
    op.create_index('ix_compute_serverskus_status', 'compute_serverskus', ['status'], unique=False)
    op.create_index('ix_compute_serverskus_zone_id', 'compute_serverskus', ['zone_id'], unique=False)
    op.create_table('identity_assignments',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('type', types.text(32), nullable=False),
    sa.Column('actor_id', types.text(64), nullable=False),
    sa.Column('target_id', types.text(64), nullable=False),
    sa.Column('role_id', types.text(64), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_assignments'),
    sa.UniqueConstraint('type', 'actor_id', 'target_id', 'role_id', name='uq_identity_assignments_type_actor_id_target_id_role_id')
    )
    op.create_index('ix_identity_assignments_actor_id', 'identity_assignments', ['actor_id'], unique=False)
    op.create_index('ix_identity_assignments_created_at_id', 'identity_assignments', ['created_at', 'id'], unique=False)
    op.create_index('ix_identity_assignments_role_id', 'identity_assignments', ['role_id'], unique=False)
    op.create_index('ix_identity_assignments_target_id', 'identity_assignments', ['target_id'], unique=False)
    op.create_table('identity_credentials',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('owner_id', types.text(64), nullable=False),
    sa.Column('name', types.text(128), server_default='', nullable=False),
    sa.Column('type', types.text(32), nullable=False),
    sa.Column('project_id', types.text(64), nullable=True),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('expired_at', types.integer(), nullable=True),
    sa.Column('blob', types.text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_credentials')
    )
    op.create_index('ix_identity_credentials_created_at_name_id', 'identity_credentials', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_identity_credentials_name', 'identity_credentials', ['name'], unique=False)
    op.create_index('ix_identity_credentials_owner_id_created_at_name_id', 'identity_credentials', ['owner_id', 'created_at', 'name', 'id'], unique=False)
    op.create_index('ix_identity_credentials_project_id', 'identity_credentials', ['project_id'], unique=False)
    op.create_index('ix_identity_credentials_type', 'identity_credentials', ['type'], unique=False)
    op.create_table('identity_domains',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('displayname', types.text(128), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_domains'),
    sa.UniqueConstraint('name', name='uq_identity_domains_name')
    )
    op.create_index('ix_identity_domains_created_at_name_id', 'identity_domains', ['created_at', 'name', 'id'], unique=False)
    op.create_table('identity_endpoints',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('name', types.text(128), server_default='', nullable=False),
    sa.Column('service_id', types.text(64), nullable=False),
    sa.Column('region_id', types.text(255), nullable=False),
    sa.Column('interface', types.text(8), nullable=False),
    sa.Column('url', types.text(512), nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_endpoints'),
    sa.UniqueConstraint('service_id', 'region_id', 'interface', name='uq_identity_endpoints_service_id_region_id_interface')
    )
    op.create_index('ix_identity_endpoints_created_at_name_id', 'identity_endpoints', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_identity_endpoints_region_id', 'identity_endpoints', ['region_id'], unique=False)
    op.create_table('identity_groups',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('domain_src', types.text(10), server_default='local', nullable=False),
    sa.Column('displayname', types.text(128), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_groups'),
    sa.UniqueConstraint('name', 'domain_id', name='uq_identity_groups_name_domain_id')
    )
    op.create_index('ix_identity_groups_created_at_name_id', 'identity_groups', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_identity_groups_domain_id_created_at_name_id', 'identity_groups', ['domain_id', 'created_at', 'name', 'id'], unique=False)
    op.create_table('identity_memberships',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('group_id', types.text(64), nullable=False),
    sa.Column('user_id', types.text(64), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_memberships'),
    sa.UniqueConstraint('group_id', 'user_id', name='uq_identity_memberships_group_id_user_id')
    )
    op.create_index('ix_identity_memberships_created_at_id', 'identity_memberships', ['created_at', 'id'], unique=False)
    op.create_index('ix_identity_memberships_user_id', 'identity_memberships', ['user_id'], unique=False)
    op.create_table('identity_passwords',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('user_id', types.text(64), nullable=False),
    sa.Column('hash', types.text(512), nullable=False),
    sa.Column('expires_at', types.integer(), nullable=True),
    sa.Column('failed_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('failed_at', types.integer(), nullable=True),
    sa.Column('locked_until', types.integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_identity_passwords'),
    sa.UniqueConstraint('user_id', name='uq_identity_passwords_user_id')
    )
    op.create_index('ix_identity_passwords_created_at_id', 'identity_passwords', ['created_at', 'id'], unique=False)
    op.create_table('identity_policies',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('domain_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('scope', types.text(16), server_default='project', nullable=False),
    sa.Column('blob', types.text(), server_default='{}', nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('is_system', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('domain_tags', types.text(), server_default='[]', nullable=False),
    sa.Column('project_tags', types.text(), server_default='[]', nullable=False),
    sa.Column('object_tags', types.text(), server_default='[]', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_policies'),
    sa.UniqueConstraint('name', 'domain_id', name='uq_identity_policies_name_domain_id')
    )
    op.create_index('ix_identity_policies_created_at_name_id_is_system', 'identity_policies', ['created_at', 'name', 'id', 'is_system'], unique=False)
    op.create_index('ix_identity_policies_domain_id_created_at_name_id_is_system', 'identity_policies', ['domain_id', 'created_at', 'name', 'id', 'is_system'], unique=False)
    op.create_table('identity_projects',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('domain_src', types.text(10), server_default='local', nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('displayname', types.text(128), server_default='', nullable=False),
    sa.Column('admin_id', types.text(64), nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_identity_projects'),
    sa.UniqueConstraint('name', 'domain_id', name='uq_identity_projects_name_domain_id')
    )
    op.create_index('ix_identity_projects_admin_id', 'identity_projects', ['admin_id'], unique=False)
    op.create_index('ix_identity_projects_created_at_name_id', 'identity_projects', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_identity_projects_domain_id_created_at_name_id', 'identity_projects', ['domain_id', 'created_at', 'name', 'id'], unique=False)
    op.create_table('identity_regions',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('parent_region_id', types.text(255), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_regions')
    )
    op.create_index('ix_identity_regions_created_at_name_id', 'identity_regions', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_identity_regions_name', 'identity_regions', ['name'], unique=False)
    op.create_table('identity_revocations',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('kind', types.text(16), nullable=False),
    sa.Column('target_id', types.text(128), nullable=False),
    sa.Column('before', types.integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_revocations'),
    sa.UniqueConstraint('kind', 'target_id', name='uq_identity_revocations_kind_target_id')
    )
    op.create_index('ix_identity_revocations_created_at_id', 'identity_revocations', ['created_at', 'id'], unique=False)
    op.create_index('ix_identity_revocations_target_id', 'identity_revocations', ['target_id'], unique=False)
    op.create_table('identity_rolepolicies',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('role_id', types.text(64), server_default='', nullable=False),
    sa.Column('project_id', types.text(64), server_default='', nullable=False),
    sa.Column('policy_id', types.text(64), nullable=False),
    sa.Column('auth', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('ips', types.text(), server_default='[]', nullable=False),
    sa.Column('valid_since', types.integer(), nullable=True),
    sa.Column('valid_until', types.integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_identity_rolepolicies'),
    sa.UniqueConstraint('role_id', 'project_id', 'policy_id', name='uq_identity_rolepolicies_role_id_project_id_policy_id')
    )
    op.create_index('ix_identity_rolepolicies_created_at_id', 'identity_rolepolicies', ['created_at', 'id'], unique=False)
    op.create_index('ix_identity_rolepolicies_policy_id', 'identity_rolepolicies', ['policy_id'], unique=False)
    op.create_index('ix_identity_rolepolicies_project_id', 'identity_rolepolicies', ['project_id'], unique=False)
    op.create_table('identity_roles',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('domain_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('displayname', types.text(128), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_roles'),
    sa.UniqueConstraint('name', 'domain_id', name='uq_identity_roles_name_domain_id')
    )
    op.create_index('ix_identity_roles_created_at_name_id', 'identity_roles', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_identity_roles_domain_id_created_at_name_id', 'identity_roles', ['domain_id', 'created_at', 'name', 'id'], unique=False)
    op.create_table('identity_services',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('name', types.text(128), server_default='', nullable=False),
    sa.Column('type', types.text(64), nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('config_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_services'),
    sa.UniqueConstraint('name', name='uq_identity_services_name')
    )
    op.create_index('ix_identity_services_created_at_name_id', 'identity_services', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_identity_services_type', 'identity_services', ['type'], unique=False)
    op.create_table('identity_users',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('domain_src', types.text(10), server_default='local', nullable=False),
    sa.Column('displayname', types.text(128), server_default='', nullable=False),
    sa.Column('email', types.text(64), server_default='', nullable=False),
    sa.Column('mobile', types.text(20), server_default='', nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('is_system_account', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('allow_web_console', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('enable_mfa', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('lang', types.text(8), server_default='', nullable=False),
    sa.Column('expired_at', types.integer(), nullable=True),
    sa.Column('last_active_at', types.integer(), nullable=True),
    sa.Column('last_login_ip', types.text(64), server_default='', nullable=False),
    sa.Column('last_login_source', types.text(36), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_users'),
    sa.UniqueConstraint('name', 'domain_id', name='uq_identity_users_name_domain_id')
    )
    op.create_index('ix_identity_users_created_at_name_id', 'identity_users', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_identity_users_domain_id_created_at_name_id', 'identity_users', ['domain_id', 'created_at', 'name', 'id'], unique=False)
    op.create_table('image_images',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), nullable=False),
    sa.Column('project_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_system', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('freezed', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted_at', types.integer(), nullable=True),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('status', types.text(36), server_default='queued', nullable=False),
    sa.Column('size', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('virtual_size', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('disk_format', types.text(20), server_default='raw', nullable=False),
    sa.Column('min_disk', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('min_ram', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('checksum', types.text(32), server_default='', nullable=False),
    sa.Column('fast_hash', types.text(32), server_default='', nullable=False),
    sa.Column('sha256', types.text(64), server_default='', nullable=False),
    sa.Column('protected', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('is_standard', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('is_guest_image', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('is_data', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('os_arch', types.text(16), server_default='', nullable=False),
    sa.Column('encrypt_key_id', types.text(36), server_default='', nullable=False),
    sa.Column('encrypt_status', types.text(16), server_default='unencrypted', nullable=False),
    sa.Column('oss_checksum', types.text(64), server_default='', nullable=False),
    sa.Column('location', types.text(256), server_default='', nullable=False),
    sa.Column('properties', types.text(), server_default='{}', nullable=False),
    sa.Column('staged_key', types.text(200), server_default='', nullable=False),
    sa.Column('store_key', types.text(200), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_image_images'),
    sa.UniqueConstraint('name', 'tenant_id', name='uq_image_images_name_tenant_id')
    )
    op.create_index('ix_image_images_created_at_name_id_pending_deleted_is_system', 'image_images', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_image_images_disk_format', 'image_images', ['disk_format'], unique=False)
    op.create_index('ix_image_images_domain_id_created_at_name_id_pend_1ccad6f329', 'image_images', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_image_images_status', 'image_images', ['status'], unique=False)
    op.create_index('ix_image_images_tenant_id_created_at_name_id_pend_d8cabbf734', 'image_images', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_table('infrastructure_cloudregions',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('status', types.text(36), server_default='inservice', nullable=False),
    sa.Column('environment', types.text(32), server_default='', nullable=False),
    sa.Column('provider', types.text(64), server_default='OneCloud', nullable=False),
    sa.Column('latitude', types.number(), nullable=True),
    sa.Column('longitude', types.number(), nullable=True),
    sa.Column('city', types.text(32), server_default='', nullable=False),
    sa.Column('country_code', types.text(4), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_infrastructure_cloudregions'),
    sa.UniqueConstraint('name', name='uq_infrastructure_cloudregions_name')
    )
    op.create_index('ix_infrastructure_cloudregions_created_at_name_id', 'infrastructure_cloudregions', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_infrastructure_cloudregions_external_id', 'infrastructure_cloudregions', ['external_id'], unique=False)
    op.create_index('ix_infrastructure_cloudregions_provider', 'infrastructure_cloudregions', ['provider'], unique=False)
    op.create_index('ix_infrastructure_cloudregions_status', 'infrastructure_cloudregions', ['status'], unique=False)
    op.create_table('infrastructure_hosts',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('domain_src', types.text(10), server_default='local', nullable=False),
    sa.Column('billing_type', types.text(36), server_default='postpaid', nullable=False),
    sa.Column('billing_cycle', types.text(10), server_default='', nullable=False),
    sa.Column('expired_at', types.integer(), nullable=True),
    sa.Column('release_at', types.integer(), nullable=True),
    sa.Column('auto_renew', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('status', types.text(36), server_default='init', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('zone_id', types.text(128), nullable=False),
    sa.Column('hostname', types.text(60), server_default='', nullable=False),
    sa.Column('rack', types.text(16), server_default='', nullable=False),
    sa.Column('slots', types.text(16), server_default='', nullable=False),
    sa.Column('access_mac', types.text(32), nullable=True),
    sa.Column('access_ip', types.text(64), server_default='', nullable=False),
    sa.Column('manager_uri', types.text(256), server_default='', nullable=False),
    sa.Column('sys_info', types.text(), server_default='{}', nullable=False),
    sa.Column('sn', types.text(128), server_default='', nullable=False),
    sa.Column('cpu_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('node_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('cpu_desc', types.text(128), server_default='', nullable=False),
    sa.Column('cpu_mhz', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('cpu_cache', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('cpu_reserved', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('cpu_cmtbound', types.number(), nullable=True),
    sa.Column('cpu_microcode', types.text(64), server_default='', nullable=False),
    sa.Column('cpu_architecture', types.text(16), server_default='', nullable=False),
    sa.Column('kvm_cap_max_vcpu', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('mem_size', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('mem_reserved', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('mem_cmtbound', types.number(), nullable=True),
    sa.Column('page_size_kb', types.integer(), server_default=sa.text('4'), nullable=False),
    sa.Column('enable_numa_allocate', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('storage_size', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('storage_type', types.text(20), server_default='', nullable=False),
    sa.Column('storage_driver', types.text(20), server_default='', nullable=False),
    sa.Column('storage_info', types.text(), server_default='[]', nullable=False),
    sa.Column('root_partition_used_capacity_mb', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('memory_used_mb', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('cpu_usage_percent', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('ipmi_ip', types.text(64), server_default='', nullable=False),
    sa.Column('ipmi_info', types.text(), server_default='{}', nullable=False),
    sa.Column('host_status', types.text(16), server_default='offline', nullable=False),
    sa.Column('host_type', types.text(36), server_default='hypervisor', nullable=False),
    sa.Column('version', types.text(64), server_default='', nullable=False),
    sa.Column('ovn_version', types.text(64), server_default='', nullable=False),
    sa.Column('is_baremetal', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('is_maintenance', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('last_ping_at', types.integer(), nullable=True),
    sa.Column('enable_health_check', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('resource_type', types.text(36), server_default='shared', nullable=False),
    sa.Column('real_external_id', types.text(256), server_default='', nullable=False),
    sa.Column('is_import', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('enable_pxe_boot', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('uuid', types.text(64), server_default='', nullable=False),
    sa.Column('boot_mode', types.text(8), server_default='', nullable=False),
    sa.Column('ovn_mapped_ip_addr', types.text(16), server_default='', nullable=False),
    sa.Column('ovn_mapped_ip6_addr', types.text(64), server_default='', nullable=False),
    sa.Column('uefi_info', types.text(), server_default='{}', nullable=False),
    sa.Column('public_ip', types.text(64), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_infrastructure_hosts'),
    sa.UniqueConstraint('access_mac', name='uq_infrastructure_hosts_access_mac'),
    sa.UniqueConstraint('name', 'domain_id', name='uq_infrastructure_hosts_name_domain_id')
    )
    op.create_index('ix_infrastructure_hosts_cpu_architecture', 'infrastructure_hosts', ['cpu_architecture'], unique=False)
    op.create_index('ix_infrastructure_hosts_created_at_name_id', 'infrastructure_hosts', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_infrastructure_hosts_domain_id_created_at_name_id', 'infrastructure_hosts', ['domain_id', 'created_at', 'name', 'id'], unique=False)
    op.create_index('ix_infrastructure_hosts_external_id', 'infrastructure_hosts', ['external_id'], unique=False)
    op.create_index('ix_infrastructure_hosts_host_status', 'infrastructure_hosts', ['host_status'], unique=False)
    op.create_index('ix_infrastructure_hosts_host_type', 'infrastructure_hosts', ['host_type'], unique=False)
    op.create_index('ix_infrastructure_hosts_status', 'infrastructure_hosts', ['status'], unique=False)
    op.create_index('ix_infrastructure_hosts_zone_id', 'infrastructure_hosts', ['zone_id'], unique=False)
    op.create_table('infrastructure_sharedresources',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('resource_type', types.text(64), nullable=False),
    sa.Column('resource_id', types.text(128), nullable=False),
    sa.Column('target_type', types.text(16), nullable=False),
    sa.Column('target_id', types.text(64), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_infrastructure_sharedresources'),
    sa.UniqueConstraint('resource_id', 'resource_type', 'target_type', 'target_id', name='uq_infrastructure_sharedresources_resource_id_res_8575de31e7')
    )
    op.create_index('ix_infrastructure_sharedresources_created_at_id', 'infrastructure_sharedresources', ['created_at', 'id'], unique=False)
    op.create_index('ix_infrastructure_sharedresources_target_id', 'infrastructure_sharedresources', ['target_id'], unique=False)
    op.create_table('infrastructure_zones',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('status', types.text(36), server_default='enable', nullable=False),
    sa.Column('cloudregion_id', types.text(128), server_default='default', nullable=False),
    sa.Column('location', types.text(256), server_default='', nullable=False),
    sa.Column('contacts', types.text(256), server_default='', nullable=False),
    sa.Column('name_cn', types.text(256), server_default='', nullable=False),
    sa.Column('manager_uri', types.text(256), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_infrastructure_zones'),
    sa.UniqueConstraint('name', 'cloudregion_id', name='uq_infrastructure_zones_name_cloudregion_id')
    )
    op.create_index('ix_infrastructure_zones_cloudregion_id', 'infrastructure_zones', ['cloudregion_id'], unique=False)
    op.create_index('ix_infrastructure_zones_created_at_name_id', 'infrastructure_zones', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_infrastructure_zones_external_id', 'infrastructure_zones', ['external_id'], unique=False)
    op.create_index('ix_infrastructure_zones_status', 'infrastructure_zones', ['status'], unique=False)
    op.create_table('network_eips',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), nullable=False),
    sa.Column('project_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_system', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('freezed', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted_at', types.integer(), nullable=True),
    sa.Column('billing_type', types.text(36), server_default='postpaid', nullable=False),
    sa.Column('billing_cycle', types.text(10), server_default='', nullable=False),
    sa.Column('expired_at', types.integer(), nullable=True),
    sa.Column('release_at', types.integer(), nullable=True),
    sa.Column('auto_renew', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('status', types.text(36), server_default='ready', nullable=False),
    sa.Column('cloudregion_id', types.text(128), server_default='default', nullable=False),
    sa.Column('network_id', types.text(128), nullable=True),
    sa.Column('mode', types.text(32), server_default='elastic_ip', nullable=False),
    sa.Column('ip_addr', types.text(16), server_default='', nullable=False),
    sa.Column('associate_type', types.text(32), server_default='', nullable=False),
    sa.Column('associate_id', types.text(128), server_default='', nullable=False),
    sa.Column('bandwidth', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('bgp_type', types.text(64), server_default='', nullable=False),
    sa.Column('charge_type', types.text(32), server_default='traffic', nullable=False),
    sa.Column('auto_dellocate', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('rx_bw_limit', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('tx_bw_limit', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_network_eips'),
    sa.UniqueConstraint('name', 'tenant_id', name='uq_network_eips_name_tenant_id'),
    sa.UniqueConstraint('network_id', 'ip_addr', name='uq_network_eips_network_id_ip_addr')
    )
    op.create_index('ix_network_eips_associate_id', 'network_eips', ['associate_id'], unique=False)
    op.create_index('ix_network_eips_associate_type', 'network_eips', ['associate_type'], unique=False)
    op.create_index('ix_network_eips_cloudregion_id', 'network_eips', ['cloudregion_id'], unique=False)
    op.create_index('ix_network_eips_created_at_name_id_pending_deleted_is_system', 'network_eips', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_network_eips_domain_id_created_at_name_id_pend_7d4ebc3660', 'network_eips', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_network_eips_external_id', 'network_eips', ['external_id'], unique=False)
    op.create_index('ix_network_eips_ip_addr', 'network_eips', ['ip_addr'], unique=False)
    op.create_index('ix_network_eips_status', 'network_eips', ['status'], unique=False)
    op.create_index('ix_network_eips_tenant_id_created_at_name_id_pend_47f49ec149', 'network_eips', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_table('network_networks',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), nullable=False),
    sa.Column('project_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_system', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('freezed', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted_at', types.integer(), nullable=True),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('status', types.text(36), server_default='available', nullable=False),
    sa.Column('wire_id', types.text(128), nullable=False),
    sa.Column('ifname_hint', types.text(9), server_default='', nullable=False),
    sa.Column('guest_ip_start', types.text(16), server_default='', nullable=False),
    sa.Column('guest_ip_end', types.text(16), server_default='', nullable=False),
    sa.Column('guest_ip_mask', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('guest_gateway', types.text(16), server_default='', nullable=False),
    sa.Column('guest_dns', types.text(128), server_default='', nullable=False),
    sa.Column('guest_dhcp', types.text(64), server_default='', nullable=False),
    sa.Column('guest_ntp', types.text(200), server_default='', nullable=False),
    sa.Column('guest_domain', types.text(128), server_default='', nullable=False),
    sa.Column('guest_ip6_start', types.text(64), server_default='', nullable=False),
    sa.Column('guest_ip6_end', types.text(64), server_default='', nullable=False),
    sa.Column('guest_ip6_mask', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('guest_gateway6', types.text(64), server_default='', nullable=False),
    sa.Column('vlan_id', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('server_type', types.text(16), server_default='guest', nullable=False),
    sa.Column('alloc_policy', types.text(16), server_default='none', nullable=False),
    sa.Column('alloc_timout_seconds', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('is_auto_alloc', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('bgp_type', types.text(64), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_network_networks'),
    sa.UniqueConstraint('name', 'tenant_id', name='uq_network_networks_name_tenant_id')
    )
    op.create_index('ix_network_networks_created_at_name_id_pending_de_704f9094bb', 'network_networks', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_network_networks_domain_id_created_at_name_id__3d092f6d95', 'network_networks', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_network_networks_external_id', 'network_networks', ['external_id'], unique=False)
    op.create_index('ix_network_networks_status', 'network_networks', ['status'], unique=False)
    op.create_index('ix_network_networks_tenant_id_created_at_name_id__d4537e50c7', 'network_networks', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_network_networks_wire_id', 'network_networks', ['wire_id'], unique=False)
    op.create_table('network_reservedips',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('network_id', types.text(128), nullable=False),
    sa.Column('ip_addr', types.text(16), nullable=False),
    sa.Column('ip6_addr', types.text(64), server_default='', nullable=False),
    sa.Column('notes', types.text(512), server_default='', nullable=False),
    sa.Column('expired_at', types.integer(), nullable=True),
    sa.Column('status', types.text(12), server_default='unknown', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_network_reservedips'),
    sa.UniqueConstraint('network_id', 'ip_addr', name='uq_network_reservedips_network_id_ip_addr')
    )
    op.create_index('ix_network_reservedips_created_at_id', 'network_reservedips', ['created_at', 'id'], unique=False)
    op.create_index('ix_network_reservedips_ip_addr', 'network_reservedips', ['ip_addr'], unique=False)
    op.create_table('network_secgrouprules',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('status', types.text(36), server_default='available', nullable=False),
    sa.Column('secgroup_id', types.text(128), nullable=False),
    sa.Column('priority', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('protocol', types.text(8), nullable=False),
    sa.Column('ports', types.text(512), server_default='', nullable=False),
    sa.Column('direction', types.text(4), nullable=False),
    sa.Column('cidr', types.text(64), server_default='0.0.0.0/0', nullable=False),
    sa.Column('action', types.text(8), nullable=False),
    sa.Column('description', types.text(256), server_default='', nullable=False),
    sa.Column('target_type', types.text(16), server_default='cidr', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_network_secgrouprules')
    )
    op.create_index('ix_network_secgrouprules_created_at_id', 'network_secgrouprules', ['created_at', 'id'], unique=False)
    op.create_index('ix_network_secgrouprules_external_id', 'network_secgrouprules', ['external_id'], unique=False)
    op.create_index('ix_network_secgrouprules_priority', 'network_secgrouprules', ['priority'], unique=False)
    op.create_index('ix_network_secgrouprules_secgroup_id', 'network_secgrouprules', ['secgroup_id'], unique=False)
    op.create_index('ix_network_secgrouprules_status', 'network_secgrouprules', ['status'], unique=False)
    op.create_table('network_secgroups',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), nullable=False),
    sa.Column('project_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_system', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('freezed', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted_at', types.integer(), nullable=True),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('status', types.text(36), server_default='ready', nullable=False),
    sa.Column('cloudregion_id', types.text(128), server_default='default', nullable=False),
    sa.Column('vpc_id', types.text(128), server_default='default', nullable=False),
    sa.Column('is_dirty', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_network_secgroups'),
    sa.UniqueConstraint('name', 'tenant_id', name='uq_network_secgroups_name_tenant_id')
    )
    op.create_index('ix_network_secgroups_cloudregion_id', 'network_secgroups', ['cloudregion_id'], unique=False)
    op.create_index('ix_network_secgroups_created_at_name_id_pending_d_1801d5ba72', 'network_secgroups', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_network_secgroups_domain_id_created_at_name_id_7dfb829240', 'network_secgroups', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_network_secgroups_external_id', 'network_secgroups', ['external_id'], unique=False)
    op.create_index('ix_network_secgroups_status', 'network_secgroups', ['status'], unique=False)
    op.create_index('ix_network_secgroups_tenant_id_created_at_name_id_adc9ab60d3', 'network_secgroups', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_network_secgroups_vpc_id', 'network_secgroups', ['vpc_id'], unique=False)
    op.create_table('network_vpcs',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('domain_src', types.text(10), server_default='local', nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('status', types.text(36), server_default='available', nullable=False),
    sa.Column('cloudregion_id', types.text(128), server_default='default', nullable=False),
    sa.Column('is_default', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('cidr_block', types.text(256), server_default='', nullable=False),
    sa.Column('cidr_block6', types.text(256), server_default='', nullable=False),
    sa.Column('external_access_mode', types.text(16), server_default='none', nullable=False),
    sa.Column('direct', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_network_vpcs'),
    sa.UniqueConstraint('name', 'domain_id', 'cloudregion_id', name='uq_network_vpcs_name_domain_id_cloudregion_id')
    )
    op.create_index('ix_network_vpcs_cloudregion_id', 'network_vpcs', ['cloudregion_id'], unique=False)
    op.create_index('ix_network_vpcs_created_at_name_id', 'network_vpcs', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_network_vpcs_domain_id_created_at_name_id', 'network_vpcs', ['domain_id', 'created_at', 'name', 'id'], unique=False)
    op.create_index('ix_network_vpcs_external_id', 'network_vpcs', ['external_id'], unique=False)
    op.create_index('ix_network_vpcs_status', 'network_vpcs', ['status'], unique=False)
    op.create_table('network_wires',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('domain_src', types.text(10), server_default='local', nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('status', types.text(36), server_default='available', nullable=False),
    sa.Column('vpc_id', types.text(128), server_default='default', nullable=False),
    sa.Column('zone_id', types.text(128), nullable=True),
    sa.Column('bandwidth', types.integer(), server_default=sa.text('(1000)'), nullable=False),
    sa.Column('mtu', types.integer(), server_default=sa.text('(1500)'), nullable=False),
    sa.Column('schedule_rank', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('ranges_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_network_wires'),
    sa.UniqueConstraint('name', 'domain_id', name='uq_network_wires_name_domain_id')
    )
    op.create_index('ix_network_wires_created_at_name_id', 'network_wires', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_network_wires_domain_id_created_at_name_id', 'network_wires', ['domain_id', 'created_at', 'name', 'id'], unique=False)
    op.create_index('ix_network_wires_external_id', 'network_wires', ['external_id'], unique=False)
    op.create_index('ix_network_wires_status', 'network_wires', ['status'], unique=False)
    op.create_index('ix_network_wires_vpc_id', 'network_wires', ['vpc_id'], unique=False)
    op.create_index('ix_network_wires_zone_id', 'network_wires', ['zone_id'], unique=False)
    op.create_table('quota_quotalimits',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), server_default='', nullable=False),
    sa.Column('keys', types.text(512), server_default='', nullable=False),
    sa.Column('count', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('cpu', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('memory', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('storage', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_quota_quotalimits'),
    sa.UniqueConstraint('domain_id', 'tenant_id', 'keys', name='uq_quota_quotalimits_domain_id_tenant_id_keys')
    )
    op.create_index('ix_quota_quotalimits_created_at_id', 'quota_quotalimits', ['created_at', 'id'], unique=False)
    op.create_index('ix_quota_quotalimits_domain_id_created_at_id', 'quota_quotalimits', ['domain_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_quota_quotalimits_tenant_id_created_at_id', 'quota_quotalimits', ['tenant_id', 'created_at', 'id'], unique=False)
    op.create_table('quota_quotausages',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('cpu', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('memory', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('storage', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_quota_quotausages')
    )
    op.create_index('ix_quota_quotausages_created_at_id', 'quota_quotausages', ['created_at', 'id'], unique=False)
    op.create_table('storage_cachedimages',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), nullable=False),
    sa.Column('project_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_system', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('freezed', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted_at', types.integer(), nullable=True),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('size', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('info', types.text(), server_default='{}', nullable=False),
    sa.Column('last_sync', types.integer(), nullable=True),
    sa.Column('last_ref', types.integer(), nullable=True),
    sa.Column('ref_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('uefi', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('image_type', types.text(16), server_default='customized', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_storage_cachedimages')
    )
    op.create_index('ix_storage_cachedimages_created_at_name_id_pendin_6511d0485a', 'storage_cachedimages', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_storage_cachedimages_domain_id_created_at_name_a22d6aefe5', 'storage_cachedimages', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_storage_cachedimages_external_id', 'storage_cachedimages', ['external_id'], unique=False)
    op.create_index('ix_storage_cachedimages_name', 'storage_cachedimages', ['name'], unique=False)
    op.create_index('ix_storage_cachedimages_tenant_id_created_at_name_2def3c8142', 'storage_cachedimages', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_table('storage_hoststorages',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('host_id', types.text(128), nullable=False),
    sa.Column('storage_id', types.text(128), nullable=False),
    sa.Column('mount_point', types.text(256), server_default='', nullable=False),
    sa.Column('is_root_partition', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('config', types.text(), server_default='{}', nullable=False),
    sa.Column('real_capacity', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_storage_hoststorages'),
    sa.UniqueConstraint('host_id', 'storage_id', name='uq_storage_hoststorages_host_id_storage_id')
    )
    op.create_index('ix_storage_hoststorages_created_at_id', 'storage_hoststorages', ['created_at', 'id'], unique=False)
    op.create_index('ix_storage_hoststorages_storage_id', 'storage_hoststorages', ['storage_id'], unique=False)
    op.create_table('storage_hostwires',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('host_id', types.text(128), nullable=False),
    sa.Column('wire_id', types.text(128), nullable=False),
    sa.Column('bridge', types.text(64), server_default='', nullable=False),
    sa.Column('interface', types.text(64), server_default='', nullable=False),
    sa.Column('is_master', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('mac_addr', types.text(32), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_storage_hostwires'),
    sa.UniqueConstraint('host_id', 'bridge', name='uq_storage_hostwires_host_id_bridge'),
    sa.UniqueConstraint('host_id', 'wire_id', name='uq_storage_hostwires_host_id_wire_id')
    )
    op.create_index('ix_storage_hostwires_created_at_id', 'storage_hostwires', ['created_at', 'id'], unique=False)
    op.create_index('ix_storage_hostwires_wire_id', 'storage_hostwires', ['wire_id'], unique=False)
    op.create_table('storage_snapshotpolicies',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), nullable=False),
    sa.Column('project_src', types.text(10), server_default='local', nullable=False),
    sa.Column('is_system', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('freezed', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('pending_deleted_at', types.integer(), nullable=True),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('status', types.text(36), server_default='ready', nullable=False),
    sa.Column('cloudregion_id', types.text(128), server_default='default', nullable=False),
    sa.Column('retention_days', types.integer(), server_default=sa.text('(-1)'), nullable=False),
    sa.Column('retention_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('type', types.text(16), server_default='disk', nullable=False),
    sa.Column('repeat_weekdays', types.text(), server_default='[]', nullable=False),
    sa.Column('time_points', types.text(), server_default='[]', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_storage_snapshotpolicies'),
    sa.UniqueConstraint('name', 'tenant_id', name='uq_storage_snapshotpolicies_name_tenant_id')
    )
    op.create_index('ix_storage_snapshotpolicies_cloudregion_id', 'storage_snapshotpolicies', ['cloudregion_id'], unique=False)
    op.create_index('ix_storage_snapshotpolicies_created_at_name_id_pe_db8e1af160', 'storage_snapshotpolicies', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_storage_snapshotpolicies_domain_id_created_at__795d24eb66', 'storage_snapshotpolicies', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_storage_snapshotpolicies_external_id', 'storage_snapshotpolicies', ['external_id'], unique=False)
    op.create_index('ix_storage_snapshotpolicies_status', 'storage_snapshotpolicies', ['status'], unique=False)
    op.create_index('ix_storage_snapshotpolicies_tenant_id_created_at__73004b9010', 'storage_snapshotpolicies', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
    op.create_index('ix_storage_snapshotpolicies_type', 'storage_snapshotpolicies', ['type'], unique=False)
    op.create_table('storage_snapshotpolicydisks',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('snapshotpolicy_id', types.text(128), nullable=False),
    sa.Column('disk_id', types.text(128), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_storage_snapshotpolicydisks'),
    sa.UniqueConstraint('snapshotpolicy_id', 'disk_id', name='uq_storage_snapshotpolicydisks_snapshotpolicy_id_disk_id')
    )
    op.create_index('ix_storage_snapshotpolicydisks_created_at_id', 'storage_snapshotpolicydisks', ['created_at', 'id'], unique=False)
    op.create_index('ix_storage_snapshotpolicydisks_disk_id', 'storage_snapshotpolicydisks', ['disk_id'], unique=False)
    op.create_table('storage_snapshotpolicyservers',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('snapshotpolicy_id', types.text(128), nullable=False),
    sa.Column('server_id', types.text(128), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_storage_snapshotpolicyservers'),
    sa.UniqueConstraint('snapshotpolicy_id', 'server_id', name='uq_storage_snapshotpolicyservers_snapshotpolicy_id_server_id')
    )
    op.create_index('ix_storage_snapshotpolicyservers_created_at_id', 'storage_snapshotpolicyservers', ['created_at', 'id'], unique=False)
    op.create_index('ix_storage_snapshotpolicyservers_server_id', 'storage_snapshotpolicyservers', ['server_id'], unique=False)
    op.create_table('storage_storagecachedimages',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('status', types.text(36), server_default='init', nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('storagecache_id', types.text(128), nullable=False),
    sa.Column('cachedimage_id', types.text(128), nullable=False),
    sa.Column('path', types.text(256), server_default='', nullable=False),
    sa.Column('last_download', types.integer(), nullable=True),
    sa.Column('download_refcnt', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_storage_storagecachedimages'),
    sa.UniqueConstraint('storagecache_id', 'cachedimage_id', name='uq_storage_storagecachedimages_storagecache_id_ca_3ba17e36fe')
    )
    op.create_index('ix_storage_storagecachedimages_cachedimage_id', 'storage_storagecachedimages', ['cachedimage_id'], unique=False)
    op.create_index('ix_storage_storagecachedimages_created_at_id', 'storage_storagecachedimages', ['created_at', 'id'], unique=False)
    op.create_index('ix_storage_storagecachedimages_external_id', 'storage_storagecachedimages', ['external_id'], unique=False)
    op.create_index('ix_storage_storagecachedimages_status', 'storage_storagecachedimages', ['status'], unique=False)
    op.create_table('storage_storagecaches',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('path', types.text(256), server_default='', nullable=False),
    sa.Column('master_host', types.text(128), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_storage_storagecaches'),
    sa.UniqueConstraint('name', name='uq_storage_storagecaches_name')
    )
    op.create_index('ix_storage_storagecaches_created_at_name_id', 'storage_storagecaches', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_storage_storagecaches_external_id', 'storage_storagecaches', ['external_id'], unique=False)
    op.create_table('storage_storageclaims',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('size_mib', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_storage_storageclaims')
    )
    op.create_index('ix_storage_storageclaims_created_at_id', 'storage_storageclaims', ['created_at', 'id'], unique=False)
    op.create_table('storage_storages',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('domain_src', types.text(10), server_default='local', nullable=False),
    sa.Column('external_id', types.text(256), server_default='', nullable=False),
    sa.Column('source', types.text(10), server_default='', nullable=False),
    sa.Column('enabled', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('is_public', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('public_scope', types.text(16), server_default='none', nullable=False),
    sa.Column('public_src', types.text(10), server_default='local', nullable=False),
    sa.Column('status', types.text(36), server_default='online', nullable=False),
    sa.Column('zone_id', types.text(128), nullable=False),
    sa.Column('capacity', types.integer(), nullable=False),
    sa.Column('actual_capacity_used', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('reserved', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('storage_type', types.text(32), nullable=False),
    sa.Column('medium_type', types.text(32), server_default='ssd', nullable=False),
    sa.Column('cmtbound', types.number(), nullable=True),
    sa.Column('storage_conf', types.text(), server_default='{}', nullable=False),
    sa.Column('storagecache_id', types.text(128), nullable=True),
    sa.Column('master_host', types.text(128), server_default='', nullable=False),
    sa.Column('is_sys_disk_store', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_storage_storages'),
    sa.UniqueConstraint('name', 'domain_id', name='uq_storage_storages_name_domain_id')
    )
    op.create_index('ix_storage_storages_created_at_name_id', 'storage_storages', ['created_at', 'name', 'id'], unique=False)
    op.create_index('ix_storage_storages_domain_id_created_at_name_id', 'storage_storages', ['domain_id', 'created_at', 'name', 'id'], unique=False)
    op.create_index('ix_storage_storages_external_id', 'storage_storages', ['external_id'], unique=False)
    op.create_index('ix_storage_storages_status', 'storage_storages', ['status'], unique=False)
    op.create_index('ix_storage_storages_storage_type', 'storage_storages', ['storage_type'], unique=False)
    op.create_index('ix_storage_storages_storagecache_id', 'storage_storages', ['storagecache_id'], unique=False)
    op.create_index('ix_storage_storages_zone_id', 'storage_storages', ['zone_id'], unique=False)
    op.create_table('tasks_tasks',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('flow', types.text(64), nullable=False),
    sa.Column('flow_version', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('format', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('obj_type', types.text(40), nullable=False),
    sa.Column('obj_id', types.text(128), nullable=False),
    sa.Column('obj_name', types.text(128), server_default='', nullable=False),
    sa.Column('domain_id', types.text(64), server_default='', nullable=False),
    sa.Column('tenant_id', types.text(64), server_default='', nullable=False),
    sa.Column('state', types.text(16), server_default='running', nullable=False),
    sa.Column('cursor', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('attempt', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('intents', types.text(), server_default='[]', nullable=False),
    sa.Column('fence', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('params', types.text(), server_default='{}', nullable=False),
    sa.Column('results', types.text(), server_default='{}', nullable=False),
    sa.Column('log', types.text(), server_default='[]', nullable=False),
    sa.Column('error', types.text(1024), server_default='', nullable=False),
    sa.Column('cancelled', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('request_id', types.text(128), server_default='', nullable=False),
    sa.Column('actor', types.text(), server_default='{}', nullable=False),
    sa.Column('exclusive', types.text(200), nullable=True),
    sa.Column('deadline_at', types.integer(), nullable=True),
    sa.Column('wake_at', types.integer(), nullable=False),
    sa.Column('lease_owner', types.text(64), server_default='', nullable=False),
    sa.Column('lease_until', types.integer(), nullable=True),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('ended_at', types.integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_tasks_tasks'),
    sa.UniqueConstraint('exclusive', name='uq_tasks_tasks_exclusive')
    )
    op.create_index('ix_tasks_tasks_created_at_id', 'tasks_tasks', ['created_at', 'id'], unique=False)
    op.create_index('ix_tasks_tasks_domain_id_created_at_id', 'tasks_tasks', ['domain_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_tasks_tasks_flow', 'tasks_tasks', ['flow'], unique=False)
    op.create_index('ix_tasks_tasks_obj_id_created_at', 'tasks_tasks', ['obj_id', 'created_at'], unique=False)
    op.create_index('ix_tasks_tasks_state_wake_at', 'tasks_tasks', ['state', 'wake_at'], unique=False)
    op.create_index('ix_tasks_tasks_tenant_id_created_at_id', 'tasks_tasks', ['tenant_id', 'created_at', 'id'], unique=False)
    op.create_index('ix_tasks_tasks_wake_at', 'tasks_tasks', ['wake_at'], unique=False)

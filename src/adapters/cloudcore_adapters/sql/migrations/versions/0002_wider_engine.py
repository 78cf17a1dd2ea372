"""wider engine."""
# ruff: noqa: PLR0915, Q000, RUF100
# fmt: off

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cloudcore_adapters.sql import types

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what this release needs."""
    op.create_table('compute_instance_snapshots',
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
    sa.Column('status', types.text(36), server_default='creating', nullable=False),
    sa.Column('guest_id', types.text(128), nullable=False),
    sa.Column('server_config', types.text(), server_default='{}', nullable=False),
    sa.Column('server_metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('auto_delete', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('ref_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('sec_groups', types.text(), server_default='[]', nullable=False),
    sa.Column('keypair_id', types.text(128), server_default='', nullable=False),
    sa.Column('os_type', types.text(36), server_default='', nullable=False),
    sa.Column('os_arch', types.text(16), server_default='', nullable=False),
    sa.Column('instance_type', types.text(64), server_default='', nullable=False),
    sa.Column('image_id', types.text(128), server_default='', nullable=False),
    sa.Column('with_memory', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('memory_size_kb', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('memory_file_host_id', types.text(128), server_default='', nullable=False),
    sa.Column('memory_file_path', types.text(512), server_default='', nullable=False),
    sa.Column('memory_file_checksum', types.text(64), server_default='', nullable=False),
    sa.Column('encrypt_key_id', types.text(36), server_default='', nullable=False),
    sa.Column('cloudregion_id', types.text(128), server_default='default', nullable=False),
    sa.Column('manager_id', types.text(128), server_default='', nullable=False),
    sa.Column('created_by', types.text(36), server_default='manual', nullable=False),
    sa.Column('expired_at', types.integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_compute_instance_snapshots'),
    sa.UniqueConstraint('name', 'tenant_id', name='uq_compute_instance_snapshots_name_tenant_id')
    )
    with op.batch_alter_table('compute_instance_snapshots', schema=None) as batch_op:
        batch_op.create_index('ix_compute_instance_snapshots_cloudregion_id', ['cloudregion_id'], unique=False)
        batch_op.create_index('ix_compute_instance_snapshots_created_at_name_id__1034f2ecf5', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
        batch_op.create_index('ix_compute_instance_snapshots_domain_id_created_a_f40edfc84d', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
        batch_op.create_index('ix_compute_instance_snapshots_expired_at', ['expired_at'], unique=False)
        batch_op.create_index('ix_compute_instance_snapshots_external_id', ['external_id'], unique=False)
        batch_op.create_index('ix_compute_instance_snapshots_guest_id', ['guest_id'], unique=False)
        batch_op.create_index('ix_compute_instance_snapshots_os_type', ['os_type'], unique=False)
        batch_op.create_index('ix_compute_instance_snapshots_status', ['status'], unique=False)
        batch_op.create_index('ix_compute_instance_snapshots_tenant_id_created_a_3251e6993e', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
        batch_op.create_index('ix_compute_instance_snapshots_with_memory', ['with_memory'], unique=False)

    op.create_table('compute_instancesnapshotjoints',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('instance_snapshot_id', types.text(128), nullable=False),
    sa.Column('snapshot_id', types.text(128), nullable=False),
    sa.Column('disk_index', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_instancesnapshotjoints'),
    sa.UniqueConstraint('instance_snapshot_id', 'snapshot_id', name='uq_compute_instancesnapshotjoints_instance_snapsh_634228b816')
    )
    with op.batch_alter_table('compute_instancesnapshotjoints', schema=None) as batch_op:
        batch_op.create_index('ix_compute_instancesnapshotjoints_created_at_id', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_compute_instancesnapshotjoints_snapshot_id', ['snapshot_id'], unique=False)

    op.create_table('compute_snapshots',
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
    sa.Column('status', types.text(36), server_default='creating', nullable=False),
    sa.Column('disk_id', types.text(128), nullable=False),
    sa.Column('storage_id', types.text(128), nullable=False),
    sa.Column('created_by', types.text(36), server_default='manual', nullable=False),
    sa.Column('location', types.text(256), server_default='', nullable=False),
    sa.Column('size', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('virtual_size', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('out_of_chain', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('fake_deleted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('disk_type', types.text(32), server_default='data', nullable=False),
    sa.Column('os_type', types.text(32), server_default='', nullable=False),
    sa.Column('os_arch', types.text(16), server_default='', nullable=False),
    sa.Column('ref_count', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('backing_disk_id', types.text(128), server_default='', nullable=False),
    sa.Column('disk_backup_id', types.text(128), server_default='', nullable=False),
    sa.Column('encrypt_key_id', types.text(36), server_default='', nullable=False),
    sa.Column('cloudregion_id', types.text(128), server_default='default', nullable=False),
    sa.Column('manager_id', types.text(128), server_default='', nullable=False),
    sa.Column('expired_at', types.integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_compute_snapshots'),
    sa.UniqueConstraint('name', 'tenant_id', name='uq_compute_snapshots_name_tenant_id')
    )
    with op.batch_alter_table('compute_snapshots', schema=None) as batch_op:
        batch_op.create_index('ix_compute_snapshots_cloudregion_id', ['cloudregion_id'], unique=False)
        batch_op.create_index('ix_compute_snapshots_created_at_name_id_pending_d_1f34279540', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
        batch_op.create_index('ix_compute_snapshots_created_by_expired_at', ['created_by', 'expired_at'], unique=False)
        batch_op.create_index('ix_compute_snapshots_disk_id', ['disk_id'], unique=False)
        batch_op.create_index('ix_compute_snapshots_disk_type', ['disk_type'], unique=False)
        batch_op.create_index('ix_compute_snapshots_domain_id_created_at_name_id_0e158a8402', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
        batch_op.create_index('ix_compute_snapshots_expired_at', ['expired_at'], unique=False)
        batch_op.create_index('ix_compute_snapshots_external_id', ['external_id'], unique=False)
        batch_op.create_index('ix_compute_snapshots_os_type', ['os_type'], unique=False)
        batch_op.create_index('ix_compute_snapshots_status', ['status'], unique=False)
        batch_op.create_index('ix_compute_snapshots_storage_id', ['storage_id'], unique=False)
        batch_op.create_index('ix_compute_snapshots_tenant_id_created_at_name_id_c8d998e808', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)

    op.create_table('image_subimages',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('image_id', types.text(128), nullable=False),
    sa.Column('format', types.text(20), nullable=False),
    sa.Column('status', types.text(36), server_default='queued', nullable=False),
    sa.Column('size', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('checksum', types.text(32), server_default='', nullable=False),
    sa.Column('fast_hash', types.text(32), server_default='', nullable=False),
    sa.Column('sha256', types.text(64), server_default='', nullable=False),
    sa.Column('store_key', types.text(200), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_image_subimages'),
    sa.UniqueConstraint('image_id', 'format', name='uq_image_subimages_image_id_format')
    )
    with op.batch_alter_table('image_subimages', schema=None) as batch_op:
        batch_op.create_index('ix_image_subimages_created_at_id', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_image_subimages_status', ['status'], unique=False)

    with op.batch_alter_table('compute_disks', schema=None) as batch_op:
        batch_op.create_index('ix_compute_disks_snapshot_id', ['snapshot_id'], unique=False)
        batch_op.create_index('ix_compute_disks_tenant_id_name', ['tenant_id', 'name'], unique=False)

    with op.batch_alter_table('compute_servers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('name_key', types.text(128), server_default='', nullable=False))
        batch_op.add_column(sa.Column('next_password', types.text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('login_updated_at', types.integer(), nullable=True))
        batch_op.add_column(sa.Column('deployments', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.drop_constraint(batch_op.f('uq_compute_servers_name_tenant_id'), type_='unique')
        batch_op.create_unique_constraint('uq_compute_servers_name_tenant_id_name_key', ['name', 'tenant_id', 'name_key'])

    with op.batch_alter_table('identity_passwords', schema=None) as batch_op:
        batch_op.add_column(sa.Column('earlier', types.text(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('reset_hint', types.text(16), server_default='', nullable=False))

    with op.batch_alter_table('image_images', schema=None) as batch_op:
        batch_op.add_column(sa.Column('os_type', types.text(32), server_default='', nullable=False))
        batch_op.add_column(sa.Column('os_distribution', types.text(64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('os_version', types.text(64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('quota_held', types.truth(), server_default=sa.text('(false)'), nullable=False))
        batch_op.add_column(sa.Column('copy_from', types.text(), server_default='', nullable=False))

    with op.batch_alter_table('quota_quotalimits', schema=None) as batch_op:
        batch_op.add_column(sa.Column('snapshot', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('instance_snapshot', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('instancegroup', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('eip', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('secgroup', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('image', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('host', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('vpc', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('identity_user', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('identity_group', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('identity_project', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('identity_role', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('identity_policy', types.integer(), server_default=sa.text('(-1)'), nullable=False))

    with op.batch_alter_table('quota_quotausages', schema=None) as batch_op:
        batch_op.add_column(sa.Column('snapshot', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('instance_snapshot', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('instancegroup', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('eip', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('secgroup', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('image', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('host', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('vpc', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('identity_user', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('identity_group', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('identity_project', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('identity_role', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('identity_policy', types.integer(), server_default=sa.text('0'), nullable=False))

    with op.batch_alter_table('storage_snapshotpolicydisks', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_at', types.integer(), nullable=True))

    with op.batch_alter_table('storage_snapshotpolicyservers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_at', types.integer(), nullable=True))

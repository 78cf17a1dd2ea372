"""what came after fences."""
# ruff: noqa: PLR0915, Q000, RUF100
# fmt: off

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cloudcore_adapters.sql import types

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add what this release needs."""
    op.create_table('audit_plans',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('owner_id', types.text(64), nullable=False),
    sa.Column('project_id', types.text(64), server_default='', nullable=False),
    sa.Column('scope_domain_id', types.text(64), server_default='', nullable=False),
    sa.Column('call', types.text(16), nullable=False),
    sa.Column('resource', types.text(64), nullable=False),
    sa.Column('state', types.text(16), server_default='open', nullable=False),
    sa.Column('summary', types.text(), server_default='{}', nullable=False),
    sa.Column('request_id', types.text(128), server_default='', nullable=False),
    sa.Column('expires_at', types.integer(), nullable=False),
    sa.Column('applied_at', types.integer(), nullable=True),
    sa.Column('request', types.text(), server_default='', nullable=False),
    sa.Column('seed', types.text(), server_default='', nullable=False),
    sa.Column('keys', types.text(), server_default='[]', nullable=False),
    sa.Column('world', types.text(), server_default='[]', nullable=False),
    sa.Column('outcome', types.text(), server_default='[]', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_audit_plans')
    )
    with op.batch_alter_table('audit_plans', schema=None) as batch_op:
        batch_op.create_index('ix_audit_plans_created_at_name_id', ['created_at', 'name', 'id'], unique=False)
        batch_op.create_index('ix_audit_plans_expires_at', ['expires_at'], unique=False)
        batch_op.create_index('ix_audit_plans_name', ['name'], unique=False)
        batch_op.create_index('ix_audit_plans_owner_id_created_at_name_id', ['owner_id', 'created_at', 'name', 'id'], unique=False)

    op.create_table('audit_tasknotices',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('status_reason', types.text(1024), server_default='', nullable=False),
    sa.Column('progress', types.number(), server_default=sa.text('(0.0)'), nullable=False),
    sa.Column('status', types.text(36), server_default='waiting', nullable=False),
    sa.Column('url', types.text(), nullable=False),
    sa.Column('caller_task', types.text(128), server_default='', nullable=False),
    sa.Column('flow', types.text(64), nullable=False),
    sa.Column('obj_type', types.text(40), nullable=False),
    sa.Column('obj_id', types.text(128), nullable=False),
    sa.Column('obj_name', types.text(128), server_default='', nullable=False),
    sa.Column('domain_id', types.text(64), server_default='', nullable=False),
    sa.Column('tenant_id', types.text(64), server_default='', nullable=False),
    sa.Column('body', types.text(), server_default='{}', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_audit_tasknotices')
    )
    with op.batch_alter_table('audit_tasknotices', schema=None) as batch_op:
        batch_op.create_index('ix_audit_tasknotices_created_at_id', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_audit_tasknotices_domain_id_created_at_id', ['domain_id', 'created_at', 'id'], unique=False)
        batch_op.create_index('ix_audit_tasknotices_obj_id', ['obj_id'], unique=False)
        batch_op.create_index('ix_audit_tasknotices_status', ['status'], unique=False)
        batch_op.create_index('ix_audit_tasknotices_tenant_id_created_at_id', ['tenant_id', 'created_at', 'id'], unique=False)

    op.create_table('image_guestimages',
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
    sa.Column('protected', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('os_arch', types.text(16), server_default='', nullable=False),
    sa.Column('properties', types.text(), server_default='{}', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_image_guestimages'),
    sa.UniqueConstraint('name', 'tenant_id', name='uq_image_guestimages_name_tenant_id')
    )
    with op.batch_alter_table('image_guestimages', schema=None) as batch_op:
        batch_op.create_index('ix_image_guestimages_created_at_name_id_pending_d_e1eb3eadc7', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
        batch_op.create_index('ix_image_guestimages_domain_id_created_at_name_id_cf19c5a035', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
        batch_op.create_index('ix_image_guestimages_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))
        batch_op.create_index('ix_image_guestimages_status', ['status'], unique=False)
        batch_op.create_index('ix_image_guestimages_tenant_id_created_at_name_id_edecda0e5d', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)

    with op.batch_alter_table('compute_servers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cdrom_image_id', types.text(128), server_default='', nullable=False))
        batch_op.add_column(sa.Column('cdrom_storage_id', types.text(128), server_default='', nullable=False))
        batch_op.add_column(sa.Column('cdrom_boot_index', types.integer(), server_default=sa.text('(-1)'), nullable=False))
        batch_op.add_column(sa.Column('had_devices', types.truth(), server_default=sa.text('(false)'), nullable=False))
        batch_op.add_column(sa.Column('deploy_configs', types.text(), server_default='', nullable=False))
        batch_op.create_index('ix_compute_servers_cdrom_image_id', ['cdrom_image_id'], unique=False)

    with op.batch_alter_table('image_images', schema=None) as batch_op:
        batch_op.add_column(sa.Column('guest_image_id', types.text(128), nullable=True))
        batch_op.add_column(sa.Column('disk_index', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.create_index('ix_image_images_guest_image_id', ['guest_image_id'], unique=False)

    with op.batch_alter_table('tasks_tasks', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_awaited', types.truth(), server_default=sa.text('(false)'), nullable=False))

"""what came after plans."""
# ruff: noqa: PLR0915, Q000, RUF100
# fmt: off

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cloudcore_adapters.sql import types

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add what this release needs."""
    op.create_table('audit_schedulerdecisions',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('session_id', types.text(128), server_default='', nullable=False),
    sa.Column('question', types.text(16), nullable=False),
    sa.Column('user_id', types.text(64), server_default='', nullable=False),
    sa.Column('user_name', types.text(128), server_default='', nullable=False),
    sa.Column('owner_domain_id', types.text(64), server_default='', nullable=False),
    sa.Column('owner_tenant_id', types.text(64), server_default='', nullable=False),
    sa.Column('name', types.text(128), server_default='', nullable=False),
    sa.Column('count', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('fitting', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('success', types.truth(), server_default=sa.text('(true)'), nullable=False),
    sa.Column('summary', types.text(2048), server_default='', nullable=False),
    sa.Column('placed', types.text(), server_default='[]', nullable=False),
    sa.Column('told', types.text(), server_default='{}', nullable=False),
    sa.Column('seen', types.text(), server_default='{}', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_audit_schedulerdecisions')
    )
    with op.batch_alter_table('audit_schedulerdecisions', schema=None) as batch_op:
        batch_op.create_index('ix_audit_schedulerdecisions_created_at_name_id', ['created_at', 'name', 'id'], unique=False)
        batch_op.create_index('ix_audit_schedulerdecisions_owner_tenant_id_created_at', ['owner_tenant_id', 'created_at'], unique=False)
        batch_op.create_index('ix_audit_schedulerdecisions_session_id', ['session_id'], unique=False)

    op.create_table('quota_quota_alerts',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('domain_id', types.text(64), nullable=False),
    sa.Column('tenant_id', types.text(64), server_default='', nullable=False),
    sa.Column('family', types.text(32), nullable=False),
    sa.Column('counter', types.text(32), nullable=False),
    sa.Column('field', types.text(32), nullable=False),
    sa.Column('percent', types.integer(), nullable=False),
    sa.Column('used', types.integer(), nullable=False),
    sa.Column('bound', types.integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_quota_quota_alerts'),
    sa.UniqueConstraint('domain_id', 'tenant_id', 'field', name='uq_quota_quota_alerts_domain_id_tenant_id_field')
    )
    with op.batch_alter_table('quota_quota_alerts', schema=None) as batch_op:
        batch_op.create_index('ix_quota_quota_alerts_created_at_id', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_quota_quota_alerts_domain_id_created_at_id', ['domain_id', 'created_at', 'id'], unique=False)
        batch_op.create_index('ix_quota_quota_alerts_tenant_id_created_at_id', ['tenant_id', 'created_at', 'id'], unique=False)

    op.create_table('quota_quota_reservations',
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
    sa.Column('amounts', types.text(), server_default='{}', nullable=False),
    sa.Column('expires_at', types.integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_quota_quota_reservations')
    )
    with op.batch_alter_table('quota_quota_reservations', schema=None) as batch_op:
        batch_op.create_index('ix_quota_quota_reservations_created_at_name_id_pe_9771667c7a', ['created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
        batch_op.create_index('ix_quota_quota_reservations_domain_id_created_at__ad0f54289c', ['domain_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)
        batch_op.create_index('ix_quota_quota_reservations_expires_at', ['expires_at'], unique=False)
        batch_op.create_index('ix_quota_quota_reservations_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))
        batch_op.create_index('ix_quota_quota_reservations_name', ['name'], unique=False)
        batch_op.create_index('ix_quota_quota_reservations_tenant_id_created_at__485510e36b', ['tenant_id', 'created_at', 'name', 'id', 'pending_deleted', 'is_system'], unique=False)

    with op.batch_alter_table('compute_schedtags', schema=None) as batch_op:
        batch_op.add_column(sa.Column('placement', types.text(16), server_default='', nullable=False))

    with op.batch_alter_table('image_guestimages', schema=None) as batch_op:
        batch_op.add_column(sa.Column('name_key', types.text(128), server_default='', nullable=False))
        batch_op.drop_constraint(batch_op.f('uq_image_guestimages_name_tenant_id'), type_='unique')
        batch_op.create_unique_constraint('uq_image_guestimages_name_tenant_id_name_key', ['name', 'tenant_id', 'name_key'])

    with op.batch_alter_table('image_images', schema=None) as batch_op:
        batch_op.add_column(sa.Column('name_key', types.text(128), server_default='', nullable=False))
        batch_op.drop_constraint(batch_op.f('uq_image_images_name_tenant_id'), type_='unique')
        batch_op.create_unique_constraint('uq_image_images_name_tenant_id_name_key', ['name', 'tenant_id', 'name_key'])

    with op.batch_alter_table('infrastructure_zones', schema=None) as batch_op:
        batch_op.add_column(sa.Column('placement', types.text(16), server_default='', nullable=False))

    with op.batch_alter_table('quota_quotalimits', schema=None) as batch_op:
        batch_op.add_column(sa.Column('alert_at', types.text(64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('isolated_device', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('port', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('eport', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('bucket', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('object_gb', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('object_cnt', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('rds', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('cache', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('mongodb', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('loadbalancer', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('cloudaccount', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('globalvpc', types.integer(), server_default=sa.text('(-2)'), nullable=False))
        batch_op.add_column(sa.Column('dns_zone', types.integer(), server_default=sa.text('(-2)'), nullable=False))

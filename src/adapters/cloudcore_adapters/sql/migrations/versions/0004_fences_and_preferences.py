"""fences and preferences."""
# ruff: noqa: PLR0915, Q000, RUF100
# fmt: off

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cloudcore_adapters.sql import types

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add what this release needs."""
    op.create_table('compute_hostleases',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('turn', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('held', types.integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('fences', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('fenced', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('floor', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_hostleases')
    )
    with op.batch_alter_table('compute_hostleases', schema=None) as batch_op:
        batch_op.create_index('ix_compute_hostleases_created_at_id', ['created_at', 'id'], unique=False)

    op.create_table('identity_application_credentials',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('name', types.text(128), nullable=False),
    sa.Column('description', types.text(1024), server_default='', nullable=False),
    sa.Column('metadata', types.text(), server_default='{}', nullable=False),
    sa.Column('owner_id', types.text(64), nullable=False),
    sa.Column('project_id', types.text(64), nullable=False),
    sa.Column('role_ids', types.text(), server_default='[]', nullable=False),
    sa.Column('unrestricted', types.truth(), server_default=sa.text('(false)'), nullable=False),
    sa.Column('expires_at', types.integer(), nullable=True),
    sa.Column('secret', types.text(512), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_identity_application_credentials'),
    sa.UniqueConstraint('name', 'owner_id', name='uq_identity_application_credentials_name_owner_id')
    )
    with op.batch_alter_table('identity_application_credentials', schema=None) as batch_op:
        batch_op.create_index('ix_identity_application_credentials_created_at_name_id', ['created_at', 'name', 'id'], unique=False)
        batch_op.create_index('ix_identity_application_credentials_owner_id_crea_4dbc6bc6db', ['owner_id', 'created_at', 'name', 'id'], unique=False)
        batch_op.create_index('ix_identity_application_credentials_project_id', ['project_id'], unique=False)

    op.create_table('infrastructure_processes',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('deployment', types.text(64), nullable=False),
    sa.Column('machine', types.text(128), server_default='', nullable=False),
    sa.Column('proof', types.text(200), server_default='', nullable=False),
    sa.Column('folder', types.text(200), server_default='', nullable=False),
    sa.Column('url', types.text(255), server_default='', nullable=False),
    sa.Column('hosts', types.text(), server_default='[]', nullable=False),
    sa.Column('lease_until', types.integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name='pk_infrastructure_processes')
    )
    with op.batch_alter_table('infrastructure_processes', schema=None) as batch_op:
        batch_op.create_index('ix_infrastructure_processes_created_at_id', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_infrastructure_processes_lease_until', ['lease_until'], unique=False)

    with op.batch_alter_table('compute_servers', schema=None) as batch_op:
        batch_op.create_index('ix_compute_servers_expired_at', ['expired_at'], unique=False)
        batch_op.create_index('ix_compute_servers_release_at', ['release_at'], unique=False)

    with op.batch_alter_table('identity_services', schema=None) as batch_op:
        batch_op.add_column(sa.Column('config', types.text(), server_default='{}', nullable=False))

    with op.batch_alter_table('identity_users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('default_project_id', types.text(64), nullable=True))
        batch_op.create_index('ix_identity_users_default_project_id', ['default_project_id'], unique=False)

    with op.batch_alter_table('image_images', schema=None) as batch_op:
        batch_op.add_column(sa.Column('uploader', types.text(64), server_default='', nullable=False))

    with op.batch_alter_table('tasks_tasks', schema=None) as batch_op:
        batch_op.add_column(sa.Column('place', types.text(160), server_default='', nullable=False))

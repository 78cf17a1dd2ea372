"""what came after tags."""
# ruff: noqa: PLR0915, Q000, RUF100
# fmt: off

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cloudcore_adapters.sql import types

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add what this release needs."""
    op.create_table('compute_groupnetworks',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('group_id', types.text(128), nullable=False),
    sa.Column('network_id', types.text(128), nullable=False),
    sa.Column('ip_addr', types.text(16), nullable=False),
    sa.Column('index', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('eip_id', types.text(128), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_groupnetworks'),
    sa.UniqueConstraint('group_id', 'index', name='uq_compute_groupnetworks_group_id_index'),
    sa.UniqueConstraint('network_id', 'ip_addr', name='uq_compute_groupnetworks_network_id_ip_addr')
    )
    with op.batch_alter_table('compute_groupnetworks', schema=None) as batch_op:
        batch_op.create_index('ix_compute_groupnetworks_created_at_id', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_compute_groupnetworks_ip_addr', ['ip_addr'], unique=False)

    op.create_table('network_network_ip_macs',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('network_id', types.text(128), nullable=False),
    sa.Column('ip_addr', types.text(16), nullable=False),
    sa.Column('mac_addr', types.text(32), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_network_network_ip_macs'),
    sa.UniqueConstraint('network_id', 'ip_addr', name='uq_network_network_ip_macs_network_id_ip_addr'),
    sa.UniqueConstraint('network_id', 'mac_addr', name='uq_network_network_ip_macs_network_id_mac_addr')
    )
    with op.batch_alter_table('network_network_ip_macs', schema=None) as batch_op:
        batch_op.create_index('ix_network_network_ip_macs_created_at_id', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_network_network_ip_macs_ip_addr', ['ip_addr'], unique=False)
        batch_op.create_index('ix_network_network_ip_macs_mac_addr', ['mac_addr'], unique=False)

    with op.batch_alter_table('infrastructure_hosts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('migrate_uri', types.text(256), server_default='', nullable=False))

    with op.batch_alter_table('network_networks', schema=None) as batch_op:
        batch_op.add_column(sa.Column('group_count', types.integer(), server_default=sa.text('0'), nullable=False))
        batch_op.add_column(sa.Column('bound_count', types.integer(), server_default=sa.text('0'), nullable=False))

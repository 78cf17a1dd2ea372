"""What came after moves."""
# ruff: noqa: PLR0915, Q000, RUF100
# fmt: off

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cloudcore_adapters.sql import types

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add what this release needs."""
    op.create_table('compute_nodeclaims',
    sa.Column('id', types.text(128), nullable=False),
    sa.Column('created_at', types.integer(), nullable=False),
    sa.Column('updated_at', types.integer(), nullable=False),
    sa.Column('update_version', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('host_id', types.text(128), nullable=False),
    sa.Column('node', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('vcpus', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('memory_mib', types.integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('id', name='pk_compute_nodeclaims')
    )
    with op.batch_alter_table('compute_nodeclaims', schema=None) as batch_op:
        batch_op.create_index('ix_compute_nodeclaims_created_at_id', ['created_at', 'id'], unique=False)
        batch_op.create_index('ix_compute_nodeclaims_host_id', ['host_id'], unique=False)

    with op.batch_alter_table('compute_servers', schema=None) as batch_op:
        batch_op.alter_column('cpu_numa_pin',
               existing_type=sa.VARCHAR(length=1024),
               type_=types.text(),
               existing_nullable=False,
               existing_server_default=sa.text("('')"))

    with op.batch_alter_table('infrastructure_hosts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('topology', types.text(), server_default='[]', nullable=False))

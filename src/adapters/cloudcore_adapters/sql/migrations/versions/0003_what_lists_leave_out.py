"""what lists leave out."""
# ruff: noqa: PLR0915, Q000, RUF100
# fmt: off

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what this release needs."""
    with op.batch_alter_table('compute_disks', schema=None) as batch_op:
        batch_op.create_index('ix_compute_disks_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

    with op.batch_alter_table('compute_instance_snapshots', schema=None) as batch_op:
        batch_op.create_index('ix_compute_instance_snapshots_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

    with op.batch_alter_table('compute_instancegroups', schema=None) as batch_op:
        batch_op.create_index('ix_compute_instancegroups_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

    with op.batch_alter_table('compute_servers', schema=None) as batch_op:
        batch_op.create_index('ix_compute_servers_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

    with op.batch_alter_table('compute_snapshots', schema=None) as batch_op:
        batch_op.create_index('ix_compute_snapshots_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

    with op.batch_alter_table('image_images', schema=None) as batch_op:
        batch_op.create_index('ix_image_images_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

    with op.batch_alter_table('network_eips', schema=None) as batch_op:
        batch_op.create_index('ix_network_eips_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

    with op.batch_alter_table('network_networks', schema=None) as batch_op:
        batch_op.create_index('ix_network_networks_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

    with op.batch_alter_table('network_secgroups', schema=None) as batch_op:
        batch_op.create_index('ix_network_secgroups_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

    with op.batch_alter_table('storage_cachedimages', schema=None) as batch_op:
        batch_op.create_index('ix_storage_cachedimages_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

    with op.batch_alter_table('storage_snapshotpolicies', schema=None) as batch_op:
        batch_op.create_index('ix_storage_snapshotpolicies_id_pending_deleted_is_system', ['id', 'pending_deleted', 'is_system'], unique=False, sqlite_where=sa.text('pending_deleted + is_system > 0'), postgresql_where=sa.text('pending_deleted OR is_system'))

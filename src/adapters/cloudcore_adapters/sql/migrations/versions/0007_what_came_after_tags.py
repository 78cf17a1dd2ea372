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
    with op.batch_alter_table('infrastructure_hosts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('migrate_uri', types.text(256), server_default='', nullable=False))

"""Alerts of narrowed limits, and longer mail addresses."""
# ruff: noqa: PLR0915, Q000, RUF100
# fmt: off

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from cloudcore_adapters.sql import types

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add what this release needs."""
    with op.batch_alter_table('identity_users', schema=None) as batch_op:
        batch_op.alter_column('email',
               existing_type=sa.VARCHAR(length=64),
               type_=types.text(255),
               existing_nullable=False,
               existing_server_default=sa.text("('')"))

    with op.batch_alter_table('quota_quota_alerts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('keys', types.text(512), server_default='', nullable=False))
        batch_op.drop_constraint(batch_op.f('uq_quota_quota_alerts_domain_id_tenant_id_field'), type_='unique')
        batch_op.create_unique_constraint('uq_quota_quota_alerts_domain_id_tenant_id_field_keys', ['domain_id', 'tenant_id', 'field', 'keys'])

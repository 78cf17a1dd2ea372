"""Storage in SQL: tables derived from resource types, units of work, queries, history and migrations.

SQLite and PostgreSQL; what an engine does differently is one entry in `dialects`.
"""

from __future__ import annotations

from cloudcore_adapters.sql.engine import Bounds, open_engine
from cloudcore_adapters.sql.tables import metadata_for
from cloudcore_adapters.sql.unit_of_work import SqlUnitOfWork

__all__ = ["Bounds", "SqlUnitOfWork", "metadata_for", "open_engine"]

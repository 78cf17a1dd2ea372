"""The schema of the database: migrated when it is not of this release, which one look tells."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

import cloudcore_adapters.sql


def bring_to_head(engine: sa.Engine) -> None:
    """Migrate, unless the database has the newest revision already. Loading Alembic takes longer than asking.

    Raises:
        BackendError: the database is newer than this release, or refuses.
    """
    if revision_of(engine) == newest():
        return
    from cloudcore_adapters.sql.migrations import migrate

    migrate(engine)


def newest() -> str:
    """The newest revision of this release: revisions are numbered, and the files' names begin with the numbers."""
    folder = Path(cloudcore_adapters.sql.__file__).parent / "migrations" / "versions"
    return max(path.name.partition("_")[0] for path in folder.glob("[0-9]*_*.py"))


def revision_of(engine: sa.Engine) -> str | None:
    """The revision that the database has; None before the first."""
    if not sa.inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all()
    return str(found[0]) if len(found) == 1 else None

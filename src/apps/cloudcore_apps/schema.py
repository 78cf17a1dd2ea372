"""The schema of the database: migrated when it is not of this release, which one look tells."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

import sqlalchemy as sa

import cloudcore_adapters.sql
from cloudcore.model.errors import BackendError, ConflictError


def held_alone(url: str) -> IO[str]:
    """Hold a SQLite file for this process, until what is given back is closed or the process ends.

    Raises:
        ConflictError: another process runs on it.
        BackendError: it cannot be made.
    """
    path = Path(sa.make_url(url).database or "")
    try:
        lock = path.with_name(f"{path.name}.lock").open("a", encoding="utf-8")
    except OSError as error:
        raise BackendError(f"{path} cannot be used: {error.strerror}", internal=str(error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise ConflictError(
            f"another process runs on {path}, and SQLite is for one: several share a database of PostgreSQL"
        ) from error
    return lock


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

"""Migrations: written, linear, forward only, and run without any file of configuration.

A release runs on the schema of itself and of the next one, so a revision only adds (expand); what it replaces goes one
release later (contract). Revisions live in `versions`; `python -m cloudcore_adapters.sql.migrations draft NAME` writes
the next one from the difference between the newest revision and the registered resource types.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event

from cloudcore.model.errors import BackendError, Contention
from cloudcore_adapters.sql.dialects import dialect_of
from cloudcore_adapters.sql.failures import translated

FOLDER = Path(__file__).parent

_LOCK_KEY = 4_620_115_306_187
"""Advisory lock of PostgreSQL under which one process at a time migrates."""

_LOCK_WAIT_S = 55
"""How long MariaDB lets a process wait for another that migrates: less than a statement may take."""

_REPEATABLE = (
    (re.compile(r"^\s*CREATE (TABLE|UNIQUE INDEX|INDEX) "), r"CREATE \1 IF NOT EXISTS "),
    (re.compile(r"^\s*DROP (TABLE|INDEX) "), r"DROP \1 IF EXISTS "),
    (re.compile(r"^\s*(ALTER TABLE \S+) ADD COLUMN "), r"\1 ADD COLUMN IF NOT EXISTS "),
    (re.compile(r"^\s*(ALTER TABLE \S+) DROP COLUMN "), r"\1 DROP COLUMN IF EXISTS "),
    (re.compile(r"^\s*(ALTER TABLE \S+) DROP (INDEX|CONSTRAINT) "), r"\1 DROP \2 IF EXISTS "),
    (re.compile(r"^\s*(ALTER TABLE \S+) ADD CONSTRAINT (\S+) UNIQUE "), r"\1 ADD UNIQUE INDEX IF NOT EXISTS \2 "),
)
"""Statements on tables, and the same so that they may be repeated."""

_TURN = threading.Lock()
"""Alembic's `op` belongs to the process, so its threads take turns."""


def migrate(engine: sa.Engine, *, target: str = "head") -> str | None:
    """Bring the database to a revision, in one transaction; returns the revision it then has.

    Several processes may call it at once: one works, the others wait. Nothing happens when it is there already.

    MariaDB keeps each statement that changes tables by itself. What was left half done there is finished by the next
    call: such statements do nothing when what they make is there.

    Raises:
        Contention: the database is busy or away.
        BackendError: the database is newer than this release, or refuses a statement; nothing is changed.
    """
    script = scripts()
    with _TURN, translated(), _exclusive(engine) as connection:
        present = revision_of(connection)
        if present is not None and present not in {s.revision for s in script.walk_revisions()}:
            raise BackendError("the database is newer than this release", internal=f"revision {present}")
        _upgrade(connection, script, target)
        return revision_of(connection)


def scripts() -> ScriptDirectory:
    """The revisions of this release."""
    config = Config(stdout=io.StringIO())
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def revision_of(connection: sa.Connection) -> str | None:
    """The revision that a database has; None before the first."""
    return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _exclusive(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.execution_options(**dialect_of(engine).writing).connect() as connection:
        if engine.dialect.name == "mariadb":
            with _locked_by_name(connection), connection.begin():
                yield connection
            return
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_KEY)))
            yield connection


@contextmanager
def _locked_by_name(connection: sa.Connection) -> Iterator[None]:
    """MariaDB's lock of a session: statements on tables, which end each transaction, do not end it."""
    name = sa.func.concat(f"cloudcore-{_LOCK_KEY}-", sa.func.md5(sa.func.database()))
    if connection.scalar(sa.select(sa.func.get_lock(name, _LOCK_WAIT_S))) != 1:
        raise Contention("another process migrates the database")
    connection.commit()
    event.listen(connection, "before_cursor_execute", _made_repeatable, retval=True)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", _made_repeatable)
        if not connection.invalidated:
            connection.scalar(sa.select(sa.func.release_lock(name)))


def _made_repeatable(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
    for pattern, replacement in _REPEATABLE:
        statement = pattern.sub(replacement, statement, count=1)
    return statement, parameters


def _upgrade(connection: sa.Connection, script: ScriptDirectory, target: str) -> None:
    def steps(revision: Any, _context: MigrationContext) -> Any:
        return script._upgrade_revs(target, revision)  # noqa: SLF001 - as Alembic's own command does

    with EnvironmentContext(Config(stdout=io.StringIO()), script, fn=steps, destination_rev=target) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()

"""Migrations run on databases that are in use: what was stored before a revision is there after it, on every engine."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import attrs
import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from cloudcore.model.entity import Named, entity
from cloudcore.model.resource import Level, Spec
from cloudcore.operations.types import TYPES
from cloudcore.resources.compute.keypair import KEYPAIRS, Keypair
from cloudcore_adapters.sql import metadata_for, open_engine
from cloudcore_adapters.sql.migrations import migrate, scripts
from cloudcore_adapters.sql.migrations.drafting import differences, draft

SERVERS = {"postgresql": "fresh_postgres_url", "mariadb": "fresh_mariadb_url"}
"""The fixture that gives the address of an empty database, by kind."""


@pytest.fixture(params=["sqlite", *SERVERS])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path / 'cloud.db'}"
    made = open_engine(request.getfixturevalue(SERVERS[request.param]) if request.param in SERVERS else url)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A drafted revision that adds a type and, to an old one, a column with a default, one without, and an index."""
    written = draft("grow", GROWN, tmp_path_factory.mktemp("later"))
    assert written is not None
    return _module(written)


def test_every_revision_keeps_the_rows_of_a_database_that_was_filled_before_it(engine: sa.Engine, later: Any) -> None:
    filled: Filled = {}
    for revision in sorted(r.revision for r in scripts().walk_revisions()):
        migrate(engine, target=revision)
        _check_kept(engine, filled)
        _fill_new(engine, filled)
    with engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        later.upgrade()
    _check_kept(engine, filled)
    with engine.connect() as connection:
        table = metadata_for((GROWN_KEYPAIRS,)).tables[GROWN_KEYPAIRS.table]
        new = connection.execute(sa.select(table.c.colour, table.c.seen_at)).all()
        assert [tuple(row) for row in new] == [("red", None)] * 3
        if engine.dialect.name == "sqlite":
            # That drafts mean the same on the others, `test_migrations_lead_to_the_derived_tables` says.
            assert differences(connection, GROWN) == []


@entity
class _GrownKeypair(Keypair):
    """A key pair of a later release."""

    colour: Annotated[str, Spec("Colour", index=True)] = "red"
    seen_at: Annotated[datetime | None, Spec("When it was seen")] = None


@entity
class _Added(Named):
    """A type of a later release."""


GROWN_KEYPAIRS = attrs.evolve(KEYPAIRS, entity=_GrownKeypair)
ADDED = attrs.evolve(KEYPAIRS, entity=_Added, singular="added", plural="addeds", unique=(), level=Level.SYSTEM)

GROWN = (*(GROWN_KEYPAIRS if r.plural == "keypairs" else r for r in TYPES), ADDED)

Filled = dict[str, tuple[sa.Table, list[dict[str, Any]]]]
"""By name, each table as the database described it when it got its rows, and those."""


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _fill_new(engine: sa.Engine, filled: Filled) -> None:
    """Put rows into the tables that the database has and that have none yet."""
    with engine.begin() as connection:
        found = sa.MetaData()
        found.reflect(connection, only=lambda name, _: name not in filled and name != "alembic_version")
        for name, table in found.tables.items():
            rows = [_reflected(table, n) for n in range(3)]
            filled[name] = (table, rows)
            connection.execute(sa.insert(table), rows)


def _check_kept(engine: sa.Engine, filled: Filled) -> None:
    """Every row still has the values that it was given."""
    with engine.connect() as connection:
        for table, rows in filled.values():
            kept = connection.execute(sa.select(table).order_by(table.c.id)).mappings().all()
            assert [dict(row) for row in kept] == rows


def _reflected(table: sa.Table, number: int) -> dict[str, Any]:
    """Values for a table as the database describes it, whatever the release that made it."""
    return {c.name: None if c.nullable and number % 2 else _plain(c, number) for c in table.columns}


def _plain(column: sa.Column[Any], number: int) -> Any:
    if isinstance(column.type, sa.String):
        width = min(column.type.length or 200, 200)
        return f"{number:02d}{column.name} é😀'"[:width].ljust(min(width, 2), "x")
    if isinstance(column.type, sa.Boolean) or str(column.type).startswith("TINYINT"):
        return number % 2
    return number if isinstance(column.type, sa.Integer) else number / 8

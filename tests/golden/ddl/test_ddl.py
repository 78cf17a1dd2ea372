"""The derived tables are as reviewed, and migrations lead to exactly them.

After an intended change: `python -m cloudcore_adapters.sql.migrations ddl ENGINE > tests/golden/ddl/ENGINE.sql`, and
`python -m cloudcore_adapters.sql.migrations draft NAME`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from cloudcore.model.errors import BackendError, InvalidInputError, NotSupportedError
from cloudcore.model.history import HISTORY
from cloudcore.model.resource import Resource, fields_of, same_owner_key
from cloudcore.operations.types import TYPES
from cloudcore_adapters.sql import metadata_for, open_engine
from cloudcore_adapters.sql.ddl import ENGINES, ddl
from cloudcore_adapters.sql.migrations import migrate, revision_of, scripts
from cloudcore_adapters.sql.migrations.__main__ import main
from cloudcore_adapters.sql.migrations.drafting import differences, draft
from cloudcore_adapters.sql.types import CodeText

HERE = Path(__file__).parent


SERVERS = {"postgresql": "fresh_postgres_url", "mariadb": "fresh_mariadb_url"}
"""The fixture that gives the address of an empty database, by engine."""


@pytest.fixture(params=["sqlite", *SERVERS])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    url = f"sqlite:///{tmp_path / 'cloud.db'}"
    if request.param in SERVERS:
        url = request.getfixturevalue(SERVERS[request.param])
    made = open_engine(url)
    yield made
    made.dispose()


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_tables_are_as_reviewed(name: str) -> None:
    assert ddl(TYPES, name) == (HERE / f"{name}.sql").read_text(encoding="utf-8")


def test_every_name_fits_every_engine() -> None:
    for table in metadata_for(TYPES).tables.values():
        names = [table.name, *(c.name for c in table.columns), *(str(i.name) for i in table.indexes)]
        names += [str(c.name) for c in table.constraints if c.name]
        assert all(len(n) <= 63 for n in names)
        assert len({str(i.name) for i in table.indexes}) == len(table.indexes)


@pytest.mark.parametrize("resource", TYPES, ids=lambda r: r.plural)
def test_lists_and_references_have_an_index(resource: Resource[Any]) -> None:
    table = metadata_for((resource,)).tables[resource.table]
    sets = [tuple(c.name for c in index.columns) for index in table.indexes] + [*resource.unique, ("id",)]
    for owner in same_owner_key(resource):
        assert any(names[:2] == (owner, "created_at") and "id" in names for names in sets)
    for field in fields_of(resource.entity):
        if field.ref is not None or field.spec.index:
            assert any(names[0] == field.name for names in sets)


def test_migrations_lead_to_the_derived_tables(engine: sa.Engine) -> None:
    before = time.process_time()
    head = migrate(engine)
    assert time.process_time() - before < 5
    with engine.connect() as connection:
        assert differences(connection, TYPES) == []
    assert head == scripts().get_current_head()


def test_migrating_again_changes_nothing_and_leaves_the_rows_as_they_are(engine: sa.Engine) -> None:
    first = migrate(engine)
    tables = metadata_for(TYPES).sorted_tables
    with engine.begin() as connection:
        for table in tables:
            connection.execute(sa.insert(table), [_row(table, n) for n in range(4)])
    assert migrate(engine) == first
    with engine.connect() as connection:
        for table in tables:
            kept = connection.execute(sa.select(table).order_by(table.c.id)).mappings().all()
            assert [dict(row) for row in kept] == [_row(table, n) for n in range(4)]


def _row(table: sa.Table, number: int) -> dict[str, Any]:
    """Any values for all columns but those that may be absent; unlike those of other numbers where they must be."""
    return {c.name: None if c.nullable and number % 2 else _value(c, number) for c in table.columns}


def _value(column: sa.Column[Any], number: int) -> Any:
    if isinstance(column.type, CodeText):
        width = column.type.width or 5_000
        return (f"{number:02d}{column.name} é😀'\\ " * width)[:width]
    if isinstance(column.type, sa.Boolean):
        return number % 2 == 0
    return (2**63 - 1 - number) if isinstance(column.type, sa.BigInteger) else number / 7


def test_what_was_left_half_done_is_finished(engine: sa.Engine) -> None:
    """Only MariaDB leaves such a thing: it keeps each statement that changes tables by itself."""
    if engine.dialect.name != "mariadb":
        pytest.skip("this engine keeps all of a migration or nothing")
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
        connection.exec_driver_sql("DROP TABLE compute_servers")
        connection.exec_driver_sql("DROP INDEX ix_audit_history_action ON audit_history")
    assert migrate(engine) == scripts().get_current_head()
    with engine.connect() as connection:
        assert differences(connection, TYPES) == []


def test_two_processes_may_migrate_at_once(engine: sa.Engine) -> None:
    results: list[object] = []
    threads = [threading.Thread(target=lambda: results.append(migrate(engine))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [scripts().get_current_head()] * 3


def test_a_database_of_a_newer_release_is_refused(engine: sa.Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BackendError, match="newer"):
        migrate(engine)
    with engine.connect() as connection:
        assert revision_of(connection) == "9999"


def test_revisions_are_one_line_without_branches() -> None:
    revisions = list(scripts().walk_revisions())
    assert [r.revision for r in reversed(revisions)] == [f"{i:04d}" for i in range(1, len(revisions) + 1)]


def test_a_missing_table_is_told_and_drafted(tmp_path: Path) -> None:
    engine = open_engine("sqlite://")
    with engine.connect() as connection:
        found = differences(connection, (HISTORY,))
    engine.dispose()
    assert found[0][:1] == ("add_table",)
    written = draft("without most", (HISTORY,), tmp_path)
    assert written is not None
    assert "drop_table('compute_keypairs')" in written.read_text(encoding="utf-8")
    with pytest.raises(InvalidInputError):
        draft('x"""; import os', TYPES, tmp_path)


def test_the_command_upgrades_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path / 'cloud.db'}"
    assert main(["check", url]) == 1
    assert main(["upgrade", url]) == 0
    assert main(["check", url]) == 0
    assert capsys.readouterr().out.endswith("no difference\n")


def test_other_databases_are_not_supported() -> None:
    with pytest.raises(NotSupportedError):
        open_engine("oracle://u@127.0.0.1/x")

"""The derived tables as text, for reading and for review."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from cloudcore.model.resource import Resource
from cloudcore_adapters.sql.tables import metadata_for

ENGINES: Mapping[str, Callable[[], Dialect]] = MappingProxyType(
    {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect, "mariadb": MariaDBDialect}
)


def ddl(resources: Sequence[Resource[Any]], engine: str) -> str:
    """The statements that make the tables and indexes of these types, by table name; the same text each time.

    Raises:
        KeyError: no such engine; see `ENGINES`.
    """
    dialect = ENGINES[engine]()
    statements = []
    for _, table in sorted(metadata_for(resources).tables.items()):
        statements.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda i: str(i.name))
        statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    return "".join(f"{_tidy(s)};\n" for s in statements)


def _tidy(statement: str) -> str:
    return "\n".join(line.rstrip().replace("\t", "    ") for line in statement.strip().splitlines())

"""Lets the contract suites import each other's modules as `tests.contracts.…`, and lends them database servers.

A server starts when the first test needs it and serves all of them; each module gets a database of its own.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.contracts import mariadb, postgres  # noqa: E402

from cloudcore_adapters.sql import open_engine  # noqa: E402

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[str]:
    with mariadb.server() as url:
        yield url


@pytest.fixture(scope="module")
def postgres_url(postgres_server: str) -> str:
    return _fresh(postgres_server)


@pytest.fixture(scope="module")
def mariadb_url(mariadb_server: str) -> str:
    return _fresh(mariadb_server)


@pytest.fixture
def fresh_postgres_url(postgres_server: str) -> str:
    return _fresh(postgres_server)


@pytest.fixture
def fresh_mariadb_url(mariadb_server: str) -> str:
    return _fresh(mariadb_server)


def _fresh(url: str) -> str:
    """The URL of a new database on that server."""
    name = f"cloud_{next(_NUMBERS)}"
    engine = open_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)

"""How thoroughly properties are tried, and the database servers that tests share.

`CLOUDCORE_HYPOTHESIS` names the profile: `fast` (the default: the same examples in each run, so that a red run is red
again), `explore` (other examples each time) or `long` (many; `nox -s all`). A test that wants other numbers asks
`effort.examples`.

A database server starts when the first test needs it and serves all tests of the process; each module, or each test
that asks for a fresh one, gets a database of its own.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from tests.contracts import mariadb, postgres
from tests.effort import PROFILE

settings.register_profile(
    "fast", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", max_examples=200, deadline=None, print_blob=True)
settings.register_profile("long", max_examples=500, deadline=None, print_blob=True)
settings.load_profile(PROFILE)

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
    # Only here: most tests need no database, and some no more than the core.
    import sqlalchemy as sa

    from cloudcore_adapters.sql import open_engine

    name = f"cloud_{next(_NUMBERS)}"
    engine = open_engine(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return sa.make_url(url).set(database=name).render_as_string(hide_password=False)

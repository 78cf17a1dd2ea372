"""Connections: opened, set up and bounded."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.pool import StaticPool

from cloudcore.model.errors import InvalidInputError, NotSupportedError
from cloudcore_adapters.sql.driver import Driver
from cloudcore_adapters.sql.types import LONGEST_VARCHAR, MARIADB_COLLATION

BEGIN = "cloudcore_begin"
"""Execution option of a connection: the statement that opens a transaction, or that is to come right before it."""

TURN_TIMEOUT_S = 10.0
"""How long a unit waits for its turn, where units of this process take turns."""

STATEMENT_TIMEOUT_MS = 60_000
IDLE_TIMEOUT_MS = 20_000
"""A process that is frozen within a unit keeps what that has locked from others for so long at most."""


ASK_AFTER_S = 0.5
"""A connection that was idle for so long may have been lost, and is asked for first."""
_LEFT = "left"


@attrs.frozen(kw_only=True)
class Bounds:
    """pool_size connections are kept, max_overflow more may be open; waits are in milliseconds."""

    pool_size: int = 8
    max_overflow: int = 24
    lock_timeout_ms: int = 10_000
    connection_timeout_ms: int = 10_000


_DEFAULT = Bounds()


def open_engine(url: str | sa.URL, bounds: Bounds = _DEFAULT) -> sa.Engine:
    """An engine for `sqlite:///FILE`, `sqlite://` (in memory: one connection, one unit at a time),
    `postgresql+psycopg://…`, or `mysql+pymysql://…` and `mariadb+pymysql://…`, which mean MariaDB both.

    Raises:
        NotSupportedError: another kind of database, or its driver is not installed.
        InvalidInputError: no URL.
    """
    try:
        address = sa.make_url(url)
    except exc.ArgumentError as error:
        raise InvalidInputError("the address of the database is no URL", field="database") from error
    opener = _OPENERS.get(address.get_backend_name())
    if opener is None:
        raise NotSupportedError(f"databases of kind {address.get_backend_name()} are not supported")
    try:
        return opener(address, bounds)
    except ModuleNotFoundError as error:
        kind = address.get_backend_name()
        raise NotSupportedError(f"the driver for {kind} is not installed", internal=str(error)) from error


def _open_postgresql(address: sa.URL, bounds: Bounds) -> sa.Engine:
    arguments = {
        "options": f"-c lock_timeout={bounds.lock_timeout_ms} -c statement_timeout={STATEMENT_TIMEOUT_MS} "
        f"-c idle_in_transaction_session_timeout={IDLE_TIMEOUT_MS} -c client_encoding=UTF8",
        "connect_timeout": 10,
    }
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=bounds.pool_size,
        max_overflow=bounds.max_overflow,
        pool_timeout=bounds.connection_timeout_ms / 1000,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        connect_args=arguments,
    )
    _ask_idle(engine)
    return engine


_MARIADB_SESSION = {
    "sql_mode": "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
    "time_zone": "'+00:00'",
    "innodb_strict_mode": "ON",
    "max_statement_time": str(STATEMENT_TIMEOUT_MS / 1000),
    "idle_transaction_timeout": str(IDLE_TIMEOUT_MS // 1000),
    # Texts are ordered by so many bytes of them: 4 for each character of the widest that is ordered.
    "max_sort_length": str(4 * LONGEST_VARCHAR),
}


def _open_mariadb(address: sa.URL, bounds: Bounds) -> sa.Engine:
    waits = str(max(1, math.ceil(bounds.lock_timeout_ms / 1000)))
    session = _MARIADB_SESSION | {"innodb_lock_wait_timeout": waits, "lock_wait_timeout": waits}
    arguments = {
        "charset": "utf8mb4",
        "collation": MARIADB_COLLATION,
        "init_command": "SET SESSION " + ", ".join(f"{name} = {value}" for name, value in session.items()),
        "connect_timeout": 10,
        "read_timeout": STATEMENT_TIMEOUT_MS // 1000 + 30,
        "write_timeout": 30,
        "local_infile": False,
    }
    engine = sa.create_engine(
        address.set(drivername="mariadb+pymysql"),
        pool_size=bounds.pool_size,
        max_overflow=bounds.max_overflow,
        pool_timeout=bounds.connection_timeout_ms / 1000,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        connect_args=arguments,
    )

    def begun(connection: sa.Connection) -> None:
        statement = connection.get_execution_options().get(BEGIN)
        if statement is not None:
            connection.exec_driver_sql(statement)

    event.listen(engine, "begin", begun)
    _ask_idle(engine)
    return engine


def _ask_idle(engine: sa.Engine) -> None:
    """Ask the server whether a connection is still there before a unit gets it, unless it has just been in use: who meets one
    that is lost meanwhile has met contention. When one is lost, all are made anew.
    """
    dialect = engine.dialect

    def returned(_connection: Any, record: Any) -> None:
        record.info[_LEFT] = time.monotonic()

    def taken(connection: Any, record: Any, _proxy: Any) -> None:
        left = record.info.get(_LEFT)
        if left is None or time.monotonic() - left < ASK_AFTER_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise exc.InvalidatePoolError from error

    event.listen(engine, "checkin", returned)
    event.listen(engine, "checkout", taken)


def in_memory(engine: sa.Engine) -> bool:
    """Whether the engine is a SQLite database that lives in its one connection."""
    return isinstance(engine.pool, StaticPool)


def _open_sqlite(address: sa.URL, bounds: Bounds) -> sa.Engine:
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": bounds.lock_timeout_ms / 1000}}
    if address.database in (None, "", ":memory:"):
        options["poolclass"] = StaticPool
    else:
        options |= {
            "pool_size": bounds.pool_size,
            "max_overflow": bounds.max_overflow,
            "pool_timeout": bounds.connection_timeout_ms / 1000,
            # The connection that was used last has pages and statements in its cache.
            "pool_use_lifo": True,
        }
    engine = sa.create_engine(address, hide_parameters=True, **options)

    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in (
            f"busy_timeout = {bounds.lock_timeout_ms}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = OFF",
            "temp_store = MEMORY",
            "cache_size = -16384",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    def begun(connection: sa.Connection) -> None:
        Driver(connection, connection.engine).change(connection.get_execution_options().get(BEGIN, "BEGIN"), ())

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine


_OPENERS: Mapping[str, Callable[[sa.URL, Bounds], sa.Engine]] = MappingProxyType(
    {"sqlite": _open_sqlite, "postgresql": _open_postgresql, "mysql": _open_mariadb, "mariadb": _open_mariadb}
)

"""Errors of the database, translated in one place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from cloudcore.model.errors import BackendError, CloudcoreError, Contention

_AGAIN = frozenset(
    {
        "40001",  # serialization failure
        "40P01",  # deadlock
        "55P03",  # lock timeout
        "57014",  # statement timeout
        "57P01",  # the server is shutting down
        "57P02",
        "57P03",  # the server is starting
        "57P05",  # idle session timeout
        "25P03",  # idle in transaction timeout
        "53300",  # too many connections
    }
)
_MARIADB_AGAIN = frozenset(
    {
        1020,  # the record has changed since it was read
        1040,  # too many connections
        1053,  # the server is shutting down
        1158, 1159, 1160, 1161,  # packets that did not come through
        1203,  # too many connections of this account
        1205,  # lock timeout
        1213,  # deadlock
        1317,  # the statement was interrupted
        1927,  # the connection was killed
        1969,  # statement timeout
        2002, 2003, 2006, 2013, 2055,  # no connection could be made, or it was lost
    }
)  # fmt: skip
_BUSY = ("database is locked", "database table is locked", "database schema is locked", "database schema has changed")


@contextmanager
def translated() -> Iterator[None]:
    """Raise the core's errors instead of the database's."""
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError) as error:
        raise translate(error) from error
    except (exc.SQLAlchemyError, sqlite3.Error) as error:
        raise BackendError("the database refused a statement", internal=str(error)) from error


def translate(error: exc.DBAPIError | exc.TimeoutError) -> CloudcoreError:
    """Contention for what may pass when tried again, BackendError for the rest."""
    if isinstance(error, exc.TimeoutError):
        return Contention("the database has no free connection", internal=str(error))
    words = str(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    code = error.orig.args[0] if error.orig is not None and error.orig.args else None
    if error.connection_invalidated or state in _AGAIN or (state or "").startswith("08") or code in _MARIADB_AGAIN:
        return Contention("the database is busy or briefly away", internal=words)
    if isinstance(error, exc.OperationalError) and (words.startswith(_BUSY) or _is_lost(error, state)):
        return Contention("the database is busy or briefly away", internal=words)
    return BackendError("the database refused a statement", internal=words)


def _is_lost(error: exc.DBAPIError, state: str | None) -> bool:
    """A client library that lost its connection, or could not make one, has no state to tell."""
    return state is None and type(error.orig).__module__.startswith("psycopg")

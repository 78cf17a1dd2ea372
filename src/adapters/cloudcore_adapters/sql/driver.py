"""Prepared statements, sent to the database driver of a connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy import exc

from cloudcore.model.errors import BackendError

Row: TypeAlias = Sequence[Any]


class Driver:
    """Sends statements that are in the engine's own words already, on a connection with an open transaction.

    The results are the driver's: what `sqlalchemy` would do to describe their columns costs several times as much as the
    statement itself. An engine whose statements somebody listens to gets them through `sqlalchemy`, so that they are heard.

    Errors are those of `sqlalchemy`; a connection that turns out to be lost is taken out of the pool.
    """

    def __init__(self, connection: sa.Connection, engine: sa.Engine) -> None:
        """engine: that statements are listened for at."""
        self._connection = connection
        self._raw = connection.connection
        self._listeners = engine.dispatch

    @property
    def _heard(self) -> bool:
        return bool(self._listeners.before_cursor_execute)

    def select(self, text: str, values: Any) -> list[Row]:
        """All rows of a look-up."""
        if self._heard:
            result = self._connection.exec_driver_sql(text, values)
            if result.cursor is None:
                raise BackendError("the database gave no rows")
            found: list[Row] = list(result.cursor.fetchall())
            result.close()
            return found
        cursor = self._sent(text, values)
        try:
            return list(cursor.fetchall())
        except Exception as error:
            raise self._wrapped(error, text, cursor) from error
        finally:
            cursor.close()

    def change(self, text: str, values: Any) -> int:
        """Execute; gives the number of rows that it changed."""
        if self._heard:
            return self._connection.exec_driver_sql(text, values).rowcount
        cursor = self._sent(text, values)
        changed = int(cursor.rowcount)
        cursor.close()
        return changed

    def change_each(self, text: str, rows: Sequence[Any]) -> None:
        """Execute once for each of these parameters."""
        if self._heard:
            self._connection.exec_driver_sql(text, list(rows))
            return
        self._sent(text, rows, many=True).close()

    def _sent(self, text: str, values: Any, *, many: bool = False) -> Any:
        cursor = self._raw.cursor()
        try:
            if many:
                cursor.executemany(text, values)
            else:
                cursor.execute(text, values)
        except Exception as error:
            wrapped = self._wrapped(error, text, cursor)
            cursor.close()
            raise wrapped from error
        return cursor

    def _wrapped(self, error: Exception, text: str, cursor: Any) -> BaseException:
        dialect = self._connection.dialect
        library = dialect.loaded_dbapi
        lost = isinstance(error, library.Error) and dialect.is_disconnect(error, self._raw, cursor)
        if lost:
            self._connection.invalidate(error)
        return exc.DBAPIError.instance(
            text,
            None,
            error,
            library.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=dialect,
        )

"""What became of a commit whose answer was lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from cloudcore.model.errors import Contention, UnreachableError
from cloudcore_adapters.sql.failures import translated


def was_kept(engine: sa.Engine, table: sa.Table, record: Mapping[str, Any]) -> bool:
    """Whether the transaction that inserted this row is kept; its connection broke while it committed.

    The same row is inserted once more, and not kept. The database refuses that if the first one is there, and makes us
    wait if the server is still busy with it, so the answer is final.

    Raises:
        UnreachableError: the database can't be asked; nobody knows.
    """
    try:
        with translated(), engine.connect() as connection, connection.begin() as transaction:
            try:
                connection.execute(sa.insert(table), record)
            except exc.IntegrityError:
                return True
            finally:
                transaction.rollback()
    except Contention as error:
        raise UnreachableError("the database went away; the outcome is unknown", internal=error.internal) from error
    return False

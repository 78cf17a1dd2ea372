"""Column types: one meaning on every engine.

Text compares by code point everywhere, so it is collated as bytes of UTF-8. Migrations are written in these words too.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

MARIADB_COLLATION = "utf8mb4_nopad_bin"
"""By code point; unlike `utf8mb4_bin` it tells texts apart that end in different numbers of spaces."""

MARIADB_TEXT = f"LONGTEXT CHARACTER SET utf8mb4 COLLATE {MARIADB_COLLATION}"

LONGEST_VARCHAR = 4096
"""Texts that may be longer, in characters, are stored in columns without a width."""


class CodeText(TypeDecorator[str]):
    """Text in the order of code points; width in characters, None for no limit."""

    impl = sa.String
    cache_ok = True

    def __init__(self, width: int | None = None) -> None:
        super().__init__(width)
        self.width = width

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The engine's own type with the engine's name of that collation."""
        if dialect.name == "postgresql":
            return sa.Text(collation="C") if self.width is None else sa.String(self.width, collation="C")
        if dialect.name == "mariadb":
            if self.width is None:
                return mysql.LONGTEXT(charset="utf8mb4", collation=MARIADB_COLLATION)
            return mysql.VARCHAR(self.width, charset="utf8mb4", collation=MARIADB_COLLATION)
        return sa.Text() if self.width is None else sa.String(self.width)


def text(width: int | None = None) -> CodeText:
    """Text by code point; no width: of any length (also canonical JSON and sealed values)."""
    return CodeText(width)


def integer() -> sa.BigInteger:
    """A whole number of 64 bits."""
    return sa.BigInteger()


def number() -> sa.Double[float]:
    """A binary floating point number of 64 bits."""
    return sa.Double()


def truth() -> sa.Boolean:
    """True or false."""
    return sa.Boolean()


def moment() -> sa.BigInteger:
    """A time: whole microseconds since 1970 in UTC, so that it sorts and compares alike everywhere."""
    return sa.BigInteger()

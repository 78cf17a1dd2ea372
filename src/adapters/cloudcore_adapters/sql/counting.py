"""How many rows there are.

Most lists are of all rows but the few that are hidden. Where an engine knows how many rows a table has, the few are
counted instead of the many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from cloudcore_adapters.sql.compile import Slots
from cloudcore_adapters.sql.lowering import Shape
from cloudcore_adapters.sql.tables import HIDDEN

_SHOWN = frozenset(("op", name, "eq") for name in HIDDEN)


def is_of_shown(shapes: Sequence[Shape], values: Sequence[Any]) -> bool:
    """Whether all of these shapes together, with these values, mean the rows that are not hidden."""
    if len(values) != len(HIDDEN) or any(value is not False for value in values):
        return False
    parts = [part for shape in shapes for part in (shape[1:] if shape[0] == "and" else (shape,))]
    return len(parts) == len(HIDDEN) and _SHOWN.issuperset(parts) and parts[0] != parts[1]


def counting_shown(table: sa.Table, hidden: str) -> Callable[[Slots], sa.Select[Any]]:
    """Builds the statement that takes the hidden rows from all rows."""

    def build(_slots: Slots) -> sa.Select[Any]:
        everything = sa.select(sa.func.count()).select_from(table)
        few = everything.where(sa.text(hidden))
        return sa.select(everything.scalar_subquery() - few.scalar_subquery())

    return build


def total_of(row: Sequence[Any], by: Sequence[str], readers: Sequence[Any], sums: Sequence[str]) -> dict[str, Any]:
    """One group of rows: the values that they share, how many they are, and the sums, as whole numbers."""
    values = list(row)
    total: dict[str, Any] = {}
    for name, reader, value in zip(by, readers, values, strict=False):
        total[name] = reader(value) if reader is not None and value is not None else value
    total["count"] = int(values[len(by)])
    for name, value in zip(sums, values[len(by) + 1 :], strict=True):
        total[name] = int(value) if isinstance(value, Decimal) else value
    return total

"""The one statement that adds to numbers of a row while they fit their limits, and other rows are as they were."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from cloudcore.model.errors import BackendError
from cloudcore_adapters.sql.compile import Slots, Source
from cloudcore_adapters.sql.unit import Unit
from cloudcore_adapters.sql.values import MAX_INT, MIN_INT

_NUMBER = sa.BigInteger()


def bounds_of(source: Source, deltas: Mapping[str, int], limits: Mapping[str, int]) -> list[int] | None:
    """The values of the statement that adds these: least and most there may be before, and what is added, of each number.

    None: no row could have room.
    """
    numbers: list[int] = []
    for name, delta in deltas.items():
        if source.field(name).kind is not int or not MIN_INT < delta <= MAX_INT:
            raise BackendError(f"{source.codec.resource.singular}.{name} can't be adjusted by {delta}")
        limit = min(limits.get(name, MAX_INT), MAX_INT) if delta > 0 else MAX_INT
        highest = limit - max(delta, 0)
        if highest < MIN_INT:
            return None
        numbers.extend((-delta, highest, delta))
    return numbers


@attrs.frozen
class Addition:
    """A statement and its values. key: what it is kept under."""

    key: tuple[Hashable, ...]
    build: Callable[[Slots], sa.Update]
    values: list[Any]


def adding(
    table: sa.Table, by_id: Callable[[Any, Slots], Any], names: Sequence[str], given: Sequence[sa.Table]
) -> Callable[[Slots], sa.Update]:
    """Builds the statement. by_id: narrows one to the row. given: the tables of rows that are to have a version; the values are
    id and version of each, after those of the numbers.
    """

    def build(slots: Slots) -> sa.Update:
        statement, sums = by_id(sa.update(table), slots), {}
        for name in names:
            column = table.c[name]
            statement = statement.where(column >= slots.next(_NUMBER), column <= slots.next(_NUMBER))
            sums[name] = column + slots.next(_NUMBER)
        for other in given:
            there = other.alias()
            known = there.c.id == slots.next(there.c.id.type)
            as_known = there.c.update_version == slots.next(_NUMBER)
            found: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(there).where(known, as_known)
            statement = statement.where(sa.exists(found.correlate_except(there)))
        made: sa.Update = statement.values(sums)
        return made

    return build


def add_all(unit: Unit, additions: Sequence[Addition]) -> list[bool]:
    """Execute them in order; which of them changed their row."""
    compiler = unit.compiler
    if compiler.dialect.gathers and len(additions) > 1:
        values = [value for one in additions for value in one.values]
        key = ("together", *[one.key for one in additions])
        statement = compiler.statement(key, len(values), _gathered([one.build for one in additions]))
        (counts,) = unit.rows(statement, values)
        return [int(count) == 1 for count in counts]
    return [unit.run(compiler.statement(one.key, len(one.values), one.build), one.values) == 1 for one in additions]


def _gathered(builds: Sequence[Callable[[Slots], sa.Update]]) -> Callable[[Slots], sa.Select[Any]]:
    """Builds one statement of several, which are executed as their numbers of changed rows are asked for: in order."""

    def build(slots: Slots) -> sa.Select[Any]:
        parts = [one(slots).returning(sa.literal_column("1")).cte(f"part{place}") for place, one in enumerate(builds)]
        return sa.select(*[sa.select(sa.func.count()).select_from(part).scalar_subquery() for part in parts])

    return build

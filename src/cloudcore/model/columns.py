"""Pages column by column: what is stored (`Parts`), and what a client gets (`Columns`).

A page has thousands of values; what is decided once for a column costs nothing for its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from operator import itemgetter
from typing import Any, Final, TypeVar, cast, overload

from cloudcore.model.entity import Entity, from_row
from cloudcore.model.json import JsonObject

E = TypeVar("E", bound=Entity)


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final[Any] = _Absent()
"""Stands in a column of `Columns` where a row does not have the key."""


class Parts(Sequence[E]):
    """Rows with some of their fields. As a sequence they are entities, which are made when one is first asked for.

    columns: by field, its values in the order of the rows.
    """

    def __init__(
        self, kind: type[E], columns: Mapping[str, Sequence[Any]], length: int, rows: Sequence[E] | None = None
    ) -> None:
        """rows: the entities, where there are some already, with these fields or more."""
        self.columns = columns
        self._kind = kind
        self._length = length
        self._rows = rows

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, place: int) -> E: ...

    @overload
    def __getitem__(self, place: slice) -> Parts[E]: ...

    def __getitem__(self, place: int | slice) -> E | Parts[E]:
        """The entity at a place, or the part of the page that a slice means."""
        if isinstance(place, slice):
            columns = {name: column[place] for name, column in self.columns.items()}
            return Parts(self._kind, columns, len(range(*place.indices(self._length))))
        return self._entities()[place]

    def __iter__(self) -> Iterator[E]:
        return iter(self._entities())

    def _entities(self) -> Sequence[E]:
        if self._rows is None:
            names, kind = tuple(self.columns), self._kind
            values = zip(*self.columns.values(), strict=True)
            self._rows = [from_row(kind, dict(zip(names, row, strict=True))) for row in values]
        return self._rows


def parts_of(kind: type[E], rows: Sequence[E], names: Sequence[str]) -> Parts[E]:
    """Entities as parts: those that are parts already as they are. names: the fields that the rows have."""
    if isinstance(rows, Parts):
        return rows
    values: Iterable[tuple[Any, ...]]
    if len(names) > 1:
        pick = itemgetter(*names)
        values = [pick(row.__dict__) for row in rows]
    else:
        values = [tuple(row.__dict__[name] for name in names) for row in rows]
    columns = list(zip(*values, strict=True)) or [()] * len(names)
    return Parts(kind, dict(zip(names, columns, strict=True)), len(rows), rows)


class Columns:
    """What a client gets of a page: by key, a value for each row, or `ABSENT`."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._columns: dict[str, Sequence[Any]] = {}
        self._holed: set[str] = set()

    def __len__(self) -> int:
        return self._length

    def columns(self) -> Iterator[tuple[str, Sequence[Any], bool]]:
        """Keys, their columns, and whether some rows lack them."""
        return ((key, column, key in self._holed) for key, column in self._columns.items())

    def put(self, key: str, column: Sequence[Any], *, holed: bool = False) -> None:
        """Set a key; rows where it is absent keep what they have. holed: some rows may lack it."""
        if not holed:
            self._columns[key] = column
            if self._holed:
                self._holed.discard(key)
            return
        before = self._columns.get(key)
        if before is None:
            self._holed.add(key)
        else:
            column = [old if new is ABSENT else new for old, new in zip(before, column, strict=True)]
        self._columns[key] = column

    def put_same(self, key: str, value: Any) -> None:
        """Set a key to one value in every row."""
        self.put(key, [value] * self._length)

    def put_of(self, key: str, idents: Sequence[Any], values: Mapping[Any, Any]) -> None:
        """Set a key to what each row's id means, in the rows whose id means something."""
        column = [values.get(ident, ABSENT) for ident in idents]
        self.put(key, column, holed=ABSENT in column)

    def put_found(self, idents: Sequence[Any], found: Mapping[Any, Mapping[str, Any]]) -> None:
        """Set the keys of what each row's id means, in the rows whose id means something."""
        keys = dict.fromkeys(chain.from_iterable(found.values()))
        if not keys:
            return
        rows = [found.get(ident) for ident in idents]
        if len(keys) > 1 and None not in rows and {*map(len, found.values())} == {len(keys)}:
            columns = zip(*map(itemgetter(*keys), cast("list[Mapping[str, Any]]", rows)), strict=True)
            for key, column in zip(keys, columns, strict=True):
                self.put(key, column)
            return
        for key in keys:
            holes = [ABSENT if row is None else row.get(key, ABSENT) for row in rows]
            self.put(key, holes, holed=ABSENT in holes)

    def put_all(self, others: Columns | Sequence[Mapping[str, Any]]) -> None:
        """Set all that another page, or a sequence of rows, has."""
        if not isinstance(others, Columns):
            self.put_rows(others)
            return
        for key, column, holed in others.columns():
            self.put(key, column, holed=holed)

    def put_rows(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Set, for each row, the keys that it has here."""
        for key in dict.fromkeys(key for row in rows for key in row):
            column = [row.get(key, ABSENT) for row in rows]
            self.put(key, column, holed=ABSENT in column)

    def fill(self, key: str, value: Any) -> None:
        """Set a key where a row does not have it."""
        self._fill(key, [value] * self._length, holed=False)

    def fill_from(self, key: str, source: str) -> None:
        """Set a key to what another one has, where a row does not have it."""
        column = self._columns.get(source)
        if column is not None:
            self._fill(key, column, holed=source in self._holed)

    def _fill(self, key: str, column: Sequence[Any], *, holed: bool) -> None:
        before = self._columns.get(key)
        if before is None:
            self.put(key, column, holed=holed)
        elif key in self._holed:
            filled = [new if old is ABSENT else old for old, new in zip(before, column, strict=True)]
            self.put(key, filled, holed=holed and ABSENT in filled)

    def copy(self, key: str, source: str) -> None:
        """Set a key to what another one has; nothing where that has nothing."""
        column = self._columns.get(source)
        if column is not None:
            self.put(key, column, holed=source in self._holed)

    def rows(self, keys: Sequence[str] = ()) -> list[JsonObject]:
        """The page row by row, keys in their order. keys: these alone; none: all."""
        return list(Rows(self, keys))

    def pieces(self, length: int, keys: Sequence[str] = ()) -> Iterator[list[JsonObject]]:
        """The same, so many rows at a time."""
        names = [key for key in keys if key in self._columns] if keys else sorted(self._columns)
        if not names:
            for begun in range(0, self._length, length):
                empty: list[JsonObject] = [{} for _ in range(min(length, self._length - begun))]
                yield empty
            return
        holed = [name for name in names if name in self._holed]
        rows = zip(*(self._columns[name] for name in names), strict=True)
        while piece := [dict(zip(names, values, strict=True)) for values in islice(rows, length)]:
            for name in holed:
                for item in piece:
                    if item[name] is ABSENT:
                        del item[name]
            yield piece


class Rows(Sequence[JsonObject]):
    """A page row by row; the rows are made when one is first asked for, or in pieces that nobody keeps."""

    def __init__(self, page: Columns, keys: Sequence[str] = ()) -> None:
        self._page = page
        self._keys = keys
        self._made: list[JsonObject] | None = None

    def __len__(self) -> int:
        return len(self._page)

    @overload
    def __getitem__(self, place: int) -> JsonObject: ...

    @overload
    def __getitem__(self, place: slice) -> list[JsonObject]: ...

    def __getitem__(self, place: int | slice) -> JsonObject | list[JsonObject]:
        """One row, or a list of some."""
        return self._all()[place]

    def __iter__(self) -> Iterator[JsonObject]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, Rows) else other)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return repr(self._all())

    def pieces(self, length: int) -> Iterator[list[JsonObject]]:
        """The rows in order, so many at a time: what looks at each once need not have all in memory."""
        return self._page.pieces(length, self._keys)

    def _all(self) -> list[JsonObject]:
        if self._made is None:
            self._made = [row for piece in self.pieces(max(len(self), 1)) for row in piece]
        return self._made

"""Units of work that remember what was read and written in them, and ask before they commit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from cloudcore.model.columns import Parts
from cloudcore.model.entity import Entity
from cloudcore.model.history import Fact
from cloudcore.model.query import EVERYTHING, Expr, Query
from cloudcore.model.resource import Resource, fields_of
from cloudcore.operations.plans.draws import DrawnKeys, Draws
from cloudcore.ports.unit_of_work import Adjustment, Author, Repository, Transaction, UnitOfWork

E = TypeVar("E", bound=Entity)
_ALL = Query()
_NONE: Mapping[str, Any] = MappingProxyType({})

Row: TypeAlias = tuple[str, str]
"""Plural and id."""

BY_STORAGE = frozenset({"id", "created_at", "updated_at", "update_version"})
"""What the storage sets, or what a row is known by."""


@attrs.frozen(kw_only=True)
class Write:
    """One row that was written. before, after: the fields that differ; of a new row all, of one that goes none.

    deltas: what was added to its numbers, where that is all. row: the row after it, or the one that goes.
    """

    kind: str
    resource: Resource[Any]
    ident: str
    row: Any = None
    before: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    after: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    deltas: Mapping[str, int] = attrs.field(factory=dict[str, int])


@attrs.define(kw_only=True)
class Seen:
    """What happened in one unit of work, and what was read on the way to it.

    reads: the versions of the rows that were read by id or found, as they were before the unit wrote them; None: not there.
    """

    reads: dict[Row, int | None] = attrs.field(factory=dict[Row, "int | None"])
    writes: list[Write] = attrs.field(factory=list[Write])
    written: set[Row] = attrs.field(factory=set[Row])

    def note(self, resource: Resource[Any], ident: str, row: Entity | None) -> None:
        """Remember that a row was read, unless it is one that this unit has written or the platform keeps for itself."""
        self.note_version(resource, ident, row.update_version if row is not None else None)

    def note_version(self, resource: Resource[Any], ident: str, version: int | None) -> None:
        """As `note`, where no more than the version is known; None: it was not there."""
        key = resource.plural, ident
        if resource.service != "internal" and key not in self.written:
            self.reads[key] = version

    def wrote(self, write: Write) -> None:
        """Remember what was written."""
        self.writes.append(write)
        self.written.add((write.resource.plural, write.ident))


Settle: TypeAlias = Callable[[Transaction, Seen], bool]
"""Called with the unit underneath, when an operation commits; whether it shall be kept."""


class WatchedUnits:
    """Units of work over those of another; `settle` decides of every commit. For one call, in one thread."""

    def __init__(self, inner: UnitOfWork, draws: Draws, keys: DrawnKeys, settle: Settle) -> None:
        self._inner = inner
        self._draws = draws
        self._keys = keys
        self._settle = settle
        self._outside: dict[Row, int | None] = {}

    def revision(self, *, without: Collection[str] = ()) -> int:
        """See `UnitOfWork`."""
        return self._inner.revision(without=without)

    def written(self, plural: str, since: int | None) -> tuple[int, Mapping[str, int] | None]:
        """See `UnitOfWork`."""
        return self._inner.written(plural, since)

    def listen(self, hear: Callable[[str], None]) -> Callable[[], None]:
        """See `UnitOfWork`."""
        return self._inner.listen(hear)

    @contextmanager
    def read(self) -> Generator[Transaction]:
        """See `UnitOfWork`."""
        self._draws.begin("reading")
        with self._inner.read() as tx:
            seen = Seen()
            yield _Watched(tx, self._draws, seen, self._settle)
            self._outside.update(seen.reads)

    @contextmanager
    def write(self, author: Author) -> Generator[Transaction]:
        """See `UnitOfWork`."""
        self._draws.begin("writing")
        self._keys.begin()
        with self._inner.write(author) as tx:
            yield _Watched(tx, self._draws, Seen(reads=dict(self._outside)), self._settle)


class _Watched:
    def __init__(self, inner: Transaction, draws: Draws, seen: Seen, settle: Settle) -> None:
        self._inner = inner
        self._draws = draws
        self._seen = seen
        self._settle = settle

    @property
    def now(self) -> datetime:
        return self._inner.now

    @property
    def author(self) -> Author:
        return self._inner.author

    def of(self, resource: Resource[E], scope: Expr) -> Repository[E]:
        return _Repository(self._inner.of(resource, scope), resource, self._seen)

    def adjust(self, wanted: Sequence[Adjustment]) -> Sequence[bool]:
        done = self._inner.adjust(wanted)
        for one, is_done in zip(wanted, done, strict=True):
            if is_done:
                for resource, ident, version in one.given:
                    self._seen.note_version(resource, ident, version)
                deltas = dict(one.deltas)
                self._seen.wrote(Write(kind="adjust", resource=one.resource, ident=one.ident, deltas=deltas))
        return done

    def record(self, fact: Fact) -> None:
        self._inner.record(fact)

    def act_as(self, author: Author) -> None:
        self._inner.act_as(author)

    def announce(self, topic: str) -> None:
        self._inner.announce(topic)

    def new_id(self) -> str:
        return self._draws.new_id()

    def commit(self) -> None:
        if self._settle(self._inner, self._seen):
            self._inner.commit()


class _Repository(Generic[E]):
    def __init__(self, inner: Repository[E], resource: Resource[E], seen: Seen) -> None:
        self._inner = inner
        self._resource = resource
        self._seen = seen

    def get(self, ident: str, *, steady: bool = False) -> E | None:
        row = self._inner.get(ident, steady=steady)
        self._seen.note(self._resource, ident, row)
        return row

    def find(self, query: Query = _ALL) -> Sequence[E]:
        rows = self._inner.find(query)
        for row in rows:
            self._seen.note(self._resource, row.id, row)
        return rows

    def columns(self, names: Sequence[str], query: Query = _ALL) -> Sequence[tuple[Any, ...]]:
        return self._inner.columns(names, query)

    def parts(self, names: Sequence[str], query: Query = _ALL) -> Parts[E]:
        return self._inner.parts(names, query)

    def count(self, where: Expr = EVERYTHING) -> int:
        return self._inner.count(where)

    def totals(
        self, where: Expr = EVERYTHING, *, sums: Sequence[str] = (), by: Sequence[str] = ()
    ) -> Sequence[Mapping[str, Any]]:
        return self._inner.totals(where, sums=sums, by=by)

    def add(self, entity: E, *, action: str = "create") -> E:
        stored = self._inner.add(entity, action=action)
        after = {field.name: getattr(stored, field.name) for field in fields_of(self._resource.entity)}
        self._wrote("create", stored, after=after)
        return stored

    def save(
        self, entity: E, *, action: str = "update", old: E | None = None, volatile: Mapping[str, Any] = _NONE
    ) -> E:
        before = old if old is not None else self._inner.get(entity.id)
        stored = self._inner.save(entity, action=action, old=old, volatile=volatile)
        names = [field.name for field in fields_of(self._resource.entity) if not field.spec.volatile]
        changed = [n for n in names if n not in BY_STORAGE and getattr(before, n, None) != getattr(stored, n)]
        if changed:
            values = [{name: getattr(row, name, None) for name in changed} for row in (before, stored)]
            self._wrote("update", stored, before=values[0], after=values[1])
        return stored

    def remove(self, entity: E, *, action: str = "delete") -> None:
        self._inner.remove(entity, action=action)
        self._wrote("delete", entity)

    def touch(self, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        self._inner.touch(changes)

    def adjust(self, ident: str, deltas: Mapping[str, int], *, limits: Mapping[str, int] | None = None) -> bool:
        done = self._inner.adjust(ident, deltas, limits=limits)
        if done:
            self._seen.wrote(Write(kind="adjust", resource=self._resource, ident=ident, deltas=dict(deltas)))
        return done

    def _wrote(self, kind: str, row: E, *, before: Mapping[str, Any] = _NONE, after: Mapping[str, Any] = _NONE) -> None:
        self._seen.wrote(Write(kind=kind, resource=self._resource, ident=row.id, row=row, before=before, after=after))

"""Storage in dictionaries.

Two modes. By default write units exclude each other, as SQLite's do. With `interleave=True` units run side by side with
READ COMMITTED semantics: a unit sees what others have committed, the first write of a row locks it until the unit ends,
and running into somebody's lock is Contention. `pause` is called at every port call (and as `kept` after a commit), so
that a simulation can switch actors there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from cloudcore.model.entity import Entity, evolve
from cloudcore.model.errors import BackendError, Contention, DuplicateNameError, DuplicateResourceError
from cloudcore.model.history import HISTORY, Fact, HistoryRecord, fact_record, record_of
from cloudcore.model.query import PLATFORM, Expr
from cloudcore.model.resource import Resource
from cloudcore.model.trail import Trail
from cloudcore.ports.clock import Clock
from cloudcore.ports.ids import IdSource
from cloudcore.ports.unit_of_work import Adjustment, Author, Repository
from cloudcore_adapters.memory.repository import MemoryRepository

E = TypeVar("E", bound=Entity)
Change = tuple[Resource[Any], Entity | None, Entity | None, str]


class MemoryStore:
    """A unit-of-work port over dictionaries; safe to use from several threads."""

    def __init__(
        self,
        resources: Sequence[Resource[Any]],
        clock: Clock,
        ids: IdSource,
        *,
        interleave: bool = False,
        pause: Callable[[str], None] | None = None,
        on_commit: Callable[[Mapping[str, Mapping[str, Any]]], None] | None = None,
    ) -> None:
        """Begin empty.

        on_commit: told of the rows that each commit wrote, by type and id; None for one that it removed.
        """
        self.resources = {r.plural: r for r in resources}
        self.rows: dict[str, dict[str, Any]] = {r.plural: {} for r in resources}
        self.unique: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], str]] = {
            (r.plural, names): {} for r in resources for names in r.unique
        }
        self.locks: dict[tuple[Any, ...], MemoryTransaction] = {}
        self.shares: dict[tuple[Any, ...], list[MemoryTransaction]] = {}
        self.clock = clock
        self.ids = ids
        self.pause = pause or (lambda _where: None)
        self.on_commit = on_commit or (lambda _rows: None)
        self._interleave = interleave
        self._writing = threading.RLock()
        self.guard = threading.RLock()
        self.revisions: dict[str, int] = {}
        self.trail = Trail()
        self.listeners: list[Callable[[str], None]] = []

    def listen(self, hear: Callable[[str], None]) -> Callable[[], None]:
        """See `UnitOfWork.listen`: who commits tells, in his thread."""
        self.listeners.append(hear)
        return lambda: self.listeners.remove(hear)

    def revision(self, *, without: Collection[str] = ()) -> int:
        """Another number after each commit that changed rows of a type not named here."""
        with self.guard:
            return sum(number for plural, number in self.revisions.items() if plural not in without)

    def written(self, plural: str, since: int | None) -> tuple[int, Mapping[str, int] | None]:
        """The ids of rows of a type that commits of this process have written since a number."""
        with self.guard:
            return self.trail.since(plural, since)

    @contextmanager
    def read(self) -> Iterator[MemoryTransaction]:
        """A unit that only reads."""
        tx = MemoryTransaction(self, Author(), writable=False)
        try:
            yield tx
        finally:
            tx.close()

    @contextmanager
    def write(self, author: Author) -> Iterator[MemoryTransaction]:
        """A unit that may write."""
        self.pause("begin")
        if not self._interleave:
            self._writing.acquire()
        tx = MemoryTransaction(self, author, writable=True)
        try:
            yield tx
        finally:
            tx.close()
            if not self._interleave:
                self._writing.release()


class MemoryTransaction:
    """One unit of work over a `MemoryStore`."""

    def __init__(self, store: MemoryStore, author: Author, *, writable: bool) -> None:
        self.store = store
        self.own: dict[str, dict[str, Any]] = {}
        self.seen: dict[tuple[str, str], Any] = {}
        self._own_unique: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], str]] = {}
        self.changes: list[Change | Fact] = []
        self.noted: list[tuple[str, str]] = []
        self._authors = [(0, author)]
        self._writable = writable
        self._open = True
        self._now = store.clock.now()
        self._held: list[tuple[Any, ...]] = []
        self._shared: list[tuple[Any, ...]] = []
        self._announced: dict[str, None] = {}

    @property
    def now(self) -> datetime:
        """The clock at the beginning of the unit."""
        return self._now

    @property
    def author(self) -> Author:
        """Whose the unit is just now."""
        return self._authors[-1][1]

    def of(self, resource: Resource[E], scope: Expr) -> Repository[E]:
        """The rows of a type within a scope."""
        return MemoryRepository(self, self.store.resources[resource.plural], scope)

    def adjust(self, wanted: Sequence[Adjustment]) -> Sequence[bool]:
        """Do what is wanted of rows, one after the other."""
        self.check_writable()
        return [self._is_given(one) and self._adjusted(one) for one in wanted]

    def _is_given(self, one: Adjustment) -> bool:
        rows = [(self.look(resource.plural, ident), version) for resource, ident, version in one.given]
        return all(row is not None and row.update_version == version for row, version in rows)

    def _adjusted(self, one: Adjustment) -> bool:
        return self.of(one.resource, PLATFORM).adjust(one.ident, one.deltas, limits=one.limits)

    def record(self, fact: Fact) -> None:
        """Remember a fact with this unit's commit."""
        self.check_writable()
        self.changes.append(fact)

    def act_as(self, author: Author) -> None:
        """What this unit changes from now on is this one's."""
        self._authors.append((len(self.changes), author))

    def announce(self, topic: str) -> None:
        """Tell with the commit who listens at the store."""
        self.check_writable()
        self._announced[topic] = None

    def new_id(self) -> str:
        """A fresh id."""
        return self.store.ids.new_id()

    def commit(self) -> None:
        """Keep everything."""
        self.check_writable()
        self.store.pause("commit")
        with self.store.guard:
            self._append_history()
            for plural, rows in self.own.items():
                self._publish(plural, rows)
            for change in self.changes:
                if not isinstance(change, Fact):
                    plural = change[0].plural
                    self.store.revisions[plural] = self.store.revisions.get(plural, 0) + 1
            self.store.trail.note(self.noted)
            written = self.own
            self.close()
            self.store.on_commit(written)
        for hear in list(self.store.listeners):
            for topic in self._announced:
                hear(topic)
        self.store.pause("kept")

    def close(self) -> None:
        """Drop what was not committed and release the locks."""
        self._open = False
        self.own = {}
        with self.store.guard:
            for key in self._held:
                self.store.locks.pop(key, None)
            for key in self._shared:
                holders = self.store.shares[key]
                holders.remove(self)
                if not holders:
                    del self.store.shares[key]
        self._held, self._shared = [], []

    # What the repositories need.

    def check_writable(self) -> None:
        """Refuse to write through a unit that only reads, or that has ended."""
        self.check_open()
        if not self._writable:
            raise BackendError("the platform tried to write in a read unit")

    def check_open(self) -> None:
        """Refuse to use a unit that has ended."""
        if not self._open:
            raise BackendError("the platform used a unit of work after its end")

    def visible(self, plural: str) -> dict[str, Any]:
        """All rows of a type as this unit sees them."""
        with self.store.guard:
            rows = dict(self.store.rows[plural])
        for ident, row in self.own.get(plural, {}).items():
            if row is None:
                rows.pop(ident, None)
            else:
                rows[ident] = row
        return rows

    def look(self, plural: str, ident: str) -> Any:
        """One row as this unit sees it."""
        own = self.own.get(plural, {})
        return own[ident] if ident in own else self.store.rows[plural].get(ident)

    def lock(self, key: tuple[Any, ...]) -> None:
        """Take a lock until the end of the unit."""
        with self.store.guard:
            if self._is_kept_by_others(key) or any(unit is not self for unit in self.store.shares.get(key, ())):
                raise Contention("somebody else is changing this", internal=f"lock {key}")
            if key not in self.store.locks:
                self.store.locks[key] = self
                self._held.append(key)

    def share(self, key: tuple[Any, ...]) -> None:
        """Keep others from taking a lock until the end of the unit."""
        with self.store.guard:
            if self._is_kept_by_others(key):
                raise Contention("somebody else is changing this", internal=f"share {key}")
            holders = self.store.shares.setdefault(key, [])
            if self not in holders:
                holders.append(self)
                self._shared.append(key)

    def _is_kept_by_others(self, key: tuple[Any, ...]) -> bool:
        return self.store.locks.get(key, self) is not self

    def put(self, resource: Resource[Any], ident: str, row: Any) -> None:
        """Set (or, with None, remove) a row in this unit, keeping the unique sets."""
        if row is not None:
            self._check_unique(resource, ident, row)
        self.own.setdefault(resource.plural, {})[ident] = row

    def _check_unique(self, resource: Resource[Any], ident: str, row: Any) -> None:
        for names in resource.unique:
            values = tuple(getattr(row, n) for n in names)
            if None in values:
                continue
            self.lock((resource.plural, names, values))
            holder = self.store.unique[resource.plural, names].get(values)
            if holder is not None and holder != ident and self._still(resource.plural, holder, names, values):
                raise duplicate(resource, names, values)
            mine = self._own_unique.setdefault((resource.plural, names), {})
            other = mine.get(values)
            if other is not None and other != ident and self._still(resource.plural, other, names, values):
                raise duplicate(resource, names, values)
            mine[values] = ident

    def _still(self, plural: str, holder: str, names: tuple[str, ...], values: tuple[Any, ...]) -> bool:
        row = self.look(plural, holder)
        return row is not None and tuple(getattr(row, n) for n in names) == values

    def _append_history(self) -> None:
        transaction = self.new_id()
        rows = self.own.setdefault(HISTORY.plural, {})
        for ordinal, change in enumerate(self.changes):
            record = self._record(change, transaction, ordinal)
            rows[record.id] = evolve(record, created_at=self._now, updated_at=self._now)

    def _record(self, change: Change | Fact, transaction: str, ordinal: int) -> HistoryRecord:
        author = next(author for since, author in reversed(self._authors) if since <= ordinal)
        if isinstance(change, Fact):
            return fact_record(
                change,
                actor=author.actor,
                at=self._now,
                transaction=transaction,
                ordinal=ordinal,
                request_id=author.request_id,
            )
        resource, old, new, action = change
        return record_of(
            resource,
            old,
            new,
            action=action,
            actor=author.actor,
            at=self._now,
            transaction=transaction,
            ordinal=ordinal,
            request_id=author.request_id,
        )

    def _publish(self, plural: str, rows: dict[str, Any]) -> None:
        resource, committed = self.store.resources[plural], self.store.rows[plural]
        for ident in rows:
            old = committed.get(ident)
            for names in resource.unique:
                index = self.store.unique[plural, names]
                if old is not None and index.get(values := tuple(getattr(old, n) for n in names)) == ident:
                    del index[values]
        for ident, row in rows.items():
            if row is None:
                committed.pop(ident, None)
                continue
            committed[ident] = row
            for names in resource.unique:
                self.store.unique[plural, names][tuple(getattr(row, n) for n in names)] = ident


def duplicate(
    resource: Resource[Any], names: tuple[str, ...], values: tuple[Any, ...]
) -> DuplicateResourceError | DuplicateNameError:
    """The error of a hurt unique set."""
    if names[0] == "name":
        return DuplicateNameError(f"{resource.singular} name {values[0]} is already used", field="name")
    return DuplicateResourceError(f"{resource.singular} with this {', '.join(names)} exists", field=names[0])

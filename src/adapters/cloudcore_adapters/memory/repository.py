"""The rows of one type in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cloudcore.model.columns import Parts
from cloudcore.model.entity import Entity, evolve
from cloudcore.model.errors import BackendError, Contention, DuplicateResourceError, InvalidInputError
from cloudcore.model.query import EVERYTHING, Expr, Order, Query, matches, order_value, sort_key, tester
from cloudcore.model.resource import Resource, field_map, fields_of

if TYPE_CHECKING:
    from cloudcore_adapters.memory.store import MemoryTransaction

E = TypeVar("E", bound=Entity)
_ALL = Query()
_NONE: Mapping[str, Any] = MappingProxyType({})
_BY_ID = attrgetter("id")
_BOOKKEEPING = ("created_at", "updated_at", "update_version")


class MemoryRepository(Generic[E]):
    """The rows of one type that a scope lets through."""

    def __init__(self, tx: MemoryTransaction, resource: Resource[E], scope: Expr) -> None:
        self._tx = tx
        self._resource = resource
        self._scope = scope

    def get(self, ident: str, *, steady: bool = False) -> E | None:
        """The row with this id."""
        self._enter("get", write=steady)
        if steady:
            self._tx.share((self._resource.plural, ident))
        row: E | None = self._tx.look(self._resource.plural, ident)
        if row is None or not self._in_scope(row):
            return None
        self._tx.seen[self._resource.plural, ident] = row
        return row

    def find(self, query: Query = _ALL) -> Sequence[E]:
        """The rows that satisfy the query, in its order."""
        self._enter("find")
        rows = self._select(query.where)
        order = (*query.order, Order("id"))
        rows.sort(key=_BY_ID)
        for key in reversed(query.order):
            rows.sort(key=self._by(key), reverse=key.descending)
        if query.after is not None:
            rows = [row for row in rows if self._comes_after(row, order, query.after)]
        end = None if query.limit is None else query.offset + query.limit
        page = rows[query.offset : end]
        self._tx.seen.update(((self._resource.plural, row.id), row) for row in page)
        return page

    def columns(self, names: Sequence[str], query: Query = _ALL) -> Sequence[tuple[Any, ...]]:
        """Only these fields of the rows that `find` gives."""
        known = field_map(self._resource.entity)
        for name in names:
            if name not in known:
                raise InvalidInputError(f"{self._resource.singular} has no field {name!r}", field=name)
        return [tuple(getattr(row, name) for name in names) for row in self.find(query)]

    def parts(self, names: Sequence[str], query: Query = _ALL) -> Parts[E]:
        """The rows that `find` gives, with these fields only."""
        rows = self.columns(names, query)
        columns = list(zip(*rows, strict=True)) or [()] * len(names)
        return Parts(self._resource.entity, dict(zip(names, columns, strict=True)), len(rows))

    def count(self, where: Expr = EVERYTHING) -> int:
        """How many rows satisfy the expression."""
        self._enter("count")
        return len(self._select(where))

    def totals(
        self, where: Expr = EVERYTHING, *, sums: Sequence[str] = (), by: Sequence[str] = ()
    ) -> Sequence[Mapping[str, Any]]:
        """One row for each distinct value of `by`."""
        self._enter("totals")
        groups: dict[tuple[Any, ...], dict[str, Any]] = {}
        for row in self._select(where):
            key = tuple(getattr(row, name) for name in by)
            group = groups.setdefault(key, {**dict(zip(by, key, strict=True)), "count": 0, **dict.fromkeys(sums, 0)})
            group["count"] += 1
            for name in sums:
                group[name] += getattr(row, name) or 0
        if not by and not groups:
            return [{"count": 0, **dict.fromkeys(sums, 0)}]
        return [groups[key] for key in sorted(groups, key=lambda values: [sort_key(v) for v in values])]

    def add(self, entity: E, *, action: str = "create") -> E:
        """Insert."""
        self._enter("add", write=True)
        tx, resource = self._tx, self._resource
        tx.lock((resource.plural, entity.id))
        if tx.look(resource.plural, entity.id) is not None:
            raise DuplicateResourceError(f"{resource.singular} {entity.id} exists", field="id")
        stored = evolve(entity, created_at=entity.created_at or tx.now, updated_at=tx.now, update_version=0)
        tx.put(resource, entity.id, stored)
        self._changed(None, stored, action)
        return stored

    def save(
        self, entity: E, *, action: str = "update", old: E | None = None, volatile: Mapping[str, Any] = _NONE
    ) -> E:
        """Write the changed fields if the stored version is still the entity's."""
        self._enter("save", write=True)
        self._check_volatile(volatile)
        before: E = self._claim(entity)
        changes = self._changes(before, entity, old)
        if not changes and not volatile:
            return before
        now = {"updated_at": self._tx.now, "update_version": before.update_version + 1} if changes else {}
        stored: E = evolve(before, **changes, **now, **volatile)
        self._tx.put(self._resource, entity.id, stored)
        if changes:
            self._changed(before, stored, action)
        return stored

    def remove(self, entity: E, *, action: str = "delete") -> None:
        """Delete the row if the stored version is still the entity's."""
        self._enter("remove", write=True)
        old = self._claim(entity)
        self._tx.put(self._resource, entity.id, None)
        self._changed(old, None, action)

    def touch(self, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Set volatile fields of rows by id."""
        self._enter("touch", write=True)
        for ident, values in changes:
            self._check_volatile(values)
            row = self._tx.look(self._resource.plural, ident)
            if row is not None and self._in_scope(row):
                self._tx.lock((self._resource.plural, ident))
                self._tx.put(self._resource, ident, evolve(row, **values))

    def adjust(self, ident: str, deltas: Mapping[str, int], *, limits: Mapping[str, int] | None = None) -> bool:
        """Add to numbers of a row in one conditional step."""
        self._enter("adjust", write=True)
        self._tx.lock((self._resource.plural, ident))
        row: E | None = self._tx.look(self._resource.plural, ident)
        if row is None or not self._in_scope(row):
            return False
        values = {name: getattr(row, name) + delta for name, delta in deltas.items()}
        for name, value in values.items():
            limit = (limits or {}).get(name)
            if value < 0 or (limit is not None and deltas[name] > 0 and value > limit):
                return False
        self._tx.put(self._resource, ident, evolve(row, **values))
        self._tx.noted.append((self._resource.plural, ident))
        return True

    def _enter(self, call: str, *, write: bool = False) -> None:
        if write:
            self._tx.check_writable()
        else:
            self._tx.check_open()
        self._tx.store.pause(f"{call} {self._resource.plural}")

    def _in_scope(self, row: Any) -> bool:
        return self._scope is EVERYTHING or matches(self._scope, row, self._rows)

    def _rows(self, plural: str) -> Iterable[Any]:
        return self._tx.visible(plural).values()

    def _by(self, key: Order) -> Callable[[Any], tuple[bool, Any]]:
        return lambda row: sort_key(order_value(key, row, self._rows))

    def _comes_after(self, row: Any, order: Sequence[Order], marker: Sequence[Any]) -> bool:
        for key, value in zip(order, marker, strict=True):
            mine, other = sort_key(order_value(key, row, self._rows)), sort_key(value)
            if mine != other:
                return mine < other if key.descending else mine > other
        return False

    def _select(self, where: Expr) -> list[Any]:
        rows: Iterable[Any] = self._tx.visible(self._resource.plural).values()
        for part in (self._scope, where):
            if part is not EVERYTHING:
                test = tester(part, self._rows)
                rows = [row for row in rows if test(row)]
        return list(rows)

    def _claim(self, entity: E) -> Any:
        self._tx.lock((self._resource.plural, entity.id))
        old = self._tx.look(self._resource.plural, entity.id)
        if old is None or old.update_version != entity.update_version or not self._in_scope(old):
            raise Contention("the object has changed meanwhile", internal=f"{self._resource.singular} {entity.id}")
        return old

    def _changes(self, old: Any, new: Any, known: Any) -> dict[str, Any]:
        # Against the row as this unit read it: numbers that others have adjusted since are not set back.
        read = known if known is not None else self._tx.seen.get((self._resource.plural, new.id), old)
        names = (f.name for f in fields_of(self._resource.entity) if not f.spec.volatile)
        wanted = {n: getattr(new, n) for n in names if n not in _BOOKKEEPING and getattr(read, n) != getattr(new, n)}
        return {name: value for name, value in wanted.items() if getattr(old, name) != value}

    def _changed(self, old: Any, new: Any, action: str) -> None:
        self._tx.noted.append((self._resource.plural, (new or old).id))
        if self._resource.recorded:
            self._tx.changes.append((self._resource, old, new, action))

    def _check_volatile(self, values: Mapping[str, Any]) -> None:
        known = field_map(self._resource.entity)
        for name in values:
            if name not in known or not known[name].spec.volatile:
                raise BackendError(f"{self._resource.singular}.{name} is not volatile")

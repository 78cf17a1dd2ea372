"""The port of storage: units of work and the repositories that hang off them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, TypeVar

import attrs

from cloudcore.model.columns import Parts
from cloudcore.model.entity import Entity
from cloudcore.model.history import Fact
from cloudcore.model.json import JsonMapping
from cloudcore.model.query import EVERYTHING, Expr, Query
from cloudcore.model.resource import Resource

E = TypeVar("E", bound=Entity)


@attrs.frozen(kw_only=True)
class Author:
    """Whose unit of work it is. actor: ids and names, never secrets, for the history.

    reservation: id or name of the quota reservation that what is charged is drawn on first, or empty.
    """

    actor: JsonMapping = attrs.field(factory=dict[str, Any])
    request_id: str = ""
    reservation: str = ""


@attrs.frozen(kw_only=True)
class Adjustment:
    """What `Transaction.adjust` does to one row of those that the platform sees; see `Repository.adjust`.

    given: rows, by type, id and version, that have to be there in that version for it to be done.
    """

    resource: Resource[Any]
    ident: str
    deltas: Mapping[str, int]
    limits: Mapping[str, int] = attrs.field(factory=dict[str, int])
    given: Sequence[tuple[Resource[Any], str, int]] = ()


class Repository(Protocol[E]):
    """The rows of one type that a scope lets through. Rows outside it do not exist here, for reading and for writing."""

    def get(self, ident: str, *, steady: bool = False) -> E | None:
        """The row with this id.

        steady: nobody else changes, adjusts or removes it until the unit ends, which is one that may write; other units
            may have it steady as well.

        Raises:
            Contention: it is to be steady, and another open unit is changing it.
        """
        ...

    def find(self, query: Query = ...) -> Sequence[E]:
        """The rows that satisfy the query, in its order, ties by id."""
        ...

    def columns(self, names: Sequence[str], query: Query = ...) -> Sequence[tuple[Any, ...]]:
        """Only these fields of the rows that `find` gives, in its order: for many rows of which little is wanted."""
        ...

    def parts(self, names: Sequence[str], query: Query = ...) -> Parts[E]:
        """The rows that `find` gives, with these fields only: any other is an AttributeError. For reading alone."""
        ...

    def count(self, where: Expr = EVERYTHING) -> int:
        """How many rows satisfy the expression."""
        ...

    def totals(
        self, where: Expr = EVERYTHING, *, sums: Sequence[str] = (), by: Sequence[str] = ()
    ) -> Sequence[Mapping[str, Any]]:
        """One row for each distinct value of `by`, with `count` and the sums, ordered by `by`."""
        ...

    def add(self, entity: E, *, action: str = "create") -> E:
        """Insert; the stored entity comes back with its times set.

        Raises:
            DuplicateNameError, DuplicateResourceError: a unique constraint of the type is hurt by a committed row.
            Contention: another open unit is inserting the same.
        """
        ...

    def save(self, entity: E, *, action: str = "update", old: E | None = None, volatile: Mapping[str, Any] = ...) -> E:
        """Write the changed fields if the stored version is still the entity's; the result has the next version.

        Nothing is written, and no history, when no field differs from the stored row.
        old: what a storage gave as this version: then it need not be read again.
        volatile: set in the same go, as `touch` does, also when nothing else differs.

        Raises:
            Contention: the row has moved on or is gone.
            DuplicateNameError, DuplicateResourceError: as for `add`.
        """
        ...

    def remove(self, entity: E, *, action: str = "delete") -> None:
        """Delete the row if the stored version is still the entity's.

        Raises:
            Contention: the row has moved on or is gone.
        """
        ...

    def touch(self, changes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Set volatile fields of rows by id: no version, no history; rows that are gone are passed over."""
        ...

    def adjust(self, ident: str, deltas: Mapping[str, int], *, limits: Mapping[str, int] | None = None) -> bool:
        """Add to numbers of a row in one conditional statement: no version, no history.

        False, with nothing written, when the row is gone, when a number would fall below 0, or would exceed its limit
        (a limit applies only to fields whose delta is positive).
        """
        ...


class Transaction(Protocol):
    """One unit of work. Nothing is kept unless `commit` is called; leaving without it rolls back."""

    @property
    def now(self) -> datetime:
        """The storage's clock at the beginning of the unit; UTC, microseconds."""
        ...

    @property
    def author(self) -> Author:
        """Whose it is just now."""
        ...

    def of(self, resource: Resource[E], scope: Expr) -> Repository[E]:
        """The rows of a type within a scope (`cloudcore.operations.authorize` makes one; flows use PLATFORM)."""
        ...

    def adjust(self, wanted: Sequence[Adjustment]) -> Sequence[bool]:
        """Do what is wanted of rows, one after the other and each for itself, in one go where the storage can; what was done.

        Each is one conditional statement. No row is named twice.
        """
        ...

    def record(self, fact: Fact) -> None:
        """Remember a fact in the history, with this unit's commit."""
        ...

    def act_as(self, author: Author) -> None:
        """What this unit changes from now on is this one's: a unit may hold the work of several."""
        ...

    def announce(self, topic: str) -> None:
        """With the commit, let the processes of the deployment that listen know that there is something to do.

        topic: where, as listeners know it; at most 200 characters. It may get lost, come twice, or come to whoever
        announced it: who listens also looks by himself now and then.
        """
        ...

    def new_id(self) -> str:
        """A fresh id from the deployment's source of ids."""
        ...

    def commit(self) -> None:
        """Keep everything. The unit can't be used afterwards.

        Raises:
            Contention: the storage could not; nothing is kept.
        """
        ...


class UnitOfWork(Protocol):
    """Opens units of work. Safe to use from several threads; each unit belongs to one."""

    def revision(self, *, without: Collection[str] = ()) -> int:
        """A number that is another one after each commit of this process that changed rows of a type not named here.

        Of changes by other processes it says nothing, nor of those that leave no version (`touch`, `adjust`).
        """
        ...

    def written(self, plural: str, since: int | None) -> tuple[int, Mapping[str, int] | None]:
        """A number to ask with the next time, and the ids of the rows of a type that commits of this process have added,
        saved, removed or adjusted since the number of the last time, with how often.

        None instead of ids: it is not known any more, any row may be another one. since: None the first time, when there
        are no ids; what nobody has ever asked for is not kept. It says nothing of other processes, nor of `touch`.
        """
        ...

    def listen(self, hear: Callable[[str], None]) -> Callable[[], None]:
        """Be called, in any thread, with each topic that a later commit of any process announces (see `Transaction.announce`);
        what comes back is called to hear no more.

        An empty topic may also mean that some were missed, such as after a lost connection: look at everything.
        """
        ...

    def read(self) -> AbstractContextManager[Transaction]:
        """A snapshot that takes no write lock; writing through it is an error."""
        ...

    def write(self, author: Author) -> AbstractContextManager[Transaction]:
        """A unit that may write.

        Raises:
            Contention: the storage is busy or briefly away.
        """
        ...

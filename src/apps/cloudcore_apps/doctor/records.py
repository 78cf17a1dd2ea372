"""Checks of the database: reachable, sound, of this release, and nothing in it left hanging."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from cloudcore.model.errors import CloudcoreError, Contention
from cloudcore.model.query import PLATFORM, Compare, Like, Match, Op, Order, Query, both, one_of
from cloudcore.operations.types import TYPES
from cloudcore.ports.unit_of_work import Author, Transaction, UnitOfWork
from cloudcore.resources.audit.counter import COUNTERS
from cloudcore.tasks.defect import LEFT_BEHIND
from cloudcore.tasks.task import OPEN, TASKS, TaskState, summary
from cloudcore_apps.data_folder import DataFolder
from cloudcore_apps.doctor.finding import Finding, failed, note, ok, warning
from cloudcore_apps.doctor.hosts import down, misplaced
from cloudcore_apps.doctor.trouble import Trouble, asleep, miscounted, stranded, unreadable

LATE = timedelta(minutes=1)
AHEAD = timedelta(seconds=5)
REMEMBERED = timedelta(days=7)
"""For so long is told what a task could not take back."""
SHOWN = 5
MOST = 1000
_AFTER = "This is looked at once the database can be read."


@attrs.frozen(kw_only=True)
class Database:
    """url: as `up --database` has it; empty for SQLite in the data folder."""

    url: str
    folder: Path

    @property
    def file(self) -> Path | None:
        """The file of a database that is one."""
        return self.folder / "cloud.sqlite" if not self.url else None


def look_at_records(database: Database, *, running: bool, fix: bool = False) -> Iterator[Finding]:
    """Everything that is read from the database. running: a cloud works on it just now."""
    if database.file is not None and not database.file.exists():
        yield note("database", "There is no database yet.", "`cloudcore up` makes one.")
        return
    from cloudcore_adapters.sql import open_engine

    try:
        engine = open_engine(database.url or f"sqlite:///{database.file}")
    except CloudcoreError as error:
        yield failed("database", f"{error}.", "Check --database or CLOUDCORE_DATABASE.")
        return
    try:
        yield from _opened(engine, database, running=running, fix=fix)
    finally:
        engine.dispose()


def _opened(engine: Any, database: Database, *, running: bool, fix: bool) -> Iterator[Finding]:
    from cloudcore_adapters.sql.failures import translated
    from cloudcore_apps.schema import newest, revision_of

    try:
        with translated():
            if database.file is not None:
                yield _sound(engine, database.file)
            else:
                yield ok("database", f"{engine.dialect.name} on {engine.url.host or 'this machine'} answers.")
            revision = revision_of(engine)
    except (CloudcoreError, Contention) as error:
        detail = f" ({error.internal})" if error.internal else ""
        yield failed("database", f"The database cannot be read: {error}{detail}.", "Start it, or check its address.")
        yield note("records", _AFTER)
        return
    if revision != newest():
        yield _migration(revision, newest(), running=running)
        return
    yield ok("migration", f"The database is of this release ({revision}).")
    from cloudcore_adapters.memory.world import SystemClock, SystemIds
    from cloudcore_adapters.sql import SqlUnitOfWork

    # Without the key, what is sealed stays as it is stored: nothing here reads or writes it.
    uow = SqlUnitOfWork(engine, TYPES, SystemIds(), clock=SystemClock(), sealer=None)
    yield from look_inside(uow, datetime.now(UTC), running=running, fix=fix)
    yield from _things(uow, DataFolder(database.folder), running=running, fix=fix)


def _things(uow: UnitOfWork, folder: DataFolder, *, running: bool, fix: bool) -> Iterator[Finding]:
    try:
        yield from misplaced(uow, folder, running=running, fix=fix)
    except (CloudcoreError, Contention) as error:
        detail = f" ({error.internal})" if error.internal else ""
        yield note("things", f"The hosts cannot be looked at: {error}{detail}.", "Try again later.")


def _sound(engine: Any, file: Path) -> Finding:
    with engine.connect() as connection:
        told = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if told != "ok":
        return failed("database", f"{file} is damaged: {told}.", "End the cloud and restore the file from a backup.")
    return ok("database", f"{file} can be read and is sound.")


def _migration(present: str | None, wanted: str, *, running: bool) -> Finding:
    if present is not None and present > wanted:
        return failed("migration", f"The database ({present}) is newer than this release ({wanted}).", "Upgrade.")
    what = f"The database is at {present or 'nothing'}, this release at {wanted}."
    if running:
        return failed("migration", what, "An older release runs on it: end it, then `cloudcore up`.")
    return warning("migration", what, "`cloudcore up` migrates it when it starts.")


def look_inside(uow: UnitOfWork, now: datetime, *, running: bool, fix: bool = False) -> Iterator[Finding]:
    """Tasks that hang, a clock that went back, and each object in trouble, which `fix` puts right where that is safe."""
    try:
        with uow.read() as tx:
            yield from _late_tasks(tx, now, running=running)
            yield from _left(tx, now)
            yield _clock(tx, now)
        yield from _troubles(uow, now, fix=fix)
    except (CloudcoreError, Contention) as error:
        detail = f" ({error.internal})" if error.internal else ""
        yield failed("records", f"The records cannot be read: {error}{detail}.", "See the log of the database.")


def _late_tasks(tx: Transaction, now: datetime, *, running: bool) -> Iterator[Finding]:
    tasks = tx.of(TASKS, PLATFORM).find(Query(where=one_of("state", OPEN), limit=MOST))
    late = [t for t in tasks if t.wake_at < now - LATE or (t.deadline_at is not None and t.deadline_at < now - LATE)]
    back = [t for t in tasks if t.state is TaskState.UNWINDING and t.attempt > 1 and t not in late]
    if not late and not back:
        yield ok("tasks", f"{len(tasks)} tasks are under way, none is late." if tasks else "No task is under way.")
    for task in late[:SHOWN]:
        advice = "`climc task-show` tells its story; if no worker has it, restart the cloud."
        yield (
            failed("tasks", f"Past its time: {summary(task)}", advice)
            if running
            else note("tasks", f"It waits for a cloud that runs: {summary(task)}", "`cloudcore up` goes on with it.")
        )
    if len(late) > SHOWN:
        yield note(
            "tasks", f"{len(late) - SHOWN} more tasks are late.", "`climc task-list --state running` lists them."
        )
    for task in back[:SHOWN]:
        yield warning(
            "tasks", summary(task), "What it waits for has to answer, such as its host; it goes on by itself."
        )


def _left(tx: Transaction, now: datetime) -> Iterator[Finding]:
    """What tasks could not take back lately: it may still be on a host, or be charged."""
    ended = both(Compare("ended_at", Op.GT, now - REMEMBERED), Compare("state", Op.NE, TaskState.SET_ASIDE.value))
    where = both(ended, Match("error", Like.CONTAINS, LEFT_BEHIND))
    for task in tx.of(TASKS, PLATFORM).find(Query(where=where, order=(Order("ended_at", True),), limit=SHOWN)):
        yield warning("tasks", summary(task), f"What it left is told of below; `climc task-show {task.id}` tells why.")


def _troubles(uow: UnitOfWork, now: datetime, *, fix: bool) -> Iterator[Finding]:
    """Each object in trouble; with `fix`, what became of it. A kind is looked for after the one before is put right."""
    for look, fine in (
        (unreadable, ok("journals", "Every open task can be gone on with.")),
        (stranded, ok("statuses", "Everything that is between two statuses has a task that works on it.")),
        (lambda tx: asleep(tx, now), ok("leases", "Every open task is looked after in time.")),
        (down, ok("hosts", "No host has lost its lease.")),
        (miscounted, ok("claims", "Claims and quotas are the sums of what is there, or a task is under way.")),
    ):
        with uow.read() as tx:
            found = list(look(tx))
        yield from [fine] if not found else (_told(uow, trouble, fix=fix) for trouble in found)


def _told(uow: UnitOfWork, trouble: Trouble, *, fix: bool) -> Finding:
    if trouble.repair is None:
        return failed(trouble.check, trouble.said, "A person has to decide: look at its events (`climc NOUN-event`).")
    if not fix:
        return failed(trouble.check, trouble.said, "`cloudcore doctor --fix` puts it right.")
    with uow.write(Author(actor={"user": "doctor"})) as tx:
        became = trouble.repair(tx)
        tx.commit()
    return note(trouble.check, trouble.said, became or "It has changed meanwhile and was left alone.")


def _clock(tx: Transaction, now: datetime) -> Finding:
    from cloudcore.model.history import HISTORY

    counter = tx.of(COUNTERS, PLATFORM).get("history")
    newest = tx.of(HISTORY, PLATFORM).find(Query(order=(Order("recorded_at", True),), limit=1))
    if not newest:
        return ok("history", "Nothing has happened yet.")
    last = newest[0].recorded_at
    if last > now + AHEAD:
        ahead = (last - now).total_seconds()
        return failed(
            "history",
            f"The newest record was written {ahead:.0f} s in the future of this machine's clock.",
            "Let NTP set the clocks of this machine and of the database.",
        )
    at = counter.value if counter is not None else 0
    return ok("history", f"The history is at {at}, last written {last:%Y-%m-%d %H:%M:%S} UTC.")


def _listed(texts: list[str]) -> str:
    more = len(texts) - SHOWN
    return ", ".join(texts[:SHOWN]) + (f" and {more} more" if more > 0 else "")

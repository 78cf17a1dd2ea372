"""Checks of the database: reachable, sound, of this release, and nothing in it left hanging."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from cloudcore.model.errors import CloudcoreError, Contention
from cloudcore.model.query import PLATFORM, Order, Query, both, eq, one_of
from cloudcore.operations.types import TYPES
from cloudcore.ports.unit_of_work import Transaction, UnitOfWork
from cloudcore.resources.audit.counter import COUNTERS
from cloudcore.tasks.task import OPEN, TASKS
from cloudcore_apps.doctor.finding import Finding, failed, note, ok, warning

LATE = timedelta(minutes=1)
AHEAD = timedelta(seconds=5)
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


def look_at_records(database: Database, *, running: bool) -> Iterator[Finding]:
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
        yield from _opened(engine, database, running=running)
    finally:
        engine.dispose()


def _opened(engine: Any, database: Database, *, running: bool) -> Iterator[Finding]:
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

    yield from look_inside(
        SqlUnitOfWork(engine, TYPES, SystemIds(), clock=SystemClock(), sealer=None), datetime.now(UTC), running=running
    )


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


def look_inside(uow: UnitOfWork, now: datetime, *, running: bool) -> Iterator[Finding]:
    """Tasks that hang, resources that nobody works on, and a clock that went back."""
    try:
        with uow.read() as tx:
            yield _late_tasks(tx, now, running=running)
            yield _stranded(tx)
            yield _clock(tx, now)
    except (CloudcoreError, Contention) as error:
        detail = f" ({error.internal})" if error.internal else ""
        yield failed("records", f"The records cannot be read: {error}{detail}.", "See the log of the database.")


def _late_tasks(tx: Transaction, now: datetime, *, running: bool) -> Finding:
    tasks = tx.of(TASKS, PLATFORM).find(Query(where=one_of("state", OPEN), limit=MOST))
    late = [t for t in tasks if t.wake_at < now - LATE or (t.deadline_at is not None and t.deadline_at < now - LATE)]
    if not late:
        return ok("tasks", f"{len(tasks)} tasks are under way, none is late." if tasks else "No task is under way.")
    shown = _listed([f"{t.flow} of {t.obj_name or t.obj_id}" for t in late])
    if not running:
        return note(
            "tasks", f"{len(late)} tasks wait for a cloud that runs: {shown}.", "`cloudcore up` goes on with them."
        )
    return failed(
        "tasks",
        f"{len(late)} tasks are past their time: {shown}.",
        "`climc task-show` tells where each stands; if no worker has it, restart the cloud.",
    )


def _stranded(tx: Transaction) -> Finding:
    """Resources in a status that says that something is under way, and nothing is."""
    found: list[str] = []
    for resource in TYPES:
        statuses = sorted(resource.lifecycle.transitional()) if resource.lifecycle is not None else []
        if not statuses:
            continue
        rows = tx.of(resource, PLATFORM).find(Query(where=one_of("status", statuses), limit=MOST))
        held = both(
            one_of("obj_id", [row.id for row in rows]), one_of("state", OPEN), eq("obj_type", resource.singular)
        )
        busy = {task.obj_id for task in tx.of(TASKS, PLATFORM).find(Query(where=held))} if rows else set()
        found += [f"{resource.singular} {r.name or r.id} ({r.status})" for r in rows if r.id not in busy]
    if not found:
        return ok("statuses", "Everything that is between two statuses has a task that works on it.")
    return failed(
        "statuses",
        f"{len(found)} are between two statuses and no task works on them: {_listed(found)}.",
        "Look at `climc NOUN-event`, then set what is true with `climc NOUN-update-status`.",
    )


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

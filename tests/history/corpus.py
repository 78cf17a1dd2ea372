"""Journals as a release leaves them behind when it stops dead: how they are recorded, kept and read.

`python -m tests.history.corpus record` writes those of the present release. That is done once for each release, before
its tag; what is recorded is never recorded again.
"""

from __future__ import annotations

import base64
import json
import lzma
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
import sqlalchemy as sa
from tests.contracts.flow_scenarios import SCENARIOS, flow_of
from tests.simulation.cloud import RESOURCES, Cloud

from cloudcore.model.query import PLATFORM, Query
from cloudcore.ports.unit_of_work import Author
from cloudcore.quotas.recount import open_counters
from cloudcore.resources.infrastructure.cloudregion import CLOUDREGIONS, Cloudregion
from cloudcore.resources.network.vpc import VPCS, Vpc
from cloudcore.tasks.flows import FLOWS
from cloudcore_adapters.sql import SqlUnitOfWork, open_engine
from cloudcore_adapters.sql.migrations import migrate, revision_of

FOLDER = Path(__file__).parent / "journals"

State = dict[str, Any]
"""All that a stopped cloud leaves behind, by path: `row/<table>/<id>`, `journal/<host>/<key>`, `machine/<host>`,
`image/<key>`, `clock`."""


@attrs.frozen(kw_only=True)
class Entry:
    """One moment at which everything stopped."""

    scenario: str
    number: int
    state: State


@attrs.frozen(kw_only=True)
class Corpus:
    """What one release has left behind.

    revision: of its tables. flows: by name, the version and the names of the steps.
    moments: by scenario, what each moment changed in the state before it; None for what is gone.
    """

    release: str
    revision: str
    flows: Mapping[str, tuple[int, tuple[str, ...]]]
    moments: Mapping[str, tuple[State, ...]]

    def entries(self) -> Iterator[Entry]:
        """Every moment, scenario by scenario."""
        for scenario, changes in self.moments.items():
            state: State = {}
            for number, changed in enumerate(changes):
                state = {key: value for key, value in {**state, **changed}.items() if value is not None}
                yield Entry(scenario=scenario, number=number, state=state)


class SqlStore(SqlUnitOfWork):
    """A database that shows its rows as the one in memory does.

    pause: called as `kept` after each unit that wrote.
    """

    pause: Any = staticmethod(lambda _where: None)
    unit: Any = None
    """The one that is open. What is asked for meanwhile is read in it: SQLite has one connection."""

    @contextmanager
    def read(self) -> Iterator[Any]:  # type: ignore[override]
        """See `SqlUnitOfWork.read`."""
        with super().read() as tx, self._kept(tx):
            yield tx

    @contextmanager
    def write(self, author: Author) -> Iterator[Any]:  # type: ignore[override]
        """See `SqlUnitOfWork.write`."""
        with super().write(author) as tx, self._kept(tx):
            yield tx
        self.pause("kept")

    @contextmanager
    def _kept(self, tx: Any) -> Iterator[None]:
        self.unit = tx
        try:
            yield
        finally:
            self.unit = None

    @property
    def rows(self) -> Mapping[str, dict[str, Any]]:
        """Every row, by type and id."""
        return _Rows(self)


class _Rows(dict[str, dict[str, Any]]):
    def __init__(self, store: SqlStore) -> None:
        super().__init__()
        self._store = store

    def __missing__(self, plural: str) -> dict[str, Any]:
        resource = next(r for r in RESOURCES if r.plural == plural)
        with nullcontext(self._store.unit) if self._store.unit else self._store.read() as tx:
            # As they came: by the versions of their objects, where the clock of a server is behind that of the record.
            found = sorted(
                tx.of(resource, PLATFORM).find(Query()), key=lambda row: (getattr(row, "version", 0), row.created_at)
            )
            self[plural] = {row.id: row for row in found}
        return self[plural]


class SqlCloud(Cloud):
    """A simulated cloud over a database that has its tables."""

    def __init__(self, engine: sa.Engine, scenario: str, *, state: State | None = None) -> None:
        """scenario: whose world it is. state: goes on from there instead of furnishing the database."""
        self._engine, self._state = engine, state
        of = SCENARIOS[scenario]
        # Ids that were drawn before the stop are not drawn again.
        seed = 0 if state is None else 1
        super().__init__(hosts=2 if of.leases else 1, leases=of.leases, recycle_s=of.recycle_s, seed=seed)
        if state is not None:
            self._go_on(state)
            for ident in self.machines if of.leases else ():
                self.keep_lease(ident)

    def _new_store(self, *, interleave: bool) -> Any:
        assert not interleave
        return SqlStore(self._engine, RESOURCES, self.ids, clock=self.clock, sealer=None)

    def _furnish(self, *sizes: int) -> None:
        if self._state is None:
            super()._furnish(*sizes)

    def _go_on(self, state: State) -> None:
        self.clock.advance((datetime.fromisoformat(state["clock"]) - self.clock.now()).total_seconds())
        for ident, machine in self.machines.items():
            journal = {k.split("/", 2)[2]: v for k, v in state.items() if k.startswith(f"journal/{ident}/")}
            machine.load({**state[f"machine/{ident}"], "journal": journal})
        for key, value in state.items():
            if key.startswith("image/"):
                self.images.write(key.removeprefix("image/"), [base64.b64decode(value)])
        with self.store.write(Author()) as tx:
            # What the simulated cloud was furnished with had no place of its own in the first release.
            if tx.of(CLOUDREGIONS, PLATFORM).get("default") is None:
                tx.of(CLOUDREGIONS, PLATFORM).add(Cloudregion(id="default", name="Default"))
            if tx.of(VPCS, PLATFORM).get("default") is None:
                tx.of(VPCS, PLATFORM).add(
                    Vpc(id="default", name="Default", domain_id="default", cloudregion_id="default")
                )
            open_counters(tx)
            tx.commit()


def state_of(cloud: SqlCloud) -> State:
    """All that the cloud would leave behind if it stopped now."""
    state: State = {"clock": cloud.clock.now().isoformat()}
    with cloud.store.engine.connect() as connection:
        for table in _tables(connection).values():
            for row in connection.execute(sa.select(table)).mappings():
                state[f"row/{table.name}/{row['id']}"] = dict(row)
    for ident, machine in cloud.machines.items():
        dump = dict(machine.dump())
        state |= {f"journal/{ident}/{key}": entry for key, entry in dump.pop("journal").items()}
        state[f"machine/{ident}"] = dump
    state |= {f"image/{key}": base64.b64encode(data).decode() for key, data in cloud.images._held.items()}
    return state  # its values are fresh, but for what `json` copies below


def _tables(connection: sa.Connection) -> Mapping[str, sa.Table]:
    found = sa.MetaData()
    found.reflect(connection, only=lambda name, _: name != "alembic_version")
    return found.tables


def fill(connection: sa.Connection, state: State) -> None:
    """Put the rows of a state into the tables of its release."""
    rows: dict[str, list[Any]] = {}
    for key, value in state.items():
        if key.startswith("row/"):
            rows.setdefault(key.split("/", 2)[1], []).append(value)
    tables = _tables(connection)
    for name, values in rows.items():
        connection.execute(sa.insert(tables[name]), values)


def record() -> Corpus:
    """What the present release leaves behind, at each commit and after each submitted effect of every scenario."""
    moments = {name: tuple(_recorded(name)) for name in SCENARIOS}
    engine = open_engine("sqlite://")
    revision = migrate(engine)
    flows = {name: (flow.version, tuple(step.name for step in flow.steps)) for name, flow in FLOWS.items()}
    return Corpus(release=version("cloudcore"), revision=str(revision), flows=flows, moments=moments)


def _recorded(name: str) -> list[State]:
    engine = open_engine("sqlite://")
    migrate(engine)
    seen: list[State] = []

    def pause(where: str) -> None:
        if where in ("kept", "submitted") and cloud.open_tasks():
            seen.append(json.loads(json.dumps(state_of(cloud))))

    scenario = SCENARIOS[name]
    cloud = SqlCloud(engine, name)
    existing = scenario.prepare(cloud)
    cloud.pause = cloud.store.pause = pause
    scenario.start(cloud, existing)
    cloud.settle()
    engine.dispose()
    return _changes(seen)


def _changes(states: list[State]) -> list[State]:
    changes, before = [], State()
    for state in states:
        changed = {key: value for key, value in state.items() if before.get(key) != value}
        changed |= {key: None for key in before if key not in state}
        if set(changed) - {"clock"}:
            changes.append(changed)
            before = state
    return changes


def read(path: Path) -> Corpus:
    """A corpus that was kept."""
    data = json.loads(lzma.decompress(path.read_bytes()))
    flows = {name: (number, tuple(steps)) for name, (number, steps) in data["flows"].items()}
    return Corpus(release=data["release"], revision=data["revision"], flows=flows, moments=data["moments"])


def keep(corpus: Corpus) -> Path:
    """Write a corpus; one that is kept already stays."""
    path = FOLDER / f"{corpus.release}.json.xz"
    FOLDER.mkdir(exist_ok=True)
    with path.open("xb") as file:
        file.write(lzma.compress(json.dumps(attrs.asdict(corpus)).encode(), preset=9 | lzma.PRESET_EXTREME))
    return path


if __name__ == "__main__" and sys.argv[1:] == ["record"]:
    print(keep(record()))

__all__ = ["FOLDER", "Corpus", "Entry", "SqlCloud", "fill", "flow_of", "read", "revision_of", "state_of"]

"""Journals that an earlier release left behind go on under this one.

A test that fails here after a flow was changed says that tasks which were under way during an upgrade would be stranded.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from tests.contracts.flow_scenarios import flow_of
from tests.history.corpus import FOLDER, Corpus, Entry, SqlCloud, fill, read
from tests.simulation.invariants import check

from cloudcore.model.entity import evolve
from cloudcore.model.errors import NotSupportedError
from cloudcore.tasks import journal
from cloudcore.tasks.flows import FLOWS
from cloudcore.tasks.task import Task, TaskState
from cloudcore_adapters.sql import open_engine
from cloudcore_adapters.sql.migrations import migrate

RELEASES = sorted(FOLDER.glob("*.json.xz"))
SMOKE_EVERY = 6
"""Of so many scenarios one is replayed in the fast set, from its middle."""


@cache
def corpus(path: Path) -> Corpus:
    return read(path)


def by_release(path: Path) -> str:
    return path.name.removesuffix(".json.xz")


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    servers = {"postgresql": "fresh_postgres_url", "mariadb": "fresh_mariadb_url"}
    url = request.getfixturevalue(servers[request.param]) if request.param in servers else "sqlite://"
    made = open_engine(url)
    yield made
    made.dispose()


def replay(entry: Entry, revision: str) -> None:
    """Upgrade what was left behind, and see it through."""
    engine = open_engine("sqlite://")
    migrate(engine, target=revision)
    with engine.begin() as connection:
        fill(connection, entry.state)
    migrate(engine)
    cloud = SqlCloud(engine, entry.scenario, state=entry.state)

    cloud.settle()

    ended = [task for task in cloud.rows("tasks") if journal.flow_of(FLOWS, task.flow) is not None]
    assert [(t.flow, t.state, t.error) for t in ended if t.state is not TaskState.COMPLETE] == []
    assert ended
    check(cloud)
    engine.dispose()


@pytest.mark.parametrize("path", RELEASES, ids=by_release)
def test_every_step_that_a_release_knew_is_known(path: Path) -> None:
    for name, (number, steps) in corpus(path).flows.items():
        flow = journal.flow_of(FLOWS, name)
        assert flow is not None, (
            f"tasks of {by_release(path)} are in flow {name}, which is gone: name it in the `aliases` of the flow that "
            "goes on with them"
        )
        assert journal.steps_of(flow, number) == steps, (
            f"the steps of {name} are not those of {by_release(path)}: raise its `version` and add "
            f"`former={{{number}: {steps}}}`, with what is now called otherwise in `renamed`"
        )
        lost = {flow.renamed.get(step, step) for step in steps} - {step.name for step in flow.steps}
        assert not lost, f"{name} has no steps {sorted(lost)}: say in its `renamed` at which step their journals go on"


@pytest.mark.parametrize("path", RELEASES, ids=by_release)
def test_a_scenario_of_each_flow_is_kept(path: Path) -> None:
    assert {flow_of(name) for name in corpus(path).moments} == set(corpus(path).flows)
    assert all(len(moments) > 1 for moments in corpus(path).moments.values())


@pytest.mark.parametrize("path", RELEASES, ids=by_release)
def test_some_journals_go_on(path: Path) -> None:
    found = corpus(path)
    for name in sorted(found.moments)[::SMOKE_EVERY]:
        entries = [entry for entry in found.entries() if entry.scenario == name]
        replay(entries[len(entries) // 2], found.revision)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("path", RELEASES, ids=by_release)
def test_every_journal_goes_on(path: Path) -> None:
    for entry in corpus(path).entries():
        try:
            replay(entry, corpus(path).revision)
        except Exception as error:
            error.add_note(f"{by_release(path)}: moment {entry.number} of {entry.scenario}")
            raise


@pytest.mark.parametrize("path", RELEASES, ids=by_release)
def test_a_filled_database_keeps_its_values_and_works_after_the_upgrade(path: Path, engine: sa.Engine) -> None:
    found = corpus(path)
    entries = [entry for entry in found.entries() if entry.scenario == "server-create"]
    entry = entries[len(entries) // 2]
    migrate(engine, target=found.revision)
    with engine.begin() as connection:
        fill(connection, entry.state)

    migrate(engine)

    for key, row in entry.state.items():
        if key.startswith("row/"):
            assert _stored(engine, key.split("/", 2)[1], row) == row
    with engine.begin() as connection:
        # Servers have a clock of their own, which is behind that of the record.
        connection.execute(sa.text("UPDATE tasks_tasks SET wake_at = 0"))
    cloud = SqlCloud(engine, entry.scenario, state=entry.state)
    cloud.clock.advance(60)
    cloud.settle()
    assert [task.state for task in cloud.rows("tasks") if task.state is not TaskState.COMPLETE] == []
    check(cloud)


def _stored(engine: sa.Engine, name: str, row: dict[str, Any]) -> dict[str, Any]:
    table = sa.table(name, *(sa.column(column) for column in row))
    with engine.connect() as connection:
        found = connection.execute(sa.select(table).where(table.c.id == row["id"])).mappings().one()
    return dict(found)


def _open_task(number: int) -> Task:
    path = RELEASES[0]
    entry = [entry for entry in corpus(path).entries() if entry.scenario == "server-start"][1]
    row = next(v for k, v in entry.state.items() if k.startswith("row/") and v.get("flow") == "server-start")
    at = FLOWS["server-start"]
    return Task(
        id=row["id"],
        flow=at.name,
        obj_type="server",
        obj_id=row["obj_id"],
        wake_at=None,
        cursor=number,  # type: ignore[arg-type]
    )


def test_a_journal_is_counted_by_names_when_its_flow_has_other_steps_now() -> None:
    flow = FLOWS["server-start"]
    names = tuple(step.name for step in flow.steps)
    first = attrs.evolve(flow.steps[0], name="first")
    renamed = attrs.evolve(flow.steps[0], name="otherwise")
    later = attrs.evolve(
        flow,
        name="start",
        version=2,
        steps=(first, renamed, *flow.steps[1:]),
        former={1: names},
        renamed={names[0]: "otherwise"},
        aliases=(flow.name,),
    )
    old = evolve(_open_task(0), results={names[0]: 7})

    found, task = journal.resumed({"start": later}, old)

    assert found is later
    assert (task.flow, task.flow_version, task.cursor, task.results) == ("start", 2, 1, {"otherwise": 7})
    assert journal.resumed({"start": later}, evolve(old, cursor=-1))[1].cursor == -1
    assert journal.resumed({"start": later}, evolve(old, cursor=len(names)))[1].cursor == len(later.steps)


@pytest.mark.parametrize("changes", [{"flow": "unheard-of"}, {"flow_version": 99}, {"format": 99}, {"cursor": 99}])
def test_a_journal_of_a_later_release_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NotSupportedError):
        journal.resumed(FLOWS, evolve(_open_task(0), **changes))

"""Tasks that nobody can go on with: they are set aside with a reason, their objects go on, and nobody else waits for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import pytest
import sqlalchemy as sa
from tests.contracts.flow_scenarios import session
from tests.simulation.cloud import RESOURCES, Cloud, server_body

from cloudcore.model.errors import InvalidStatusError
from cloudcore.model.query import PLATFORM
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.audit.tasknotice import TASKNOTICES, TaskNotice
from cloudcore.tasks.aside import ABANDONED_S
from cloudcore.tasks.task import OPEN, TASKS, Task, TaskState
from cloudcore.tasks.worker import Worker
from cloudcore_apps.doctor.finding import Finding, Level
from cloudcore_apps.doctor.records import look_inside

INTENT = '[{"key":"k","effect":{"kind":"guest-start","target":"host:h1","resource":"r","%s":1}}]'
DAMAGE = {
    "intents-torn": ({"intents": '[{"key":"x'}, "intents can't be read"),
    "intents-other": ({"intents": INTENT % "colour"}, "intents are not effects"),
    "params-list": ({"params": "[1,2]"}, "params can't be read"),
    "results-empty": ({"results": ""}, "results can't be read"),
    "log-other": ({"log": '[{"at":"yesterday"}]'}, "log is not made of lines"),
    "cursor": ({"cursor": 99, "intents": "[]"}, "stands at step 99|no step 99"),
    "cursor-back": ({"cursor": -1, "intents": "[]"}, "stands at step -1"),
}
GONE = {
    "flow": {"flow": "server-teleport"},
    "version": {"flow_version": 99},
    "format": {"format": 99, "log": "[7]"},
}


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud(hosts=1, cpus=16, memory_mib=16_384, sql=True, delays={"volume-create": 20.0})
    yield cloud
    cloud.store.close()


@pytest.fixture
def engine(cloud: Cloud) -> sa.Engine:
    return cloud.store.engine


def worker_of(cloud: Cloud, name: str) -> Worker:
    worker = cloud.worker(name)
    return attrs.evolve(worker, engine=attrs.evolve(worker.engine, resources=RESOURCES))


def begun(cloud: Cloud, name: str) -> tuple[str, Task]:
    """A server that is being made, with an effect under way; its id and its task."""
    ident = str(session(cloud).create("servers", server_body(name, auto_start=True))["id"])
    worker = worker_of(cloud, "killed")
    (due,) = worker.due()
    worker.run(due)
    cloud.clock.advance(60)
    return ident, task_of(cloud, ident)


def task_of(cloud: Cloud, ident: str) -> Task:
    with cloud.store.read() as tx:
        return next(task for task in tx.of(TASKS, PLATFORM).find() if task.obj_id == ident)


def damage(engine: sa.Engine, task: Task, values: dict[str, Any]) -> None:
    names = ", ".join(f"{name} = :{name}" for name in values)
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {TASKS.table} SET {names} WHERE id = :id"), {**values, "id": task.id})


def doctor(cloud: Cloud, *, fix: bool = False) -> list[Finding]:
    found = look_inside(cloud.store, cloud.clock.now(), running=True, fix=fix)
    return [f for f in found if f.check == "journals"]


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_task_is_set_aside_and_its_fellows_go_on(cloud: Cloud, engine: sa.Engine, name: str) -> None:
    values, reason = DAMAGE[name]
    ident, task = begun(cloud, "web")
    damage(engine, task, values)
    fellows = [str(session(cloud).create("servers", server_body(f"fellow-{n}"))["id"]) for n in range(3)]
    worker = worker_of(cloud, "w1")

    worker.run_all(worker.due())
    cloud.settle(worker)

    aside = task_of(cloud, ident)
    assert (aside.state, aside.exclusive, aside.lease_owner) == (TaskState.SET_ASIDE, None, "")
    assert any(part in aside.error for part in reason.split("|"))
    server = session(cloud).get("servers", ident)
    assert server["status"] == "deploy_fail" or server["status"].endswith("fail")
    assert {session(cloud).get("servers", fellow)["status"] for fellow in fellows} == {"ready"}
    assert not any(task.state in OPEN for task in cloud.rows("tasks"))


def test_what_was_damaged_stays_to_be_looked_at(cloud: Cloud, engine: sa.Engine) -> None:
    ident, task = begun(cloud, "web")
    damage(engine, task, {"params": "{torn"})

    cloud.settle(worker_of(cloud, "w1"))

    with engine.connect() as connection:
        told = connection.execute(sa.text(f"SELECT params FROM {TASKS.table} WHERE id = '{task.id}'")).scalar()
    assert told == "{torn"
    shown = session(cloud).get("tasks", task.id)
    assert (shown["state"], shown.get("params", {})) == ("set_aside", {})
    assert "params can't be read" in shown["summary"]
    assert "`climc task-cancel`" in shown["next_action"]
    assert [t["id"] for t in session(cloud).list("tasks", {}).rows if t["obj_id"] == ident] == [task.id]


def test_its_object_can_be_deleted_and_leaves_nothing(cloud: Cloud, engine: sa.Engine) -> None:
    ident, task = begun(cloud, "web")
    damage(engine, task, {"log": "{}"})
    worker = worker_of(cloud, "w1")
    cloud.settle(worker)

    session(cloud).delete("servers", ident)
    cloud.settle(worker)

    assert [cloud.rows(plural) for plural in ("servers", "disks", "guestdisks", "guestnetworks")] == [[], [], [], []]
    assert {(row.vcpus, row.memory_mib, row.guests) for row in cloud.rows("hostclaims")} <= {(0, 0, 0)}
    assert {str(found.kind) for found in cloud.machines["h1"].machine.inventory()} == {"image"}


@pytest.mark.parametrize("name", GONE)
def test_what_a_release_that_is_gone_began_is_set_aside_after_a_while(
    cloud: Cloud, engine: sa.Engine, name: str
) -> None:
    ident, task = begun(cloud, "web")
    damage(engine, task, GONE[name])
    worker = worker_of(cloud, "w1")
    due = sorted(worker.due())
    cloud.turn(worker)

    assert due == []
    assert task_of(cloud, ident).state is TaskState.RUNNING
    assert doctor(cloud)[0].level is Level.OK

    cloud.clock.advance(ABANDONED_S + 3600)
    told = doctor(cloud)
    cloud.turn(worker)

    assert told[0].level is Level.FAILED
    assert "nobody can go on with it: this release" in told[0].said
    assert task_of(cloud, ident).state is TaskState.SET_ASIDE
    assert session(cloud).get("servers", ident)["status"] in ("deploy_fail", "disk_fail", "create_fail")


def test_many_that_only_a_later_release_knows_keep_nobody_waiting(cloud: Cloud, engine: sa.Engine) -> None:
    for number in range(4):
        _, task = begun(cloud, f"later-{number}")
        damage(engine, task, {"flow_version": 99})
    fellow = str(session(cloud).create("servers", server_body("fellow"))["id"])

    assert [task_of(cloud, fellow).id] == list(worker_of(cloud, "w1").due(limit=2))


def test_a_person_calls_it_back_before_and_after_it_is_set_aside(cloud: Cloud, engine: sa.Engine) -> None:
    first, before = begun(cloud, "first")
    damage(engine, before, {"intents": "{"})
    session(cloud).perform("tasks", before.id, "cancel", {})
    assert task_of(cloud, first).state is TaskState.CANCELLED
    assert session(cloud).get("servers", first)["status"].endswith("fail")

    second, after = begun(cloud, "second")
    damage(engine, after, {"actor": "no"})
    cloud.settle(worker_of(cloud, "w1"))
    assert task_of(cloud, second).state is TaskState.SET_ASIDE
    session(cloud).perform("tasks", after.id, "cancel", {})

    assert task_of(cloud, second).state is TaskState.CANCELLED
    with pytest.raises(InvalidStatusError, match="has ended"):
        session(cloud).perform("tasks", after.id, "cancel", {})


def test_a_task_of_a_later_release_that_is_driven_is_called_back_by_that(cloud: Cloud, engine: sa.Engine) -> None:
    ident = str(session(cloud).create("servers", server_body("web"))["id"])
    worker = worker_of(cloud, "later")
    worker.run(worker.due()[0])
    damage(engine, task_of(cloud, ident), {"flow_version": 99})

    session(cloud).perform("tasks", task_of(cloud, ident).id, "cancel", {})

    task = task_of(cloud, ident)
    assert (task.state, task.cancelled) == (TaskState.RUNNING, True)


@pytest.mark.parametrize("is_aside", [False, True])
def test_the_doctor_tells_of_it_and_ends_it(cloud: Cloud, engine: sa.Engine, is_aside: bool) -> None:
    ident, task = begun(cloud, "web")
    damage(engine, task, {"results": "x"})
    if is_aside:
        cloud.settle(worker_of(cloud, "w1"))
    (told,) = doctor(cloud)
    assert told.level is Level.FAILED
    assert "server-create of server web" in told.said
    assert "results can't be read" in told.said

    doctor(cloud, fix=True)

    assert [f.level for f in doctor(cloud, fix=True)] == [Level.OK]
    ended = task_of(cloud, ident)
    assert (ended.state, ended.exclusive) == (TaskState.FAILED, None)
    assert session(cloud).get("servers", ident)["status"].endswith("fail")
    lately = [f.said for f in look_inside(cloud.store, cloud.clock.now(), running=True) if f.check == "tasks"]
    assert any("not taken back: whatever it had begun" in said for said in lately)


def test_a_state_that_no_release_here_knows_is_told_and_ended(cloud: Cloud, engine: sa.Engine) -> None:
    ident, task = begun(cloud, "web")
    damage(engine, task, {"state": "dreaming"})
    cloud.clock.advance(ABANDONED_S + 3600)

    (told,) = doctor(cloud, fix=True)

    assert "this release knows no state dreaming" in told.said
    assert (task_of(cloud, ident).state, task_of(cloud, ident).exclusive) == (TaskState.FAILED, None)


def test_whoever_waits_for_its_end_is_told(cloud: Cloud, engine: sa.Engine) -> None:
    ident, task = begun(cloud, "web")
    damage(engine, task, {"intents": "{", "is_awaited": True})
    notice = TaskNotice(
        id=task.id, flow=task.flow, url="https://example.org/told", obj_type="server", obj_id=ident, status="waiting"
    )
    with cloud.store.write(Author()) as tx:
        tx.of(TASKNOTICES, PLATFORM).add(notice)
        tx.commit()

    cloud.settle(worker_of(cloud, "w1"))

    ((_, body, _),) = cloud.notifier.told
    assert (body["__status__"], body["id"]) == ("error", ident)
    assert "intents can't be read" in body["__reason__"]


def test_an_object_that_is_gone_keeps_its_task_from_nothing(cloud: Cloud, engine: sa.Engine) -> None:
    ident, task = begun(cloud, "web")
    damage(engine, task, {"intents": "{", "obj_id": "nobody"})

    cloud.settle(worker_of(cloud, "w1"))

    with cloud.store.read() as tx:
        aside = tx.of(TASKS, PLATFORM).get(task.id)
    assert aside is not None
    assert aside.state is TaskState.SET_ASIDE
    assert session(cloud).get("servers", ident)["id"] == ident

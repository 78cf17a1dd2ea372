"""Calling a flow back at any of its effects ends it, and leaves the world as it was."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contracts.flow_scenarios import SCENARIOS, session
from tests.contracts.test_flows import Meddler, Run, expected, left, succeeded
from tests.simulation.cloud import Cloud
from tests.simulation.invariants import check_addresses, check_history, check_ledgers, check_tasks

from cloudcore.model.effects import Effect, Failed, Outcome, Running
from cloudcore.model.errors import ForbiddenError, InvalidStatusError, ResourceNotFoundError
from cloudcore.tasks.flows import FLOWS
from cloudcore.tasks.task import Task, TaskState
from cloudcore_adapters.memory.cloud import memory_cloud

SECRET = "Correct-Horse-Battery-9"
QUICK = ("server-create", "server-stop", "server-delete", "disk-create")


class Stuck(Meddler):
    """An effect port whose n-th new effect never ends by itself: it has to be cancelled."""

    def __init__(self, cloud: Cloud, stuck_at: int) -> None:
        super().__init__(cloud)
        self._stuck_at = stuck_at
        self.cancelled: set[str] = set()
        self.free = False

    def submit(self, effect: Effect, key: str, fence: int) -> None:
        if key not in self.seen:
            self.seen.append(key)
        if not self._held(key):
            self._port.submit(effect, key, fence)

    def outcome(self, key: str) -> Outcome:
        if not self._held(key):
            return super().outcome(key)
        return Failed("cancelled on the way") if key in self.cancelled else Running(40.0)

    def cancel(self, key: str) -> None:
        self.cancelled.add(key)

    def _held(self, key: str) -> bool:
        return not self.free and key in self.seen and self.seen.index(key) == self._stuck_at - 1


def go(run: Run, port: Stuck) -> Any:
    """Drive it until its stuck effect is under way, and on for a minute; gives the worker."""
    worker = run.worker(port)
    run.cloud.held.clear()
    for _ in range(60):
        renew(run.cloud)
        run.cloud.turn(worker)
        run.cloud.clock.advance(1)
    return worker


def renew(cloud: Cloud) -> None:
    """The agents that reach the control plane keep their leases."""
    for ident in cloud.machines if cloud.leases else ():
        if ident not in cloud.hosts.partitioned:
            cloud.keep_lease(ident)


def call_back(name: str, number: int) -> tuple[Run, Task, str]:
    """A run of a scenario that is called back at an effect; why it was refused, if it was."""
    run = Run(name)
    run.start()
    port = Stuck(run.cloud, number)
    worker = go(run, port)
    task = run.task()
    refused = ""
    try:
        session(run.cloud).perform("tasks", task.id, "cancel", {})
    except InvalidStatusError as error:
        refused, port.free = str(error), True
    run.cloud.settle(worker, each=lambda: renew(run.cloud))
    return run, run.task(), refused


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in SCENARIOS])
def test_a_flow_that_is_called_back_leaves_nothing_behind(name: str) -> None:
    _, _, effects = succeeded(name)
    for number in range(1, effects + 1):
        run, task, refused = call_back(name, number)

        check_tasks(run.cloud)
        check_ledgers(run.cloud)
        check_addresses(run.cloud)
        check_history(run.cloud)
        if refused:
            flow = FLOWS[task.flow]
            assert task.state is TaskState.COMPLETE, task.error
            assert (flow.no_return and flow.no_return in refused) or "has ended" in refused
            continue
        assert task.state is TaskState.CANCELLED, (number, task.log)
        assert task.error == "cancelled"
        lifecycle = run.cloud.platform.types[run.scenario.plural].lifecycle
        assert lifecycle is not None
        assert run.status() not in lifecycle.transitional()
        if run.scenario.takes_back:
            assert left(run) == expected(run), number


def test_a_task_that_has_ended_is_not_called_back_and_twice_is_once() -> None:
    run = Run("server-create")
    run.start()
    port = Stuck(run.cloud, 2)
    worker = go(run, port)
    client = session(run.cloud)
    for _ in range(2):
        assert client.perform("tasks", run.task().id, "cancel", {})["cancelled"]
    run.cloud.settle(worker)

    assert run.status() == "create_fail"
    with pytest.raises(InvalidStatusError, match="has ended: cancelled"):
        client.perform("tasks", run.task().id, "cancel", {})
    told = [r for r in run.cloud.store.rows["history"].values() if r.action == "cancel"]
    assert [(r.obj_type, r.obj_id) for r in told] == [("task", run.task().id)]


def test_only_who_may_act_on_the_object_calls_its_task_back() -> None:
    cloud, password = memory_cloud()
    admin = cloud.login("sysadmin", password, project="system")
    for project, user, role in (
        ("one", "owner", "project_owner"),
        ("one", "guest", "project_viewer"),
        ("two", "other", "project_owner"),
    ):
        if project not in [p["name"] for p in admin.list("projects", {"scope": "system"}).items]:
            admin.create("projects", {"name": project, "domain_id": "default"})
        admin.create("users", {"name": user, "password": SECRET, "domain_id": "default"})
        cloud.grant(admin, project, "users", user, role, remove=False)
    owner, guest = (cloud.login(user, SECRET, project="one") for user in ("owner", "guest"))
    owner.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 10)])
    (task,) = owner.list("tasks").items

    with pytest.raises(ResourceNotFoundError):
        cloud.login("other", SECRET, project="two").perform("tasks", task["id"], "cancel", {})
    with pytest.raises(ForbiddenError):
        guest.perform("tasks", task["id"], "cancel", {})
    assert owner.perform("tasks", task["id"], "cancel", {})["cancelled"]


def test_every_point_of_no_return_is_a_step() -> None:
    for flow in FLOWS.values():
        assert flow.no_return in ("", *(step.name for step in flow.steps)), flow.name

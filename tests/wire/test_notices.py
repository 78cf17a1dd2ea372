"""Callers who have themselves told of the ends of their tasks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from tests.simulation.cloud import CALLER, Cloud
from tests.wire.exchange import World

from cloudcore.model.errors import NotSupportedError
from cloudcore.operations.platform import Settings
from cloudcore.operations.session import CoreSession
from cloudcore.resources.audit.tasknotice import TELL_ATTEMPTS
from cloudcore_adapters.memory.notifier import MemoryNotifier

HOOK = "https://hooks.example.com/done?key=s3cret"


class Told(World):
    """A world whose callers can be told."""

    def __init__(self) -> None:
        super().__init__(Settings(deployment="memory", recycle_s=86_400, notify_networks=()))
        self.notifier = MemoryNotifier()
        self.place.add_notifier(self.notifier)

    def act(self, method: str, path: str, body: Any, **headers: str) -> Any:
        answer = self.ask(
            "admin", method, path, json=body, headers={n.replace("_", "-"): v for n, v in headers.items()}
        )
        self.place.settle()
        return answer


@pytest.fixture(scope="module")
def world() -> Iterator[Told]:
    return Told()


def test_the_end_of_what_was_begun_is_told(world: Told) -> None:
    world.notifier.told.clear()
    headers = {"X_Task_Notify_Url": HOOK, "X_Task_Id": "mine-1", "X_Request_Id": "r-1"}
    answer = world.act("POST", "/compute/servers/vm3/stop", {}, **headers)
    assert answer.status_code == 200
    ((url, body, sent),) = world.notifier.told
    assert url == HOOK
    assert {
        "type": "server",
        "name": "vm3",
        "task_name": "server-stop",
        "__status__": "success",
    }.items() <= body.items()
    assert body["server"]["status"] == "ready"
    assert body["id"] == body["server"]["id"] == answer.json()["server"]["id"]
    assert sent == {"X-Task-Id": "mine-1", "X-Request-Id": "r-1", "Idempotency-Key": body["task_id"]}
    assert world.ask("admin", "GET", "/compute/tasknotices").json() == {"tasknotices": []}


def test_no_token_and_no_secret_leaves(world: Told) -> None:
    world.notifier.told.clear()
    user_data = {"user_data": "#!secret-of-the-guest", "password": "Secret-of-the-guest-1"}
    body = {"name": "told", "vcpu_count": 1, "vmem_size": 64, "disks": ["tiny:1g"], "nets": ["net0"], **user_data}
    made = world.act("POST", "/compute/servers", {"server": body}, X_Task_Notify_Url=HOOK)
    assert made.status_code == 200, made.text
    said = json.dumps(world.notifier.told)
    assert world.tokens["admin"] not in said
    assert "ecret-of-the-guest" not in said
    kept = json.dumps(world.ask("admin", "GET", "/log/actions?limit=200").json())
    kept += json.dumps(world.ask("admin", "GET", "/compute/tasks?limit=200&details=true").json())
    assert "s3cret" not in kept


def test_each_of_a_batch_is_told(world: Told) -> None:
    world.notifier.told.clear()
    body = {"name": "many", "size": 64}
    answer = world.act("POST", "/compute/disks", {"count": 3, "disk": body}, X_Task_Notify_Url=HOOK)
    made = {item["body"]["id"] for item in answer.json()["disks"]}
    assert {body["id"] for _, body, _ in world.notifier.told} == made
    assert len({sent["Idempotency-Key"] for _, _, sent in world.notifier.told}) == 3


def test_what_failed_is_told_with_its_reason(world: Told) -> None:
    world.notifier.told.clear()
    headers = {"X-Task-Notify-Url": HOOK}
    made = world.ask("admin", "POST", "/compute/disks", json={"disk": {"name": "off", "size": 64}}, headers=headers)
    ident = made.json()["disk"]["id"]
    task = world.ask("admin", "GET", f"/compute/tasks?obj_id={ident}").json()["tasks"][0]["id"]
    assert world.act("POST", f"/compute/tasks/{task}/cancel", {}).status_code == 200
    ((_, body, _),) = world.notifier.told
    assert {"__status__": "error", "__reason__": "cancelled", "__task_name__": "disk-create"}.items() <= body.items()


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_who_begins_nothing_is_told_nothing(world: Told, method: str) -> None:
    world.notifier.told.clear()
    answer = world.act(method, "/compute/servers/vm3", {"description": "x"}, X_Task_Notify_Url=HOOK)
    assert answer.status_code == 200
    assert world.notifier.told == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/hook",
        "http://[::1]/hook",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "ftp://example.com/",
        "https://user:pass@example.com/",
        "hook",
    ],
)
def test_what_leads_inside_is_refused_and_nothing_is_begun(world: Told, url: str) -> None:
    before = world.ask("admin", "GET", "/compute/tasks?limit=1").json()["total"]
    answer = world.act("POST", "/compute/servers/vm3/start", {}, X_Task_Notify_Url=url)
    assert (answer.status_code, answer.json()["data"]["field"]) == (400, "X-Task-Notify-Url")
    assert world.ask("admin", "GET", "/compute/tasks?limit=1").json()["total"] == before


def test_a_cloud_that_tells_nobody_says_so() -> None:
    cloud = Cloud()
    quiet = attrs.evolve(cloud.platform, settings=attrs.evolve(cloud.platform.settings, notify_networks=None))
    with pytest.raises(NotSupportedError):
        CoreSession(quiet, CALLER).notifying(HOOK)


def test_who_takes_nothing_is_told_again_and_then_no_more() -> None:
    cloud = Cloud()
    cloud.notifier.deaf.add(HOOK)
    session = CoreSession(cloud.platform, CALLER)
    session.notifying(HOOK).create("disks", {"name": "data", "size": 64})
    cloud.settle()
    (task,) = session.list("tasks", {"flow": "task-notify"}).items
    tries = [line for line in session.get("tasks", task["id"])["steps"] if line["event"] == "begin"]
    assert len(tries) == TELL_ATTEMPTS
    (notice,) = session.list("tasknotices").items
    assert (notice["status"], notice["status_reason"]) == ("tell_failed", "the URL's server answered 503")
    assert "url" not in notice
    failed = [record for record in cloud.rows("history") if record.action == "tell_fail"]
    assert len(failed) == 1
    cloud.notifier.deaf.clear()
    session.perform("tasknotices", notice["id"], "tell")
    cloud.settle()
    assert [sent["Idempotency-Key"] for _, _, sent in cloud.notifier.told] == [notice["id"]]
    assert session.list("tasknotices").items == []

"""A plan changes nothing; applied, it comes out as it said or is refused; and it is refused only for a reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import attrs
import pytest
from tests.contracts.flow_scenarios import SCENARIOS, session
from tests.simulation.cloud import CALLER, Cloud, server_body

from cloudcore.model.errors import (
    CloudcoreError,
    ConflictError,
    InsufficientResourceError,
    InvalidInputError,
    NotSupportedError,
    ResourceBusyError,
    ResourceNotFoundError,
)
from cloudcore.model.json import JsonMapping, JsonObject
from cloudcore.operations.plans.draws import Draws
from cloudcore.operations.session import CoreSession
from cloudcore.ports.session import NO_PARAMS, Session
from cloudcore_adapters.memory.cloud import memory_cloud

PLAN = {"plan": True}

World = Mapping[str, Mapping[str, Mapping[str, Any]]]


def world(cloud: Cloud) -> World:
    """Every row but the plans themselves."""
    return {
        plural: {ident: dict(row.__dict__) for ident, row in rows.items()}
        for plural, rows in cloud.store.rows.items()
        if plural != "plans"
    }


def changes(cloud: Cloud, old: World, new: World) -> set[tuple[str, str, str]]:
    """What happened to which rows, of the types that have a wire."""
    found: set[tuple[str, str, str]] = set()
    for plural in old:
        resource = cloud.store.resources[plural]
        if resource.service == "internal" or plural in ("tasks", "history"):
            continue
        before, after = old[plural], new[plural]
        found |= {("create", resource.singular, i) for i in after.keys() - before.keys()}
        found |= {("delete", resource.singular, i) for i in before.keys() - after.keys()}
        moved = {i for i in before.keys() & after.keys() if before[i]["update_version"] != after[i]["update_version"]}
        found |= {("update", resource.singular, i) for i in moved}
    return found


class Planner:
    """Plans everything, sees that nothing has happened, applies it, and sees that what happened is what the plan said."""

    def __init__(self, cloud: PlanningCloud, inner: Session) -> None:
        self._cloud = cloud
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def create(self, plural: str, body: JsonMapping) -> Any:
        """See `Session.create`."""
        return self._both(lambda more: self._inner.create(plural, body, more))

    def update(self, plural: str, ident: str, body: JsonMapping) -> Any:
        """See `Session.update`."""
        return self._both(lambda more: self._inner.update(plural, ident, body, more))

    def delete(self, plural: str, ident: str, params: JsonMapping = NO_PARAMS) -> Any:
        """See `Session.delete`."""
        return self._both(lambda more: self._inner.delete(plural, ident, {**params, **more}))

    def perform(self, plural: str, ident: str, action: str, body: JsonMapping = NO_PARAMS) -> Any:
        """See `Session.perform`."""
        return self._both(lambda more: self._inner.perform(plural, ident, action, body, more))

    def perform_class(self, plural: str, action: str, body: JsonMapping = NO_PARAMS) -> Any:
        """See `Session.perform_class`."""
        return self._both(lambda more: self._inner.perform_class(plural, action, body, more))

    def _both(self, call: Callable[[JsonMapping], Any]) -> Any:
        before = world(self._cloud)
        plan = call(PLAN)
        assert world(self._cloud) == before, "a plan changed something"
        # Another request, as it would be: equally good hosts are told apart by a request's id.
        later = CoreSession(self._cloud.platform, attrs.evolve(CALLER, request_id=f"later-{self._cloud.planned}"))
        answer = later.perform("plans", plan["id"], "apply")["answer"]
        told = {(one["action"], one["resource"], one["id"]) for one in plan["summary"]["changes"]}
        assert told == changes(self._cloud, before, world(self._cloud))
        self._cloud.planned += 1
        return answer


class PlanningCloud(Cloud):
    """A cloud whose clients plan everything first. planned: how often they did."""

    planned = 0

    def client(self, plain: Session) -> Any:
        """See `flow_scenarios.session`."""
        return Planner(self, plain)


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_a_plan_says_is_what_happens(name: str) -> None:
    """Of every operation that begins a flow, and of those that bring about its world."""
    scenario = SCENARIOS[name]
    cloud = PlanningCloud(recycle_s=scenario.recycle_s, leases=scenario.leases)
    scenario.start(cloud, scenario.prepare(cloud))
    cloud.settle()
    assert cloud.planned or name in BY_THEMSELVES


BY_THEMSELVES = {"image-upload", "image-cache"}
"""Flows that no call begins of which there is a plan."""


def planned(cloud: Cloud, name: str = "web") -> tuple[Session, JsonObject]:
    """A client, and his plan of a server."""
    client = session(cloud)
    return client, client.create("servers", server_body(name), PLAN)


def refused(cloud: Cloud, client: Session, plan: JsonObject) -> ConflictError:
    """The refusal of a plan, which changes nothing."""
    before = world(cloud)
    with pytest.raises(ConflictError) as caught:
        client.perform("plans", plan["id"], "apply")
    assert world(cloud) == before
    return caught.value


def test_of_many_who_apply_it_at_the_same_time_one_does() -> None:
    """The plan is closed in the commit that does it."""
    cloud, password = memory_cloud()
    admin = cloud.login("sysadmin", password, project="system")
    plan = admin.create("projects", {"name": "shop"}, PLAN)
    start = Barrier(8)

    def apply(_turn: int) -> str:
        start.wait(10)
        try:
            return str(cloud.session(admin.caller).perform("plans", plan["id"], "apply")["state"])
        except (ConflictError, ResourceBusyError):
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        told = Counter(pool.map(apply, range(8)))
    assert told == {"applied": 1, "refused": 7}
    assert admin.list("projects", {"name": "shop", "scope": "system"}).total == 1


def test_it_is_done_once() -> None:
    """Whoever comes later is told that it is done."""
    cloud = Cloud()
    client, plan = planned(cloud)
    client.perform("plans", plan["id"], "apply")
    assert "has been applied" in str(refused(cloud, client, plan))
    assert client.get("plans", plan["id"])["state"] == "applied"


def test_it_is_for_an_hour() -> None:
    """After that the world has gone on without anybody looking."""
    cloud = Cloud()
    client, plan = planned(cloud)
    cloud.clock.advance(3601)
    assert "too old" in str(refused(cloud, client, plan))
    planned(cloud, "other")
    with pytest.raises(ResourceNotFoundError):
        client.get("plans", plan["id"])


@pytest.mark.parametrize("verb", ["stop", "delete", "update"])
def test_it_is_refused_when_what_it_read_has_changed(verb: str) -> None:
    """And says what that is."""
    cloud = Cloud()
    client = session(cloud)
    server = client.create("servers", server_body("web", auto_start=True))["id"]
    cloud.settle()
    calls: dict[str, Callable[[], Any]] = {
        "stop": lambda: client.perform("servers", server, "stop", {}, PLAN),
        "delete": lambda: client.delete("servers", server, PLAN),
        "update": lambda: client.update("servers", server, {"description": "planned"}, PLAN),
    }
    plan = calls[verb]()
    client.update("servers", server, {"description": "meanwhile"})
    error = refused(cloud, client, plan)
    assert error.data == {"resource": "servers", "id": server}
    assert f"server {server} has changed" in str(error)


def test_it_is_refused_when_it_would_come_out_otherwise() -> None:
    """The host that was decided on is full by now, so that the server would be made elsewhere."""
    cloud = Cloud(cpus=1, memory_mib=1024)
    client, plan = planned(cloud)
    host = next(c["values"]["host_id"] for c in plan["summary"]["changes"] if c["resource"] == "server")
    client.create("servers", server_body("first", vmem_size=1024, prefer_host=host))
    assert "no longer what the plan says" in str(refused(cloud, client, plan))


def test_what_it_did_not_read_may_change() -> None:
    """Another key of the same user, another server, time."""
    cloud = Cloud()
    client, plan = planned(cloud)
    client.create("keypairs", {"name": "key", "scheme": "ED25519"})
    cloud.clock.advance(1800)
    answer = client.perform("plans", plan["id"], "apply")["answer"]
    cloud.settle()
    assert client.get("servers", answer["id"])["status"] in ("ready", "running")


def test_what_would_be_refused_has_no_plan() -> None:
    """The refusal is that of the call, and nothing is kept."""
    cloud = Cloud()
    client = session(cloud)
    calls: tuple[tuple[type[CloudcoreError], Callable[[], Any]], ...] = (
        (InsufficientResourceError, lambda: client.create("servers", server_body("big", vmem_size=1_000_000), PLAN)),
        (InvalidInputError, lambda: client.create("servers", server_body("odd", vmem_size="odd"), PLAN)),
        (ResourceNotFoundError, lambda: client.perform("servers", "nobody", "start", {}, PLAN)),
        (InvalidInputError, lambda: client.create("servers", server_body("odd"), {"plan": "perhaps"})),
    )
    before = world(cloud)
    for kind, call in calls:
        with pytest.raises(kind):
            call()
    assert world(cloud) == before
    assert client.list("plans").total == 0


def test_what_cannot_be_taken_back_has_no_plan() -> None:
    """Questions to guests, and plans themselves."""
    cloud = Cloud()
    client, plan = planned(cloud)
    client.perform("plans", plan["id"], "apply")
    cloud.settle()
    calls = (
        lambda: client.perform("servers", "web", "screen-dump", {}, PLAN),
        lambda: client.perform("plans", plan["id"], "apply", {}, PLAN),
        lambda: client.delete("plans", plan["id"], PLAN),
    )
    for call in calls:
        with pytest.raises(NotSupportedError):
            call()


def test_it_is_applied_where_it_was_made() -> None:
    """In another project it would mean something else."""
    cloud = Cloud()
    _, plan = planned(cloud)
    elsewhere = CoreSession(cloud.platform, attrs.evolve(CALLER, project_id="p2"))
    assert "another project" in str(refused(cloud, elsewhere, plan))


def test_it_tells_no_secrets() -> None:
    """Neither those of the body, nor what the ids come from."""
    cloud = Cloud()
    client = session(cloud)
    body = server_body("web", user_data="IyEvYmluL3NoIHRvcC1zZWNyZXQ=", password="Very-secret-1")
    plan = client.create("servers", body, PLAN)
    told = repr((plan, client.get("plans", plan["id"]), client.list("plans", {"details": True}).items))
    assert "Very-secret-1" not in told
    assert "IyEvYmluL3NoIHRvcC1zZWNyZXQ" not in told
    assert {"request", "seed", "world", "outcome"}.isdisjoint(plan)


def test_draws_are_the_same_again_and_differ_otherwise() -> None:
    """By seed, by unit, by their turn."""
    one, same, other = Draws(b"seed"), Draws(b"seed"), Draws(b"other")
    first = [one.new_id() for _ in range(3)]
    assert first == [same.new_id() for _ in range(3)]
    assert len({*first, *(other.new_id() for _ in range(3))}) == 6
    assert all(str(UUID(text)) == text and UUID(text).version == 4 for text in first)
    one.begin("writing")
    assert one.new_id() not in first
    one.begin("outside")
    assert one.new_id() == first[0]

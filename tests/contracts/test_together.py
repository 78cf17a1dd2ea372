"""Servers of different shapes that are made together, in memory and in a database: where the plan says, all of them or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.simulation.cloud import CALLER, PROJECT, Cloud, server_body, settle
from tests.simulation.invariants import check

from cloudcore.model.errors import (
    CloudcoreError,
    ConflictError,
    DuplicateNameError,
    InsufficientResourceError,
    OutOfQuotaError,
)
from cloudcore.model.query import PLATFORM
from cloudcore.operations.idempotency import PARAMETER
from cloudcore.operations.session import CoreSession
from cloudcore.ports.unit_of_work import Author
from cloudcore.quotas.narrowing import write_keys
from cloudcore.resources.quota.quotalimit import QUOTALIMITS, Quotalimit


class Town:
    """Three hosts, and whoever makes servers there."""

    def __init__(self, *, sql: bool) -> None:
        self.cloud = Cloud(hosts=3, sql=sql)
        self.session = CoreSession(self.cloud.platform, CALLER)

    def limit(self, keys: str = "", **numbers: int) -> None:
        with self.cloud.store.write(Author()) as tx:
            limit = Quotalimit(id=tx.new_id(), domain_id=PROJECT.domain_id, tenant_id=PROJECT.id, keys=keys, **numbers)
            tx.of(QUOTALIMITS, PLATFORM).add(limit)
            tx.commit()

    def make(self, *bodies: Any, key: str = "") -> list[Any]:
        params = {PARAMETER: key} if key else {}
        told = self.session.perform_class("scheduler", "batch", {"servers": list(bodies), "apply": True}, params)
        return list(told["servers"])

    def plan(self, *bodies: Any) -> Any:
        return self.session.perform_class("scheduler", "batch", {"servers": list(bodies)})

    def nothing_was_made(self) -> bool:
        rows = [self.cloud.rows(each) for each in ("servers", "disks", "guestdisks", "guestnetworks")]
        claimed = sum(row.vcpus + row.memory_mib + row.guests for row in self.cloud.rows("hostclaims"))
        return not any(rows) and not claimed and not self.cloud.rows("schedulerdecisions")


def shape(name: str, count: int, cpus: int, mib: int) -> Any:
    return {**server_body(name, vcpu_count=cpus, vmem_size=mib), "count": count}


@pytest.fixture(params=["memory", "sqlite"])
def town(request: pytest.FixtureRequest) -> Iterator[Town]:
    made = Town(sql=request.param == "sqlite")
    yield made
    settle(made.cloud, made.cloud.worker())
    check(made.cloud)
    assert made.cloud.defects == []


def test_they_are_made_where_the_plan_says(town: Town) -> None:
    wanted = [shape("slim", 3, 1, 256), shape("wide", 2, 2, 512)]
    plan = town.plan(*wanted)
    made = town.make(*wanted)
    assert [one["host_id"] for one in made] == [one["host_id"] for one in plan["candidates"]]
    assert Counter(one["vcpu_count"] for one in made) == {1: 3, 2: 2}
    assert len({one["host_id"] for one in made}) == plan["opened"]
    # What begins each of them stands in the same commit, so that any process goes on with it.
    assert {one.obj_id for one in town.cloud.rows("tasks")} == {one["id"] for one in made}
    settle(town.cloud, town.cloud.worker())
    assert {row.status for row in town.cloud.rows("servers")} <= {"running", "ready"}
    told = town.session.perform_class("scheduler", "explain", {"ident": made[4]["id"]})["explanation"]
    assert {one["id"] for one in told["servers"]} == {one["id"] for one in made[3:]}


def test_all_of_them_are_made_or_none(town: Town) -> None:
    with pytest.raises(InsufficientResourceError, match=r"servers.1: beside the others .* by host_memory") as refused:
        town.make(shape("slim", 2, 1, 256), shape("huge", 1, 1, 1 << 20))
    assert refused.value.field == "servers.1"
    assert refused.value.data["filters"][0]["removed"] == 3
    (memory,) = [text for text in refused.value.data["relaxations"] if text.startswith("memory")]
    assert town.nothing_was_made()
    with pytest.raises(DuplicateNameError, match=r"servers\.1"):
        town.make(shape("web", 1, 1, 256), shape("web", 1, 1, 256))
    assert town.nothing_was_made()
    town.make(shape("slim", 2, 1, 256), shape("huge", 1, 1, int(memory.split()[1])))


def test_quota_is_charged_for_all_together(town: Town) -> None:
    town.limit(count=3, cpu=100)
    with pytest.raises(OutOfQuotaError, match=r"count: limit 3, used 0, requested 4"):
        town.make(shape("slim", 2, 1, 256), shape("wide", 2, 2, 512))
    assert town.nothing_was_made()
    town.make(shape("slim", 2, 1, 256), shape("wide", 1, 2, 512))
    assert town.session.list("quotas", {"project": PROJECT.id}).items[0]["usage.count"] == 3


def test_they_share_what_the_limit_of_a_place_leaves(town: Town) -> None:
    zone = town.cloud.row("hosts", "h1").zone_id
    town.limit(write_keys({"zone_id": zone}), cpu=3)
    with pytest.raises(InsufficientResourceError, match="by quota"):
        town.make(shape("slim", 2, 1, 256), shape("wide", 1, 2, 512))
    assert town.nothing_was_made()
    town.make(shape("slim", 1, 1, 256), shape("wide", 1, 2, 512))


def test_the_same_request_under_a_key_happens_once(town: Town) -> None:
    wanted = [shape("slim", 2, 1, 256), shape("wide", 1, 2, 512)]
    first = town.make(*wanted, key="once")
    assert [one["id"] for one in town.make(*wanted, key="once")] == [one["id"] for one in first]
    assert len(town.cloud.rows("servers")) == 3
    with pytest.raises(ConflictError):
        town.make(wanted[0], key="once")
    assert len(town.make(shape("other", 1, 1, 256), key="another")) == 1


@pytest.mark.parametrize(
    ("bodies", "field"),
    [
        ([], "servers"),
        ([shape("a", 200, 1, 256), shape("b", 1, 1, 256)], "servers"),
        ([shape("a", 201, 1, 256)], "servers.0.count"),
        ([shape("a", 1, 1, 256), {**shape("b", 1, 1, 256), "best_effort": True}], "servers.1.best_effort"),
        ([shape("a", 1, 1, 256), {**shape("b", 1, 1, 256), "vmem_size": "much"}], "servers.1.vmem_size"),
    ],
)
def test_what_is_wrong_is_named_and_changes_nothing(town: Town, bodies: Any, field: str) -> None:
    with pytest.raises(CloudcoreError) as refused:
        town.make(*bodies)
    assert refused.value.field == field
    assert town.nothing_was_made()


@pytest.mark.parametrize("town", ["memory"], indirect=True)
def test_of_many_at_once_none_takes_what_another_has(town: Town) -> None:
    def make(n: int) -> int:
        try:
            return len(town.make(shape(f"slim{n}", 2, 1, 256), shape(f"wide{n}", 2, 2, 512)))
        except CloudcoreError:
            return 0

    with ThreadPoolExecutor(4) as pool:
        made = sum(pool.map(make, range(6)))
    assert made == len(town.cloud.rows("servers")) > 0

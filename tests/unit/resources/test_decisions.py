"""How long decisions are kept, and how many."""

from __future__ import annotations

from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.operations.decisions import AT_ONCE, KEPT, MOST, prune
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.audit.decision import SCHEDULERDECISIONS, SchedulerDecision
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import ManualClock


def test_decisions_go_when_they_are_old_and_when_their_project_has_too_many() -> None:
    clock = ManualClock()
    cloud, _ = memory_cloud(memory_platform(clock=clock))

    def add(project: str, count: int) -> None:
        with cloud.platform.uow.write(Author()) as tx:
            for n in range(count):
                row = SchedulerDecision(id=f"{project}-{n:05}", question="create", owner_tenant_id=project)
                tx.of(SCHEDULERDECISIONS, PLATFORM).add(row)
            tx.commit()

    def left(project: str) -> int:
        with cloud.platform.uow.read() as tx:
            return len(tx.of(SCHEDULERDECISIONS, PLATFORM).find(Query(where=eq("owner_tenant_id", project))))

    add("old", 2)
    clock.advance(KEPT.total_seconds() - 10)
    assert prune(cloud.platform) == 0
    clock.advance(20)
    add("crowded", MOST + AT_ONCE + 3)
    add("quiet", 5)
    assert prune(cloud.platform) == AT_ONCE
    assert left("old") == 0
    while prune(cloud.platform):
        pass
    assert (left("crowded"), left("quiet")) == (MOST, 5)

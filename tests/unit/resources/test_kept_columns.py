"""Decisions by kept columns: what this process changes counts at once, what others change within a second."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from cloudcore.cloud import Cloud
from cloudcore.model.entity import evolve
from cloudcore.model.errors import InsufficientResourceError
from cloudcore.model.query import PLATFORM
from cloudcore.operations.hosts import host_offline, register_host
from cloudcore.operations.kept_columns import FRESH
from cloudcore.operations.placement import MOVING
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.simulated import SimulatedHost


@attrs.frozen
class Town:
    cloud: Cloud
    clock: ManualClock
    session: Any
    hosts: list[str]

    def create(self, name: str) -> Any:
        body = {"name": name, "vmem_size": 256, "vcpu_count": 1, "disks": ["tiny:1g"], "nets": ["default"]}
        return self.session.create("servers", body)


@pytest.fixture
def town() -> Town:
    clock = ManualClock()
    cloud, password = memory_cloud(memory_platform(clock=clock))
    facts = [
        attrs.evolve(SimulatedHost(clock, deployment="memory").facts(), uuid=f"u{n}", hostname=f"h{n}")
        for n in range(2)
    ]
    hosts = [register_host(cloud.platform, fact) for fact in facts]
    session = cloud.login("sysadmin", password, project="system")
    session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    effects = RoutedEffects({"image": InlineEffects(performer=ImagePerformer(cloud.platform.image_store))})
    worker = cloud.worker(effects, "w", lambda _task, error: pytest.fail(str(error)))
    worker.run_all(worker.due())
    return Town(cloud, clock, session, hosts)


def test_a_host_that_goes_offline_is_chosen_no_more_at_once(town: Town) -> None:
    town.create("first")
    host_offline(town.cloud.platform, town.hosts[0])
    assert {town.create(f"web-{n}")["host_id"] for n in range(4)} == {town.hosts[1]}
    host_offline(town.cloud.platform, town.hosts[1])
    with pytest.raises(InsufficientResourceError, match="2 by host_status"):
        town.create("last")


def test_what_is_claimed_is_read_for_each_decision(town: Town) -> None:
    chosen = [town.create(f"web-{n}")["host_id"] for n in range(6)]
    assert sorted(chosen) == sorted(town.hosts * 3), "spread, because each decision knows of those before"


def test_columns_are_read_once_while_only_servers_come_and_go(town: Town) -> None:
    platform = town.cloud.platform
    town.create("first")
    revision = platform.uow.revision(without=MOVING)
    kept = platform.columns.get("hypervisor", revision, town.clock.now())
    assert kept is not None
    town.create("second")
    assert platform.columns.get("hypervisor", platform.uow.revision(without=MOVING), town.clock.now()) is kept


def test_a_commit_of_another_process_is_seen_within_a_second(town: Town) -> None:
    platform, store = town.cloud.platform, town.cloud.platform.uow
    town.create("first")
    before = dict(store.revisions)  # type: ignore[attr-defined]
    with store.write(Author()) as tx:
        host = tx.of(HOSTS, PLATFORM).get(town.hosts[0])
        assert host is not None
        tx.of(HOSTS, PLATFORM).save(evolve(host, status="offline"))
        tx.commit()
    store.revisions.clear()  # type: ignore[attr-defined]
    store.revisions.update(before)  # type: ignore[attr-defined]
    town.clock.advance(FRESH.total_seconds())
    assert platform.columns.get("hypervisor", store.revision(without=MOVING), town.clock.now()) is None
    assert {town.create(f"web-{n}")["host_id"] for n in range(4)} == {town.hosts[1]}

"""Decisions by kept columns: what this process changes counts at once, what others change within a second."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any

import attrs
import pytest
from tests.effort import some

from cloudcore.cloud import Cloud
from cloudcore.model.entity import evolve
from cloudcore.model.errors import DuplicateNameError, InsufficientResourceError, InvalidInputError
from cloudcore.model.query import PLATFORM
from cloudcore.model.trail import Trail
from cloudcore.operations.hosts import host_offline, register_host
from cloudcore.operations.placement import inventory_of
from cloudcore.operations.pools import FRESH, bring_up_to_date, find_place
from cloudcore.operations.watermark import mark
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.scheduling import DiskRequest, NicRequest, Request, schedule
from cloudcore.tasks.images import ImagePerformer
from cloudcore.tasks.inline import InlineEffects
from cloudcore.tasks.routing import RoutedEffects
from cloudcore.tasks.worker import Worker
from cloudcore_adapters.memory.cloud import memory_cloud, memory_platform
from cloudcore_adapters.memory.store import MemoryStore
from cloudcore_adapters.memory.world import ManualClock
from cloudcore_adapters.simulated import SimulatedHost
from cloudcore_adapters.simulated.router import SimulatedHosts


@attrs.frozen
class Town:
    cloud: Cloud
    clock: ManualClock
    session: Any
    hosts: list[str]

    def create(self, name: str) -> Any:
        body = {"name": name, "vmem_size": 256, "vcpu_count": 1, "disks": ["tiny:1g"], "nets": ["default"]}
        body["disable_delete"] = False
        return self.session.create("servers", body)

    def worker(self) -> Worker:
        """Whoever does what is due, on hosts that answer at once."""
        image = InlineEffects(performer=ImagePerformer(self.cloud.platform.image_store))
        machines = {host: SimulatedHost(self.clock, deployment="memory") for host in self.hosts}
        effects = RoutedEffects({"image": image, "host": SimulatedHosts(machines)})
        return self.cloud.worker(effects, "w", lambda _task, error: pytest.fail(str(error)))


@pytest.fixture
def town() -> Town:
    return new_town()


def new_town() -> Town:
    """Two hosts and an image."""
    clock = ManualClock()
    cloud, password = memory_cloud(memory_platform(clock=clock))
    facts = [
        attrs.evolve(SimulatedHost(clock, deployment="memory").facts(), uuid=f"u{n}", hostname=f"h{n}")
        for n in range(2)
    ]
    hosts = [register_host(cloud.platform, fact) for fact in facts]
    session = cloud.login("sysadmin", password, project="system")
    session.upload(None, {"name": "tiny", "disk_format": "raw"}, [bytes(1 << 20)])
    town = Town(cloud, clock, session, hosts)
    worker = town.worker()
    worker.run_all(worker.due())
    town.create("taken")
    return town


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
    kept = platform.columns.get("hypervisor")
    assert kept is not None
    town.create("second")
    assert platform.columns.get("hypervisor") is kept


def test_a_commit_of_another_process_is_seen_within_a_second(town: Town) -> None:
    platform, store = town.cloud.platform, town.cloud.platform.uow
    town.create("first")
    assert isinstance(store, MemoryStore)
    before, trail, store.trail = dict(store.revisions), store.trail, Trail()
    with store.write(Author()) as tx:
        host = tx.of(HOSTS, PLATFORM).get(town.hosts[0])
        assert host is not None
        tx.of(HOSTS, PLATFORM).save(evolve(host, status="offline"))
        tx.commit()
    store.revisions.clear()
    store.revisions.update(before)
    store.trail = trail
    kept = platform.columns.get("hypervisor")
    town.clock.advance(FRESH.total_seconds() * 1.001)
    assert {town.create(f"web-{n}")["host_id"] for n in range(4)} == {town.hosts[1]}
    assert platform.columns.get("hypervisor") is kept, "one host's row was taken over"


WISHES = (
    Request(
        vcpus=1,
        memory_mib=256,
        disks=[DiskRequest(size_mib=1024)],
        nets=[NicRequest()],
        is_admin=True,
        project_id="p",
        seed="a",
    ),
    Request(
        vcpus=2, memory_mib=512, disks=[DiskRequest(size_mib=9000)], count=3, is_admin=True, project_id="p", seed="b"
    ),
    Request(vcpus=1, memory_mib=1 << 20, project_id="p", seed="c"),
)


def test_what_was_decided_and_taken_back_is_free_again(town: Town) -> None:
    agree(town)
    with pytest.raises(DuplicateNameError):
        town.create("taken")
    agree(town)


def agree(town: Town) -> None:
    """Compare the pool with what is read afresh, and its decisions with those of the pure function."""
    platform = town.cloud.platform
    seen = mark(platform)
    with platform.uow.read() as tx:
        bring_up_to_date(platform, tx, "hypervisor", seen)
        fresh = inventory_of(tx, platform.settings, host_type="hypervisor", networks=None)
    kept = platform.columns.get("hypervisor")
    assert kept is not None
    have = kept.pool.inventory()
    for name in ("cpu_free", "mem_free_mib", "guests", "generation", "ready"):
        assert getattr(have.hosts, name).tolist() == getattr(fresh.hosts, name).tolist(), name
    assert (have.hosts.ids, have.storages.ids) == (fresh.hosts.ids, fresh.storages.ids)
    assert have.storages.free_mib.tolist() == fresh.storages.free_mib.tolist()
    assert (have.networks.ids, have.networks.free_ports.tolist()) == (
        fresh.networks.ids,
        fresh.networks.free_ports.tolist(),
    )
    # How many servers are being made is looked at now and then only; project `p` has none at all.
    fresh = attrs.evolve(fresh, hosts=attrs.evolve(fresh.hosts, creating=have.hosts.creating))
    for wish in WISHES:
        wanted = schedule(fresh, wish, spare=2)
        answer = find_place(platform, wish, spare=2, claim=False)
        assert (answer is None) == (wanted.refusal is not None)
        if answer is not None:
            assert (answer.placements, answer.alternatives) == (wanted.placements, wanted.alternatives)


@pytest.mark.parametrize("seed", some(range(40), 2, 6))
def test_whatever_is_done_the_pool_decides_as_a_fresh_look(town: Town, seed: int) -> None:
    chance = Random(seed)
    servers: list[str] = []
    worker = town.worker()
    for number in range(10):
        match chance.choice(("create", "create", "refused", "delete", "disable", "resize", "network")):
            case "create":
                with suppress(InsufficientResourceError):
                    servers.append(town.create(f"web-{number}")["id"])
            case "refused":
                with pytest.raises((DuplicateNameError, InsufficientResourceError)):
                    town.create("taken")
            case "delete" if servers:
                worker.run_all(worker.due())
                with suppress(InvalidInputError):
                    town.session.delete("servers", servers[-1], {"override_pending_delete": "true"})
                    servers.pop()
            case "disable":
                town.session.perform("hosts", chance.choice(town.hosts), chance.choice(("enable", "disable")))
            case "resize":
                town.session.update("hosts", chance.choice(town.hosts), {"mem_reserved": chance.randrange(900)})
            case "network":
                wire = town.session.list("networks", {}).items[0]["wire_id"]
                body = {"wire": wire, "guest_ip_prefix": f"10.9.{number}.0/24", "name": f"net-{number}"}
                town.session.create("networks", body)
            case _:
                town.clock.advance(0.1)
        if chance.random() < 0.5:
            worker.run_all(worker.due())
        town.clock.advance(FRESH.total_seconds() * 1.001)
        agree(town)

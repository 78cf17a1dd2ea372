"""NUMA nodes in storage: a kept pool knows what is free of them as one that is read anew does, and of many who claim at once
nobody takes what a node has not.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from tests.contracts.test_pool_refresh import (
    AUTHOR,
    HOSTS_AT_FIRST,
    KIND,
    Deployment,
    Hand,
    in_memory,
    on,
    on_mariadb,
    on_postgresql,
    texts,
)
from tests.effort import some

from cloudcore.model.entity import evolve
from cloudcore.model.errors import Contention
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.operations.placement import admit, inventory_of
from cloudcore.operations.platform import Settings
from cloudcore.operations.pools import FRESH, find_place, settle
from cloudcore.operations.room import host_limits
from cloudcore.operations.shares import claim_share
from cloudcore.ports.unit_of_work import Transaction
from cloudcore.quotas.claims import release_host
from cloudcore.resources.compute.nodeclaim import NODECLAIMS
from cloudcore.resources.compute.server import SERVERS, Server
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.scheduling import Request, schedule

ONE = Request(vcpus=2, memory_mib=2048, is_admin=True, project_id="p", seed="one")
LARGE = Request(vcpus=6, memory_mib=4096, is_admin=True, project_id="p", seed="large")


def topology(nodes: int, cpus: int, memory_mib: int) -> list[dict[str, Any]]:
    return [
        {"node_id": n, "cpus": list(range(n * cpus, n * cpus + cpus)), "mem_size_mb": memory_mib} for n in range(nodes)
    ]


def keep_nodes(deployment: Deployment, hosts: int, nodes: int = 2) -> None:
    with deployment.platform.uow.write(AUTHOR) as tx:
        for host in tx.of(HOSTS, PLATFORM).find()[:hosts]:
            changed = evolve(host, topology=topology(nodes, 4, 8192), enable_numa_allocate=True)
            tx.of(HOSTS, PLATFORM).save(changed)
        tx.commit()


class NodeHand(Hand):
    """Also claims of nodes, gives them back, and lets hosts keep nodes or not."""

    def __init__(self, seed: int, settings: Settings) -> None:
        super().__init__(seed)
        self.settings = settings
        self.shares: list[tuple[str, Request, Any]] = []

    def _claim(self, tx: Transaction) -> None:
        host, request = self._one(tx, HOSTS), self.chance.choice((ONE, LARGE))
        pins = claim_share(tx, self.settings, host, request, limits=host_limits(host, self.settings))
        if pins is not None:
            self.shares.append((host.id, request, pins))

    def _release(self, tx: Transaction) -> None:
        if self.shares:
            host_id, request, pins = self.shares.pop(self.chance.randrange(len(self.shares)))
            release_host(tx, host_id, vcpus=request.vcpus, memory_mib=request.memory_mib, pins=pins)

    def _host(self, tx: Transaction) -> None:
        if self.chance.random() < 0.5:
            super()._host(tx)
            return
        host = self._one(tx, HOSTS)
        changes: list[dict[str, Any]] = [
            {"enable_numa_allocate": not host.enable_numa_allocate},
            {"topology": topology(self.chance.choice((1, 2, 4)), 4, 8192)},
        ]
        tx.of(HOSTS, PLATFORM).save(evolve(host, **self.chance.choice(changes)))

    def change(self, uow: Any) -> None:
        before = list(self.shares)
        claims = self.claims
        super().change(uow)
        if self.claims is not claims:
            self.shares = before


def trimmed(found: dict[str, Any]) -> dict[str, Any]:
    """Without the columns of nodes that no host has any more, which a pool keeps."""
    ids = found["hosts.node_ids"]
    width = max((sum(node >= 0 for node in line) for line in ids), default=0)
    names = ("node_ids", "node_cpu_free", "node_mem_free_mib")
    return {**found, **{f"hosts.{name}": [line[:width] for line in found[f"hosts.{name}"]] for name in names}}


def check(deployment: Deployment) -> None:
    with deployment.platform.uow.read() as tx:
        fresh = inventory_of(tx, deployment.platform.settings, host_type=KIND, networks=None)
    kept = deployment.platform.columns.get(KIND)
    assert kept is not None
    assert trimmed(texts(kept.pool.inventory())) == trimmed(texts(fresh))
    for wish in (ONE, LARGE):
        wanted, found = schedule(fresh, wish, spare=2), find_place(deployment.platform, wish, spare=2, claim=False)
        assert (found is None) == (wanted.refusal is not None)
        if found is not None:
            assert (found.placements, found.alternatives) == (wanted.placements, wanted.alternatives)


def follow(deployment: Deployment, seed: int, changes: int = 30) -> None:
    hand = NodeHand(seed, deployment.platform.settings)
    deployment.refresh()
    keep_nodes(deployment, 3)
    deployment.refresh()
    check(deployment)
    for _ in range(changes):
        if hand.chance.random() < 0.6:
            hand.change(deployment.platform.uow)
        else:
            with deployment.others() as another:
                hand.change(another)
            deployment.clock.advance(FRESH.total_seconds() * 1.01)
        deployment.refresh()
        check(deployment)


@pytest.mark.parametrize("seed", some(range(60), 3, 3))
def test_a_pool_follows_nodes_in_memory(seed: int) -> None:
    with in_memory() as deployment:
        follow(deployment, seed)


@pytest.mark.parametrize("seed", some(range(60), 5, 2))
def test_a_pool_follows_nodes_on_sqlite(tmp_path: Path, seed: int) -> None:
    with on(f"sqlite:///{tmp_path}/cloud.sqlite") as deployment:
        follow(deployment, seed)


def test_what_was_decided_is_in_the_pool_at_once_and_gone_when_it_is_not_kept() -> None:
    with in_memory() as deployment:
        keep_nodes(deployment, HOSTS_AT_FIRST)
        platform = deployment.platform
        deployment.refresh()
        answer = find_place(platform, ONE, spare=0, claim=True)
        assert answer is not None
        kept = platform.columns.get(KIND)
        assert kept is not None
        row = kept.pool.present.hosts.index[answer.placements[0].host_id]
        whole = kept.bare.hosts.node_cpu_free[row].tolist()
        assert sum(kept.pool.present.hosts.node_cpu_free[row].tolist()) == sum(whole) - ONE.vcpus
        settle(platform, ONE, answer, is_kept=False)
        deployment.refresh()
        check(deployment)
        again = find_place(platform, ONE, spare=0, claim=True)
        assert again is not None
        with platform.uow.write(AUTHOR) as tx:
            seat = admit(tx, platform.settings, again.placements[0], ONE, again.terms)
            tx.commit()
        assert seat is not None
        assert [one["node_id"] for one in seat.pins] == [one.node for one in again.placements[0].nodes]
        settle(platform, ONE, again, is_kept=True)
        deployment.refresh()
        check(deployment)


def race(deployment: Deployment, deciders: int = 6, tries: int = 6) -> None:
    """All decide by what they see before anybody claims, and claim at once."""
    keep_nodes(deployment, 1)
    platform = deployment.platform
    with platform.uow.write(AUTHOR) as tx:
        for host in tx.of(HOSTS, PLATFORM).find()[1:]:
            tx.of(HOSTS, PLATFORM).save(evolve(host, enabled=False))
        tx.commit()
    start, placed = Barrier(deciders), list[str]()

    def decide() -> None:
        with platform.uow.read() as tx:
            inventory = inventory_of(tx, platform.settings, host_type=KIND, networks=None)
        start.wait(30)
        for _ in range(tries):
            decision = schedule(inventory, ONE)
            if decision.refusal is not None:
                return
            try:
                with platform.uow.write(AUTHOR) as tx:
                    seat = admit(tx, platform.settings, decision.placements[0], ONE)
                    if seat is not None:
                        ident = tx.new_id()
                        tx.of(SERVERS, PLATFORM).add(
                            Server(
                                id=ident, name=ident, domain_id="default", tenant_id="p", vcpu_count=ONE.vcpus,
                                vmem_size=ONE.memory_mib, host_id=seat.host_id, cpu_numa_pin=seat.pins, status="ready",
                            )
                        )  # fmt: skip
                        tx.commit()
                        placed.append(ident)
            except Contention:
                pass
            with platform.uow.read() as tx:
                inventory = inventory_of(tx, platform.settings, host_type=KIND, networks=None)

    threads = [Thread(target=decide) for _ in range(deciders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with platform.uow.read() as tx:
        claims = {one.node: (one.vcpus, one.memory_mib) for one in tx.of(NODECLAIMS, PLATFORM).find()}
        rows = tx.of(SERVERS, PLATFORM).find()
    # Twice four CPUs of two nodes, and 8 GiB of each: memory lets four servers in on each, CPUs let four.
    assert claims == {0: (8, 8192), 1: (8, 8192)}
    assert len(placed) == len(rows) == 8
    held: dict[int, int] = {}
    for row in rows:
        for cpu in row.cpu_numa_pin[0]["cpu_pin"]:
            held[cpu] = held.get(cpu, 0) + 1
    assert held == dict.fromkeys(range(8), 2), "each CPU serves as many"


def test_of_many_who_claim_at_once_none_takes_what_a_node_has_not_in_memory() -> None:
    with in_memory() as deployment:
        race(deployment)


def test_of_many_who_claim_at_once_none_takes_what_a_node_has_not_on_sqlite(tmp_path: Path) -> None:
    with on(f"sqlite:///{tmp_path}/cloud.sqlite") as deployment:
        race(deployment)


@pytest.mark.system
@pytest.mark.parametrize("opened", [on_postgresql, on_mariadb])
def test_of_many_who_claim_at_once_none_takes_what_a_node_has_not_on_a_server(
    opened: Callable[[], AbstractContextManager[Deployment]],
) -> None:
    with opened() as deployment:
        race(deployment)


@pytest.mark.system
@pytest.mark.parametrize("opened", [on_postgresql, on_mariadb])
def test_who_takes_a_share_while_a_host_is_told_to_keep_nodes_takes_none(
    opened: Callable[[], AbstractContextManager[Deployment]],
) -> None:
    """A claim that has waited for the unit that switches it on sees what that has done."""
    with opened() as deployment:
        keep_nodes(deployment, 1)
        platform = deployment.platform
        with platform.uow.write(AUTHOR) as tx:
            (host, *_) = tx.of(HOSTS, PLATFORM).find(Query(where=eq("enable_numa_allocate", True)))
            host = tx.of(HOSTS, PLATFORM).save(evolve(host, enable_numa_allocate=False))
            assert claim_share(tx, platform.settings, host, ONE, limits=(99, 99_999)) == []
            tx.commit()
        found = list[Any]()

        def claim() -> None:
            with platform.uow.write(AUTHOR) as tx:
                seen = tx.of(HOSTS, PLATFORM).get(host.id)
                read.wait(30)
                assert taken.wait(30)
                found.append(claim_share(tx, platform.settings, seen, ONE, limits=(99, 99_999)))

        read, taken = Barrier(2), Event()
        thread = Thread(target=claim)
        with platform.uow.write(AUTHOR) as tx:
            thread.start()
            read.wait(30)
            release_host(tx, host.id, vcpus=ONE.vcpus, memory_mib=ONE.memory_mib)
            # The claim is held from here on: whoever came before would take a share of a host that keeps no nodes yet.
            taken.set()
            present = tx.of(HOSTS, PLATFORM).get(host.id)
            assert HOSTS.check_update is not None
            changes = HOSTS.check_update(tx, None, present, {"enable_numa_allocate": True})
            tx.of(HOSTS, PLATFORM).save(evolve(present, **changes))
            tx.commit()
        thread.join(60)
        assert found == [None], "it was read that the host keeps no nodes, and it does"

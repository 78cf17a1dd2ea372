"""Servers that move between hosts that keep them on NUMA nodes, and come back from the recycle bin."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulation.cloud import CALLER, Cloud, server_body
from tests.simulation.invariants import check
from tests.unit.tasks.test_host_down import DOWN_S, Town

from cloudcore.model.entity import evolve
from cloudcore.model.errors import InsufficientResourceError
from cloudcore.model.query import PLATFORM
from cloudcore.operations.session import CoreSession
from cloudcore.ports.unit_of_work import Author
from cloudcore.resources.infrastructure.host import HOSTS


def keep_nodes(cloud: Cloud, *hosts: str, nodes: int = 2) -> None:
    """Let hosts of four CPUs and 4 GiB keep servers on nodes."""
    cpus, memory = 4 // nodes, 4096 // nodes
    told = [{"node_id": n, "cpus": list(range(n * cpus, (n + 1) * cpus)), "mem_size_mb": memory} for n in range(nodes)]
    with cloud.store.write(Author()) as tx:
        for ident in hosts:
            host = evolve(tx.of(HOSTS, PLATFORM).get(ident), topology=told, enable_numa_allocate=True)
            tx.of(HOSTS, PLATFORM).save(evolve(host, cpu_cmtbound=1.0), action="update")
        tx.commit()


@pytest.fixture
def town() -> Town:
    return Town()


def server(town: Town, name: str = "web", *, on: bool = True, cpus: int = 1, memory: int = 256) -> str:
    disks = [{"image_id": "i1", "size": 1024, "storage_id": "s-shared"}]
    body = server_body(name, disks=disks, auto_start=on, prefer_host="h1", vcpu_count=cpus, vmem_size=memory)
    ident = str(town.session.create("servers", body)["id"])
    town.cloud.settle(seconds=60)
    assert town.get(ident).host_id == "h1"
    return ident


def pins(row: Any) -> list[tuple[int, list[int], int]]:
    return [(one["node_id"], one["cpu_pin"], one["mem_size_mb"]) for one in row.cpu_numa_pin]


def held(town: Town) -> dict[str, tuple[int, int]]:
    found = {row.id: (row.vcpus, row.memory_mib) for row in town.cloud.rows("nodeclaims")}
    return {ident: amounts for ident, amounts in found.items() if any(amounts)}


def guest(town: Town, host: str, ident: str) -> Any:
    return town.cloud.machines[host].machine.domains[ident].desc


@pytest.mark.parametrize(("on", "action"), [(False, "migrate"), (True, "live-migrate")])
def test_a_server_takes_nodes_of_the_next_host_and_leaves_those_of_the_old_one(
    town: Town, on: bool, action: str
) -> None:
    keep_nodes(town.cloud, "h1", "h2")
    ident = server(town, on=on)
    assert pins(town.get(ident)) == [(0, [0], 256)]
    town.session.perform("servers", ident, action, {})
    assert held(town) == {"h1/0": (1, 256), "h2/0": (1, 256)}, "it holds of both until it is there"
    town.live(30)
    assert town.get(ident).host_id == "h2"
    assert held(town) == {"h2/0": (1, 256)}
    assert [one.node for one in guest(town, "h2", ident).pins] == [0]
    check(town.cloud)


@pytest.mark.parametrize(("on", "action"), [(False, "migrate"), (True, "live-migrate")])
def test_a_host_that_keeps_no_nodes_gives_none(town: Town, on: bool, action: str) -> None:
    keep_nodes(town.cloud, "h1")
    ident = server(town, on=on)
    town.session.perform("servers", ident, action, {})
    town.live(30)
    assert (town.get(ident).host_id, town.get(ident).cpu_numa_pin) == ("h2", [])
    assert guest(town, "h2", ident).pins == ()
    assert held(town) == {}
    town.session.perform("servers", ident, action, {})
    town.live(30)
    assert (town.get(ident).host_id, pins(town.get(ident))) == ("h1", [(0, [0], 256)])
    check(town.cloud)


def test_one_that_runs_on_two_nodes_goes_where_two_are_free(town: Town) -> None:
    keep_nodes(town.cloud, "h1")
    ident = server(town, cpus=3, memory=2048)
    assert [node for node, _, _ in pins(town.get(ident))] == [0, 1]
    with pytest.raises(InsufficientResourceError, match="tag"):
        town.session.perform("servers", ident, "live-migrate", {})
    keep_nodes(town.cloud, "h2", nodes=1)
    with pytest.raises(InsufficientResourceError) as refused:
        town.session.perform("servers", ident, "live-migrate", {})
    assert "on 2 nodes in equal parts" in str(refused.value.data)
    keep_nodes(town.cloud, "h2", nodes=4)
    with pytest.raises(InsufficientResourceError):
        town.session.perform("servers", ident, "live-migrate", {})
    keep_nodes(town.cloud, "h2")
    town.session.perform("servers", ident, "live-migrate", {})
    town.live(30)
    assert town.get(ident).host_id == "h2"
    assert [len(cpus) for _, cpus, _ in pins(town.get(ident))] == [2, 1]
    check(town.cloud)


def test_one_of_a_dead_host_gets_nodes_of_the_next(town: Town) -> None:
    keep_nodes(town.cloud, "h1", "h2")
    town.policy()
    ident = server(town)
    town.cut()
    town.live(DOWN_S + 20)
    assert (town.get(ident).host_id, pins(town.get(ident))) == ("h2", [(0, [0], 256)])
    assert held(town) == {"h2/0": (1, 256)}
    town.heal()
    town.live(30)
    check(town.cloud)


def test_one_that_comes_out_of_the_recycle_bin_gets_what_is_free_then() -> None:
    cloud = Cloud(hosts=1, recycle_s=3600)
    keep_nodes(cloud, "h1")
    session = CoreSession(cloud.platform, CALLER)
    first = str(session.create("servers", server_body("first", vcpu_count=2))["id"])
    cloud.settle()
    session.delete("servers", first)
    cloud.settle()
    assert cloud.row("servers", first).cpu_numa_pin == []
    check(cloud)
    second = str(session.create("servers", server_body("second", vcpu_count=2))["id"])
    cloud.settle()
    session.perform("servers", first, "cancel-delete")
    assert [pins(cloud.row("servers", one)) for one in (first, second)] == [[(1, [2, 3], 512)], [(0, [0, 1], 512)]]
    check(cloud)
    session.delete("servers", first)
    cloud.settle()
    session.create("servers", server_body("third", vcpu_count=1))
    cloud.settle()
    with pytest.raises(InsufficientResourceError, match=r"no room for it any more: .*1 by host_cpu"):
        session.perform("servers", first, "cancel-delete")
    check(cloud)

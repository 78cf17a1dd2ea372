"""Servers that are kept on the NUMA nodes of their host: where they go, what is counted, and what ends it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from tests.unit.servers.world import World

from cloudcore.model.errors import (
    CloudcoreError,
    ForbiddenError,
    InsufficientResourceError,
    InvalidStatusError,
    NotSupportedError,
)
from cloudcore.model.host import NodeFacts
from cloudcore.operations.hosts import register_host
from cloudcore.resources.compute.hostclaim import HOSTCLAIMS
from cloudcore.resources.compute.nodeclaim import NODECLAIMS
from cloudcore.resources.compute.server import SERVERS

NODES = (
    NodeFacts(id=0, cpus=(0, 2, 1, 3), memory_mib=8192),
    NodeFacts(id=1, cpus=(4, 6, 5, 7), memory_mib=8192),
)


def told(world: World, nodes: tuple[NodeFacts, ...] = NODES, *, bound: float = 1.0) -> None:
    """The agent of the host tells its nodes."""
    register_host(world.cloud.platform, attrs.evolve(world.host.facts(), nodes=nodes))
    world.admin.perform("hosts", world.host_id, "set-commit-bound", {"cpu_cmtbound": bound, "mem_cmtbound": 1.0})


@pytest.fixture
def kept(world: World) -> World:
    """A host whose servers are kept on two nodes of four CPUs and 8 GiB."""
    told(world)
    world.admin.update("hosts", world.host_id, {"enable_numa_allocate": True})
    return world


def held(world: World) -> dict[int, tuple[int, int]]:
    return {one.node: (one.vcpus, one.memory_mib) for one in world.rows(NODECLAIMS) if one.vcpus or one.memory_mib}


def pins(server: Any) -> list[tuple[int, list[int], int]]:
    return [(one["node_id"], one["cpu_pin"], one["mem_size_mb"]) for one in server["cpu_numa_pin"]]


def agrees(world: World) -> None:
    """The ledgers of nodes are the sums of what servers have of them."""
    found: dict[int, tuple[int, int]] = {}
    for server in world.rows(SERVERS):
        for one in server.cpu_numa_pin if server.host_id and not server.pending_deleted else ():
            cpus, memory = found.get(one["node_id"], (0, 0))
            found[one["node_id"]] = cpus + len(one["cpu_pin"]), memory + one["mem_size_mb"]
    assert held(world) == found


def test_a_host_shows_the_nodes_that_its_agent_told(world: World) -> None:
    assert "topology" not in world.admin.get("hosts", world.host_id)
    told(world)
    shown = world.admin.get("hosts", world.host_id)
    assert shown["topology"][1] == {"node_id": 1, "cpus": [4, 6, 5, 7], "mem_size_mb": 8192}
    world.admin.update("hosts", world.host_id, {"topology": []})
    told(world, ())
    assert world.admin.get("hosts", world.host_id)["topology"] == shown["topology"], (
        "an agent that tells none knows none"
    )


def test_without_nodes_nothing_is_kept_on_any(world: World) -> None:
    with pytest.raises(NotSupportedError, match="has not told its NUMA nodes") as refused:
        world.admin.update("hosts", world.host_id, {"enable_numa_allocate": True})
    assert refused.value.field == "enable_numa_allocate"
    assert not world.admin.get("hosts", world.host_id)["enable_numa_allocate"]


def test_a_tenant_does_not_say_whether_nodes_are_kept(world: World) -> None:
    told(world)
    with pytest.raises(ForbiddenError):
        world.alice.update("hosts", world.host_id, {"enable_numa_allocate": True})


def test_servers_that_may_use_all_of_a_host_keep_it_from_keeping_nodes(world: World) -> None:
    told(world)
    world.server(world.alice, "old")
    with pytest.raises(InvalidStatusError, match="1 servers of host sim-1 are kept on no NUMA nodes, such as old"):
        world.admin.update("hosts", world.host_id, {"enable_numa_allocate": True})
    world.alice.delete("servers", "old")
    world.settle()
    world.admin.update("hosts", world.host_id, {"enable_numa_allocate": True})
    assert pins(world.server(world.alice, "new")) != []


def test_one_that_is_on_its_way_counts_too(world: World) -> None:
    told(world)
    world.change(HOSTCLAIMS, world.host_id, guests=1, vcpus=1, memory_mib=256)
    with pytest.raises(InvalidStatusError, match="which are on their way"):
        world.admin.update("hosts", world.host_id, {"enable_numa_allocate": True})


def test_a_server_gets_cpus_and_memory_of_one_node(kept: World) -> None:
    first = kept.server(kept.alice, "first", vcpu_count=2, vmem_size=2048)
    assert pins(first) == [(0, [0, 2], 2048)]
    second = kept.server(kept.alice, "second", vcpu_count=2, vmem_size=2048)
    assert pins(second) == [(1, [4, 6], 2048)], "the node with most CPUs free"
    third = kept.server(kept.alice, "third", vcpu_count=2, vmem_size=2048)
    assert pins(third) == [(0, [1, 3], 2048)], "the CPUs that serve nobody yet"
    assert held(kept) == {0: (4, 4096), 1: (2, 2048)}
    agrees(kept)
    (pin,) = kept.guest(first["id"]).pins
    assert (pin.node, pin.cpus, pin.memory_mib, pin.extra) == (0, (0, 2), 2048, ())


def test_nodes_that_are_preferred_are_taken_first_where_they_do(kept: World) -> None:
    made = [kept.server(kept.alice, f"s{n}", vcpu_count=2, vmem_size=512, prefer_numa_nodes=[1, 0]) for n in range(3)]
    assert [pins(one) for one in made] == [[(1, [4, 6], 512)], [(1, [5, 7], 512)], [(0, [0, 2], 512)]]
    unknown = kept.server(kept.alice, "unknown", vcpu_count=1, vmem_size=512, prefer_numa_nodes=[7])
    assert pins(unknown) == [(0, [1], 512)]
    agrees(kept)
    for wrong, field in ((["x"], "prefer_numa_nodes.0"), ([-1], "prefer_numa_nodes.0"), ({}, "prefer_numa_nodes")):
        with pytest.raises(CloudcoreError) as refused:
            kept.server(kept.alice, "wrong", prefer_numa_nodes=wrong)
        assert refused.value.field == field


def test_a_large_server_is_parted_equally(kept: World) -> None:
    server = kept.server(kept.alice, vcpu_count=5, vmem_size=4096)
    assert pins(server) == [(0, [0, 2, 1], 2048), (1, [4, 6], 2048)]
    agrees(kept)


def test_cpus_are_given_out_as_often_as_the_host_may(world: World) -> None:
    told(world, bound=2.0)
    world.admin.update("hosts", world.host_id, {"enable_numa_allocate": True})
    for name in ("a", "b", "c", "d"):
        world.server(world.alice, name, vcpu_count=4, vmem_size=1024)
    assert held(world) == {0: (8, 2048), 1: (8, 2048)}
    with pytest.raises(InsufficientResourceError):
        world.server(world.alice, "e", vcpu_count=1, vmem_size=1024)
    agrees(world)


def test_a_refusal_names_the_nodes_and_what_is_free_of_each(kept: World) -> None:
    kept.server(kept.alice, "first", vcpu_count=3, vmem_size=2048)
    kept.server(kept.alice, "second", vcpu_count=3, vmem_size=2048)
    with pytest.raises(InsufficientResourceError) as refused:
        kept.server(kept.alice, "third", vcpu_count=4, vmem_size=3000)
    (numa,) = [one for one in refused.value.data["filters"] if one["filter_name"] == "host_numa"]
    assert "node 0: 1 CPUs and 6144 MiB, node 1: 1 CPUs and 6144 MiB" in numa["text"]
    agrees(kept)


def test_a_preview_and_a_plan_say_on_which_nodes(kept: World) -> None:
    body = {"name": "web", "vcpu_count": 2, "vmem_size": 2048, "disks": ["tiny:1g"], "nets": ["default"]}
    would = kept.admin.create("servers", {**body, "dry_run": True})
    assert pins(would) == [(0, [0, 2], 2048)]
    plan = kept.admin.create("servers", body, {"plan": True})
    (made,) = [one for one in plan["summary"]["changes"] if one["resource"] == "server" and one["action"] == "create"]
    assert pins(made["values"]) == [(0, [0, 2], 2048)]
    assert held(kept) == {}


def test_extra_cpus_are_with_the_largest_part_and_no_cpus_of_the_guest(kept: World) -> None:
    server = kept.server(kept.admin, vcpu_count=2, extra_cpu_count=1, vmem_size=2048)
    assert [(one["cpu_pin"], one["extra_cpu_count"]) for one in server["cpu_numa_pin"]] == [([0, 2, 1], 1)]
    (pin,) = kept.guest(server["id"]).pins
    assert (pin.cpus, pin.extra) == ((0, 2), (1,))
    agrees(kept)


def test_a_server_that_is_stopped_keeps_its_nodes_and_one_that_is_gone_does_not(kept: World) -> None:
    server = kept.server(kept.alice, vcpu_count=2, vmem_size=2048)
    stopped = kept.act(kept.alice, "web", "stop", is_force=True)
    assert (stopped["status"], stopped["cpu_numa_pin"]) == ("ready", server["cpu_numa_pin"])
    assert held(kept) == {0: (2, 2048)}
    kept.alice.delete("servers", "web")
    kept.settle()
    assert held(kept) == {}


def test_a_server_changes_its_size_and_its_nodes_while_it_is_off(kept: World) -> None:
    kept.server(kept.alice, "other", vcpu_count=1, vmem_size=1024, on=False)
    kept.server(kept.alice, "web", vcpu_count=2, vmem_size=2048)
    with pytest.raises(InvalidStatusError, match="while it is off"):
        kept.alice.perform("servers", "web", "change-config", {"vcpu_count": 3})
    kept.alice.perform("servers", "web", "change-config", {"vcpu_count": 6, "vmem_size": "4096M", "force_stop": True})
    assert held(kept) == {0: (1 + 3, 1024 + 2048), 1: (3, 2048)}
    kept.settle()
    web = kept.alice.get("servers", "web")
    assert [(node, len(cpus), memory) for node, cpus, memory in pins(web)] == [(1, 3, 2048), (0, 3, 2048)]
    assert [one.node for one in kept.guest(web["id"]).pins] == [1, 0]
    agrees(kept)
    web = kept.act(kept.alice, "web", "change-config", vcpu_count=1, vmem_size="512M", force_stop=True)
    assert [len(cpus) for _, cpus, _ in pins(web)] == [1]
    agrees(kept)
    with pytest.raises(InsufficientResourceError, match=r"does not fit on NUMA nodes .* free on node 0: 3 CPUs"):
        kept.act(kept.alice, "web", "change-config", vcpu_count=8, force_stop=True)
    agrees(kept)


def test_a_host_that_keeps_no_nodes_any_more_lets_its_servers_keep_theirs(kept: World) -> None:
    kept.server(kept.alice, "first", vcpu_count=2, vmem_size=2048)
    kept.admin.update("hosts", kept.host_id, {"enable_numa_allocate": False})
    second = kept.server(kept.alice, "second", vcpu_count=2, vmem_size=2048)
    assert "cpu_numa_pin" not in second
    agrees(kept)
    with pytest.raises(InvalidStatusError, match="such as second"):
        kept.admin.update("hosts", kept.host_id, {"enable_numa_allocate": True})
    first = kept.act(kept.alice, "first", "change-config", vcpu_count=3, force_stop=True)
    assert "cpu_numa_pin" not in first
    assert held(kept) == {}


def test_many_at_once_fill_the_nodes_exactly(kept: World) -> None:
    made = kept.alice.create_many(
        "servers",
        {"generate_name": "web", "vcpu_count": 1, "vmem_size": 1024, "disks": ["tiny:1g"], "nets": ["default"]},
        8,
    )
    kept.settle()
    assert len(made) == 8
    assert held(kept) == {0: (4, 4096), 1: (4, 4096)}
    cpus = sorted(cpu for one in kept.rows(SERVERS) for pin in one.cpu_numa_pin for cpu in pin["cpu_pin"])
    assert cpus == list(range(8)), "each CPU serves one"
    agrees(kept)


def test_the_scheduler_says_which_nodes_and_what_is_free_of_each(kept: World) -> None:
    kept.server(kept.alice, vcpu_count=2, vmem_size=2048)
    body = {"vcpu_count": 7, "vmem_size": 4096, "disks": ["tiny:1g"], "nets": ["default"]}
    found = kept.admin.perform_class("scheduler", "forecast", body)
    assert not found["can_create"], found
    found = kept.admin.perform_class("scheduler", "forecast", {**body, "vcpu_count": 4})
    assert found["candidates"][0]["cpu_numa_pin"] == [{"node_id": 1, "vcpu_count": 4, "mem_size_mb": 4096}]
    shown = kept.admin.perform_class("scheduler", "candidate-detail", {"ident": kept.host_id})["candidate"]
    assert shown["numa_nodes"] == [
        {"node_id": 0, "cpu_free": 2, "mem_free": 6144},
        {"node_id": 1, "cpu_free": 4, "mem_free": 8192},
    ]

"""NUMA nodes: how a server is parted among them, what a batch takes of them, and what is said when it doesn't fit."""

from __future__ import annotations

from itertools import combinations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.effort import examples

from cloudcore.scheduling import HostRow, Inventory, NodeRow, Pool, Request, relaxations, schedule
from cloudcore.scheduling.nodes import choose

GIB = 1024


def host(ident: str, *nodes: tuple[int, int], **changes) -> HostRow:
    """A host with nodes of these CPUs and GiB."""
    parts = [NodeRow(id=n, cpus=cpus, memory_mib=gib * GIB) for n, (cpus, gib) in enumerate(nodes)]
    row = HostRow(id=ident, cpu_count=64, cpu_cmtbound=1.0, mem_size=512 * GIB, nodes=parts)
    return attrs.evolve(row, **changes)


def shares(inventory: Inventory, **wish) -> list[tuple[int, int, int]]:
    """Node, CPUs and GiB that one server gets."""
    (one,) = schedule(inventory, Request(**wish)).placements
    return [(share.node, share.vcpus, share.memory_mib // GIB) for share in one.nodes]


@pytest.mark.parametrize(
    ("wish", "wanted"),
    [
        ({"vcpus": 4, "memory_mib": 8 * GIB}, [(1, 4, 8)]),
        ({"vcpus": 4, "memory_mib": 8 * GIB, "prefer_numa_nodes": [0]}, [(0, 4, 8)]),
        ({"vcpus": 4, "memory_mib": 24 * GIB}, [(1, 2, 12), (0, 2, 12)]),
        ({"vcpus": 13, "memory_mib": 2 * GIB}, [(1, 7, 1), (0, 6, 1)]),
        ({"vcpus": 2, "memory_mib": 2 * GIB, "numa_nodes": 2}, [(1, 1, 1), (0, 1, 1)]),
    ],
)
def test_a_server_goes_on_as_few_nodes_as_hold_equal_parts_of_it(wish, wanted):
    assert shares(Inventory.build([host("a", (6, 16), (8, 16))]), **wish) == wanted


@pytest.mark.parametrize(
    "wish",
    [
        {"vcpus": 15, "memory_mib": GIB},
        {"vcpus": 9, "memory_mib": GIB},
        {"vcpus": 2, "memory_mib": 17 * GIB},
        {"vcpus": 2, "memory_mib": 2 * GIB, "numa_nodes": 3},
    ],
    ids=["cpus", "memory of half a GiB on each", "memory that is no even number of GiB", "three nodes"],
)
def test_what_no_equal_parting_fits_is_refused_with_what_each_node_has(wish):
    decision = schedule(Inventory.build([host("a", (6, 16), (8, 16))]), Request(**wish))
    assert decision.refusal is not None
    (removal,) = [one for one in decision.refusal.removals if one.removed]
    assert removal.filter == "host_numa"
    assert f"request: {wish['vcpus']} CPUs and {wish['memory_mib']} MiB" in removal.text
    assert "node 0: 6 CPUs and 16384 MiB, node 1: 8 CPUs and 16384 MiB" in removal.text


def test_overcommit_counts_for_cpus_of_nodes_and_claims_for_both():
    node = NodeRow(id=0, cpus=4, memory_mib=8 * GIB, cpus_claimed=3, memory_claimed_mib=2 * GIB)
    inventory = Inventory.build([host("a", nodes=(node,), cpu_cmtbound=2.0)])
    assert shares(inventory, vcpus=5, memory_mib=6 * GIB) == [(0, 5, 6)]
    assert schedule(inventory, Request(vcpus=6, memory_mib=GIB)).refusal is not None
    assert schedule(inventory, Request(vcpus=1, memory_mib=7 * GIB)).refusal is not None


def test_a_host_without_nodes_takes_a_server_anywhere_and_few_nodes_are_preferred():
    wish = Request(vcpus=12, memory_mib=16 * GIB)
    (one,) = schedule(Inventory.build([host("plain")]), wish).placements
    assert one.nodes == ()
    inventory = Inventory.build([host("parted", (8, 32), (8, 32)), host("whole", (16, 64), (0, 0))])
    assert [each.host_id for each in schedule(inventory, wish).placements] == ["whole"]


def test_a_batch_takes_each_node_once_and_a_pool_gives_back_what_it_took():
    inventory = Inventory.build([host("a", (4, 8), (4, 8))])
    wish = Request(count=3, vcpus=3, memory_mib=2 * GIB, best_effort=True)
    assert sorted(share.node for one in schedule(inventory, wish).placements for share in one.nodes) == [0, 1]
    pool, single = Pool(inventory), Request(vcpus=3, memory_mib=2 * GIB)
    placed = [pool.place(single).placements[0] for _ in range(2)]
    assert pool.place(single).refusal is not None
    pool.release(single, placed[0])
    assert pool.place(single).placements[0].nodes == placed[0].nodes
    pool.refresh(host("a", (4, 8), (4, 8), (4, 8)))
    assert pool.place(attrs.evolve(single, count=3)).refusal is None
    assert pool.place(single).refusal is not None


def test_a_refusal_proposes_a_server_that_fits_a_node():
    inventory = Inventory.build([host("a", (4, 8), (2, 8))])
    texts = [one.text for one in relaxations(inventory, Request(vcpus=3, memory_mib=9 * GIB))]
    assert "memory 8192 MiB instead of 9216 MiB" in texts
    pinned = relaxations(inventory, Request(vcpus=4, memory_mib=8 * GIB, numa_nodes=4))
    assert "any number of NUMA nodes instead of 4" in [one.text for one in pinned]


nodes = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5)


@settings(deadline=None, max_examples=examples(60))
@given(nodes=nodes, vcpus=st.integers(0, 20), gib=st.integers(0, 20), order=st.permutations(range(5)))
def test_a_parting_is_found_exactly_when_there_is_one(nodes, vcpus, gib, order):
    there = [(n, cpus, size * GIB) for n, (cpus, size) in enumerate(nodes)]
    wish = Request(vcpus=vcpus, memory_mib=gib * GIB, prefer_numa_nodes=order[:2])
    chosen = choose(wish, there, len(there))

    def holds(count: int) -> bool:
        if gib % count:
            return False
        more = vcpus % count
        for some in combinations(there, count):
            free = sorted((one[1] for one in some), reverse=True)
            enough = all(cpus >= vcpus // count + (place < more) for place, cpus in enumerate(free))
            if enough and all(one[2] >= gib // count * GIB for one in some):
                return True
        return False

    least = next((count for count in (1, 2, 4) if count <= len(there) and holds(count)), None)
    assert (None if chosen is None else len(chosen)) == least

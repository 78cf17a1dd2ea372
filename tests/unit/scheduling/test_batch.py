"""Batches of different shapes: as exact as one after the other, and never worse."""

from __future__ import annotations

from collections import Counter

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.effort import examples
from tests.unit.scheduling.worlds import requests, worlds

from cloudcore.scheduling import (
    DiskRequest,
    HostRow,
    Inventory,
    Mark,
    NetworkRow,
    NicRequest,
    Pool,
    Request,
    Room,
    StorageRow,
    plan_batch,
    stranded,
)
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.pipeline import filter_hosts
from cloudcore.scheduling.trials import Puzzle, laid


def fleet(count: int, **changes) -> Inventory:
    """Hosts of 16 CPUs and 64 GiB."""
    common = {"cpu_count": 16, "cpu_cmtbound": 1.0, "mem_size": 65536}
    return Inventory.build([HostRow(**{"id": f"h{n:03}", **common, **changes}) for n in range(count)])


def mixed(count: int, **changes) -> list[Request]:
    """Small, lean, fat and large servers in an order that suits nobody."""
    shapes = ((3, 20480), (5, 12288), (7, 30720), (2, 4096), (6, 10240), (9, 40960), (1, 8192))
    return [
        Request(vcpus=shapes[n * 5 % 11 % 7][0], memory_mib=shapes[n * 5 % 11 % 7][1], seed=str(n), **changes)
        for n in range(count)
    ]


@settings(deadline=None, max_examples=examples(60))
@given(world=worlds(), wanted=st.lists(requests(), min_size=1, max_size=4))
def test_no_plan_exceeds_anything_or_goes_where_a_filter_refuses(world, wanted):
    wanted = [attrs.evolve(one, seed=str(n)) for n, one in enumerate(wanted)]
    inventory = world.build()
    batch = plan_batch(inventory, wanted, effort=200)
    servers, rooms, ports, given = Counter(), Counter(), Counter(), Counter()
    cpus, memory = Counter(), Counter()
    for one, placements in zip(wanted, batch.placements, strict=True):
        kept = filter_hosts(inventory, attrs.evolve(one, count=1), FILTERS).kept
        sizes = {disk.index: disk.size_mib for disk in one.disks}
        for placement in placements:
            row = inventory.hosts.index[placement.host_id]
            assert kept[row]
            cpus[row] += one.vcpus
            memory[row] += one.memory_mib
            servers.update((room.name, placement.host_id) for room in one.rooms)
            for disk in placement.disks:
                rooms[inventory.storages.index[disk.storage_ids[0]]] += sizes[disk.index]
            ports.update(inventory.networks.index[nic.network_ids[0]] for nic in placement.nets)
            given.update(device.device_ids[0] for device in placement.devices)
    assert all(number <= inventory.hosts.cpu_free[row] for row, number in cpus.items())
    assert all(number <= inventory.hosts.mem_free_mib[row] for row, number in memory.items())
    assert all(size <= inventory.storages.free_mib[row] for row, size in rooms.items())
    assert all(number <= inventory.networks.free_ports[row] for row, number in ports.items())
    assert set(given.values()) <= {1}
    for room in {room.name: room for one in wanted for room in one.rooms}.values():
        for (_, host), number in servers.items():
            assert number + room.present.get(host, 0) <= room.most


@settings(deadline=None, max_examples=examples(30))
@given(world=worlds(), wanted=st.lists(requests(), min_size=1, max_size=4))
def test_it_is_whole_deterministic_and_never_worse_than_one_after_the_other(world, wanted):
    inventory = world.build()
    batch, again = plan_batch(inventory, wanted, effort=200), plan_batch(inventory, wanted, effort=200)
    single = plan_batch(inventory, wanted, effort=0)
    assert batch.placements == again.placements
    for position, one in enumerate(wanted):
        placed = len(batch.placements[position])
        assert placed in ((0, one.count) if not one.best_effort else range(one.count + 1))
        assert (position in batch.refusals) == (placed == 0)
    assert sum(map(len, batch.placements)) >= sum(map(len, single.placements))
    assert single.opened == single.singly == batch.singly
    if sum(map(len, batch.placements)) == sum(map(len, single.placements)):
        assert batch.opened <= single.opened
    pool = Pool(inventory)
    for one, placements in zip(wanted, batch.placements, strict=True):
        for placement in placements:
            pool.claim(one, placement)
    for name in ("cpu_free", "mem_free_mib", "guests"):
        assert getattr(pool.inventory().hosts, name).tolist() == getattr(batch.left.hosts, name).tolist()


def test_mixed_servers_open_fewer_hosts_than_one_after_the_other():
    batch = plan_batch(fleet(80), mixed(200))
    assert not batch.refusals
    assert batch.opened < batch.singly
    volume = max(sum(one.vcpus for one in mixed(200)) / 16, sum(one.memory_mib for one in mixed(200)) / 65536)
    assert volume <= batch.opened <= volume * 1.06
    assert sum(stranded(batch.left)) < 0.1


def test_what_does_not_fit_one_after_the_other_may_fit_together():
    wanted = [Request(vcpus=v, memory_mib=1024) for v in (3, 3, 4, 4, 5, 5, 8)]
    assert plan_batch(fleet(2), wanted, effort=0).refusals
    together = plan_batch(fleet(2), wanted)
    assert not together.refusals
    assert together.opened == 2


def test_hosts_in_use_are_filled_before_empty_ones():
    rows = [HostRow(id=f"h{n}", cpu_count=16, cpu_cmtbound=1.0, mem_size=65536) for n in range(4)]
    rows[2] = attrs.evolve(rows[2], guests=1, cpu_claimed=8, mem_claimed=32768)
    batch = plan_batch(Inventory.build(rows), [Request(vcpus=2, memory_mib=8192, seed=str(n)) for n in range(4)])
    assert batch.opened == 0
    assert {one.host_id for (one,) in batch.placements} == {"h2"}


def test_groups_tags_disks_and_networks_hold_in_a_batch():
    hosts = [HostRow(id=f"h{n}", cpu_count=16, cpu_cmtbound=1.0, mem_size=65536) for n in range(6)]
    storages = [StorageRow(id=f"s{n}", capacity=100) for n in range(6)]
    links = [(f"h{n}", f"s{n}") for n in range(6)]
    inventory = Inventory.build(
        hosts, storages, [NetworkRow(id="n", wire_id="w", free_ports=7)], links, [(f"h{n}", "w") for n in range(6)]
    )
    common = {"vcpus": 1, "memory_mib": 1024, "nets": (NicRequest(),), "is_admin": True}
    apart = Room(name="apart", most=1, present={"h0": 1})
    only = Mark(name="new", strategy="require", hosts=frozenset({"h4", "h5"}))
    wanted = [Request(**common, rooms=(apart,), disks=(DiskRequest(size_mib=60),), seed=str(n)) for n in range(4)]
    wanted += [Request(**common, marks=(only,), disks=(DiskRequest(size_mib=50),), seed=f"m{n}") for n in range(4)]
    batch = plan_batch(inventory, wanted)
    assert len(batch.refusals) == 1
    (refusal,) = batch.refusals.values()
    assert next(one.alone for one in refusal.removals if one.filter == "host_network") == 6
    grouped = [one.host_id for placements in batch.placements[:4] for one in placements]
    assert len(set(grouped)) == len(grouped)
    assert "h0" not in grouped
    assert {one.host_id for placements in batch.placements[4:] for one in placements} <= {"h4", "h5"}


def test_a_request_for_several_is_placed_whole_or_refused():
    wanted = [Request(vcpus=16, memory_mib=1024), Request(count=3, vcpus=9, memory_mib=1024), Request(vcpus=7)]
    batch = plan_batch(fleet(3), wanted)
    assert [len(placements) for placements in batch.placements] == [1, 0, 1]
    assert batch.refusals[1].fitting == 2
    some = [wanted[0], attrs.evolve(wanted[1], best_effort=True), wanted[2]]
    assert [len(placements) for placements in plan_batch(fleet(3), some).placements] == [1, 2, 1]


def test_an_empty_batch_and_an_empty_inventory_have_a_plan():
    assert plan_batch(fleet(2), ()).placements == ()
    batch = plan_batch(Inventory.build(()), [Request(), Request()])
    assert batch.placements == ((), ())
    assert batch.refusals[0].summary() == "no host fits: there are no hosts"


@pytest.mark.parametrize("steps", [1, 400])
def test_a_search_lays_all_that_fits_and_no_more(steps):
    draw = np.random.default_rng(5)
    demand = draw.integers(1, 9, (9, 2)) / 16
    puzzle = Puzzle(
        demand=demand,
        counts=np.full(9, 6),
        room=np.vstack((draw.uniform(0.2, 0.9, (5, 2)), np.ones((60, 2)))),
        empty=np.arange(65) >= 5,
        allowed=draw.random((65, 9)) < 0.9,
        groups=np.eye(2, 9, dtype=np.bool_),
        most=np.array([1, 2]),
        present=draw.integers(0, 2, (65, 2)),
    )
    found = laid(puzzle, steps)
    assert found.missing == 0
    assert found.opened >= puzzle.least()
    assert len({row for row, _ in found.fillings}) == len(found.fillings)
    assert (sum(filling for _, filling in found.fillings) == puzzle.counts).all()
    for row, filling in found.fillings:
        assert (filling @ demand <= puzzle.room[row] + 1e-6).all()
        assert puzzle.allowed[row][filling > 0].all()
        inside = puzzle.groups @ filling
        assert ((inside == 0) | (inside + puzzle.present[row] <= puzzle.most)).all()

"""What holds for every filter and every decision, on random inventories."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from itertools import product

import attrs
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.effort import examples
from tests.unit.scheduling.worlds import requests, worlds

from cloudcore.scheduling import Inventory, Occupant, Request, relaxations, schedule
from cloudcore.scheduling.allowance import is_about, takes
from cloudcore.scheduling.columns import UNLIMITED
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.forecast import candidates, forecast
from cloudcore.scheduling.relaxation import without
from cloudcore.scheduling.weighers import WEIGHERS

PROFILE = settings(deadline=None, max_examples=examples(12))


def masks(inventory: Inventory) -> st.SearchStrategy[np.ndarray]:
    size = len(inventory.hosts)
    return st.lists(st.booleans(), min_size=size, max_size=size).map(lambda bits: np.array(bits, dtype=np.bool_))


each_filter = pytest.mark.parametrize("one", FILTERS, ids=lambda one: one.name)


def test_every_filter_finds_hosts_to_keep_and_to_refuse_among_those_that_are_drawn():
    """Who adds a filter draws what it looks at in `worlds`: else nothing of what follows says anything about it."""
    seen: set[tuple[str, str]] = set()
    wanted = {(one.name, word) for one in FILTERS for word in ("keep", "refuse")}

    class DoneError(Exception):
        """Nothing is left to be seen."""

    @settings(deadline=None, max_examples=800, derandomize=True, database=None, phases=[Phase.generate])
    @given(world=worlds(), request=requests())
    def look(world, request):
        inventory = world.build()
        everyone = np.ones(len(inventory.hosts), dtype=np.bool_)
        for one in FILTERS:
            if (one.name, "refuse") in seen and (one.name, "keep") in seen:
                continue
            kept = one.apply(request, inventory, everyone).kept
            seen.update((one.name, "keep" if each else "refuse") for each in kept.tolist())
        if seen == wanted:
            raise DoneError

    with suppress(DoneError):
        look()
    assert sorted(wanted - seen) == []


@each_filter
@PROFILE
@given(world=worlds(), request=requests(), data=st.data())
def test_a_filter_keeps_a_part_of_what_it_was_given_and_changes_nothing(one, world, request, data):
    inventory = world.build()
    alive = data.draw(masks(inventory))
    before = alive.copy()
    alive.setflags(write=False)
    verdict = one.apply(request, inventory, alive)
    assert not (verdict.kept & ~before).any()
    assert (alive == before).all()
    if verdict.capacity is not None:
        assert (verdict.capacity[verdict.kept] >= 1).all()
    again = one.apply(request, inventory, verdict.kept)
    assert (again.kept == verdict.kept).all()


@each_filter
@PROFILE
@given(world=worlds(), request=requests(), data=st.data())
def test_a_filter_judges_each_host_for_itself_whatever_its_neighbours_and_place(one, world, request, data):
    inventory = world.build()
    everyone = np.ones(len(inventory.hosts), dtype=np.bool_)
    kept = one.apply(request, inventory, everyone).kept
    names = {row.id: f"x{n}" for n, row in enumerate(data.draw(st.permutations(world.hosts)))}
    renamed = attrs.evolve(
        world,
        hosts=tuple(attrs.evolve(row, id=names[row.id]) for row in world.hosts),
        host_storages=tuple((names[h], s) for h, s in world.host_storages if h in names),
        host_wires=tuple((names[h], w) for h, w in world.host_wires if h in names),
        devices=tuple(attrs.evolve(one, host_id=names[one.host_id]) for one in world.devices),
    ).build()
    moved = attrs.evolve(
        request,
        prefer_host=names.get(request.prefer_host, request.prefer_host),
        present_host=names.get(request.present_host, request.present_host),
        marks=tuple(
            attrs.evolve(mark, hosts=frozenset(names[host] for host in mark.hosts if host in names))
            for mark in request.marks
        ),
        rooms=tuple(
            attrs.evolve(room, present={names[host]: n for host, n in room.present.items() if host in names})
            for room in request.rooms
        ),
        apart=tuple(
            attrs.evolve(room, present={names[host]: n for host, n in room.present.items() if host in names})
            for room in request.apart
        ),
    )
    after = one.apply(moved, renamed, everyone).kept
    for ident, row in inventory.hosts.index.items():
        assert after[renamed.hosts.index[names[ident]]] == kept[row]
    alive = data.draw(masks(inventory))
    assert (one.apply(request, inventory, alive).kept == (kept & alive)).all()


@each_filter
@PROFILE
@given(world=worlds(), request=requests(), data=st.data())
def test_more_capacity_never_makes_a_filter_refuse(one, world, request, data):
    if one.name == "baremetal":
        # What is given out as a whole has to be exactly as it is wanted.
        request = attrs.evolve(request, hypervisor="kvm")
    more = st.integers(0, 5)
    richer = attrs.evolve(
        world,
        hosts=tuple(
            attrs.evolve(
                row,
                cpu_count=row.cpu_count + data.draw(more),
                mem_size=row.mem_size + data.draw(more),
                plugs={wire: number + data.draw(more) for wire, number in row.plugs.items()},
                nodes=tuple(
                    attrs.evolve(node, cpus=node.cpus + data.draw(more), memory_mib=node.memory_mib + data.draw(more))
                    for node in row.nodes
                ),
            )
            for row in world.hosts
        ),
        storages=tuple(attrs.evolve(row, capacity=row.capacity + data.draw(more)) for row in world.storages),
        networks=tuple(attrs.evolve(row, free_ports=row.free_ports + data.draw(more)) for row in world.networks),
        devices=tuple(attrs.evolve(row, free=True) for row in world.devices),
    ).build()
    inventory = world.build()
    everyone = np.ones(len(inventory.hosts), dtype=np.bool_)
    before, after = (one.apply(request, each, everyone) for each in (inventory, richer))
    assert not (before.kept & ~after.kept).any()
    if before.capacity is not None and after.capacity is not None:
        assert (after.capacity[before.kept] >= before.capacity[before.kept]).all()


@each_filter
@PROFILE
@given(world=worlds(), request=requests())
def test_a_filter_has_words_for_every_host_that_it_refuses(one, world, request):
    inventory = world.build()
    refused = np.flatnonzero(~one.apply(request, inventory, np.ones(len(inventory.hosts), dtype=np.bool_)).kept)
    for row in refused:
        assert one.explain(request, inventory, np.array([row]))
    if refused.size:
        assert one.explain(request, inventory, refused)


@settings(PROFILE, max_examples=examples(25))
@given(world=worlds(), request=requests())
def test_one_host_is_judged_without_columns_as_with_them(world, request):
    inventory = world.build()
    everyone = np.ones(len(inventory.hosts), dtype=np.bool_)
    rows = np.arange(len(inventory.hosts))
    for one in FILTERS:
        verdict = one.apply(request, inventory, everyone)
        capacity = np.full(len(rows), UNLIMITED) if verdict.capacity is None else verdict.capacity
        if one.probe is not None:
            probed = [one.probe(request, inventory, row) for row in rows.tolist()]
            assert probed == np.where(verdict.kept, capacity, 0).tolist()
            assert [number > 0 for number in probed] == verdict.kept.tolist()
        if one.refuse is not None:
            assert sorted(one.refuse(request, inventory)) == np.flatnonzero(~verdict.kept).tolist()
    for weigher in WEIGHERS:
        fits = np.arange(len(rows))
        scores = weigher.score(request, inventory, rows, fits)
        if weigher.probe is not None:
            assert [weigher.probe(request, inventory, row, row) for row in rows.tolist()] == scores.tolist()


@settings(PROFILE, max_examples=examples(40))
@given(world=worlds(), request=requests())
def test_placements_and_alternatives_together_never_exceed_any_capacity(world, request):
    inventory = world.build()
    decision = schedule(inventory, request)
    taken = decision.placements + decision.alternatives
    disks = {disk.index: disk.size_mib for disk in request.disks}
    per_host = Counter(inventory.hosts.index[one.host_id] for one in decision.placements)
    per_storage: Counter[int] = Counter()
    per_network: Counter[int] = Counter()
    per_device: Counter[str] = Counter()
    world_wire = {network.id: network.wire_id for network in world.networks}
    per_node = defaultdict(lambda: np.zeros(2))
    for one in taken:
        row = inventory.hosts.index[one.host_id]
        assert [disk.index for disk in one.disks] == ([] if request.hypervisor == "baremetal" else sorted(disks))
        assert sorted(nic.index for nic in one.nets) == sorted(nic.index for nic in request.nets)
        for disk in one.disks:
            attached = {inventory.storages.ids[s] for s in inventory.host_storages.of_row(row)}
            assert attached.issuperset(disk.storage_ids)
            assert len(set(disk.storage_ids)) == len(disk.storage_ids) > 0
            per_storage[inventory.storages.index[disk.storage_ids[0]]] += disks[disk.index]
        for nic in one.nets:
            wires = set(inventory.host_wires.of_row(row).tolist())
            assert all(inventory.networks.wire[inventory.networks.index[n]] in wires for n in nic.network_ids)
            per_network[inventory.networks.index[nic.network_ids[0]]] += 1
            asked = next(each for each in request.nets if each.index == nic.index)
            assert bool(nic.device_ids) == (asked.device is not None)
            per_device.update(nic.device_ids[:1])
            functions = [each for each in world.devices if each.id in nic.device_ids]
            on = {world_wire[ident] for ident in nic.network_ids} if functions else set()
            assert {(each.host_id, each.dev_type, each.free) for each in functions} <= {(one.host_id, "NIC", True)}
            assert {each.wire_id for each in functions} == on
            assert len(on) <= 1
        there = {node.id: node for node in next(each for each in world.hosts if each.id == one.host_id).nodes}
        assert bool(one.nodes) == bool(there)
        for share in one.nodes:
            per_node[one.host_id, share.node] += np.array([share.vcpus, share.memory_mib])
        if one.nodes:
            assert sum(share.vcpus for share in one.nodes) == request.vcpus
            assert sum(share.memory_mib for share in one.nodes) == request.memory_mib
            assert len({share.node for share in one.nodes}) == len(one.nodes)
            assert request.numa_nodes in (0, len(one.nodes))
        assert sorted(one.devices, key=lambda choice: choice.index) == list(one.devices)
        assert len(one.devices) == len(request.devices)
        per_device.update(device.device_ids[0] for device in one.devices)
        for choice, wanted in zip(one.devices, request.devices, strict=True):
            for ident in choice.device_ids:
                device = next(each for each in world.devices if each.id == ident)
                assert device.host_id == one.host_id
                assert device.free
                assert device.memory_mib >= wanted.memory_mib
                assert wanted.model in ("", device.model)
    assert set(per_device.values()) <= {1}
    for row, count in per_host.items():
        assert count * request.vcpus <= inventory.hosts.cpus_on(row, request)
        assert count * request.memory_mib <= inventory.hosts.memory_on(row, request)
        assert decision.walk.kept[row]
    for one in request.allowances:
        hosts = inventory.hosts
        servers = sum(is_about(one, hosts, hosts.index[each.host_id]) for each in taken)
        assert all(servers * takes(one, request, inventory).get(name, 0) <= free for name, free in one.free.items())
    for (host, ident), (cpus, memory) in per_node.items():
        row = inventory.hosts.index[host]
        place = inventory.hosts.node_ids[row].tolist().index(ident)
        assert cpus <= inventory.hosts.node_cpu_free[row, place]
        assert memory <= inventory.hosts.node_mem_free_mib[row, place]
    assert all(size <= inventory.storages.free_mib[row] for row, size in per_storage.items())
    assert all(count <= inventory.networks.free_ports[row] for row, count in per_network.items())


@PROFILE
@given(world=worlds(), request=requests(), data=st.data())
def test_a_decision_depends_on_inventory_and_request_alone(world, request, data):
    shuffled = attrs.evolve(
        world,
        hosts=tuple(data.draw(st.permutations(world.hosts))),
        storages=tuple(data.draw(st.permutations(world.storages))),
        networks=tuple(data.draw(st.permutations(world.networks))),
        host_storages=tuple(data.draw(st.permutations(world.host_storages))),
    )
    one, other = schedule(world.build(), request), schedule(shuffled.build(), request)
    assert one.placements == other.placements
    assert one.alternatives == other.alternatives
    assert one.refusal == other.refusal


@PROFILE
@given(world=worlds(), request=requests())
def test_the_count_is_met_or_refused_and_the_answer_has_the_shape_of_the_wire(world, request):
    decision = schedule(world.build(), request)
    if decision.refusal is None:
        wanted = decision.fitting if request.best_effort else request.count
        assert len(decision.placements) == wanted > 0
    else:
        assert decision.placements == ()
        assert decision.fitting == 0 or not request.best_effort
        assert decision.refusal.summary()
        assert sum(one.removed for one in decision.refusal.removals) == len(world.hosts) - decision.walk.kept.sum()
        assert all(one.removed <= one.alone and len(one.examples) <= 5 for one in decision.refusal.removals)
    assert decision.explain()
    assert len(candidates(decision)) == request.count
    answer = forecast(decision)
    assert answer["can_create"] == (answer["allow_count"] >= answer["req_count"] == request.count)
    assert bool(answer["not_allow_reasons"]) == (decision.fitting < request.count)
    assert len(answer["filtered_candidates"]) == len(world.hosts) - decision.walk.kept.sum()
    assert all(one["reasons"] and all(one["reasons"]) for one in answer["filtered_candidates"])


@settings(PROFILE, max_examples=examples(20))
@given(world=worlds(), request=requests())
def test_every_relaxation_fits_and_asks_for_no_more(world, request):
    inventory = world.build()
    there = [
        Occupant(id=f"g-{host.id}", host_id=host.id, vcpus=host.cpu_claimed, memory_mib=1)
        for host in world.hosts
        if host.cpu_claimed
    ]
    for relaxation in relaxations(inventory, request, there):
        relaxed = relaxation.request
        if relaxation.gone:
            gone = next(one for one in there if one.id == relaxation.gone)
            assert schedule(without(inventory, gone), relaxed).refusal is None
            continue
        assert relaxation.text
        assert schedule(inventory, relaxed).refusal is None
        assert relaxed.count <= request.count
        assert relaxed.vcpus <= request.vcpus
        assert relaxed.memory_mib <= request.memory_mib
        assert relaxed != attrs.evolve(request, best_effort=False)


def fits_by_trying(request: Request, inventory: Inventory, row: int) -> bool:
    """Try every way to put the disks onto the storages of a host."""
    attached = inventory.host_storages.of_row(row).tolist()
    for homes in product(attached, repeat=len(request.disks)):
        used: Counter[int] = Counter()
        for disk, home in zip(request.disks, homes, strict=True):
            used[home] += disk.size_mib
            if disk.backend and inventory.storages.storage_type[home] != disk.backend:
                break
            if disk.index == 0 and not inventory.storages.is_sys_disk_store[home]:
                break
            there = inventory.storages.ids[home]
            if any(m.is_hard and (there in m.storages) != (m.strategy == "require") for m in disk.marks):
                break
        else:
            if all(size <= inventory.storages.free_mib[home] for home, size in used.items()):
                return True
    return False


@settings(PROFILE, max_examples=examples(40))
@given(world=worlds(), request=requests().filter(lambda request: request.disks))
def test_packing_disks_agrees_with_trying_every_way(world, request):
    inventory = world.build()
    one = next(one for one in FILTERS if one.name == "host_storage")
    request = attrs.evolve(request, hypervisor="kvm")
    kept = one.apply(request, inventory, np.ones(len(inventory.hosts), dtype=np.bool_)).kept
    assert kept.tolist() == [fits_by_trying(request, inventory, row) for row in range(len(inventory.hosts))]
    only_disks = Request(disks=request.disks, ignore_filters=[f.name for f in FILTERS if f.name != "host_storage"])
    assert (schedule(inventory, only_disks).refusal is None) == kept.any()

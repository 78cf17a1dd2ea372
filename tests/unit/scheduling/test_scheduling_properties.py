"""What holds for every filter and every decision, on random inventories."""

from __future__ import annotations

from collections import Counter
from itertools import product

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.effort import examples

from cloudcore.scheduling import (
    DiskRequest,
    HostRow,
    Inventory,
    NetworkRow,
    NicRequest,
    Request,
    StorageRow,
    relaxations,
    schedule,
)
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.forecast import candidates, forecast

PROFILE = settings(deadline=None, max_examples=examples(12))
few = st.integers(0, 12)
backends = st.sampled_from(("local", "nfs"))


@attrs.frozen
class World:
    """The rows of an inventory, so that a test can change them and build again."""

    hosts: tuple[HostRow, ...]
    storages: tuple[StorageRow, ...]
    networks: tuple[NetworkRow, ...]
    host_storages: tuple[tuple[str, str], ...]
    host_wires: tuple[tuple[str, str], ...]

    def build(self) -> Inventory:
        return Inventory.build(self.hosts, self.storages, self.networks, self.host_storages, self.host_wires)


@st.composite
def worlds(draw) -> World:
    host_ids = [f"h{n}" for n in range(draw(st.integers(0, 6)))]
    storage_ids = [f"s{n}" for n in range(draw(st.integers(0, 6)))]
    network_ids = [f"n{n}" for n in range(draw(st.integers(0, 4)))]
    wires = ("w0", "w1")
    hosts = tuple(
        HostRow(
            id=ident,
            domain_id=draw(st.sampled_from(("", "", "d1"))),
            is_public=draw(st.booleans()),
            public_scope=draw(st.sampled_from(("system", "domain"))),
            shared_domain_ids=draw(st.sampled_from(((), ("",)))),
            zone_id=draw(st.sampled_from(("z1", "z2"))),
            enabled=draw(st.integers(0, 6)) > 0,
            host_status=draw(st.sampled_from(("online", "online", "online", "offline"))),
            architecture=draw(st.sampled_from(("x86_64", "amd64", "aarch64"))),
            resource_type=draw(st.sampled_from(("shared", "shared", "prepaid"))),
            cpu_count=draw(few),
            cpu_cmtbound=draw(st.sampled_from((1.0, 1.5, 2.0))),
            cpu_claimed=draw(st.integers(0, 4)),
            mem_size=draw(few),
            mem_cmtbound=1.0,
            mem_reserved=draw(st.integers(0, 2)),
            max_vcpu=draw(st.sampled_from((0, 2))),
            guests=draw(st.integers(0, 1)),
            project_guests=draw(st.sampled_from(({}, {"": 2}))),
        )
        for ident in host_ids
    )
    storages = tuple(
        StorageRow(
            id=ident,
            storage_type=draw(backends),
            capacity=draw(few),
            claimed=draw(st.integers(0, 3)),
            is_sys_disk_store=draw(st.integers(0, 4)) > 0,
        )
        for ident in storage_ids
    )
    networks = tuple(
        NetworkRow(
            id=ident,
            wire_id=draw(st.sampled_from(wires)),
            free_ports=draw(st.integers(0, 4)),
            is_exit=draw(st.integers(0, 4)) == 0,
            project_id=draw(st.sampled_from(("", "", "other"))),
            is_public=draw(st.booleans()),
            public_scope="system",
        )
        for ident in network_ids
    )
    pairs = st.lists(st.sampled_from(tuple(product(host_ids, storage_ids)) or (("", ""),)), max_size=16)
    plugs = st.lists(st.sampled_from(tuple(product(host_ids, wires)) or (("", ""),)), max_size=8)
    return World(hosts, storages, networks, tuple(draw(pairs)), tuple(draw(plugs)))


@st.composite
def requests(draw) -> Request:
    sizes = draw(st.lists(st.integers(1, 6), max_size=4))
    nics = draw(st.lists(st.sampled_from(("", "", "n0", "n1")), max_size=3))
    return Request(
        count=draw(st.integers(1, 6)),
        vcpus=draw(st.integers(0, 3)),
        memory_mib=draw(st.integers(0, 4)),
        disks=[
            DiskRequest(size_mib=size, backend=draw(st.sampled_from(("", "local"))), index=n)
            for n, size in enumerate(sizes)
        ],
        nets=[
            NicRequest(network_id=network, exit=draw(st.integers(0, 5)) == 0, index=n) for n, network in enumerate(nics)
        ],
        arch=draw(st.sampled_from(("", "", "x86_64"))),
        resource_type=draw(st.sampled_from(("shared", "shared", "shared", "prepaid"))),
        prefer_zone=draw(st.sampled_from(("", "", "z1"))),
        prefer_wire=draw(st.sampled_from(("", "", "w1"))),
        prefer_host=draw(st.sampled_from(("", "", "", "h1"))),
        seed=draw(st.sampled_from(("a", "b"))),
        best_effort=draw(st.booleans()),
    )


def masks(inventory: Inventory) -> st.SearchStrategy[np.ndarray]:
    size = len(inventory.hosts)
    return st.lists(st.booleans(), min_size=size, max_size=size).map(lambda bits: np.array(bits, dtype=np.bool_))


each_filter = pytest.mark.parametrize("one", FILTERS, ids=lambda one: one.name)


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
    ).build()
    moved = attrs.evolve(request, prefer_host=names.get(request.prefer_host, request.prefer_host))
    after = one.apply(moved, renamed, everyone).kept
    for ident, row in inventory.hosts.index.items():
        assert after[renamed.hosts.index[names[ident]]] == kept[row]
    alive = data.draw(masks(inventory))
    assert (one.apply(request, inventory, alive).kept == (kept & alive)).all()


@each_filter
@PROFILE
@given(world=worlds(), request=requests(), data=st.data())
def test_more_capacity_never_makes_a_filter_refuse(one, world, request, data):
    more = st.integers(0, 5)
    richer = attrs.evolve(
        world,
        hosts=tuple(
            attrs.evolve(row, cpu_count=row.cpu_count + data.draw(more), mem_size=row.mem_size + data.draw(more))
            for row in world.hosts
        ),
        storages=tuple(attrs.evolve(row, capacity=row.capacity + data.draw(more)) for row in world.storages),
        networks=tuple(attrs.evolve(row, free_ports=row.free_ports + data.draw(more)) for row in world.networks),
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
    for one in taken:
        row = inventory.hosts.index[one.host_id]
        assert [disk.index for disk in one.disks] == sorted(disks)
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
    for row, count in per_host.items():
        assert count * request.vcpus <= inventory.hosts.cpu_free[row]
        assert count * request.memory_mib <= inventory.hosts.mem_free_mib[row]
        assert decision.walk.kept[row]
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
    for relaxation in relaxations(inventory, request):
        relaxed = relaxation.request
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
        else:
            if all(size <= inventory.storages.free_mib[home] for home, size in used.items()):
                return True
    return False


@settings(PROFILE, max_examples=examples(40))
@given(world=worlds(), request=requests().filter(lambda request: request.disks))
def test_packing_disks_agrees_with_trying_every_way(world, request):
    inventory = world.build()
    one = next(one for one in FILTERS if one.name == "host_storage")
    kept = one.apply(request, inventory, np.ones(len(inventory.hosts), dtype=np.bool_)).kept
    assert kept.tolist() == [fits_by_trying(request, inventory, row) for row in range(len(inventory.hosts))]
    only_disks = Request(disks=request.disks, ignore_filters=[f.name for f in FILTERS if f.name != "host_storage"])
    assert (schedule(inventory, only_disks).refusal is None) == kept.any()

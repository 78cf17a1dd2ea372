"""A pool: whatever happened to it, it answers as a fresh look at everything would."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.effort import examples
from tests.unit.scheduling.worlds import kept, requests, times, worlds

from cloudcore.model.errors import OutOfRangeError, ResourceNotFoundError
from cloudcore.scheduling import (
    DeviceRequest,
    DeviceRow,
    DiskRequest,
    Inventory,
    Kept,
    NetworkRow,
    NicRequest,
    Placement,
    Pool,
    Request,
    Room,
    schedule,
)
from cloudcore.scheduling.changes import MOST_KEPT
from cloudcore.scheduling.columns import Coded
from cloudcore.scheduling.filling import leaving_of
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.horizon import HORIZON
from cloudcore.scheduling.verdict import Filter, Reads, Verdict
from cloudcore.scheduling.weighers import WEIGHERS


def agree(pool: Pool, request: Request, **changes) -> None:
    """Compare an answer with that of the pure function on the same columns."""
    answer = pool.decide(request, spare=2)
    fresh = schedule(pool.inventory(), request, spare=2, **changes)
    assert answer.placements == fresh.placements
    assert answer.alternatives == fresh.alternatives
    assert pool.decide(request).placements == schedule(pool.inventory(), request, spare=0, **changes).placements
    assert (answer.refusal is None) == (fresh.refusal is None)


@settings(deadline=None, max_examples=examples(60))
@given(world=worlds(), shapes=st.lists(requests(), min_size=1, max_size=3), data=st.data())
def test_after_any_changes_it_answers_as_a_fresh_look(world, shapes, data):
    pool = Pool(world.build())
    placed: list[tuple[Request, Placement]] = []
    rows = {row.id: row for row in world.hosts}
    for step in range(data.draw(st.integers(1, 12))):
        request = attrs.evolve(data.draw(st.sampled_from(shapes)), seed=str(step))
        request = attrs.evolve(request, count=data.draw(st.sampled_from((1, 1, 1, request.count))))
        kinds = ("place", "place", "place", "release", "refresh", "host", "storage", "network", "time", "kept")
        what = data.draw(st.sampled_from(kinds))
        if what == "release" and placed:
            pool.release(*placed.pop(data.draw(st.integers(0, len(placed) - 1))))
        elif what == "refresh" and rows:
            ident = data.draw(st.sampled_from(sorted(rows)))
            rows[ident] = attrs.evolve(
                rows[ident],
                mem_size=data.draw(st.integers(0, 12)),
                host_status=data.draw(st.sampled_from(("online", "offline"))),
                zone_id=data.draw(st.sampled_from(("z1", "z1", "z9"))),
                is_public=data.draw(st.booleans()),
                packs=data.draw(st.booleans()),
                project_guests=data.draw(st.sampled_from(({}, {"": 1}, {"other": 3}))),
            )
            pool.refresh(rows[ident])
        elif what == "host" and rows:
            left = {"cpu_free": data.draw(st.integers(0, 9)), "mem_free_mib": data.draw(st.integers(0, 12))}
            pool.set_host(data.draw(st.sampled_from(sorted(rows))), guests=step, generation=step, **left)
        elif what == "storage" and world.storages:
            pool.set_storage(data.draw(st.sampled_from(world.storages)).id, data.draw(st.integers(0, 500)))
        elif what == "network" and world.networks:
            pool.set_network(data.draw(st.sampled_from(world.networks)).id, data.draw(st.integers(0, 80)))
        elif what == "kept":
            pool.set_kept({ident: data.draw(kept) or Kept() for ident in sorted(rows)})
        elif what == "time":
            lines = [data.draw(times) or (0.0,) * len(HORIZON) for _ in rows]
            pool.set_leaving(np.array(lines).reshape(len(rows), len(HORIZON)))
        agree(pool, request)
        if what == "place":
            placed += [(request, placement) for placement in pool.place(request).placements]


def test_claims_are_taken_and_given_back(make):
    inventory = Inventory.build(
        [make.host("a", generation=7)],
        [make.storage("s-a", 100)],
        [NetworkRow(id="n1", wire_id="w1", free_ports=3)],
        [("a", "s-a")],
        [("a", "w1")],
        [DeviceRow(id="g1", host_id="a", dev_type="GPU")],
    )
    pool = Pool(inventory)
    request = Request(
        vcpus=2,
        memory_mib=1000,
        project_id="p",
        disks=[DiskRequest(size_mib=30)],
        nets=[NicRequest()],
        devices=[DeviceRequest(dev_type="GPU")],
        is_admin=True,
    )
    (placement,) = pool.place(request).placements
    assert [choice.device_ids for choice in placement.devices] == [("g1",)]
    taken = pool.inventory()
    assert (taken.hosts.cpu_free[0], taken.hosts.mem_free_mib[0], taken.hosts.guests[0]) == (6, 7192, 1)
    assert (taken.storages.free_mib[0], taken.networks.free_ports[0], taken.devices.free[0]) == (70, 2, False)
    assert (taken.hosts.generation[0], taken.hosts.guests_of("p", 0)) == (8, 1)
    refusal = pool.decide(request).refusal
    assert refusal is not None
    assert "host_isolated_device (device 0 (GPU): request: 1, free: 0)" in refusal.summary()
    pool.release(request, placement)
    left = pool.inventory()
    assert (left.hosts.cpu_free[0], left.hosts.mem_free_mib[0], left.hosts.guests[0]) == (8, 8192, 0)
    assert (left.storages.free_mib[0], left.networks.free_ports[0], left.devices.free[0]) == (100, 3, True)
    assert pool.decide(request).refusal is None
    assert (inventory.hosts.cpu_free[0], taken.hosts.cpu_free[0]) == (8, 6)


@settings(deadline=None, max_examples=examples(30))
@given(world=worlds(), request=requests())
def test_many_are_claimed_as_one_after_the_other(world, request):
    together, singly = Pool(world.build()), Pool(world.build())
    for placement in together.place(request).placements:
        singly.claim(request, placement)
    one, two = together.inventory(), singly.inventory()
    for name in ("cpu_free", "mem_free_mib", "guests", "generation"):
        assert getattr(one.hosts, name).tolist() == getattr(two.hosts, name).tolist()
    assert one.hosts.crowds == two.hosts.crowds
    assert one.storages.free_mib.tolist() == two.storages.free_mib.tolist()
    assert one.networks.free_ports.tolist() == two.networks.free_ports.tolist()
    assert one.devices.free.tolist() == two.devices.free.tolist()


def test_what_is_not_in_the_inventory_is_not_found(make):
    pool = Pool(make.inventory([make.host("a")]))
    (placement,) = pool.decide(Request()).placements
    for wrong in (
        lambda: pool.claim(Request(), attrs.evolve(placement, host_id="x")),
        lambda: pool.refresh(make.host("x")),
        lambda: pool.set_host("x", cpu_free=1, mem_free_mib=1, guests=0, generation=0),
        lambda: pool.set_storage("x", 1),
        lambda: pool.set_network("x", 1),
    ):
        with pytest.raises(ResourceNotFoundError):
            wrong()
    assert pool.inventory().hosts.cpu_free.tolist() == [8]


def test_a_group_holds_though_its_servers_differ_between_requests(make):
    pool = Pool(make.inventory([make.host(ident) for ident in "abcd"]))
    present: dict[str, int] = {}
    for number in range(4):
        request = Request(rooms=(Room(name="g", most=1, present=dict(present)),), seed=str(number))
        (placement,) = pool.place(request).placements
        assert placement.host_id not in present
        present[placement.host_id] = 1
    assert pool.decide(Request(rooms=(Room(name="g", most=1, present=present),))).refusal is not None


def test_a_filter_without_probe_is_asked_with_the_columns_of_the_changed_hosts(make):
    seen: list[int] = []

    def lonely(_request, inventory, alive):
        seen.append(len(alive))
        return Verdict(alive & (inventory.hosts.guests == 0))

    own = (*FILTERS, Filter(name="lonely", reason="", apply=lonely, explain=lambda *_: "crowded"))
    pool = Pool(make.inventory([make.host(f"h{n}") for n in range(30)]), filters=own)
    for number in range(5):
        agree(pool, Request(seed=str(number)), filters=own)
        pool.place(Request(seed=str(number)))
    assert 1 in seen
    assert len(set(np.flatnonzero(pool.inventory().hosts.guests))) == 5


def test_a_particular_filter_has_to_say_which_hosts_it_refuses(make):
    own = (Filter(name="odd", reason="", apply=FILTERS[0].apply, explain=lambda *_: "", reads=Reads.PARTICULAR),)
    with pytest.raises(TypeError, match="odd"):
        Pool(make.inventory([make.host("a")]), filters=own).decide(Request())


def test_a_shape_that_was_asked_long_ago_looks_at_everything_again(make):
    pool = Pool(make.inventory([make.host("a", cpu_count=64), make.host("b", cpu_count=64)]))
    agree(pool, Request(vcpus=3))
    other = Request(memory_mib=1)
    for _ in range(MOST_KEPT + 10):
        (placement,) = pool.place(other).placements
        pool.release(other, placement)
    (placement,) = pool.place(other).placements
    agree(pool, Request(vcpus=3))


def test_packing_weights_hold_in_a_pool_too(make):
    pack = tuple(attrs.evolve(one, weight=-one.weight) for one in WEIGHERS)
    pool = Pool(make.inventory([make.host(ident) for ident in "abc"]), weighers=pack)
    hosts = [pool.place(Request(seed=str(n))).placements[0].host_id for n in range(8)]
    assert len(set(hosts)) == 1


@settings(deadline=None, max_examples=examples(30))
@given(world=worlds(), other=worlds())
def test_a_pool_with_the_rows_of_hosts_taken_over_is_as_one_that_is_made_of_them(world, other):
    pool = Pool(world.build())
    known = {row.id: row for row in other.hosts}
    rows = tuple(known.get(row.id, row) for row in world.hosts)
    for row in rows:
        pool.refresh(row)
    have, wanted = pool.inventory().hosts, attrs.evolve(world, hosts=rows).build().hosts
    for field in attrs.fields(type(wanted)):
        one, two = getattr(have, field.name), getattr(wanted, field.name)
        if field.name == "leaving":
            two = leaving_of(rows, one.shape[1])  # that a host is empty is said in each column that there is
        if isinstance(two, Coded):
            assert [one[row] for row in range(len(have))] == [two[row] for row in range(len(have))]
        elif isinstance(two, np.ndarray) and two.ndim == 2:
            # Lines that are filled up are as those that are not.
            assert not set(one[:, two.shape[1] :].ravel().tolist()) - {-1, 0}
            assert one[:, : two.shape[1]].tolist() == two.tolist()
        elif isinstance(two, np.ndarray):
            assert one.tolist() == two.tolist()
        elif field.name == "sharing":
            for domain in ("", "d1", "d2"):
                assert one.for_domain(domain).tolist() == two.for_domain(domain).tolist()
        elif field.name != "memo":
            assert one == two


@pytest.mark.parametrize("wrong", [{"mem_claimed": -1}, {"cpu_cmtbound": float("nan")}, {"guests": 1 << 60}])
def test_an_amount_that_is_out_of_range_is_not_taken_over(make, wrong):
    pool = Pool(make.inventory([make.host("a")]))
    with pytest.raises(OutOfRangeError):
        pool.refresh(make.host("a", **wrong))
    assert pool.decide(Request()).refusal is None

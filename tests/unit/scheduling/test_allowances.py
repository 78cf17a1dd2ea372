"""What limits leave of a region or zone bounds where servers go, together and not only host by host."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from cloudcore.scheduling import (
    Allowance,
    DeviceRequest,
    DiskRequest,
    Inventory,
    NetworkRow,
    NicRequest,
    Pool,
    Request,
    plan_batch,
    relaxations,
    schedule,
)
from cloudcore.scheduling.allowance import takes
from cloudcore.scheduling.capacity import capacity
from cloudcore.scheduling.forecast import explanation
from cloudcore.scheduling.wishes import Wish, play


@pytest.fixture
def two_zones(make) -> Inventory:
    places = {"a": "z1", "b": "z1", "c": "z2", "d": "z2"}
    return make.inventory([make.host(ident, zone_id=zone, region_id="r1") for ident, zone in places.items()])


def limited(zone: str, **free: int) -> tuple[Allowance, ...]:
    return (Allowance(name=f"project ({zone})", owner="p", zone=zone, free=free),)


def test_a_server_goes_where_the_limit_is_not_reached(two_zones):
    request = Request(vcpus=2, memory_mib=1024, allowances=limited("z1", cpu=1))
    for seed in "abcdefgh":
        decision = schedule(two_zones, attrs.evolve(request, seed=seed))
        assert decision.placements[0].host_id in "cd"
        assert {one.host_id for one in decision.alternatives} <= {"c", "d"}


def test_hosts_that_share_a_limit_take_no_more_than_it_leaves_together(two_zones):
    request = Request(count=4, vcpus=2, allowances=limited("z1", cpu=3))
    placed = [one.host_id for one in schedule(two_zones, request).placements]
    assert sum(host in "ab" for host in placed) == 1
    only = attrs.evolve(request, prefer_zone="z1")
    decision = schedule(two_zones, only)
    assert decision.fitting == 1
    assert decision.refusal is not None
    assert [one.filter for one in decision.refusal.removals if one.limits] == ["quota"]


def test_a_refusal_tells_the_limit_and_what_would_help(two_zones):
    request = Request(vcpus=4, memory_mib=10, prefer_zone="z1", allowances=limited("z1", cpu=3, memory=100))
    refusal = schedule(two_zones, request).refusal
    assert refusal is not None
    (removal,) = [one for one in refusal.removals if one.filter == "quota"]
    assert (removal.removed, removal.alone) == (2, 2)
    assert removal.text == "project (z1) cpu: request: 4, left: 3"
    found = relaxations(two_zones, request)
    texts = [one.text for one in found]
    assert "any zone instead of z1" in texts
    assert "CPUs 3 instead of 4" in texts
    assert "with a higher limit of project (z1)" in texts
    assert "quota" in str(explanation(refusal, found))


def test_limits_count_disks_devices_and_cards(make):
    networks = [
        NetworkRow(id="n1", wire_id="w1", free_ports=9),
        NetworkRow(id="out", wire_id="w1", free_ports=9, is_exit=True),
    ]
    inventory = make.inventory([make.host("a", zone_id="z1")], networks=networks)
    request = Request(
        vcpus=2,
        memory_mib=512,
        disks=[DiskRequest(size_mib=10), DiskRequest(size_mib=5, index=1)],
        nets=[NicRequest(), NicRequest(exit=True, index=1), NicRequest(network_id="out", index=2)],
        devices=[DeviceRequest(dev_type="GPU-HPC")],
    )
    assert takes(Allowance(name="one", free={}, each={"cpu": 3}), request, inventory) == {"cpu": 3}
    assert takes(Allowance(name="one", free={}), request, inventory) == {
        "count": 1,
        "cpu": 2,
        "memory": 512,
        "storage": 15,
        "isolated_device": 1,
        "port": 1,
        "eport": 2,
    }


def test_a_region_and_a_zone_are_met_together(two_zones):
    nowhere = Allowance(name="project", region="r2", zone="z1", free={"count": 0})
    assert schedule(two_zones, Request(allowances=(nowhere,))).walk.kept.all()
    everywhere = Allowance(name="project", region="r1", free={"count": 0})
    assert not schedule(two_zones, Request(allowances=(everywhere,))).walk.kept.any()
    assert schedule(two_zones, Request(allowances=(everywhere,), ignore_filters=["quota"])).refusal is None


def test_a_pool_keeps_no_shape_for_what_limits_leave(two_zones):
    pool = Pool(two_zones)
    for left in (0, 1, 0):
        request = Request(vcpus=1, allowances=limited("z1", count=left), seed="s")
        assert pool.decide(request).placements == schedule(two_zones, request, spare=0).placements


def test_requests_of_one_owner_share_a_limit(two_zones):
    wanted = [Request(vcpus=1, prefer_zone="z1", allowances=limited("z1", cpu=3), seed=str(n)) for n in range(4)]
    batch = plan_batch(two_zones, wanted)
    assert sum(map(len, batch.placements)) == 3
    wishes = [Wish(at=f"2030-01-0{n + 1}", request=one) for n, one in enumerate(wanted)]
    assert [one.placed for one in play(two_zones, wishes)] == [1, 1, 1, 0]
    ending = [attrs.evolve(wishes[0], until="2030-01-03"), *wishes[1:]]
    assert [one.placed for one in play(two_zones, ending)] == [1, 1, 1, 1]


def test_capacity_says_where_a_limit_bounds_it(two_zones):
    found = capacity(two_zones, Request(vcpus=1, allowances=limited("z1", count=3)))
    assert dict(found.zones) == {"z1": 3, "z2": 16}
    assert dict(found.bounds) == {"quota": 2, "host_cpu": 2}
    full = capacity(two_zones, Request(vcpus=1, allowances=limited("z1", count=0)))
    assert dict(full.zones) == {"z2": 16}
    assert [(name, number) for name, number, _ in full.removed] == [("quota", 2)]


def test_nothing_is_looked_at_without_limits(two_zones):
    everyone = np.ones(len(two_zones.hosts), dtype=np.bool_)
    (step,) = [one for one in schedule(two_zones, Request()).walk.steps if one.filter.name == "quota"]
    assert step.filter.apply(Request(), two_zones, everyone).kept is everyone
    assert step.capacity is None

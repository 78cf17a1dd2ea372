"""How long servers stay: what is learned of lives that are known, and where that sends the next one."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.effort import examples

from cloudcore.model.errors import OutOfRangeError
from cloudcore.scheduling import HORIZON, HostRow, Life, Lifetimes, Pool, Request, schedule
from cloudcore.scheduling.lifetimes import leaving, span
from cloudcore.scheduling.replay import compared

HOURS = np.array(HORIZON)
lives = st.builds(
    lambda keys, since, more, ended: Life(keys=keys, since=since, hours=since + more, ended=ended),
    st.sampled_from(((), ("p",), ("p", "small"), ("q", "small"))),
    st.sampled_from((0.0, 0.0, 3.0)),
    st.floats(0, 5000),
    st.booleans(),
)


@settings(deadline=None, max_examples=examples(20))
@given(known=st.lists(lives, max_size=12), data=st.data())
def test_it_is_pure_and_order_free_and_the_longer_ahead_the_fewer_are_there(known, data):
    mixed = data.draw(st.permutations(known))
    one, other = Lifetimes.of(known), Lifetimes.of(mixed)
    for keys in ((), ("p",), ("p", "small"), ("unknown", "small")):
        for age in (0.0, 0.3, 40.0, 1e5):
            found = one.stays(keys, age=age)
            assert found == other.stays(keys, age=age)
            assert list(found) == sorted(found, reverse=True)
            assert all(0 <= each <= 1 for each in found)
            Request(stays=found)


@pytest.mark.parametrize("mean", [2.0, 30.0, 400.0])
def test_lives_without_memory_are_found_whatever_the_age(mean):
    drawn = np.random.default_rng(5).exponential(mean, 20_000)
    known = Lifetimes.of(Life(hours=float(hours)) for hours in drawn)
    for age in (0.0, mean):
        assert np.abs(np.array(known.stays(age=age)) - np.exp(-HOURS / mean)).max() < 0.04
    assert known.hours() == pytest.approx(mean, rel=0.06)


def test_who_is_still_there_counts_and_lives_that_ended_before_watching_began_are_not_missed():
    draw = np.random.default_rng(6)
    start, hours = draw.uniform(0, 400, 40_000), draw.exponential(200, 40_000)
    watched = [
        Life(hours=min(end, 300.0) - begin, since=max(200.0 - begin, 0.0), ended=end < 300)
        for begin, end in zip(start.tolist(), (start + hours).tolist(), strict=True)
        if begin < 300 and end > 200
    ]
    known = Lifetimes.of(watched)
    assert np.abs(np.array(known.stays(age=10.0)) - np.exp(-HOURS / 200)).max() < 0.06
    only_ended = Lifetimes.of(one for one in watched if one.ended)
    assert only_ended.hours() < 0.7 * known.hours()


def test_of_lives_that_are_short_mostly_those_that_are_not_last():
    draw = np.random.default_rng(7)
    drawn = np.concatenate([draw.exponential(0.3, 9000), draw.exponential(500, 1000)])
    known = Lifetimes.of(Life(hours=float(hours)) for hours in drawn)
    assert known.hours() == pytest.approx(50, rel=0.2)
    assert known.hours(age=10.0) == pytest.approx(480, rel=0.15)


def test_a_group_is_judged_by_itself_where_much_is_known_and_as_the_coarser_one_where_little_is():
    draw = np.random.default_rng(8)
    known = Lifetimes.of(
        [
            *[Life(keys=("busy", "s"), hours=float(hours)) for hours in draw.exponential(1, 2000)],
            *[Life(keys=("calm", "s"), hours=float(hours)) for hours in draw.exponential(200, 2000)],
            Life(keys=("calm", "rare"), hours=150.0),
        ]
    )
    assert 1 < known.hours(("busy",)) < 1.5
    assert known.hours(("calm", "s")) == pytest.approx(200, rel=0.1)
    assert known.hours(("calm", "rare")) == pytest.approx(known.hours(("calm",)), rel=0.2)
    assert known.hours(("calm", "new")) == known.hours(("calm",))
    assert known.hours(("nobody",)) == known.hours()


def test_without_any_data_a_server_stays_as_long_again_and_an_end_that_is_known_holds():
    nothing = Lifetimes.of(())
    assert nothing.stays(age=63.0)[HORIZON.index(64.0)] == pytest.approx(0.5, abs=0.05)
    assert nothing.stays(ends_in=8.0)[HORIZON.index(8.0) :] == (0.0,) * 9
    assert nothing.stays(ends_in=8.0)[0] == nothing.stays()[0]


@pytest.mark.parametrize("wrong", [Life(hours=-1.0), Life(hours=float("nan")), Life(hours=1.0, since=2.0)])
def test_lives_that_cannot_be_are_refused(wrong):
    with pytest.raises(OutOfRangeError, match="hours"):
        Lifetimes.of([wrong])


@pytest.mark.parametrize("wrong", [(0.5,), (2.0,) * len(HORIZON), (-0.1,) * len(HORIZON)])
def test_probabilities_that_cannot_be_are_refused(wrong):
    with pytest.raises(OutOfRangeError, match="stays"):
        Request(stays=wrong)
    with pytest.raises(OutOfRangeError, match="leaving"):
        HostRow(id="a", leaving=wrong)


def gone_after(hours: float) -> tuple[float, ...]:
    return tuple(float(hour >= hours) for hour in HORIZON)


def test_a_server_goes_where_it_keeps_no_host_from_becoming_empty_and_the_comparison_says_so(make):
    hosts = [
        make.host("full", packs=True, guests=5, cpu_claimed=7, mem_claimed=7168, leaving=gone_after(8)),
        make.host("long", packs=True, guests=1, cpu_claimed=1, mem_claimed=1024, leaving=gone_after(512)),
        make.host("empty", packs=True),
    ]
    inventory = make.inventory(hosts)
    request = Request(vcpus=1, memory_mib=1024)
    stays = Lifetimes.of([Life(hours=h) for h in (300.0, 310.0, 320.0) * 40]).stays()
    assert schedule(inventory, request).placements[0].host_id == "full"
    for pool in (Pool(inventory), Pool(make.inventory([attrs.evolve(host, leaving=()) for host in hosts]))):
        pool.set_leaving(inventory.hosts.leaving)
        assert pool.decide(attrs.evolve(request, stays=stays)).placements[0].host_id == "long"
        assert pool.decide(request).placements[0].host_id == "full"
    brief = tuple(float(hour < 4) for hour in HORIZON)
    assert schedule(inventory, attrs.evolve(request, stays=brief)).placements[0].host_id == "full"
    parts = {one.host_id: dict(one.parts)["lasting"] for one in compared(inventory, attrs.evolve(request, stays=stays))}
    assert parts["long"] > parts["full"] > parts["empty"] == 0


def test_an_empty_host_comes_last_and_hosts_that_are_spread_do_not_care(make):
    about = {"cpu_claimed": 1, "mem_claimed": 1024, "guests": 1}
    soon, late = ({"leaving": gone_after(hours), **about} for hours in (0.5, 2048))
    stays = (1.0,) * len(HORIZON)
    request = Request(vcpus=1, memory_mib=1024, stays=stays)
    packing = make.inventory([make.host("a", packs=True), make.host("b", packs=True, **soon)])
    assert schedule(packing, request).placements[0].host_id == "b"
    spread = make.inventory([make.host("a"), make.host("b", **late)])
    assert schedule(spread, request).placements[0].host_id == "a"


def test_a_pool_knows_when_a_host_becomes_empty_after_claims_and_releases(make):
    inventory = make.inventory([make.host("a", packs=True, leaving=(1.0,) * len(HORIZON)), make.host("b", packs=True)])
    pool, half = Pool(inventory), (0.5,) * len(HORIZON)
    request = Request(vcpus=1, memory_mib=1024, stays=half, prefer_host="a")
    first, second = (pool.place(request).placements[0] for _ in range(2))
    assert pool.present.hosts.leaving[0].tolist() == [0.25] * len(HORIZON)
    pool.release(request, first)
    assert pool.present.hosts.leaving[0].tolist() == [0.5] * len(HORIZON)
    assert pool.present.hosts.leaving[1].tolist() == [1.0] * len(HORIZON)
    pool.claim(attrs.evolve(request, stays=()), first)
    assert pool.present.hosts.leaving[0].tolist() == [0.0] * len(HORIZON)
    for placement in (first, second):
        pool.release(request, placement)
    assert pool.present.hosts.leaving[0].tolist() == [1.0] * len(HORIZON)


def test_a_host_is_empty_when_all_its_servers_are_gone():
    half = np.full((3, len(HORIZON)), 0.5)
    found = leaving(3, np.array([0, 0, 2]), half)
    assert found[:, 0].tolist() == [0.25, 1.0, 0.5]
    assert span(np.array([0.0, 1.0, 1e9])).tolist() == sorted(span(np.array([0.0, 1.0, 1e9])).tolist())

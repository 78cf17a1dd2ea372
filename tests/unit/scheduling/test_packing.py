"""Hosts that pack: filled one after the other, whatever else a spread would look at."""

from __future__ import annotations

from collections import Counter

import attrs
import pytest

from cloudcore.scheduling import Mark, Pool, Request, Room, schedule
from cloudcore.scheduling.verdict import Reads
from cloudcore.scheduling.weighers.pack import PACK


def on(decision) -> Counter[str]:
    return Counter(one.host_id for one in decision.placements)


def test_the_fullest_host_is_filled_before_the_next_one_and_an_empty_one_comes_last(make):
    inventory = make.inventory(
        [
            make.host("a", packs=True),
            make.host("b", packs=True, cpu_claimed=2, mem_claimed=2048, guests=1),
            make.host("c", packs=True),
        ]
    )
    wanted = Request(count=8, vcpus=1, memory_mib=1024)
    decision = schedule(inventory, wanted)
    assert on(decision)["b"] == 6
    assert len(on(decision)) == 2
    assert {one.host_id for one in decision.alternatives} <= {"a", "c"}
    pool = Pool(inventory)
    singly = Counter(pool.place(attrs.evolve(wanted, count=1)).placements[0].host_id for _ in range(8))
    assert sorted(singly.values()) == [2, 6]
    assert singly["b"] == 6


def test_neither_busy_creation_nor_guests_of_the_project_drive_servers_apart(make):
    inventory = make.inventory(
        [
            make.host("a", packs=True, cpu_claimed=1, mem_claimed=1024, creating=3, project_guests={"p": 3}),
            make.host("b", packs=True),
        ]
    )
    assert on(schedule(inventory, Request(vcpus=1, memory_mib=1024, project_id="p", is_admin=True))) == {"a": 1}


def test_groups_and_tags_hold_where_hosts_pack(make):
    inventory = make.inventory([make.host(ident, packs=True) for ident in "abcd"])
    room = Room(name="apart", most=1, present={"a": 1})
    marks = (Mark(name="new", strategy="prefer", hosts=frozenset("cd")),)
    decision = schedule(inventory, Request(count=3, vcpus=1, memory_mib=1024, rooms=(room,), marks=marks))
    assert on(decision) == {"b": 1, "c": 1, "d": 1}
    assert [one.host_id for one in decision.placements][-1] == "b"


@pytest.mark.parametrize(
    ("count", "present", "found"),
    [
        (3, {}, [1, 1, 1]),
        (2, {"a": 1}, [1, 1]),
        (4, {}, [2, 2]),
        (6, {}, [2, 2, 2]),
        (9, {}, [4, 4, 1]),
        (3, {"a": 2, "b": 2, "c": 2}, [2, 1]),
    ],
)
def test_a_group_that_does_not_insist_is_apart_as_far_as_there_is_room(make, count, present, found):
    inventory = make.inventory([make.host(ident, packs=True) for ident in "abc"])
    room = Room(name="rather", most=1, present=present)
    wanted = Request(count=count, vcpus=1, memory_mib=1024, apart=(room,))
    decision = schedule(inventory, wanted)
    assert sorted(on(decision).values(), reverse=True) == found
    assert decision.walk.request == wanted
    assert Counter(one.host_id for one in Pool(inventory).place(wanted).placements) == on(decision)
    if not present:
        # One more group that insists holds beside it.
        strict = attrs.evolve(wanted, rooms=(Room(name="must", most=4, present={}),))
        assert max(on(schedule(inventory, strict)).values()) <= 4
    none = schedule(inventory, attrs.evolve(wanted, memory_mib=1 << 30))
    assert none.refusal is not None
    assert "group" not in none.refusal.summary()


def test_of_hosts_that_pack_and_hosts_that_do_not_each_is_judged_its_own_way(make):
    inventory = make.inventory(
        [
            make.host("empty", packs=True),
            make.host("full", packs=True, cpu_claimed=6, mem_claimed=6144, guests=2),
            make.host("idle"),
            make.host("busy", cpu_claimed=6, mem_claimed=6144),
        ]
    )
    order = [one.host_id for one in schedule(inventory, Request(vcpus=1, memory_mib=1024)).alternatives]
    order = [schedule(inventory, Request(vcpus=1, memory_mib=1024)).placements[0].host_id, *order]
    assert order.index("full") < order.index("empty")
    assert order.index("idle") < order.index("busy")


def test_what_reads_nothing_that_moves_counts_for_all_hosts():
    with pytest.raises(ValueError, match="counts for all hosts"):
        attrs.evolve(PACK, reads=Reads.FIXED)


def test_a_host_in_use_comes_before_an_empty_one_and_one_that_stays_even_before_one_that_does_not(make):
    inventory = make.inventory(
        [
            make.host("empty", packs=True),
            make.host("lean", packs=True, guests=1, cpu_claimed=4, mem_claimed=2048),
            make.host("fat", packs=True, guests=1, cpu_claimed=2, mem_claimed=4096),
            make.host("idle", packs=True, guests=1),
        ]
    )

    def order(cpus: int, mib: int) -> list[str]:
        decision = schedule(inventory, Request(vcpus=cpus, memory_mib=mib))
        return [one.host_id for one in (*decision.placements, *decision.alternatives)]

    assert order(1, 3072) == ["lean", "fat", "idle", "empty"]
    assert order(3, 1024) == ["fat", "lean", "idle", "empty"]

"""Decisions: order, batches, what hosts share, alternatives, refusals, relaxations."""

from __future__ import annotations

import json
import runpy
from collections import Counter
from pathlib import Path

import attrs
import numpy as np
import pytest

from cloudcore.scheduling import (
    DeviceRequest,
    DiskRequest,
    Inventory,
    Mark,
    NetworkRow,
    NicRequest,
    Occupant,
    Request,
    Room,
    relaxations,
    schedule,
)
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.forecast import candidates, explanation, forecast
from cloudcore.scheduling.nics import match
from cloudcore.scheduling.relaxation import without
from cloudcore.scheduling.verdict import Filter, Verdict
from cloudcore.scheduling.weighers import WEIGHERS, Weigher

EXAMPLE = Path(__file__).parents[3] / "examples" / "schedule_only.py"


def names(decision) -> list[str]:
    return [one.host_name for one in decision.placements]


def test_a_batch_goes_round_the_hosts_before_any_gets_a_second(make):
    inventory = make.inventory([make.host(ident) for ident in "abc"])
    assert Counter(names(schedule(inventory, Request(count=7)))) in (
        Counter({first: 3} | dict.fromkeys(set("abc") - {first}, 2)) for first in "abc"
    )


def test_a_full_host_leaves_the_rounds(make):
    inventory = make.inventory([make.host("a", cpu_count=1), make.host("b", cpu_count=4)])
    assert Counter(names(schedule(inventory, Request(count=5)))) == {"a": 1, "b": 4}


def test_a_storage_shared_by_hosts_is_not_given_out_twice(make):
    inventory = make.inventory(
        [make.host("a"), make.host("b")], storages=[make.storage("nfs", 100)], links=[("a", "nfs"), ("b", "nfs")]
    )
    decision = schedule(inventory, Request(count=3, disks=[DiskRequest(size_mib=40)]))
    assert decision.fitting == 2
    assert decision.refusal is not None
    assert decision.refusal.summary().startswith("only 2 of 3 fit")


def test_a_network_shared_by_hosts_is_not_given_out_twice(make):
    inventory = make.inventory(
        [make.host(ident) for ident in "abcd"], networks=[NetworkRow(id="n1", wire_id="w1", free_ports=3)]
    )
    assert schedule(inventory, Request(count=4, nets=[NicRequest()])).fitting == 3


def test_hosts_that_lose_what_they_shared_are_dropped_all_at_once(make):
    checked: list[int] = []

    def counting(_request, _inventory, alive):
        checked.append(int(np.count_nonzero(alive)))
        return Verdict(alive.copy())

    spy = Filter(name="spy", reason="", apply=counting, explain=lambda *_: "never")
    inventory = make.inventory(
        [make.host(f"h{n}") for n in range(200)], networks=[NetworkRow(id="n1", wire_id="w1", free_ports=3)]
    )
    assert schedule(inventory, Request(count=100, nets=[NicRequest()]), filters=(*FILTERS, spy)).fitting == 3
    in_the_walk, after_the_loss, for_the_explanation = 200, 0, 200
    assert checked == [in_the_walk, after_the_loss, for_the_explanation]


def test_later_servers_of_a_batch_move_to_other_storages(make):
    inventory = make.inventory([make.host("a")], storages=[make.storage("s-a", 100), make.storage("t-a", 90)])
    decision = schedule(inventory, Request(count=3, disks=[DiskRequest(size_mib=40)]))
    assert [one.disks[0].storage_ids for one in decision.placements] == [("s-a", "t-a"), ("t-a", "s-a"), ("s-a", "t-a")]


def test_best_effort_places_what_fits_and_refuses_only_when_nothing_does(make):
    inventory = make.inventory([make.host("a", cpu_count=2)])
    decision = schedule(inventory, Request(count=3, best_effort=True))
    assert (names(decision), decision.refusal) == (["a", "a"], None)
    assert candidates(decision, session_id="s")[1:] == [
        {"session_id": "s", "host_id": "a", "name": "a", "disks": [], "nets": []},
        {"error": "Out of resource"},
    ]
    assert schedule(inventory, Request(count=3)).placements == ()
    assert schedule(inventory, Request(vcpus=3, best_effort=True)).refusal is not None


def test_alternatives_are_other_hosts_in_order_and_carry_the_generation(make):
    hosts = [
        make.host(ident, mem_claimed=claimed, generation=claimed)
        for ident, claimed in (("a", 500), ("b", 90), ("c", 7))
    ]
    decision = schedule(make.inventory(hosts), Request(memory_mib=100))
    assert [(one.host_id, one.generation) for one in decision.placements] == [("c", 7)]
    assert [(one.host_id, one.generation) for one in decision.alternatives] == [("b", 90), ("a", 500)]
    assert schedule(make.inventory(hosts[:1]), Request()).alternatives == ()


def test_equal_hosts_are_ordered_by_seed_and_all_get_their_turn(make):
    inventory = make.inventory([make.host(f"h{n}") for n in range(8)])
    first = Counter(names(schedule(inventory, Request(seed=f"request-{n}")))[0] for n in range(400))
    assert len(first) == 8
    assert min(first.values()) > 20
    assert schedule(inventory, Request(seed="x")).placements == schedule(inventory, Request(seed="x")).placements


@pytest.mark.parametrize(
    ("worse", "request_"),
    [
        ({"cpu_claimed": 4}, Request()),
        ({"mem_claimed": 4096}, Request()),
        ({"creating": 1}, Request()),
        ({"project_guests": {"p": 1}}, Request(project_id="p")),
    ],
)
def test_load_and_neighbours_make_a_host_less_wanted(make, worse, request_):
    hosts = [make.host("a", **worse), make.host("b")]
    for seed in "xyz":
        assert names(schedule(make.inventory(hosts), attrs.evolve(request_, seed=seed))) == ["b"]


def test_a_negative_weight_packs(make):
    inventory = make.inventory([make.host("a", mem_claimed=4096), make.host("b")])
    pack = tuple(attrs.evolve(one, weight=-one.weight) for one in WEIGHERS)
    assert names(schedule(inventory, Request(), weighers=pack)) == ["a"]
    none: tuple[Weigher, ...] = ()
    assert len({names(schedule(inventory, Request(seed=str(n)), weighers=none))[0] for n in range(20)}) == 2


def test_weighers_score_between_0_and_1(make):
    inventory = make.inventory([make.host("a"), make.host("b", cpu_count=0, mem_size=0), make.host("c", creating=3)])
    rows = np.arange(3)
    for one in WEIGHERS:
        scores = one.score(Request(vcpus=4, memory_mib=100), inventory, rows, np.array([3, 0, 1]))
        assert scores.shape == (3,)
        assert ((scores >= 0) & (scores <= 1)).all()


def test_ignored_filters_are_skipped(make):
    inventory = make.inventory([make.host("a", host_status="offline", cpu_count=0)], networks=[])
    ignored = ["host_status", "host_cpu", "host_storage", "host_network"]
    request = Request(disks=[DiskRequest(size_mib=1)], nets=[NicRequest()], ignore_filters=ignored)
    assert names(schedule(inventory, request)) == ["a"]


def test_a_refusal_counts_per_filter_in_order_and_alone(make):
    hosts = [
        make.host("a", mem_size=1024),
        make.host("b", mem_size=512, cpu_count=0),
        make.host("c", host_status="offline", mem_size=0),
    ]
    refusal = schedule(make.inventory(hosts), Request(memory_mib=4096)).refusal
    assert refusal is not None
    assert refusal.summary() == (
        "no host fits: 1 by host_status (host_status: offline), "
        "2 by host_memory (request: 4096 MiB, free at most: 1024 MiB)"
    )
    counts = {one.filter: (one.removed, one.alone) for one in refusal.removals if one.alone}
    assert counts == {"host_status": (1, 1), "host_memory": (2, 3), "host_cpu": (0, 1)}


def test_a_refusal_for_the_count_names_what_is_full(make):
    inventory = make.inventory([make.host("a", mem_size=2048), make.host("b", cpu_count=1)])
    refusal = schedule(inventory, Request(count=5, memory_mib=1024)).refusal
    assert refusal is not None
    assert refusal.summary() == "only 3 of 5 fit: 1 full by host_memory, 1 full by host_cpu"
    nothing = schedule(Inventory.build([]), Request()).refusal
    assert nothing is not None
    assert nothing.summary() == "no host fits: there are no hosts"


def test_a_forecast_names_the_first_filter_and_the_words_of_all(make):
    hosts = [make.host("a", mem_size=1024, cpu_count=0), make.host("b")]
    answer = forecast(schedule(make.inventory(hosts), Request(count=9, memory_mib=4096)))
    assert answer["filtered_candidates"] == [
        {
            "id": "a",
            "name": "a",
            "filter_name": "host_memory",
            "reasons": ["request: 4096 MiB, free: 1024 MiB", "request: 1, free: 0"],
        }
    ]
    assert (answer["can_create"], answer["req_count"], answer["allow_count"]) == (False, 9, 2)
    assert answer["not_allow_reasons"] == ["1 host filter by host_memory: request: 4096 MiB, free: 1024 MiB"]
    assert (
        forecast(schedule(make.inventory(hosts), Request(count=9, memory_mib=4096)), limit=0)["filtered_candidates"]
        == []
    )


def test_explain_tells_what_was_removed_and_chosen(make):
    text = schedule(make.inventory([make.host("a"), make.host("b", enabled=False)]), Request(count=2)).explain()
    assert "host_status removed 1 (alone 1): host is not ready; host is disabled" in text
    assert "a takes 2" in text


def test_relaxations_are_the_largest_amounts_that_fit(make):
    inventory = make.inventory([make.host("a", zone_id="z1"), make.host("b", zone_id="z2", mem_size=16384)])
    found = {one.text for one in relaxations(inventory, Request(memory_mib=10000, prefer_zone="z1"))}
    assert found == {"any zone instead of z1", "memory 8192 MiB instead of 10000 MiB"}
    found = {one.text for one in relaxations(inventory, Request(count=14, memory_mib=2048))}
    assert found == {"servers 12 instead of 14", "memory 1365 MiB instead of 2048 MiB"}
    assert relaxations(inventory, Request()) == ()
    assert relaxations(make.inventory([]), Request()) == ()


def test_when_no_single_change_helps_the_needed_ones_are_combined(make):
    inventory = make.inventory([make.host("a", zone_id="z1"), make.host("b", zone_id="z2", enabled=False)])
    (only,) = relaxations(inventory, Request(vcpus=9, memory_mib=9000, prefer_zone="z2", seed="s"))
    assert only.text == "any zone instead of z2, memory 8192 MiB instead of 9000 MiB, CPUs 8 instead of 9"


def test_a_smaller_disk_or_another_storage_is_proposed(make):
    storages = [make.storage("s-a", 100), make.storage("t-a", 500, storage_type="nfs")]
    inventory = make.inventory([make.host("a")], storages=storages)
    found = {one.text for one in relaxations(inventory, Request(disks=[DiskRequest(size_mib=300, backend="local")]))}
    assert found == {"any kind of storage", "size of disk 0 100 MiB instead of 300 MiB"}
    request = Request(nets=[NicRequest(network_id="gone")])
    assert [one.text for one in relaxations(inventory, request)] == ["any network"]


def test_a_tag_a_group_a_device_or_an_architecture_is_given_up_by_name(make):
    inventory = make.inventory([make.host("a")])
    for wish, text in (
        (Request(marks=(Mark(name="gpu", strategy="require", hosts=frozenset()),)), "without tag gpu"),
        (Request(marks=(Mark(name="old", strategy="exclude", hosts=frozenset("a")),)), "also with tag old"),
        (Request(rooms=(Room(name="g", most=1, present={"a": 1}),)), "outside of group g"),
        (Request(devices=(DeviceRequest(dev_type="GPU"),)), "without device 0"),
        (Request(arch="aarch64"), "any architecture instead of aarch64"),
    ):
        assert [one.text for one in relaxations(inventory, wish)] == [text]
    both = Request(
        marks=(
            Mark(name="gpu", strategy="require", hosts=frozenset()),
            Mark(name="fine", strategy="require", hosts=frozenset("a")),
            Mark(name="old", strategy="exclude", hosts=frozenset("a")),
        )
    )
    assert [one.text for one in relaxations(inventory, both)] == ["without tag gpu, also with tag old"]


def test_the_smallest_server_whose_end_makes_room_is_named(make):
    inventory = make.inventory(
        [make.host("a", mem_claimed=8000, guests=3), make.host("b", enabled=False), make.host("c", mem_size=512)]
    )
    there = [
        Occupant(id="s1", name="small", host_id="a", vcpus=1, memory_mib=500),
        Occupant(id="s2", name="large", host_id="a", vcpus=1, memory_mib=7000),
        Occupant(id="s3", name="middle", host_id="a", vcpus=1, memory_mib=3000),
        Occupant(id="s4", name="elsewhere", host_id="b", vcpus=1, memory_mib=2500),
        Occupant(id="s5", name="unknown", host_id="x", vcpus=1, memory_mib=2500),
    ]
    request = Request(memory_mib=2048)
    found = [one for one in relaxations(inventory, request, there) if one.gone]
    assert [(one.text, one.gone) for one in found] == [("server middle gone", "s3")]
    assert schedule(without(inventory, there[2]), found[0].request).refusal is None
    assert not [one for one in relaxations(inventory, Request(memory_mib=9000), there) if one.gone]


def test_links_to_rows_that_are_not_there_are_left_out(make):
    inventory = Inventory.build(
        [make.host("a")],
        [make.storage("s", 10)],
        (),
        [("a", "gone"), ("gone", "s"), ("a", "s"), ("a", "s")],
        [("gone", "w")],
    )
    assert inventory.host_storages.of_row(0).tolist() == [0]
    assert schedule(inventory, Request(count=2, disks=[DiskRequest(size_mib=6)])).fitting == 1


def test_columns_cannot_be_written(make):
    inventory = make.inventory([make.host("a")], storages=[make.storage("s-a", 1)])
    for column in (inventory.hosts.cpu_free, inventory.storages.free_mib, inventory.networks.free_ports):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 5


def test_many_disks_and_many_kinds_of_cards_are_placed(make):
    storages = [make.storage(f"s{n}-a", 100) for n in range(4)]
    networks = [NetworkRow(id=f"n{n}", wire_id="w1", free_ports=1) for n in range(8)]
    inventory = make.inventory([make.host("a"), make.host("b")], storages=storages, networks=networks)
    disks = [DiskRequest(size_mib=50, index=n) for n in range(8)]
    cards = [NicRequest(network_id=f"n{n}", index=n) for n in range(8)]
    decision = schedule(inventory, Request(disks=disks, nets=cards))
    assert names(decision) == ["a"]
    assert [nic.network_ids for nic in decision.placements[0].nets] == [(f"n{n}",) for n in range(8)]
    assert schedule(inventory, Request(disks=[*disks, DiskRequest(size_mib=50, index=8)])).refusal is not None
    assert schedule(inventory, Request(nets=[*cards, NicRequest(index=9)])).refusal is not None


def test_matching_reseats_cards_along_a_chain():
    assert match({0: [1], 1: [1, 2], 2: [2, 3]}, {1: 1, 2: 1, 3: 1}) == {0: 1, 1: 2, 2: 3}
    assert match({0: [1, 2], 1: [1, 3], 2: [3, 1]}, {1: 1, 2: 1, 3: 1}) == {0: 2, 1: 1, 2: 3}
    assert match({0: [1, 2], 1: [1, 2], 2: [1, 2], 3: [1]}, {1: 2, 2: 2}) is not None
    assert match({0: [1], 1: [1]}, {1: 1}) is None


def test_the_example_runs(capsys):
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert "would fit: memory 16384 MiB instead of 65536 MiB" in capsys.readouterr().out


def test_a_host_without_storages_takes_no_disks(make):
    refusal = schedule(make.inventory([make.host("a")]), Request(disks=[DiskRequest(size_mib=1)])).refusal
    assert refusal is not None
    assert refusal.summary() == "no host fits: 1 by host_storage (disk 0: no storage of the host suits)"


def test_a_large_batch_is_offered_fewer_servers_only(make):
    inventory = make.inventory([make.host("a")])
    assert [one.text for one in relaxations(inventory, Request(count=201))] == ["servers 8 instead of 201"]
    assert relaxations(inventory, Request(count=201, vcpus=9)) == ()


def test_more_disks_than_are_packed_exactly_never_overfill_a_storage(make):
    inventory = make.inventory([make.host("a")], storages=[make.storage("s-a", 30), make.storage("t-a", 45)])
    disks = [DiskRequest(size_mib=10, index=n) for n in range(7)]
    decision = schedule(inventory, Request(count=2, disks=disks, best_effort=True))
    assert Counter(disk.storage_ids[0] for disk in decision.placements[0].disks) == {"t-a": 4, "s-a": 3}
    assert decision.fitting == 1


def test_a_refusal_as_json_lists_the_filters_that_mattered_and_what_would_fit(make):
    inventory = make.inventory([make.host("a", mem_size=2048), make.host("b", enabled=False)])
    request = Request(count=5, memory_mib=1024)
    refusal = schedule(inventory, request).refusal
    assert refusal is not None
    data = explanation(refusal, relaxations(inventory, request))
    assert (data["requested"], data["fitting"], data["hosts"], data["summary"]) == (5, 2, 2, refusal.summary())
    assert [(one["filter_name"], one["removed"], one["limits"]) for one in data["filters"]] == [
        ("host_status", 1, 0),
        ("host_memory", 0, 1),
    ]
    assert data["filters"][0]["examples"] == [{"id": "b", "name": "b", "reason": "host is disabled"}]
    assert data["relaxations"] == ["servers 2 instead of 5", "memory 409 MiB instead of 1024 MiB"]
    assert json.loads(json.dumps(data)) == data

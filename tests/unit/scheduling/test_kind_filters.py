"""The own rule of the filters for devices, images, sizes, classes, moves and machines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.effort import examples
from tests.unit.scheduling.worlds import requests, worlds

from cloudcore.scheduling import DeviceRequest, DeviceRow, Inventory, Live, Request, schedule
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.pipeline import filter_hosts


def kept(inventory: Inventory, request: Request) -> list[str]:
    """The ids of the hosts that pass all filters."""
    mask = filter_hosts(inventory, request, FILTERS).kept
    return [ident for ident, alive in zip(inventory.hosts.ids, mask, strict=True) if alive]


def words(inventory: Inventory, request: Request) -> dict[str, tuple[str, str]]:
    """Per host, the filter that refused it and its words."""
    refusal = schedule(inventory, request).refusal
    assert refusal is not None
    return {each.host_id: (one.filter, each.text) for one in refusal.removals for each in one.examples}


def with_devices(make, *devices: DeviceRow) -> Inventory:
    return Inventory.build([make.host(ident) for ident in "abc"], devices=devices)


T4 = {"dev_type": "GPU-HPC", "model": "T4", "vendor": "10de", "memory_mib": 16384}
A100 = {"dev_type": "GPU-HPC", "model": "A100", "vendor": "10de", "memory_mib": 40960, "path": "/dev/dri/1"}


@pytest.mark.parametrize(
    ("wish", "hosts"),
    [
        ({}, ["a", "b"]),
        ({"dev_type": "GPU-HPC"}, ["a", "b"]),
        ({"dev_type": "USB"}, []),
        ({"model": "T4"}, ["a"]),
        ({"vendor": "10de", "memory_mib": 20000}, ["b"]),
        ({"memory_mib": 50000}, []),
        ({"device_id": "g1"}, ["a"]),
        ({"device_id": "g3"}, []),
        ({"path": "/dev/dri/1"}, ["b"]),
    ],
)
def test_a_device_is_found_by_id_kind_model_maker_memory_and_path(make, wish, hosts):
    inventory = with_devices(
        make,
        DeviceRow(id="g1", host_id="a", **T4),
        DeviceRow(id="g2", host_id="b", **A100),
        DeviceRow(id="g3", host_id="c", free=False, **A100),
        DeviceRow(id="g4", host_id="gone", **T4),
    )
    assert kept(inventory, Request(devices=[DeviceRequest(**wish)])) == hosts


def test_each_server_of_a_batch_has_devices_of_its_own(make):
    inventory = with_devices(
        make, *(DeviceRow(id=f"g{n}", host_id="a", **T4) for n in range(5)), DeviceRow(id="h1", host_id="b", **T4)
    )
    pair = [DeviceRequest(model="T4"), DeviceRequest(model="T4", index=1)]
    decision = schedule(inventory, Request(count=3, devices=pair, best_effort=True))
    given_out = [choice.device_ids[0] for one in decision.placements for choice in one.devices]
    assert (decision.fitting, len(set(given_out)), {one.host_id for one in decision.placements}) == (2, 4, {"a"})
    told = words(inventory, Request(devices=[*pair, *(DeviceRequest(model="T4", index=n) for n in range(2, 6))]))
    assert told["a"] == ("host_isolated_device", "device 0 (T4): request: 6, free: 5")


def test_large_devices_are_left_for_those_who_need_them(make):
    inventory = with_devices(
        make,
        DeviceRow(id="g1", host_id="a", **A100),
        DeviceRow(id="g2", host_id="b", **T4),
        DeviceRow(id="g3", host_id="b", free=False, **A100),
    )
    for least, host in ((16000, "b"), (20000, "a")):
        for seed in "abcdef":
            request = Request(devices=[DeviceRequest(memory_mib=least)], seed=seed)
            assert [one.host_id for one in schedule(inventory, request).placements] == [host]


def test_devices_of_different_kinds_share_what_suits_both(make):
    inventory = with_devices(make, DeviceRow(id="g1", host_id="a", **T4), DeviceRow(id="g2", host_id="a", **A100))
    both = [DeviceRequest(dev_type="GPU-HPC"), DeviceRequest(model="T4", index=1)]
    (one,) = schedule(inventory, Request(devices=both)).placements
    assert [choice.device_ids[0] for choice in one.devices] == ["g2", "g1"]
    twice = [*both, DeviceRequest(memory_mib=1, index=2)]
    assert (
        words(inventory, Request(devices=twice))["a"][1] == "request: 3 devices, free are fewer that suit them together"
    )


def test_the_smallest_device_that_does_is_taken(make):
    inventory = with_devices(make, DeviceRow(id="g1", host_id="a", **A100), DeviceRow(id="g2", host_id="a", **T4))
    (one,) = schedule(inventory, Request(devices=[DeviceRequest(dev_type="GPU-HPC")])).placements
    assert one.devices[0].device_ids == ("g2", "g1")


def test_an_image_and_a_size_are_for_their_zones_only(make):
    inventory = make.inventory([make.host("a", zone_id="z1"), make.host("b", zone_id="z2")])
    assert kept(inventory, Request(image_zones=["z1"])) == ["a"]
    assert kept(inventory, Request(size_zones=["z2", "z3"])) == ["b"]
    assert kept(inventory, Request()) == ["a", "b"]
    assert words(inventory, Request(image_zones=[]))["b"] == ("disk_image", "the image is not in zone z2")
    assert words(inventory, Request(size_zones=["z3"]))["a"] == (
        "instance_type",
        "the size is not for sale in zone z1",
    )


def test_a_class_is_equal_on_both_sides(make):
    gold = {"tier": "gold", "level": "3"}
    inventory = make.inventory([make.host("a"), make.host("b", classes=gold)])
    assert kept(inventory, Request()) == ["a"]
    assert kept(inventory, Request(classes=gold)) == ["b"]
    assert words(inventory, Request(classes={"tier": "gold"})) == {
        "a": ("class_metadata", "request: tier=gold, host: no class"),
        "b": ("class_metadata", "request: tier=gold, host: level=3, tier=gold"),
    }


def test_the_image_is_of_the_same_class(make):
    gold = {"tier": "gold"}
    inventory = make.inventory([make.host("a"), make.host("b", classes=gold)])
    assert kept(inventory, Request(classes=gold, source_classes=gold)) == ["b"]
    assert kept(inventory, Request(source_classes={})) == ["a"]
    assert words(inventory, Request(classes=gold, source_classes={})) == dict.fromkeys(
        ("a", "b"), ("class_metadata", "project: tier=gold, image: no class")
    )
    assert words(inventory, Request(source_classes=gold))["b"] == (
        "class_metadata",
        "project: no class, image: tier=gold",
    )


def test_a_server_that_moves_while_it_runs_needs_what_it_runs_on(make):
    inventory = make.inventory(
        [make.host("a", cpu_desc="Xeon", kernel="6.1"), make.host("b", cpu_desc="EPYC", kernel="6.1", page_size_kb=64)]
    )
    assert kept(inventory, Request(live=Live(cpu_desc="Xeon"))) == ["a"]
    assert kept(inventory, Request(live=Live(kernel="6.1"))) == ["a", "b"]
    assert kept(inventory, Request(live=Live(page_size_kb=64))) == ["b"]
    assert words(inventory, Request(live=Live(cpu_desc="EPYC", cpu_microcode="7", page_size_kb=4))) == {
        "a": (
            "host_migrate_live",
            "processor: EPYC is wanted, host has Xeon, microcode: 7 is wanted, host has an unknown one",
        ),
        "b": (
            "host_migrate_live",
            "microcode: 7 is wanted, host has an unknown one, page size: 4 is wanted, host has 64",
        ),
    }


def test_a_machine_is_free_and_exactly_what_is_wanted(make):
    machine = {"host_type": "baremetal", "host_status": "offline"}
    inventory = make.inventory(
        [
            make.host("a", **machine),
            make.host("b", guests=1, **machine),
            make.host("c", cpu_count=16, **machine),
            make.host("d", **machine | {"status": "converting"}),
            make.host("e", **machine | {"status": "unknown"}),
        ]
    )
    request = Request(hypervisor="baremetal", vcpus=8, memory_mib=8192)
    assert kept(inventory, request) == ["a", "d"]
    assert schedule(inventory, Request(hypervisor="baremetal", vcpus=8, count=3)).fitting == 2
    told = words(inventory, Request(hypervisor="baremetal", vcpus=4, memory_mib=8192))
    assert told["a"] == ("baremetal", "request: exactly 4 CPUs and 8192 MiB, machine: 8 and 8192 MiB")
    assert told["b"] == ("baremetal", "the machine is taken")
    assert told["e"] == ("host_status", "status: unknown")


@settings(deadline=None, max_examples=examples(20))
@given(world=worlds(), request=requests(), data=st.data())
def test_filters_keep_the_same_hosts_in_any_order(world, request, data):
    inventory = world.build()
    other = tuple(data.draw(st.permutations(FILTERS)))
    one, two = (filter_hosts(inventory, request, order) for order in (FILTERS, other))
    assert one.kept.tolist() == two.kept.tolist()
    rows = np.flatnonzero(one.kept)
    assert one.capacity[rows].tolist() == two.capacity[rows].tolist()

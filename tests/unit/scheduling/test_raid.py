"""Drives of machines: what configurations say, what arrays and volumes they become, and whether disks fit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.effort import examples

from cloudcore.model.errors import CloudcoreError
from cloudcore.scheduling import DiskRequest, HostRow, Inventory, NetworkRow, NicRequest, Request, schedule
from cloudcore.scheduling.raid import (
    Drive,
    Infeasible,
    RaidConfig,
    arrays_of,
    drives_in,
    drives_text,
    fits_on,
    read_raid,
    volumes_of,
    why_not,
)

GIB = 1024


def drives(*sizes: int, **more) -> list[Drive]:
    return [Drive(size_mib=size, **more) for size in sizes]


@pytest.mark.parametrize(
    ("text", "config"),
    [
        ("raid10:rotate:4", {"conf": "raid10", "type": "rotate", "count": 4}),
        ("raid5:hdd:[0-2,5]", {"conf": "raid5", "type": "rotate", "positions": (0, 1, 2, 5)}),
        ("raid1:ssd:(30%,50g,):MegaRaid:adapter1:strip64k", {
            "conf": "raid1", "type": "ssd", "splits": ("30%", "50g", ""), "driver": "MegaRaid", "adapter": 1, "strip_kib": 64,
        }),
        ("none:ra:wb", {"conf": "none"}),
        ({"conf": "raid0", "count": 2, "range": [1], "splits": "50%,50%", "strip": 64}, {
            "conf": "raid0", "count": 2, "positions": (1,), "splits": ("50%", "50%"), "strip_kib": 64,
        }),
    ],
)  # fmt: skip
def test_a_configuration_is_read_from_text_and_objects(text, config):
    assert read_raid(text) == RaidConfig(**config)


@pytest.mark.parametrize(
    "wrong",
    [
        "raid7",
        "raid1:tape",
        "none:(50%,)",
        "raid0:(,)",
        "raid0:(x%)",
        7,
        {"conf": "raid6"},
        {"range": ["a"]},
        {"count": -1},
    ],
)
def test_what_is_no_configuration_is_refused(wrong):
    with pytest.raises(CloudcoreError):
        read_raid(wrong)


@pytest.mark.parametrize(
    ("text", "size"),
    [("raid0", 1000), ("raid1:2", 100), ("raid5:3", 200), ("raid10:4", 200), ("none:1", 100)],
)
def test_arrays_hold_what_their_level_leaves(text, size):
    arrays = arrays_of(drives(100, 200, 300, 400), [read_raid(text)])
    assert arrays[0].size_mib == size
    assert sum(len(array.drives) for array in arrays) == 4


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        ("raid1:3", {}, "even number"),
        ("raid5:2", {}, "needs 3 drives or more, there are 2"),
        ("raid10", {"count": 3}, "needs 4"),
        ("raid0:9", {}, "needs 9 drives, there are 4"),
        ("raid1:ssd:2", {}, "no drive is left for raid1 of ssd drives"),
        ("raid5", {"driver": "Mpt2SAS"}, "controllers of type Mpt2SAS make no raid5"),
        ("raid0:strip4k", {"driver": "MegaRaid", "min_strip_kib": 8, "max_strip_kib": 64}, "strips of 4 KiB"),
        ("raid0:(300g,)", {}, "more than its 400 MiB"),
    ],
)
def test_what_drives_do_not_become_is_said(text, kind, why):
    number = kind.pop("count", 4)
    assert why in why_not(drives(*[100] * number, **kind), [read_raid(text)], [])


def test_further_configurations_take_what_is_left_and_too_many_are_refused():
    mixed = [*drives(100, 100, type="ssd"), *drives(500, 500, 500)]
    arrays = arrays_of(mixed, [read_raid("raid1:ssd"), read_raid("raid5:rotate")])
    assert [array.size_mib for array in arrays] == [100, 1000]
    with pytest.raises(Infeasible, match="no drive is left for raid0"):
        arrays_of(mixed, [read_raid("raid1:ssd"), read_raid("raid5:rotate"), read_raid("raid0")])


def test_positions_begin_anew_on_each_adapter():
    both = [*drives(10, 20), *drives(30, 40, adapter=1)]
    (first, *_rest) = arrays_of(both, [read_raid("none:[1]:adapter1")])
    assert [drive.size_mib for drive in first.drives] == [40]


def test_volumes_are_parts_of_arrays_and_single_drives():
    arrays = arrays_of(drives(1000, 1000, 300), [read_raid("raid1:2:(30%,100m,)")])
    assert volumes_of(arrays) == (300, 100, 600, 300)


@pytest.mark.parametrize(
    ("volumes", "disks", "fit"),
    [
        ((100, 200), (98,), True),
        ((100, 200), (99,), True),
        ((100, 200), (150, 90), False),
        ((100, 200), (90, 190), True),
        ((100, 200), (0, 50), True),
        ((100, 200), (0, 0, 1), False),
        ((), (1,), False),
        ((2,), (0,), False),
    ],
)
def test_disks_are_put_on_volumes_in_their_order(volumes, disks, fit):
    assert fits_on(volumes, disks) is fit


some = st.lists(
    st.builds(
        Drive, size_mib=st.integers(1, 1 << 40), type=st.sampled_from(("ssd", "rotate")), adapter=st.integers(0, 3)
    )
)


@settings(deadline=None, max_examples=examples(40))
@given(some)
def test_drives_are_the_same_after_a_line_of_text(known):
    assert drives_in(drives_text(known)) == tuple(known)


@settings(deadline=None, max_examples=examples(40))
@given(some, st.sampled_from(("raid0", "raid1:2", "raid5:3", "none", "raid10:4")))
def test_every_drive_is_in_one_array_and_arrays_hold_no_more_than_their_drives(known, text):
    try:
        arrays = arrays_of(known, [read_raid(text)])
    except Infeasible:
        return
    assert sorted(str(drive) for array in arrays for drive in array.drives) == sorted(map(str, known))
    assert all(0 < array.size_mib <= sum(drive.size_mib for drive in array.drives) for array in arrays)


def machine(ident: str, **more) -> HostRow:
    fixed = {
        "host_type": "baremetal",
        "cpu_count": 8,
        "cpu_cmtbound": 1.0,
        "mem_size": 8 * GIB,
        "host_status": "offline",
    }
    return HostRow(id=ident, **fixed, **more)


WISH = {"hypervisor": "baremetal", "vcpus": 8, "memory_mib": 8 * GIB}


def refused(inventory: Inventory, **wish) -> dict[str, tuple[str, str]]:
    refusal = schedule(inventory, Request(**WISH, count=9, best_effort=True, **wish)).refusal
    steps = schedule(inventory, Request(**WISH, count=99, **wish)).refusal if refusal is None else refusal
    assert steps is not None
    return {each.host_id: (one.filter, each.text) for one in steps.removals for each in one.examples}


def test_a_machine_is_taken_whose_drives_do():
    inventory = Inventory.build([machine("a", drives=drives(100)), machine("b", drives=drives(100, 100)), machine("c")])
    wish = {"raid": [read_raid("raid1:2")], "disks": [DiskRequest(size_mib=90)]}
    assert [one.host_id for one in schedule(inventory, Request(**WISH, **wish)).placements] == ["b"]
    told = refused(inventory, **wish)
    assert told["a"] == ("baremetal_storage", "raid1 needs 2 drives, there are 1")
    assert told["c"] == ("baremetal_storage", "no drive is left for raid1")
    told = refused(inventory, disks=[DiskRequest(size_mib=99)])
    assert told["a"] == ("baremetal_storage", "disks of 99 MiB do not fit on volumes of 100 MiB")


def test_bonded_cards_need_two_plugs_each_on_one_wire():
    hosts = [
        machine("a", plugs={"w": 2}),
        machine("b", plugs={"w": 4}),
        machine("c", plugs={"v": 2, "w": 1}),
        machine("d"),
    ]
    networks = [NetworkRow(id=f"n-{wire}", wire_id=wire, free_ports=9, server_type="baremetal") for wire in "wv"]
    inventory = Inventory.build(hosts, [], networks, [], [(host.id, wire) for host in hosts for wire in "wv"])
    two = [NicRequest(teaming=True, network_id="n-w"), NicRequest(teaming=True, network_id="n-w", index=1)]
    assert [one.host_id for one in schedule(inventory, Request(**WISH, nets=two)).placements] == ["b"]
    assert refused(inventory, nets=two)["c"] == ("net_bonding", "request: 2 bonded cards, plugs by wire: v=2, w=1")
    assert refused(inventory, nets=two)["d"][1].endswith("none that are known")


def test_a_machine_starts_by_the_firmware_of_its_image_and_from_a_cd_where_one_is_wanted():
    inventory = Inventory.build([machine("a", firmware="BIOS"), machine("b", firmware="UEFI", starts_from_cd=True)])
    assert [one.host_id for one in schedule(inventory, Request(**WISH, firmware="UEFI")).placements] == ["b"]
    assert refused(inventory, firmware="UEFI")["a"] == ("uefi_image", "request: UEFI, machine: BIOS")
    assert refused(inventory, from_cd=True)["a"] == ("cdrom_boot", "its management card takes no CD")

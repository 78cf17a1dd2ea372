"""What would make a refused request fit: only what somebody can really do."""

from __future__ import annotations

import attrs

from cloudcore.scheduling import DiskRequest, Live, Mark, Request, relaxations, schedule
from cloudcore.scheduling.request import TAKES_RUNNING


def test_what_nobody_can_give_up_is_not_proposed(make):
    """What an image, a size by name or a server that moves brings along: less would be refused for another reason."""
    inventory = make.inventory([make.host("a", mem_size=4096)], storages=[make.storage("s-a", 100)])
    wanted = Request(memory_mib=8000, least_memory_mib=4096, arch="x86_64", vcpus=1)
    assert [one.text for one in relaxations(inventory, wanted)] == ["memory 4096 MiB instead of 8000 MiB"]
    assert relaxations(inventory, attrs.evolve(wanted, least_memory_mib=4097)) == ()
    assert relaxations(inventory, attrs.evolve(wanted, given=["size"])) == ()
    disks = [DiskRequest(size_mib=300, least_mib=50)]
    assert [one.text for one in relaxations(inventory, Request(disks=disks))] == [
        "size of disk 0 100 MiB instead of 300 MiB"
    ]
    assert relaxations(inventory, Request(disks=[attrs.evolve(disks[0], least_mib=101)])) == ()
    away = Mark(name="its networks", strategy="require", hosts=frozenset({"b"}))
    assert [one.text for one in relaxations(inventory, Request(marks=(away,)))] == ["without tag its networks"]
    assert relaxations(inventory, Request(marks=(away,), given=["its networks"])) == ()
    arm = Request(arch="aarch64")
    assert [one.text for one in relaxations(inventory, arm)] == ["any architecture instead of aarch64"]
    assert relaxations(inventory, attrs.evolve(arm, given=["arch"])) == ()


def test_a_server_that_runs_may_be_moved_while_it_is_off(make):
    inventory = make.inventory([make.host("a", cpu_desc="old"), make.host("b", cpu_desc="new")])
    way = Mark(name=TAKES_RUNNING, strategy="require", hosts=frozenset({"a"}))
    request = Request(present_host="a", live=Live(cpu_desc="old"), marks=(way,), given=[TAKES_RUNNING, "size", "arch"])
    (only,) = relaxations(inventory, request)
    assert only.text == "while it is off"
    assert schedule(inventory, only.request).placements[0].host_id == "b"

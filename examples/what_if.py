"""What if, on a file: how many more servers fit, whether a host can be lost, and what becomes of next month's queue."""

from __future__ import annotations

import json

from cloudcore.scheduling import DiskRequest, HostRow, Request, StorageRow
from cloudcore.scheduling.capacity import capacity
from cloudcore.scheduling.moving import Guest, resettle
from cloudcore.scheduling.snapshot import Snapshot, read_snapshot
from cloudcore.scheduling.wishes import Wish, play


def main() -> None:
    hosts = tuple(
        HostRow(id=f"h{n}", name=name, cpu_count=16, mem_size=32_768) for n, name in enumerate(("anna", "bert"))
    )
    web = Guest(id="g1", name="web", host_id="h0", request=Request(vcpus=4, memory_mib=8192, present_host="h0"))
    known = Snapshot(
        hosts=hosts,
        storages=(StorageRow(id="pool", storage_type="nfs", capacity=200_000),),
        host_storages=(("h0", "pool"), ("h1", "pool")),
        servers=(web,),
    )
    text = json.dumps(known.written())
    found = read_snapshot(json.loads(text))
    assert found == known
    inventory = found.build()

    size = Request(vcpus=2, memory_mib=4096, disks=[DiskRequest(size_mib=20_000)])
    room = capacity(inventory, size)
    print(f"{room.total} more fit; full by {dict(room.bounds)}")
    assert room.total == 10  # the pool has room for ten disks, the hosts would have had for sixteen
    assert dict(room.bounds) == {"shared": 2}

    (move,) = resettle(inventory, found.servers, ["h0"])
    print(f"without anna, {move.guest.name} goes to {move.host_name}")
    assert move.host_name == "bert"

    many = Request(count=8, vcpus=2, memory_mib=4096, disks=[DiskRequest(size_mib=20_000)])
    fates = play(
        inventory,
        [
            Wish(at="2030-01-01", until="2030-01-20", name="trial", request=many),
            Wish(at="2030-01-10", name="early", request=many),
            Wish(at="2030-01-20", name="in time", request=many),
        ],
    )
    for fate in fates:
        print(f"{fate.wish.at} {fate.wish.name}: {fate.placed} of 8 {fate.reason}")
    assert [fate.placed for fate in fates] == [8, 0, 8]


if __name__ == "__main__":
    main()

"""Fill hosts instead of spreading, and place servers of different shapes together so that few empty hosts are opened."""

from __future__ import annotations

from collections import Counter

from cloudcore.scheduling import HostRow, Inventory, Request, Room, plan_batch, schedule, stranded

SHAPES = ((3, 20), (5, 12), (7, 30), (2, 4), (6, 10), (9, 40), (1, 8))
"""CPUs and GiB."""


def fleet(count: int, *, packs: bool) -> Inventory:
    return Inventory.build(
        HostRow(id=f"h{n:02}", cpu_count=16, cpu_cmtbound=1.0, mem_size=64 * 1024, packs=packs) for n in range(count)
    )


def main() -> None:
    small = Request(count=4, vcpus=4, memory_mib=16 * 1024, seed="example")
    for packs in (False, True):
        decision = schedule(fleet(8, packs=packs), small)
        used = {placement.host_id for placement in decision.placements}
        print("packed:" if packs else "spread:", len(used), "hosts")
        assert len(used) == (1 if packs else 4)

    apart = Room(name="database", most=1, present={})
    wanted = [
        Request(vcpus=cpus, memory_mib=gib * 1024, rooms=(apart,) if n % 20 == 0 else (), seed=str(n))
        for n, (cpus, gib) in enumerate(SHAPES[n * 5 % 11 % 7] for n in range(200))
    ]
    batch = plan_batch(fleet(80, packs=True), wanted)
    assert not batch.refusals
    assert batch.opened < batch.singly
    databases = Counter(batch.placements[n][0].host_id for n in range(0, 200, 20))
    assert max(databases.values()) == 1
    cpu, memory = stranded(batch.left)
    print(
        f"together: {batch.opened} hosts, one after the other: {batch.singly}; stranded: {cpu:.1%} CPU, {memory:.1%} memory"
    )


if __name__ == "__main__":
    main()

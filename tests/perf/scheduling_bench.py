"""How long decisions take on inventories of 100 to 100,000 hosts.

The figures of a pool are for one fixed request that no filter may skip: two disks, two cards, a device, two tags, a group.
They are processor time of one core, request by request, with requests that differ in their seed.
"""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import attrs

from cloudcore.scheduling import (
    DeviceRequest,
    DeviceRow,
    DiskRequest,
    HostRow,
    Inventory,
    Mark,
    NetworkRow,
    NicRequest,
    Pool,
    Request,
    Room,
    StorageRow,
    relaxations,
    schedule,
)
from cloudcore.scheduling.filters import FILTERS
from cloudcore.scheduling.forecast import explanation

REPEATS = 15


def standard_rows(count: int) -> tuple[list[Any], ...]:
    """List `count` hosts with two local storages each, a shared storage per zone, and five networks on each wire."""
    zones = max(1, count // 500)
    hosts = [
        HostRow(
            id=f"host-{n}",
            zone_id=f"zone-{n % zones}",
            cpu_count=32 + n % 4 * 16,
            cpu_claimed=n * 7 % 200,
            mem_size=131072 + n % 3 * 65536,
            mem_claimed=n * 997 % 120000,
            guests=n % 20,
            project_guests={f"project-{n % 50}": 1 + n % 3},
        )
        for n in range(count)
    ]
    storages = [
        StorageRow(id=f"local-{n}-{k}", capacity=2_000_000, claimed=n * (k + 3) * 1009 % 1_900_000)
        for n in range(count)
        for k in range(2)
    ]
    storages += [StorageRow(id=f"nfs-{z}", storage_type="nfs", capacity=50_000_000) for z in range(zones)]
    networks = [
        NetworkRow(id=f"net-{z}-{k}", wire_id=f"wire-{z}", free_ports=200 + k) for z in range(zones) for k in range(5)
    ]
    links = [(f"host-{n}", f"local-{n}-{k}") for n in range(count) for k in range(2)]
    links += [(f"host-{n}", f"nfs-{n % zones}") for n in range(count)]
    return hosts, storages, networks, links, [(f"host-{n}", f"wire-{n % zones}") for n in range(count)]


def standard_request(count: int, **changes: object) -> Request:
    """Ask for servers with a system disk, a data disk and one card on any network."""
    request = {
        "count": count,
        "vcpus": 4,
        "memory_mib": 8192,
        "disks": (DiskRequest(size_mib=30720, backend="local"), DiskRequest(size_mib=102400, index=1)),
        "nets": (NicRequest(),),
        "project_id": "",
        "seed": "bench",
    }
    return Request(**(request | changes))


def full_inventory(count: int) -> Inventory:
    """Build the standard rows with roomier networks, and eight devices in every second host."""
    hosts, storages, networks, links, wires = standard_rows(count)
    networks = [attrs.evolve(row, free_ports=4000) for row in networks]
    devices = [
        DeviceRow(
            id=f"gpu-{n}-{k}", host_id=f"host-{n}", dev_type="GPU-HPC", model="T4", vendor="10de", memory_mib=16384
        )
        for n in range(0, count, 2)
        for k in range(8)
    ]
    return Inventory.build(hosts, storages, networks, links, wires, devices)


def full_request(hosts: int, **changes: Any) -> Request:
    """Ask for what no filter may skip."""
    request: dict[str, Any] = {
        "vcpus": 1,
        "memory_mib": 1024,
        "arch": "x86_64",
        "disks": (DiskRequest(size_mib=3072, backend="local"), DiskRequest(size_mib=10240, index=1)),
        "nets": (NicRequest(), NicRequest(index=1)),
        "devices": (DeviceRequest(dev_type="GPU-HPC", memory_mib=8000),),
        "marks": (
            Mark(name="ssd", strategy="require", hosts=frozenset(f"host-{n}" for n in range(hosts) if n % 5)),
            Mark(name="new", strategy="prefer", hosts=frozenset(f"host-{n}" for n in range(0, hosts, 3))),
        ),
        "rooms": (Room(name="g", most=2, present={"host-4": 2, "host-6": 1}),),
        "project_id": "project-1",
        "is_admin": True,
        "seed": "bench",
    }
    return Request(**(request | changes))


def benchmarks() -> dict[str, dict[str, object]]:
    """Measure pure decisions, a pool, batches and explanations."""
    return {**_pure(), **_pool(), **_batches(), **_explained()}


def _pure() -> dict[str, dict[str, object]]:
    figures: dict[str, dict[str, object]] = {}
    for hosts in (100, 1000, 10000):
        rows = standard_rows(hosts)
        inventory = Inventory.build(*rows)
        figures[f"scheduling_build_{hosts}_hosts"] = _measure(lambda r=rows: Inventory.build(*r), 5)
        for count in (1, 50):
            request = standard_request(count)
            name = f"scheduling_{hosts}_hosts_count_{count}"
            figures[name] = _measure(lambda i=inventory, r=request: schedule(i, r))
        refused = standard_request(1, memory_mib=1 << 30)
        figures[f"scheduling_{hosts}_hosts_refused"] = _measure(lambda i=inventory, r=refused: schedule(i, r))
    large = Inventory.build(*standard_rows(10000))
    figures["placement_10k_ms"] = _measure(lambda: schedule(large, standard_request(1)), 101)
    figures["batch1000_ms"] = _measure(lambda: schedule(large, standard_request(1000)))
    return figures


def _pool() -> dict[str, dict[str, object]]:
    request = full_request(10_000)
    pool = Pool(full_inventory(10_000))
    taken = _times(pool.place, [attrs.evolve(request, seed=str(n)) for n in range(5000)])
    large, again = Pool(full_inventory(100_000)), full_request(100_000)
    many = _times(large.place, [attrs.evolve(again, seed=str(n)) for n in range(1000)])
    return {
        "place_p50_ms": _ms(taken, 0.5),
        "place_p99_ms": _ms(taken, 0.99),
        "places_per_s": {"value": round(len(taken) / sum(taken), 1), "unit": "1/s"},
        "place_100k_p99_ms": _ms(many, 0.99),
        "place_first_100k_ms": {"value": round(many[0] * 1000, 3), "unit": "ms"},
        "refresh_host_ms": _refreshed(pool, request),
        "pool_bytes_per_host_and_filter": _memory(),
    }


def _refreshed(pool: Pool, request: Request) -> dict[str, object]:
    """Take over one host's row, and judge it anew for a request that is known."""
    rows = standard_rows(10_000)[0]
    times: list[float] = []
    for n in range(500):
        row = attrs.evolve(
            rows[n * 17 % 10_000], mem_claimed=n * 1000, host_status="offline" if n % 9 == 0 else "online"
        )
        start = time.process_time()
        pool.refresh(row)
        middle = time.process_time()
        pool.decide(request)
        times.append(middle - start)
    return _ms(times, 0.5)


def _memory() -> dict[str, object]:
    """What a pool takes beside the inventory that it was made of, with as many shapes as it keeps."""
    inventory, request = full_inventory(2000), full_request(2000)
    gc.collect()
    tracemalloc.start()
    pool = Pool(inventory)
    for n in range(100):
        pool.place(attrs.evolve(request, memory_mib=1024 + n))
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return {"value": round(taken / 2000 / len(FILTERS), 1), "unit": "bytes"}


def mixed_requests(count: int, hosts: int) -> list[tuple[int, Request]]:
    """List requests of twenty sizes, with tags; each of every five belongs to one of a hundred groups, else to -1."""
    tags = full_request(hosts).marks
    found: list[tuple[int, Request]] = []
    for n in range(count):
        shape = n % 20
        request = full_request(
            hosts,
            vcpus=1 + shape % 4,
            memory_mib=1024 * (1 + shape % 5),
            disks=(DiskRequest(size_mib=10240 * (1 + shape % 3), backend="local"),),
            nets=(NicRequest(),),
            devices=(),
            marks=tags[: shape % 3],
            rooms=(),
            seed=str(n),
        )
        found.append((n // 5 % 100 if n % 5 else -1, request))
    return found


def _batches() -> dict[str, dict[str, object]]:
    inventory = full_inventory(10_000)
    same = full_request(10_000, count=10_000, rooms=(), devices=())
    pool, wanted = Pool(inventory), mixed_requests(1000, 10_000)
    members: dict[int, dict[str, int]] = {}
    start = time.process_time()
    for group, request in wanted:
        if group < 0:
            placements = pool.place(request).placements
        else:
            there = members.setdefault(group, {})
            room = Room(name=f"g{group}", most=1, present=dict(there))
            placements = pool.place(attrs.evolve(request, rooms=(room,))).placements
            there[placements[0].host_id] = 1
        if len(placements) != 1:
            raise AssertionError("a server of the mixed batch was not placed")
    mixed = time.process_time() - start
    start = time.process_time()
    decision = Pool(inventory).place(same)
    took = time.process_time() - start
    if len(decision.placements) != same.count:
        raise AssertionError("the large batch was not placed")
    return {
        "batch10k_s": {"value": round(took, 3), "unit": "s"},
        "batch1000_mixed_s": {"value": round(mixed, 3), "unit": "s"},
    }


def _explained() -> dict[str, dict[str, object]]:
    inventory = full_inventory(10_000)
    request = full_request(10_000, memory_mib=1 << 20)

    def explain() -> None:
        refusal = schedule(inventory, request).refusal
        if refusal is None:
            raise AssertionError("the request fits")
        explanation(refusal, relaxations(inventory, request))

    return {"explain_ms": _measure(explain, 5)}


def _times(act: Callable[[Request], object], requests: list[Request]) -> list[float]:
    times: list[float] = []
    for request in requests:
        start = time.process_time()
        act(request)
        times.append(time.process_time() - start)
    return times


def _ms(times: list[float], share: float) -> dict[str, object]:
    ordered = sorted(times)
    return {"value": round(ordered[int(len(ordered) * share)] * 1000, 4), "unit": "ms"}


def _measure(act: Callable[[], object], repeats: int = REPEATS) -> dict[str, object]:
    times: list[float] = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return {"value": round(sorted(times)[len(times) // 2] * 1000, 3), "unit": "ms"}


if __name__ == "__main__":
    for name, figure in benchmarks().items():
        print(name, figure["value"], figure["unit"])

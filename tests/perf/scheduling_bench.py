"""How long decisions take on inventories of 100 to 10,000 hosts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from cloudcore.scheduling import (
    DiskRequest,
    HostRow,
    Inventory,
    NetworkRow,
    NicRequest,
    Request,
    StorageRow,
    schedule,
)

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


def benchmarks() -> dict[str, dict[str, object]]:
    """Measure the median of repeated runs, in milliseconds."""
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

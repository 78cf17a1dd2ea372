"""What a pool over a database costs: to begin, to keep up to date, and to decide, claim and charge by, with four processes.

The processes place random servers on 2,000 hosts of a PostgreSQL with `fsync`, for 16 projects in 4 domains.
"""

from __future__ import annotations

import gc
import tempfile
import time
import tracemalloc
from collections.abc import Callable

from tests.contracts.postgres import server
from tests.perf.deciders import Told, deciding, opened, platform_over, populate, told

from cloudcore.model.entity import evolve
from cloudcore.model.query import PLATFORM, Query, eq
from cloudcore.operations.platform import Platform
from cloudcore.operations.pools import bring_up_to_date, find_place, hosts_now, put_hosts
from cloudcore.operations.watermark import mark
from cloudcore.ports.unit_of_work import Author, Transaction
from cloudcore.quotas.claims import claim_host
from cloudcore.resources.infrastructure.host import HOSTS
from cloudcore.scheduling import DiskRequest, Request
from cloudcore.scheduling.filters import FILTERS

HOSTS_KEPT = 10_000
PROCESSES = 4
CROWD = 8
REQUESTS = 1500
KIND = "hypervisor"


def benchmarks() -> dict[str, dict[str, object]]:
    """Measure all three."""
    return {**kept(), **together(), **crowded()}


def kept(hosts: int = HOSTS_KEPT) -> dict[str, dict[str, object]]:
    """A pool of many hosts over SQLite."""
    with tempfile.TemporaryDirectory(prefix="cloudcore-placing-") as folder:
        uow = opened(f"sqlite:///{folder}/cloud.sqlite")
        populate(uow, hosts)
        platform = platform_over(uow)
        request = Request(vcpus=1, memory_mib=1024, disks=[DiskRequest(size_mib=10_240)])

        def refresh() -> None:
            before = mark(platform)
            with uow.read() as tx:
                bring_up_to_date(platform, tx, KIND, before)

        gc.collect()
        tracemalloc.start()
        refresh()
        taken = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        platform.columns.forget()
        begun = time.process_time()
        refresh()
        start = time.process_time() - begun
        answer = find_place(platform, request, spare=2, claim=False)
        if answer is None:
            raise AssertionError("an empty cloud has no room")

        def claim() -> None:
            with uow.write(Author()) as tx:
                claim_host(tx, "host-00007", vcpus=1, memory_mib=1, cpu_limit=1 << 20, memory_limit=1 << 30)
                tx.commit()

        def change() -> None:
            with uow.write(Author()) as tx:
                _touched(tx)
                tx.commit()

        figures = {
            "pool_start_s": {"value": round(start, 3), "unit": "s"},
            "pool_claimed_ms": _ms(_after(claim, refresh)),
            "pool_host_changed_ms": _ms(_after(change, refresh)),
            "pool_host_rewritten_ms": _ms(_rewritten(platform)),
            "pool_sql_bytes_per_host_and_filter": {"value": round(taken / hosts / len(FILTERS), 1), "unit": "bytes"},
        }
        uow.close()
        return figures


def together(processes: int = PROCESSES, requests: int = REQUESTS) -> dict[str, dict[str, object]]:
    """Several processes on one PostgreSQL."""
    found = _decided(processes, requests)
    placed = processes * requests
    lost = sum(one.met["conflicts"] for one in found)
    return {
        "places_per_cpu_s": {"value": round(placed / sum(one.cpu_s for one in found), 1), "unit": "1/s"},
        "places_per_s_postgres": {"value": round(placed / max(one.took_s for one in found), 1), "unit": "1/s"},
        "place_conflict_percent": {"value": round(100 * lost / sum(one.met["tries"] for one in found), 2), "unit": "%"},
    }


def crowded(processes: int = CROWD, requests: int = REQUESTS // 3) -> dict[str, dict[str, object]]:
    """How often twice as many deciders get in each other's way."""
    found = _decided(processes, requests)
    lost, tries = (sum(one.met[key] for one in found) for key in ("conflicts", "tries"))
    return {"place_conflict_percent_8": {"value": round(100 * lost / tries, 2), "unit": "%"}}


def _decided(processes: int, requests: int) -> list[Told]:
    """What deciders on one PostgreSQL told; each has placed all that it was asked for."""
    with server(fsync=True) as url:
        uow = opened(url)
        populate(uow, 2000)
        with deciding(url, processes, requests, releasing=0.0) as started:
            found = [told(one) for one in started]
        uow.close()
    placed = sum(one.met["placed"] for one in found)
    if placed != processes * requests or any(one.wrong for one in found):
        raise AssertionError(f"{placed} of {processes * requests} were placed")
    return found


def _rewritten(platform: Platform, repeats: int = 301) -> list[float]:
    """Computing times of the columns alone, when the row of a host was read."""
    kept, times = platform.columns.get(KIND), list[float]()
    if kept is None:
        raise AssertionError("nothing is kept")
    for number in range(repeats):
        with platform.uow.read() as tx:
            (host,) = hosts_now(tx, [f"host-{number:05}"])
        host.mem_reserved += 1
        begun = time.process_time()
        put_hosts(platform, kept, [host], kept.beside.packing)
        times.append(time.process_time() - begun)
    return times


def _touched(tx: Transaction) -> None:
    rows = tx.of(HOSTS, PLATFORM)
    for host in rows.find(Query(where=eq("id", "host-00007"))):
        rows.save(evolve(host, mem_reserved=host.mem_reserved + 1))


def _after(before: Callable[[], None], act: Callable[[], None], repeats: int = 31) -> list[float]:
    times: list[float] = []
    for _ in range(repeats):
        before()
        begun = time.process_time()
        act()
        times.append(time.process_time() - begun)
    return times


def _ms(times: list[float]) -> dict[str, object]:
    return {"value": round(sorted(times)[len(times) // 2] * 1000, 3), "unit": "ms"}

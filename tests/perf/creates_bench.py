"""How many servers a second one process makes for a minute: each asked for by itself and acknowledged on disk, by four
callers at a time, and driven until it runs by a thread beside them, in a process that collects garbage as `cloudcore up`
does, on 100 simulated hosts that answer at once, beside the standard cloud's 10,000 servers.
"""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tests.perf.standard_cloud import StandardCloud, standard_cloud

from cloudcore_apps.pacing import collect_rarely

SECONDS = 60.0
CALLERS = 4
TOGETHER = 16
"""So many requests come in before the worker has its turn."""


def benchmarks(seconds: float = SECONDS) -> dict[str, dict[str, object]]:
    """Figures by name."""
    with standard_cloud() as cloud:
        collect_rarely()
        before = _running(cloud)
        begun, computing = time.perf_counter(), time.process_time()
        made = _make(cloud, begun + seconds)
        took, computed = time.perf_counter() - begun, time.process_time() - computing
        running = _running(cloud) - before
    if running != made:
        raise RuntimeError(f"{running} of {made} servers run")
    return {
        "creates_per_s": {"value": made / took, "unit": "1/s"},
        "creates_per_cpu_s": {"value": made / computed, "unit": "1/s"},
    }


def _make(cloud: StandardCloud, until: float) -> int:
    """Ask for servers until then and make all of them; gives how many."""
    names = itertools.count()
    asked, ahead, over = threading.Semaphore(0), threading.Semaphore(2 * TOGETHER), threading.Event()

    def caller() -> int:
        made = 0
        while time.perf_counter() < until:
            ahead.acquire()
            cloud.ask(f"web-{next(names)}")
            asked.release()
            made += 1
        return made

    def driver() -> None:
        while not over.is_set():
            for _ in range(TOGETHER):
                asked.acquire()
            cloud.drive()
            ahead.release(TOGETHER)

    with ThreadPoolExecutor(CALLERS + 1) as threads:
        driving = threads.submit(driver)
        made = sum(future.result() for future in [threads.submit(caller) for _ in range(CALLERS)])
        over.set()
        asked.release(TOGETHER)
        driving.result()
    cloud.drive()
    return made


def _running(cloud: StandardCloud) -> int:
    return cloud.admin.list("servers", {"scope": "system", "status": "running", "limit": "1", "details": "false"}).total

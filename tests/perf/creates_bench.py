"""How many servers a second one process makes for a minute: each asked for by itself and acknowledged on disk, driven until
it runs by the same process, which collects garbage as `cloudcore up` does, on 100 simulated hosts that answer at once, beside
the standard cloud's 10,000 servers.
"""

from __future__ import annotations

import time

from tests.perf.standard_cloud import StandardCloud, standard_cloud

from cloudcore_apps.pacing import collect_rarely

SECONDS = 60.0
TOGETHER = 16
"""So many requests come in before the worker has its turn."""


def benchmarks(seconds: float = SECONDS) -> dict[str, dict[str, object]]:
    """Figures by name."""
    with standard_cloud() as cloud:
        collect_rarely()
        before = _running(cloud)
        begun, computing, made = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() - begun < seconds:
            for _ in range(TOGETHER):
                cloud.ask(f"web-{made}")
                made += 1
            cloud.drive()
        took, computed = time.perf_counter() - begun, time.process_time() - computing
        running = _running(cloud) - before
    if running != made:
        raise RuntimeError(f"{running} of {made} servers run")
    return {
        "creates_per_s": {"value": made / took, "unit": "1/s"},
        "creates_per_cpu_s": {"value": made / computed, "unit": "1/s"},
    }


def _running(cloud: StandardCloud) -> int:
    return cloud.admin.list("servers", {"scope": "system", "status": "running", "limit": "1", "details": "false"}).total

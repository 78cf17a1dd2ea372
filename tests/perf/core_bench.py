"""How long creating takes in process: from the request to a running server on one of 100 simulated hosts that answer at
once, with validation, policy, quota and history, on the standard cloud.
"""

from __future__ import annotations

import statistics
import time

from tests.perf.standard_cloud import StandardCloud, standard_cloud, statements

REPEATS = 15
ROUNDS = 3


def benchmarks() -> dict[str, dict[str, object]]:
    """Figures by name: the best of several rounds' medians, and the number of SQL statements, BEGIN included."""
    with standard_cloud() as cloud:
        return {
            "create_ms": {"value": _create_ms(cloud), "unit": "ms"},
            "create_statements": {"value": _create_statements(cloud), "unit": "statements"},
        }


def _create_ms(cloud: StandardCloud) -> float:
    medians = []
    for turn in range(ROUNDS):
        times = []
        for n in range(REPEATS):
            begun = time.perf_counter()
            cloud.create(f"web-{turn}-{n}")
            times.append(time.perf_counter() - begun)
        medians.append(statistics.median(times))
    return min(medians) * 1000


def _create_statements(cloud: StandardCloud) -> int:
    with statements(cloud.uow.engine) as seen:
        cloud.create("counted")
    return len(seen)

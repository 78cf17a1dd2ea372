"""How many lives of a simulated cloud fit into a second of processor time, and how much faster than life they pass."""

from __future__ import annotations

import time

from cloudcore_apps.simulate.seeds import of_seed

SEEDS = range(100, 140)


def benchmarks() -> dict[str, dict[str, object]]:
    """Figures by name; of processor time, so that other work on the machine hardly counts.

    Raises:
        AssertionError: a life hurts an invariant, so that its time says nothing.
    """
    begun, lived = time.process_time(), 0.0
    for seed in SEEDS:
        life, violation = of_seed(seed).fails()
        if violation is not None:
            raise violation
        lived += life.stage.elapsed
    seconds = time.process_time() - begun
    return {
        "seeds_per_s": {"value": len(SEEDS) / seconds, "unit": "1/s"},
        "simulated_s_per_s": {"value": lived / seconds, "unit": "s/s"},
    }

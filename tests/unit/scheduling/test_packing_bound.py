"""What the packing benchmark measures by: its trace comes again, and no packing goes below its bound."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.perf.packing_trace import CAP_DAYS, MACHINE_CORES, MACHINE_MIB, facts, shapes, trace, volume

from cloudcore.scheduling import Request, plan_batch


def test_the_trace_comes_again_and_has_what_was_published():
    one, other = trace(3, 10, load=0.5, before_days=1, days=1), trace(3, 10, load=0.5, before_days=1, days=1)
    assert one == other != trace(4, 10, load=0.5, before_days=1, days=1)
    assert [each.start for each in one] == sorted(each.start for each in one)
    assert all(0 < each.end - each.start <= CAP_DAYS for each in one)
    assert {each.priority for each in one} == {0, 1}
    told = facts()
    assert told["cores_mean"] == pytest.approx(2.89, abs=0.05)
    assert told["hours_mean"] == pytest.approx(60.3, rel=0.15)
    assert told["shorter_than_an_hour"] > 0.5
    assert told["their_share_of_hours"] < 0.02


@pytest.mark.parametrize(("servers", "least"), [([(33, 1024)] * 4, 4), ([(32, 1024)] * 4, 2), ([(1, MACHINE_MIB)], 1)])
def test_the_bound_of_what_is_plain(servers, least):
    pytest.importorskip("scipy")
    from tests.perf.packing_bench import bound

    assert math.ceil(bound(servers) - 1e-6) == least


def test_no_packing_is_below_the_bound_which_is_above_the_volume():
    pytest.importorskip("scipy")
    from tests.perf.packing_bench import BestFit, bound, fleet

    servers = shapes(np.random.default_rng(9), 150)
    least = bound(servers)
    assert volume(servers) <= least + 1e-6
    side = BestFit.of(40)
    assert all(side.take(shape) is not None for shape in servers)
    requests = [Request(vcpus=cores, memory_mib=mib, seed=str(n)) for n, (cores, mib) in enumerate(servers)]
    batch = plan_batch(fleet(40), requests, effort=500)
    assert least - 1e-6 <= batch.opened <= int((side.guests > 0).sum())
    assert MACHINE_CORES * batch.opened >= sum(cores for cores, _ in servers)

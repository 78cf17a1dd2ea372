"""Lives of many seeds, in this process or in several, told in the order of their seeds."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import attrs

from cloudcore_apps.simulate.coverage import Coverage
from cloudcore_apps.simulate.seeds import Case, story
from cloudcore_apps.simulate.watch import Violation

TOGETHER = 10
"""So many lives are handed to a process at a time."""


@attrs.frozen(kw_only=True)
class Lived:
    """One life as it is told: what was found in it, its length and what it took, in seconds, and what was wished of it."""

    case: Case
    violation: Violation | None
    elapsed_s: float
    busy_s: float
    told: Sequence[str] = ()
    coverage: Coverage | None = None


def live(cases: Sequence[Case], *, jobs: int = 1, told: bool = False, covered: bool = False) -> Iterator[Lived]:
    """Each case lived once. What has not begun when the caller stops is left out.

    jobs: how many processes share them; told: with the story; covered: with what came up.
    """
    one = partial(_live, told=told, covered=covered)
    if jobs == 1:
        yield from map(one, cases)
        return
    # Lives have threads: a fork of a process that has some may wait for ever.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            yield from pool.map(one, cases, chunksize=TOGETHER)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _live(case: Case, *, told: bool, covered: bool) -> Lived:
    began = time.process_time()
    life, violation = case.fails()
    seen = Coverage() if covered else None
    if seen is not None:
        seen.add(life)
    return Lived(
        case=case,
        violation=violation,
        elapsed_s=life.stage.elapsed,
        busy_s=time.process_time() - began,
        told=story(life) if told else (),
        coverage=seen,
    )

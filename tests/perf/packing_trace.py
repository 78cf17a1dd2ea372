"""A seeded synthetic twin of the Azure packing trace of 2020: servers with sizes, lives and priorities.

The trace itself ("Azure Trace for Packing 2020", described with Hadary and others, "Protean: VM Allocation Service at Scale", OSDI 2020)
is not here. What its description says is kept: a request names a type, which takes fractions of the CPU and memory of a machine;
requests have an owner, a priority (0 high, 1 low), a start and an end in days; servers that were there when the 14 days began start
before 0, and lives are capped at 90 days. One kind of machine is used at a time, as the trace has machines.

What each number is taken from:

- cores: in the "Azure 2019 Public Dataset V2 - Trace Analysis" notebook of the Azure Public Dataset, 2,695,548 servers have
  162,465,708 server hours and 469,439,814 core hours: 2.89 cores for each hour. "Resource Central" (Cortez and others, SOSP 2017) says
  that most have one or two cores. `CORES` has that mean and that mode; the single shares are **assumed**.
- memory: 1.75, 2, 4 and 8 GiB for each core are those of the published series A, F, D and E. Their shares are **assumed**, and such that
  CPU and memory of a machine (64 cores, 256 GiB: 4 GiB for each core) are in about equal demand.
- lives: the same notebook has 60.3 hours for each server (of a window of 30 days). That most are short and few take nearly
  everything is published for another cloud: 88 % live less than an hour and use 2 % of all (Ling and others, "LAVA", MLSys 2025). `LIVES` is a
  mixture of log-normal parts with that shape; its parts are **assumed**. `facts` says what comes out.
- owners: requests come in deployments of one type. The mean size of one (`DEPLOYMENT`) and that lives within one are alike in kind
  (Resource Central: history predicts behaviour) are **assumed** in their numbers.
- priority: the share of low ones is **assumed**. Nothing here evicts them, so it decides nothing.
- disks and network bandwidth of types are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import attrs
import numpy as np

MACHINE_CORES, MACHINE_MIB = 64, 256 * 1024
CORES = {1: 0.33, 2: 0.42, 4: 0.165, 8: 0.055, 16: 0.022, 32: 0.008}
MIB_FOR_EACH_CORE = {1792: 0.15, 2048: 0.25, 4096: 0.40, 8192: 0.20}
LIVES = ((0.62, 0.22, 1.0), (0.23, 2.5, 1.2), (0.10, 48.0, 1.3), (0.05, 900.0, 0.9))
"""Share, median in hours, and sigma of each part."""
DEPLOYMENT = 4.0
LOW_PRIORITY = 0.3
WINDOW_DAYS, CAP_DAYS = 14, 90


@attrs.frozen(kw_only=True)
class Server:
    """One request. start, end: in days, 0 is when the window begins."""

    owner: int
    cores: int
    mib: int
    priority: int
    start: float
    end: float


def shapes(draw: np.random.Generator, count: int) -> list[tuple[int, int]]:
    """Cores and MiB of so many servers."""
    cores = draw.choice(list(CORES), count, p=list(CORES.values()))
    each = draw.choice(list(MIB_FOR_EACH_CORE), count, p=list(MIB_FOR_EACH_CORE.values()))
    return [(int(core), int(core * mib)) for core, mib in zip(cores, each, strict=True)]


def trace(seed: int, machines: int, *, load: float, before_days: float, days: float = WINDOW_DAYS) -> list[Server]:
    """Requests in order of start, of which at any time about `load` of so many machines is taken.

    before_days: how long before the window it begins, with servers that are there already and live on.
    """
    draw = np.random.default_rng(seed)
    hours = _lives(np.random.default_rng(seed + 1_000_003), draw.choice(len(LIVES), 100_000, p=_shares()))
    there = int(machines * load / _taken())
    alive = draw.choice(hours, there, p=hours / hours.sum())
    found = [
        Server(owner=-1, cores=cores, mib=mib, priority=int(low), start=-before_days, end=-before_days + rest / 24)
        for (cores, mib), rest, low in zip(
            shapes(draw, there), alive * draw.random(there), draw.random(there) < LOW_PRIORITY, strict=True
        )
    ]
    now, owner, pause = -before_days, 0, DEPLOYMENT * float(hours.mean()) / 24 / there
    while (now := now + float(draw.exponential(pause))) < days:
        owner += 1
        ((cores, mib),), part = shapes(draw, 1), int(draw.choice(len(LIVES), p=_shares()))
        size, low = int(draw.geometric(1 / DEPLOYMENT)), int(draw.random() < LOW_PRIORITY)
        found += [
            Server(owner=owner, cores=cores, mib=mib, priority=low, start=now, end=now + life / 24)
            for life in _lives(draw, np.full(size, part)).tolist()
        ]
    return found


def facts(seed: int = 1) -> dict[str, float]:
    """What the twin is like, beside the published figures."""
    draw = np.random.default_rng(seed)
    hours = _lives(draw, draw.choice(len(LIVES), 200_000, p=_shares()))
    short = hours < 1
    return {
        "cores_mean": sum(core * share for core, share in CORES.items()),
        "hours_mean": float(hours.mean()),
        "shorter_than_an_hour": float(short.mean()),
        "their_share_of_hours": float(hours[short].sum() / hours.sum()),
    }


def _shares() -> list[float]:
    return [share for share, _, _ in LIVES]


def _lives(draw: np.random.Generator, parts: np.ndarray) -> np.ndarray:
    medians, sigmas = np.array([life[1] for life in LIVES])[parts], np.array([life[2] for life in LIVES])[parts]
    return np.minimum(medians * np.exp(draw.normal(0.0, sigmas)), CAP_DAYS * 24.0)


@cache
def _taken() -> float:
    """The share of a machine that a server takes on average, of what is in greater demand."""
    cores = sum(core * share for core, share in CORES.items())
    mib = cores * sum(each * share for each, share in MIB_FOR_EACH_CORE.items())
    return max(cores / MACHINE_CORES, mib / MACHINE_MIB)


def volume(servers: Sequence[tuple[int, int]]) -> float:
    """The machines that their volume alone takes."""
    return max(sum(cores for cores, _ in servers) / MACHINE_CORES, sum(mib for _, mib in servers) / MACHINE_MIB)

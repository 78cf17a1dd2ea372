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
- owners: requests come in deployments of one type; the mean size of one (`DEPLOYMENT`) is **assumed**. The description of the Azure Public Dataset V2 has
  2,695,548 servers of 6,687 subscriptions in 30 days: `A_DAY` servers of an owner. How busy each one is (log-normal, sigma 1) is **assumed**.
- owners and lives: "Resource Central" finds that an owner's servers live alike and predicts the right one of four buckets (up to 15 minutes, an hour, a day, longer)
  for 79 % of servers; Bianchini and others ("Toward ML-Centric Cloud Platforms", CACM 2020) have less than 1 % of servers in a month from owners not
  seen before. Here an owner makes servers of one part of `LIVES` mostly: `FAITHFUL` of the deployments are by such a one and the others by anybody, which is **assumed**, and such
  that the owner tells less than there: the bucket that is most frequent with him is right for 56 % (35 % without knowing him; see `facts`). Lives, sizes and
  times are drawn as without owners, so that packing is no easier than before for whoever does not look at them. Sizes and lives are independent.
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
A_DAY = 2_695_548 / 6_687 / 30
FAITHFUL = 0.8
LOW_PRIORITY = 0.3
_BUCKETS = (0.25, 1.0, 24.0)
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


def trace(
    seed: int, machines: int, *, load: float, before_days: float, days: float = WINDOW_DAYS, run: int = 0
) -> list[Server]:
    """Requests in order of start, of which at any time about `load` of so many machines is taken.

    before_days: how long before the window it begins, with servers that are there already and live on. run: of the same seed, another one.
    """
    draw = np.random.default_rng([seed, run])
    hours = _lives(np.random.default_rng(seed + 1_000_003), draw.choice(len(LIVES), 100_000, p=_shares()))
    there = int(machines * load / _taken())
    each_day = there / (float(hours.mean()) / 24)
    owners = _Owners.of(draw, each_day / A_DAY)
    parts = draw.choice(len(LIVES), 100_000, p=_shares())
    lives = _lives(draw, parts)
    alive = draw.choice(len(lives), there, p=lives / lives.sum())
    number = int(draw.poisson(each_day / DEPLOYMENT * (days + before_days)))
    times = np.sort(draw.random(number) * (days + before_days) - before_days)
    part, size = draw.choice(len(LIVES), number, p=_shares()), draw.geometric(1 / DEPLOYMENT, number)
    begun = (np.full(there, -before_days), lives[alive] * draw.random(there), owners.drawn(draw, parts[alive]))
    come = (np.repeat(times, size), _lives(draw, np.repeat(part, size)), np.repeat(owners.drawn(draw, part), size))
    kinds = [
        *shapes(draw, there),
        *(kind for kind, n in zip(shapes(draw, number), size, strict=True) for _ in range(n)),
    ]
    starts, lasting, whose = (np.concatenate(each) for each in zip(begun, come, strict=True))
    low = draw.random(len(kinds)) < LOW_PRIORITY
    return [
        Server(owner=owner, cores=cores, mib=mib, priority=int(priority), start=start, end=start + life / 24)
        for owner, (cores, mib), priority, start, life in zip(
            whose.tolist(), kinds, low, starts.tolist(), lasting.tolist(), strict=True
        )
    ]


@attrs.frozen(eq=False)
class _Owners:
    """Which part of `LIVES` each owner's servers mostly have, and how busy he is."""

    part: np.ndarray
    busy: np.ndarray

    @classmethod
    def of(cls, draw: np.random.Generator, count: float) -> _Owners:
        """About so many, some of each part."""
        each = [max(round(count * share), 2) for share in _shares()]
        part = np.repeat(np.arange(len(LIVES)), each)
        return cls(part, draw.lognormal(0.0, 1.0, len(part)))

    def drawn(self, draw: np.random.Generator, parts: np.ndarray) -> np.ndarray:
        """An owner for each of these deployments."""
        found = draw.choice(len(self.busy), len(parts), p=self.busy / self.busy.sum())
        faithful = draw.random(len(parts)) < FAITHFUL
        for one in range(len(LIVES)):
            own, whose = np.flatnonzero(self.part == one), faithful & (parts == one)
            found[whose] = draw.choice(own, int(whose.sum()), p=self.busy[own] / self.busy[own].sum())
        return found


def facts(seed: int = 1) -> dict[str, float]:
    """What the twin is like, beside the published figures."""
    draw = np.random.default_rng(seed)
    hours = _lives(draw, draw.choice(len(LIVES), 200_000, p=_shares()))
    short = hours < 1
    servers = [one for one in trace(seed, 200, load=0.7, before_days=30) if one.start > -30]
    bucket = np.searchsorted(_BUCKETS, [(one.end - one.start) * 24 for one in servers])
    owner = np.array([one.owner for one in servers])
    right = sum(np.bincount(bucket[owner == each]).max() for each in np.unique(owner))
    return {
        "cores_mean": sum(core * share for core, share in CORES.items()),
        "hours_mean": float(hours.mean()),
        "shorter_than_an_hour": float(short.mean()),
        "their_share_of_hours": float(hours[short].sum() / hours.sum()),
        "bucket_by_owner": float(right / len(servers)),
        "bucket_by_nothing": float(np.bincount(bucket).max() / len(servers)),
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

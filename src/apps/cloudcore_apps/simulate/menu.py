"""What can go wrong in a simulation, and how often."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import attrs

from cloudcore.model.errors import InvalidInputError

CALLS: Mapping[str, float] = MappingProxyType(
    {
        "crash": 0.002,
        "stall": 0.001,
        "conflict": 0.002,
        "doubt": 0.03,
        "lost-call": 0.03,
        "lost-answer": 0.03,
        "twice": 0.05,
        "late": 0.03,
        "callback": 0.5,
        "failure": 0.08,
        "torn": 0.02,
        "hang": 0.015,
        "asleep": 0.2,
    }
)
"""Faults that strike at calls, with the probability for each occasion."""

WEATHER = ("agent", "journal", "power", "partition", "outage", "slow", "full-disk", "clock", "host-dies", "cut-off")
"""Faults that come and go with time."""

LEASED = ("host-dies", "cut-off")
"""Faults of lives in which hosts have leases and a storage together, so that their servers can be started elsewhere."""

MENU: Mapping[str, str] = MappingProxyType(
    {
        "crash": "a control-plane process dies at any port call, so before and after any commit, and is started again",
        "stall": "a control-plane process stands still for up to 20 s, longer than a lease, holding what it holds",
        "conflict": "the database refuses a statement or a commit as a conflict",
        "doubt": "the answer of a commit that was kept is lost",
        "lost-call": "a call to an agent is lost",
        "lost-answer": "an agent takes a call and its answer is lost",
        "twice": "a call arrives again, up to a minute later",
        "late": "a call is given up as lost and arrives up to a minute later, after others",
        "callback": "an agent's push is lost, told twice, or comes up to a minute late",
        "failure": "an effect fails, transiently or for good, before or after its work was done",
        "torn": "an agent dies after the work and before it has noted its outcome",
        "agent": "an agent dies and comes back with its journal",
        "journal": "an agent dies and comes back without its journal",
        "power": "a host loses power, its guests are off, and it comes back",
        "partition": "the line between control plane and a host is cut for a while",
        "outage": "the database is away for some seconds",
        "slow": "everything that a host does takes up to 100 times as long",
        "full-disk": "the storages of all hosts take no more for a while",
        "clock": "the clock of the database jumps forwards by up to 5 minutes or back by up to a minute",
        "hang": "an effect takes two hours more, far beyond its deadline, unless it is told to stop or its agent dies",
        "asleep": "a process sleeps for up to 40 s, far beyond its lease, before a change of the image store shows",
        "host-dies": "a host loses power for up to 5 minutes, in a life in which hosts have leases",
        "cut-off": "a host is cut off for up to 5 minutes, in a life in which hosts have leases",
    }
)
"""Every kind of fault, in a sentence."""

LATER = ("asleep",)
"""Drawn by themselves, so that the lives from before they were there differ in nothing else."""

LEASED_SHARE = 0.2
"""So many of the lives that are not quiet are such."""
CRASHES = 6
"""So many processes die in one life at most."""


@attrs.frozen(kw_only=True)
class Faults:
    """The kinds that may strike in one life, by name, and how many times the weather changes."""

    kinds: frozenset[str] = frozenset()
    weather: int = 4

    def chance(self, kind: str) -> float:
        """The probability of a fault at one occasion."""
        return CALLS[kind] if kind in self.kinds else 0.0

    @property
    def leases(self) -> bool:
        """Whether hosts have leases in this life."""
        return not self.kinds.isdisjoint(LEASED)

    @property
    def spells(self) -> tuple[str, ...]:
        """What the weather may bring, in a stable order."""
        return tuple(kind for kind in WEATHER if kind in self.kinds)


def draw(seed: int, known: Iterable[str] = MENU) -> Faults:
    """The faults of a seed, of these kinds: one life in ten has none, the others some or all."""
    source = random.Random(f"faults {seed}")  # noqa: S311 - repeatable on purpose
    share = source.choice((0.0, 0.15, 0.15, 0.3, 0.3, 0.5, 0.5, 0.75, 1.0, 1.0))
    known = tuple(known)
    kinds = {kind for kind in known if kind not in LEASED + LATER and source.random() < share}
    kinds |= {k for k in LATER if k in known and random.Random(f"{k} {seed}").random() < share}  # noqa: S311 - as above
    weather = source.randint(2, 6)
    if share and source.random() < LEASED_SHARE:
        kinds |= set(source.choice((LEASED, LEASED[:1], LEASED[1:])))
    return Faults(kinds=frozenset(kinds), weather=weather)


def chosen(names: Iterable[str], weather: int = 4) -> Faults:
    """Faults by name.

    Raises:
        InvalidInputError: there is no such fault.
    """
    kinds = frozenset(names)
    if unknown := sorted(kinds - set(MENU)):
        raise InvalidInputError(f"there is no fault {unknown[0]}; there are {', '.join(MENU)}", field="faults")
    return Faults(kinds=kinds, weather=weather)

"""Many lives, and how one that fails becomes a short story."""

from __future__ import annotations

import random
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from cloudcore_apps.simulate.life import MEMORY, SQLITE, Life, Shape
from cloudcore_apps.simulate.menu import Faults, draw
from cloudcore_apps.simulate.moves import NAME as MOVES
from cloudcore_apps.simulate.moves import draw_faults
from cloudcore_apps.simulate.watch import Violation

TRIES = 25
"""So many seeds are tried for each way to make a story shorter."""
SQL_SHARE = 0.1
"""So many lives have their storage in SQL, which takes three times as long."""

ORDEALS = (MOVES,)
"""Lives that are about one thing, by name. Their seeds are their own."""


@attrs.frozen(kw_only=True)
class Case:
    """One life: its seed, its faults, its storage, how big it is, and which requests are left out, by client and turn.

    ordeal: one of `ORDEALS`; empty: a life about everything.
    """

    seed: int
    faults: Faults
    shape: Shape = attrs.field(factory=Shape)
    store: str = MEMORY
    without: frozenset[str] = frozenset()
    ordeal: str = ""

    @property
    def command(self) -> str:
        """What lives it again."""
        kinds = ",".join(sorted(self.faults.kinds)) or "none"
        size = " ".join(f"--{name} {count}" for name, count in attrs.asdict(self.shape).items())
        world = f"--faults {kinds} --weather {self.faults.weather} --store {self.store} {size}"
        left_out = f" --without {','.join(sorted(self.without))}" if self.without else ""
        ordeal = f" --ordeal {self.ordeal}" if self.ordeal else ""
        return f"cloudcore simulate{ordeal} --seed {self.seed} {world}{left_out} --story"

    def fails(self) -> tuple[Life, Violation | None]:
        """Live it: the life, and what was found in it."""
        life = Life(self.seed, self.faults, self.shape, store=self.store, without=self.without, ordeal=self.ordeal)
        try:
            life.live()
        except Violation as violation:
            return life, violation
        except Exception as error:  # noqa: BLE001 - whatever breaks a life is a find, and is told with its seed
            return life, Violation("ends", _told(error))
        return life, None


def _told(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{error!r} in {where.name}, {Path(where.filename).name} line {where.lineno}: {where.line}"


def of_seed(seed: int, ordeal: str = "") -> Case:
    """The life of a seed."""
    faults = draw_faults(seed) if ordeal else draw(seed)
    return Case(seed=seed, faults=faults, store=store_of(seed), ordeal=ordeal)


def store_of(seed: int) -> str:
    """Where the life of a seed has its rows."""
    return SQLITE if random.Random(f"store {seed}").random() < SQL_SHARE else MEMORY  # noqa: S311 - repeatable on purpose


def shrink(case: Case, violation: Violation) -> Case:
    """A smaller life that hurts the same invariant: fewer kinds of faults, clients, hosts, processes and requests.

    In the end each single request is left out that has nothing to do with it.
    """
    smaller = True
    while smaller:
        smaller = False
        for candidate in _smaller(case):
            found = _same(candidate, violation)
            if found is not None:
                case, smaller = found, True
                break
    for client in range(case.shape.clients):
        for turn in range(case.shape.rounds):
            fewer = attrs.evolve(case, without=case.without | {f"client{client}-{turn}"})
            case = _same(fewer, violation, tries=1) or case
    return case


def story(life: Life) -> Sequence[str]:
    """What happened, without the calls to the database."""
    return [line for line in life.stage.log if "  " not in line.partition(" {")[0] or " submit " in line]


def _smaller(case: Case) -> Iterator[Case]:
    faults, shape = case.faults, case.shape
    if case.store != MEMORY:
        yield attrs.evolve(case, store=MEMORY)
    for kind in sorted(faults.kinds):
        yield attrs.evolve(case, faults=attrs.evolve(faults, kinds=faults.kinds - {kind}))
    if faults.weather > 1:
        yield attrs.evolve(case, faults=attrs.evolve(faults, weather=faults.weather // 2))
    for name, count in attrs.asdict(shape).items():
        if count > 1:
            yield attrs.evolve(case, shape=attrs.evolve(shape, **{name: count // 2}))
            yield attrs.evolve(case, shape=attrs.evolve(shape, **{name: count - 1}))


def _same(case: Case, violation: Violation, tries: int = TRIES) -> Case | None:
    for seed in range(case.seed, case.seed + tries):
        candidate = attrs.evolve(case, seed=seed)
        _, found = candidate.fails()
        if found is not None and found.invariant == violation.invariant:
            return candidate
    return None

"""The net has no holes where we know of: each planted defect is noticed by the seed that was written down for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cloudcore_apps.simulate.life import live
from cloudcore_apps.simulate.menu import draw

MUTANTS = Path(__file__).parent / "mutants"
NAMES = sorted(path.stem for path in MUTANTS.glob("*.patch"))


@pytest.mark.parametrize("name", NAMES[:1])
def test_a_planted_defect_is_noticed(name: str) -> None:
    result = subprocess.run([sys.executable, MUTANTS / "run.py", name], capture_output=True, text=True, check=False)

    assert result.stdout == f"{name}: noticed (1 of 1)\n", result.stderr


def test_every_planted_defect_says_which_seed_notices_it_and_what_for() -> None:
    for name in NAMES:
        first = (MUTANTS / f"{name}.patch").read_text().splitlines()[0]
        assert first.startswith("# seed "), name
        assert first.partition(": ")[2], name


def test_without_a_defect_none_of_these_seeds_notices_anything() -> None:
    firsts = [(MUTANTS / f"{name}.patch").read_text().splitlines()[0] for name in NAMES]
    for seed in sorted({int(first.removeprefix("# seed ").partition(":")[0]) for first in firsts}):
        live(seed, draw(seed))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_all_planted_defects_are_noticed(name: str) -> None:
    test_a_planted_defect_is_noticed(name)

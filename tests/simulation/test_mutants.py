"""The net has no holes where we know of: each planted defect is noticed by a seed that was written down for it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.simulation.mutants.run import ONLY, hurts, read_list, seeds_of

from cloudcore_apps.simulate.asking import operations
from cloudcore_apps.simulate.cloud import RESOURCES
from cloudcore_apps.simulate.menu import MENU

MUTANTS = Path(__file__).parent / "mutants"
PATCHES = sorted(MUTANTS.glob("*.patch"))
PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "never-stuck.md"


def test_every_planted_defect_is_noticed() -> None:
    result = subprocess.run([sys.executable, MUTANTS / "run.py"], capture_output=True, text=True, check=False)

    assert result.stdout.splitlines() == [f"{patch.stem}: noticed" for patch in PATCHES], result.stderr
    assert result.returncode == 0, result.stderr


def test_there_are_enough_planted_defects_and_each_says_which_seeds_notice_it_and_what_for() -> None:
    for patch in PATCHES:
        first = patch.read_text().splitlines()[0]
        assert first.startswith("# seed "), patch.stem
        assert first.partition(": ")[2], patch.stem
        assert seeds_of(patch), patch.stem
    assert len(PATCHES) >= 25


def test_each_fault_and_each_invariant_has_a_defect_that_is_for_it() -> None:
    text = PAGE.read_text()
    rows = [line.split("|")[1:3] for line in text.partition("| for | defects |")[2].split("\n\n")[0].splitlines()[2:]]
    words = {word for row in rows for word in re.findall(r"[a-z-]+", row[0])}
    named = {name for row in rows for name in re.findall(r"[a-z-]+", row[1])}
    bullets = re.findall(r"^- \*\*([a-z, -]+)\*\*", text, re.MULTILINE)

    assert named == {patch.stem for patch in PATCHES}
    assert set(MENU) - words == set()
    assert {word for bullet in bullets for word in bullet.split(", ")} - words == set()
    assert len(bullets) >= 15


def test_without_a_defect_none_of_these_seeds_notices_anything() -> None:
    lives = {(seed, patch.stem if patch.stem in ONLY else "") for patch in PATCHES for seed in seeds_of(patch)}
    for seed, defect in sorted(lives):
        assert not hurts(seed, defect), seed


def test_these_lives_are_drawn_from_a_list_of_what_there_is() -> None:
    kinds, known = read_list()

    assert set(kinds) <= set(MENU)
    assert set(known) <= {operation.name for operation in operations(RESOURCES)}

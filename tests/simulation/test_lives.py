"""Lives of a cloud: whatever the order and whatever fails, the records, the ledgers and the hosts agree."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cloudcore_apps.simulate.life import STORES, Life
from cloudcore_apps.simulate.menu import MENU, Faults, chosen, draw
from cloudcore_apps.simulate.seeds import of_seed

SEEDS = 300
BLOCKS = 20
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("block", range(BLOCKS))
def test_whatever_befalls_a_cloud_is_survived(block: int) -> None:
    size = SEEDS // BLOCKS
    for seed in range(block * size, (block + 1) * size):
        _, violation = of_seed(seed).fails()
        assert violation is None, seed


def test_in_quiet_weather_no_task_fails_but_some_are_cancelled_on_request() -> None:
    for seed in range(6):
        life = Life(seed)
        life.live()
        told = {line.rpartition(" ")[2] for line in life.stage.log if " has its answer: tasks cancel " in line}
        for task in life.cloud.rows("tasks"):
            wanted = {"complete", "cancelled"} if task.id[:8] in told else {"complete"}
            assert task.state.value in wanted, (seed, task.flow)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("seed", range(3))
def test_a_life_can_be_lived_again(seed: int, store: str) -> None:
    first, second = (Life(seed, chosen(MENU), store=store) for _ in range(2))

    assert first.live() == second.live()
    assert first.stage.log == second.stage.log


def test_a_life_does_not_depend_on_the_order_of_hashes() -> None:
    program = (
        "from cloudcore_apps.simulate.life import live; from cloudcore_apps.simulate.menu import draw;"
        "print([live(seed, draw(seed), store=store) for seed, store in ((5, 'memory'), (12, 'sqlite'))])"
    )
    folders = [str(ROOT), *(str(ROOT / part) for part in ("src", "src/adapters", "src/apps"))]
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": salt, "PYTHONPATH": os.pathsep.join(folders)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for salt in ("1", "2", "3")
    }
    assert len(digests) == 1


def test_seeds_have_faults_of_all_kinds_and_some_have_none() -> None:
    drawn = [draw(seed) for seed in range(SEEDS)]

    assert {of_seed(seed).store for seed in range(SEEDS)} == set(STORES)

    assert {kind for faults in drawn for kind in faults.kinds} == set(MENU)
    assert Faults(weather=drawn[0].weather).kinds in {faults.kinds for faults in drawn}

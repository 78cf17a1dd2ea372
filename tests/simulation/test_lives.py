"""Lives of a cloud: whatever the order and whatever fails, the records, the ledgers and the hosts agree in the end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .run import Faults, Life, live

SEEDS = 200
ROUGH = Faults(worker_crash=0.004, client_crash=0.002, effect_failure=0.1, stall=0.002, weather=3)
ROOT = Path(__file__).resolve().parents[2]


def part(count: int, quick: int) -> list[object]:
    """The numbers below `count`: the first `quick` for the fast set, the others for the system set."""
    return [number if number < quick else pytest.param(number, marks=pytest.mark.system) for number in range(count)]


@pytest.mark.parametrize("block", range(10))
def test_in_quiet_weather_everything_that_is_asked_for_happens(block: int) -> None:
    for seed in range(block * SEEDS // 40, (block + 1) * SEEDS // 40):
        life = Life(seed)
        life.stage.run()
        assert {task.state.value for task in life.cloud.rows("tasks")} == {"complete"}, seed


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("seed", part(8, 3))
def test_a_worker_may_die_at_any_commit(seed: int, after: bool) -> None:
    for number in range(1, 200):
        life = Life(seed, faults=Faults(commit_crash=number, after_commit=after), clients=1, rounds=3)
        life.live()
        if not life.crashes:
            break
    assert number > 10


@pytest.mark.parametrize("block", part(10, 3))
def test_rough_weather_is_survived(block: int) -> None:
    for seed in range(block * SEEDS // 20, (block + 1) * SEEDS // 20):
        live(seed, faults=ROUGH, clients=3, workers=3)


@pytest.mark.parametrize("seed", part(20, 4))
def test_servers_that_change_survive_rough_weather(seed: int) -> None:
    live(seed, faults=ROUGH, rounds=2, changes=3)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(100))
def test_rough_weather_is_survived_for_long(block: int) -> None:
    for seed in range(10_000 + block * 50, 10_000 + (block + 1) * 50):
        live(seed, faults=ROUGH, clients=3, rounds=3, workers=3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_life_can_be_lived_again(seed: int) -> None:
    first, second = Life(seed, faults=ROUGH), Life(seed, faults=ROUGH)

    assert first.live() == second.live()
    assert first.stage.log == second.stage.log


def test_a_life_does_not_depend_on_the_order_of_hashes() -> None:
    program = (
        "from tests.simulation.run import Faults, live; print(live(5, faults=Faults(effect_failure=0.1, weather=2)))"
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

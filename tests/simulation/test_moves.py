"""Lives of servers that move, live and cold, while hosts and processes are struck in the midst of it."""

from __future__ import annotations

from collections import Counter

from click.testing import CliRunner

from cloudcore_apps.simulate.bearing import MOVES
from cloudcore_apps.simulate.command import simulate
from cloudcore_apps.simulate.menu import MENU
from cloudcore_apps.simulate.moves import draw_faults
from cloudcore_apps.simulate.seeds import ORDEALS, of_seed

SEEDS = 16


def test_whatever_befalls_servers_that_move_is_survived_and_it_befalls_them_at_each_step() -> None:
    ends, struck = Counter[tuple[str, str]](), set[str]()
    for seed in range(SEEDS):
        life, violation = of_seed(seed, "moves").fails()
        assert violation is None, seed
        ends.update((task.flow, str(task.state)) for task in life.cloud.rows("tasks"))
        struck |= {line.partition(", in step ")[2].partition(" ")[0] for line in life.stage.log if " ambush: " in line}

    assert {(flow, end) for flow in MOVES for end in ("complete", "cancelled")} <= ends.keys()
    assert {"prepare", "migrate", "leave", "off", "arrive"} <= struck


def test_such_a_life_can_be_lived_again_by_its_command() -> None:
    case = of_seed(3, ORDEALS[0])
    life, _ = case.fails()
    again = CliRunner().invoke(simulate, case.command.split()[2:])

    assert case.command.startswith("cloudcore simulate --ordeal moves --seed 3 ")
    assert all(line in again.output for line in life.stage.log if " asks" in line or " ambush: " in line)


def test_seeds_have_faults_of_all_kinds_and_some_have_none() -> None:
    drawn = [draw_faults(seed).kinds for seed in range(60)]

    assert {kind for kinds in drawn for kind in kinds} == set(MENU)
    assert frozenset() in drawn

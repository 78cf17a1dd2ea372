"""The command, and how a life that fails is told."""

from __future__ import annotations

import pickle
import re

import pytest
from click.testing import CliRunner

from cloudcore_apps.simulate.command import simulate
from cloudcore_apps.simulate.life import Life, Shape
from cloudcore_apps.simulate.menu import chosen
from cloudcore_apps.simulate.seeds import Case, shrink, story
from cloudcore_apps.simulate.watch import Violation


def test_the_command_lives_seeds_and_says_how_fast() -> None:
    result = CliRunner().invoke(simulate, ["--seeds", "2", "--first-seed", "4"])

    assert result.exit_code == 0
    assert "2 seeds from 4: nothing lost, nothing stuck" in result.output
    assert "times as fast as life" in result.output


def test_several_processes_live_the_same_lives_and_tell_them_in_order() -> None:
    wanted = ["--seeds", "13", "--first-seed", "4", "--rounds", "2", "--faults", "failure", "--coverage", "--story"]

    alone, shared = (CliRunner().invoke(simulate, [*wanted, "--jobs", jobs]) for jobs in ("1", "2"))

    assert "13 seeds from 4: nothing lost, nothing stuck" in shared.output
    assert shared.output.splitlines()[:-1] == alone.output.splitlines()[:-1]


def test_what_a_life_in_another_process_finds_is_told_as_if_it_were_found_here() -> None:
    violation = Violation("ends", "a task that does not end")

    copy = pickle.loads(pickle.dumps(violation))

    assert (str(copy), copy.invariant) == ("ends: a task that does not end", "ends")
    assert str(violation) == str(copy)


def test_the_command_says_what_came_up_and_what_did_not() -> None:
    result = CliRunner().invoke(simulate, ["--seeds", "3", "--first-seed", "4", "--coverage"])

    for title in ("operations granted", "flows", "steps done", "steps taken back", "faults"):
        assert re.search(rf"^{title}: [0-9]+ of [1-9][0-9]*$", result.output, re.MULTILINE), title
    assert "operations asked for: 0 " not in result.output


def test_a_seed_is_told_as_a_story_without_calls_to_the_database() -> None:
    result = CliRunner().invoke(simulate, ["--seed", "3", "--faults", "failure,power", "--story"])

    assert "client0 asks: " in result.output
    assert "weather: calm" in result.output
    assert " find servers" not in result.output


def test_requests_can_be_left_out_and_storage_chosen() -> None:
    wanted = ["--seed", "3", "--faults", "none", "--store", "sqlite", "--without", "client0-0,client1-2", "--story"]
    result = CliRunner().invoke(simulate, wanted)

    assert "1 seeds from 3: nothing lost, nothing stuck" in result.output
    lines = result.output.splitlines()
    asked = {word: sum(f" {word} asks" in line for line in lines) for word in ("client0", "client1", "client2")}
    assert asked == {"client0": 5, "client1": 5, "client2": 6}


def test_an_unknown_fault_is_refused() -> None:
    result = CliRunner().invoke(simulate, ["--seed", "3", "--faults", "plague"])

    assert "there is no fault plague" in str(result.exception)


def test_the_command_of_a_case_lives_the_same_life() -> None:
    case = Case(seed=5, faults=chosen(["crash", "late"], 2), shape=Shape(clients=2, rounds=3))
    life, violation = case.fails()
    assert violation is None

    again = CliRunner().invoke(simulate, case.command.split()[2:])

    assert again.output.startswith("\n".join(story(life)))


def test_an_assertion_without_words_is_told_by_its_line_and_what_it_speaks_of() -> None:
    life = Life(3, shape=Shape(clients=1, rounds=1))
    life.cloud.defects.append(ValueError("a step broke"))

    with pytest.raises(Violation) as caught:
        life.live()

    assert str(caught.value).startswith("quiescence: assert cloud.defects == [] (in check, invariants.py line ")
    assert "; cloud.defects is [ValueError('a step broke')]" in str(caught.value)


def test_an_assertion_with_words_is_told_in_them() -> None:
    assert str(Violation.of("quiescence", AssertionError("it is dark"))) == "quiescence: it is dark"


def test_a_life_that_fails_is_made_small() -> None:

    class Fussy(Case):
        """Something is wrong whenever two clients meet a host without power."""

        def fails(self) -> tuple[Life, Violation | None]:
            wrong = "power" in self.faults.kinds and self.shape.clients >= 2
            return Life(self.seed), Violation("fussy", "it is dark") if wrong else None

    small = shrink(Fussy(seed=1, faults=chosen(["power", "crash", "late"], 6)), Violation("fussy", "it is dark"))

    assert (sorted(small.faults.kinds), small.faults.weather) == (["power"], 1)
    assert small.shape == Shape(processes=1, hosts=1, clients=2, rounds=1)
    assert small.without == {"client0-0", "client1-0"}
    assert "--without client0-0,client1-0 --story" in small.command

"""Processes that share one PostgreSQL, under load, while they are killed and frozen and everything below them fails.

What is drawn comes from a seed, so that a run that fails can be had again, as far as real processes allow.
"""

from __future__ import annotations

import contextlib
import random
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import pytest
from tests.contracts.postgres import controlled
from tests.e2e.processes import Launcher, Up, eventually, server_body, upload_image

from cloudcore.ports.session import Session
from cloudcore.tasks.engine import LEASE_S

from . import chaos
from .chaos_books import Books, simulated

pytestmark = pytest.mark.system
CLIENTS = 3
SETTLE_S = 240.0


@attrs.define(kw_only=True)
class Fleet(chaos.Fleet):
    """The processes by name, each with one simulated host."""

    launcher: Launcher
    ups: dict[str, Up] = attrs.field(factory=dict)

    @property
    def names(self) -> Sequence[str]:
        return sorted(self.ups)

    def session(self, name: str) -> Session:
        return self.ups[name].session()

    def start(self, name: str) -> None:
        env = {"CLOUDCORE_DATABASE": self.server.url}
        options = ("--shared", str(self.shared), "--simulated-delay", "0.1")
        self.ups[name] = self.launcher.up(self.home / name, *options, env=env)

    def books(self) -> Books:
        return Books(self.server.url, simulated([up.data for up in self.ups.values()], self.shared))


def ask(fleet: Fleet, session: Session, rng: random.Random, name: str) -> None:
    """Ask for a new server, or that one goes or changes."""
    mine = fleet.staying()
    if len(mine) < 4 or rng.random() < 0.5:
        fleet.promised(session.create("servers", server_body(name))["id"])
        return
    ident = rng.choice(mine)
    action = rng.choice(("stop", "start", "delete"))
    if action == "delete":
        fleet.going(ident)
        session.delete("servers", ident)
    else:
        session.perform("servers", ident, action, {})


def kill(fleet: Fleet, rng: random.Random) -> None:
    name = rng.choice(fleet.names)
    fleet.ups[name].kill()
    time.sleep(rng.uniform(0.0, 2.0))
    fleet.start(name)


def freeze(fleet: Fleet, rng: random.Random) -> None:
    process = fleet.ups[rng.choice(fleet.names)].process
    process.send_signal(signal.SIGSTOP)
    time.sleep(LEASE_S + rng.uniform(1.0, 3.0))
    process.send_signal(signal.SIGCONT)


FAULTS: tuple[chaos.Fault, ...] = (kill, chaos.cut, chaos.fill_disk, chaos.restart_database, freeze)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Two processes, each with a small disk and one host, and an image."""
    names, launcher = ("first", "second"), Launcher()
    with contextlib.ExitStack() as stack:
        found = Fleet(stack.enter_context(controlled()), tmp_path, launcher=launcher)
        for name in names:
            stack.enter_context(chaos.small_disk(tmp_path / name))
        stack.callback(launcher.close)
        for name in names:
            found.start(name)
        upload_image(found.ups["first"].session())
        yield found


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("seed", "rounds"), [(1, 1), pytest.param(2, 4, marks=pytest.mark.slow), pytest.param(3, 4, marks=pytest.mark.slow)]
)
def test_whatever_fails_nothing_is_lost_stuck_or_done_twice(fleet: Fleet, seed: int, rounds: int) -> None:
    rng = random.Random(seed)
    with chaos.under_load(fleet, ask, seed, CLIENTS):
        for _ in range(rounds):
            for fault in rng.sample(FAULTS, len(FAULTS)):
                time.sleep(rng.uniform(0.5, 1.5))
                fault(fleet, rng)
    asked = len(fleet.asked)
    assert asked > 5 * rounds, (asked, fleet.refused)
    session = fleet.session("first")
    eventually(lambda: chaos.settled(session), SETTLE_S)
    chaos.check_promises(fleet, session)
    eventually(lambda: fleet.books().numbered)
    assert [up.stop() for up in fleet.ups.values()] == [0, 0]
    fleet.books().check()

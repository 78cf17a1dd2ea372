"""SIGKILL of `cloudcore up` while it makes and removes a server of real QEMU.

The moments come from a run that writes them down: before and after every commit and every submitted effect of the two
operations, and before and after the host performs each effect. After the kill the plain program starts on the same data;
then the operation must be complete or taken back, with nothing left over, lost or stuck.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import pytest

from .accounts import Accounts
from .guest_image import cache_folder
from .libvirtd import Launcher, missing_parts
from .machine import CREATE, NETWORK, Foreign, Machine, check_nothing_left
from .up import Up, wait_for

pytest.importorskip("libvirt")
pytestmark = pytest.mark.system

FAULTY = (sys.executable, str(Path(__file__).with_name("faulty.py")))
SETTLE_S = 270
SEED = 20
OPERATIONS = ("server-create", "server-delete")


@attrs.define
class Victim:
    """A cloud that is killed again and again, with one server `web` that comes and goes."""

    machine: Machine
    up: Up
    foreign: Foreign

    def begin(self, operation: str) -> None:
        """Have what the operation needs: a server to delete, or none."""
        if operation == "server-create":
            self.remove()
        elif Accounts(self.up.data).server("web") is None:
            self.up.climc("server-create", *CREATE, "web", "--wait")

    def perform(self, operation: str) -> bool:
        """Ask for the operation and wait for its end or the death of the cloud; whether the cloud acknowledged it."""
        asked = self.up.begin_climc(operation, *(CREATE if operation == "server-create" else ()), "web")
        try:
            began = time.monotonic()
            while self.up.runs and not (asked.poll() is not None and not self.open_tasks()):
                assert time.monotonic() - began < SETTLE_S, f"{operation} is stuck\n{self.explain()}"
                time.sleep(0.1)
            if not self.up.runs:
                self.up.kill()
                asked.kill()
            out, error = asked.communicate(timeout=120)
            assert asked.returncode == 0 or not self.up.runs, f"{operation}: {out}{error}\n{self.explain()}"
            return asked.returncode == 0
        finally:
            asked.kill()
            asked.communicate(timeout=120)

    def open_tasks(self) -> Sequence[object]:
        """Tasks that have not ended."""
        return Accounts(self.up.data).open_tasks()

    def check(self, operation: str, *, acknowledged: bool, what: str) -> None:
        """Start the plain program and wait until nothing is under way; then nothing may be wrong."""
        self.up.start()
        wait_for(lambda: not self.open_tasks(), SETTLE_S, lambda: f"after {what}\n{self.explain()}")
        accounts = Accounts(self.up.data)
        try:
            self.check_outcome(accounts, operation, acknowledged=acknowledged)
            accounts.check()
            assert self.things() == accounts.things()
            self.foreign.check_untouched()
        except AssertionError as error:
            raise AssertionError(f"after {what}: {error}\n{self.explain()}") from error

    def check_outcome(self, accounts: Accounts, operation: str, *, acknowledged: bool) -> None:
        """What was acknowledged has come about; the rest has, or was never begun. What runs was adopted."""
        server = accounts.server("web")
        begun = any(task.flow == operation and task.obj_id == self.current for task in accounts.rows("tasks"))
        if operation == "server-delete":
            assert (server is None) == begun, (server, begun)
            assert begun or not acknowledged
            return
        assert server is not None or not acknowledged, "an acknowledged server is gone"
        if server is not None:
            assert (server.status, server.power_states) == ("running", "on"), server
            assert self.machine.virsh("domstate", f"cloudcore-{server.id}").strip() == "running"

    current: str = ""

    def things(self) -> set[tuple[str, str]]:
        """Guests, volumes and reserved cards on the machine, but for the user's own."""
        domains = set(self.machine.virsh("list", "--all", "--name").split()) - {"somebodys"}
        found = {("guest", name.removeprefix("cloudcore-")) for name in domains}
        volumes = (path.name for path in (self.machine.place / "storage/volumes").iterdir())
        found |= {("volume", name) for name in volumes if name != "somebodys"}
        return found | {("card", mac) for mac in self.machine.reserved(NETWORK)}

    def remove(self) -> None:
        """Delete the server, if there is one."""
        if Accounts(self.up.data).server("web") is not None:
            self.up.climc("server-delete", "web", "--wait")
            check_nothing_left(self.machine, self.up)

    def explain(self) -> str:
        """What is under way, and the end of the log."""
        return f"{Accounts(self.up.data).explain()}\n{self.up.explain()}"

    def kill_at(self, operation: str, moment: str) -> None:
        """Kill it at one moment of an operation, and check what a restart makes of it."""
        self.begin(operation)
        self.up.kill()
        self.up.start(FAULTY, CLOUDCORE_FAULT=moment)
        self.note()
        acknowledged = self.perform(operation)
        assert not self.up.runs, f"{moment} did not come\n{self.explain()}"
        self.check(operation, acknowledged=acknowledged, what=moment)

    def kill_after(self, operation: str, seconds: float) -> None:
        """Kill it so long after it was asked for an operation, and check what a restart makes of it."""
        self.begin(operation)
        self.note()
        asked = self.up.begin_climc(operation, *(CREATE if operation == "server-create" else ()), "web")
        time.sleep(seconds)
        self.up.kill()
        asked.kill()
        asked.communicate(timeout=120)
        acknowledged = asked.returncode == 0
        self.check(operation, acknowledged=acknowledged, what=f"{seconds:.2f} s of {operation}")

    def note(self) -> None:
        """Remember which server is there before an operation."""
        server = Accounts(self.up.data).server("web")
        self.current = server.id if server is not None else ""


def recorded(victim: Victim) -> list[tuple[str, str]]:
    """(operation, moment) of all moments, from a run that nobody kills."""
    found: list[tuple[str, str]] = []
    victim.up.kill()
    for operation in OPERATIONS:
        record = victim.machine.folder / f"{operation}.moments"
        victim.up.start(FAULTY, CLOUDCORE_RECORD=str(record))
        victim.note()
        assert victim.perform(operation), victim.explain()
        victim.up.kill()
        found += [(operation, f"{m}:{side}") for m in record.read_text().split() for side in ("before", "after")]
    victim.up.start()
    return found


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory, guest_image: Path) -> Iterator[Victim]:
    if reason := missing_parts():
        pytest.skip(reason)
    with Launcher(cache_folder() / "libvirt") as libvirtd:
        machine = Machine(libvirtd, tmp_path_factory.mktemp("machine"))
        up = machine.up()
        try:
            up.start()
            up.climc("image-upload", "--format", "qcow2", "--wait", "tiny", str(guest_image))
            yield Victim(machine, up, Foreign.made(machine))
        finally:
            up.kill()


@pytest.fixture(scope="module")
def moments(victim: Victim) -> list[tuple[str, str]]:
    found = recorded(victim)
    for operation, least in (("server-create", 12), ("server-delete", 8)):
        kinds = {moment.rpartition(":")[0] for of, moment in found if of == operation}
        assert len([kind for kind in kinds if kind.startswith(operation)]) >= 8, found
        assert len(kinds) >= least, found
    return found


def sample(moments: Sequence[tuple[str, str]], number: int) -> list[tuple[str, str]]:
    """So many of them, half of each operation, in turns: what one leaves the next needs."""
    chosen = random.Random(SEED)
    by = [chosen.sample([m for m in moments if m[0] == operation], number // 2) for operation in OPERATIONS]
    return list(itertools.chain.from_iterable(zip(*by, strict=True)))


@pytest.mark.timeout(900)
def test_killed_at_some_moments_of_creating_and_deleting(victim: Victim, moments: list[tuple[str, str]]) -> None:
    for operation, moment in sample(moments, 4):
        victim.kill_at(operation, moment)
    victim.remove()


@pytest.mark.timeout(900)
def test_killed_at_random_moments(victim: Victim) -> None:
    chosen = random.Random(SEED)
    for operation in ("server-create", "server-delete"):
        victim.kill_after(operation, chosen.uniform(0.3, 3.0))
    victim.remove()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_every_moment_of_creating_and_deleting(victim: Victim, moments: list[tuple[str, str]]) -> None:
    by = [[m for m in moments if m[0] == operation] for operation in OPERATIONS]
    for pair in itertools.zip_longest(*by):
        for operation, moment in filter(None, pair):
            victim.kill_at(operation, moment)
    chosen = random.Random(SEED + 1)
    for operation in OPERATIONS * 5:
        victim.kill_after(operation, chosen.uniform(0.2, 4.0))
    victim.remove()

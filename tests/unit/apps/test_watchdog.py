"""The watchdog of a machine, with processes that look like QEMU's: whom it ends, when, and whom it leaves alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from cloudcore.model.lease import TERM_S
from cloudcore_apps import watchdog
from cloudcore_apps.guard import Guard
from cloudcore_apps.leases import host_clock
from cloudcore_apps.watchdog import (
    AGENT_GRACE_S,
    LOOK_S,
    OVER_S,
    Order,
    boot_id,
    guests_to_end,
    is_alive,
    look,
    started,
)


@attrs.define
class Machine:
    """A machine with guests' folders, a storage that others reach, and one that is its own."""

    root: Path
    processes: list[subprocess.Popen[bytes]] = attrs.field(factory=list)

    @property
    def folder(self) -> Path:
        return self.root / "watchdog"

    def guest(self, ident: str, storage: str = "shared", deployment: str = "ours") -> subprocess.Popen[bytes]:
        place = self.root / "host/guests" / ident
        place.mkdir(parents=True)
        (place / "mark.json").write_text(json.dumps({"deployment": deployment, "resource": ident}))
        disk = json.dumps({"driver": "file", "filename": f"{self.root}/{storage}/volumes/v/disk.qcow2"})
        return self.started("qemu-system-x86_64", "-name", f"guest=cloudcore-{ident},debug-threads=on", disk)

    def started(self, name: str, *words: str) -> subprocess.Popen[bytes]:
        command = [name, "-c", "while :; do sleep 60; done", *words]
        self.processes.append(subprocess.Popen(command, executable="/bin/sh", start_new_session=True))
        return self.processes[-1]

    def order(self, **changes: object) -> Order:
        known = Order(
            until=0.0,
            boot=boot_id(),
            agent=0,
            started="",
            barred=True,
            deployment="ours",
            guests=str(self.root / "host/guests"),
            storages=[str(self.root / "shared")],
        )
        return known._replace(**changes)  # type: ignore[arg-type]

    def guard(self, on_over: Callable[[], None] = lambda: None) -> Guard:
        guests, shared = self.root / "host/guests", [self.root / "shared"]
        return Guard(self.folder, deployment="ours", guests=guests, storages=shared, on_over=on_over)

    def watched(self) -> subprocess.Popen[bytes]:
        self.processes.append(subprocess.Popen([sys.executable, "-m", watchdog.__name__, self.folder]))
        until(lambda: is_alive(self.folder), 20)
        return self.processes[-1]


def until(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    found = Machine(tmp_path)
    (tmp_path / "host/guests").mkdir(parents=True)
    found.folder.mkdir()
    yield found
    for process in found.processes:
        if process.poll() is None:
            with_children = os.getpgid(process.pid) == process.pid
            (os.killpg if with_children else os.kill)(process.pid, signal.SIGKILL)
        process.wait()


def test_it_finds_the_guests_that_others_could_start_and_no_others(machine: Machine) -> None:
    ours = machine.guest("one")
    machine.guest("own-disk", storage="local")
    machine.guest("foreign", deployment="theirs")
    machine.started("sleep", "-name", "guest=cloudcore-one", f"{machine.root}/shared/volumes/v")
    machine.started("qemu-system-x86_64", "-name", "guest=somebodys", f"{machine.root}/shared/volumes/v")
    machine.started("qemu-system-x86_64", "-name", "guest=cloudcore-../../x", f"{machine.root}/shared/volumes/v")
    machine.started("qemu-system-x86_64", f"{machine.root}/shared/volumes/v")
    until(lambda: all(Path(f"/proc/{p.pid}/cmdline").read_bytes() for p in machine.processes), 5)

    until(lambda: list(guests_to_end(machine.order())) == [ours.pid], 5)


def test_nothing_is_ended_while_the_lease_is_good_and_what_is_over_is_ended_again_and_again(machine: Machine) -> None:
    first = machine.guest("one")
    until(lambda: list(guests_to_end(machine.order())) == [first.pid], 5)
    now = host_clock()
    assert look(machine.order(until=now + 5), now) == 0
    assert first.poll() is None

    assert look(machine.order(until=now), now) >= 1
    assert first.wait(5) == -signal.SIGKILL

    late = machine.guest("late")
    until(lambda: look(machine.order(until=now), now), 5)
    assert late.wait(5) == -signal.SIGKILL
    # A child that was being born looks like its parent until it has a program of its own.
    until(lambda: look(machine.order(until=now + 99, boot="another start of the machine"), now) == 0, 5)


@pytest.mark.parametrize(("left_s", "pause_s"), [(99.0, LOOK_S), (0.0, OVER_S)], ids=["held", "over"])
def test_it_looks_more_often_while_the_lease_is_over(machine: Machine, left_s: float, pause_s: float) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        (machine.folder / watchdog.ORDER).unlink()

    order = machine.order(until=host_clock() + left_s)
    watchdog.write(machine.folder, watchdog.ORDER, order._asdict())

    watchdog.watch(machine.folder, sleep)

    assert pauses == [pause_s]


def test_an_agent_that_does_not_stop_by_itself_is_ended_before_it_can_go_on(machine: Machine) -> None:
    frozen = machine.started("agent")
    frozen.send_signal(signal.SIGSTOP)
    order = machine.order(until=100.0, barred=False, agent=frozen.pid, started=started(frozen.pid))

    look(order, 100.0 + AGENT_GRACE_S - 0.1)
    look(order._replace(barred=True), 200.0)
    look(order._replace(started="another process with its number"), 200.0)
    assert frozen.poll() is None

    look(order, 100.0 + AGENT_GRACE_S)
    assert frozen.wait(5) == -signal.SIGKILL


def test_a_watchdog_of_its_own_process_ends_what_a_frozen_agent_left(machine: Machine) -> None:
    guest, agent = machine.guest("one"), machine.started("agent")
    order = machine.order(until=host_clock() + 2, barred=False, agent=agent.pid, started=started(agent.pid))
    watchdog.write(machine.folder, watchdog.ORDER, order._asdict())
    dog = machine.watched()
    agent.send_signal(signal.SIGSTOP)
    assert guest.poll() is None

    assert guest.wait(20) == agent.wait(20) == -signal.SIGKILL
    assert host_clock() >= order.until + AGENT_GRACE_S
    assert dog.poll() is None
    assert subprocess.run([sys.executable, "-m", watchdog.__name__, machine.folder], check=False).returncode == 0
    assert dog.poll() is None, "a second one leaves"

    watchdog.write(machine.folder, watchdog.ORDER, order._replace(over=True)._asdict())
    assert dog.wait(20) == 0
    assert is_alive(machine.folder) is False


def test_the_agents_side_keeps_a_watchdog_and_stops_by_itself(machine: Machine) -> None:
    over: list[float] = []
    guard = machine.guard(lambda: (over.append(host_clock()), guard.fence())[0])  # type: ignore[arg-type]
    guest = machine.guest("one")
    assert guard.ensure()
    dog = json.loads((machine.folder / watchdog.ALIVE).read_text())["pid"]
    try:
        assert guard.ensure()
        assert json.loads((machine.folder / watchdog.ALIVE).read_text())["pid"] == dog
        assert not guard.renewed(host_clock() - TERM_S), "a renewal that was asked for too long ago gives nothing"

        assert guard.renewed(host_clock() - TERM_S + 1.5)
        assert guest.poll() is None
        assert guest.wait(10) == -signal.SIGKILL
        assert len(over) == 1

        guard.renewed(host_clock())
        order = watchdog.read_order(machine.folder)
        assert order is not None
        assert (order.agent, order.started, order.barred) == (os.getpid(), started(os.getpid()), False)

        os.kill(dog, signal.SIGKILL)
        until(lambda: not started(dog), 5)
        assert guard.ensure(), "a dead watchdog is replaced"
        dog = json.loads((machine.folder / watchdog.ALIVE).read_text())["pid"]

        # A process that follows one that was killed has no more time than that one had.
        assert machine.guard()._order.until == order.until
        left = machine.guest("left-in-order")
        guard.stand_down()
        following = machine.guard()
        following.fence()
        assert left.poll() is None, "nobody else could have started it"
        following.renewed(host_clock())
        following.fence()
        assert left.wait(5) == -signal.SIGKILL
        following.close()
    finally:
        guard.stand_down()
        guard.close()
    until(lambda: not started(dog), 5 * LOOK_S)
